package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Notice;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is known of a host counts for the incarnation that it was said of. */
class HostEntryTest {
  private static final HostId ID = new HostId("host1");
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  private ShutdownPolicy policy = ShutdownPolicy.FREEZE;
  private final HostEntry host = new HostEntry(ID, () -> policy);

  private void joins(long incarnation) {
    host.lease = new Lease(ID, new Incarnation(incarnation), 0, true);
  }

  private void reports(long incarnation, Optional<Notice> leaving, WorkloadId... unassigned) {
    host.report =
        new HostReport(
            ID,
            new Incarnation(incarnation),
            1,
            Epoch.NONE,
            0,
            true,
            Optional.empty(),
            Optional.empty(),
            0,
            new TreeMap<>(),
            leaving,
            new TreeMap<>(),
            new TreeSet<>(List.of(unassigned)));
  }

  private void isProven(long incarnation, Evidence evidence) {
    host.fence =
        new FenceRecord(
            ID,
            new Incarnation(incarnation),
            new Epoch(1),
            Optional.of(evidence),
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0);
  }

  @Test
  void whatItsFormerIncarnationFoundIsNotFound() {
    assertThat(host.hasFound(VM)).as("nothing was reported").isFalse();
    joins(1);
    reports(1, Optional.empty(), VM);
    assertThat(host.hasFound(VM)).isTrue();
    assertThat(host.hasFound(WorkloadId.parse("vm:2"))).isFalse();
    joins(2);
    assertThat(host.hasFound(VM)).isFalse();
  }

  @Test
  void powerIsReadAsOffSinceOnlyByALaterOperation() {
    OpId asked = new OpId(1, 5);
    assertThat(host.isOffSince(asked)).isFalse();
    host.offReadBy = new OpId(1, 4);
    assertThat(host.isOffSince(asked)).isFalse();
    host.offReadBy = asked;
    assertThat(host.isOffSince(asked)).isFalse();
    host.offReadBy = new OpId(1, 6);
    assertThat(host.isOffSince(asked)).isTrue();
  }

  @Test
  void aPersonsWordCountsForTheIncarnationThatItWasGivenOf() {
    OpId asked = new OpId(1, 5);
    joins(1);
    assertThat(host.isOffSince(asked)).isFalse();
    isProven(1, new Evidence.PoweredOff("bmc"));
    assertThat(host.isOffSince(asked)).isFalse();
    isProven(1, new Evidence.ConfirmedByOperator("anna"));
    assertThat(host.isOffSince(asked)).isTrue();
    joins(2);
    assertThat(host.isOffSince(asked)).isFalse();
  }

  @Test
  void whyItIsToBeLeftIsItsMaintenanceOrItsDeparture() {
    joins(1);
    host.state = HostState.MAINTENANCE;
    assertThat(host.whyToBeLeft()).isEqualTo("is in maintenance");
    host.state = HostState.SHUTTING_DOWN;
    policy = ShutdownPolicy.MIGRATE;
    reports(1, Optional.of(new Notice(Departure.REBOOT, Notice.Stage.ANNOUNCED)));
    assertThat(host.whyToBeLeft()).isEqualTo("is rebooted as planned, policy MIGRATE");
    assertThat(host.isToBeLeft()).isTrue();
  }

  @Test
  void whoIsSilentAfterARebootIsWaitedForThoughThePolicyIsNotToWaitForAnAgent() {
    joins(1);
    policy = ShutdownPolicy.FREEZE;
    host.state = HostState.LOST;
    reports(1, Optional.of(new Notice(Departure.REBOOT, Notice.Stage.READY)));
    assertThat(host.isFrozen()).isTrue();
    reports(1, Optional.of(new Notice(Departure.AGENT_RESTART, Notice.Stage.READY)));
    assertThat(host.isFrozen()).isTrue();
    policy = ShutdownPolicy.FAILOVER;
    assertThat(host.isFrozen()).isFalse();
  }
}
