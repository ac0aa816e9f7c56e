package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds assignments of great worth. First workloads are placed one by one in several orders; where
 * that leaves something out and survivors stay, everything is tried as far as that goes; then
 * changes for the better are looked for until nothing comes of it any more.
 */
final class Search {
  /** How much is tried, by what is allowed. */
  private enum Effort {
    STAY(40_000, 40, 40, 0.3, 0.05, 0),
    EVICT(8_000, 40, 40, 0.6, 0.05, 0),
    MOVE(150_000, 40, 40, 1, 0.05, 0.5),
    BOTH(40_000, 8, 8, 0.5, 0.02, 0.4);

    final int steps;
    final int rounds;
    final int idle;
    final double hot;
    final double cold;
    final double mixing;

    static Effort of(boolean moves, boolean eviction) {
      return moves ? eviction ? BOTH : MOVE : eviction ? EVICT : STAY;
    }

    Effort(int steps, int rounds, int idle, double hot, double cold, double mixing) {
      this.steps = steps;
      this.rounds = rounds;
      this.idle = idle;
      this.hot = hot;
      this.cold = cold;
      this.mixing = mixing;
    }
  }

  private static final int EXACT_TRIES = 20_000;

  /** So many steps for each lost workload and host are enough. */
  private static final long PAIR_STEPS = 150;

  /** The first plan is a good one as far as this goes, however little time there is. */
  private static final long FIRST_LOOKS = 500_000;

  /** Beyond so many pairs of what is lost and a host, trying everything comes to nothing. */
  private static final long MOST_PAIRS = 200_000;

  /** Where both are allowed: for each alone, of the time that is left then. */
  private static final double EVICT_SHARE = 0.3;

  private static final double MOVE_SHARE = 0.5;

  /** At last, of all the time, for eviction alone; the rest is for moves alone. */
  private static final double LATE_EVICT_SHARE = 0.15;

  /** So many runs without progress end each of the two, moves and eviction. */
  private static final int FEW_IDLE = 2;

  private static final int SOME_IDLE = 10;

  /** Of the lost; of more the prices take long to find. */
  private static final int MOST_PRICED = 1_000;

  /** Of the prices for a bound, for each round of the search. */
  private static final int PRICE_ROUNDS = 100;

  private static final long OTHER_DICE = 1_000;

  private static final int LEAST_STEPS = 512;

  private final Board board;
  private final PlanOptions options;
  private final Budget budget;
  private final Packing packing;
  private final Taste taste;
  private final int[] lost;
  private long most;
  private final Assignment start;
  private Aim best;
  private boolean optimal;

  /** No more than this is of no use. */
  private long enough = Long.MIN_VALUE;

  /** Searches that follow each other do not repeat themselves. */
  private int stage;

  Search(Board board, PlanOptions options, Budget budget) {
    this.board = board;
    this.options = options;
    this.budget = budget;
    packing = new Packing(board);
    taste = new Taste(board, options.strategy(), packing.scale);
    lost = board.lostOnes();
    most = new Bounds(board, board.value).most();
    start = new Assignment(board);
    best = new Aim(start.at, start.value, new Trail());
  }

  /** No assignment is worth more. */
  long most() {
    return optimal ? best.value : most;
  }

  /** Everything where it is now, in a copy. */
  Assignment start() {
    return new Assignment(start);
  }

  Taste taste() {
    return taste;
  }

  /** What is to be placed, in the order in which that is done. */
  int[] lost() {
    return lost;
  }

  /**
   * The assignments found, the best first.
   *
   * @param late for what moves and eviction would come to, each by itself
   */
  List<Aim> run(Budget late) {
    List<Aim> aims = new ArrayList<>();
    boolean moves = anyOf(board.movable);
    boolean eviction = anyOf(board.evictable);
    if (construct()) {
      aims.add(best);
      return aims;
    }
    Aim constructed = best;
    if (!moves && !eviction) {
      tryAll();
    }
    List<Search> parts = new ArrayList<>();
    if (options.arePriced() && (moves || eviction)) {
      Search untouched = part(constructed, false, false, EVICT_SHARE, SOME_IDLE);
      parts.add(untouched);
      if (!eviction) {
        moveForAPrice(untouched.most());
      }
    }
    if (moves && eviction) {
      Search stopping = part(constructed, false, true, EVICT_SHARE, SOME_IDLE);
      parts.add(stopping);
      moveForAPrice(stopping.most());
      if (!optimal && !nothingCanChange()) {
        parts.add(part(constructed, true, false, MOVE_SHARE, FEW_IDLE));
      }
    }
    optimal |= !eviction && nothingCanChange();
    if (!optimal) {
      Effort effort = Effort.of(moves, eviction);
      improve(effort, effort.idle);
    }
    if (!optimal && moves && eviction) {
      part(best, true, false, MOVE_SHARE, FEW_IDLE);
      part(best, false, true, 1, Effort.EVICT.idle);
    }
    for (Search part : parts) {
      aims.add(part.best);
      aims.add(alone(part, constructed, late));
    }
    aims.add(best);
    aims.add(constructed);
    return bestFirst(aims);
  }

  private static List<Aim> bestFirst(List<Aim> aims) {
    List<Aim> sorted = new ArrayList<>();
    for (Aim aim : aims) {
      int place = sorted.size();
      while (place > 0 && sorted.get(place - 1).value < aim.value) {
        place--;
      }
      sorted.add(place, aim);
    }
    return sorted;
  }

  /**
   * Whoever moves anybody pays for one move at least, which the bound does not know of.
   *
   * @param staying a bound on what comes of moving nobody
   */
  private void moveForAPrice(long staying) {
    if (board.movePrice > 0) {
      most = Math.min(most, Math.max(staying, most - board.movePrice));
      keep(best.at, best.value, best.trail);
    }
  }

  /** Whether no lost workload can start and no survivor can leave its host as things are. */
  private boolean nothingCanChange() {
    for (int w = 0; w < board.workloads; w++) {
      if (budget.isOverAfter(board.hosts)) {
        return false;
      }
      for (int h = 0; (board.lost[w] || board.movable[w]) && h < board.hosts; h++) {
        if (h != board.home[w] && board.allows(w, h) && start.fits(w, h)) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean anyOf(boolean[] some) {
    for (boolean one : some) {
      if (one) {
        return true;
      }
    }
    return false;
  }

  private boolean construct() {
    int[][] orders = packing.orders(lost);
    Assignment state = start();
    Hopeless hopeless = new Hopeless(board);
    Budget first = budget.after(FIRST_LOOKS);
    for (int w : options.strategy() == PlanOptions.Strategy.DRS ? orders[3] : orders[1]) {
      if (hopeless.covers(w)) {
        continue;
      }
      int host = taste.best(w, state, first);
      if (host >= 0) {
        state.put(w, host);
      } else {
        hopeless.add(w);
      }
    }
    if (keep(state.at, state.value, new Trail())) {
      return true;
    }
    for (int[] order : orders) {
      for (Packing.Fit fit : Packing.Fit.values()) {
        if (budget.isOverNow()) {
          return true;
        }
        Assignment other = start();
        packing.place(order, other, fit, budget);
        if (keep(other.at, other.value, new Trail())) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean tooMany() {
    return (long) lost.length * board.hosts > MOST_PAIRS;
  }

  private void tryAll() {
    if (tooMany()) {
      return;
    }
    Exact exact =
        new Exact(
            board, packing, new Assignment(board), lost, best.at, best.value, EXACT_TRIES, budget);
    boolean proven = exact.run();
    keep(exact.best(), exact.bestValue(), new Trail());
    optimal |= proven;
  }

  /** The best with fewer liberties. */
  private Search part(Aim from, boolean moves, boolean eviction, double share, int idle) {
    Search search = new Search(board.with(moves, eviction), options, budget.partOfRest(share));
    search.best = from;
    search.stage = ++stage;
    search.searchAlone(Effort.of(moves, eviction), idle);
    keep(search.best.at, search.best.value, search.best.trail);
    return search;
  }

  private void searchAlone(Effort effort, int idle) {
    if (effort == Effort.STAY) {
      tryAll();
    }
    if (!optimal) {
      improve(effort, idle);
    }
  }

  /**
   * What comes of it with fewer liberties, with the dice and the effort as if there were no others:
   * what both allow is not worse than either. Nothing new where that is proven anyway.
   *
   * @param before what came of it in a hurry
   */
  private Aim alone(Search before, Aim from, Budget late) {
    if (optimal || before.most() <= best.value) {
      return before.best;
    }
    boolean moves = anyOf(before.board.movable);
    Effort effort = Effort.of(moves, anyOf(before.board.evictable));
    Search search = new Search(before.board, options, late.next(moves ? 1 : LATE_EVICT_SHARE));
    search.best = from;
    search.enough = best.value;
    search.searchAlone(effort, effort.idle);
    keep(search.best.at, search.best.value, search.best.trail);
    return search.best;
  }

  private void improve(Effort effort, int mostIdle) {
    Aim first = best;
    int idle = 0;
    boolean prices = !anyOf(board.movable) && !tooMany() && lost.length <= MOST_PRICED;
    PricedBound priced = prices ? new PricedBound(board, lost, most, budget) : null;
    for (int round = 0; round < effort.rounds && idle < mostIdle; round++) {
      long before = best.value;
      if (anneal(effort == Effort.BOTH || round % 3 == 2 ? best : first, round, effort)) {
        return;
      }
      if (priced != null && priced.canTighten()) {
        priced.tighten(best.value, PRICE_ROUNDS);
        most = Math.min(most, priced.most());
        if (keep(best.at, best.value, best.trail)) {
          return;
        }
      }
      idle = best.value > before ? 0 : idle + 1;
    }
  }

  private boolean anneal(Aim from, int round, Effort effort) {
    if (budget.isOverNow()) {
      return true;
    }
    double usual = 0;
    for (int w : lost) {
      usual += board.value[w];
    }
    usual = Math.max(1e-9, usual / Math.max(1, lost.length));
    Annealing annealing =
        new Annealing(
            board,
            packing,
            start(),
            from,
            most,
            usual,
            new Dice(options.seed() * 31 + round + OTHER_DICE * stage),
            budget);
    long pairs = PAIR_STEPS * lost.length * board.hosts;
    int steps = (int) Math.max(LEAST_STEPS, Math.min(effort.steps, pairs));
    annealing.run(steps, effort.hot * usual, effort.cold * usual, effort.mixing);
    return keep(annealing.best(), annealing.bestValue(), annealing.trail());
  }

  /** Whether nothing can be better. */
  private boolean keep(int[] at, long value, Trail trail) {
    if (value > best.value) {
      best = new Aim(at.clone(), value, trail);
    }
    optimal |= best.value >= most;
    return optimal || most <= enough;
  }
}
