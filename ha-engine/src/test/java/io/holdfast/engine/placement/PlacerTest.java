package io.holdfast.engine.placement;

import static io.holdfast.engine.placement.Clusters.apart;
import static io.holdfast.engine.placement.Clusters.best;
import static io.holdfast.engine.placement.Clusters.chosen;
import static io.holdfast.engine.placement.Clusters.h;
import static io.holdfast.engine.placement.Clusters.host;
import static io.holdfast.engine.placement.Clusters.ids;
import static io.holdfast.engine.placement.Clusters.inDomain;
import static io.holdfast.engine.placement.Clusters.on;
import static io.holdfast.engine.placement.Clusters.placer;
import static io.holdfast.engine.placement.Clusters.soft;
import static io.holdfast.engine.placement.Clusters.together;
import static io.holdfast.engine.placement.Clusters.w;
import static io.holdfast.engine.placement.Clusters.whyNowhere;
import static io.holdfast.engine.placement.Clusters.workload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.engine.placement.Refusal.Code;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Choices by example: three hosts, each rule on its own. */
class PlacerTest {
  private final Placer placer = placer(PlacementMode.STATIC, true);

  @BeforeEach
  void threeHosts() {
    host(placer, "a", 10, 100);
    host(placer, "b", 10, 100);
    host(placer, "c", 10, 100);
  }

  @Test
  void theLeastFullHostIsChosenAndTiesGoToTheName() {
    workload(placer, "1", 2, 10);
    assertThat(placer.choose(w("1"), Wish.BEST))
        .isEqualTo(new Choice.Chosen(h("a"), "20 % full with it, 0 workloads before"));
    workload(placer, "2", 2, 10, "a");
    assertThat(best(placer, "1")).isEqualTo("b");
  }

  @Test
  void askingChangesNothing() {
    workload(placer, "1", 2, 10, "b");
    assertThat(best(placer, "1")).isEqualTo("a");
    assertThat(placer.hostOf(w("1"))).contains(h("b"));
    assertThat(placer.workloadsOn(h("b"))).containsExactly(w("1"));
  }

  @Test
  void aMoveTakesRoomAtBothEnds() {
    workload(placer, "1", 8, 10, "a");
    workload(placer, "2", 8, 10);
    placer.reserve(w("1"), h("b"));
    assertThat(best(placer, "2")).isEqualTo("c");
    placer.place(w("1"), h("b"));
    assertThat(best(placer, "2")).isEqualTo("a");
    placer.vacate(w("1"));
    placer.setUnusable(h("a"), "is LOST");
    assertThat(best(placer, "2")).isEqualTo("b");
  }

  @Test
  void everyRefusalIsExplained() {
    placer.putHost(
        new Host(h("d"), Capacity.NONE, List.of(), new TreeMap<>(), new TreeSet<>(List.of("ct"))));
    placer.setUsable(h("d"));
    workload(placer, "9", 8, 0, "a");
    placer.setUnusable(h("b"), "is LOST");
    workload(placer, "1", 4, 8);
    SortedMap<HostId, String> excluded = new TreeMap<>(Map.of(h("c"), "gave it up before"));
    assertThat(placer.choose(w("1"), Wish.BEST.without(excluded)))
        .isEqualTo(
            new Choice.NoHost(
                "no host can take it: a cpu: needs 4, free 2, b is LOST, c gave it up before,"
                    + " d does not run kind vm"));
    assertThat(placer.whyNot(w("1"), Wish.BEST.without(excluded)))
        .containsExactly(
            Map.entry(h("a"), new Refusal(Code.CAPACITY, "cpu: needs 4, free 2")),
            Map.entry(h("b"), new Refusal(Code.UNAVAILABLE, "is LOST")),
            Map.entry(h("c"), new Refusal(Code.EXCLUDED, "gave it up before")),
            Map.entry(h("d"), new Refusal(Code.KIND, "does not run kind vm")));
  }

  @Test
  void manyHostsAreNotNamedOneByOne() {
    for (int i = 0; i < 50; i++) {
      host(placer, "n" + i, 10, 100);
    }
    placer.setUnusable(h("a"), "is LOST");
    workload(placer, "1", 11, 50);
    assertThat(whyNowhere(placer, "1"))
        .isEqualTo(
            "none of 53 hosts can take it: 1 are not available, cpu: needs 11, free 10 at most");
  }

  @Test
  void ofManyHostsTheRulesThatRefuseAreNamed() {
    for (int i = 0; i < 20; i++) {
      host(placer, "n" + i, 10, 100);
      workload(placer, "x" + i, 8, 1, "n" + i);
    }
    for (String host : List.of("a", "b", "c")) {
      workload(placer, "at-" + host, 1, 1, host);
    }
    workload(placer, "1", 4, 1);
    placer.putRule(apart("db-apart", "1", "at-a", "at-b", "at-c"));
    placer.putRule(soft((WorkloadAffinity) apart("s", "1", "x1")));
    assertThat(whyNowhere(placer, "1"))
        .isEqualTo(
            "none of 23 hosts can take it: 0 are not available,"
                + " rule db-apart, what it needs or room refuse it on the others");
  }

  @Test
  void refusalsNameTheirRule() {
    placer.putHost(inDomain("a", Capacity.of(10, 100), "dc1"));
    placer.putHost(inDomain("b", Capacity.of(10, 100), "dc2"));
    workload(placer, "1", 1, 1);
    workload(placer, "2", 1, 1, "a");
    placer.putRule(on("pin", true, ids("1"), "a", "b"));
    placer.putRule(
        new WorkloadAffinity("near", ids("1", "2"), Kind.POSITIVE, Level.domain(0), true));
    SortedMap<HostId, Refusal> refusals = placer.whyNot(w("1"), Wish.BEST);
    assertThat(refusals.get(h("c")))
        .isEqualTo(
            new Refusal(
                Code.HOST_AFFINITY,
                "is not a host of rule pin",
                Optional.empty(),
                Optional.of("pin")));
    assertThat(refusals)
        .hasEntrySatisfying(
            h("b"),
            refusal -> {
              assertThat(refusal.rule()).contains("near");
              assertThat(refusal.at(h("b")).rule()).contains("near");
            });
    assertThat(refusals).doesNotContainKey(h("a"));
  }

  @Test
  void labelsAreRequired() {
    placer.putHost(
        new Host(
            h("b"),
            Capacity.of(10, 100),
            List.of(),
            new TreeMap<>(Map.of("cpu-model", "zen4")),
            new TreeSet<>()));
    placer.putWorkload(
        new Need(
            w("1"),
            Capacity.of(1, 1),
            Optional.empty(),
            new TreeMap<>(Map.of("cpu-model", "zen4")),
            true));
    assertThat(best(placer, "1")).isEqualTo("b");
    assertThat(placer.whyNot(w("1"), Wish.BEST).get(h("a")))
        .isEqualTo(new Refusal(Code.LABEL, "label cpu-model: needs zen4, has none"));
  }

  @Test
  void aStrictHostAffinityForbidsOtherHosts() {
    workload(placer, "1", 1, 1);
    placer.putRule(on("r", true, ids("1"), "b", "c"));
    assertThat(best(placer, "1")).isEqualTo("b");
    placer.setUnusable(h("b"), "is LOST");
    placer.setUnusable(h("c"), "is in maintenance");
    assertThat(whyNowhere(placer, "1"))
        .isEqualTo("no host that r names can take it: b is LOST, c is in maintenance");
    placer.removeRule("r");
    assertThat(best(placer, "1")).isEqualTo("a");
  }

  @Test
  void higherPrioritiesComeFirstAndOthersLast() {
    workload(placer, "1", 1, 1);
    placer.putRule(on("r", false, ids("1"), "c=2", "b=1"));
    assertThat(best(placer, "1")).isEqualTo("c");
    placer.setUnusable(h("c"), "is LOST");
    assertThat(best(placer, "1")).isEqualTo("b");
    placer.setUnusable(h("b"), "is LOST");
    assertThat(best(placer, "1")).isEqualTo("a");
  }

  @Test
  void stayingGivesWayToAPreferredHostOnlyWithFailback() {
    workload(placer, "1", 1, 1, "b");
    workload(placer, "2", 5, 5, "b");
    assertThat(chosen(placer, "1", Wish.STAY)).isEqualTo("b");
    placer.putRule(on("r", false, ids("1"), "c"));
    assertThat(chosen(placer, "1", Wish.STAY)).isEqualTo("c");
    assertThat(chosen(placer, "1", Wish.STICK)).isEqualTo("b");
    placer.putRule(on("r", true, ids("1"), "c"));
    assertThat(chosen(placer, "1", Wish.STICK)).isEqualTo("c");
  }

  @Test
  void itGoesHomeWhenThatIsAsGoodAsAny() {
    workload(placer, "1", 1, 1, "b");
    assertThat(chosen(placer, "1", Wish.STAY.withHome(h("c")))).isEqualTo("c");
    placer.setUnusable(h("c"), "is in maintenance");
    assertThat(chosen(placer, "1", Wish.STAY.withHome(h("c")))).isEqualTo("b");
  }

  @Test
  void negativePartnersKeepItAwayAtBothEndsOfAMove() {
    workload(placer, "1", 1, 1);
    workload(placer, "2", 1, 1, "a");
    placer.putRule(apart("r", "1", "2"));
    assertThat(best(placer, "1")).isEqualTo("b");
    placer.reserve(w("2"), h("b"));
    assertThat(best(placer, "1")).isEqualTo("c");
    assertThat(placer.blockedBy(w("1"), h("b")))
        .contains(
            new Refusal(
                Code.NEGATIVE_AFFINITY, "holds vm:2 (rule r)", Optional.empty(), Optional.of("r")));
    assertThat(placer.blockedBy(w("1"), h("c"))).isEmpty();
  }

  @Test
  void positivePartnersDrawItAlongAndTheMajorityWins() {
    workload(placer, "1", 1, 1);
    workload(placer, "2", 1, 1, "b");
    workload(placer, "3", 1, 1, "c");
    workload(placer, "4", 1, 1, "c");
    placer.putRule(together("r", "1", "2", "3"));
    assertThat(best(placer, "1")).isEqualTo("b");
    placer.putRule(together("s", "3", "4"));
    assertThat(best(placer, "1")).isEqualTo("c");
    assertThat(placer.partnersOf(w("1"))).containsExactly(w("2"), w("3"), w("4"));
    placer.setUnusable(h("c"), "is in maintenance");
    assertThat(best(placer, "1")).isEqualTo("b");
  }

  @Test
  void aBundleGoesWhereAllOfItHasRoom() {
    workload(placer, "1", 4, 1);
    workload(placer, "2", 4, 1);
    workload(placer, "8", 3, 1, "a");
    workload(placer, "9", 1, 50, "b");
    workload(placer, "7", 3, 1, "c");
    placer.putRule(together("r", "1", "2"));
    assertThat(best(placer, "1")).isEqualTo("b");
    workload(placer, "6", 5, 1, "b");
    assertThat(best(placer, "1")).as("at least one of them runs").isEqualTo("a");
    placer.place(w("1"), h("a"));
    assertThat(whyNowhere(placer, "2"))
        .isEqualTo("it must run with its partners (rule r), a cpu: needs 4, free 3");
  }

  @Test
  void whatBindsAPartnerBindsAll() {
    workload(placer, "1", 1, 1);
    workload(placer, "2", 1, 1);
    workload(placer, "3", 1, 1, "a");
    placer.putRule(together("r", "1", "2"));
    placer.putRule(apart("s", "2", "3"));
    placer.putRule(on("t", true, ids("2"), "a", "c"));
    assertThat(best(placer, "1")).isEqualTo("c");
  }

  @Test
  void partnersThatComeTogetherFindAHostThatSuitsThemAll() {
    placer.putHost(
        new Host(
            h("c"),
            Capacity.of(10, 100),
            List.of(),
            new TreeMap<>(Map.of("ssd", "yes")),
            new TreeSet<>()));
    placer.setUsable(h("c"));
    workload(placer, "1", 1, 1);
    placer.putWorkload(needing("2", Map.of("ssd", "yes"), Set.of()));
    placer.putRule(together("r", "1", "2"));
    workload(placer, "9", 5, 5, "c");
    assertThat(best(placer, "1")).isEqualTo("c");
    placer.putWorkload(needing("2", Map.of("ssd", "yes"), Set.of("lockspace:vms")));
    assertThat(best(placer, "1")).as("no host suits both: one is better than none").isEqualTo("a");
    placer.place(w("1"), h("a"));
    placer.place(w("2"), h("a"));
    assertThat(placer.blockedBy(w("1"), h("b")))
        .contains(
            new Refusal(
                Code.LABEL,
                "label ssd: needs yes, has none (needed by vm:2, its partner)",
                Optional.of(w("2")),
                Optional.empty()));
  }

  @Test
  void oneThatIsNowhereIsGivenUpBeforeThoseThatWouldHaveToBeMovedAlong() {
    workload(placer, "1", 4, 1, "a");
    workload(placer, "2", 4, 1, "a");
    workload(placer, "3", 9, 1);
    workload(placer, "8", 1, 1, "b");
    workload(placer, "9", 3, 1, "c");
    placer.putRule(together("r", "1", "2", "3"));
    placer.setUnusable(h("a"), "is in maintenance");
    assertThat(best(placer, "1")).as("not all three find room anywhere").isEqualTo("b");
    workload(placer, "8", 3, 1, "b");
    workload(placer, "9", 2, 1, "c");
    assertThat(best(placer, "1")).as("but two of them do").isEqualTo("c");
    assertThat(placer.blockedBy(w("1"), h("c"))).isEmpty();
    assertThat(placer.blockedBy(w("1"), h("b"))).isPresent();
  }

  private static Need needing(String name, Map<String, String> labels, Set<String> conditions) {
    return new Need(
        w(name),
        Capacity.of(1, 1),
        Optional.empty(),
        new TreeMap<>(labels),
        new TreeSet<>(conditions),
        true);
  }

  @Test
  void domainsAreAvoidedAsAWhole() {
    placer.putHost(inDomain("a", Capacity.of(10, 100), "dc1", "r1"));
    placer.putHost(inDomain("b", Capacity.of(10, 100), "dc1", "r2"));
    placer.putHost(inDomain("c", Capacity.of(10, 100), "dc2", "r1"));
    workload(placer, "1", 1, 1);
    workload(placer, "2", 1, 1, "a");
    placer.putRule(apart("r", Level.domain(1), "1", "2"));
    assertThat(best(placer, "1")).isEqualTo("b");
    placer.putRule(apart("r", Level.domain(0), "1", "2"));
    assertThat(best(placer, "1")).isEqualTo("c");
    placer.putHost(inDomain("c", Capacity.of(10, 100), "dc1"));
    assertThat(whyNowhere(placer, "1"))
        .startsWith("no host can take it: a is in one domain with vm:2 (rule r), b is in");
  }

  @Test
  void pitfall35SoftAffinitiesAreGivenUpBeforeTheWorkloadIs() {
    workload(placer, "1", 1, 1);
    workload(placer, "2", 1, 1, "a");
    workload(placer, "3", 1, 1, "b");
    workload(placer, "4", 1, 60, "c");
    placer.putRule(soft((WorkloadAffinity) apart("r", "1", "2")));
    placer.putRule(soft((WorkloadAffinity) apart("s", "1", "3")));
    assertThat(best(placer, "1")).isEqualTo("c");
    placer.setUnusable(h("c"), "is LOST");
    assertThat(best(placer, "1")).isEqualTo("a");
    placer.putRule(soft((WorkloadAffinity) together("t", "1", "3")));
    placer.removeRule("s");
    assertThat(best(placer, "1")).isEqualTo("b");
  }

  @Test
  void standbyHostsComeLast() {
    placer.putHost(Host.of("a", Capacity.of(10, 100)), true);
    workload(placer, "1", 8, 1);
    workload(placer, "2", 8, 1, "b");
    assertThat(best(placer, "1")).isEqualTo("c");
    workload(placer, "3", 8, 1, "c");
    assertThat(best(placer, "1")).isEqualTo("a");
  }

  @Test
  void advisoryCapacityRefusesNothing() {
    Placer advised = placer(PlacementMode.STATIC, false);
    host(advised, "a", 1, 1);
    workload(advised, "1", 50, 50, "a");
    workload(advised, "2", 50, 50);
    assertThat(best(advised, "2")).isEqualTo("a");
  }

  @Test
  void whatIsMeasuredBeyondAllMeasureIsMuchAndNotLittle() {
    Placer measuring = placer(PlacementMode.DYNAMIC, true);
    host(measuring, "a", 10, 100);
    host(measuring, "b", 10, 100);
    for (String name : List.of("1", "2", "3")) {
      measuring.putWorkload(
          new Need(
              w(name),
              Capacity.of(1, 1),
              Optional.of(Capacity.of(Long.MAX_VALUE, Long.MAX_VALUE)),
              new TreeMap<>(),
              true));
      measuring.place(w(name), h("a"));
    }
    for (String name : List.of("4", "5", "6", "7")) {
      workload(measuring, name, 1, 1, "b");
    }
    workload(measuring, "8", 1, 1);
    assertThat(best(measuring, "8")).isEqualTo("b");
  }

  @Test
  void demandsThatCannotBeCountedAreRefusedInALine() {
    assertThatThrownBy(() -> workload(placer, "1", 1, Long.MAX_VALUE))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "need.demand.memory: found 9223372036854775807, allowed: 0 to 1000000000000000");
    assertThatThrownBy(() -> workload(placer, "1", -1, 1))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("capacity.cpu: found -1, allowed: 0 or greater");
  }

  @Test
  void aHostThatGoesTakesItsPlacesAlong() {
    workload(placer, "1", 1, 1, "a");
    workload(placer, "2", 1, 1);
    placer.putRule(apart("r", "1", "2"));
    placer.removeHost(h("a"));
    assertThat(placer.hostOf(w("1"))).isEmpty();
    assertThat(best(placer, "2")).isEqualTo("b");
    assertThatThrownBy(() -> placer.place(w("1"), h("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not known to the placer: a");
  }
}
