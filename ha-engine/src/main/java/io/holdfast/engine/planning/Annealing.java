package io.holdfast.engine.planning;

import java.util.Arrays;

/**
 * Looks for a better assignment by small changes: what has no host pushes others aside, those find
 * other hosts or none; in between workloads change hosts and places so that free room gathers. A
 * change for the worse is taken with a chance that sinks with time (Kirkpatrick, Gelatt, Vecchi:
 * Optimization by Simulated Annealing, 1983). Ejection as in Nagata, Bräysy: A powerful route
 * minimization heuristic (2009).
 */
final class Annealing {
  /** At most so many make way for one. */
  private static final int MOST_EJECTED = 6;

  private final Board board;
  private final int dimensions;
  private final Assignment state;
  private final Packing packing;
  private final Dice dice;
  private final Budget budget;
  private final long goal;

  /** By host: those on it that a plan may touch, the first {@code count} of the array. */
  private final int[][] touchable;

  private final int[] count;
  private final int[] position;

  /** Those that may have a host and have none. */
  private final int[] pool;

  private int pooled;
  private final int[] free;
  private int frees;
  private final int[] targets;

  private final int[] changed = new int[64];
  private final int[] before = new int[64];
  private int changes;

  private int[] best;
  private long bestValue;

  /** By host and dimension: the room that would be left without what was lost. */
  private final long[] bare;

  private final Trail trail;
  private int bestTrail;

  /** Who goes over a third host in the change under way, -1: nobody. */
  private int detour = -1;

  private int detourTo = -1;

  /** Whether of two without a host the worthier is tried; worse where all may move and stop. */
  private final boolean choosy;

  /** One over a usual worth, for choosing who makes way. */
  private final double worthScale;

  /** At pairs of a workload and a host, since the budget was asked last. */
  private long looks;

  /**
   * @param start everything where it is before the plan
   * @param from where to begin
   * @param goal a worth that nothing exceeds
   * @param usual what a workload is worth on average
   */
  Annealing(
      Board board,
      Packing packing,
      Assignment start,
      Aim from,
      long goal,
      double usual,
      Dice dice,
      Budget budget) {
    trail = from.trail.first(from.trail.length());
    bestTrail = trail.length();
    this.board = board;
    this.packing = packing;
    this.dice = dice;
    this.budget = budget;
    this.goal = goal;
    worthScale = 0.3 / usual;
    dimensions = board.dimensions;
    state = start;
    state.become(from.at);
    bare = state.free.clone();
    for (int w = 0; w < board.workloads; w++) {
      if (board.lost[w] && state.at[w] >= 0) {
        addBare(w, state.at[w], 1);
      }
    }
    touchable = new int[board.hosts][8];
    count = new int[board.hosts];
    position = new int[board.workloads];
    pool = new int[board.workloads];
    free = new int[board.workloads];
    boolean moves = false;
    boolean evicts = false;
    for (int w = 0; w < board.workloads; w++) {
      if (!mayChange(w)) {
        continue;
      }
      moves |= board.movable[w];
      evicts |= board.evictable[w];
      if (state.at[w] >= 0) {
        join(w);
      } else {
        position[w] = pooled;
        pool[pooled++] = w;
      }
      if (board.lost[w] || board.movable[w]) {
        free[frees++] = w;
      }
    }
    int usable = 0;
    int[] hosts = new int[board.hosts];
    for (int h = 0; h < board.hosts; h++) {
      if (board.usable[h]) {
        hosts[usable++] = h;
      }
    }
    targets = Arrays.copyOf(hosts, usable);
    best = state.at.clone();
    bestValue = state.value;
    choosy = !(moves && evicts);
  }

  private boolean mayChange(int workload) {
    return board.lost[workload] || board.movable[workload] || board.evictable[workload];
  }

  /** May be without a host in the end. */
  private boolean mayBeOut(int workload) {
    return board.lost[workload] || board.evictable[workload];
  }

  /** The best assignment so far. */
  int[] best() {
    return best;
  }

  long bestValue() {
    return bestValue;
  }

  /** The survivors' moves that lead to the best assignment. */
  Trail trail() {
    return trail.first(bestTrail);
  }

  private void addBare(int workload, int host, int sign) {
    for (int d = 0; d < dimensions; d++) {
      bare[host * dimensions + d] += sign * board.demand[workload * dimensions + d];
    }
  }

  /** Notes the moves of a change that stays. */
  private void follow() {
    if (detour >= 0) {
      trail.add(detour, detourTo);
    }
    for (int i = 0; i < changes; i++) {
      int w = changed[i];
      if (!board.lost[w] && state.at[w] >= 0 && state.at[w] != before[i]) {
        trail.add(w, state.at[w]);
      }
    }
  }

  private void join(int workload) {
    int host = state.at[workload];
    if (count[host] == touchable[host].length) {
      touchable[host] = Arrays.copyOf(touchable[host], count[host] * 2);
    }
    position[workload] = count[host];
    touchable[host][count[host]++] = workload;
  }

  private void put(int workload, int host) {
    int last = pool[--pooled];
    pool[position[workload]] = last;
    position[last] = position[workload];
    state.put(workload, host);
    if (!board.lost[workload]) {
      addBare(workload, host, -1);
    }
    join(workload);
  }

  private void take(int workload) {
    int host = state.at[workload];
    int last = touchable[host][--count[host]];
    touchable[host][position[workload]] = last;
    position[last] = position[workload];
    state.take(workload);
    if (!board.lost[workload]) {
      addBare(workload, host, 1);
    }
    position[workload] = pooled;
    pool[pooled++] = workload;
  }

  /** Remembers where it was, so that it can be undone. */
  private boolean note(int workload) {
    if (changes == changed.length) {
      return false;
    }
    changed[changes] = workload;
    before[changes++] = state.at[workload];
    return true;
  }

  private void undo() {
    while (changes > 0) {
      int w = changed[--changes];
      if (state.at[w] == before[changes]) {
        continue;
      }
      if (state.at[w] >= 0) {
        take(w);
      }
      if (before[changes] >= 0) {
        put(w, before[changes]);
      }
    }
  }

  /**
   * Goes on for so many steps, or until the goal is reached or the budget is used up.
   *
   * @param hot the loss that is taken with a chance of 37 % in the beginning
   * @param cold the same in the end
   */
  void run(int steps, double hot, double cold, double mixing) {
    double heat = hot;
    double cooling = Math.pow(cold / hot, 256.0 / steps);
    for (int step = 0; step < steps && bestValue < goal; step++) {
      if ((step & 255) == 0) {
        heat = step == 0 ? hot : heat * cooling;
      }
      if (budget.isOverAfter(looks)) {
        return;
      }
      looks = 8;
      changes = 0;
      if (pooled > 0 && dice.share() >= mixing) {
        int w = pool[dice.below(pooled)];
        insert(choosy ? worthier(w, pool[dice.below(pooled)]) : w, heat);
      } else if (frees > 0) {
        if ((step & 1) == 0) {
          shift(free[dice.below(frees)], heat, hot);
        } else {
          swap(free[dice.below(frees)], heat, hot);
        }
      }
      if (state.value > bestValue) {
        bestValue = state.value;
        best = state.at.clone();
        looks += best.length >> 4;
        bestTrail = trail.length();
      }
    }
  }

  private int worthier(int one, int other) {
    return board.value[other] > board.value[one] ? other : one;
  }

  private int someHost(int workload) {
    if (!board.lost[workload] && !board.movable[workload]) {
      return board.home[workload];
    }
    for (int i = 0; i < 8; i++) {
      int host = targets[dice.below(targets.length)];
      if (board.allows(workload, host)) {
        return host;
      }
    }
    return -1;
  }

  private void insert(int workload, double heat) {
    int host = targets.length == 0 ? -1 : someHost(workload);
    if (host < 0) {
      return;
    }
    long value = state.value;
    if (!makeWay(workload, host)) {
      undo();
      return;
    }
    note(workload);
    put(workload, host);
    int ejected = changes - 1;
    for (int i = 0; i < ejected; i++) {
      int w = changed[i];
      int other = anotherHost(w);
      if (other >= 0) {
        put(w, other);
      } else if (!mayBeOut(w)) {
        undo();
        return;
      }
    }
    double loss = (double) (value - state.value);
    if (loss > 0 && dice.share() >= Math.exp(-loss / heat)) {
      undo();
    } else {
      follow();
    }
  }

  /** Takes away what keeps the workload from the host; whether that is possible. */
  private boolean makeWay(int workload, int host) {
    int refusing = state.disagreeing(workload, host);
    while (refusing >= 0) {
      Board.Group group = board.groups[refusing];
      if (group.together) {
        return false;
      }
      looks += group.members.length;
      for (int member : group.members) {
        int at = state.at[member];
        if (at >= 0 && group.places[at] == group.places[host]) {
          if (!mayChange(member) || changes == MOST_EJECTED) {
            return false;
          }
          note(member);
          take(member);
        }
      }
      refusing = state.disagreeing(workload, host);
    }
    while (!state.fits(workload, host)) {
      int w = changes < MOST_EJECTED ? inTheWay(workload, host) : -1;
      if (w < 0) {
        return false;
      }
      note(w);
      take(w);
    }
    return true;
  }

  /** One whose leaving helps most for its worth and size. */
  private int inTheWay(int workload, int host) {
    int chosen = -1;
    double least = 0;
    looks += count[host];
    for (int i = 0; i < count[host]; i++) {
      int w = touchable[host][i];
      double helps = 0;
      boolean enough = true;
      for (int d = 0; d < dimensions; d++) {
        long missing = board.demand[workload * dimensions + d] - state.free[host * dimensions + d];
        if (missing > 0) {
          long gives = board.demand[w * dimensions + d];
          helps += Math.min(gives, missing) * packing.scale[d];
          enough &= gives >= missing;
        }
      }
      if (helps <= 0) {
        continue;
      }
      double cost = (board.movable[w] || board.lost[w] ? 0.3 : 1) * board.value[w];
      cost += board.movable[w] && board.home[w] == host ? board.movePrice : 0;
      double score =
          (0.2 + packing.size(w) * (enough ? 1 : 2) + cost * worthScale)
              / helps
              * (0.5 + dice.share());
      if (chosen < 0 || score < least) {
        chosen = w;
        least = score;
      }
    }
    return chosen;
  }

  private int anotherHost(int workload) {
    if (!board.lost[workload] && !board.movable[workload]) {
      int home = board.home[workload];
      return state.fits(workload, home) && state.agrees(workload, home) ? home : -1;
    }
    if (board.movePrice > 0 && mayGoHome(workload)) {
      return board.home[workload];
    }
    int chosen = -1;
    double least = 0;
    int offset = dice.below(targets.length);
    looks += targets.length;
    for (int i = 0; i < targets.length; i++) {
      int host = targets[i + offset < targets.length ? i + offset : i + offset - targets.length];
      if (state.takes(workload, host)) {
        double left = 0;
        for (int d = 0; d < dimensions; d++) {
          left += state.free[host * dimensions + d] * packing.scale[d];
        }
        left *= 0.5 + dice.share();
        if (chosen < 0 || left < least) {
          chosen = host;
          least = left;
        }
      }
    }
    return chosen;
  }

  private boolean mayGoHome(int workload) {
    int home = board.home[workload];
    return home >= 0 && state.takes(workload, home);
  }

  /** Where to try it: at random, or, where it costs something to be away, as often at home. */
  private int elsewhere(int workload) {
    int home = board.home[workload];
    boolean away = home >= 0 && state.at[workload] != home && board.allows(workload, home);
    return board.movePrice > 0 && away && dice.below(2) == 0 ? home : someHost(workload);
  }

  /** How well free room is gathered: the sum of its squares. */
  private double gathered(int host) {
    double sum = 0;
    for (int d = 0; d < dimensions; d++) {
      double share = Math.max(0, state.free[host * dimensions + d]) * packing.scale[d];
      sum += share;
    }
    return sum * sum;
  }

  private void shift(int workload, double heat, double hot) {
    int from = state.at[workload];
    if (from < 0) {
      return;
    }
    int to = elsewhere(workload);
    if (to < 0 || to == from || !state.fits(workload, to)) {
      return;
    }
    double old = gathered(from) + gathered(to);
    long value = state.value;
    note(workload);
    take(workload);
    if (!state.agrees(workload, to)) {
      undo();
      return;
    }
    put(workload, to);
    keepOrUndo(gathered(from) + gathered(to) - old, heat / hot, value, heat);
  }

  /** Whether the room without what was lost is enough for it, too. */
  private boolean roomBeside(int workload, int host) {
    for (int d = 0; d < dimensions; d++) {
      long demand = board.demand[workload * dimensions + d];
      if (demand > 0 && demand > bare[host * dimensions + d]) {
        return false;
      }
    }
    return true;
  }

  /** A third host that could hold it for a while, -1 if there is none. */
  private int between(int workload, int from, int to) {
    looks += targets.length;
    for (int host : targets) {
      if (host != from
          && host != to
          && board.allows(workload, host)
          && roomBeside(workload, host)
          && board.groupsOf[workload].length == 0) {
        return host;
      }
    }
    return -1;
  }

  private void swap(int one, double heat, double hot) {
    int from = state.at[one];
    if (from < 0) {
      return;
    }
    int to = elsewhere(one);
    if (to < 0 || to == from || count[to] == 0) {
      return;
    }
    int other = touchable[to][dice.below(count[to])];
    if (!(board.lost[other] || board.movable[other])
        || !board.allows(other, from)
        || !state.fitsInstead(one, other, to)
        || !state.fitsInstead(other, one, from)) {
      return;
    }
    boolean survivors = !board.lost[one] && !board.lost[other];
    boolean oneFirst = !survivors || roomBeside(one, to);
    int over = -1;
    if (survivors && !oneFirst && !roomBeside(other, from)) {
      over = between(one, from, to);
      if (over < 0) {
        return;
      }
    }
    double old = gathered(from) + gathered(to);
    long value = state.value;
    note(oneFirst ? one : other);
    note(oneFirst ? other : one);
    take(one);
    take(other);
    if (!state.agrees(one, to)) {
      undo();
      return;
    }
    put(one, to);
    if (!state.agrees(other, from)) {
      undo();
      return;
    }
    put(other, from);
    detour = over < 0 ? -1 : one;
    detourTo = over;
    keepOrUndo(gathered(from) + gathered(to) - old, heat / hot, value, heat);
    detour = -1;
  }

  /**
   * @param gathered how much better room is gathered now
   * @param value what all was worth before: the moves of survivors may have a price
   */
  private void keepOrUndo(double gathered, double share, long value, double heat) {
    double gain = gathered / (0.02 * share + 1e-6) + (double) (state.value - value) / heat;
    if (gain < 0 && dice.share() >= Math.exp(gain)) {
      undo();
    } else {
      follow();
    }
  }
}
