package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.PlanOptions.Moves;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Few moves that mend broken strict rules and make uneven hosts even. Each is the one that makes
 * the most difference then, and worth its cost; where no single one is, two workloads change
 * places. No capacity and no strict rule that holds is broken by any of them at any moment; what is
 * not movable, or wanted otherwise than started, stays. A proposal that was carried out to its end,
 * and not cut short by its budget, is followed by none.
 *
 * <p>Pure and deterministic; safe for use by any number of threads.
 */
public final class Rebalancing {
  /** Of a large cluster the hosts with the most load and those with the least are looked at. */
  private static final int ENDS = 32;

  /** The same for workloads that change places. */
  private static final int SWAP_ENDS = 4;

  private static final double EQUAL = 1e-9;

  /** What the load of a workload is. */
  public enum By {
    /** What it is given. */
    DEMAND,
    /** What was measured, and its demand where nothing was. */
    LOAD
  }

  /**
   * When moves are worth it.
   *
   * @param by what is balanced
   * @param threshold with no more imbalance than this no balancing begins, 0 or greater
   * @param goal balancing that has begun goes on down to this, 0 to the threshold
   * @param leastGain how much of the sum of all hosts' squared distances from the mean a move takes
   *     away at least, in squares of the mean; above 0. A move between two hosts that are both a
   *     tenth of the mean away from it, and meet in the middle, takes away 0.02
   * @param mostMoves the most moves, 0 or greater
   */
  public record Options(By by, double threshold, double goal, double leastGain, int mostMoves) {
    /** By demand; above an imbalance of 0.1, down to 0.05; at most 100 moves. */
    public static final Options DEFAULT = new Options(By.DEMAND, 0.1, 0.05, 0.01, 100);

    public Options {
      if (!(threshold >= 0) || Double.isInfinite(threshold)) {
        throw new InvalidConfigException("rebalancing.threshold", threshold, "0 or greater");
      }
      if (!(goal >= 0 && goal <= threshold)) {
        throw new InvalidConfigException("rebalancing.goal", goal, "0 to the threshold");
      }
      if (!(leastGain > 0) || Double.isInfinite(leastGain)) {
        throw new InvalidConfigException("rebalancing.leastGain", leastGain, "above 0");
      }
      if (mostMoves < 0) {
        throw new InvalidConfigException("rebalancing.mostMoves", mostMoves, "0 or greater");
      }
    }

    /** The same with another load. */
    public Options with(By other) {
      return new Options(other, threshold, goal, leastGain, mostMoves);
    }

    /** The same with another budget. */
    public Options withMostMoves(int other) {
      return new Options(by, threshold, goal, leastGain, other);
    }
  }

  /**
   * What is proposed.
   *
   * @param before the imbalance now: the coefficient of variation of the loads of the hosts that
   *     are up, the load of a host being the mean of its used shares over the dimensions
   * @param after what it will be
   * @param moved what changes its host
   * @param steps the moves in their order
   * @param broken what is broken and stays so, as it cannot be mended by moving one workload after
   *     the other; each in one line
   * @param cutShort whether something was left undone only because the budget of moves was used up
   */
  public record Proposal(
      double before,
      double after,
      List<Moved> moved,
      List<Plan.Step> steps,
      List<String> broken,
      boolean cutShort) {
    public Proposal {
      moved = List.copyOf(moved);
      steps = List.copyOf(steps);
      broken = List.copyOf(broken);
    }
  }

  /**
   * A workload that changes its host.
   *
   * @param gain by how much that lowers the imbalance; a move that mends a rule may raise it
   * @param why one line
   */
  public record Moved(WorkloadId workload, HostId from, HostId to, double gain, String why) {}

  private record Candidate(int workload, int to, double worth) {}

  private record Swap(int workload, int other, double worth) {}

  private final ClusterSnapshot cluster;
  private final Options options;
  private final Board board;
  private final Assignment state;
  private final HostLoads loads;
  private final Violations violations;
  private final List<Sequencer.Step> trail = new ArrayList<>();

  /** What is known of a workload that is moved; in the order of the first moves. */
  private final SortedMap<Integer, Double> gains = new TreeMap<>();

  private final SortedMap<Integer, String> reasons = new TreeMap<>();
  private final List<Integer> movers = new ArrayList<>();
  private boolean cutShort;

  private Rebalancing(ClusterSnapshot cluster, Options options) {
    this.cluster = cluster;
    this.options = options;
    board = BoardCompiler.compile(cluster, PlanOptions.DEFAULT.with(Moves.ALLOWED));
    state = new Assignment(board);
    loads = new HostLoads(board, state.at, options.by() == By.LOAD);
    violations = new Violations(board, state);
  }

  /** Proposes moves; none when there is nothing to mend, or nothing that is worth it. */
  public static Proposal propose(ClusterSnapshot cluster, Options options) {
    return new Rebalancing(cluster, options).propose();
  }

  private Proposal propose() {
    double before = loads.imbalance();
    boolean more = true;
    while (more && !cutShort) {
      more = mend();
      more |= balance();
    }
    return proposal(before);
  }

  /** Mends what is broken; whether anything was. */
  private boolean mend() {
    boolean any = false;
    while (violations.all() > 0) {
      Candidate best = bestMending();
      if (best == null || !hasBudget(1)) {
        break;
      }
      String wrong = violations.wrong(best.workload());
      move(best.workload(), best.to(), wrong == null ? "makes room" : wrong);
      any = true;
    }
    return any;
  }

  private @Nullable Candidate bestMending() {
    Candidate best = null;
    double bestSpread = 0;
    for (int w = 0; w < board.workloads; w++) {
      if (!board.movable[w] || violations.wrong(w) == null) {
        continue;
      }
      for (int to = 0; to < board.hosts; to++) {
        double mended = to == state.at[w] ? 0 : violations.mended(w, to);
        if (mended <= EQUAL) {
          continue;
        }
        // standby hosts only where nothing else does as much
        double spread =
            loads.spreadAfter(w, state.at[w], to) + (board.standby[to] ? board.hosts * 1e6 : 0);
        if (best == null
            || mended > best.worth() + EQUAL
            || (mended > best.worth() - EQUAL && spread < bestSpread - EQUAL)) {
          best = new Candidate(w, to, mended);
          bestSpread = spread;
        }
      }
    }
    return best;
  }

  /** Evens loads out; whether anything was moved. */
  private boolean balance() {
    if (loads.imbalance() <= options.threshold()) {
      return false;
    }
    boolean any = false;
    while (loads.imbalance() > options.goal() && !cutShort && (moveOne() || swapTwo())) {
      any = true;
    }
    return any;
  }

  private boolean moveOne() {
    List<Integer> order = loads.byLoad();
    int ends = Math.min(ENDS, order.size());
    List<Integer> targets = order.subList(order.size() - ends, order.size());
    boolean[] sources = new boolean[board.hosts];
    order.subList(0, ends).forEach(h -> sources[h] = true);
    double spread = loads.spread();
    Candidate best = null;
    for (int w = 0; w < board.workloads; w++) {
      int from = state.at[w];
      if (from < 0 || !sources[from] || !board.movable[w]) {
        continue;
      }
      for (int to : targets) {
        double worth = loads.of(to) < loads.of(from) ? spread - loads.spreadAfter(w, from, to) : 0;
        if (worth >= options.leastGain()
            && (best == null || worth > best.worth() + EQUAL)
            && mayMove(w, to)) {
          best = new Candidate(w, to, worth);
        }
      }
    }
    if (best == null || !hasBudget(1)) {
      return false;
    }
    move(best.workload(), best.to(), uneven(state.at[best.workload()], best.to()));
    return true;
  }

  /** Two change places, one after the other: worth two moves. */
  private boolean swapTwo() {
    List<Integer> order = loads.byLoad();
    int ends = Math.min(SWAP_ENDS, order.size() / 2);
    Swap best = null;
    for (int from : order.subList(0, ends)) {
      for (int to : order.subList(order.size() - ends, order.size())) {
        best = bestSwap(from, to, best);
      }
    }
    if (best == null || !hasBudget(2)) {
      return false;
    }
    int from = state.at[best.workload()];
    int to = state.at[best.other()];
    String why = uneven(from, to) + ", changing places";
    if (mayMove(best.workload(), to) && maySwap(best.workload(), best.other())) {
      move(best.workload(), to, why);
      move(best.other(), from, why);
    } else {
      move(best.other(), from, why);
      move(best.workload(), to, why);
    }
    return true;
  }

  private @Nullable Swap bestSwap(int from, int to, @Nullable Swap known) {
    Swap best = known;
    int[] here = movableOn(from);
    int[] there = movableOn(to);
    double spread = loads.spread();
    for (int w : here) {
      for (int other : there) {
        double worth = spread - loads.spreadAfterSwap(w, other, from, to);
        if (worth >= 2 * options.leastGain()
            && (best == null || worth > best.worth() + EQUAL)
            && (maySwap(w, other) || maySwap(other, w))) {
          best = new Swap(w, other, worth);
        }
      }
    }
    return best;
  }

  private int[] movableOn(int host) {
    int[] found = new int[board.workloads];
    int count = 0;
    for (int w = 0; w < board.workloads; w++) {
      if (state.at[w] == host && board.movable[w]) {
        found[count++] = w;
      }
    }
    return Arrays.copyOf(found, count);
  }

  /** Whether the first may go to where the second is, and then the second to where it was. */
  private boolean maySwap(int first, int second) {
    int from = state.at[first];
    int to = state.at[second];
    if (!mayMove(first, to)) {
      return false;
    }
    state.take(first);
    state.put(first, to);
    boolean may = mayMove(second, from);
    state.take(first);
    state.put(first, from);
    return may;
  }

  private boolean mayMove(int w, int to) {
    int from = state.at[w];
    if (from == to || !board.allows(w, to) || !state.fits(w, to)) {
      return false;
    }
    state.take(w);
    boolean agrees = state.agrees(w, to);
    state.put(w, from);
    return agrees;
  }

  /** To be asked only when there is something to be done. */
  private boolean hasBudget(int moves) {
    boolean has = trail.size() + moves <= options.mostMoves();
    cutShort |= !has;
    return has;
  }

  private void move(int w, int to, String why) {
    int from = state.at[w];
    double before = loads.imbalance();
    violations.moves(w, to);
    state.take(w);
    state.put(w, to);
    loads.changed(from, to);
    trail.add(new Sequencer.Step(w, from, to));
    double gain = before - loads.imbalance();
    if (!gains.containsKey(w)) {
      movers.add(w);
    }
    gains.merge(w, gain, Double::sum);
    reasons.put(w, why);
  }

  private String uneven(int from, int to) {
    return String.format(
        Locale.ROOT,
        "imbalance %.2f: %s is at %.0f %%, %s at %.0f %%",
        loads.imbalance(),
        host(from),
        100 * loads.of(from),
        host(to),
        100 * loads.of(to));
  }

  private Proposal proposal(double before) {
    List<Sequencer.Step> sequence = trail;
    if (movers.size() < trail.size()) {
      Sequencer direct = new Sequencer(board, new Assignment(board), state.at, Budget.unlimited());
      if (direct.run() && direct.steps().size() < trail.size()) {
        sequence = direct.steps();
      }
    }
    List<Moved> moved = new ArrayList<>();
    for (int w : movers) {
      if (board.home[w] != state.at[w]) {
        moved.add(
            new Moved(
                cluster.workloads().get(w).id(),
                host(board.home[w]),
                host(state.at[w]),
                gains.getOrDefault(w, 0.0),
                reasons.getOrDefault(w, "")));
      }
    }
    return new Proposal(before, loads.imbalance(), moved, steps(sequence), broken(), cutShort);
  }

  private List<Plan.Step> steps(List<Sequencer.Step> sequence) {
    List<List<Integer>> after = new Ordering(board, new Assignment(board).free, sequence).run();
    List<Plan.Step> steps = new ArrayList<>();
    for (int i = 0; i < sequence.size(); i++) {
      Sequencer.Step step = sequence.get(i);
      steps.add(
          new Plan.Step.Move(
              cluster.workloads().get(step.workload).id(),
              host(step.from),
              host(step.to),
              after.get(i)));
    }
    return steps;
  }

  private List<String> broken() {
    List<String> lines = new ArrayList<>();
    for (int w = 0; w < board.workloads; w++) {
      String wrong = state.at[w] >= 0 ? violations.wrong(w) : null;
      if (wrong != null) {
        lines.add(cluster.workloads().get(w).id() + " on " + host(state.at[w]) + ": " + wrong);
      }
    }
    return lines;
  }

  private HostId host(int number) {
    return cluster.hosts().get(number).id();
  }
}
