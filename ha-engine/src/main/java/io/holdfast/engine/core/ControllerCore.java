package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterStatus;
import io.holdfast.api.Explanation;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.HostUse;
import io.holdfast.api.MaintenancePlan;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.function.ToLongBiFunction;
import java.util.stream.Stream;

/**
 * The controller's pure core: {@link #step} takes one event and gives the effects that follow. One
 * thread at a time; deterministic: equal events in equal order give equal effects.
 *
 * <p>Order of the promises: an effect that cannot be undone ({@link ControllerEffect.AskDevice}
 * with {@code OFF}; a start, which is a host's intent in the store) comes only after its own record
 * was acknowledged by the store under this controller's epoch.
 */
public final class ControllerCore {
  private final ControllerState state;
  private final Detection detection;
  private final Fencing fencing;
  private final Starts starts;
  private final Dependencies dependencies;
  private final Guarding guarding;
  private final Probes probes;
  private final Isolation isolation;
  private final DeviceTests deviceTests;
  private final PowerRestore power;
  private final StorageRestore storage;
  private final LateCuts lateCuts;
  private final Disarming disarming;
  private final Recovery recovery;
  private final Farewells farewells;
  private final Workloads workloads;
  private final Leadership leadership;
  private final Explaining explaining;
  private final StateReader reader;

  /** What changed while the state was being read for the first time: it may have been missed. */
  private final SortedSet<Key> changedWhileReading = new TreeSet<>();

  private boolean resyncAfterReading;

  public ControllerCore(ControllerConfig config) {
    this(config, Optional.empty());
  }

  /**
   * @param costs how the platform compares hosts for a workload, the less the better: a function,
   *     or this core would not be one. There is one if the configuration names one
   * @throws IllegalArgumentException if there is none, or one that has no name
   */
  public ControllerCore(
      ControllerConfig config, Optional<ToLongBiFunction<Workload, HostUse>> costs) {
    state = new ControllerState(config, costs);
    detection = new Detection(state);
    starts = new Starts(state);
    Books books = new Books(state, starts);
    Whereabouts whereabouts = new Whereabouts(state);
    dependencies = new Dependencies(state);
    MoveRequests requests = new MoveRequests(state, books);
    recovery = new Recovery(state, books, starts, whereabouts, dependencies, requests);
    fencing = new Fencing(state, detection);
    guarding = new Guarding(state);
    probes = new Probes(state, fencing.operations());
    isolation = new Isolation(state, detection);
    deviceTests = new DeviceTests(state, fencing.operations());
    power = new PowerRestore(state);
    storage = new StorageRestore(state, detection);
    lateCuts = new LateCuts(state);
    disarming = new Disarming(state, fencing, recovery, starts, books);
    farewells = new Farewells(state, fencing.testimony());
    workloads =
        new Workloads(
            state,
            books,
            starts,
            recovery,
            whereabouts,
            disarming,
            dependencies,
            farewells,
            requests);
    leadership = new Leadership(state, detection);
    reader = new StateReader(state, detection, workloads, books, recovery, dependencies);
    explaining =
        new Explaining(state, detection, fencing, recovery, isolation, workloads, deviceTests);
  }

  /**
   * Takes an event in.
   *
   * @return what is to be done, in order
   */
  public List<ControllerEffect> step(ControllerEvent event) {
    if (leadership.isClosed()) {
      return List.of();
    }
    long ran = state.now;
    state.now = Math.max(state.now, event.now());
    state.preferring.stepBegins();
    boolean late =
        state.timers.next() <= state.now && state.health.late(state.now - state.timers.next());
    if (late || detection.isDeafSince(ran)) {
      leadership.stoodStill();
    }
    dispatch(event);
    clearIfDeposed();
    fireTimers();
    clearIfDeposed();
    settle();
    state.preferring.stepEnds();
    if (state.effects.isEmpty()) {
      return List.of(); // as after most events
    }
    List<ControllerEffect> effects = List.copyOf(state.effects);
    state.effects.clear();
    return effects;
  }

  /**
   * When {@link ControllerEvent.Ticked} is due, in the events' time; never if it is the maximum.
   */
  public long nextWakeup() {
    return leadership.isClosed() ? Long.MAX_VALUE : state.timers.next();
  }

  public boolean isLeading() {
    return state.leading;
  }

  /** What this core knows now. */
  public ClusterStatus status() {
    if (!state.leading) {
      return ClusterStatus.notLeading(leadership.leader(), leadership.reason());
    }
    List<ClusterStatus.HostInfo> hosts = new ArrayList<>();
    shownHosts()
        .forEach(
            host ->
                hosts.add(
                    new ClusterStatus.HostInfo(
                        host.id,
                        host.state,
                        Optional.ofNullable(host.incarnation()),
                        explaining.reasonOf(host))));
    List<ClusterStatus.WorkloadInfo> infos = new ArrayList<>();
    for (WorkloadEntry workload : state.workloads.values()) {
      if (isShown(workload)) {
        infos.add(
            new ClusterStatus.WorkloadInfo(
                workload.id,
                workload.status,
                workload.placement.place(),
                Optional.ofNullable(workload.spec).map(Workload::desired),
                Optional.ofNullable(workload.spec).map(Workload::priority),
                Explaining.reasonOf(workload)));
      }
    }
    return new ClusterStatus(
        true,
        state.epoch,
        leadership.leader(),
        leadership.reason(),
        hosts,
        infos,
        state.admission.status(),
        disarming.status());
  }

  /** Why every host is as it is, in the order of their names. */
  public List<Explanation> explainHosts() {
    return state.leading ? shownHosts().map(explaining::of).toList() : List.of();
  }

  /** Why every protected workload is as it is, in the order of their names. */
  public List<Explanation> explainWorkloads() {
    return state.leading
        ? state.workloads.values().stream()
            .filter(ControllerCore::isShown)
            .map(explaining::of)
            .toList()
        : List.of();
  }

  public Optional<Explanation> explain(HostId host) {
    return Optional.ofNullable(state.hosts.get(host))
        .filter(h -> state.leading)
        .map(explaining::of);
  }

  public Optional<Explanation> explain(WorkloadId workload) {
    return Optional.ofNullable(state.workloads.get(workload))
        .filter(w -> state.leading && isShown(w))
        .map(explaining::of);
  }

  /** What this host's maintenance would do; empty if this core does not lead, or knows no such. */
  public Optional<MaintenancePlan> maintenancePlan(HostId host) {
    return Optional.ofNullable(state.hosts.get(host))
        .filter(h -> state.leading)
        .map(new Evacuation(state)::planOf);
  }

  /**
   * The cluster as the planner sees it; empty if this core does not lead. What is supplied is made
   * on the thread that asks for it, and may throw {@link io.holdfast.api.InvalidConfigException}.
   */
  public Optional<Supplier<ClusterSnapshot>> snapshot() {
    return state.leading ? Optional.of(new Snapshots(state).ofAll()) : Optional.empty();
  }

  private Stream<HostEntry> shownHosts() {
    return state.hosts.values().stream().filter(HostEntry::counts);
  }

  private static boolean isShown(WorkloadEntry workload) {
    return workload.spec != null || !workload.unreadable.isEmpty();
  }

  private void dispatch(ControllerEvent event) {
    if (event instanceof ControllerEvent.LeaseSeen e) {
      detection.seen(e.lease());
    } else if (event instanceof ControllerEvent.LeasesRead e) {
      detection.leasesRead(e);
    } else if (event instanceof ControllerEvent.LeaseChecked e) {
      leaseChecked(e);
    } else if (event instanceof ControllerEvent.Dirtied e) {
      dirtied(e.key());
    } else if (event instanceof ControllerEvent.RecordRead e) {
      recordRead(e);
    } else if (event instanceof ControllerEvent.CommitEnded e) {
      commitEnded(e);
    } else if (event instanceof ControllerEvent.DeviceAnswered e) {
      if (state.leading) {
        deviceAnswered(e);
      }
    } else if (event instanceof ControllerEvent.TieBroken e) {
      if (state.leading) {
        fencing.tieBroken(e);
      }
    } else if (event instanceof ControllerEvent.LifeSeen e) {
      if (state.leading) {
        isolation.answered(e);
      }
    } else if (event instanceof ControllerEvent.StateRead e) {
      stateRead(e);
    } else if (event instanceof ControllerEvent.CampaignEnded e) {
      campaignEnded(e);
    } else if (event instanceof ControllerEvent.PlaceChanged) {
      leadership.campaign();
    } else if (event instanceof ControllerEvent.ConnectionChanged e) {
      connectionChanged(e.connection());
    } else if (event instanceof ControllerEvent.ResyncNeeded) {
      resyncAfterMissing();
    } else if (event instanceof ControllerEvent.CloseRequested) {
      leadership.close();
    } else if (!(event instanceof ControllerEvent.Ticked)) {
      throw new IllegalStateException("not handled: " + event);
    }
  }

  private void deviceAnswered(ControllerEvent.DeviceAnswered event) {
    switch (event.operation()) {
      case OFF -> fencing.operations().answered(event);
      case ON -> {
        if (storage.answered(event)) {
          if (!state.host(event.host()).isCutOff()) {
            workloads.countsAgain(state.host(event.host()));
          }
        } else if (!lateCuts.answered(event)) {
          power.answered(event);
        }
      }
      case STATUS -> {
        if (probes.answered(event)) {
          detection.changed.add(event.host());
        } else {
          deviceTests.answered(event);
        }
      }
    }
  }

  private void fireTimers() {
    for (Optional<TimerKey> due = state.timers.pollDue(state.now);
        due.isPresent();
        due = state.timers.pollDue(state.now)) {
      fire(due.get());
    }
  }

  private void fire(TimerKey timer) {
    switch (timer.kind()) {
      case CAMPAIGN -> leadership.campaign();
      case RESYNC -> compareAgain();
      case REREAD -> readAgain(keyOf(timer.name()));
      case LEASES -> detection.readLeases();
      case SUSPICION -> detection.suspicionDue(state.host(new HostId(timer.name())));
      case SILENCE -> silenceDue(state.host(new HostId(timer.name())));
      case ISOLATION -> isolation.due(state.host(new HostId(timer.name())));
      case FENCE_DEADLINE ->
          fencing.operations().deadlinePassed(state.host(new HostId(timer.name())));
      case FENCE_RETRY -> considerFencing(state.host(new HostId(timer.name())));
      case FENCE_PAUSE -> fencing.pauseOver(state.host(new HostId(timer.name())));
      case LEASE_EXPIRY -> fencing.testimony().considerExpiry(state.host(new HostId(timer.name())));
      case STORAGE_RESTORE -> storage.retryDue(state.host(new HostId(timer.name())));
      case LATE_CUT -> lateCuts.due(state.host(new HostId(timer.name())));
      case POWER_ON_RETRY -> power.retryDue(state.host(new HostId(timer.name())));
      case QUARANTINE -> {
        HostId steady = new HostId(timer.name());
        state.quarantined.remove(steady);
        detection.changed.add(steady);
      }
      case RETURNS -> detection.steadiness.due(state.host(new HostId(timer.name())));
      case DEVICE_TEST -> deviceTests.due(timer.name());
      case GUARD_IDLE -> guarding.idleDue(state.host(new HostId(timer.name())));
      case MOVE_HOLD, STAY -> workloads.touch(WorkloadId.parse(timer.name()));
      case MOVE_AGAIN -> {
        workloads.touch(WorkloadId.parse(timer.name()));
        state.worthPlacing = true; // its partners may wait for it
      }
      case HOST_MEMORY -> workloads.memoryDue(WorkloadId.parse(timer.name()));
      case PLACE_AGAIN -> state.worthPlacing = true;
      case BALANCE_AGAIN -> workloads.balancePauseOver(WorkloadId.parse(timer.name()));
      case BALANCE -> workloads.balanceDue();
      case DISARM -> {
        // What is waited for is looked at in every step.
      }
      case START_HOLD -> starts.holdPassed(timer.name());
    }
  }

  private void considerFencing(HostEntry host) {
    if (host.state == HostState.FENCED && !host.awaitedBy.isEmpty()) {
      fencing.testimony().considerConfirmation(host);
      probes.readAnew(host);
    } else {
      fencing.consider(host);
    }
  }

  private void silenceDue(HostEntry host) {
    detection.silenceDue(host);
    if (leadership.isLeaderHost(host.id)
        && state.connection == Connection.CONNECTED
        && detection.isSilent(host)) {
      detection.check(host);
    }
  }

  private void leaseChecked(ControllerEvent.LeaseChecked event) {
    if (fencing.expiry().checked(event)) {
      return;
    }
    if (detection.checked(event) && leadership.isLeaderHost(event.host())) {
      leadership.leaderIsSilent(event.host());
    }
  }

  /** Follows up on every host that changed, until nothing changes any more. */
  private void settle() {
    if (!state.leading) {
      return;
    }
    int rounds = 0;
    do {
      SortedSet<HostId> changed = detection.takeChanged();
      changed.forEach(id -> hostChanged(state.host(id)));
      workloads.reconcile();
      disarming.settle();
      recovery.takeAwaitedAnew().forEach(id -> considerFencing(state.host(id)));
      if (++rounds > 100) {
        throw new IllegalStateException("does not settle: " + changed);
      }
    } while (!detection.changed.isEmpty() || !state.touched.isEmpty());
    if (state.mayAct() && state.commits.wouldEmit()) {
      state.commits.next(state.epoch, state.nextOp()).ifPresent(state::emit);
    }
  }

  private void hostChanged(HostEntry host) {
    state.room.changed(host);
    workloads.useChanged(host);
    reader.repairIntent(host);
    if (host.state == HostState.SUSPECT) {
      if (!host.isFrozen()) {
        probes.probe(host); // of one that is awaited it is of no use to know that it is off
      }
      detection.silenceDue(host);
    } else if (host.isSilent()) {
      fencing.consider(host);
    } else if (host.state.isHeard()) {
      fencing.heardAgain(host);
    }
    if (host.state == HostState.FENCED) {
      fencing.testimony().considerConfirmation(host);
      workloads.forgetReportOf(host);
    }
    isolation.look(host);
    power.consider(host);
    storage.consider(host);
    lateCuts.consider(host);
    guarding.look(host);
    disarming.look(host);
    farewells.look(host);
    workloads.touchAllOn(host);
    state.worthPlacing = true;
  }

  // Records

  private void dirtied(Key key) {
    boolean others = ControllerState.isFollowed(key.table());
    if (others && leadership.isReading()) {
      changedWhileReading.add(key);
    } else if (state.leading && others) {
      state.policyUnread |= key.equals(StateRecord.ClusterConfig.KEY);
      OpId op = state.nextOp();
      state.reads.asked(key, op);
      state.emit(new ControllerEffect.ReadRecord(op, key));
    }
  }

  private void recordRead(ControllerEvent.RecordRead event) {
    boolean isKnown = event.outcome().isDone();
    if (!state.leading || !state.reads.answered(event.key(), event.op(), isKnown)) {
      return;
    }
    if (event.outcome() instanceof Outcome.Done<Optional<StateRecord>> done) {
      state.cancel(TimerKind.REREAD, event.key().toString());
      state.policyUnread &= !event.key().equals(StateRecord.ClusterConfig.KEY);
      if (done.value().isPresent()) {
        reader.take(done.value().get());
        taken(done.value().get());
      } else {
        reader.gone(event.key());
      }
      return;
    }
    state.timer(
        TimerKind.REREAD,
        event.key().toString(),
        state.now + state.timings().renewInterval().toNanos());
  }

  private void taken(StateRecord record) {
    if (record instanceof HostReport report) {
      HostEntry host = state.host(report.host());
      guarding.look(host);
      disarming.look(host);
      farewells.look(host);
      storage.consider(host);
      lateCuts.consider(host);
    }
  }

  private static Key keyOf(String text) {
    int slash = text.indexOf('/');
    return new Key(Table.valueOf(text.substring(0, slash)), text.substring(slash + 1));
  }

  private void readAgain(Key key) {
    if (!givesUpReading()) {
      dirtied(key);
    }
  }

  private void compareAgain() {
    if (!givesUpReading()) {
      resync();
    }
  }

  /** never stuck: a controller that is told nothing any more leaves it to another. */
  private boolean givesUpReading() {
    boolean hopeless = state.leading && state.reads.areHopeless();
    if (hopeless) {
      state.emit(new ControllerEffect.Resign());
      leadership.standDown("the store has not answered what it was asked", true);
    }
    return hopeless;
  }

  private void resyncAfterMissing() {
    if (state.leading) {
      state.reads.missed();
    }
    resync();
  }

  private void resync() {
    if (state.leading) {
      scheduleResync();
      if (state.reads.wantComparison()) {
        OpId op = state.nextOp();
        state.reads.askedForAll(op);
        state.emit(new ControllerEffect.ReadState(op));
      }
    } else if (leadership.isReading()) {
      resyncAfterReading = true;
    }
  }

  private void scheduleResync() {
    state.timer(TimerKind.RESYNC, "state", state.now + state.timings().resyncInterval().toNanos());
  }

  private void stateRead(ControllerEvent.StateRead event) {
    boolean first = leadership.isReading(event.op());
    boolean latest = state.reads.answeredAll(event.op(), event.outcome().isDone());
    if (!first && (!state.leading || !latest)) {
      return;
    }
    if (!(event.outcome() instanceof Outcome.Done<List<StateRecord>> done)) {
      if (first) {
        leadership.readFailed("the state could not be read: " + event.outcome());
      } else {
        state.timer(
            TimerKind.RESYNC, "state", state.now + state.timings().renewInterval().toNanos());
      }
      return;
    }
    if (first) {
      leadership.begin();
      reader.load(done.value());
      fencing.begin();
      deviceTests.begin();
      scheduleResync();
      catchUp();
    } else {
      reader.compare(done.value());
      done.value().forEach(this::taken);
      state.admission.look();
      if (state.reads.takeOnceMore()) {
        resync();
      }
    }
  }

  private void catchUp() {
    if (resyncAfterReading) {
      state.reads.missedBefore();
      resync();
    }
    changedWhileReading.forEach(this::dirtied);
    changedWhileReading.clear();
    state.reads.areOverdue();
    resyncAfterReading = false;
  }

  // Commits

  private void commitEnded(ControllerEvent.CommitEnded event) {
    Optional<ControllerEffect.Commit> commit = state.commits.complete(event.op());
    if (commit.isEmpty() || !state.leading) {
      return;
    }
    if (event.outcome() instanceof Outcome.Failed<Ack> failed
        && failed.cause() == Outcome.Cause.TOO_LARGE) {
      if (!state.commits.split(commit.get())) {
        String record = commit.get().changes().get(0).key().toString();
        state.publish(new HaEvent.Alarm(record, "is not written: " + failed.detail()));
      }
      return;
    }
    if (!(event.outcome() instanceof Outcome.Done<Ack>)) {
      // Unknown is not failure: the truth is in the store, and is read anew under a new epoch.
      state.emit(new ControllerEffect.Resign());
      leadership.standDown("a write was not acknowledged: " + describe(event.outcome()), true);
      return;
    }
    for (ControllerEffect.Change change : commit.get().changes()) {
      if (change.value().isPresent() && change.value().get() instanceof FenceRecord fence) {
        fencing.operations().intentStored(fence);
        evidenceStored(fence);
      } else if (change.value().isPresent() && change.value().get() instanceof HostIntent intent) {
        starts.intentStored(intent);
      }
    }
  }

  private void evidenceStored(FenceRecord fence) {
    HostEntry host = state.host(fence.host());
    host.fenceStored = fence.equals(host.fence);
    power.consider(host);
    storage.consider(host);
  }

  private static String describe(Outcome<Ack> outcome) {
    if (outcome instanceof Outcome.Failed<Ack> failed) {
      return failed.cause() + " " + failed.detail();
    }
    return outcome instanceof Outcome.Unknown<Ack> unknown ? unknown.detail() : "";
  }

  private void campaignEnded(ControllerEvent.CampaignEnded event) {
    boolean stoodStill = state.stoodStill;
    leadership.campaignEnded(event);
    if (stoodStill && state.mayAct()) {
      allHostsChanged(); // whatever waited for that
    }
  }

  private void allHostsChanged() {
    detection.changed.addAll(state.hosts.keySet());
  }

  private void connectionChanged(Connection connection) {
    if (connection == Connection.CONNECTED && state.connection != Connection.CONNECTED) {
      detection.connected();
    }
    leadership.connectionChanged(connection);
    if (connection == Connection.CONNECTED) {
      detection.readLeases();
    }
    if (connection == Connection.CONNECTED && state.leading) {
      state.reads.missedBefore();
      resync();
      allHostsChanged();
    } else if (connection == Connection.CONNECTED && leadership.isReading()) {
      resyncAfterReading = true;
    }
  }

  /** A core that does not lead holds nothing but what it saw of the leases. */
  private void clearIfDeposed() {
    if (state.leading || !reader.isLoaded()) {
      return;
    }
    reader.reset();
    state.reads.reset();
    detection.reset();
    fencing.reset();
    probes.reset();
    isolation.reset();
    deviceTests.reset();
    power.reset();
    storage.reset();
    lateCuts.reset();
    recovery.reset();
    starts.reset();
    dependencies.reset();
    state.worthPlacing = false;
    workloads.reset();
    state.commits.clear();
    state.workloads.clear();
    state.moving.clear();
    disarming.reset();
    state.rules.clear();
    state.registered.clear();
    state.joining.clear();
    state.policy = ClusterPolicy.DEFAULT;
    state.policyUnread = false;
    state.policyUnreadable = false;
    state.room.reset();
    state.preferring.reset();
    state.admission.reset();
    for (HostEntry host : state.hosts.values()) {
      host.forgetRecords();
    }
  }
}
