package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import io.holdfast.engine.placement.Refusal.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One question for a host: what it must fulfil, and the best that was offered so far. */
final class Search {
  /** An affinity, and where members of the own bundle are: these are not in each other's way. */
  private record Apart(Occupancy occupancy, List<HostSlot> own) {
    int othersAt(HostSlot host) {
      int others = occupancy.at(host);
      for (HostSlot at : own) {
        if (occupancy.placeOf(at) == occupancy.placeOf(host)) {
          others--;
        }
      }
      return others;
    }
  }

  /** An affinity, and the hosts that keep it. */
  private record Together(Occupancy occupancy, SortedSet<HostSlot> hosts) {
    boolean isKeptAt(HostSlot host) {
      return hosts.contains(host);
    }
  }

  final WorkloadSlot workload;
  final @Nullable Bundle bundle;
  final boolean capacityIsHard;
  private final Scale scale;
  final long[] load;
  final SortedMap<HostId, String> excluded;

  /** Room for all that go together. */
  private long[] demand;

  /** Those that go where it goes, itself among them: what binds one of them binds all. */
  private List<WorkloadSlot> members;

  /** Only hosts of this rank by host affinities are accepted. */
  int rank;

  /** At most so many affinities that are not strict may be broken. */
  int slack;

  private final List<Apart> strictlyApart = new ArrayList<>();
  private final List<Apart> apart = new ArrayList<>();
  private final List<Together> strictlyTogether = new ArrayList<>();
  private final List<Together> together = new ArrayList<>();

  private @Nullable HostSlot best;
  private double bestCost;
  private int bestBroken;

  Search(
      WorkloadSlot workload,
      @Nullable Bundle bundle,
      SortedMap<HostId, String> excluded,
      boolean capacityIsHard,
      Scale scale) {
    this.workload = workload;
    this.bundle = bundle;
    this.excluded = excluded;
    this.capacityIsHard = capacityIsHard;
    this.scale = scale;
    this.load = workload.load;
    this.demand = workload.demand;
    this.members = List.of(workload);
  }

  long[] demand() {
    return demand;
  }

  List<WorkloadSlot> members() {
    return members;
  }

  /** They are to find one host, all of them. */
  void goTogether(List<WorkloadSlot> together) {
    members = together;
    demand = PlacementState.demandOf(together);
  }

  void apart(Occupancy occupancy, List<HostSlot> own) {
    (occupancy.rule.strict() ? strictlyApart : apart).add(new Apart(occupancy, own));
  }

  void together(Occupancy occupancy, SortedSet<HostSlot> hosts) {
    if (!hosts.isEmpty()) {
      (occupancy.rule.strict() ? strictlyTogether : together).add(new Together(occupancy, hosts));
    }
  }

  /** If strict partners are somewhere: all hosts that may be chosen, and perhaps more. */
  @Nullable SortedSet<HostSlot> bound() {
    return strictlyTogether.isEmpty() ? null : strictlyTogether.get(0).hosts();
  }

  /** Hosts that keep an affinity which others break. */
  SortedSet<HostSlot> attractive() {
    SortedSet<HostSlot> hosts = new TreeSet<>();
    together.forEach(rule -> hosts.addAll(rule.hosts()));
    return hosts;
  }

  /** How many affinities a host breaks at most without being refused. */
  int mostBroken() {
    return apart.size() + together.size();
  }

  /** How many a host breaks at least, unless it is at a place that keeps one of them. */
  int leastBrokenElsewhere() {
    return together.size();
  }

  @Nullable HostSlot best() {
    return best;
  }

  int bestBroken() {
    return bestBroken;
  }

  /** Whether a host of these bounds could be better than the best so far. */
  boolean canBeat(double cost, int tie, HostSlot first) {
    HostSlot present = best;
    if (present == null) {
      return cost < Double.POSITIVE_INFINITY;
    }
    if (cost != bestCost) {
      return cost < bestCost;
    }
    int presentTie = scale.tie(present);
    return tie != presentTie ? tie < presentTie : first.compareTo(present) < 0;
  }

  void offer(HostSlot host, double cost) {
    if (rankOf(host) != rank || refusal(host) != null) {
      return;
    }
    int broken = broken(host);
    if (broken > slack) {
      return;
    }
    if (best == null
        || broken < bestBroken
        || (broken == bestBroken && canBeat(cost, scale.tie(host), host))) {
      best = host;
      bestCost = cost;
      bestBroken = broken;
    }
  }

  void forgetBest() {
    best = null;
  }

  int rankOf(HostSlot host) {
    return bundle == null ? 0 : bundle.rank(host.id);
  }

  /** Whether no other host could be better as far as rules go. */
  boolean isKeptBestAt(HostSlot host) {
    Code refusal = refusal(host);
    return (refusal == null || refusal == Code.CAPACITY)
        && broken(host) == 0
        && (bundle == null || bundle.rank(host.id) == bundle.bestRank());
  }

  /** Why a host may not be chosen, {@code null} if it may. */
  @Nullable Code refusal(HostSlot host) {
    if (!host.isUsable()) {
      return Code.UNAVAILABLE;
    }
    if (!excluded.isEmpty() && excluded.containsKey(host.id)) {
      return Code.EXCLUDED;
    }
    Code rule = unfit(host);
    if (rule != null) {
      return rule;
    }
    return capacityIsHard && !host.hasRoom(demand) ? Code.CAPACITY : null;
  }

  /** What of the host, or which strict rule, is against it, be there room or not. */
  @Nullable Code unfit(HostSlot host) {
    WorkloadSlot lacking = lacking(host);
    if (lacking != null) {
      return !runsKindOf(host, lacking)
          ? Code.KIND
          : missingLabel(host, lacking) != null ? Code.LABEL : Code.CONDITION;
    }
    if (bundle == null) {
      return null;
    }
    if (!bundle.allows(host.id)) {
      return Code.HOST_AFFINITY;
    }
    if (blocking(host) != null) {
      return Code.NEGATIVE_AFFINITY;
    }
    return unkept(host) != null ? Code.POSITIVE_AFFINITY : null;
  }

  /** Who of those that go together needs what the host lacks. */
  @Nullable WorkloadSlot lacking(HostSlot host) {
    for (WorkloadSlot member : members) {
      if (!lacksNothing(host, member)) {
        return member;
      }
    }
    return null;
  }

  /** Whether it runs the kind, has the labels and meets the conditions. */
  static boolean lacksNothing(HostSlot host, WorkloadSlot member) {
    return runsKindOf(host, member)
        && missingLabel(host, member) == null
        && missingCondition(host, member) == null;
  }

  private static boolean runsKindOf(HostSlot host, WorkloadSlot member) {
    return host.host.kinds().isEmpty() || host.host.kinds().contains(member.id.kind());
  }

  static Map.@Nullable Entry<String, String> missingLabel(HostSlot host, WorkloadSlot member) {
    for (Map.Entry<String, String> label : member.requires.entrySet()) {
      if (!label.getValue().equals(host.host.labels().get(label.getKey()))) {
        return label;
      }
    }
    return null;
  }

  static @Nullable String missingCondition(HostSlot host, WorkloadSlot member) {
    for (String condition : member.conditions) {
      if (!host.conditions.contains(condition)) {
        return condition;
      }
    }
    return null;
  }

  /** The affinity that keeps it away from what is there. */
  @Nullable Occupancy blocking(HostSlot host) {
    for (Apart rule : strictlyApart) {
      if (rule.othersAt(host) > 0) {
        return rule.occupancy();
      }
    }
    return null;
  }

  /** The affinity that wants it elsewhere, with its partners. */
  @Nullable Occupancy unkept(HostSlot host) {
    for (Together rule : strictlyTogether) {
      if (!rule.isKeptAt(host)) {
        return rule.occupancy();
      }
    }
    return null;
  }

  /** How many affinities that are not strict the host breaks. */
  int broken(HostSlot host) {
    int broken = 0;
    for (Apart rule : apart) {
      broken += rule.othersAt(host) > 0 ? 1 : 0;
    }
    for (Together rule : together) {
      broken += rule.isKeptAt(host) ? 0 : 1;
    }
    return broken;
  }
}
