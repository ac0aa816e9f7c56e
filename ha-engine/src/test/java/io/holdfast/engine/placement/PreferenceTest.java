package io.holdfast.engine.placement;

import static io.holdfast.engine.placement.Clusters.apart;
import static io.holdfast.engine.placement.Clusters.best;
import static io.holdfast.engine.placement.Clusters.chosen;
import static io.holdfast.engine.placement.Clusters.h;
import static io.holdfast.engine.placement.Clusters.host;
import static io.holdfast.engine.placement.Clusters.ids;
import static io.holdfast.engine.placement.Clusters.on;
import static io.holdfast.engine.placement.Clusters.together;
import static io.holdfast.engine.placement.Clusters.w;
import static io.holdfast.engine.placement.Clusters.workload;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostUse;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody else compares hosts: where the policy's mode would, and nowhere else. */
class PreferenceTest {
  private final SortedMap<HostId, Long> costs = new TreeMap<>();
  private final List<HostUse> asked = new ArrayList<>();
  private boolean canTell = true;
  private final Placer placer =
      new Placer(
          new PlacementPolicy(PlacementMode.STATIC, true),
          Optional.of(new Preference("own", this::cost)));

  private OptionalLong cost(WorkloadId workload, HostUse host) {
    asked.add(host);
    return canTell
        ? OptionalLong.of(costs.getOrDefault(host.host().id(), 0L))
        : OptionalLong.empty();
  }

  private void costs(long a, long b, long c) {
    costs.put(h("a"), a);
    costs.put(h("b"), b);
    costs.put(h("c"), c);
  }

  private List<String> asked() {
    return asked.stream().map(host -> host.host().id().value()).toList();
  }

  @BeforeEach
  void threeHosts() {
    host(placer, "a", 10, 100);
    host(placer, "b", 10, 100);
    host(placer, "c", 10, 100);
  }

  @Test
  void theHostOfTheLeastCostIsTakenHoweverFullItIs() {
    workload(placer, "1", 2, 10);
    workload(placer, "2", 6, 10, "b");
    costs(5, -3, 5);
    assertThat(placer.choose(w("1"), Wish.BEST))
        .isEqualTo(
            new Choice.Chosen(h("b"), "preferred by own, 80 % full with it, 1 workloads before"));
    assertThat(asked()).as("each once").containsExactly("a", "b", "c");
  }

  @Test
  void ofTheSameCostTheModeDecides() {
    workload(placer, "1", 2, 10);
    workload(placer, "2", 6, 10, "b");
    costs(5, 1, 1);
    assertThat(best(placer, "1")).isEqualTo("c");
  }

  @Test
  void costsAreToldApartAtTheEndsOfTheirRange() {
    workload(placer, "1", 2, 10);
    costs(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 1);
    assertThat(best(placer, "1")).isEqualTo("c");
    costs(Long.MIN_VALUE + 1, Long.MIN_VALUE, 0);
    assertThat(best(placer, "1")).isEqualTo("b");
  }

  @Test
  void whoMayNotBeChosenIsNotEvenAskedAbout() {
    workload(placer, "1", 2, 10);
    workload(placer, "2", 9, 10, "a");
    host(placer, "d", 10, 100);
    workload(placer, "3", 1, 10, "d");
    placer.putRule(apart("apart", "1", "3"));
    placer.setUnusable(h("b"), "is LOST");
    costs(-9, -8, 7);
    costs.put(h("d"), -7L);
    assertThat(best(placer, "1")).isEqualTo("c");
    assertThat(asked()).containsExactly("c");
  }

  @Test
  void whatRulesPreferAndThatStandbyHostsComeLastIsNotItsToDecide() {
    placer.putHost(Host.of("b", Capacity.of(10, 100)), true);
    workload(placer, "1", 2, 10);
    costs(1, -1, 0);
    assertThat(best(placer, "1")).isEqualTo("c");
    placer.putRule(on("should", false, ids("1"), "a"));
    assertThat(best(placer, "1")).isEqualTo("a");
  }

  @Test
  void whatStaysIsNotCompared() {
    workload(placer, "1", 2, 10, "a");
    costs(1, 0, 0);
    assertThat(chosen(placer, "1", Wish.STAY)).isEqualTo("a");
    assertThat(asked).isEmpty();
  }

  @Test
  void whereItCannotTellTheModeDecides() {
    workload(placer, "1", 2, 10);
    workload(placer, "2", 6, 10, "a");
    costs(0, 1, 2);
    canTell = false;
    assertThat(placer.choose(w("1"), Wish.BEST))
        .isEqualTo(new Choice.Chosen(h("b"), "20 % full with it, 0 workloads before"));
  }

  @Test
  void itIsShownWhatIsTakenWithoutTheOneThatIsToBePlaced() {
    workload(placer, "1", 2, 10, "a");
    workload(placer, "2", 3, 0, "a");
    workload(placer, "3", 4, 20, "b");
    placer.reserve(w("3"), h("a"));
    best(placer, "1");
    assertThat(asked.get(0).taken()).isEqualTo(Capacity.of(7, 20));
    assertThat(asked.get(0).workloads()).isEqualTo(2);
    assertThat(asked.get(0).free("cpu")).isEqualTo(3);
    assertThat(asked.get(2).taken()).isEqualTo(Capacity.NONE);
    placer.place(w("3"), h("c"));
    host(placer, "a", 20, 100);
    asked.clear();
    best(placer, "1");
    assertThat(asked.get(0))
        .isEqualTo(
            new HostUse(Host.of("a", Capacity.of(20, 100)), Capacity.of(Map.of("cpu", 3L)), 1));
    assertThat(asked.get(2).taken()).isEqualTo(Capacity.of(4, 20));
    asked.clear();
    host(placer, "b", 30, 100);
    best(placer, "1");
    assertThat(asked.get(1).host().capacity()).isEqualTo(Capacity.of(30, 100));
  }

  @Test
  void whereNoHostTakesPartnersTogetherTheCheapestForOneAloneIsTaken() {
    workload(placer, "1", 6, 10);
    workload(placer, "2", 6, 10);
    placer.putRule(together("both", "1", "2"));
    costs(5, 5, 1);
    assertThat(best(placer, "1")).isEqualTo("c");
    host(placer, "b", 20, 100);
    assertThat(best(placer, "1")).as("takes both").isEqualTo("b");
  }
}
