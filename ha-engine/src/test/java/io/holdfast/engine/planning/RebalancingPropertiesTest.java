package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.Rebalancing.By;
import io.holdfast.engine.planning.Rebalancing.Options;
import io.holdfast.engine.planning.Rebalancing.Proposal;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.jspecify.annotations.Nullable;

/** Whatever is proposed can be carried out step by step, and is worth it. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class RebalancingPropertiesTest {
  @Property(tries = 1500)
  void everyStepKeepsEverything(
      @ForAll long seed, @ForAll By by, @ForAll @IntRange(min = 0, max = 12) int mostMoves) {
    ClusterSnapshot cluster = new TinyClusters(seed).cluster();
    Options options = Options.DEFAULT.with(by).withMostMoves(mostMoves);
    Proposal proposal = Rebalancing.propose(cluster, options);
    assertThat(proposal.steps()).hasSizeLessThanOrEqualTo(mostMoves);
    MendingChecker.Outcome outcome = MendingChecker.carryOut(cluster, proposal.steps(), seed);
    assertThat(outcome.broken()).isEmpty();
    ClusterSnapshot after = outcome.after();
    for (int order = 0; order < 3; order++) {
      assertThat(MendingChecker.carryOut(cluster, proposal.steps(), order)).isEqualTo(outcome);
    }
    assertThat(proposal.before()).isCloseTo(imbalance(cluster, by), within(1e-9));
    assertThat(proposal.after()).isCloseTo(imbalance(after, by), within(1e-9));
    if (isSound(cluster)) {
      assertThat(proposal.after()).isLessThanOrEqualTo(proposal.before());
      assertThat(proposal.moved()).allSatisfy(moved -> assertThat(moved.why()).isNotBlank());
    }
    assertThat(broken(after)).isLessThanOrEqualTo(broken(cluster));
    for (Rebalancing.Moved moved : proposal.moved()) {
      assertThat(find(cluster, moved.workload()).host()).contains(moved.from());
      assertThat(find(after, moved.workload()).host()).contains(moved.to());
    }
    Proposal next = Rebalancing.propose(after, options.withMostMoves(50));
    if (!proposal.cutShort()) {
      assertThat(next.steps()).as("something was left undone").isEmpty();
    } else if (next.steps().isEmpty()) {
      // it was on its way to the goal, and what is left does not make it worth to begin again
      assertThat(proposal.after()).as("cut short").isBetween(options.goal(), options.threshold());
    }
  }

  /** What was rounded on the way once decided between two equally loaded hosts. */
  @Example
  void whatWasRoundedOnTheWayDecidesNothing() {
    everyStepKeepsEverything(41292, By.DEMAND, 7);
    everyStepKeepsEverything(4749757767173897236L, By.LOAD, 7);
  }

  private static boolean fits(ClusterSnapshot cluster, WorkloadSnapshot workload, HostSnapshot to) {
    return (to.kinds().isEmpty() || to.kinds().contains(workload.id().kind()))
        && to.labels().entrySet().containsAll(workload.requires().entrySet())
        && cluster.rules().stream()
            .filter(rule -> rule.strict() && rule.workloads().contains(workload.id()))
            .filter(Rule.HostAffinity.class::isInstance)
            .allMatch(rule -> ((Rule.HostAffinity) rule).hosts().containsKey(to.id()));
  }

  private static long used(ClusterSnapshot cluster, HostId host, int d) {
    return cluster.workloads().stream()
        .filter(workload -> workload.host().filter(host::equals).isPresent())
        .mapToLong(workload -> workload.demand().get(d))
        .sum();
  }

  private static int broken(ClusterSnapshot cluster) {
    return cluster.rules().stream().mapToInt(rule -> brokenBy(cluster, rule)).sum();
  }

  private static boolean isSound(ClusterSnapshot cluster) {
    for (HostSnapshot host : cluster.hosts()) {
      for (int d = 0; d < cluster.dimensions().size(); d++) {
        if (used(cluster, host.id(), d) > Math.max(0, TinyModel.room(host, d))) {
          return false;
        }
      }
    }
    return broken(cluster) == 0
        && cluster.workloads().stream()
            .filter(workload -> workload.host().isPresent())
            .allMatch(w -> fits(cluster, w, host(cluster, w.host().get())));
  }

  /** How many workloads would have to go elsewhere. */
  private static int brokenBy(ClusterSnapshot cluster, Rule rule) {
    if (!rule.strict()) {
      return 0;
    }
    SortedMap<String, Integer> places = new TreeMap<>();
    int misplaced = 0;
    for (WorkloadSnapshot workload : cluster.workloads()) {
      HostSnapshot at = workload.host().map(host -> host(cluster, host)).orElse(null);
      if (at == null || at.state() == State.FAILED || !rule.workloads().contains(workload.id())) {
        continue;
      }
      if (rule instanceof Rule.HostAffinity pins) {
        misplaced += pins.hosts().containsKey(at.id()) ? 0 : 1;
      } else if (rule instanceof Rule.WorkloadAffinity affinity
          && (affinity.kind() == Rule.Kind.NEGATIVE
              || workload.desired() == DesiredState.STARTED)) {
        boolean own = affinity.level().isHost() || at.domain().size() <= affinity.level().index();
        places.merge(own ? "host " + at.id() : "in " + at.domain(), 1, Integer::sum);
      }
    }
    if (!(rule instanceof Rule.WorkloadAffinity affinity)) {
      return misplaced;
    }
    int all = places.values().stream().mapToInt(Integer::intValue).sum();
    int most = places.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    return affinity.kind() == Rule.Kind.POSITIVE ? all - most : all - places.size();
  }

  private static double imbalance(ClusterSnapshot cluster, By by) {
    List<Double> loads = new ArrayList<>();
    for (HostSnapshot host : cluster.hosts()) {
      if (host.state() != State.UP) {
        continue;
      }
      double shares = 0;
      int limited = 0;
      for (int d = 0; d < cluster.dimensions().size(); d++) {
        if (host.limit(d) == 0) {
          continue;
        }
        limited++;
        double used = host.promised().get(d);
        for (WorkloadSnapshot workload : cluster.workloads()) {
          if (workload.host().filter(host.id()::equals).isPresent()) {
            used += load(workload, by, d);
          }
        }
        shares += used / host.limit(d);
      }
      loads.add(limited == 0 ? 0 : shares / limited);
    }
    double mean = loads.stream().mapToDouble(l -> l).average().orElse(0);
    double variance = loads.stream().mapToDouble(l -> (l - mean) * (l - mean)).average().orElse(0);
    return mean == 0 ? 0 : Math.sqrt(variance) / mean;
  }

  private static double load(WorkloadSnapshot workload, By by, int d) {
    if (by == By.LOAD && workload.load().isPresent()) {
      return workload.load().get().get(d) / 1000.0;
    }
    boolean idle = by == By.LOAD && workload.desired() != DesiredState.STARTED;
    return idle ? 0 : workload.demand().get(d);
  }

  private static WorkloadSnapshot find(ClusterSnapshot cluster, WorkloadId id) {
    return Objects.requireNonNull(
        first(cluster.workloads().stream().filter(w -> w.id().equals(id)).toList()));
  }

  private static HostSnapshot host(ClusterSnapshot cluster, HostId id) {
    return Objects.requireNonNull(
        first(cluster.hosts().stream().filter(h -> h.id().equals(id)).toList()));
  }

  private static <T> @Nullable T first(List<T> list) {
    return list.isEmpty() ? null : list.get(0);
  }
}
