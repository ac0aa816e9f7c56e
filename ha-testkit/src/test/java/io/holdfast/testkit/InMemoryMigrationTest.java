package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.sim.InMemoryHypervisor;
import io.holdfast.engine.sim.InMemoryHypervisor.MigrationFault;
import io.holdfast.engine.sim.PhysicalWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Migrations that go wrong, and what becomes of one when a host dies in the middle. */
class InMemoryMigrationTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final HostId H1 = new HostId("h1");
  private static final HostId H2 = new HostId("h2");
  private static final HostId H3 = new HostId("h3");
  private static final WorkloadId VM = WorkloadId.parse("vm:101");

  private final PhysicalWorld world = new PhysicalWorld();
  private final List<String> told = new ArrayList<>();
  private final List<String> twice = new ArrayList<>();
  private final InMemoryHypervisor first;
  private final InMemoryHypervisor second;

  InMemoryMigrationTest() {
    List.of(H1, H2, H3).forEach(world::addHost);
    first = new InMemoryHypervisor(world, H1, Set.of("vm"), Runnable::run);
    second = new InMemoryHypervisor(world, H2, Set.of("vm"), Runnable::run);
  }

  @BeforeEach
  void runsOnTheFirst() {
    world.observe(
        new PhysicalWorld.Observer() {
          @Override
          public void onCopyStarted(WorkloadId workload, HostId host) {
            if (world.hostsRunning(workload).size() > 1) {
              twice.add(workload + " on " + host);
            }
          }
        });
    assertThat(first.start(VM, InMemoryHypervisor.definitionOf(VM), TIMEOUT).isDone()).isTrue();
    assertThat(first.subscribe(event -> told.add("h1 " + brief(event)))).isNotNull();
    assertThat(second.subscribe(event -> told.add("h2 " + brief(event)))).isNotNull();
  }

  @AfterEach
  void neverTwo() {
    assertThat(twice).isEmpty();
  }

  @Test
  void faultsComeInTurnAndThenItSucceeds() {
    first.faultNextMigration(VM, MigrationFault.FAILED);
    first.faultNextMigration(VM, MigrationFault.UNKNOWN_NOT_APPLIED);
    first.faultNextMigration(VM, MigrationFault.UNKNOWN_APPLIED);

    assertThat(causeOf(migrate())).isEqualTo(Cause.ERROR);
    assertThat(migrate()).isInstanceOf(Outcome.Unknown.class);
    assertThat(world.hostsRunning(VM)).containsExactly(H1);
    assertThat(migrate()).isInstanceOf(Outcome.Unknown.class);
    assertThat(world.hostsRunning(VM)).containsExactly(H2);
    assertThat(causeOf(migrate())).isEqualTo(Cause.NOT_FOUND);
    assertThat(told).containsExactly("h2 UNKNOWN", "h2 UNKNOWN", "h1 MIGRATED", "h2 started");
  }

  @Test
  void oneThatNobodyWaitsForArrivesLater() {
    first.faultNextMigration(VM, MigrationFault.LATE);
    assertThat(migrate()).isInstanceOf(Outcome.Unknown.class);
    assertThat(world.hostsRunning(VM)).containsExactly(H1);
    assertThat(first.inventory(TIMEOUT).map(i -> i.get(VM)))
        .isEqualTo(Outcome.done(RunState.MIGRATING));
    world.completeMigrations();
    assertThat(world.hostsRunning(VM)).containsExactly(H2);
  }

  @Test
  void destroyedHereItArrivesNoMore() {
    first.faultNextMigration(VM, MigrationFault.LATE);
    assertThat(migrate()).isInstanceOf(Outcome.Unknown.class);
    assertThat(first.destroy(VM, TIMEOUT)).isEqualTo(Outcome.ok());
    world.completeMigrations();
    assertThat(world.hostsRunning(VM)).isEmpty();
  }

  @Test
  void whileItIsHandedOverNobodyCanSayThatItIsGone() {
    handOver();
    assertThat(world.hostsRunning(VM)).isEmpty();
    assertThat(first.destroy(VM, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(first.cancelMigration(VM, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(first.start(VM, InMemoryHypervisor.definitionOf(VM), TIMEOUT))
        .isInstanceOf(Outcome.Unknown.class);
    world.completeMigrations();
    assertThat(first.destroy(VM, TIMEOUT)).isEqualTo(Outcome.ok());
    assertThat(world.hostsRunning(VM)).containsExactly(H2);
  }

  @Test
  void theDeathOfTheSourceEndsIt() {
    first.faultNextMigration(VM, MigrationFault.LATE);
    assertThat(migrate()).isInstanceOf(Outcome.Unknown.class);
    world.powerOff(H1);
    // Still listed at the target, which does not know yet, and startable there only afterwards.
    assertThat(stateAtTarget()).isEqualTo(Outcome.done(List.of(RunState.PAUSED)));
    world.completeMigrations();
    assertThat(stateAtTarget()).isEqualTo(Outcome.done(List.of()));
    assertThat(world.hostsRunning(VM)).isEmpty();
    assertThat(told).containsExactly("h2 UNKNOWN");
  }

  @Test
  void whatWasHandedOverArrivesAfterTheDeathOfTheSource() {
    handOver();
    world.crash(H1);
    assertThat(stateAtTarget()).isEqualTo(Outcome.done(List.of(RunState.PAUSED)));
    world.reset(H1);
    assertThat(first.inventory(TIMEOUT).map(i -> i.containsKey(VM))).isEqualTo(Outcome.done(false));
    world.completeMigrations();
    assertThat(world.hostsRunning(VM)).containsExactly(H2);
  }

  @Test
  void destroyedAtTheTargetItNeverArrives() {
    handOver();
    world.powerOff(H1);
    assertThat(second.destroy(VM, TIMEOUT)).isEqualTo(Outcome.ok());
    world.completeMigrations();
    assertThat(world.hostsRunning(VM)).isEmpty();
  }

  @Test
  void theDeathOfTheTargetLeavesItHere() {
    first.faultNextMigration(VM, MigrationFault.LATE);
    assertThat(migrate()).isInstanceOf(Outcome.Unknown.class);
    world.powerOff(H2);
    assertThat(world.hostsRunning(VM)).containsExactly(H1);
    assertThat(causeOf(migrate())).isEqualTo(Cause.UNREACHABLE);
  }

  @Test
  void theDeathOfTheTargetGivesBackWhatWasHandedOver() {
    handOver();
    world.crash(H2);
    assertThat(world.hostsRunning(VM)).containsExactly(H1);
    assertThat(first.inventory(TIMEOUT).map(i -> i.get(VM)))
        .isEqualTo(Outcome.done(RunState.RUNNING));
  }

  @Test
  void aTargetWithoutPowerOrHypervisorRefuses() {
    world.powerOff(H2);
    assertThat(causeOf(migrate())).isEqualTo(Cause.UNREACHABLE);
    world.powerOn(H2);
    second.disconnect("hung");
    assertThat(causeOf(migrate())).isEqualTo(Cause.UNREACHABLE);
    assertThat(causeOf(first.migrate(VM, H3, TIMEOUT))).isEqualTo(Cause.UNREACHABLE);
    assertThat(world.hostsRunning(VM)).containsExactly(H1);
  }

  @Test
  void aTargetThatFallsSilentInTheMiddleLeavesItOpen() {
    assertThat(first.beginMigration(VM, H2)).isTrue();
    second.disconnect("hung");
    assertThat(migrate()).isInstanceOf(Outcome.Unknown.class);
    second.reconnect();
    assertThat(migrate()).isEqualTo(Outcome.ok());
    assertThat(world.hostsRunning(VM)).containsExactly(H2);
  }

  @Test
  void aGuestThatEndsOnItsWayArrivesNowhere() {
    assertThat(first.beginMigration(VM, H2)).isTrue();
    first.endUnasked(VM, StopReason.CRASHED);
    world.completeMigrations();
    assertThat(world.hostsRunning(VM)).isEmpty();
    assertThat(told).containsExactlyInAnyOrder("h1 CRASHED", "h2 UNKNOWN");
  }

  @Test
  void aPausedGuestAndOneOnItsWayToElsewhereStay() {
    first.pause(VM, true);
    assertThat(causeOf(migrate())).isEqualTo(Cause.ERROR);
    first.pause(VM, false);
    assertThat(first.beginMigration(VM, H2)).isTrue();
    assertThat(causeOf(first.migrate(VM, H3, TIMEOUT))).isEqualTo(Cause.CONFLICT);
  }

  @Test
  void aSharedLockIsHeldOnTheWay() {
    InMemoryHypervisor third = new InMemoryHypervisor(world, H3, Set.of("vm"), Runnable::run);
    third.shareLockspace(true);
    handOver();
    assertThat(causeOf(third.start(VM, InMemoryHypervisor.definitionOf(VM), TIMEOUT)))
        .isEqualTo(Cause.HELD);
  }

  private void handOver() {
    first.faultNextMigration(VM, MigrationFault.HANDED_OVER);
    assertThat(migrate()).isInstanceOf(Outcome.Unknown.class);
  }

  private Outcome<Ack> migrate() {
    return first.migrate(VM, H2, TIMEOUT);
  }

  private Outcome<List<RunState>> stateAtTarget() {
    return second.inventory(TIMEOUT).map(i -> List.copyOf(i.values()));
  }

  private static String brief(HypervisorEvent event) {
    if (event instanceof HypervisorEvent.Stopped stopped) {
      return stopped.reason().name();
    }
    return event instanceof HypervisorEvent.Started ? "started" : event.toString();
  }

  private static Cause causeOf(Outcome<Ack> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    return ((Outcome.Failed<Ack>) outcome).cause();
  }
}
