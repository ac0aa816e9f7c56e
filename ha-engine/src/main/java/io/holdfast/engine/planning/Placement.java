package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Plan.Evicted;
import io.holdfast.engine.planning.Plan.Moved;
import io.holdfast.engine.planning.Plan.Placed;
import io.holdfast.engine.planning.Plan.Unplaced;
import io.holdfast.engine.planning.PlanOptions.Objective;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Plans for a whole cluster: what has no host gets one, survivors make room where that is allowed.
 * Pure functions, safe for use by any number of threads.
 */
public final class Placement {
  /** The rest of the time is for the order of the steps. */
  private static final double FOR_SEARCH = 0.7;

  /** The same where the search has most to do and the order takes hardly any time. */
  private static final double FOR_LATE_SEARCH = 0.93;

  /** Of workloads and hosts; with more of them the order takes its time. */
  private static final long FEW_PAIRS = 100_000;

  private final ClusterSnapshot cluster;
  private final Board board;
  private final PlanOptions options;
  private final Assignment start;
  private final Assignment end;

  private Placement(Board board, PlanOptions options, Assignment start, Assignment end) {
    this.cluster = board.cluster;
    this.board = board;
    this.options = options;
    this.start = start;
    this.end = end;
  }

  /**
   * The best plan that is found within the time budget; of equal ones, one with few moves. Beyond
   * the budget it takes as long as making a first plan does: the more, the larger the cluster is.
   *
   * @param nanoClock tells the time in nanoseconds as {@code System::nanoTime} does; the search
   *     ends when the options' time budget has passed on it
   */
  public static Plan plan(ClusterSnapshot cluster, PlanOptions options, LongSupplier nanoClock) {
    Budget all = new Budget(nanoClock, options.timeBudget().toNanos());
    Board board = BoardCompiler.compile(cluster, options);
    Search search = new Search(board, options, all.part(FOR_SEARCH));
    List<Aim> aims = search.run(all.part(few(board) ? FOR_LATE_SEARCH : FOR_SEARCH));
    Sequencer sequencer = new Reaching(board, search, options.arePriced(), all).of(aims);
    boolean optimal = sequencer.worth() >= search.most() && tellsPrioritiesApart(board, options);
    long bound = bound(board, options, search);
    return new Placement(board, options, search.start(), sequencer.reached())
        .plan(sequencer.steps(), search.taste(), optimal, bound);
  }

  private static boolean few(Board board) {
    return (long) board.workloads * board.hosts <= FEW_PAIRS;
  }

  /** Not where {@link Lexicographic} had to count the lowest as one. */
  private static boolean tellsPrioritiesApart(Board board, PlanOptions options) {
    SortedMap<Long, Integer> priorities = new TreeMap<>();
    for (int w = 0; w < board.workloads; w++) {
      if (options.objective() != Objective.PRIORITY || !(board.lost[w] || board.evictable[w])) {
        continue;
      }
      int priority = board.cluster.workloads().get(w).priority();
      Integer other = priorities.put(board.value[w], priority);
      if (other != null && other != priority) {
        return false;
      }
    }
    return true;
  }

  /** On the weight that can run more than before, whatever the objective; less what that costs. */
  private static long bound(Board board, PlanOptions options, Search search) {
    if (options.objective() == Objective.WEIGHT) {
      return search.most() - search.start().value;
    }
    long[] weights = weights(board);
    long before = 0;
    for (int w = 0; w < weights.length; w++) {
      before += board.home[w] >= 0 ? weights[w] : 0;
    }
    return new Bounds(board, weights).most() - before;
  }

  private static long[] weights(Board board) {
    long[] weights = new long[board.workloads];
    for (int w = 0; w < weights.length; w++) {
      weights[w] = board.cluster.workloads().get(w).weight();
    }
    return weights;
  }

  private Plan plan(List<Sequencer.Step> sequence, Taste taste, boolean optimal, long bound) {
    List<List<Integer>> after = new Ordering(board, start.free, sequence).run();
    Whys whys = new Whys(board, end, taste, sequence, after);
    List<Placed> placed = new ArrayList<>();
    List<Moved> moved = new ArrayList<>();
    List<Evicted> evicted = new ArrayList<>();
    List<Unplaced> unplaced = new ArrayList<>();
    int[] running = Refusals.hosts(board);
    Pins pins = new Pins(cluster);
    long value = 0;
    long lost = 0;
    for (int w = 0; w < board.workloads; w++) {
      WorkloadSnapshot workload = cluster.workloads().get(w);
      int from = board.home[w];
      int to = end.at[w];
      lost += board.ranBefore[w] ? workload.weight() : 0;
      if (board.lost[w] && to >= 0) {
        placed.add(new Placed(workload.id(), host(to), whys.of(w)));
        value += workload.weight();
      } else if (board.lost[w]) {
        unplaced.add(new Unplaced(workload.id(), new Refusals(board, end, pins, w, running)));
      } else if (from >= 0 && to < 0) {
        evicted.add(new Evicted(workload.id(), host(from), whys.of(w)));
        value -= workload.weight();
      } else if (from != to) {
        moved.add(new Moved(workload.id(), host(from), host(to), whys.of(w)));
      }
    }
    return new Plan(
        placed,
        moved,
        evicted,
        unplaced,
        steps(sequence, after),
        value,
        price(sequence),
        bound,
        lost,
        optimal);
  }

  private long price(List<Sequencer.Step> sequence) {
    long price = 0;
    for (Sequencer.Step step : sequence) {
      if (step.from >= 0) {
        price += step.to >= 0 ? options.movePrice() : options.evictionPrice();
      }
    }
    return price;
  }

  private List<Plan.Step> steps(List<Sequencer.Step> sequence, List<List<Integer>> after) {
    List<Plan.Step> steps = new ArrayList<>();
    for (int i = 0; i < sequence.size(); i++) {
      Sequencer.Step step = sequence.get(i);
      WorkloadId id = cluster.workloads().get(step.workload).id();
      if (step.from < 0) {
        steps.add(new Plan.Step.Start(id, host(step.to), after.get(i)));
      } else if (step.to < 0) {
        steps.add(new Plan.Step.Stop(id, host(step.from), after.get(i)));
      } else {
        steps.add(new Plan.Step.Move(id, host(step.from), host(step.to), after.get(i)));
      }
    }
    return steps;
  }

  private HostId host(int number) {
    return cluster.hosts().get(number).id();
  }
}
