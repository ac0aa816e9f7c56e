package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.holdfast.api.Definition;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Hypervisor.Capability;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What every {@link io.holdfast.api.spi.Hypervisor} promises. Extend it, fill in the hooks of
 * {@link HypervisorFixture} and run it with JUnit 5.
 */
public abstract class HypervisorContract extends MigrationRules {

  @Test
  void namesItsKinds() {
    WorkloadId workload = fresh();
    assertThat(hypervisor().kinds()).isNotEmpty().contains(workload.kind());
    assertThat(inventory().keySet()).allMatch(id -> hypervisor().kinds().contains(id.kind()));
  }

  @Test
  void whatItCanDoDoesNotChange() throws Exception {
    Set<Capability> capabilities = hypervisor().capabilities();
    cutOff();
    assertThat(hypervisor().capabilities()).isEqualTo(capabilities);
  }

  @Test
  void whoCannotAskAGuestSaysSo() {
    if (hypervisor().capabilities().contains(Capability.GRACEFUL_STOP)) {
      throw unsupported("the hypervisor declares GRACEFUL_STOP");
    }
    WorkloadId workload = started();
    expectFailed(Cause.UNSUPPORTED, hypervisor().stop(workload, timeout()));
    assertThat(inventory()).containsKey(workload);
  }

  @Test
  void aStartedWorkloadRunsAndIsTold() {
    try (EventLog log = new EventLog(hypervisor())) {
      WorkloadId workload = started();
      assertThat(inventory()).containsEntry(workload, RunState.RUNNING);
      log.await(new HypervisorEvent.Started(workload), timeout());
    }
  }

  @Test
  void startingWhatRunsIsDoneAndStartsNothing() {
    try (EventLog log = new EventLog(hypervisor())) {
      WorkloadId workload = started();
      expectDone(hypervisor().start(workload, definitionOf(workload), timeout()));
      expectDone(hypervisor().destroy(workload, timeout()));
      log.await("its end", HypervisorEvent.Stopped.class::isInstance, timeout());
      assertThat(log.passed()).containsOnlyOnce(new HypervisorEvent.Started(workload));
    }
  }

  @Test
  void stoppingAndDestroyingWhatDoesNotRunIsDone() {
    WorkloadId workload = fresh();
    expectDone(hypervisor().stop(workload, timeout()));
    expectDone(hypervisor().destroy(workload, timeout()));
    expectDone(hypervisor().start(workload, definitionOf(workload), timeout()));
    expectDone(hypervisor().destroy(workload, timeout()));
    expectDone(hypervisor().destroy(workload, timeout()));
  }

  @Test
  void aDefinitionOfAnotherWorkloadIsInvalid() {
    WorkloadId workload = fresh();
    WorkloadId other = fresh();
    expectInvalid(hypervisor().start(workload, definitionOf(other), timeout()));
    assertThat(inventory()).doesNotContainKeys(workload, other);
  }

  @Test
  void anInvalidDefinitionLeavesNothingRunning() {
    WorkloadId workload = fresh();
    expectInvalid(hypervisor().start(workload, invalidDefinition(workload), timeout()));
    assertThat(inventory()).doesNotContainKey(workload);
    expectDone(hypervisor().start(workload, definitionOf(workload), timeout()));
  }

  @Test
  void aDestroyedWorkloadIsGoneAndSaysWhy() {
    WorkloadId workload = started();
    try (EventLog log = new EventLog(hypervisor())) {
      expectDone(hypervisor().destroy(workload, timeout()));
      assertThat(inventory()).doesNotContainKey(workload);
      awaitStopped(log, workload, StopReason.DESTROYED);
    }
    expectDone(hypervisor().start(workload, definitionOf(workload), timeout()));
    assertThat(inventory()).containsKey(workload);
  }

  @Test
  void aStartInDoubtIsOverWhenItsDestructionIsDone() throws Exception {
    WorkloadId workload = fresh();
    startInDoubt(workload);
    expectDone(hypervisor().destroy(workload, timeout()));
    assertThat(inventory()).doesNotContainKey(workload);
    // never two: whatever was still on its way is there before what is begun now.
    settle();
    WorkloadId next = started();
    assertThat(inventory()).containsKey(next).doesNotContainKey(workload);
  }

  @Test
  void aStoppedWorkloadIsGone() throws Exception {
    requireCapability(Capability.GRACEFUL_STOP);
    WorkloadId workload = started();
    awaitReady(workload);
    if (guestsObeyStop()) {
      expectDone(hypervisor().stop(workload, timeout()));
      assertThat(inventory()).doesNotContainKey(workload);
    } else {
      Outcome<Ack> outcome = inTime(shortTimeout(), t -> hypervisor().stop(workload, t));
      assertThat(outcome).isInstanceOf(Outcome.Unknown.class);
      assertThat(inventory()).containsKey(workload);
    }
  }

  @Test
  void aCrashIsTold() throws Exception {
    WorkloadId workload = started();
    try (EventLog log = new EventLog(hypervisor())) {
      crash(workload);
      awaitStopped(log, workload, StopReason.CRASHED);
      assertThat(inventory()).doesNotContainKey(workload);
    }
  }

  @Test
  void aShutdownFromInsideIsTold() throws Exception {
    WorkloadId workload = started();
    try (EventLog log = new EventLog(hypervisor())) {
      awaitReady(workload);
      shutDownGuest(workload);
      awaitStopped(log, workload, StopReason.GUEST_SHUTDOWN);
      assertThat(inventory()).doesNotContainKey(workload);
    }
  }

  @Test
  void whatOthersStartedIsInTheInventoryAndTold() throws Exception {
    WorkloadId workload = fresh();
    try (EventLog log = new EventLog(hypervisor())) {
      startOutOfBand(workload);
      log.await(new HypervisorEvent.Started(workload), timeout());
      assertThat(inventory()).containsKey(workload);
    }
  }

  @Test
  void unreachableIsUnknownAndNeverNotRunning() throws Exception {
    WorkloadId running = started();
    WorkloadId absent = fresh();
    cutOff();
    assertThat(inTime(shortTimeout(), hypervisor()::inventory)).isInstanceOf(Outcome.Unknown.class);
    for (WorkloadId workload : List.of(running, absent)) {
      Definition definition = definitionOf(workload);
      expectUnknown(inTime(shortTimeout(), t -> hypervisor().start(workload, definition, t)));
      expectUnknown(inTime(shortTimeout(), t -> hypervisor().stop(workload, t)));
    }
    expectUnknown(inTime(shortTimeout(), t -> hypervisor().destroy(absent, t)));
  }

  @Test
  void aLostConnectionIsToldAndItsReturnToo() throws Exception {
    WorkloadId workload = started();
    try (EventLog log = new EventLog(hypervisor())) {
      cutOff();
      log.await("loss", HypervisorEvent.Disconnected.class::isInstance, noticeWithin());
      bringBack();
      log.await(new HypervisorEvent.Reconnected(), noticeWithin());
      assertThat(inventory()).containsKey(workload);
      // The feed is alive again, and not only the calls.
      expectDone(hypervisor().destroy(workload, timeout()));
      awaitStopped(log, workload, StopReason.DESTROYED);
    }
  }

  @Test
  void aClosedSubscriptionIsSilent() {
    EventLog closed = new EventLog(hypervisor());
    try (EventLog open = new EventLog(hypervisor())) {
      WorkloadId first = started();
      open.await(new HypervisorEvent.Started(first), timeout());
      closed.close();
      closed.rest();
      WorkloadId second = started();
      open.await(new HypervisorEvent.Started(second), timeout());
      expectDone(hypervisor().destroy(second, timeout()));
      open.await("its end", HypervisorEvent.Stopped.class::isInstance, timeout());
      assertThat(closed.rest()).isEmpty();
      assertThatCode(closed::close).doesNotThrowAnyException();
    }
  }

  @Test
  void aClosedHypervisorAnswersUnknownAndLeavesWhatRuns() throws Exception {
    WorkloadId running = started();
    WorkloadId absent = fresh();
    Hypervisor closed = open();
    closed.close();
    closed.close();
    assertThat(closed.inventory(shortTimeout())).isInstanceOf(Outcome.Unknown.class);
    for (WorkloadId workload : List.of(running, absent)) {
      expectUnknown(closed.start(workload, definitionOf(workload), shortTimeout()));
      expectUnknown(closed.stop(workload, shortTimeout()));
      expectUnknown(closed.destroy(workload, shortTimeout()));
    }
    assertThat(inventory()).containsKey(running).doesNotContainKey(absent);
  }

  @Test
  void severalWorkloadsAreServedAtOnce() throws Exception {
    List<Callable<Outcome<Ack>>> lives = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      WorkloadId workload = fresh();
      lives.add(() -> liveTwice(workload));
    }
    ExecutorService threads = Executors.newFixedThreadPool(lives.size());
    try {
      for (Future<Outcome<Ack>> life : threads.invokeAll(lives)) {
        expectDone(life.get(timeout().toSeconds() * 8, TimeUnit.SECONDS));
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(inventory()).doesNotContainKeys(used().toArray(new WorkloadId[0]));
  }

  private Outcome<Ack> liveTwice(WorkloadId workload) {
    Outcome<Ack> outcome = Outcome.ok();
    for (int life = 0; life < 2 && outcome.isDone(); life++) {
      outcome = hypervisor().start(workload, definitionOf(workload), timeout());
      if (outcome.isDone()) {
        outcome = hypervisor().inventory(timeout()).map(running -> Ack.OK);
      }
      if (outcome.isDone()) {
        outcome = hypervisor().destroy(workload, timeout());
      }
    }
    return outcome;
  }
}
