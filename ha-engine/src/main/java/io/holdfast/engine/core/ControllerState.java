package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.HostUse;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.OpId;
import io.holdfast.api.Rule;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/** The state that the parts of the controller's core share. Confined to the core. */
final class ControllerState {

  /** What a deadline is for. */
  enum TimerKind {
    CAMPAIGN,
    RESYNC,
    REREAD,
    LEASES,
    SUSPICION,
    SILENCE,
    ISOLATION,
    FENCE_DEADLINE,
    FENCE_RETRY,
    FENCE_PAUSE,
    LEASE_EXPIRY,
    POWER_ON_RETRY,
    STORAGE_RESTORE,
    LATE_CUT,
    DEVICE_TEST,
    QUARANTINE,
    RETURNS,
    GUARD_IDLE,
    START_HOLD,
    MOVE_HOLD,
    MOVE_AGAIN,
    STAY,
    HOST_MEMORY,
    PLACE_AGAIN,
    BALANCE_AGAIN,
    BALANCE,
    DISARM
  }

  record TimerKey(TimerKind kind, String name) implements Comparable<TimerKey> {
    @Override
    public int compareTo(TimerKey other) {
      int byKind = kind.compareTo(other.kind);
      return byKind != 0 ? byKind : name.compareTo(other.name);
    }
  }

  final ControllerConfig config;
  final SortedMap<HostId, HostEntry> hosts = new TreeMap<>();
  final SortedMap<WorkloadId, WorkloadEntry> workloads = new TreeMap<>();

  /** What the cluster does where there is a choice. */
  ClusterPolicy policy = ClusterPolicy.DEFAULT;

  /** The placement rules by their names. */
  final SortedMap<String, Rule> rules = new TreeMap<>();

  /** Workloads that something was done to: they are looked at in this step. */
  final SortedSet<WorkloadId> touched = new TreeSet<>();

  /** Workloads with a move that is not settled. */
  final SortedSet<WorkloadId> moving = new TreeSet<>();

  /**
   * Whether the policy in the store is newer than {@link #policy}: no move begins before it is
   * read.
   */
  boolean policyUnread;

  /**
   * Whether the policy cannot be read, and never could be by this controller: it may ask for
   * anything, that nothing be touched among it, so nothing is decided.
   */
  boolean policyUnreadable;

  /** Whether nothing is decided now, as the policy asked: see {@link Disarming}. */
  boolean disarmed;

  /** Since when the policy asks for that, the maximum while it does not. */
  long disarmWantedSince = Long.MAX_VALUE;

  /** Whether it asked for that before this controller led: then it recovers nothing either. */
  boolean disarmInherited;

  final Preferring preferring;
  final Room room;
  final AdmissionControl admission = new AdmissionControl(this);
  final Timers<TimerKey> timers = new Timers<>();
  final CommitQueue commits = new CommitQueue();
  final OpenReads reads = new OpenReads(this);
  final List<ControllerEffect> effects = new ArrayList<>();

  final SelfHealth health = new SelfHealth(this);

  /** Hosts that are suspected, or worse, and not known to be down. */
  final SortedSet<HostId> silent = new TreeSet<>();

  /** Registered hosts that have not been heard yet. */
  final SortedSet<HostId> joining = new TreeSet<>();

  /** What {@link #counts} keeps. */
  final SortedSet<HostId> registered = new TreeSet<>();

  /** Hosts that come and go. */
  final SortedSet<HostId> quarantined = new TreeSet<>();

  long now = Long.MIN_VALUE;
  boolean leading;

  /** It was stopped, or starved, and the store has not confirmed since that it leads. */
  boolean stoodStill;

  long leadingSince = Long.MIN_VALUE / 2;

  /** Set when something changed that may let a waiting workload start. */
  boolean worthPlacing;

  Epoch epoch = Epoch.NONE;
  Connection connection = Connection.SUSPENDED;
  private long sequence;

  ControllerState(ControllerConfig config) {
    this(config, Optional.empty());
  }

  /**
   * @param costs how the platform compares hosts, where it does
   */
  ControllerState(ControllerConfig config, Optional<ToLongBiFunction<Workload, HostUse>> costs) {
    this.config = config;
    this.preferring = new Preferring(this, costs);
    this.room = new Room(this);
  }

  Timings timings() {
    return config.timings();
  }

  /** Operations of one core are never numbered twice, whatever its epoch. */
  OpId nextOp() {
    return new OpId(epoch.value(), ++sequence);
  }

  HostEntry host(HostId id) {
    HostEntry known = hosts.get(id);
    if (known != null) {
      return known;
    }
    HostEntry host = new HostEntry(id, () -> policy.shutdown());
    hosts.put(id, host);
    return host;
  }

  /** Whether it is registered, and its registration can be read. */
  boolean isRegistered(HostId id) {
    HostEntry host = hosts.get(id);
    return host != null && host.config != null;
  }

  /** Why nothing that is not there already may be given to a host now. */
  Optional<String> whyNotUsable(HostEntry host) {
    return host.whyNotUsable()
        .or(() -> quarantined.contains(host.id) ? Optional.of(Flapping.WHY) : Optional.empty());
  }

  WorkloadEntry workload(WorkloadId id) {
    WorkloadEntry known = workloads.get(id);
    if (known != null) {
      return known;
    }
    WorkloadEntry workload = new WorkloadEntry(id);
    workloads.put(id, workload);
    return workload;
  }

  /** Names in the store may be anybody's. */
  static Optional<HostId> hostNamed(String name) {
    try {
      return Optional.of(new HostId(name));
    } catch (InvalidConfigException e) {
      return Optional.empty(); // not the name of a host of ours
    }
  }

  /** A host was registered or is not any more, fell silent or was heard. */
  void counts(HostEntry host) {
    change(registered, host.id, host.isRegistered());
    change(silent, host.id, host.isRegistered() && host.isSuspectOrSilent());
    comesUp(host);
  }

  /** A host is heard for the first time, or is not heard yet. */
  void comesUp(HostEntry host) {
    change(joining, host.id, host.isRegistered() && host.state == HostState.JOINING);
  }

  /** Until then hosts may be on their way up together with this controller. */
  long startsSettled() {
    return leadingSince + timings().silence().toNanos();
  }

  /**
   * A host that may be on its way up: a cluster that has just been switched on comes up host by
   * host.
   */
  Optional<HostId> comingUp() {
    return now < startsSettled() ? joining.stream().findFirst() : Optional.empty();
  }

  private static void change(SortedSet<HostId> set, HostId host, boolean in) {
    if (in) {
      set.add(host);
    } else {
      set.remove(host);
    }
  }

  void emit(ControllerEffect effect) {
    effects.add(effect);
  }

  void publish(HaEvent event) {
    effects.add(new ControllerEffect.Publish(event));
  }

  void timer(TimerKind kind, String name, long at) {
    timers.set(new TimerKey(kind, name), at);
  }

  /** One that is due earlier stays: whoever is woken by it looks what is due, and sets it anew. */
  void timerAtLatest(TimerKind kind, String name, long at) {
    timers.setAtLatest(new TimerKey(kind, name), at);
  }

  /** One that is due between the two stays; any other is set to the later of them. */
  void timerBetween(TimerKind kind, String name, long earliest, long latest) {
    timers.setBetween(new TimerKey(kind, name), earliest, latest);
  }

  void cancel(TimerKind kind, String name) {
    timers.cancel(new TimerKey(kind, name));
  }

  /** Whether nothing new is begun: the cluster is disarmed, or is to be. */
  boolean holdsStill() {
    return disarmed || policy.disarmed().isPresent();
  }

  /** Whether decisions may be made and carried out now. */
  boolean mayAct() {
    return leading && connection == Connection.CONNECTED && !stoodStill && !policyUnreadable;
  }

  /** What is waited for where {@link #mayAct} says no. */
  Wait toAct() {
    return policyUnreadable ? Wait.FOR_THE_POLICY : Wait.FOR_THE_STORE;
  }

  /** Whether others write this table and the core is told of its changes. */
  static boolean isFollowed(Table table) {
    return switch (table) {
      case HOST, WORKLOAD, REPORT, CLUSTER, RULE, DIRECTIVE, REQUEST -> true;
      case DEFINITION, PLACEMENT, INTENT, FENCE -> false;
    };
  }

  /** Writes what is known of a host's fence: nobody acts on it before it is stored. */
  void writeFence(HostEntry host, FenceRecord record) {
    host.fence = record;
    host.fenceStored = false;
    commits.put(record);
  }

  /** Writes a host's intent with other entries, as a new generation. */
  void writeIntent(HostEntry host, SortedMap<WorkloadId, HostIntent.Entry> entries) {
    writeIntent(host, host.look(), entries);
  }

  /**
   * Has a host read anew what it runs. Its incarnation ends the question: the next one counts from
   * zero.
   *
   * @return what {@link HostEntry#hasLooked} is to be asked for
   */
  long askToLook(HostEntry host) {
    if (host.intentUnreadable) {
      return Long.MAX_VALUE;
    }
    writeIntent(host, host.look() + 1, intentOf(host));
    return host.look();
  }

  private void writeIntent(
      HostEntry host, long look, SortedMap<WorkloadId, HostIntent.Entry> entries) {
    if (host.intentUnreadable) {
      return; // what it has been told is not known: it is kept as it is
    }
    if (host.lease == null) {
      throw new IllegalStateException("no incarnation to address: " + host.id);
    }
    long generation = host.intent == null ? 1 : host.intent.generation() + 1;
    host.intent =
        new HostIntent(
            host.id,
            host.lease.incarnation(),
            epoch,
            generation,
            host.guard(),
            look,
            policy.startsPerHost(),
            host.parting(),
            disarmed,
            entries);
    commits.put(host.intent);
  }

  /** Takes an order back, whoever it was addressed to and whether or not that one is heard. */
  void withdraw(HostEntry host, WorkloadId workload) {
    HostIntent intent = host.intent;
    if (intent != null && !host.intentUnreadable && intent.entries().containsKey(workload)) {
      SortedMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>(intent.entries());
      entries.remove(workload);
      host.intent =
          new HostIntent(
              host.id,
              intent.incarnation(),
              epoch,
              intent.generation() + 1,
              intent.guard(),
              intent.look(),
              intent.startsAtOnce(),
              intent.parting(),
              disarmed,
              entries);
      commits.put(host.intent);
    }
  }

  /** A copy of the entries that a host's present incarnation has been given. */
  SortedMap<WorkloadId, HostIntent.Entry> intentOf(HostEntry host) {
    return new TreeMap<>(givenTo(host));
  }

  /** What a host's present incarnation has been given for one workload; null if nothing. */
  HostIntent.@Nullable Entry orderGiven(HostEntry host, WorkloadId workload) {
    return givenTo(host).get(workload);
  }

  private static SortedMap<WorkloadId, HostIntent.Entry> givenTo(HostEntry host) {
    HostIntent intent = host.intent;
    return intent == null || !intent.incarnation().equals(host.incarnation())
        ? Collections.emptySortedMap()
        : intent.entries();
  }
}
