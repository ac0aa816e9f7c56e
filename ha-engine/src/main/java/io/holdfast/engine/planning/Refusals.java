package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.RandomAccess;

/**
 * Why hosts do not take a workload. The words are only made when someone asks for them: a plan for
 * a large cluster can have very many.
 */
final class Refusals extends AbstractList<Plan.Refused> implements RandomAccess {
  private final Board board;
  private final Assignment end;
  private final Pins pins;
  private final int workload;
  private final int[] hosts;

  /**
   * @param end where everything is when the plan is done
   * @param workload one that is nowhere then
   * @param hosts the numbers of those that are asked
   */
  Refusals(Board board, Assignment end, Pins pins, int workload, int[] hosts) {
    this.board = board;
    this.end = end;
    this.pins = pins;
    this.workload = workload;
    this.hosts = hosts;
  }

  /** The numbers of the hosts that have not failed. */
  static int[] hosts(Board board) {
    int[] hosts = new int[board.hosts];
    int count = 0;
    for (int h = 0; h < hosts.length; h++) {
      if (board.cluster.hosts().get(h).state() != State.FAILED) {
        hosts[count++] = h;
      }
    }
    return Arrays.copyOf(hosts, count);
  }

  @Override
  public int size() {
    return hosts.length;
  }

  @Override
  public Plan.Refused get(int index) {
    int h = hosts[index];
    HostSnapshot host = board.cluster.hosts().get(h);
    List<Objection> objections = new ArrayList<>();
    unsuitable(host, objections);
    ruledOut(h, objections);
    noRoom(h, host, objections);
    if (objections.isEmpty()) {
      throw new IllegalStateException(wanted().id() + " is left out, and could be on " + host.id());
    }
    return new Plan.Refused(host.id(), objections);
  }

  private WorkloadSnapshot wanted() {
    return board.cluster.workloads().get(workload);
  }

  private void unsuitable(HostSnapshot host, List<Objection> objections) {
    WorkloadSnapshot wanted = wanted();
    if (!host.isUsable()) {
      objections.add(new Objection.Unavailable(host.state()));
    }
    if (!BoardCompiler.runs(host, wanted.id().kind())) {
      objections.add(new Objection.OtherKinds(wanted.id().kind(), host.kinds()));
    }
    for (Map.Entry<String, String> label : wanted.requires().entrySet()) {
      Optional<String> has = Optional.ofNullable(host.labels().get(label.getKey()));
      if (!has.equals(Optional.of(label.getValue()))) {
        objections.add(new Objection.LabelMissing(label.getKey(), label.getValue(), has));
      }
    }
    for (String condition : wanted.conditions()) {
      if (!host.conditions().contains(condition)) {
        objections.add(new Objection.ConditionUnmet(condition));
      }
    }
    for (Rule.HostAffinity pin : pins.of(wanted.id())) {
      if (!pin.hosts().containsKey(host.id())) {
        objections.add(new Objection.NotNamed(pin));
      }
    }
  }

  private void ruledOut(int h, List<Objection> objections) {
    for (int g : board.groupsOf[workload]) {
      Board.Group group = board.groups[g];
      List<WorkloadId> others = new ArrayList<>();
      int first = -1;
      for (int member : group.members) {
        int at = end.at[member];
        boolean there = at >= 0 && group.places[at] == group.places[h];
        if (member != workload && at >= 0 && there != group.together) {
          first = first < 0 ? at : first;
          others.add(board.cluster.workloads().get(member).id());
        }
      }
      if (first >= 0) {
        Rule.WorkloadAffinity rule = (Rule.WorkloadAffinity) board.cluster.rules().get(group.rule);
        HostId at = board.cluster.hosts().get(first).id();
        objections.add(
            group.together
                ? new Objection.WantedWith(rule.id(), rule.level(), others, at)
                : new Objection.KeptApart(rule.id(), rule.level(), others, at));
      }
    }
  }

  /** Where the host could never take it comes first: emptying it would not help. */
  private void noRoom(int h, HostSnapshot host, List<Objection> objections) {
    int hopeless = objections.size();
    for (int d = 0; d < board.dimensions; d++) {
      long needed = board.demand[workload * board.dimensions + d];
      long free = end.free[h * board.dimensions + d];
      if (needed <= 0 || needed <= free) {
        continue;
      }
      long used = board.capacity[h * board.dimensions + d] - free;
      long promised = host.promised().get(d);
      Objection.NoRoom objection =
          new Objection.NoRoom(
              board.cluster.dimensions().get(d),
              needed,
              Math.max(0, free),
              host.capacity().get(d),
              host.overcommit().get(d),
              promised,
              needed + used + promised - host.limit(d));
      if (objection.isOthersFault()) {
        objections.add(objection);
      } else {
        objections.add(hopeless++, objection);
      }
    }
  }
}
