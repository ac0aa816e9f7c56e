package io.holdfast.engine.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.junit.jupiter.api.Test;

/** Where room is said to be no question, whoever comes last finds a host, too. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class AmpleRoomTest {
  private Placer placer = new Placer(PlacementPolicy.DEFAULT);

  private static WorkloadId vm(int number) {
    return WorkloadId.parse("vm:" + number);
  }

  private void host(String name, long cpu) {
    placer.putHost(Host.of(name, Capacity.of(cpu, 1000)));
    placer.setUsable(new HostId(name));
  }

  private void workload(int number, long cpu) {
    placer.putWorkload(Need.of(vm(number), Capacity.of(cpu, 10)));
  }

  private boolean isAmple(int... numbers) {
    List<WorkloadId> ids = new ArrayList<>();
    for (int number : numbers) {
      ids.add(vm(number));
    }
    return placer.hasAmpleRoom(ids);
  }

  @Property(tries = 500)
  void wherePlacesAreTakenAtRandomTheLastStillFindsOne(@ForAll long seed) {
    SplittableRandom dice = new SplittableRandom(seed);
    placer = new Placer(PlacementPolicy.DEFAULT);
    int hosts = 1 + dice.nextInt(6);
    for (int h = 0; h < hosts; h++) {
      host("h" + h, dice.nextInt(60));
    }
    int workloads = 1 + dice.nextInt(8);
    List<WorkloadId> open = new ArrayList<>();
    for (int w = 0; w < workloads; w++) {
      workload(w, dice.nextInt(6));
      open.add(vm(w));
    }
    if (!placer.hasAmpleRoom(open)) {
      return;
    }
    while (!open.isEmpty()) {
      WorkloadId next = open.remove(dice.nextInt(open.size()));
      List<HostId> possible = new ArrayList<>();
      for (int h = 0; h < hosts; h++) {
        HostId host = new HostId("h" + h);
        if (placer.blockedBy(next, host).isEmpty()) {
          possible.add(host);
        }
      }
      assertThat(possible).isNotEmpty();
      placer.place(next, possible.get(dice.nextInt(possible.size())));
    }
  }

  @Test
  void twoAlmostEmptyHostsAreAmpleForAFew() {
    host("a", 20);
    host("b", 20);
    workload(1, 4);
    workload(2, 4);
    assertThat(isAmple(1, 2)).isTrue();
    placer.setUnusable(new HostId("a"), "is silent");
    placer.setUnusable(new HostId("b"), "is silent");
    assertThat(isAmple(1, 2)).isFalse();
  }

  @Test
  void scarceRoomIsNot() {
    host("a", 5);
    host("b", 4);
    workload(1, 4);
    workload(2, 3);
    assertThat(isAmple(1, 2)).isFalse();
  }

  @Test
  void whatARuleNamesIsLookedIntoByTurns() {
    host("a", 90);
    workload(1, 1);
    assertThat(isAmple(1)).isTrue();
    placer.putRule(
        new Rule.WorkloadAffinity(
            "apart",
            new TreeSet<>(List.of(vm(1), vm(2))),
            Rule.Kind.NEGATIVE,
            Rule.Level.HOST,
            true));
    assertThat(isAmple(1)).isFalse();
  }

  @Test
  void hostsThatOneOfThemCannotUseDoNotCount() {
    host("a", 90);
    TreeMap<String, String> labels = new TreeMap<>();
    labels.put("disk", "fast");
    placer.putWorkload(
        new Need(vm(1), Capacity.of(1, 1), java.util.Optional.empty(), labels, true));
    workload(2, 1);
    assertThat(isAmple(2)).isTrue();
    assertThat(isAmple(1, 2)).isFalse();
  }

  @Test
  void whatDemandsNothingNeedsAnyHost() {
    workload(1, 0);
    placer.putWorkload(Need.of(vm(1), Capacity.NONE));
    assertThat(isAmple(1)).isFalse();
    host("a", 0);
    assertThat(isAmple(1)).isTrue();
  }

  @Test
  void withoutHardCapacityRoomIsNeverAQuestion() {
    Placer soft = new Placer(new PlacementPolicy(io.holdfast.api.PlacementMode.BASIC, false));
    soft.putHost(Host.of("a", Capacity.of(1, 1)));
    soft.setUsable(new HostId("a"));
    soft.putWorkload(Need.of(vm(1), Capacity.of(50, 50)));
    assertThat(soft.hasAmpleRoom(List.of(vm(1)))).isTrue();
  }

  @Test
  void whatIsLeftOnAHostIsToldWhereItIsLimited() {
    placer.putHost(Host.of("a", new Capacity(new TreeMap<>(java.util.Map.of("cpu", 8L)))));
    placer.putWorkload(Need.of(vm(1), Capacity.of(3, 100)));
    placer.place(vm(1), new HostId("a"));
    assertThat(placer.freeOn(new HostId("a"))).containsOnlyKeys("cpu").containsEntry("cpu", 5L);
    placer.putWorkload(Need.of(vm(2), Capacity.of(9, 100)));
    placer.place(vm(2), new HostId("a"));
    assertThat(placer.freeOn(new HostId("a"))).containsEntry("cpu", 0L);
    assertThat(placer.marginOn(new HostId("a"))).containsOnlyKeys("cpu").containsEntry("cpu", -4L);
  }
}
