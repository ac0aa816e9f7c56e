package io.holdfast.engine.placement;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The books: hosts, workloads, where these are, rules; and the indexes over them. */
final class PlacementState {
  final PlacementPolicy policy;
  final Optional<Preference> preference;
  final RuleSet rules = new RuleSet();
  private final Dimensions dimensions = new Dimensions();
  private final SortedMap<HostId, HostSlot> hosts = new TreeMap<>();
  private final IdTable<WorkloadSlot> workloads = new IdTable<>(workload -> workload.id);
  private final SortedMap<String, Occupancy> occupancies = new TreeMap<>();
  private final SortedSet<HostSlot> usable = new TreeSet<>();
  private final Places places = new Places();
  private Scale scale;
  private HostIndex index;
  private long openings;

  PlacementState(PlacementPolicy policy, Optional<Preference> preference) {
    this.policy = policy;
    this.preference = preference;
    this.scale = new Scale(policy.mode(), dimensions);
    this.index = new HostIndex(scale);
  }

  Scale scale() {
    return scale;
  }

  HostIndex index() {
    return index;
  }

  Dimensions dimensions() {
    return dimensions;
  }

  /** Grows whenever a workload that no rule names and no host took might be taken by one. */
  long openings() {
    return openings;
  }

  void opened() {
    openings++;
  }

  /** Everything is as it was when they were counted so. */
  void openedNothingSince(long before) {
    openings = before;
  }

  /** Hosts to which something may be given, by name. */
  SortedSet<HostSlot> usable() {
    return usable;
  }

  SortedMap<HostId, HostSlot> hosts() {
    return hosts;
  }

  /** By name. */
  List<WorkloadSlot> workloads() {
    return workloads.sorted();
  }

  @Nullable HostSlot host(HostId id) {
    return hosts.get(id);
  }

  @Nullable WorkloadSlot workload(WorkloadId id) {
    return workloads.get(id);
  }

  // Hosts

  void putHost(Host host, boolean standby) {
    opened();
    learn(host.capacity());
    HostSlot slot = hosts.get(host.id());
    if (slot == null) {
      slot = new HostSlot(host.id(), host, places.next());
      slot.grow(dimensions.count());
      hosts.put(host.id(), slot);
    }
    boolean moved = !slot.host.domain().equals(host.domain());
    if (moved) {
      count(slot, -1);
    }
    places.leave(slot);
    slot.host = host;
    slot.shown = null;
    slot.standby = standby;
    slot.capacity = dimensions.limits(host.limit());
    places.enter(slot);
    if (moved) {
      count(slot, 1);
    }
    index.put(slot);
  }

  void removeHost(HostId id) {
    HostSlot slot = hosts.remove(id);
    if (slot != null) {
      slot.residents.sorted().forEach(w -> locate(w, other(w.host, slot), other(w.target, slot)));
      index.remove(slot);
      usable.remove(slot);
      places.leave(slot);
    }
  }

  private static @Nullable HostSlot other(@Nullable HostSlot host, HostSlot gone) {
    return host == gone ? null : host;
  }

  void setWhyNot(HostSlot host, @Nullable String whyNot) {
    boolean was = host.isUsable();
    host.whyNot = whyNot;
    if (was != host.isUsable()) {
      index.put(host);
      if (was) {
        usable.remove(host);
      } else {
        opened();
        usable.add(host);
      }
    }
  }

  // Workloads

  WorkloadSlot putWorkload(Need need) {
    Capacity load =
        policy.mode() == PlacementMode.DYNAMIC ? need.load().orElse(need.demand()) : need.demand();
    learn(need.demand());
    learn(load);
    WorkloadSlot slot = workloads.get(need.workload());
    if (slot == null) {
      slot = new WorkloadSlot(need.workload(), need.requires());
      workloads.add(slot);
    }
    HostSlot host = slot.host;
    HostSlot target = slot.target;
    give(slot);
    slot.demand = dimensions.shared(dimensions.amounts(need.demand()));
    slot.load =
        load.equals(need.demand()) ? slot.demand : dimensions.shared(dimensions.amounts(load));
    slot.requires = need.requires();
    slot.conditions = need.conditions();
    slot.wanted = need.wanted();
    take(slot, host, target);
    return slot;
  }

  void removeWorkload(WorkloadId id) {
    WorkloadSlot slot = workloads.remove(id);
    if (slot != null) {
      locate(slot, null, null);
    }
  }

  void locate(WorkloadSlot workload, @Nullable HostSlot host, @Nullable HostSlot target) {
    if (workload.host == host && workload.target == target) {
      return;
    }
    count(workload, -1);
    give(workload);
    take(workload, host, target);
    count(workload, 1);
  }

  private void give(WorkloadSlot workload) {
    for (HostSlot at : ends(workload)) {
      at.give(workload);
      refresh(at);
      if (at.isUsable()) {
        opened();
      }
    }
    workload.host = null;
    workload.target = null;
  }

  private void take(WorkloadSlot workload, @Nullable HostSlot host, @Nullable HostSlot target) {
    workload.host = host;
    workload.target = target;
    for (HostSlot at : ends(workload)) {
      at.take(workload);
      refresh(at);
    }
  }

  private static void refresh(HostSlot host) {
    HostTree tree = host.tree;
    if (tree != null) {
      tree.refresh(host);
    }
  }

  private static List<HostSlot> ends(WorkloadSlot workload) {
    HostSlot host = workload.host;
    HostSlot target = workload.target;
    if (host == null || host == target) {
      return target == null ? List.of() : List.of(target);
    }
    return target == null ? List.of(host) : List.of(host, target);
  }

  // Rules

  void putRule(Rule rule) {
    removeRule(rule.id());
    rules.put(rule);
    if (rule instanceof WorkloadAffinity affinity) {
      Occupancy occupancy = new Occupancy(affinity);
      for (WorkloadId id : affinity.workloads()) {
        WorkloadSlot workload = workloads.get(id);
        if (workload != null) {
          ends(workload).forEach(at -> occupancy.add(at, 1));
        }
      }
      occupancies.put(rule.id(), occupancy);
    }
  }

  void removeRule(String id) {
    rules.remove(id);
    occupancies.remove(id);
  }

  private void count(WorkloadSlot workload, int sign) {
    for (String rule : rules.of(workload.id)) {
      Occupancy occupancy = occupancies.get(rule);
      if (occupancy != null) {
        ends(workload).forEach(at -> occupancy.add(at, sign));
      }
    }
  }

  private void count(HostSlot host, int sign) {
    for (WorkloadSlot workload : host.residents) {
      for (String rule : rules.of(workload.id)) {
        Occupancy occupancy = occupancies.get(rule);
        if (occupancy != null) {
          occupancy.add(host, sign);
        }
      }
    }
  }

  // Questions

  /** Strict partners, without the workload itself. */
  List<WorkloadSlot> partners(WorkloadSlot workload, Bundle bundle) {
    List<WorkloadSlot> partners = new ArrayList<>();
    for (WorkloadId id : bundle.members()) {
      WorkloadSlot partner = workloads.get(id);
      if (partner != null && partner != workload) {
        partners.add(partner);
      }
    }
    return partners;
  }

  /** Usable hosts on which strict partners are, or will be; those of the most first. */
  List<HostSlot> partnerHosts(WorkloadSlot workload, @Nullable Bundle bundle) {
    SortedMap<HostSlot, Integer> partners = new TreeMap<>();
    if (bundle != null) {
      for (WorkloadSlot partner : partners(workload, bundle)) {
        HostSlot host = partner.goal();
        if (host != null && host.isUsable()) {
          partners.merge(host, 1, Integer::sum);
        }
      }
    }
    List<HostSlot> hosts = new ArrayList<>(partners.keySet());
    hosts.sort(
        Comparator.comparing((HostSlot host) -> -partners.getOrDefault(host, 0))
            .thenComparing(host -> host.id));
    return hosts;
  }

  /** The workload and its strict partners, as far as they are anywhere, by name. */
  List<WorkloadSlot> placedBundle(WorkloadSlot workload) {
    Bundle bundle = rules.bundleOf(workload.id);
    if (bundle == null) {
      return List.of(workload);
    }
    List<WorkloadSlot> members = partners(workload, bundle);
    members.removeIf(member -> member.goal() == null);
    members.add(workload);
    members.sort(null);
    return List.copyOf(members);
  }

  /** The sum of their demands. */
  static long[] demandOf(List<WorkloadSlot> members) {
    long[] sum = members.get(0).demand.clone();
    for (WorkloadSlot member : members.subList(1, members.size())) {
      for (int d = 0; d < sum.length; d++) {
        sum[d] += member.demand[d];
      }
    }
    return sum;
  }

  Search search(WorkloadSlot workload, SortedMap<HostId, String> excluded) {
    Bundle bundle = rules.bundleOf(workload.id);
    Search search = new Search(workload, bundle, excluded, policy.capacityIsHard(), scale);
    if (bundle != null) {
      for (WorkloadAffinity rule : bundle.affinities()) {
        Occupancy occupancy = occupancies.get(rule.id());
        if (occupancy == null || occupancy.isEmpty()) {
          continue;
        }
        if (rule.kind() == Kind.NEGATIVE) {
          search.apart(occupancy, ownIn(rule, bundle));
        } else {
          search.together(occupancy, places.withMost(othersIn(rule, workload), occupancy));
        }
      }
    }
    return search;
  }

  /** Where members of the bundle are that the rule names: each end once. */
  private List<HostSlot> ownIn(WorkloadAffinity rule, Bundle bundle) {
    List<HostSlot> own = new ArrayList<>();
    for (WorkloadId id : bundle.members()) {
      WorkloadSlot member = workloads.get(id);
      if (member != null && rule.workloads().contains(id)) {
        own.addAll(ends(member));
      }
    }
    return own;
  }

  private List<HostSlot> othersIn(WorkloadAffinity rule, WorkloadSlot workload) {
    List<HostSlot> others = new ArrayList<>();
    for (WorkloadId id : rule.workloads()) {
      WorkloadSlot member = workloads.get(id);
      HostSlot goal = member == null || member == workload ? null : member.goal();
      if (goal != null && goal.isUsable()) {
        others.add(goal);
      }
    }
    return others;
  }

  /** The workload, and partners that are to run and have no host that could be kept. */
  List<WorkloadSlot> withThoseToCome(WorkloadSlot workload, @Nullable Bundle bundle) {
    return withPartners(
        workload,
        bundle,
        partner -> {
          HostSlot goal = partner.goal();
          return partner.wanted && (goal == null || !goal.isUsable());
        });
  }

  /** Of these the ones that are somewhere now: they would have to be moved along. */
  List<WorkloadSlot> withThoseDisplaced(WorkloadSlot workload, @Nullable Bundle bundle) {
    return withPartners(
        workload,
        bundle,
        partner -> {
          HostSlot goal = partner.goal();
          return partner.wanted && goal != null && !goal.isUsable();
        });
  }

  /** The workload, and partners that would have to come to the host. */
  List<WorkloadSlot> withThoseElsewhere(
      WorkloadSlot workload,
      @Nullable Bundle bundle,
      HostSlot host,
      SortedSet<WorkloadId> strangers) {
    return withPartners(
        workload,
        bundle,
        partner -> partner.goal() == null ? strangers.contains(partner.id) : !partner.isOn(host));
  }

  private List<WorkloadSlot> withPartners(
      WorkloadSlot workload, @Nullable Bundle bundle, Predicate<WorkloadSlot> counts) {
    if (bundle == null) {
      return List.of(workload);
    }
    List<WorkloadSlot> members = partners(workload, bundle);
    members.removeIf(counts.negate());
    members.add(0, workload);
    return members;
  }

  private void learn(Capacity amounts) {
    int before = dimensions.count();
    dimensions.learn(amounts);
    int now = dimensions.count();
    if (now != before) {
      scale = new Scale(policy.mode(), dimensions);
      index = new HostIndex(scale);
      for (HostSlot host : hosts.values()) {
        host.grow(now);
        host.tree = null;
        index.put(host);
      }
      for (WorkloadSlot workload : workloads.sorted()) {
        boolean same = workload.load == workload.demand;
        workload.demand = dimensions.shared(Arrays.copyOf(workload.demand, now));
        workload.load =
            same ? workload.demand : dimensions.shared(Arrays.copyOf(workload.load, now));
      }
    }
  }
}
