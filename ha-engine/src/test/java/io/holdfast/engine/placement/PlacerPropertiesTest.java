package io.holdfast.engine.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.PlacerWorld.At;
import io.holdfast.engine.placement.PlacerWorld.Step;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** Choices against a plain reading of the rules, after any steps that led there. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class PlacerPropertiesTest {
  /** So many that the steps cannot leave few of them usable. */
  private static final int MANY = Chooser.WHOLE_CLUSTER + 61;

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void noHardRuleIsBrokenAndNoHostIsOverfilledByAChoice(
      @ForAll("steps") List<Step> steps, @ForAll PlacementMode mode) {
    PlacerWorld world = new PlacerWorld(mode, true, 5, 9);
    steps.forEach(world::apply);
    world.needs.keySet().forEach(workload -> checkHard(world, workload));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void theStateIsTheSameHoweverItCameAbout(
      @ForAll("steps") List<Step> steps,
      @ForAll PlacementMode mode,
      @ForAll boolean hard,
      @ForAll boolean many,
      @ForAll long order) {
    PlacerWorld world = new PlacerWorld(mode, hard, many ? MANY : 5, 9);
    steps.forEach(world::apply);
    Placer rebuilt = world.rebuilt(order);
    for (WorkloadId workload : world.needs.keySet()) {
      assertThat(rebuilt.choose(workload, Wish.BEST))
          .isEqualTo(world.placer.choose(workload, Wish.BEST));
      assertThat(rebuilt.choose(workload, Wish.STAY))
          .isEqualTo(world.placer.choose(workload, Wish.STAY));
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void whatWasRefusedIsTakenAsSoonAsOneAskedForTheFirstTimeIs(
      @ForAll("steps") List<Step> steps, @ForAll PlacementMode mode) {
    PlacerWorld world = new PlacerWorld(mode, true, 2, 14);
    for (Step step : steps) {
      world.apply(step);
      Placer rebuilt = world.rebuilt(step.c());
      for (WorkloadId workload : world.needs.keySet()) {
        assertThat(world.placer.choose(workload, Wish.BEST))
            .isEqualTo(rebuilt.choose(workload, Wish.BEST));
      }
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void theIndexFindsWhatLookingAtEveryHostFinds(
      @ForAll("steps") List<Step> steps, @ForAll PlacementMode mode, @ForAll boolean hard) {
    PlacerWorld world = new PlacerWorld(mode, hard, MANY, 30);
    steps.stream().filter(step -> step.what() % 10 < 8).forEach(world::apply);
    for (int i = 0; i < 30; i++) {
      WorkloadId workload = world.workload(i);
      world.placer.vacate(workload);
      world.at.remove(workload);
      assertThat(hostIn(world.placer.choose(workload, Wish.BEST)))
          .isEqualTo(plainly(world, workload));
      world.settle(workload);
    }
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void whatIsNotRefusedIsChosenAndWhatIsChosenIsNotRefused(
      @ForAll("steps") List<Step> steps, @ForAll PlacementMode mode) {
    PlacerWorld world = new PlacerWorld(mode, true, 5, 9);
    steps.forEach(world::apply);
    for (WorkloadId workload : world.needs.keySet()) {
      Choice choice = world.placer.choose(workload, Wish.BEST);
      var refused = world.placer.whyNot(workload, Wish.BEST);
      if (choice instanceof Choice.Chosen there) {
        assertThat(refused).doesNotContainKey(there.host());
      } else if (world.placer.partnersOf(workload).isEmpty()) {
        assertThat(refused.keySet()).containsExactlyElementsOf(world.hosts.keySet());
      }
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 209);
    return Combinators.combine(number, number, number, number).as(Step::new).list().ofMaxSize(60);
  }

  private static void checkHard(PlacerWorld world, WorkloadId workload) {
    Optional<HostId> chosen = hostIn(world.placer.choose(workload, Wish.BEST));
    if (chosen.isEmpty()) {
      return;
    }
    HostId host = chosen.get();
    assertThat(world.usable).contains(host);
    At before = world.at.remove(workload);
    for (String dimension : List.of("cpu", "memory")) {
      long need = world.need(workload, dimension);
      long limit = world.limit(host, dimension);
      assertThat(need == 0 || world.used(host, dimension) + need <= limit).isTrue();
    }
    for (Rule rule : world.rules.values()) {
      if (rule.strict() && rule.workloads().contains(workload)) {
        checkRule(world, workload, host, rule);
      }
    }
    if (before != null) {
      world.at.put(workload, before);
    }
  }

  private static void checkRule(PlacerWorld world, WorkloadId workload, HostId host, Rule rule) {
    if (rule instanceof HostAffinity affinity) {
      assertThat(affinity.hosts()).containsKey(host);
    } else if (rule instanceof WorkloadAffinity affinity && affinity.kind() == Kind.NEGATIVE) {
      for (WorkloadId other : rule.workloads()) {
        At at = world.at.get(other);
        boolean own = world.placer.partnersOf(workload).contains(other);
        if (at != null && !own) {
          assertThat(isSamePlace(world, affinity, at.host(), host)).isFalse();
          assertThat(isSamePlace(world, affinity, at.target(), host)).isFalse();
        }
      }
    }
  }

  private static boolean isSamePlace(
      PlacerWorld world, WorkloadAffinity rule, HostId one, HostId other) {
    if (rule.level().isHost()) {
      return one.equals(other);
    }
    int level = rule.level().index();
    return world.domain(one, level).equals(world.domain(other, level));
  }

  private static Optional<HostId> plainly(PlacerWorld world, WorkloadId workload) {
    boolean standbyToo =
        world.usable.stream()
            .noneMatch(host -> !world.standby.contains(host) && hasRoom(world, workload, host));
    return world.usable.stream()
        .filter(host -> standbyToo || !world.standby.contains(host))
        .filter(host -> hasRoom(world, workload, host))
        .min(
            Comparator.comparing((HostId host) -> cost(world, workload, host))
                .thenComparing(host -> isPacked(world) ? -count(world, host) : count(world, host))
                .thenComparing(host -> host));
  }

  private static boolean hasRoom(PlacerWorld world, WorkloadId workload, HostId host) {
    return !world.policy.capacityIsHard() || holds(world, workload, host);
  }

  private static boolean holds(PlacerWorld world, WorkloadId workload, HostId host) {
    return List.of("cpu", "memory").stream()
        .allMatch(
            dimension -> {
              long need = world.need(workload, dimension);
              long limit = world.limit(host, dimension);
              return need == 0 || world.used(host, dimension) + need <= limit;
            });
  }

  private static boolean isPacked(PlacerWorld world) {
    return world.policy.mode() == PlacementMode.PACKED;
  }

  private static long count(PlacerWorld world, HostId host) {
    return world.at.values().stream()
        .filter(at -> at.host().equals(host) || at.target().equals(host))
        .count();
  }

  /** Sums of squares in the same order of operations as the code's, so that ties are the same. */
  private static double cost(PlacerWorld world, WorkloadId workload, HostId host) {
    if (world.policy.mode() == PlacementMode.BASIC) {
      return count(world, host);
    }
    double now = 0;
    double more = 0;
    for (String dimension : List.of("cpu", "memory")) {
      double weight = dimension.equals("memory") ? 5 : 1;
      double perUnit = 1.0 / Math.max(1, world.limit(host, dimension));
      double share = world.used(host, dimension) * perUnit;
      now += weight * share * share;
    }
    double sum = now;
    for (String dimension : List.of("cpu", "memory")) {
      double weight = dimension.equals("memory") ? 5 : 1;
      double perUnit = 1.0 / Math.max(1, world.limit(host, dimension));
      double share = world.used(host, dimension) * perUnit;
      more = world.need(workload, dimension) * perUnit;
      sum += weight * more * (2 * share + more);
    }
    if (isPacked(world)) {
      return holds(world, workload, host) ? -sum : 1 + sum;
    }
    return sum;
  }

  private static Optional<HostId> hostIn(Choice choice) {
    return choice instanceof Choice.Chosen there ? Optional.of(there.host()) : Optional.empty();
  }
}
