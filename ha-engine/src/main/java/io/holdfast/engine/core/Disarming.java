package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterStatus.DisarmInfo;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Action;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Takes the cluster out of service, as its policy says, and into it again. Once that is wanted,
 * nothing new is begun, and what is under way (a fence operation, the start of what was lost
 * before, a move) is waited for, each for a while. Then nothing is decided any more, and every host
 * is told so and to release its watchdog; a host that falls silent meanwhile is not fenced. That it
 * is in force stands in the hosts' intents, so another controller knows it from the beginning.
 *
 * <p>never two: while it is in force people may start, stop and move workloads by hand. So what the
 * books say of them counts no more when the cluster is armed: see {@link Books#askAnew}.
 */
final class Disarming {
  private final ControllerState state;
  private final Fencing fencing;
  private final Recovery recovery;
  private final Starts starts;
  private final Books books;

  /** Hosts that have not yet said that their watchdogs are released. */
  private final SortedSet<HostId> guarded = new TreeSet<>();

  Disarming(ControllerState state, Fencing fencing, Recovery recovery, Starts starts, Books books) {
    this.state = state;
    this.fencing = fencing;
    this.recovery = recovery;
    this.starts = starts;
    this.books = books;
  }

  void reset() {
    guarded.clear();
    state.disarmed = false;
    state.disarmInherited = false;
    state.disarmWantedSince = Long.MAX_VALUE;
  }

  /** Whether the policy asks for it, whether or not it has come to that. */
  static boolean isWanted(ControllerState state) {
    return state.policy.disarmed().isPresent();
  }

  /**
   * Whether one without a host may be given to one: what was lost, or stopped to be moved or for
   * another.
   */
  static boolean mayBePlaced(ControllerState state, WorkloadEntry workload) {
    return !state.holdsStill()
        || workload.placement.move().isPresent()
        || isRecovered(state, workload)
        || (!Evictions.why(workload).isEmpty() && state.now < untilOf(state, workload));
  }

  /** A controller that finds the disarm wanted when it begins recovers nothing. */
  private static boolean isRecovered(ControllerState state, WorkloadEntry workload) {
    return !state.disarmInherited
        && workload.status == WorkloadStatus.RECOVERING
        && state.now < untilOf(state, workload);
  }

  /** Follows the policy as soon as that is possible. */
  void settle() {
    boolean wanted = isWanted(state);
    boolean wasWanted = state.disarmWantedSince != Long.MAX_VALUE;
    if (wanted && !wasWanted) {
      state.disarmWantedSince = state.now;
      state.touched.addAll(state.moving);
    } else if (!wanted && wasWanted) {
      state.disarmWantedSince = Long.MAX_VALUE;
      state.disarmInherited = false;
      goOn();
    }
    if (wanted == state.disarmed || !state.mayAct()) {
      return;
    }
    if (!wanted) {
      arm();
    } else if (mayBegin()) {
      disarm();
    }
  }

  private boolean mayBegin() {
    List<Wait> waits = underWay();
    waits.stream()
        .mapToLong(Wait::until)
        .filter(until -> until != Wait.OPEN)
        .min()
        .ifPresent(until -> state.timer(TimerKind.DISARM, "cluster", until));
    return waits.isEmpty();
  }

  private void disarm() {
    state.disarmed = true;
    state.hosts.values().forEach(this::order);
    state.touched.addAll(state.workloads.keySet());
    tellIfReleased();
  }

  /** never two: every workload is asked for anew, in the same commit or before, see CommitQueue. */
  private void arm() {
    state.disarmed = false;
    guarded.clear();
    for (WorkloadEntry workload : state.workloads.values()) {
      Workload spec = workload.spec;
      if (spec != null
          && workload.unreadable.isEmpty()
          && WorkloadFacts.wishOf(workload) != WorkloadTable.Wish.FORGET) {
        books.askAnew(workload, spec, hasLeft(workload));
      }
    }
    state.hosts.values().forEach(this::order);
    goOn();
  }

  /** Its host says so of the order in force, and does nothing about it. */
  private boolean hasLeft(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return facts.stand() == Stand.PRESENT && facts.entry().condition() == Condition.GONE;
  }

  /** Whatever was left undone is looked at. */
  private void goOn() {
    state.cancel(TimerKind.DISARM, "cluster");
    state.touched.addAll(state.workloads.keySet());
    state.worthPlacing = true;
    state.hosts.values().stream().filter(HostEntry::isSilent).forEach(fencing::consider);
  }

  /** A host joined or reported. */
  void look(HostEntry host) {
    if (!state.disarmed) {
      return;
    }
    if (host.isToldToGuard() || !isTold(host)) {
      order(host);
    }
    boolean released = host.report != null && host.report.guarded().isEmpty();
    if ((released || !host.state.isHeard()) && guarded.remove(host.id)) {
      tellIfReleased();
    }
  }

  private static boolean isTold(HostEntry host) {
    HostIntent intent = host.intent;
    return intent != null && intent.disarmed() && intent.incarnation().equals(host.incarnation());
  }

  private void order(HostEntry host) {
    host.guardWanted = state.disarmed ? GuardOrder.RELEASED : GuardOrder.REQUIRED;
    HostIntent intent = host.intent;
    if (host.intentUnreadable) {
      return;
    }
    if (host.lease == null) {
      // Not seen alive, and it may be: what it was told last holds no more.
      if (intent != null && !state.disarmed) {
        host.intent = intent.inService(state.epoch);
        state.commits.put(host.intent);
      }
      return;
    }
    state.writeIntent(host, state.intentOf(host));
    boolean armed = host.report != null && host.report.guarded().isPresent();
    if (state.disarmed && armed && host.state.isHeard()) {
      guarded.add(host.id);
    }
  }

  private void tellIfReleased() {
    if (guarded.isEmpty()) {
      state.publish(
          new HaEvent.Alarm("cluster", "fully disarmed: no host has its watchdog armed any more"));
    }
  }

  // What is under way

  /** never stuck: what is ended before the cluster is disarmed, and until when it is waited for. */
  private List<Wait> underWay() {
    List<Wait> waits = new ArrayList<>();
    for (HostId id : fencing.operations().underWay()) {
      // A few deadlines, one for each level; no further attempt follows.
      waits.addAll(fencing.operations().waitsOf(state.host(id)));
    }
    for (HostEntry host : state.hosts.values()) {
      expiryOf(host).ifPresent(waits::add);
    }
    state.moving.forEach(id -> addIfOpen(waits, state.workload(id)));
    starts.underWay().forEach(id -> addIfOpen(waits, state.workload(id)));
    state.toldToStop.keySet().stream()
        .map(state::workload)
        .filter(one -> Evictions.isBeingStopped(one.placement))
        .forEach(one -> addIfOpen(waits, one));
    if (!state.disarmInherited) {
      recovery.recovering().forEach(id -> addIfOpen(waits, state.workload(id)));
    }
    return waits;
  }

  /**
   * Who was lost before keeps the watchdog that is about to have reset it: told to release it, the
   * host would prove nothing any more.
   */
  private Optional<Wait> expiryOf(HostEntry host) {
    if (!host.isSilent() || !Homes.isDependedOn(state, host)) {
      return Optional.empty();
    }
    long patience = state.timings().silence().multipliedBy(2).toNanos();
    return fencing
        .expiry()
        .claimOn(host)
        .filter(LeaseExpiry.Claim::watchdog)
        .map(claim -> Math.max(claim.at(), state.disarmWantedSince) + patience)
        .filter(until -> until > state.now)
        .map(until -> new Wait(Kind.EXPIRY, host.id.value(), until));
  }

  private void addIfOpen(List<Wait> waits, WorkloadEntry workload) {
    long until = untilOf(state, workload);
    if (until > state.now) {
      waits.add(new Wait(Kind.ACTION, workload.id.toString(), until));
    }
  }

  /** How long its move, its start, or its stop for another is waited for. */
  private static long untilOf(ControllerState state, WorkloadEntry workload) {
    long since = Math.min(state.disarmWantedSince, state.now);
    Duration most = ControllerConfig.MOVE_HOLD;
    if (workload.spec != null) {
      WorkloadPolicy policy = workload.spec.policy();
      boolean live = Moves.isUnsettled(workload);
      boolean stops = Moves.isLeavingCold(workload) || !Evictions.why(workload).isEmpty();
      most = most.plus(live ? policy.migrateTimeout() : policy.startTimeout());
      most = stops ? most.plus(policy.stopTimeout()) : most;
    }
    return since + most.toNanos();
  }

  // Workloads

  /** Whether a workload is left as it is because of this. */
  boolean leavesAlone(WorkloadEntry workload, WorkloadFacts facts) {
    if (!state.disarmed) {
      return false;
    }
    boolean freeze = state.policy.disarmed().filter(DisarmMode.FREEZE::equals).isPresent();
    if (freeze) {
      books.become(
          workload,
          WorkloadStatus.FROZEN,
          "the cluster is disarmed: kept as it is until it is armed");
    } else {
      // What had been begun may be seen to have come to its end only now.
      boolean began = workload.status == WorkloadStatus.STARTING && facts.isSeenRunning();
      books.become(
          workload,
          began ? WorkloadStatus.STARTED : workload.status,
          "the cluster is disarmed: left alone until it is armed");
    }
    return true;
  }

  /** Whether this is not begun any more, because the cluster is about to be disarmed. */
  boolean holdsBack(WorkloadEntry workload, Action action, WorkloadFacts facts) {
    if (!isWanted(state)) {
      return false;
    }
    boolean goesOn =
        switch (action) {
          case RELEASE, REST, DROP, FIND -> true; // what has ended, or gone, is written down
          case NOTHING -> facts.owner().isPresent() || workload.seenOn.isEmpty();
          case PLACE -> mayBePlaced(state, workload);
          case RECOVER -> !state.disarmInherited;
          case RELOCATE, ORDER_RUN, ORDER_STOP -> false;
        };
    if (!goesOn) {
      books.become(
          workload,
          workload.status,
          "the cluster is about to be disarmed: left as it is until it is armed",
          Wait.UNTIL_ARMED);
    }
    return !goesOn;
  }

  // For people

  /** How far it is, empty while nobody wants it. */
  Optional<DisarmInfo> status() {
    return state
        .policy
        .disarmed()
        .map(
            mode ->
                new DisarmInfo(
                    mode,
                    state.disarmed,
                    waits().stream().distinct().map(wait -> wait.at(state.now)).toList()));
  }

  private List<Wait> waits() {
    if (!state.disarmed) {
      List<Wait> waits = underWay();
      if (!state.mayAct()) {
        waits.add(state.toAct());
      }
      return waits;
    }
    List<Wait> waits = new ArrayList<>();
    for (HostEntry host : state.hosts.values()) {
      boolean follows = isTold(host) && host.hasAnsweredIntent();
      if (host.isRegistered() && host.state.isHeard() && !follows) {
        waits.add(Wait.of(Kind.BEGIN, host.id));
      }
    }
    guarded.forEach(host -> waits.add(Wait.of(Kind.BEGIN, host)));
    return waits;
  }
}
