package io.holdfast.engine.planning;

import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Why.Code;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * Why workloads are where a plan has them: read from the end that the plan reaches and from its
 * steps, so that it is true of them however the search came there. Worked out for all of them when
 * someone asks first; threads that ask at the same moment each do it, and come to the same.
 */
final class Whys {
  private final Board board;
  private final Taste taste;
  private final List<Sequencer.Step> steps;
  private final List<List<Integer>> after;
  private final Assignment reached;

  /** By workload; {@code null}: nobody has asked yet. */
  private volatile @Nullable List<List<Why>> known;

  /**
   * @param after for each step those that it waits for
   */
  Whys(
      Board board,
      Assignment reached,
      Taste taste,
      List<Sequencer.Step> steps,
      List<List<Integer>> after) {
    this.board = board;
    this.reached = reached;
    this.taste = taste;
    this.steps = steps;
    this.after = after;
  }

  /** Of one workload that a plan places, moves or stops. */
  List<Why> of(int workload) {
    return new OfOne(workload);
  }

  private List<List<Why>> all() {
    List<List<Why>> all = known;
    if (all == null) {
      all = new Reading().all();
      known = all;
    }
    return all;
  }

  private final class OfOne extends AbstractList<Why> implements RandomAccess {
    private final int workload;

    OfOne(int workload) {
      this.workload = workload;
    }

    @Override
    public Why get(int index) {
      return all().get(workload).get(index);
    }

    @Override
    public int size() {
      return all().get(workload).size();
    }
  }

  /** With what it asks what if, which is its own. */
  private final class Reading {
    private final Assignment state = new Assignment(reached);
    private final Taste taste = Whys.this.taste.copy();

    /** By workload: the index of its last step, -1: it has none. */
    private final int[] lastOf = new int[board.workloads];

    Reading() {
      Arrays.fill(lastOf, -1);
      for (int i = 0; i < steps.size(); i++) {
        lastOf[steps.get(i).workload] = i;
      }
    }

    List<List<Why>> all() {
      List<List<Why>> all = new ArrayList<>();
      for (int w = 0; w < board.workloads; w++) {
        all.add(lastOf[w] < 0 ? List.of() : explain(w));
      }
      return all;
    }

    private List<Why> explain(int w) {
      List<Why> whys = new ArrayList<>();
      int to = state.at[w];
      if (to >= 0) {
        state.take(w);
      }
      if (board.home[w] >= 0) {
        whys.add(leaves(w, board.home[w]));
      }
      if (to >= 0) {
        comes(w, to, whys);
        state.put(w, to);
      }
      return List.copyOf(whys);
    }

    private Why leaves(int w, int home) {
      if (!state.fits(w, home)) {
        List<WorkloadId> arrived = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
          int other = steps.get(i).workload;
          if (lastOf[other] == i && state.at[other] == home && board.home[other] != home) {
            arrived.add(id(other));
          }
        }
        return arrived.isEmpty() ? new Why(Code.TOO_FULL, 0) : new Why(Code.MAKES_ROOM, arrived);
      }
      int group = state.disagreeing(w, home);
      if (group < 0) {
        return new Why(Code.NO_OTHER_WAY, 0);
      }
      boolean together = board.groups[group].together;
      int other = member(w, group, home, !together);
      return new Why(together ? Code.TAKEN_ALONG : Code.KEPT_APART, rule(group), id(other));
    }

    /** The first other member that is somewhere: where the host is, or elsewhere; -1: none. */
    private int member(int w, int group, int host, boolean there) {
      int[] places = board.groups[group].places;
      for (int member : board.groups[group].members) {
        int at = state.at[member];
        if (member != w && at >= 0 && (places[at] == places[host]) == there) {
          return member;
        }
      }
      return -1;
    }

    private void comes(int w, int to, List<Why> whys) {
      for (int group : board.groupsOf[w]) {
        int partner = board.groups[group].together ? member(w, group, to, true) : -1;
        if (partner >= 0) {
          whys.add(new Why(Code.PARTNER, rule(group), id(partner)));
        }
      }
      int usable = 0;
      int allowed = 0;
      int free = 0;
      int active = 0;
      for (int h = 0; h < board.hosts; h++) {
        usable += board.usable[h] ? 1 : 0;
        if (board.allows(w, h) && state.agrees(w, h)) {
          allowed++;
          boolean fits = state.fits(w, h);
          free += fits ? 1 : 0;
          active += fits && !board.standby[h] ? 1 : 0;
        }
      }
      if (allowed <= 1) {
        whys.add(new Why(Code.ONLY_ALLOWED, usable));
      } else if (free <= 1) {
        whys.add(new Why(Code.ONLY_ROOM, allowed));
      } else {
        chosen(w, to, free, whys);
      }
      if (active == 0 && allowed > 1) {
        whys.add(new Why(Code.STANDBY, 0));
      }
      List<WorkloadId> left = new ArrayList<>();
      for (int i : after.get(lastOf[w])) {
        if (steps.get(i).from == to && steps.get(i).workload != w) {
          left.add(id(steps.get(i).workload));
        }
      }
      if (!left.isEmpty()) {
        whys.add(new Why(Code.AFTER_OTHERS, left));
      }
    }

    /** One of several that have room. */
    private void chosen(int w, int to, int free, List<Why> whys) {
      if (board.lost[w]) {
        whys.addAll(taste.preferring(w, to, state));
      }
      boolean first = board.lost[w] && taste.isFirst(w, to, state);
      whys.add(new Why(first ? Code.FIRST_CHOICE : Code.ONE_OF, free));
    }
  }

  private WorkloadId id(int workload) {
    return board.cluster.workloads().get(workload).id();
  }

  private String rule(int group) {
    return board.cluster.rules().get(board.groups[group].rule).id();
  }
}
