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

  private static final String DEFINES = "workload ";

  private final PhysicalWorld world;
  private final HostId host;
  private final SortedSet<String> kinds;
  private final Executor events;
  private final List<Feed> feeds = new CopyOnWriteArrayList<>();

  // All below is guarded by this object's lock. Lock order: this object, then the world.
  private final Map<WorkloadId, Deque<StartFault>> startFaults = new TreeMap<>();
  private final SortedSet<WorkloadId> toDelay = new TreeSet<>();

  /** Starts that nobody waits for, each with the boot under which it was begun. */
  private final SortedMap<WorkloadId, Long> late = new TreeMap<>();

  private final SortedSet<WorkloadId> paused = new TreeSet<>();
  private final SortedSet<WorkloadId> deaf = new TreeSet<>();
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
    return Set.of(Capability.STOP_REASONS, Capability.GRACEFUL_STOP);
  }

  @Override
  public synchronized Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    String silence = silence();
    if (silence != null) {
      return Outcome.unknown(silence);
    }
    SortedMap<WorkloadId, RunState> inventory = new TreeMap<>();
    for (WorkloadId workload : world.copiesOn(host)) {
      if (kinds.contains(workload.kind())) {
        inventory.put(workload, paused.contains(workload) ? RunState.PAUSED : RunState.RUNNING);
      }
    }
    return Outcome.done(Collections.unmodifiableSortedMap(inventory));
  }

  @Override
  public synchronized Outcome<Ack> start(
      WorkloadId workload, Definition definition, Duration timeout) {
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
    if (runs(workload)) {
      return Outcome.ok();
    }
    if (toDelay.remove(workload)) {
      late.put(workload, world.boots(host));
      return Outcome.unknown("no answer yet to the start of " + workload + " on " + host);
    }
    StartFault fault = nextFault(workload);
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

  @Override
  public synchronized Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    if (deaf.contains(workload) && silence() == null && runs(workload)) {
      return Outcome.unknown(workload + " still runs after " + timeout);
    }
    return end(workload, StopReason.GUEST_SHUTDOWN);
  }

  @Override
  public synchronized Outcome<Ack> destroy(WorkloadId workload, Duration timeout) {
    return end(workload, StopReason.DESTROYED);
  }

  @Override
  public synchronized Subscription subscribe(EventListener listener) {
    Feed feed = new Feed(listener);
    if (!closed) {
      feeds.add(feed);
    }
    return () -> {
      feeds.remove(feed);
      feed.close();
    };
  }

  /** Ends every subscription. What runs keeps running; calls answer {@code Unknown} from now on. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    // Not under the lock: a listener that is being called may be calling this hypervisor.
    feeds.forEach(Feed::close);
    feeds.clear();
  }

  /** Lets the next start of a workload that does not run meet a fault; several line up. */
  public synchronized void faultNextStart(WorkloadId workload, StartFault fault) {
    startFaults.computeIfAbsent(workload, w -> new ArrayDeque<>()).add(fault);
  }

  /**
   * Has the next start of a workload that does not run answered {@code Unknown}, and carried out at
   * {@link #settleLateStarts} unless the workload was ended before.
   */
  public synchronized void delayNextStart(WorkloadId workload) {
    toDelay.add(workload);
  }

  /** Carries the delayed starts out. A start outlives no power cut, crash or reset of its host. */
  public synchronized void settleLateStarts() {
    late.forEach((workload, boot) -> begin(workload, lockspace, boot));
    late.clear();
  }

  /** Makes every call answer {@code Unknown}, and says so to the listeners. */
  public synchronized void disconnect(String reason) {
    if (silence() == null) {
      emit(new HypervisorEvent.Disconnected(reason));
    }
    unreachable = reason;
  }

  /** Ends {@link #disconnect}. What happened in between is not told. */
  public synchronized void reconnect() {
    if (unreachable != null) {
      unreachable = null;
      emit(new HypervisorEvent.Reconnected());
    }
  }

  /**
   * Whether a start is refused with {@link Cause#HELD} while another host runs a copy, as if all
   * hosts shared one lock space. Off at first: the engine must be right without it.
   */
  public synchronized void shareLockspace(boolean shared) {
    lockspace = shared;
  }

  /** Whether a guest takes no notice of {@link #stop}. */
  public synchronized void ignoreStop(WorkloadId workload, boolean ignores) {
    if (ignores) {
      deaf.add(workload);
    } else {
      deaf.remove(workload);
    }
  }

  /** Starts a copy as if somebody else had, on the host itself and past any lock. */
  public synchronized void startUnasked(WorkloadId workload) {
    begin(workload, false);
  }

  /** Pauses a copy, or lets it go on, as if somebody else had. */
  public synchronized void pause(WorkloadId workload, boolean pause) {
    if (!pause) {
      paused.remove(workload);
    } else if (runs(workload)) {
      paused.add(workload);
    }
  }

  /** Ends a copy unasked: a crash, a guest that shuts itself down, a migration to elsewhere. */
  public synchronized void endUnasked(WorkloadId workload, StopReason reason) {
    if (runs(workload)) {
      gone(workload, reason);
    }
  }

  private Outcome<Ack> begin(WorkloadId workload, boolean refuseIfHeld) {
    return begin(workload, refuseIfHeld, world.boots(host));
  }

  private Outcome<Ack> begin(WorkloadId workload, boolean refuseIfHeld, long boot) {
    // One step in the world, or two hosts could both find the lock free.
    synchronized (world) {
      if (boot != world.boots(host)) {
        return Outcome.unknown(host + " has come up anew since");
      }
      if (refuseIfHeld) {
        for (HostId holder : world.hostsRunning(workload)) {
          if (!holder.equals(host)) {
            return Outcome.failed(Cause.HELD, workload + " is held by " + holder);
          }
        }
      }
      if (runs(workload)) {
        return Outcome.ok();
      }
      if (!world.startCopy(workload, host)) {
        return Outcome.unknown(host + " has no power");
      }
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
    // never two: Done is final, also for a start that was never answered.
    late.remove(workload);
    if (runs(workload)) {
      gone(workload, reason);
    }
    return Outcome.ok();
  }

  private void gone(WorkloadId workload, StopReason reason) {
    world.stopCopy(workload, host, reason);
    paused.remove(workload);
    emit(new HypervisorEvent.Stopped(workload, reason));
  }

  private boolean runs(WorkloadId workload) {
    return world.copiesOn(host).contains(workload);
  }

  private @Nullable StartFault nextFault(WorkloadId workload) {
    Deque<StartFault> faults = startFaults.get(workload);
    return faults == null ? null : faults.poll();
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

  private Outcome<Ack> foreign(WorkloadId workload) {
    return Outcome.failed(Cause.UNSUPPORTED, workload + " is not one of the kinds " + kinds);
  }

  /** Under this object's lock, so that events are handed over in the order they happen. */
  private void emit(HypervisorEvent event) {
    if (silence() == null) {
      feeds.forEach(feed -> events.execute(() -> feed.deliver(event)));
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
