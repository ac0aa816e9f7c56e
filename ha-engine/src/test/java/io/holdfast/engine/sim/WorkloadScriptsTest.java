package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.sim.InMemoryHypervisor.StartFault;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What happens to single workloads. */
class WorkloadScriptsTest {

  @Test
  void aWorkloadThatArrivedUntoldIsNotStartedBesideIt() {
    UntoldMove move = new UntoldMove();
    assertThat(move.cameAsPlanned).isTrue();
    assertThat(move.world.violations()).isEmpty();
  }

  @Test
  void aCrashedGuestIsRestartedInPlaceAndThenRelocated() {
    Scripts s = Scripts.running(3, 3);
    WorkloadId guest = s.workload(0);
    HostId home = s.hostOf(guest);
    s.world.faults().crashGuest(guest);
    s.await("restarted", () -> s.copies(guest) == 1);
    assertThat(s.hostOf(guest)).isEqualTo(home);
    s.await("known", () -> s.has(guest, WorkloadStatus.STARTED));
    s.pass(Duration.ofSeconds(5));

    s.world.faults().crashGuest(guest);
    s.await("relocated", () -> s.copies(guest) == 1);
    assertThat(s.hostOf(guest)).isNotEqualTo(home);
    s.await("known", () -> s.has(guest, WorkloadStatus.STARTED));
  }

  @Test
  void aGuestThatStartsNowhereEndsFailedWithTheReasonAndItsOwnerCanTryAgain() {
    Scripts s = Scripts.running(3, 3);
    WorkloadId guest = s.workload(0);
    for (HostId host : s.world.physical().hosts()) {
      for (int i = 0; i < 3; i++) {
        s.world.faults().faultStart(host, guest, StartFault.FAILED);
      }
    }
    s.world.faults().crashGuest(guest);
    s.await("failed", () -> s.has(guest, WorkloadStatus.FAILED));
    assertThat(s.copies(guest)).isZero();
    assertThat(s.info(guest).reason()).contains("gave it up", "START failed", "STOPPED");
    s.pass(Duration.ofMinutes(5));
    assertThat(s.info(guest).status()).isEqualTo(WorkloadStatus.FAILED);

    s.world.platform().setDesired(guest, DesiredState.STOPPED);
    s.await("stopped", () -> s.has(guest, WorkloadStatus.STOPPED));
    s.world.platform().setDesired(guest, DesiredState.STARTED);
    s.await("runs, perhaps after another relocation", s::everythingRuns, Duration.ofMinutes(5));
  }

  @Test
  void aWorkloadIsStoppedAndStartedAsItsOwnerWants() {
    Scripts s = Scripts.running(2, 2);
    WorkloadId guest = s.workload(0);
    s.world.platform().setDesired(guest, DesiredState.STOPPED);
    s.await("stopped", () -> s.has(guest, WorkloadStatus.STOPPED) && s.copies(guest) == 0);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.copies(guest)).isZero();
    s.world.platform().setDesired(guest, DesiredState.STARTED);
    s.await("runs", s::everythingRuns);
  }

  @Test
  void aGuestThatDoesNotListenIsStoppedByForce() {
    Scripts s = Scripts.running(2, 2);
    WorkloadId guest = s.workload(0);
    s.world.faults().ignoreStop(s.hostOf(guest), guest, true);
    s.world.platform().setDesired(guest, DesiredState.STOPPED);
    s.await("stopped", () -> s.has(guest, WorkloadStatus.STOPPED) && s.copies(guest) == 0);
  }

  @Test
  void aWorkloadThatMayRunSomewhereWaitsForEveryHostToBeAccountedFor() {
    Scripts s = Scripts.running(3, 1);
    HostId silent =
        s.world.physical().hosts().stream()
            .filter(h -> s.workloadsOn(h).isEmpty() && !h.equals(s.leader()))
            .findFirst()
            .orElseThrow();
    s.world.faults().fenceDevice(silent, InMemoryFenceDevice.Fault.UNREACHABLE);
    s.world.faults().crash(silent);
    s.await("lost", () -> s.has(silent, HostState.LOST));
    Workload guest = Workload.of("vm:500", Priority.HIGH, Capacity.of(1, 1));
    s.world.platform().protect(guest);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.copies(guest.id())).isZero();
    assertThat(s.info(guest.id()).reason()).contains("may be running on", silent.value());

    s.world.faults().bringUp(silent);
    s.await("runs", s::everythingRuns);
  }

  @Test
  void aWorkloadFoundRunningIsAdoptedWhereItRuns() {
    Scripts s = Scripts.running(3, 1);
    HostId home = s.follower();
    Workload guest = Workload.of("vm:500", Priority.HIGH, Capacity.of(1, 1));
    s.world.platform().startUnasked(guest.id(), home);
    s.pass(Duration.ofSeconds(2));
    Duration before = s.world.now();
    s.world.platform().protect(guest);
    s.await("adopted", s::everythingRuns);
    assertThat(s.hostOf(guest.id())).isEqualTo(home);
    assertThat(s.toldSince(before, HaEvent.StartIssued.class)).isEmpty();
  }

  @Test
  void pitfall34AWorkloadThatFitsNowhereSaysWhy() {
    Scripts s = Scripts.running(2, 1);
    Workload guest = Workload.of("vm:500", Priority.HIGH, Capacity.of(17, 1));
    s.world.platform().protect(guest);
    s.pass(Duration.ofSeconds(30));
    assertThat(s.info(guest.id()).status()).isEqualTo(WorkloadStatus.STOPPED);
    assertThat(s.info(guest.id()).reason()).contains("host1 cpu: needs 17", "host2 cpu: needs 17");
  }

  @Test
  void whatIsNotProtectedIsLeftAlone() {
    Scripts s = Scripts.running(2, 2);
    WorkloadId foreign = new WorkloadId("vm", "foreign");
    s.world.platform().runUnprotected(foreign, s.leader());
    s.pass(Duration.ofMinutes(1));
    s.world.faults().crashGuest(foreign);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.copies(foreign)).isZero();
  }
}
