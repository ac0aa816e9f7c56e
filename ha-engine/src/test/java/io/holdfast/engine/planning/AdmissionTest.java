package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static ClusterSnapshot cluster(
      List<HostSnapshot> hosts, List<WorkloadSnapshot> workloads, Rule... rules) {
    return new ClusterSnapshot(List.of("cpu"), hosts, workloads, List.of(rules));
  }

  private static List<HostSnapshot> hosts(int count, long capacity) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(h -> HostSnapshot.of("h" + h, capacity))
        .toList();
  }

  private static WorkloadSnapshot on(String host, String id, long demand) {
    return WorkloadSnapshot.of(id, host, demand);
  }

  private static Rule apart(Level level, String... ids) {
    TreeSet<WorkloadId> members = new TreeSet<>();
    Arrays.stream(ids).map(WorkloadId::parse).forEach(members::add);
    return new Rule.WorkloadAffinity("apart", members, Kind.NEGATIVE, level, true);
  }

  private static Rule together(String... ids) {
    TreeSet<WorkloadId> members = new TreeSet<>();
    Arrays.stream(ids).map(WorkloadId::parse).forEach(members::add);
    return new Rule.WorkloadAffinity("together", members, Kind.POSITIVE, Level.HOST, true);
  }

  @Test
  void oneOfThreeHostsThatAreHalfFullMayFail() {
    ClusterSnapshot half =
        cluster(
            hosts(3, 10), List.of(on("h1", "vm:1", 5), on("h2", "vm:2", 5), on("h3", "vm:3", 5)));
    assertThat(Admission.survives(half, 1, Level.HOST)).isEqualTo(Admission.Answer.YES);
    Admission.Answer two = Admission.survives(half, 2, Level.HOST);
    assertThat(two.survives()).isFalse();
    assertThat(two.exact()).isTrue();
    assertThat(two.counterExample().orElseThrow().hosts()).hasSize(2);
    assertThat(two.counterExample().orElseThrow().unplaced()).hasSize(1);
    assertThat(Admission.maxFailures(half, Level.HOST)).isEqualTo(new Admission.Tolerance(1, true));
  }

  @Test
  void roomInManySmallHolesIsNoRoomForALargeWorkload() {
    ClusterSnapshot holes =
        cluster(
            hosts(4, 10),
            List.of(
                on("h1", "vm:1", 6),
                on("h2", "vm:2", 5),
                on("h3", "vm:3", 5),
                on("h4", "vm:4", 5)));
    Admission.Answer answer = Admission.survives(holes, 1, Level.HOST);
    assertThat(answer.exact()).isTrue();
    assertThat(answer.counterExample())
        .contains(
            new Admission.CounterExample(
                List.of(new HostId("h1")), List.of(WorkloadId.parse("vm:1"))));
  }

  @Test
  void aPackingIsFoundThatGreedyOnesMiss() {
    // 6 + 4 and 5 + 5 fill the two holes of 10; only exactly so
    ClusterSnapshot tight =
        cluster(
            List.of(
                HostSnapshot.of("h1", 20), HostSnapshot.of("h2", 10), HostSnapshot.of("h3", 10)),
            List.of(
                on("h1", "vm:1", 5),
                on("h1", "vm:2", 6),
                on("h1", "vm:3", 4),
                on("h1", "vm:4", 5)));
    assertThat(Admission.survives(tight, 1, Level.HOST)).isEqualTo(Admission.Answer.YES);
  }

  @Test
  void whatMustBeApartNeedsPlaces() {
    ClusterSnapshot three =
        cluster(
            hosts(3, 100),
            List.of(on("h1", "vm:1", 1), on("h2", "vm:2", 1), on("h3", "vm:3", 1)),
            apart(Level.HOST, "vm:1", "vm:2", "vm:3"));
    assertThat(Admission.survives(three, 1, Level.HOST).survives()).isFalse();
    assertThat(Admission.maxFailures(three, Level.HOST))
        .isEqualTo(new Admission.Tolerance(0, true));
  }

  @Test
  void aFailureDomainFailsAsAWhole() {
    List<HostSnapshot> racks =
        List.of(
            HostSnapshot.of("h1", 10).in("dc", "a"),
            HostSnapshot.of("h2", 10).in("dc", "a"),
            HostSnapshot.of("h3", 10).in("dc", "b"));
    ClusterSnapshot cluster =
        cluster(racks, List.of(on("h1", "vm:1", 6), on("h2", "vm:2", 6), on("h3", "vm:3", 4)));
    assertThat(Admission.survives(cluster, 1, Level.HOST).survives()).isTrue();
    assertThat(
            Admission.survives(cluster, 1, Level.domain(1)).counterExample().orElseThrow().hosts())
        .containsExactly(new HostId("h1"), new HostId("h2"));
    assertThat(Admission.maxFailures(cluster, Level.domain(0)))
        .isEqualTo(new Admission.Tolerance(0, true));
  }

  @Test
  void standbyHostsTakeWorkloadsAndHostsInMaintenanceDoNot() {
    List<WorkloadSnapshot> one = List.of(on("h1", "vm:1", 5));
    List<HostSnapshot> two = hosts(2, 10);
    for (State state : State.values()) {
      boolean takes = state == State.UP || state == State.STANDBY;
      ClusterSnapshot cluster = cluster(List.of(two.get(0), two.get(1).with(state)), one);
      assertThat(Admission.survives(cluster, 1, Level.HOST).survives()).isEqualTo(takes);
    }
  }

  @Test
  void onlyWhatIsWantedStartedIsPlacedAnew() {
    ClusterSnapshot cluster =
        cluster(
            hosts(2, 10),
            List.of(on("h1", "vm:1", 8), on("h2", "vm:2", 8).wanted(DesiredState.STOPPED)));
    assertThat(Admission.survives(cluster, 1, Level.HOST).counterExample().orElseThrow().hosts())
        .containsExactly(new HostId("h1"));
  }

  @Test
  void whatHasNoHostNowCountsWhateverFails() {
    ClusterSnapshot cluster =
        cluster(hosts(1, 10), List.of(on("h1", "vm:1", 11).on(Optional.empty())));
    assertThat(Admission.survives(cluster, 0, Level.HOST).survives()).isFalse();
    assertThat(Admission.maxFailures(cluster, Level.HOST))
        .isEqualTo(new Admission.Tolerance(-1, true));
  }

  @Test
  void fewerFailuresCanBeWorseWhenPartnersStay() {
    // both go to h3; but one alone would have to join the other, and there is no room
    ClusterSnapshot cluster =
        cluster(
            List.of(HostSnapshot.of("h1", 5), HostSnapshot.of("h2", 5), HostSnapshot.of("h3", 10)),
            List.of(on("h1", "vm:1", 5), on("h2", "vm:2", 5)),
            together("vm:1", "vm:2"));
    Admission.Answer answer = Admission.survives(cluster, 2, Level.HOST);
    assertThat(answer.survives()).isFalse();
    assertThat(Admission.maxFailures(cluster, Level.HOST).failures()).isZero();
  }

  @Test
  void hostsThatAreAlikeAreNotLookedAtAgainAndAgain() {
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    for (int w = 0; w < 1000; w++) {
      workloads.add(
          on("h" + (w / 10 + 1), "vm:" + w, w % 10 + 1)
              .requiring(new TreeMap<>(java.util.Map.of("a", "b"))));
    }
    List<HostSnapshot> alike =
        hosts(100, 80).stream()
            .map(h -> h.labelled(new TreeMap<>(java.util.Map.of("a", "b"))))
            .toList();
    Admission admission = new Admission(cluster(alike, workloads), Level.HOST);
    // of C(100, 20) sets one is looked at
    assertThat(admission.survives(20, new Admission.Effort(50, 0, 0)).survives()).isTrue();
  }

  @Test
  void withoutEffortTheAnswerIsNoAndNotExact() {
    ClusterSnapshot pair =
        cluster(
            hosts(9, 100),
            List.of(on("h1", "vm:1", 1), on("h1", "vm:2", 2)),
            together("vm:1", "vm:2"));
    Admission.Answer answer =
        new Admission(pair, Level.HOST).survives(3, new Admission.Effort(5, 0, 0));
    assertThat(answer).isEqualTo(new Admission.Answer(false, false, Optional.empty()));
  }

  @Test
  void whatIsKeptCurrentKeepsToItsEffort() {
    ClusterSnapshot pair =
        cluster(
            hosts(9, 100),
            List.of(on("h1", "vm:1", 1), on("h1", "vm:2", 2)),
            together("vm:1", "vm:2"));
    AdmissionState state = new AdmissionState(pair, 3, Level.HOST, new Admission.Effort(5, 0, 0));
    assertThat(state.answer())
        .isEqualTo(new Admission.Answer(false, false, Optional.empty()))
        .isNotEqualTo(Admission.Answer.YES);
    for (int more = 0; more < 50; more++) {
      state.answer();
    }
    assertThat(state.answer()).as("what is known stays known").isEqualTo(Admission.Answer.YES);
  }

  @Test
  void whatIsRefusedChangesNothing() {
    ClusterSnapshot before = cluster(hosts(2, 10), List.of(on("h1", "vm:1", 5)));
    AdmissionState state = new AdmissionState(before, 1, Level.HOST, Admission.Effort.DEFAULT);
    WorkloadSnapshot one = before.workloads().get(0);
    WorkloadSnapshot strange =
        new WorkloadSnapshot(
            one.id(),
            one.demand(),
            1,
            0,
            one.host(),
            one.desired(),
            one.requires(),
            true,
            Optional.of(Amounts.of(1, 2)));
    assertThatThrownBy(() -> state.put(strange)).hasMessageContaining("workload.load");
    assertThatThrownBy(() -> state.put(on("h3", "vm:1", 1)))
        .hasMessageContaining("workload.host: found h3");
    assertThatThrownBy(() -> state.put(HostSnapshot.of("h3", 1, 2)))
        .hasMessageContaining("host.capacity");
    Rule twice = apart(Level.HOST, "vm:1", "vm:2");
    assertThatThrownBy(() -> state.putRules(List.of(twice, twice)))
        .hasMessageContaining("a second time");
    for (int w = 2; w < 2307; w++) {
      state.put(on("h1", "vm:" + w, Amounts.MOST).on(Optional.empty()));
    }
    ClusterSnapshot full = state.cluster();
    assertThatThrownBy(() -> state.put(on("h1", "vm:9999", Amounts.MOST)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("workloads: found demands in cpu that come to");
    assertThat(state.cluster()).isEqualTo(full);
    for (int w = 2; w < 2307; w++) {
      state.remove(WorkloadId.parse("vm:" + w));
    }
    assertThat(state.cluster()).isEqualTo(before);
    assertThat(state.answer()).isEqualTo(Admission.Answer.YES);
  }

  @Test
  void lessThanNoFailuresAreRefused() {
    assertThatThrownBy(() -> Admission.survives(cluster(hosts(1, 1), List.of()), -1, Level.HOST))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("failures: found -1, allowed: 0 or greater");
  }
}
