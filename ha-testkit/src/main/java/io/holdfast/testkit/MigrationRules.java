package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a {@link Hypervisor} promises of live migration, to a second one on another host. */
abstract class MigrationRules extends HypervisorFixture {
  private static final HostId NOWHERE = new HostId("no-such-host.invalid");

  private @Nullable Neighbour neighbour;

  @AfterEach
  void closeNeighbour() {
    if (neighbour != null) {
      for (WorkloadId workload : used()) {
        expectDone(neighbour.hypervisor().destroy(workload, timeout()));
      }
      neighbour.hypervisor().close();
    }
  }

  @Test
  void whoCannotMigrateSaysSo() {
    if (hypervisor().capabilities().contains(Capability.LIVE_MIGRATION)) {
      throw unsupported("the hypervisor declares LIVE_MIGRATION");
    }
    WorkloadId workload = started();
    expectFailed(Cause.UNSUPPORTED, hypervisor().migrate(workload, NOWHERE, timeout()));
    expectDone(hypervisor().cancelMigration(workload, timeout()));
    assertThat(inventory()).containsEntry(workload, RunState.RUNNING);
  }

  @Test
  void aMigratedWorkloadRunsThereAndNoMoreHere() throws Exception {
    Hypervisor there = there();
    WorkloadId workload = started();
    awaitReady(workload);
    try (EventLog here = new EventLog(hypervisor());
        EventLog arrival = new EventLog(there)) {
      expectDone(hypervisor().migrate(workload, neighbourHost(), timeout()));
      assertThat(inventory()).doesNotContainKey(workload);
      assertThat(inventoryOf(there)).containsEntry(workload, RunState.RUNNING);
      awaitStopped(here, workload, StopReason.MIGRATED);
      arrival.await(new HypervisorEvent.Started(workload), timeout());
      assertThat(arrival.passed()).containsOnlyOnce(new HypervisorEvent.Started(workload));
    }
  }

  @Test
  void destroyingHereDoesNotConcernWhatHasLeft() throws Exception {
    Hypervisor there = there();
    WorkloadId workload = started();
    awaitReady(workload);
    expectDone(hypervisor().migrate(workload, neighbourHost(), timeout()));
    expectDone(hypervisor().destroy(workload, timeout()));
    expectDone(hypervisor().cancelMigration(workload, timeout()));
    assertThat(inventoryOf(there)).containsEntry(workload, RunState.RUNNING);
    expectDone(there.destroy(workload, timeout()));
    assertThat(inventoryOf(there)).doesNotContainKey(workload);
  }

  @Test
  void thereAndBackAgain() throws Exception {
    Hypervisor there = there();
    WorkloadId workload = started();
    awaitReady(workload);
    expectDone(hypervisor().migrate(workload, neighbourHost(), timeout()));
    expectDone(there.migrate(workload, hostOfHypervisor(), timeout()));
    assertThat(inventory()).containsEntry(workload, RunState.RUNNING);
    assertThat(inventoryOf(there)).doesNotContainKey(workload);
  }

  @Test
  void whatDoesNotRunHereIsNotMigrated() throws Exception {
    Hypervisor there = there();
    WorkloadId workload = fresh();
    expectFailed(Cause.NOT_FOUND, hypervisor().migrate(workload, neighbourHost(), timeout()));
    assertThat(inventory()).doesNotContainKey(workload);
    assertThat(inventoryOf(there)).doesNotContainKey(workload);
  }

  @Test
  void whatCannotBeReachedKeepsNothing() {
    requireCapability(Capability.LIVE_MIGRATION);
    WorkloadId workload = started();
    Outcome<Ack> outcome = hypervisor().migrate(workload, NOWHERE, timeout());
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            f -> assertThat(f.cause()).isIn(Cause.UNSUPPORTED, Cause.UNREACHABLE));
    assertThat(inventory()).containsEntry(workload, RunState.RUNNING);
  }

  @Test
  void whatIsThereAlreadyIsNotMigratedThere() throws Exception {
    Hypervisor there = there();
    WorkloadId workload = started();
    startAtNeighbour(workload);
    expectFailed(Cause.CONFLICT, hypervisor().migrate(workload, neighbourHost(), timeout()));
    assertThat(inventory()).containsEntry(workload, RunState.RUNNING);
    assertThat(inventoryOf(there)).containsEntry(workload, RunState.RUNNING);
  }

  @Test
  void aMigrationUnderWayIsListedAndCanBeCancelled() throws Exception {
    Hypervisor there = there();
    WorkloadId workload = startedRestless();
    awaitReady(workload);
    beginMigration(workload, neighbourHost());
    assertThat(inventory()).containsEntry(workload, RunState.MIGRATING);
    assertThat(inventoryOf(there)).containsEntry(workload, RunState.PAUSED);
    expectDone(hypervisor().cancelMigration(workload, timeout()));
    assertThat(inventory()).containsEntry(workload, RunState.RUNNING);
    assertThat(inventoryOf(there)).doesNotContainKey(workload);
  }

  @Test
  void aMigrationUnderWayIsJoined() throws Exception {
    Hypervisor there = there();
    WorkloadId workload = startedRestless();
    awaitReady(workload);
    beginMigration(workload, neighbourHost());
    speedUp(workload);
    expectDone(hypervisor().migrate(workload, neighbourHost(), timeout()));
    assertThat(inventory()).doesNotContainKey(workload);
    assertThat(inventoryOf(there)).containsEntry(workload, RunState.RUNNING);
  }

  @Test
  void whoCannotBeAskedMigratesNothing() throws Exception {
    requireCapability(Capability.LIVE_MIGRATION);
    WorkloadId workload = started();
    cutOff();
    expectUnknown(inTime(shortTimeout(), t -> hypervisor().migrate(workload, NOWHERE, t)));
    expectUnknown(inTime(shortTimeout(), t -> hypervisor().cancelMigration(workload, t)));
  }

  private HostId neighbourHost() {
    return Objects.requireNonNull(neighbour, "it was opened").host();
  }

  private Hypervisor there() throws Exception {
    requireCapability(Capability.LIVE_MIGRATION);
    Neighbour opened = openNeighbour();
    neighbour = opened;
    return opened.hypervisor();
  }

  private SortedMap<WorkloadId, RunState> inventoryOf(Hypervisor other) {
    return expectDone(other.inventory(timeout()));
  }
}
