package io.holdfast.testkit;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * How a cluster is put together from parts that were drawn one by one. Whatever of them is left out
 * or made smaller, a cluster comes of it: that is what lets it shrink.
 *
 * @param dimensions the names of the first amounts that are used
 * @param hosts in any number but 0, whatever their names
 */
record ClusterPlan(
    List<String> dimensions, List<HostSnapshot> hosts, List<Seat> seats, List<Bond> bonds) {
  private static final int NOWHERE = -1;

  /**
   * A workload and where it is.
   *
   * @param place 0: nowhere; else a host, counted round. Where that has no room, it is the next
   *     that has any, unless the workload is crowding
   */
  record Seat(WorkloadSnapshot workload, int place, boolean crowding) {}

  /** A rule, with workloads and hosts counted round. */
  record Bond(
      Type type, List<Integer> members, List<Integer> places, Rule.Level level, boolean strict) {
    enum Type {
      APART,
      TOGETHER,
      ON_HOSTS
    }

    Rule between(String id, List<WorkloadId> workloads, List<HostId> hosts) {
      SortedSet<WorkloadId> bound = new TreeSet<>();
      members.forEach(member -> bound.add(workloads.get(member % workloads.size())));
      if (type == Type.ON_HOSTS) {
        SortedMap<HostId, Integer> on = new TreeMap<>();
        places.forEach(place -> on.put(hosts.get(place % hosts.size()), place % 2));
        return new Rule.HostAffinity(id, bound, on, strict);
      }
      Rule.Kind kind = type == Type.APART ? Rule.Kind.NEGATIVE : Rule.Kind.POSITIVE;
      return new Rule.WorkloadAffinity(id, bound, kind, level, strict);
    }
  }

  ClusterSnapshot build() {
    List<HostSnapshot> named = new ArrayList<>();
    List<long[]> free = new ArrayList<>();
    for (HostSnapshot host : hosts) {
      HostSnapshot next =
          new HostSnapshot(
              new HostId("h" + (named.size() + 1)),
              firstOf(host.capacity()),
              host.domain(),
              host.state(),
              host.labels(),
              host.kinds(),
              host.conditions(),
              firstOf(host.overcommit()),
              firstOf(host.promised()));
      named.add(next);
      free.add(IntStream.range(0, dimensions.size()).mapToLong(next::room).toArray());
    }
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    for (Seat seat : seats) {
      workloads.add(seated(seat, workloads.size() + 1, named, free));
    }
    List<WorkloadId> ids = workloads.stream().map(WorkloadSnapshot::id).toList();
    List<HostId> places = named.stream().map(HostSnapshot::id).toList();
    List<Rule> rules = new ArrayList<>();
    for (Bond bond : ids.isEmpty() ? List.<Bond>of() : bonds) {
      rules.add(bond.between("r" + (rules.size() + 1), ids, places));
    }
    return new ClusterSnapshot(dimensions, named, workloads, rules);
  }

  private Amounts firstOf(Amounts amounts) {
    return Amounts.of(Arrays.copyOf(amounts.toArray(), dimensions.size()));
  }

  private WorkloadSnapshot seated(
      Seat seat, int number, List<HostSnapshot> named, List<long[]> free) {
    WorkloadSnapshot drawn = seat.workload();
    Amounts demand = firstOf(drawn.demand());
    int place = seat.place() == 0 ? NOWHERE : place(seat, demand, named, free);
    boolean there = place != NOWHERE;
    for (int d = 0; there && d < demand.size(); d++) {
      free.get(place)[d] -= demand.get(d);
    }
    return new WorkloadSnapshot(
        new WorkloadId(drawn.id().kind(), Integer.toString(number)),
        demand,
        drawn.weight(),
        drawn.priority(),
        there ? Optional.of(named.get(place).id()) : Optional.empty(),
        drawn.desired(),
        drawn.requires(),
        drawn.conditions(),
        drawn.movable(),
        drawn.load());
  }

  private static int place(Seat seat, Amounts demand, List<HostSnapshot> named, List<long[]> free) {
    for (int i = 0; i < named.size(); i++) {
      int place = (seat.place() - 1 + i) % named.size();
      if (seat.crowding()
          || named.get(place).state() == State.FAILED
          || fits(demand, free.get(place))) {
        return place;
      }
    }
    return NOWHERE;
  }

  private static boolean fits(Amounts demand, long[] free) {
    for (int d = 0; d < free.length; d++) {
      if (demand.get(d) > free[d]) {
        return false;
      }
    }
    return true;
  }
}
