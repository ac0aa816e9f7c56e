package io.holdfast.api.spi;

import io.holdfast.api.Capacity;
import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;

/**
 * Runs the workloads of one or more kinds on this host. The agent makes the calls that change a
 * workload from one thread at a time for each workload, for different workloads from several; and
 * {@link #inventory} from one thread at a time, while any of those are under way.
 *
 * <p><b>A hypervisor that cannot be reached answers {@link Outcome.Unknown}</b>, never "not
 * running". All mutating calls are idempotent: starting what runs here and stopping what does not
 * run are {@link Outcome.Done}.
 */
public interface Hypervisor extends AutoCloseable {

  /** How a workload stands on this host. A workload that is not listed does not run here. */
  enum RunState {
    RUNNING,
    /**
     * Present, holding its resources, but not executing. Among them is what is only just arriving
     * by a migration from another host: it goes on to run, or vanishes.
     */
    PAUSED,
    /**
     * Present, holding its resources, and never to execute again: its guest has panicked, and it
     * was kept for somebody to look at. {@link #destroy} ends it.
     */
    CRASHED,
    /** On its way down; still holding its resources. */
    STOPPING,
    /**
     * Being migrated to another host: it may end here and run there at any moment. Listed only by
     * those who declare {@link Capability#LIVE_MIGRATION}, and at least for what {@link #migrate}
     * was asked for, through this object or by an earlier process on this host.
     */
    MIGRATING
  }

  /**
   * What an implementation can do beyond what each one must. Who plans looks here first; a call
   * that needs what is not declared is answered {@code Failed} with {@link
   * Outcome.Cause#UNSUPPORTED} and changes nothing.
   */
  enum Capability {
    /**
     * {@link HypervisorEvent.Stopped} tells why: without it, the reason is always {@link
     * StopReason#UNKNOWN}, and a guest that shut itself down looks like one that crashed.
     */
    STOP_REASONS,
    /**
     * {@link #stop} asks the guest to shut itself down, by ACPI or in another way that it may
     * ignore. Without it a workload can only be ended by {@link #destroy}.
     */
    GRACEFUL_STOP,
    /** {@link #migrate} moves a workload to another host while it runs. */
    LIVE_MIGRATION,
    /** {@link #loads} tells what workloads really use. */
    MEASURED_LOAD
  }

  /** Something that happened without being asked for here. */
  sealed interface HypervisorEvent {
    /** The workload runs (again), or has arrived by a migration. */
    record Started(WorkloadId workload) implements HypervisorEvent {}

    /**
     * The workload does not run here any more; with {@link StopReason#MIGRATED} it has left for
     * another host.
     */
    record Stopped(WorkloadId workload, StopReason reason) implements HypervisorEvent {}

    /**
     * It does not execute any more, or does again, and is still here: the inventory says how it
     * stands. Nothing is lost but time if this is never told.
     */
    record Changed(WorkloadId workload) implements HypervisorEvent {}

    /** The hypervisor cannot be reached: what runs is unknown from now on. */
    record Disconnected(String reason) implements HypervisorEvent {}

    /** The hypervisor is back; events in between are lost, so the inventory is to be read. */
    record Reconnected() implements HypervisorEvent {}
  }

  /** Receives events in order, on a thread of the implementation; must not block. */
  @FunctionalInterface
  interface EventListener {
    void onEvent(HypervisorEvent event);
  }

  /** The kinds of workload it runs, such as {@code vm}. Never empty, never changes. */
  Set<String> kinds();

  /**
   * The same for all its workloads. Never changes, and is answered from memory also while the
   * hypervisor cannot be reached.
   */
  Set<Capability> capabilities();

  /**
   * Everything of its kinds that runs on this host, protected or not, as it was at some moment
   * during this call. A workload whose start or end is under way meanwhile may be listed or not.
   *
   * @return all or {@code Unknown}, never a part
   */
  Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout);

  /**
   * Starts a workload.
   *
   * @return {@code Done} when it was observed running; {@code Failed} with {@link
   *     Outcome.Cause#HELD} when another host's lock holds it, {@link Outcome.Cause#INVALID} for a
   *     definition that cannot be used or that defines another workload, {@link
   *     Outcome.Cause#ERROR} otherwise, always with nothing left running; {@code Unknown} when it
   *     may run now or later
   */
  Outcome<Ack> start(WorkloadId workload, Definition definition, Duration timeout);

  /**
   * Asks a workload to shut itself down and waits until it has.
   *
   * @return {@code Done} when it was observed not running, with the promise of {@link #destroy};
   *     {@code Failed} with {@link Outcome.Cause#UNSUPPORTED}, if it runs, without {@link
   *     Capability#GRACEFUL_STOP}; {@code Unknown} when the time is up and it may still run
   */
  Outcome<Ack> stop(WorkloadId workload, Duration timeout);

  /**
   * Ends a workload at once.
   *
   * <p><b>{@code Done} is final:</b> the workload does not run until it is started again. That
   * includes an earlier {@link #start} through this object that was answered with {@code Unknown}:
   * it has ended, and comes into effect no more. While one may, the answer is {@code Unknown},
   * whatever is running at the moment: a copy is started elsewhere on the strength of {@code Done}.
   *
   * <p>That includes a {@link #migrate} through this object, too: it arrives at its target no more.
   * But it may have arrived before, as may one that an earlier process asked for; that is for the
   * target's inventory to say, by the same rule as after the death of this host. A copy that is
   * only arriving here is ended like any other, but nothing here keeps another from being sent.
   *
   * @return {@code Done} when it was observed not running and no start of it is under way
   */
  Outcome<Ack> destroy(WorkloadId workload, Duration timeout);

  /**
   * Moves a workload that runs here to another host while it runs: from the first moment to the
   * last it executes on at most one of them. How the target becomes an address is the
   * implementation's configuration. One that is under way to the same target already, such as one
   * that an earlier process asked for, is waited for.
   *
   * <p>When the time is up the attempt is ended; it is not left to go on.
   *
   * <p><b>If this host dies meanwhile</b> or the workload ends here, the target discards what it
   * was given, unless that was complete. What arrives is listed there, as {@link RunState#PAUSED},
   * before it can run: a workload that an inventory of the target, begun after that, does not list
   * does not run there on account of this call, neither then nor later.
   *
   * @return {@code Done} when it runs at the target and was observed not running here any more,
   *     with the promise of {@link #destroy} for here.
   *     <p>{@code Failed} when nothing of this attempt is left at the target, and it comes into
   *     effect no more: with {@link Outcome.Cause#NOT_FOUND} when the workload does not run here,
   *     which says nothing about where it does; and when it still runs here with {@link
   *     Outcome.Cause#UNSUPPORTED}, without {@link Capability#LIVE_MIGRATION} or a way from here to
   *     there, {@link Outcome.Cause#UNREACHABLE} when the target cannot be reached, {@link
   *     Outcome.Cause#CONFLICT} when it is there already or on its way to another host, and {@link
   *     Outcome.Cause#ERROR} or one that says more otherwise.
   *     <p>{@code Unknown} when it may be at either place, or arrive later: both are to be looked
   *     at.
   */
  default Outcome<Ack> migrate(WorkloadId workload, HostId target, Duration timeout) {
    return Outcome.failed(Outcome.Cause.UNSUPPORTED, "no live migration here");
  }

  /**
   * Ends a migration from here that may be under way, whoever asked for it: one that an earlier
   * process left behind, or one whose outcome is unknown. The workload is not ended.
   *
   * @return {@code Done} when none is under way, and none that was asked for through this object
   *     comes into effect any more; it may have before, so both hosts are to be looked at. Without
   *     {@link Capability#LIVE_MIGRATION} always {@code Done}
   */
  default Outcome<Ack> cancelMigration(WorkloadId workload, Duration timeout) {
    return Outcome.ok();
  }

  /**
   * What workloads that run here have used since they were last asked about, on average, in the
   * dimensions and units of their demands. Asked every half minute; what is not measured is left
   * out.
   *
   * @return {@code Unknown} if nothing can be told now: what was told before counts on
   */
  default Outcome<SortedMap<WorkloadId, Capacity>> loads(Duration timeout) {
    return Outcome.done(Collections.emptySortedMap());
  }

  /** Feeds lifecycle events from now on. Events before and during a disconnection are lost. */
  Subscription subscribe(EventListener listener);

  @Override
  default void close() {}
}
