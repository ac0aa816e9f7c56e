package io.holdfast.engine.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.HostUse;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.PlacerWorld.Step;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiFunction;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** Whatever somebody else says of hosts, after any steps. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class PreferencePropertiesTest {
  private static final int MANY = Chooser.WHOLE_CLUSTER + 61;

  private static PlacerWorld world(
      List<Step> steps, PlacementMode mode, boolean hard, boolean many) {
    PlacerWorld world = new PlacerWorld(mode, hard, many ? MANY : 5, 9);
    steps.forEach(world::apply);
    return world;
  }

  private static Placer with(
      PlacerWorld world, BiFunction<WorkloadId, HostUse, OptionalLong> cost) {
    return world.rebuilt(1, Optional.of(new Preference("own", cost)));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void whoCannotTellChangesNothing(
      @ForAll("steps") List<Step> steps,
      @ForAll PlacementMode mode,
      @ForAll boolean hard,
      @ForAll boolean many) {
    PlacerWorld world = world(steps, mode, hard, many);
    Placer own = with(world, (workload, host) -> OptionalLong.empty());
    for (WorkloadId workload : world.needs.keySet()) {
      assertThat(own.choose(workload, Wish.BEST))
          .isEqualTo(world.placer.choose(workload, Wish.BEST));
    }
  }

  /** Without what rules only prefer: the index weighs that otherwise than a look at every host. */
  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void toWhomAllHostsAreTheSameChangesNothing(
      @ForAll("steps") List<Step> steps,
      @ForAll PlacementMode mode,
      @ForAll boolean hard,
      @ForAll boolean many) {
    List<Step> strict =
        steps.stream().filter(step -> step.what() % 10 != 8 || step.c() % 3 != 0).toList();
    PlacerWorld world = world(strict, mode, hard, many);
    Placer own = with(world, (workload, host) -> OptionalLong.of(7));
    for (WorkloadId workload : world.needs.keySet()) {
      assertThat(hostIn(own.choose(workload, Wish.BEST)))
          .isEqualTo(hostIn(world.placer.choose(workload, Wish.BEST)));
    }
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void theCheapestOfThoseThatMayBeChosenIsAndNoOther(
      @ForAll("steps") List<Step> steps,
      @ForAll PlacementMode mode,
      @ForAll boolean hard,
      @ForAll boolean many,
      @ForAll int salt) {
    PlacerWorld world = world(steps, mode, hard, many);
    Placer own =
        with(world, (workload, host) -> OptionalLong.of(cost(salt, workload, host.host().id())));
    for (WorkloadId workload : world.needs.keySet()) {
      Optional<HostId> there = hostIn(own.choose(workload, Wish.BEST));
      assertThat(there.isPresent())
          .isEqualTo(hostIn(world.placer.choose(workload, Wish.BEST)).isPresent());
      SortedSet<HostId> allowed = new TreeSet<>(world.hosts.keySet());
      allowed.removeAll(own.whyNot(workload, Wish.BEST).keySet());
      there.ifPresent(host -> assertThat(allowed).contains(host));
      if (there.isPresent()
          && world.rules.values().stream().noneMatch(r -> r.workloads().contains(workload))) {
        boolean onlyStandby = world.standby.containsAll(allowed);
        allowed.removeIf(host -> !onlyStandby && world.standby.contains(host));
        assertThat(allowed)
            .contains(there.get())
            .allMatch(h -> cost(salt, workload, h) >= cost(salt, workload, there.get()));
      }
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 209);
    return Combinators.combine(number, number, number, number).as(Step::new).list().ofMaxSize(60);
  }

  private static long cost(int salt, WorkloadId workload, HostId host) {
    return Math.floorMod(31 * (31 * salt + workload.hashCode()) + host.hashCode(), 7) - 3L;
  }

  private static Optional<HostId> hostIn(Choice choice) {
    return choice instanceof Choice.Chosen there ? Optional.of(there.host()) : Optional.empty();
  }
}
