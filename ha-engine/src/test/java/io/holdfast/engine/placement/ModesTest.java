package io.holdfast.engine.placement;

import static io.holdfast.engine.placement.Clusters.apart;
import static io.holdfast.engine.placement.Clusters.best;
import static io.holdfast.engine.placement.Clusters.h;
import static io.holdfast.engine.placement.Clusters.host;
import static io.holdfast.engine.placement.Clusters.ids;
import static io.holdfast.engine.placement.Clusters.on;
import static io.holdfast.engine.placement.Clusters.placer;
import static io.holdfast.engine.placement.Clusters.settle;
import static io.holdfast.engine.placement.Clusters.w;
import static io.holdfast.engine.placement.Clusters.workload;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.PlacementMode;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which host is the better one, in each mode: outcomes that users of other HA managers know. */
class ModesTest {
  private final Placer advised = placer(PlacementMode.STATIC, false);

  @Test
  void basicCountsWorkloadsAndThoseOnTheirWay() {
    Placer basic = placer(PlacementMode.BASIC, false);
    List.of("node1", "node2", "node3").forEach(name -> host(basic, name, 1, 1));
    workload(basic, "1", 1, 1, "node1");
    workload(basic, "2", 1, 1);
    workload(basic, "3", 9, 9);
    assertThat(best(basic, "2")).isEqualTo("node2");
    basic.reserve(w("1"), h("node2"));
    assertThat(best(basic, "2")).isEqualTo("node3");
    basic.place(w("2"), h("node3"));
    assertThat(best(basic, "3")).as("all have one").isEqualTo("node1");
  }

  @Test
  void ofUnequalHostsTheOneWithTheMostMemoryLeftIsTaken() {
    host(advised, "node2", 32, 190734);
    host(advised, "node3", 32, 286102);
    host(advised, "node5", 32, 95367);
    workload(advised, "102", 2, 3814);
    assertThat(best(advised, "102")).isEqualTo("node3");
    host(advised, "node4", 64, 286102);
    assertThat(best(advised, "102")).isEqualTo("node4");
    host(advised, "node1", 32, 95367);
    advised.putRule(on("should", false, ids("102"), "node1"));
    assertThat(best(advised, "102")).isEqualTo("node1");
  }

  @Test
  void byMeasuredLoadTheyAreSpreadAndRecovered() {
    Placer dynamic = placer(PlacementMode.DYNAMIC, false);
    // In thousandths of a processor
    List.of("node1", "node2", "node3").forEach(name -> host(dynamic, name, 32_000, 244140));
    measured(dynamic, "101", 1300, 1024);
    measured(dynamic, "102", 5600, 3072);
    measured(dynamic, "103", 500, 3814);
    measured(dynamic, "104", 7900, 2048);
    measured(dynamic, "105", 3200, 2560);
    assertThat(settled(dynamic, "101", "102", "103", "104", "105"))
        .containsExactly("node1", "node2", "node3", "node1", "node2");
    dynamic.setUnusable(h("node3"), "is LOST");
    assertThat(settle(dynamic, "103", Wish.BEST)).isEqualTo("node1");
  }

  @Test
  void byDemandTheyAreSpreadAroundEachOtherAndRecovered() {
    List.of("node1", "node2", "node3").forEach(name -> host(advised, name, 8, 106811));
    workload(advised, "100", 8, 15258);
    workload(advised, "101", 4, 7629);
    workload(advised, "102", 2, 7629);
    workload(advised, "103", 2, 3814);
    workload(advised, "200", 4, 22888);
    workload(advised, "201", 2, 7629);
    workload(advised, "202", 4, 3814);
    workload(advised, "203", 2, 7629);
    workload(advised, "300", 6, 30517);
    workload(advised, "301", 2, 3814);
    workload(advised, "302", 2, 7629);
    workload(advised, "303", 4, 7629);
    advised.putRule(apart("lonely1", "100", "200"));
    advised.putRule(apart("lonely2", "200", "300"));
    advised.putRule(apart("lonely3", "100", "300"));
    assertThat(
            settled(
                advised, "100", "101", "102", "103", "200", "201", "202", "203", "300", "301",
                "302", "303"))
        .containsExactly(
            "node1", "node2", "node3", "node3", "node2", "node3", "node3", "node1", "node3",
            "node1", "node2", "node1");
    advised.setUnusable(h("node3"), "is LOST");
    assertThat(settled(advised, "102", "103", "201", "202", "300"))
        .containsExactly("node1", "node2", "node2", "node2", "-");
  }

  @Test
  void withoutAnyDemandTheFewestWorkloadsDecide() {
    host(advised, "node1", 40, 366210);
    host(advised, "node2", 32, 244140);
    host(advised, "node3", 32, 244140);
    workload(advised, "100", 0, 0, "node2");
    workload(advised, "101", 0, 0);
    workload(advised, "103", 0, 0);
    assertThat(settled(advised, "101", "103")).containsExactly("node1", "node3");
  }

  @Test
  void packedFillsTheFullestHostThatHoldsItAndOthersStayEmpty() {
    Placer packed = placer(PlacementMode.PACKED, true);
    List.of("node1", "node2", "node3").forEach(name -> host(packed, name, 10, 1000));
    workload(packed, "1", 2, 100, "node2");
    workload(packed, "2", 4, 100, "node3");
    workload(packed, "3", 5, 100);
    workload(packed, "4", 2, 100);
    workload(packed, "5", 7, 100);
    workload(packed, "6", 3, 100);
    assertThat(settled(packed, "3", "4")).containsExactly("node3", "node2");
    assertThat(packed.workloadsOn(h("node1"))).isEmpty();
    assertThat(settled(packed, "5", "6")).containsExactly("node1", "node1");
  }

  @Test
  void packedLeavesAnEmptyStandbyHostForLast() {
    Placer packed = placer(PlacementMode.PACKED, true);
    packed.putHost(Host.of("node0", Capacity.of(4, 400)), true);
    packed.setUsable(h("node0"));
    host(packed, "node1", 10, 1000);
    workload(packed, "1", 2, 100);
    workload(packed, "2", 8, 100);
    workload(packed, "3", 2, 100);
    assertThat(settled(packed, "1", "2", "3")).containsExactly("node1", "node1", "node0");
  }

  @Test
  void whereCapacityIsAdvisedPackedOverfillsOnlyWhatNoHostHolds() {
    Placer packed = placer(PlacementMode.PACKED, false);
    List.of("node1", "node2").forEach(name -> host(packed, name, 10, 1000));
    workload(packed, "1", 8, 100, "node1");
    workload(packed, "2", 3, 100);
    workload(packed, "3", 9, 100);
    assertThat(settled(packed, "2")).containsExactly("node2");
    assertThat(settled(packed, "3")).as("the less full of the two").containsExactly("node2");
  }

  @Test
  void packedWithoutAnyDemandTheMostWorkloadsDecide() {
    Placer packed = placer(PlacementMode.PACKED, true);
    List.of("node1", "node2", "node3").forEach(name -> host(packed, name, 10, 1000));
    workload(packed, "1", 0, 0, "node2");
    workload(packed, "2", 0, 0);
    workload(packed, "3", 0, 0);
    assertThat(settled(packed, "2", "3")).containsExactly("node2", "node2");
  }

  private static List<String> settled(Placer placer, String... workloads) {
    return List.of(workloads).stream().map(name -> settle(placer, name, Wish.BEST)).toList();
  }

  private static void measured(Placer placer, String name, long cpu, long memory) {
    placer.putWorkload(
        new Need(
            w(name),
            Capacity.of(8000, 4096),
            Optional.of(Capacity.of(cpu, memory)),
            Collections.emptySortedMap(),
            true));
  }
}
