package io.holdfast.engine.planning;

import io.holdfast.engine.placement.Refusal;
import io.holdfast.engine.planning.HostSnapshot.State;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.RandomAccess;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Why hosts do not take a workload. The words are only made when someone asks for them: a plan for
 * a large cluster can have very many.
 */
final class Refusals extends AbstractList<Plan.Refused> implements RandomAccess {
  private final Board board;
  private final Assignment end;
  private final int workload;
  private final int[] hosts;

  Refusals(Board board, Assignment end, int workload, int[] hosts) {
    this.board = board;
    this.end = end;
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
    return at(hosts[index]);
  }

  private Plan.Refused at(int h) {
    HostSnapshot host = board.cluster.hosts().get(h);
    WorkloadSnapshot wanted = board.cluster.workloads().get(workload);
    if (!board.usable[h]) {
      return refused(host, Refusal.Code.UNAVAILABLE, "is in " + lower(host.state()));
    }
    if (!BoardCompiler.runs(host, wanted.id().kind())) {
      return refused(
          host,
          Refusal.Code.KIND,
          "runs only %s, not %s".formatted(String.join(", ", host.kinds()), wanted.id().kind()));
    }
    if (!BoardCompiler.has(host, wanted.requires())) {
      return refused(host, Refusal.Code.LABEL, "lacks " + lacking(host, wanted));
    }
    SortedSet<String> unmet = new TreeSet<>(wanted.conditions());
    unmet.removeAll(host.conditions());
    if (!unmet.isEmpty()) {
      return refused(
          host,
          Refusal.Code.CONDITION,
          "condition %s does not hold there".formatted(unmet.first()));
    }
    if (!board.allows(workload, h)) {
      return refused(host, Refusal.Code.HOST_AFFINITY, "a rule wants it on other hosts");
    }
    int group = end.disagreeing(workload, h);
    if (group >= 0) {
      return ruledOut(host, h, board.groups[group]);
    }
    return refused(host, Refusal.Code.CAPACITY, scarce(h));
  }

  private static String lower(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private static Plan.Refused refused(HostSnapshot host, Refusal.Code code, String detail) {
    return new Plan.Refused(host.id(), code, detail);
  }

  private static String lacking(HostSnapshot host, WorkloadSnapshot wanted) {
    SortedMap<String, String> missing = new TreeMap<>(wanted.requires());
    missing.entrySet().removeAll(host.labels().entrySet());
    String label = missing.firstKey();
    return label + "=" + missing.get(label);
  }

  private Plan.Refused ruledOut(HostSnapshot host, int h, Board.Group group) {
    String rule = board.cluster.rules().get(group.rule).id();
    for (int member : group.members) {
      int at = end.at[member];
      boolean there = at >= 0 && group.places[at] == group.places[h];
      if (member != workload && at >= 0 && there != group.together) {
        String other = board.cluster.workloads().get(member).id().toString();
        String where = board.cluster.hosts().get(at).id().value();
        return group.together
            ? refused(
                host,
                Refusal.Code.POSITIVE_AFFINITY,
                "rule %s: must be with %s, which is on %s".formatted(rule, other, where))
            : refused(
                host,
                Refusal.Code.NEGATIVE_AFFINITY,
                "rule %s: must be apart from %s, which is on %s".formatted(rule, other, where));
      }
    }
    throw new IllegalStateException("rule " + rule + " refuses " + host.id() + " for nobody");
  }

  /** The first dimension that does not do, and whether emptying the host would help. */
  private String scarce(int h) {
    List<String> names = board.cluster.dimensions();
    for (int d = 0; d < board.dimensions; d++) {
      long demand = board.demand[workload * board.dimensions + d];
      if (demand > board.capacity[h * board.dimensions + d]) {
        return "%s: needs %d, the host has only %s"
            .formatted(names.get(d), demand, whole(board.cluster.hosts().get(h), d));
      }
    }
    for (int d = 0; d < board.dimensions; d++) {
      long demand = board.demand[workload * board.dimensions + d];
      long free = end.free[h * board.dimensions + d];
      if (demand > 0 && demand > free) {
        return "%s: needs %d, free %d%s"
            .formatted(
                names.get(d), demand, Math.max(0, free), promised(board.cluster.hosts().get(h), d));
      }
    }
    return "has room only before the other steps are done";
  }

  private static String whole(HostSnapshot host, int d) {
    long percent = host.overcommit().get(d);
    String of = percent == 100 ? "" : " (%d %% of %d)".formatted(percent, host.capacity().get(d));
    return host.limit(d) + of + promised(host, d);
  }

  private static String promised(HostSnapshot host, int d) {
    long promised = host.promised().get(d);
    return promised == 0 ? "" : ", promised to others " + promised;
  }
}
