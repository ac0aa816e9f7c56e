package io.holdfast.testkit;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanOptions;
import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitrary;

/** Planners that each break one promise: Holdfast's own, lied to or with its plan spoilt. */
final class BrokenPlanners {
  private BrokenPlanners() {}

  private static Plan good(ClusterSnapshot cluster, PlanOptions options) {
    return Placement.plan(cluster, options, System::nanoTime);
  }

  private static ClusterSnapshot withHosts(ClusterSnapshot c, UnaryOperator<HostSnapshot> change) {
    return new ClusterSnapshot(
        c.dimensions(), c.hosts().stream().map(change).toList(), c.workloads(), c.rules());
  }

  private static ClusterSnapshot withWorkloads(
      ClusterSnapshot c, UnaryOperator<WorkloadSnapshot> change) {
    return new ClusterSnapshot(
        c.dimensions(), c.hosts(), c.workloads().stream().map(change).toList(), c.rules());
  }

  static final class ForgetsRules extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot c, PlanOptions options) {
      return good(
          new ClusterSnapshot(c.dimensions(), c.hosts(), c.workloads(), List.of()), options);
    }
  }

  static final class Overcommits extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(withHosts(cluster, Overcommits::doubled), options);
    }

    private static HostSnapshot doubled(HostSnapshot host) {
      long[] capacity = host.capacity().toArray();
      for (int d = 0; d < capacity.length; d++) {
        capacity[d] *= 2;
      }
      return host.having(Amounts.of(capacity));
    }
  }

  static final class DoesAllAtOnce extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      Plan plan = good(cluster, options);
      return withSteps(plan, plan.steps().stream().map(step -> after(step, List.of())).toList());
    }
  }

  static final class WaitsForItself extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      Plan plan = good(cluster, options);
      List<Plan.Step> steps = new ArrayList<>();
      plan.steps().forEach(step -> steps.add(after(step, List.of(steps.size()))));
      return withSteps(plan, steps);
    }
  }

  static final class StartsTwice extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      Plan plan = good(cluster, options);
      List<Plan.Step> steps = new ArrayList<>(plan.steps());
      plan.steps().stream().filter(Plan.Step.Start.class::isInstance).forEach(steps::add);
      return withSteps(plan, steps);
    }
  }

  private static Plan.Step after(Plan.Step step, List<Integer> after) {
    if (step instanceof Plan.Step.Start start) {
      return new Plan.Step.Start(start.workload(), start.host(), after);
    }
    if (step instanceof Plan.Step.Move move) {
      return new Plan.Step.Move(move.workload(), move.from(), move.to(), after);
    }
    return new Plan.Step.Stop(step.workload(), ((Plan.Step.Stop) step).host(), after);
  }

  private static Plan withSteps(Plan p, List<Plan.Step> steps) {
    return new Plan(
        p.placed(),
        p.moved(),
        p.evicted(),
        p.unplaced(),
        steps,
        p.value(),
        p.upperBound(),
        p.lost(),
        p.optimal());
  }

  static final class MovesUnasked extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(cluster, options.with(Moves.ALLOWED));
    }
  }

  static final class EvictsUnasked extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(cluster, options.withEviction(true));
    }
  }

  static final class ForgetsWhatItCosts extends PlacementProperties {
    @Override
    protected Arbitrary<PlanOptions> options() {
      return Clusters.pricedOptions();
    }

    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(cluster, options.pricing(0, 0));
    }
  }

  static final class MovesTheUnmovable extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(withWorkloads(cluster, MovesTheUnmovable::movable), options);
    }

    private static WorkloadSnapshot movable(WorkloadSnapshot w) {
      return new WorkloadSnapshot(
          w.id(),
          w.demand(),
          w.weight(),
          w.priority(),
          w.host(),
          w.desired(),
          w.requires(),
          w.conditions(),
          true,
          w.load());
    }
  }

  static final class UsesHostsInMaintenance extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(
          withHosts(
              cluster, host -> host.state() == State.MAINTENANCE ? host.with(State.UP) : host),
          options);
    }
  }

  static final class ForgetsKinds extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(withHosts(cluster, h -> h.running(new TreeSet<>())), options);
    }
  }

  static final class ForgetsLabels extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(withWorkloads(cluster, w -> w.requiring(new TreeMap<>())), options);
    }
  }

  static final class ForgetsConditions extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(withWorkloads(cluster, w -> w.needing(new TreeSet<>())), options);
    }
  }

  static final class ForgetsPromises extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      long[] nothing = new long[cluster.dimensions().size()];
      return good(withHosts(cluster, h -> h.promising(nothing)), options);
    }
  }

  static final class Boasts extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      Plan p = good(cluster, options);
      return new Plan(
          p.placed(),
          p.moved(),
          p.evicted(),
          p.unplaced(),
          p.steps(),
          p.value() + 1,
          p.upperBound() + 1,
          p.lost(),
          p.optimal());
    }
  }

  static final class GivesNoReasons extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      Plan plan = good(cluster, options);
      return leftOut(
          plan,
          plan.unplaced().stream().map(u -> new Plan.Unplaced(u.workload(), List.of())).toList());
    }
  }

  static final class HidesWhatIsLeftOut extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return leftOut(good(cluster, options), List.of());
    }
  }

  private static Plan leftOut(Plan p, List<Plan.Unplaced> unplaced) {
    return new Plan(
        p.placed(),
        p.moved(),
        p.evicted(),
        unplaced,
        p.steps(),
        p.value(),
        p.upperBound(),
        p.lost(),
        p.optimal());
  }

  static final class BoundsTooLow extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return calledTheBest(good(cluster, options.within(Duration.ZERO)), false);
    }
  }

  static final class CallsAnythingTheBest extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      Plan p = good(cluster, options.withEviction(false).with(Moves.NONE));
      return new Plan(
          p.placed(),
          p.moved(),
          p.evicted(),
          p.unplaced(),
          p.steps(),
          p.value(),
          Long.MAX_VALUE,
          p.lost(),
          true);
    }
  }

  private static Plan calledTheBest(Plan p, boolean optimal) {
    return new Plan(
        p.placed(),
        p.moved(),
        p.evicted(),
        p.unplaced(),
        p.steps(),
        p.value(),
        p.value(),
        p.lost(),
        optimal);
  }

  /** As if a number of one digit were all that a host can have. */
  static final class MistrustsLargeHosts extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      Plan plan =
          good(
              withHosts(
                  cluster,
                  host ->
                      host.capacity().get(0) > 9
                          ? host.having(Amounts.of(new long[cluster.dimensions().size()]))
                          : host),
              options);
      return calledTheBest(plan, plan.optimal());
    }
  }

  /** Leaves out what has the first name. */
  static final class DislikesAName extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      Optional<WorkloadId> first =
          cluster.workloads().stream().map(WorkloadSnapshot::id).min(Comparator.naturalOrder());
      return good(
          withWorkloads(
              cluster,
              workload ->
                  workload.id().equals(first.orElse(null))
                      ? workload.wanted(DesiredState.STOPPED)
                      : workload),
          options);
    }
  }

  static final class DoesHalf extends PlacementProperties {
    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      List<WorkloadId> lost = new ArrayList<>();
      good(cluster, options).placed().forEach(placed -> lost.add(placed.workload()));
      List<WorkloadId> now = lost.subList(0, (lost.size() + 1) / 2);
      return good(
          withWorkloads(
              cluster,
              w ->
                  lost.contains(w.id()) && !now.contains(w.id())
                      ? w.wanted(DesiredState.STOPPED)
                      : w),
          options);
    }
  }

  static final class ThrowsDice extends PlacementProperties {
    private int thrown;

    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      HostId preferred = cluster.hosts().get(thrown++ % cluster.hosts().size()).id();
      List<HostSnapshot> hosts = new ArrayList<>(cluster.hosts());
      hosts.sort(Comparator.comparing(host -> !host.id().equals(preferred)));
      return good(
          new ClusterSnapshot(cluster.dimensions(), hosts, cluster.workloads(), cluster.rules()),
          options);
    }
  }

  static final class Dawdles extends PlacementProperties {
    @Override
    protected Duration grace() {
      return Duration.ofMillis(200);
    }

    @Override
    protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
      return good(cluster, options.within(options.timeBudget().plusMillis(600)));
    }
  }
}
