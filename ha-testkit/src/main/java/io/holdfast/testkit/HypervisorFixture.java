package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Hypervisor.Capability;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.opentest4j.TestAbortedException;

/**
 * What {@link HypervisorContract} needs from an implementer: how to make a hypervisor, and how to
 * do harm to it and to what it runs, from outside of it. A harm that cannot be done throws {@link
 * #unsupported}: the tests that need it are skipped and say why.
 *
 * <p>Each test has a hypervisor of its own from {@link #open}, and destroys and closes what it
 * used. Nothing but the workloads it was given is touched.
 */
public abstract class HypervisorFixture {
  /** How much longer than its time-out a call may take. */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  private final List<WorkloadId> used = new ArrayList<>();
  private @Nullable Hypervisor hypervisor;
  private boolean unreachable;

  /** A hypervisor that can be reached, new each time it is asked for. */
  protected abstract Hypervisor open() throws Exception;

  /** The name of a workload that runs nowhere and was not given before. */
  protected abstract WorkloadId freshWorkload();

  /** A definition with which the workload can be started, each time the same. */
  protected abstract Definition definitionOf(WorkloadId workload);

  /** A definition that cannot be used for this workload or any other. */
  protected abstract Definition invalidDefinition(WorkloadId workload);

  /** Starts a workload without the hypervisor under test. */
  protected abstract void startOutOfBand(WorkloadId workload) throws Exception;

  /** Makes a running guest or its emulator crash. */
  protected abstract void crash(WorkloadId workload) throws Exception;

  /** Makes a running guest shut itself down. */
  protected abstract void shutDownGuest(WorkloadId workload) throws Exception;

  /** From when this returns, the hypervisor does not answer; the workloads live on. */
  protected abstract void makeUnreachable() throws Exception;

  /** Undoes {@link #makeUnreachable}. Called after each test that made it so. */
  protected abstract void makeReachable() throws Exception;

  /**
   * Starts a workload so that the answer is {@code Unknown} and the start may come into effect
   * later. Here: cut off, started, and back again.
   */
  protected void startInDoubt(WorkloadId workload) throws Exception {
    Definition definition = definitionOf(workload);
    cutOff();
    expectUnknown(inTime(shortTimeout(), t -> hypervisor().start(workload, definition, t)));
    expectUnknown(inTime(shortTimeout(), t -> hypervisor().destroy(workload, t)));
    bringBack();
    awaitInventory();
  }

  /** Returns when whatever can still come of starts in doubt has come into effect. */
  protected void settle() throws Exception {}

  /**
   * Another host, to which workloads can be migrated.
   *
   * @param hypervisor of its own, closed by the test
   */
  public record Neighbour(HostId host, Hypervisor hypervisor) {}

  /** The neighbour, with a hypervisor that can be reached. */
  protected Neighbour openNeighbour() throws Exception {
    throw unsupported("there is no second host to migrate to");
  }

  /** What the neighbour calls the host of the hypervisor under test. */
  protected HostId hostOfHypervisor() {
    throw unsupported("there is no second host to migrate from");
  }

  /** Starts another copy at the neighbour, past every lock. */
  protected void startAtNeighbour(WorkloadId workload) throws Exception {
    throw unsupported("a second copy cannot be started");
  }

  /**
   * Like {@link #freshWorkload}, of one whose migration can be kept under way: by default, any can.
   */
  protected WorkloadId restlessWorkload() throws Exception {
    return freshWorkload();
  }

  /** Has a migration begin, without waiting for its end: it goes on until somebody ends it. */
  protected void beginMigration(WorkloadId workload, HostId target) throws Exception {
    throw unsupported("a migration cannot be kept under way");
  }

  /** Lets a migration that is under way come to its end. */
  protected void speedUp(WorkloadId workload) throws Exception {}

  /** Waits until a guest has come so far that it hears of a request to shut down. */
  protected void awaitReady(WorkloadId workload) throws Exception {}

  /** Whether the guests shut down when they are asked to. */
  protected boolean guestsObeyStop() {
    return true;
  }

  /** What a call is given when it is expected to succeed. */
  protected Duration timeout() {
    return Duration.ofSeconds(60);
  }

  /** What a call is given when it is expected not to. */
  protected Duration shortTimeout() {
    return Duration.ofSeconds(1);
  }

  /** How long the hypervisor may take to notice that it cannot be reached, or that it can again. */
  protected Duration noticeWithin() {
    return Duration.ofSeconds(20);
  }

  /**
   * What a hook throws to have its tests skipped.
   *
   * @param because one line for people
   */
  protected static TestAbortedException unsupported(String because) {
    return new TestAbortedException("not supported: " + because);
  }

  @BeforeEach
  void openHypervisor() throws Exception {
    hypervisor = open();
    inventory(); // it can be reached
  }

  @AfterEach
  void closeHypervisor() throws Exception {
    if (hypervisor == null) {
      return; // it could not be opened, which has been told already
    }
    try (Hypervisor opened = hypervisor) {
      if (unreachable) {
        bringBack();
        awaitInventory();
      }
      for (WorkloadId workload : used) {
        expectDone(opened.destroy(workload, timeout()));
      }
    }
  }

  final Hypervisor hypervisor() {
    return Objects.requireNonNull(hypervisor, "a test is running");
  }

  /** The workloads this test was given. */
  final List<WorkloadId> used() {
    return List.copyOf(used);
  }

  final WorkloadId fresh() {
    WorkloadId workload = freshWorkload();
    used.add(workload);
    return workload;
  }

  final WorkloadId started() {
    return started(fresh());
  }

  final WorkloadId startedRestless() throws Exception {
    WorkloadId workload = restlessWorkload();
    used.add(workload);
    return started(workload);
  }

  private WorkloadId started(WorkloadId workload) {
    expectDone(hypervisor().start(workload, definitionOf(workload), timeout()));
    return workload;
  }

  final void cutOff() throws Exception {
    unreachable = true;
    try {
      makeUnreachable();
    } catch (TestAbortedException e) {
      unreachable = false;
      throw e;
    }
  }

  final void bringBack() throws Exception {
    makeReachable();
    unreachable = false;
  }

  final SortedMap<WorkloadId, RunState> inventory() {
    return expectDone(hypervisor().inventory(timeout()));
  }

  /** Waits until the hypervisor answers again, by asking it and not by the clock. */
  final void awaitInventory() {
    long deadline = System.nanoTime() + noticeWithin().toNanos();
    try (EventLog log = new EventLog(hypervisor())) {
      // One that was only slow tells nothing: it is waited for by the call.
      while (!hypervisor().inventory(timeout()).isDone()) {
        Duration left = Duration.ofNanos(deadline - System.nanoTime());
        log.await("return", HypervisorEvent.Reconnected.class::isInstance, left);
      }
    }
  }

  final void requireCapability(Capability capability) {
    if (!hypervisor().capabilities().contains(capability)) {
      throw unsupported("the hypervisor does not declare " + capability);
    }
  }

  final void awaitStopped(EventLog log, WorkloadId workload, StopReason reason) {
    boolean tells = hypervisor().capabilities().contains(Capability.STOP_REASONS);
    StopReason expected = tells ? reason : StopReason.UNKNOWN;
    HypervisorEvent event =
        log.await(
            "the end of " + workload,
            e ->
                e instanceof HypervisorEvent.Stopped stopped && stopped.workload().equals(workload),
            timeout());
    assertThat(event).isEqualTo(new HypervisorEvent.Stopped(workload, expected));
  }

  final <T> Outcome<T> inTime(Duration timeout, Function<Duration, Outcome<T>> call) {
    return Punctuality.within(timeout.plus(MARGIN), () -> call.apply(timeout));
  }

  static <T> T expectDone(Outcome<T> outcome) {
    if (outcome instanceof Outcome.Done<T> done) {
      return done.value();
    }
    throw new AssertionError("expected Done, got " + outcome);
  }

  static void expectUnknown(Outcome<Ack> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Unknown.class);
  }

  static void expectInvalid(Outcome<Ack> outcome) {
    expectFailed(Cause.INVALID, outcome);
  }

  static void expectFailed(Cause cause, Outcome<Ack> outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class, failed -> assertThat(failed.cause()).isEqualTo(cause));
  }
}
