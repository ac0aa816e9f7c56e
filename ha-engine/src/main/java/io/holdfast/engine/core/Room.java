package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Mend;
import io.holdfast.engine.placement.Move;
import io.holdfast.engine.placement.Need;
import io.holdfast.engine.placement.PlacementPolicy;
import io.holdfast.engine.placement.Placer;
import io.holdfast.engine.placement.Rebalance;
import io.holdfast.engine.placement.Refusal;
import io.holdfast.engine.placement.Wish;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where there is room, and where rules allow or want a workload. Follows the books: what has
 * changed is taken over before a question is answered.
 */
final class Room {
  private final ControllerState state;
  private final SortedSet<HostId> staleHosts = new TreeSet<>();
  private final SortedSet<WorkloadId> staleWorkloads = new TreeSet<>();
  private final SortedMap<WorkloadId, SortedSet<String>> rulesOf = new TreeMap<>();
  private final SortedMap<String, Rule> applied = new TreeMap<>();
  private Placer placer;

  /** What earlier placers have counted: the count does not come again. */
  private long formerOpenings;

  /** How often a host, a workload or a rule was changed in the books. */
  private long changes;

  Room(ControllerState state) {
    this.state = state;
    placer = newPlacer();
  }

  void reset() {
    staleHosts.clear();
    staleWorkloads.clear();
    rulesOf.clear();
    applied.clear();
    formerOpenings += placer.openings() + 1;
    changes++;
    placer = newPlacer();
  }

  private Placer newPlacer() {
    return new Placer(policy(), state.preferring.preference());
  }

  private PlacementPolicy policy() {
    ClusterPolicy policy = state.policy;
    return new PlacementPolicy(policy.placement(), policy.hardCapacity());
  }

  // Changes

  void changed(HostEntry host) {
    changes++;
    if (state.leading) {
      staleHosts.add(host.id);
      state.admission.changed(host);
    }
  }

  void changed(WorkloadEntry workload) {
    changes++;
    if (state.leading) {
      staleWorkloads.add(workload.id);
      state.admission.changed(workload);
    }
  }

  /** It uses more or less than before. What may fail is reckoned by what is demanded. */
  void measured(WorkloadEntry workload) {
    if (state.leading) {
      staleWorkloads.add(workload.id);
    }
  }

  /**
   * A rule was added, changed or removed.
   *
   * @return the workloads that this may concern
   */
  SortedSet<WorkloadId> ruleChanged(String id) {
    changes++;
    state.admission.rulesChanged();
    SortedSet<WorkloadId> concerned = new TreeSet<>();
    Rule before = applied.remove(id);
    if (before != null) {
      concerned.addAll(before.workloads());
      before.workloads().forEach(w -> unbind(w, id));
      placer.removeRule(id);
    }
    Rule now = state.rules.get(id);
    if (now != null) {
      concerned.addAll(now.workloads());
      now.workloads().forEach(w -> rulesOf.computeIfAbsent(w, k -> new TreeSet<>()).add(id));
      placer.putRule(now);
      applied.put(id, now);
    }
    return concerned;
  }

  private void unbind(WorkloadId workload, String rule) {
    rulesOf.computeIfPresent(
        workload,
        (w, rules) -> {
          rules.remove(rule);
          return rules.isEmpty() ? null : rules;
        });
  }

  /**
   * Leadership begins: everything is taken over. Done before it is needed, it does not hold up a
   * failover.
   */
  void begin() {
    reset();
    state.rules.keySet().forEach(this::ruleChanged);
    state.hosts.values().forEach(this::put);
    staleWorkloads.clear();
    state.workloads.values().forEach(workload -> put(workload.id, workload));
    state.hosts.values().forEach(this::open);
  }

  /** Takes over what has changed. */
  private void sync() {
    if (!placer.policy().equals(policy())) {
      begin();
      return;
    }
    staleHosts.retainAll(state.hosts.keySet());
    staleHosts.forEach(id -> put(state.host(id)));
    staleHosts.forEach(id -> open(state.host(id)));
    staleHosts.clear();
    staleWorkloads.forEach(id -> put(id, state.workloads.get(id)));
    staleWorkloads.clear();
  }

  private void put(HostEntry host) {
    Host config = host.config;
    if (config != null) {
      if (!placer.hasHost(host.id)) {
        // What was there before, and stayed when the host was taken out, takes room there again.
        staleWorkloads.addAll(host.placed);
        staleWorkloads.addAll(host.expected);
      }
      placer.putHost(config, Snapshots.isStandby(config));
      placer.setConditions(host.id, HostConditions.met(host));
    } else if (placer.hasHost(host.id)) {
      placer.removeHost(host.id);
    }
  }

  private void open(HostEntry host) {
    if (host.config != null) {
      state
          .whyNotUsable(host)
          .ifPresentOrElse(
              why -> placer.setUnusable(host.id, why), () -> placer.setUsable(host.id));
    }
  }

  private void put(WorkloadId id, @Nullable WorkloadEntry workload) {
    Workload spec = workload == null ? null : workload.spec;
    if (workload == null || spec == null) {
      placer.removeWorkload(id);
      return;
    }
    Optional<HostId> owner = workload.placement.owner().map(o -> o.host());
    placer.putWorkload(
        new Need(
            id,
            spec.demand(),
            Optional.ofNullable(workload.load),
            spec.policy().requires(),
            spec.policy().conditions(),
            spec.desired() == DesiredState.STARTED),
        owner);
    targetOf(workload)
        .filter(target -> placer.hasHost(target) && !owner.equals(Optional.of(target)))
        .ifPresent(target -> placer.reserve(id, target));
  }

  /**
   * Where it is going, or will when room is there. What was stopped to be moved, and finds no room
   * where it was to go, goes where room is made for it.
   */
  static Optional<HostId> targetOf(WorkloadEntry workload) {
    Optional<HostId> kept = Optional.ofNullable(workload.roomKeptOn);
    Optional<HostId> moved = workload.placement.move().map(move -> move.target());
    return workload.placement.owner().isEmpty() ? kept.or(() -> moved) : moved.or(() -> kept);
  }

  // Questions

  /** Whether a rule names it. */
  boolean isBound(WorkloadId workload) {
    return rulesOf.containsKey(workload);
  }

  /** The names of the rules that name it. */
  SortedSet<String> rulesOf(WorkloadId workload) {
    return Collections.unmodifiableSortedSet(rulesOf.getOrDefault(workload, new TreeSet<>()));
  }

  /** Hosts that one of its host affinities names, and prefers to this one. */
  SortedSet<HostId> preferredTo(WorkloadId workload, HostId host) {
    SortedSet<HostId> preferred = new TreeSet<>();
    for (String id : rulesOf.getOrDefault(workload, new TreeSet<>())) {
      if (applied.get(id) instanceof Rule.HostAffinity affinity) {
        int here = affinity.hosts().getOrDefault(host, Integer.MIN_VALUE);
        affinity.hosts().entrySet().stream()
            .filter(there -> !there.getKey().equals(host) && there.getValue() > here)
            .forEach(there -> preferred.add(there.getKey()));
      }
    }
    return preferred;
  }

  /** Every workload that a rule names. */
  SortedSet<WorkloadId> bound() {
    return new TreeSet<>(rulesOf.keySet());
  }

  /** Whether no host could keep its rules better than the one where it is. */
  boolean keepsRulesBest(WorkloadEntry workload) {
    sync();
    return placer.keepsRulesBest(workload.id);
  }

  /**
   * Those whose place matters to this one's: rules name them together with it, or with one that
   * goes where it goes; itself left out.
   */
  SortedSet<WorkloadId> relatedTo(WorkloadId workload) {
    SortedSet<WorkloadId> related = new TreeSet<>();
    if (!isBound(workload)) {
      return related;
    }
    for (WorkloadId member : withPartners(workload)) {
      for (String id : rulesOf.getOrDefault(member, new TreeSet<>())) {
        if (applied.get(id) instanceof Rule.WorkloadAffinity affinity) {
          affinity.workloads().forEach(named -> related.addAll(withPartners(named)));
        }
      }
    }
    related.remove(workload);
    return related;
  }

  private SortedSet<WorkloadId> withPartners(WorkloadId workload) {
    SortedSet<WorkloadId> bundle = placer.partnersOf(workload);
    bundle.add(workload);
    return bundle;
  }

  /** Those that always have to be where this one is. */
  SortedSet<WorkloadId> partnersOf(WorkloadId workload) {
    return placer.partnersOf(workload);
  }

  /** The hosts and workloads that rules bind to each other, this one among them. */
  private SortedSet<String> rulesAround(WorkloadId workload) {
    SortedSet<WorkloadId> seen = new TreeSet<>(List.of(workload));
    SortedSet<String> rules = new TreeSet<>();
    Deque<WorkloadId> open = new ArrayDeque<>(seen);
    while (!open.isEmpty()) {
      WorkloadId next = open.remove();
      rules.addAll(rulesOf.getOrDefault(next, new TreeSet<>()));
      relatedTo(next).stream().filter(seen::add).forEach(open::add);
    }
    return rules;
  }

  /**
   * The move with which mending the strict rules around this workload begins, if that concerns it.
   *
   * @param movable workloads that may be moved now
   */
  Optional<Move> mending(WorkloadEntry workload, Predicate<WorkloadId> movable) {
    sync();
    return Mend.first(placer, rulesAround(workload.id), movable).stream()
        .filter(move -> move.workloads().contains(workload.id))
        .findFirst();
  }

  /** The best place for a workload that is protected. */
  Choice choose(WorkloadEntry workload, Wish wish) {
    sync();
    return placer.choose(workload.id, wish);
  }

  /** The best place, hosts that come and go among them. */
  Choice chooseAlsoUnsteady(WorkloadEntry workload, Wish wish) {
    return withUnsteady(() -> placer.choose(workload.id, wish));
  }

  private <T> T withUnsteady(Supplier<T> question) {
    return supposing(
        new Rehearsal(),
        state.quarantined,
        () -> {
          for (HostId id : state.quarantined) {
            if (placer.hasHost(id) && state.host(id).whyNotUsable().isEmpty()) {
              placer.setUsable(id);
            }
          }
          return question.get();
        });
  }

  /** As {@link #whyNotStartedOn}, also if this is a host that comes and goes. */
  Optional<String> whyNotStartedOnEvenUnsteady(WorkloadEntry workload, HostEntry host) {
    return withUnsteady(() -> whyNotStartedOn(workload, host));
  }

  /** Whether it may be started on this host, while its strict partners stay where they are. */
  boolean mayStartOn(WorkloadEntry workload, HostEntry host) {
    return whyNotStartedOn(workload, host).isEmpty();
  }

  /** Why it may not be started on this host, while its strict partners stay where they are. */
  Optional<String> whyNotStartedOn(WorkloadEntry workload, HostEntry host) {
    Optional<String> blocked = blockedBy(workload, host).map(Refusal::detail);
    SortedSet<HostId> bound =
        blocked.isPresent() ? new TreeSet<>() : placer.partnerHosts(workload.id);
    return bound.isEmpty() || bound.contains(host.id)
        ? blocked
        : Optional.of(
            "its partners by rule %s are on %s"
                .formatted(String.join(", ", placer.rulesBinding(workload.id)), bound));
  }

  /** Why this workload may not go to this host, its strict partners with it; empty if it may. */
  Optional<Refusal> blockedBy(WorkloadEntry workload, HostEntry host) {
    sync();
    return placer.hasHost(host.id)
        ? placer
            .blockedBy(workload.id, host.id, strangers(workload.id))
            .map(refusal -> refusal.at(host.id))
        : Optional.of(new Refusal(Refusal.Code.UNAVAILABLE, host.id + " is not registered"));
  }

  /** Partners on hosts that are not registered any more. */
  private SortedSet<WorkloadId> strangers(WorkloadId workload) {
    SortedSet<WorkloadId> strangers = placer.partnersOf(workload);
    strangers.removeIf(
        id -> {
          WorkloadEntry partner = state.workloads.get(id);
          return partner == null
              || partner.placement.owner().filter(o -> !placer.hasHost(o.host())).isEmpty();
        });
    return strangers;
  }

  /**
   * Whether this host could be one for it if it could be used: it has what it and its partners
   * need, and no strict rule is against it. What conditions hold on one that is not heard will be
   * seen.
   *
   * @param excluded hosts whose partners of it do not bind it
   */
  boolean mightTake(WorkloadEntry workload, HostEntry host, SortedMap<HostId, String> excluded) {
    sync();
    return placer.hasHost(host.id)
        && placer
            .unfitFor(workload.id, host.id, excluded)
            .filter(code -> code != Refusal.Code.CONDITION || host.state.isHeard())
            .isEmpty();
  }

  /**
   * A count of what may have opened a host to some workload; what was only asked does not count.
   */
  long openings() {
    sync();
    return formerOpenings + placer.openings();
  }

  /** While it stays the same, nothing was changed in the books. */
  long changes() {
    return changes;
  }

  /** What is supposed is taken back from the books afterwards: who asks changes nothing. */
  private <T> T supposing(Rehearsal rehearsal, Collection<HostId> hosts, Supplier<T> question) {
    sync();
    Placer its = placer;
    Placer.Supposed begun = its.suppose();
    long before = changes;
    try {
      return question.get();
    } finally {
      staleHosts.addAll(hosts);
      staleWorkloads.addAll(rehearsal.supposed);
      sync();
      its.supposesNoMore(begun, changes == before);
    }
  }

  /** What a registered host has left in every dimension that is limited there. */
  SortedMap<String, Long> freeOn(HostId host) {
    sync();
    return placer.freeOn(host);
  }

  /** How uneven the loads of the hosts are that may be used: their coefficient of variation. */
  double imbalance() {
    sync();
    return Rebalance.imbalance(placer);
  }

  /** Moves that are worth it, each after those before it. */
  List<Move> rebalance(int most, Predicate<WorkloadId> movable) {
    sync();
    Rebalance.Options usual = Rebalance.Options.DEFAULT;
    return Rebalance.propose(
            placer, new Rebalance.Options(usual.threshold(), usual.margin(), most), movable)
        .moves();
  }

  /** What would be chosen if other choices had been made before: for plans. */
  final class Rehearsal {
    private final SortedSet<WorkloadId> supposed = new TreeSet<>();

    private Rehearsal() {}

    Choice choose(WorkloadId workload, Wish wish) {
      return placer.choose(workload, wish);
    }

    /** Whether each of them surely finds a host, whatever order they are placed in. */
    boolean isAmpleFor(Collection<WorkloadId> workloads) {
      return placer.hasAmpleRoom(workloads);
    }

    /** Why it may not go there, its strict partners with it. */
    Optional<Refusal> blockedBy(WorkloadId workload, HostId host) {
      return placer.blockedBy(workload, host).map(refusal -> refusal.at(host));
    }

    /** Whether it may be started there, while its strict partners stay where they are. */
    boolean mayStartOn(WorkloadId workload, HostId host) {
      SortedSet<HostId> bound = placer.partnerHosts(workload);
      return placer.blockedBy(workload, host).isEmpty()
          && (bound.isEmpty() || bound.contains(host));
    }

    SortedSet<WorkloadId> partnersOf(WorkloadId workload) {
      return placer.partnersOf(workload);
    }

    /**
     * What a registered host has left in every dimension that is limited there, less than zero
     * where more than all is taken.
     */
    SortedMap<String, Long> marginOn(HostId host) {
      return placer.marginOn(host);
    }

    /** Whether room is all that can be in its way there, if the host can be used. */
    boolean isFit(WorkloadId workload, HostId host, Wish wish) {
      return placer.unfitFor(workload, host, wish.excluded()).isEmpty();
    }

    /** From now on it takes no room, until the rehearsal is over or it {@link #isOn} a host. */
    void leaves(WorkloadId workload) {
      supposed.add(workload);
      placer.vacate(workload);
    }

    /** From now on it takes the room again that it takes by the books. */
    void isAsItWas(WorkloadId workload) {
      put(workload, state.workloads.get(workload));
    }

    /** From now on it is there, and takes room nowhere else. */
    void isOn(WorkloadId workload, HostId host) {
      supposed.add(workload);
      placer.place(workload, host);
    }

    /** From now on it counts there, too, until the rehearsal is over. */
    void suppose(WorkloadId workload, HostId host) {
      supposed.add(workload);
      placer.reserve(workload, host);
    }
  }

  /** As {@link #rehearse(Consumer)}, and as if nothing were given to this host any more. */
  void rehearse(HostEntry left, Consumer<Rehearsal> plan) {
    Rehearsal rehearsal = new Rehearsal();
    supposing(
        rehearsal,
        List.of(left.id),
        () -> {
          if (placer.hasHost(left.id)) {
            placer.setUnusable(left.id, "is to be empty");
          }
          plan.accept(rehearsal);
          return rehearsal;
        });
  }

  /** What is supposed meanwhile is taken back from the books afterwards. */
  void rehearse(Consumer<Rehearsal> plan) {
    Rehearsal rehearsal = new Rehearsal();
    supposing(
        rehearsal,
        List.of(),
        () -> {
          plan.accept(rehearsal);
          return rehearsal;
        });
  }
}
