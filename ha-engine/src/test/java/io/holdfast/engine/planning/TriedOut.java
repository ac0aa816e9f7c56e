package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Failures of a tiny cluster, with every placement tried: slow, and simple enough to be right. */
final class TriedOut {
  private final ClusterSnapshot cluster;
  private final SortedMap<HostId, HostSnapshot> hosts = new TreeMap<>();
  private final SortedMap<WorkloadId, HostId> staying = new TreeMap<>();
  private final SortedMap<WorkloadId, HostId> placed = new TreeMap<>();
  private final List<WorkloadSnapshot> items = new ArrayList<>();
  private final SortedSet<WorkloadId> stopped = new TreeSet<>();
  private final SortedSet<HostId> failed;

  private TriedOut(ClusterSnapshot cluster, SortedSet<HostId> failing) {
    this.cluster = cluster;
    failed = new TreeSet<>(failing);
    for (HostSnapshot host : cluster.hosts()) {
      hosts.put(host.id(), host);
      if (host.state() == HostSnapshot.State.FAILED) {
        failed.add(host.id());
      }
    }
    for (WorkloadSnapshot workload : cluster.workloads()) {
      if (workload.desired() != DesiredState.STARTED) {
        stopped.add(workload.id());
      }
      if (workload.host().filter(host -> !failed.contains(host)).isPresent()) {
        staying.put(workload.id(), workload.host().get());
      } else if (workload.desired() == DesiredState.STARTED) {
        items.add(workload);
      }
    }
  }

  /** Whether all finds room when these hosts fail. */
  static boolean survives(ClusterSnapshot cluster, SortedSet<HostId> failing) {
    return new TriedOut(cluster, failing).canPlace(0);
  }

  /** Whether any so many units, or fewer, may fail. */
  static boolean survivesAny(ClusterSnapshot cluster, int failures, Rule.Level level) {
    List<SortedSet<HostId>> units = units(cluster, level);
    for (int set = 0; set < 1 << units.size(); set++) {
      if (Integer.bitCount(set) > failures) {
        continue;
      }
      SortedSet<HostId> failing = new TreeSet<>();
      for (int u = 0; u < units.size(); u++) {
        if ((set >> u & 1) != 0) {
          failing.addAll(units.get(u));
        }
      }
      if (!survives(cluster, failing)) {
        return false;
      }
    }
    return true;
  }

  static List<SortedSet<HostId>> units(ClusterSnapshot cluster, Rule.Level level) {
    SortedMap<String, SortedSet<HostId>> units = new TreeMap<>();
    for (HostSnapshot host : cluster.hosts()) {
      if (host.state() != HostSnapshot.State.FAILED) {
        units.computeIfAbsent(place(host, level), p -> new TreeSet<>()).add(host.id());
      }
    }
    return List.copyOf(units.values());
  }

  private static String place(HostSnapshot host, Rule.Level level) {
    return level.isHost() || host.domain().size() <= level.index()
        ? "host " + host.id()
        : "domain " + host.domain().subList(0, level.index() + 1);
  }

  private HostSnapshot host(@Nullable HostId id) {
    return Objects.requireNonNull(hosts.get(Objects.requireNonNull(id)));
  }

  private boolean canPlace(int next) {
    if (next == items.size()) {
      return allRulesHold();
    }
    for (HostSnapshot host : cluster.hosts()) {
      if (mayTake(host, items.get(next))) {
        placed.put(items.get(next).id(), host.id());
        if (hasRoom(host) && canPlace(next + 1)) {
          return true;
        }
        placed.remove(items.get(next).id());
      }
    }
    return false;
  }

  private boolean mayTake(HostSnapshot host, WorkloadSnapshot item) {
    return host.isUsable()
        && !failed.contains(host.id())
        && (host.kinds().isEmpty() || host.kinds().contains(item.id().kind()))
        && host.labels().entrySet().containsAll(item.requires().entrySet())
        && host.conditions().containsAll(item.conditions());
  }

  private boolean hasRoom(HostSnapshot host) {
    for (int d = 0; d < cluster.dimensions().size(); d++) {
      long free = TinyModel.room(host, d);
      long more = 0;
      for (WorkloadSnapshot workload : cluster.workloads()) {
        if (host.id().equals(staying.get(workload.id()))) {
          free -= workload.demand().get(d);
        } else if (host.id().equals(placed.get(workload.id()))) {
          more += workload.demand().get(d);
        }
      }
      if (more > Math.max(0, free)) {
        return false;
      }
    }
    return true;
  }

  private boolean allRulesHold() {
    return cluster.rules().stream()
        .filter(Rule::strict)
        .allMatch(
            rule ->
                rule.workloads().stream()
                    .filter(placed::containsKey)
                    .allMatch(w -> holds(rule, w)));
  }

  private boolean holds(Rule rule, WorkloadId item) {
    if (rule instanceof Rule.HostAffinity pins) {
      return pins.hosts().containsKey(placed.get(item));
    }
    Rule.WorkloadAffinity affinity = (Rule.WorkloadAffinity) rule;
    String here = place(host(placed.get(item)), affinity.level());
    boolean same = true;
    for (WorkloadId other : rule.workloads()) {
      if (other.equals(item)) {
        continue;
      }
      HostId at = staying.containsKey(other) ? staying.get(other) : placed.get(other);
      if (at == null) {
        continue;
      }
      String there = place(host(at), affinity.level());
      if (affinity.kind() == Rule.Kind.NEGATIVE && there.equals(here)) {
        return false;
      }
      same &= stopped.contains(other) || there.equals(here);
    }
    return affinity.kind() == Rule.Kind.NEGATIVE || same;
  }
}
