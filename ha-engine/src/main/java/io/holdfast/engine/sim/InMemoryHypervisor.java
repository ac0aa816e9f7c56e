package io.holdfast.engine.sim;

import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A hypervisor on one host of a {@link PhysicalWorld}. It has no threads and no clock: calls answer
 * at once, whatever their time-out, and events are handed to the executor given at construction.
 * Safe for use by several threads; driven by one, it does the same in every run.
 *
 * <p>A definition it accepts is the one {@link #definitionOf} gives. While its host has no power or
 * has crashed, every call answers {@code Unknown} and nobody is told anything: a power cut is
 * silent. The simulator ends the subscriptions of a process that died with its host.
 *
 * <p>Workloads migrate to every host of the world that has a hypervisor of their kind. {@link
 * #migrate} takes no time; one that does is begun by {@link #beginMigration} and ended by {@code
 * migrate}, or by {@link PhysicalWorld#completeMigration} when nobody waits for it any more.
 */
public final class InMemoryHypervisor implements Hypervisor {

  /** What happens to a start instead of succeeding. */
  public enum StartFault {
    /** It fails; nothing runs. */
    FAILED,
    /** The answer is lost; the workload runs. */
    UNKNOWN_APPLIED,
    /** The answer is lost; the workload does not run. */
    UNKNOWN_NOT_APPLIED
  }

  /** What happens to a migration instead of succeeding. */
  public enum MigrationFault {
    /** It fails; the workload goes on here. */
    FAILED,
    /** The answer is lost; it runs at the target. */
    UNKNOWN_APPLIED,
    /** The answer is lost; it goes on here. */
    UNKNOWN_NOT_APPLIED,
    /** The answer is lost; it is still under way, and the death of this host would end it. */
    LATE,
    /** The answer is lost; this host has let go, and its death would change nothing. */
    HANDED_OVER
  }

  private static final String DEFINES = "workload ";

  private final PhysicalWorld world;
  private final HostId host;
  private final SortedSet<String> kinds;
  private final Executor events;
  private final List<Feed> feeds = new CopyOnWriteArrayList<>();

  private final Migrations.Resident resident = new Residence();

  // All below is guarded by the world's lock: a migration is one step on two hosts.
  private final Map<WorkloadId, Deque<StartFault>> startFaults = new TreeMap<>();
  private final Map<WorkloadId, Deque<MigrationFault>> migrationFaults = new TreeMap<>();
  private final SortedSet<WorkloadId> toDelay = new TreeSet<>();

  /** Starts that nobody waits for, each with the boot under which it was begun. */
  private final SortedMap<WorkloadId, Long> late = new TreeMap<>();

  private final SortedSet<WorkloadId> paused = new TreeSet<>();
  private final SortedSet<WorkloadId> panicked = new TreeSet<>();
  private final SortedSet<WorkloadId> deaf = new TreeSet<>();
  private final SortedSet<WorkloadId> unendable = new TreeSet<>();
  private @Nullable String unreachable;
  private boolean lockspace;
  private boolean closed;

  /**
   * A hypervisor that can be reached and has no faults.
   *
   * @param host exists in the world
   * @param kinds not empty
   * @param events runs what it is given one task at a time and in order, and not before {@code
   *     execute} has returned if listeners are not to be called from within the call that causes
   *     the event
   */
  public InMemoryHypervisor(PhysicalWorld world, HostId host, Set<String> kinds, Executor events) {
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException("no kinds");
    }
    this.world = world;
    this.host = host;
    this.kinds = Collections.unmodifiableSortedSet(new TreeSet<>(kinds));
    this.events = events;
    world.migrations().moveIn(host, resident);
  }

  /** A definition of the workload that this implementation can start. */
  public static Definition definitionOf(WorkloadId workload) {
    return new Definition(DEFINES + workload);
  }

  @Override
  public Set<String> kinds() {
    return kinds;
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.STOP_REASONS, Capability.GRACEFUL_STOP, Capability.LIVE_MIGRATION);
  }

  @Override
  public Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    synchronized (world) {
      String silence = silence();
      if (silence != null) {
        return Outcome.unknown(silence);
      }
      SortedMap<WorkloadId, RunState> inventory = new TreeMap<>();
      for (WorkloadId workload : world.copiesOn(host)) {
        if (kinds.contains(workload.kind())) {
          inventory.put(workload, stateOf(workload));
        }
      }
      for (WorkloadId workload : world.migrations().heldFor(host)) {
        if (kinds.contains(workload.kind())) {
          inventory.put(
              workload,
              world.migrations().isArriving(workload, host) ? RunState.PAUSED : RunState.MIGRATING);
        }
      }
      return Outcome.done(Collections.unmodifiableSortedMap(inventory));
    }
  }

  @Override
  public Outcome<Ack> start(WorkloadId workload, Definition definition, Duration timeout) {
    synchronized (world) {
      if (!kinds.contains(workload.kind())) {
        return foreign(workload);
      }
      if (!definition.equals(definitionOf(workload))) {
        return Outcome.failed(Cause.INVALID, "the definition is not one of " + workload);
      }
      String silence = silence();
      if (silence != null) {
        return Outcome.unknown(silence);
      }
      if (panicked.contains(workload)) {
        return Outcome.unknown(workload + " is here and does not execute: " + RunState.CRASHED);
      }
      if (runs(workload)) {
        return Outcome.ok();
      }
      if (world.migrations().heldFor(host).contains(workload)) {
        return Outcome.unknown(workload + " is being migrated");
      }
      if (!world.hasStorage(host)) {
        return withoutStorage();
      }
      if (toDelay.remove(workload)) {
        late.put(workload, world.boots(host));
        return Outcome.unknown("no answer yet to the start of " + workload + " on " + host);
      }
      StartFault fault = next(startFaults, workload);
      if (fault == StartFault.FAILED) {
        return Outcome.failed(Cause.ERROR, "start of " + workload + " on " + host + " failed");
      }
      if (fault == StartFault.UNKNOWN_NOT_APPLIED) {
        return Outcome.unknown("no answer to the start of " + workload + " on " + host);
      }
      Outcome<Ack> begun = begin(workload, lockspace);
      return fault == StartFault.UNKNOWN_APPLIED && begun.isDone()
          ? Outcome.unknown("no answer to the start of " + workload + " on " + host)
          : begun;
    }
  }

  @Override
  public Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    synchronized (world) {
      if (deaf.contains(workload) && silence() == null && runs(workload)) {
        return Outcome.unknown(workload + " still runs after " + timeout);
      }
      return end(workload, StopReason.GUEST_SHUTDOWN);
    }
  }

  @Override
  public Outcome<Ack> destroy(WorkloadId workload, Duration timeout) {
    synchronized (world) {
      return end(workload, StopReason.DESTROYED);
    }
  }

  @Override
  public Subscription subscribe(EventListener listener) {
    synchronized (world) {
      Feed feed = new Feed(listener);
      if (!closed) {
        feeds.add(feed);
      }
      return () -> {
        feeds.remove(feed);
        feed.close();
      };
    }
  }

  /** Ends every subscription. What runs keeps running; calls answer {@code Unknown} from now on. */
  @Override
  public void close() {
    synchronized (world) {
      closed = true;
      world.migrations().moveOut(host, resident);
    }
    // Not under the lock: a listener that is being called may be calling this hypervisor.
    feeds.forEach(Feed::close);
    feeds.clear();
  }

  @Override
  public Outcome<Ack> migrate(WorkloadId workload, HostId target, Duration timeout) {
    if (!kinds.contains(workload.kind())) {
      return foreign(workload);
    }
    synchronized (world) {
      String silence = silence();
      if (silence != null) {
        return Outcome.unknown(silence);
      }
      Optional<HostId> under = world.migratingTo(workload, host);
      if (under.isPresent()) {
        return under.get().equals(target)
            ? endMigration(workload, target)
            : Outcome.failed(Cause.CONFLICT, workload + " is on its way to " + under.get());
      }
      if (world.migrations().isArriving(workload, host) || late.containsKey(workload)) {
        return Outcome.unknown(workload + " may be about to run on " + host);
      }
      if (!runs(workload)) {
        return Outcome.failed(Cause.NOT_FOUND, workload + " does not run on " + host);
      }
      if (paused.contains(workload) || panicked.contains(workload)) {
        return Outcome.failed(Cause.ERROR, workload + " does not execute");
      }
      Outcome<Ack> refused = world.migrations().invite(workload, target);
      if (!refused.isDone()) {
        return refused;
      }
      return world.beginMigration(workload, host, target)
          ? endMigration(workload, target)
          : Outcome.failed(
              Cause.CONFLICT, workload + " cannot move from " + host + " to " + target);
    }
  }

  private Outcome<Ack> endMigration(WorkloadId workload, HostId target) {
    Outcome<Ack> unanswered =
        Outcome.unknown("no answer to the migration of %s to %s".formatted(workload, target));
    MigrationFault fault = next(migrationFaults, workload);
    if (fault == null) {
      // The target's hypervisor says when it runs there; one that is mute by now keeps it open.
      if (!world.migrations().invite(workload, target).isDone()) {
        return unanswered;
      }
      return world.completeMigration(workload) ? Outcome.ok() : unanswered;
    }
    switch (fault) {
      case FAILED, UNKNOWN_NOT_APPLIED -> world.cancelMigration(workload);
      case UNKNOWN_APPLIED -> world.completeMigration(workload);
      case HANDED_OVER -> world.handOver(workload);
      case LATE -> {}
    }
    return fault == MigrationFault.FAILED
        ? Outcome.failed(Cause.ERROR, "the migration of " + workload + " failed")
        : unanswered;
  }

  @Override
  public Outcome<Ack> cancelMigration(WorkloadId workload, Duration timeout) {
    if (!kinds.contains(workload.kind())) {
      return foreign(workload);
    }
    synchronized (world) {
      String silence = silence();
      if (silence != null) {
        return Outcome.unknown(silence);
      }
      if (world.migrations().isHandedOver(workload, host)) {
        return handedOver(workload);
      }
      if (world.migratingTo(workload, host).isPresent()) {
        world.cancelMigration(workload);
      }
      return Outcome.ok();
    }
  }

  /**
   * Has a migration begin, so that it is under way until somebody ends it.
   *
   * @return whether it has begun; the answer of {@link #migrate} says why not
   */
  public boolean beginMigration(WorkloadId workload, HostId target) {
    synchronized (world) {
      return kinds.contains(workload.kind())
          && silence() == null
          && runs(workload)
          && !paused.contains(workload)
          && !panicked.contains(workload)
          && world.migrations().invite(workload, target).isDone()
          && world.beginMigration(workload, host, target);
    }
  }

  /** Lets the next migration of a workload from here meet a fault; several line up. */
  public void faultNextMigration(WorkloadId workload, MigrationFault fault) {
    synchronized (world) {
      migrationFaults.computeIfAbsent(workload, w -> new ArrayDeque<>()).add(fault);
    }
  }

  /** Lets the next start of a workload that does not run meet a fault; several line up. */
  public void faultNextStart(WorkloadId workload, StartFault fault) {
    synchronized (world) {
      startFaults.computeIfAbsent(workload, w -> new ArrayDeque<>()).add(fault);
    }
  }

  /**
   * Has the next start of a workload that does not run answered {@code Unknown}, and carried out at
   * {@link #settleLateStarts} unless the workload was ended before.
   */
  public void delayNextStart(WorkloadId workload) {
    synchronized (world) {
      toDelay.add(workload);
    }
  }

  /** Carries the delayed starts out. A start outlives no power cut, crash or reset of its host. */
  public void settleLateStarts() {
    synchronized (world) {
      late.forEach((workload, boot) -> begin(workload, lockspace, boot));
      late.clear();
    }
  }

  /** Makes every call answer {@code Unknown}, and says so to the listeners. */
  public void disconnect(String reason) {
    synchronized (world) {
      if (silence() == null) {
        emit(new HypervisorEvent.Disconnected(reason));
      }
      unreachable = reason;
    }
  }

  /** Ends {@link #disconnect}. What happened in between is not told. */
  public void reconnect() {
    synchronized (world) {
      if (unreachable != null) {
        unreachable = null;
        emit(new HypervisorEvent.Reconnected());
      }
    }
  }

  /**
   * Whether a start is refused with {@link Cause#HELD} while another host runs a copy, as if all
   * hosts shared one lock space. Off at first: the engine must be right without it.
   */
  public void shareLockspace(boolean shared) {
    synchronized (world) {
      lockspace = shared;
    }
  }

  /** Whether every attempt to end a guest fails. */
  public void refuseEnd(WorkloadId workload, boolean refuses) {
    synchronized (world) {
      if (refuses) {
        unendable.add(workload);
      } else {
        unendable.remove(workload);
      }
    }
  }

  /** Whether a guest takes no notice of {@link #stop}. */
  public void ignoreStop(WorkloadId workload, boolean ignores) {
    synchronized (world) {
      if (ignores) {
        deaf.add(workload);
      } else {
        deaf.remove(workload);
      }
    }
  }

  /** Starts a copy as if somebody else had, on the host itself and past any lock. */
  public void startUnasked(WorkloadId workload) {
    synchronized (world) {
      begin(workload, false);
    }
  }

  /** Pauses a copy, or lets it go on, as if somebody else had. */
  public void pause(WorkloadId workload, boolean pause) {
    synchronized (world) {
      if (!pause) {
        paused.remove(workload);
      } else if (runs(workload)) {
        paused.add(workload);
      }
      emit(new HypervisorEvent.Changed(workload));
    }
  }

  /** Has the guest of a copy panic, which is kept for somebody to look at. */
  public void panic(WorkloadId workload) {
    synchronized (world) {
      if (runs(workload)) {
        panicked.add(workload);
        emit(new HypervisorEvent.Changed(workload));
      }
    }
  }

  /** Ends a copy unasked: a crash, a guest that shuts itself down, a migration to elsewhere. */
  public void endUnasked(WorkloadId workload, StopReason reason) {
    synchronized (world) {
      if (runs(workload)) {
        gone(workload, reason);
      }
    }
  }

  private Outcome<Ack> begin(WorkloadId workload, boolean refuseIfHeld) {
    return begin(workload, refuseIfHeld, world.boots(host));
  }

  private Outcome<Ack> begin(WorkloadId workload, boolean refuseIfHeld, long boot) {
    if (boot != world.boots(host)) {
      return Outcome.unknown(host + " has come up anew since");
    }
    if (refuseIfHeld) {
      for (HostId holder : world.migrations().holders(workload)) {
        if (!holder.equals(host)) {
          return Outcome.failed(Cause.HELD, workload + " is held by " + holder);
        }
      }
    }
    if (runs(workload)) {
      return Outcome.ok();
    }
    if (!world.startCopy(workload, host)) {
      return Outcome.unknown(host + " has no power, or " + workload + " is being migrated");
    }
    paused.remove(workload);
    emit(new HypervisorEvent.Started(workload));
    return Outcome.ok();
  }

  private Outcome<Ack> end(WorkloadId workload, StopReason reason) {
    if (!kinds.contains(workload.kind())) {
      return foreign(workload);
    }
    String silence = silence();
    if (silence != null) {
      return Outcome.unknown(silence);
    }
    if (unendable.contains(workload) && runs(workload)) {
      return Outcome.failed(Cause.ERROR, workload + " cannot be ended");
    }
    // never two: Done is final, also for a start or a migration that was never answered.
    if (world.migrations().isHandedOver(workload, host)) {
      return handedOver(workload);
    }
    late.remove(workload);
    if (world.migrations().isArriving(workload, host)) {
      world.cancelMigration(workload);
    }
    if (runs(workload)) {
      gone(workload, reason);
    }
    return Outcome.ok();
  }

  private Outcome<Ack> handedOver(WorkloadId workload) {
    return Outcome.unknown(host + " has let go of " + workload + ", which has not arrived yet");
  }

  private void gone(WorkloadId workload, StopReason reason) {
    world.stopCopy(workload, host, reason);
    paused.remove(workload);
    panicked.remove(workload);
    emit(new HypervisorEvent.Stopped(workload, reason));
  }

  private RunState stateOf(WorkloadId workload) {
    if (panicked.contains(workload)) {
      return RunState.CRASHED;
    }
    if (paused.contains(workload)) {
      return RunState.PAUSED;
    }
    return world.migratingTo(workload, host).isPresent() ? RunState.MIGRATING : RunState.RUNNING;
  }

  private boolean runs(WorkloadId workload) {
    return world.copiesOn(host).contains(workload);
  }

  private static <F> @Nullable F next(Map<WorkloadId, Deque<F>> faults, WorkloadId workload) {
    Deque<F> waiting = faults.get(workload);
    return waiting == null ? null : waiting.poll();
  }

  /** Why this hypervisor does not answer, or null if it does. */
  private @Nullable String silence() {
    if (closed) {
      return "closed";
    }
    if (!world.isUp(host)) {
      return host + (world.isPowered(host) ? " has crashed" : " has no power");
    }
    return unreachable;
  }

  private Outcome<Ack> withoutStorage() {
    return Outcome.failed(Cause.ERROR, "the storage does not work on " + host);
  }

  private Outcome<Ack> foreign(WorkloadId workload) {
    return Outcome.failed(Cause.UNSUPPORTED, workload + " is not one of the kinds " + kinds);
  }

  /** Under the world's lock, so that events are handed over in the order they happen. */
  private void emit(HypervisorEvent event) {
    if (silence() == null) {
      feeds.forEach(feed -> events.execute(() -> feed.deliver(event)));
    }
  }

  /** What the world tells this hypervisor, under its lock. */
  private final class Residence implements Migrations.Resident {
    @Override
    public Outcome<Ack> invite(WorkloadId workload) {
      if (!kinds.contains(workload.kind())) {
        return foreign(workload);
      }
      String silence = silence();
      if (silence != null) {
        return Outcome.failed(Cause.UNREACHABLE, silence);
      }
      return world.hasStorage(host) ? Outcome.ok() : withoutStorage();
    }

    @Override
    public void arrived(WorkloadId workload) {
      if (kinds.contains(workload.kind())) {
        paused.remove(workload);
        emit(new HypervisorEvent.Started(workload));
      }
    }

    @Override
    public void left(WorkloadId workload, StopReason reason) {
      if (kinds.contains(workload.kind())) {
        emit(new HypervisorEvent.Stopped(workload, reason));
      }
    }
  }

  /** One subscription. Its lock makes {@link #close} wait for a call that is under way. */
  private static final class Feed {
    private final EventListener listener;
    private boolean open = true;

    Feed(EventListener listener) {
      this.listener = listener;
    }

    synchronized void deliver(HypervisorEvent event) {
      if (open) {
        listener.onEvent(event);
      }
    }

    synchronized void close() {
      open = false;
    }
  }
}
