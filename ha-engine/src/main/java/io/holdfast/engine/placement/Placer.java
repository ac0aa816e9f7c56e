package io.holdfast.engine.placement;

import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where everything is, and where a workload goes. The state is kept by the caller as things change:
 * a change costs in proportion to what it touches, and a choice reads a few of many hosts.
 *
 * <p>Hard: a host that is usable, runs the kind, has the labels and meets the conditions; strict
 * rules; room, where the policy says so. Strict partners go together: what binds one of them binds
 * all, and while some are on a usable host the others go nowhere else. What is soft is given up in
 * the order that {@link Chooser} documents.
 *
 * <p>The best of several hosts is the one with the fewest workloads ({@code BASIC}), the fullest
 * one that has room ({@code PACKED}, ties go to more workloads), or else the one that leaves the
 * cluster in the best balance; up to {@value Chooser#WHOLE_CLUSTER} usable hosts every host's
 * effect on all is compared, beyond that the least full one is taken. Ties go to fewer workloads,
 * then to the name. A {@link Preference} comes before all that. The same state gives the same
 * answers, whatever led to it.
 *
 * <p>A workload may be placed or reserved anywhere, whatever the rules say: the books follow what
 * is. Not for use by several threads.
 */
public final class Placer {
  private final PlacementState state;
  private Refused refused;

  /** With nothing in it. */
  public Placer(PlacementPolicy policy) {
    this(policy, Optional.empty());
  }

  /**
   * With nothing in it.
   *
   * @param preference what compares hosts before the policy's mode does; every host that may be
   *     chosen is looked at then
   */
  public Placer(PlacementPolicy policy, Optional<Preference> preference) {
    this.state = new PlacementState(policy, preference);
    this.refused = new Refused(state);
  }

  /** How hosts are compared. */
  public PlacementPolicy policy() {
    return state.policy;
  }

  // Hosts

  /** Adds a host, or changes it. It is not usable before {@link #setUsable}. */
  public void putHost(Host host) {
    putHost(host, false);
  }

  /**
   * Adds a host, or changes it.
   *
   * @param standby whether it is used only when no other can be
   */
  public void putHost(Host host, boolean standby) {
    state.putHost(host, standby);
  }

  /** Says which conditions hold on the host; at first none. */
  public void setConditions(HostId host, SortedSet<String> holding) {
    HostSlot slot = known(host);
    if (!slot.conditions.equals(holding)) {
      slot.conditions = Collections.unmodifiableSortedSet(new TreeSet<>(holding));
      state.opened();
    }
  }

  /** Forgets a host; what was placed on it is nowhere. */
  public void removeHost(HostId host) {
    state.removeHost(host);
  }

  /** From now on workloads may be given to the host. */
  public void setUsable(HostId host) {
    state.setWhyNot(known(host), null);
  }

  /**
   * From now on nothing new is given to the host; what is there counts as before.
   *
   * @param why one line, as in "is LOST"
   */
  public void setUnusable(HostId host, String why) {
    state.setWhyNot(known(host), why);
  }

  /** Whether the host is known here. */
  public boolean hasHost(HostId host) {
    return state.host(host) != null;
  }

  // Workloads

  /** Adds a workload that is nowhere yet, or changes what one needs. */
  public void putWorkload(Need need) {
    state.putWorkload(need);
  }

  /**
   * Adds a workload, or changes what one needs and where it is: nowhere, if its host is not known
   * here, and on its way nowhere.
   */
  public void putWorkload(Need need, Optional<HostId> host) {
    state.locate(state.putWorkload(need), host.map(state::host).orElse(null), null);
  }

  /** Forgets a workload, and gives its room back. */
  public void removeWorkload(WorkloadId workload) {
    state.removeWorkload(workload);
  }

  /** The workload is there, and on its way nowhere. */
  public void place(WorkloadId workload, HostId host) {
    state.locate(known(workload), known(host), null);
  }

  /** The workload is going there: room is taken at both ends. */
  public void reserve(WorkloadId workload, HostId target) {
    WorkloadSlot slot = known(workload);
    state.locate(slot, slot.host, known(target));
  }

  /** The workload takes no room anywhere. */
  public void vacate(WorkloadId workload) {
    WorkloadSlot slot = state.workload(workload);
    if (slot != null) {
      state.locate(slot, null, null);
    }
  }

  /** Where the workload is. */
  public Optional<HostId> hostOf(WorkloadId workload) {
    WorkloadSlot slot = state.workload(workload);
    return slot == null ? Optional.empty() : Optional.ofNullable(slot.host).map(host -> host.id);
  }

  /** What is on a host or on its way there. */
  public SortedSet<WorkloadId> workloadsOn(HostId host) {
    SortedSet<WorkloadId> there = new TreeSet<>();
    known(host).residents.forEach(workload -> there.add(workload.id));
    return there;
  }

  // Rules

  /** Adds a rule, or replaces the one of its name. */
  public void putRule(Rule rule) {
    state.putRule(rule);
  }

  /** Removes a rule. */
  public void removeRule(String id) {
    state.removeRule(id);
  }

  /** The rules in force, by name. */
  public SortedMap<String, Rule> rules() {
    return state.rules.rules();
  }

  /** The names of the rules that put a workload on one host with others, always. */
  public SortedSet<String> rulesBinding(WorkloadId workload) {
    return state.rules.binding(workload);
  }

  /** The workloads that must be where this one is, without it. */
  public SortedSet<WorkloadId> partnersOf(WorkloadId workload) {
    Bundle bundle = state.rules.bundleOf(workload);
    if (bundle == null) {
      return new TreeSet<>();
    }
    SortedSet<WorkloadId> partners = new TreeSet<>(bundle.members());
    partners.remove(workload);
    return partners;
  }

  // Questions

  /**
   * The best host for a workload, as if it took no room now. Nothing is changed.
   *
   * @throws IllegalArgumentException if the workload is not known here
   */
  public Choice choose(WorkloadId workload, Wish wish) {
    WorkloadSlot slot = known(workload);
    HostSlot current = slot.host;
    long before = state.openings();
    return asIfNowhere(
        slot,
        s -> {
          boolean hasRoomOfItsOwn = state.openings() != before; // others like it do not
          Search search = state.search(s, wish.excluded());
          Chooser chooser = new Chooser(state, search, wish, current);
          HostSlot host = !hasRoomOfItsOwn && refused.holdsFor(s, wish) ? null : chooser.choose();
          Explanation words = new Explanation(state, search);
          if (host != null) {
            String by =
                chooser.preferring(host).map(name -> "preferred by " + name + ", ").orElse("");
            return new Choice.Chosen(host.id, by + words.why(host));
          }
          if (!hasRoomOfItsOwn) {
            refused.remember(s, wish);
          }
          return new Choice.NoHost(words.noHost(chooser.partnerHosts()));
        });
  }

  /** Every host that may not be chosen, with the reason; costs in proportion to all hosts. */
  public SortedMap<HostId, Refusal> whyNot(WorkloadId workload, Wish wish) {
    return asIfNowhere(
        known(workload), s -> new Explanation(state, state.search(s, wish.excluded())).all());
  }

  /**
   * Why a workload must not be moved to a host, its strict partners with it; empty if it may. Those
   * that are there already need no more room.
   */
  public Optional<Refusal> blockedBy(WorkloadId workload, HostId host) {
    return blockedBy(workload, host, Collections.emptySortedSet());
  }

  /**
   * As {@link #blockedBy(WorkloadId, HostId)}.
   *
   * @param strangers strict partners that come along from hosts that are not known here
   */
  public Optional<Refusal> blockedBy(
      WorkloadId workload, HostId host, SortedSet<WorkloadId> strangers) {
    HostSlot target = known(host);
    return asIfNowhere(
        known(workload),
        s -> {
          Search search = state.search(s, Collections.emptySortedMap());
          search.goTogether(state.withThoseElsewhere(s, search.bundle, target, strangers));
          return Optional.ofNullable(new Explanation(state, search).refusal(target));
        });
  }

  /**
   * What of a host, or which strict rule, is against a workload and its strict partners there,
   * whether or not the host may be used now and has room; empty if nothing is.
   *
   * @param excluded hosts that are not to be chosen; partners that run on one of them do not bind
   */
  public Optional<Refusal.Code> unfitFor(
      WorkloadId workload, HostId host, SortedMap<HostId, String> excluded) {
    HostSlot slot = known(host);
    return asIfNowhere(
        known(workload), s -> Optional.ofNullable(state.search(s, excluded).unfit(slot)));
  }

  /**
   * The usable hosts on which strict partners of a workload are, or will be: while there is one, it
   * goes nowhere else without them.
   */
  public SortedSet<HostId> partnerHosts(WorkloadId workload) {
    SortedSet<HostId> hosts = new TreeSet<>();
    state
        .partnerHosts(known(workload), state.rules.bundleOf(workload))
        .forEach(host -> hosts.add(host.id));
    return hosts;
  }

  /**
   * Whether no host, were it usable and empty, could keep the rules of a workload better than the
   * one where it is.
   */
  public boolean keepsRulesBest(WorkloadId workload) {
    WorkloadSlot slot = known(workload);
    HostSlot host = slot.host;
    return host != null
        && asIfNowhere(slot, s -> state.search(s, Collections.emptySortedMap()).isKeptBestAt(host));
  }

  private <T> T asIfNowhere(WorkloadSlot workload, Function<WorkloadSlot, T> question) {
    HostSlot host = workload.host;
    HostSlot target = workload.target;
    long before = state.openings();
    state.locate(workload, null, null);
    try {
      return question.apply(workload);
    } finally {
      state.locate(workload, host, target);
      state.openedNothingSince(before);
    }
  }

  PlacementState state() {
    return state;
  }

  private HostSlot known(HostId id) {
    return known(state.host(id), id);
  }

  private WorkloadSlot known(WorkloadId id) {
    return known(state.workload(id), id);
  }

  private static <T> T known(@Nullable T slot, Object id) {
    if (slot == null) {
      throw new IllegalArgumentException("not known to the placer: " + id);
    }
    return slot;
  }

  /**
   * A count of what may have opened a host to some workload: while it stays the same, what had no
   * host has none. Questions change nothing.
   */
  public long openings() {
    return state.openings();
  }

  /** What {@link #suppose} began with. */
  public static final class Supposed {
    private final long openings;
    private final Refused refused;

    private Supposed(long openings, Refused refused) {
      this.openings = openings;
      this.refused = refused;
    }
  }

  /** What is changed from now on is only supposed, and will be taken back. */
  public Supposed suppose() {
    Supposed begun = new Supposed(state.openings(), refused);
    refused = new Refused(state);
    return begun;
  }

  /**
   * What was supposed was taken back.
   *
   * @param same whether all is as it was, so that nothing was opened
   */
  public void supposesNoMore(Supposed begun, boolean same) {
    refused = begun.refused;
    if (same) {
      state.openedNothingSince(begun.openings);
    }
  }

  /**
   * Whether each of these surely finds a host as things are, in whatever order they are placed and
   * whichever of the hosts that are allowed takes those before it. A no says nothing: rules, and
   * room that is nearly used up, are not looked into. Costs in proportion to the hosts.
   */
  public boolean hasAmpleRoom(Collection<WorkloadId> workloads) {
    List<WorkloadSlot> slots = new ArrayList<>();
    for (WorkloadId id : workloads) {
      if (!state.rules.of(id).isEmpty()) {
        return false;
      }
      slots.add(known(id));
    }
    return new Ample(state, slots).isProven();
  }

  /**
   * What a host has left, in every dimension that is limited there; zero where more than all is
   * taken.
   */
  public SortedMap<String, Long> freeOn(HostId host) {
    SortedMap<String, Long> free = marginOn(host);
    free.replaceAll((name, margin) -> Math.max(0, margin));
    return free;
  }

  /** As {@link #freeOn}, and less than zero where more than all is taken: by how much. */
  public SortedMap<String, Long> marginOn(HostId host) {
    HostSlot slot = known(host);
    SortedMap<String, Long> margins = new TreeMap<>();
    slot.host.capacity().amounts().keySet().forEach(name -> margins.put(name, 0L));
    for (int d = 0; d < slot.capacity.length; d++) {
      int dimension = d;
      margins.computeIfPresent(state.dimensions().name(d), (name, zero) -> slot.free(dimension));
    }
    return margins;
  }

  /** All workloads that are known here, by name. */
  public List<WorkloadId> workloads() {
    return state.workloads().stream().map(workload -> workload.id).toList();
  }
}
