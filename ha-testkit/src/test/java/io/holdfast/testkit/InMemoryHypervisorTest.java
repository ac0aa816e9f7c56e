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
import io.holdfast.engine.sim.InMemoryHypervisor.StartFault;
import io.holdfast.engine.sim.PhysicalWorld;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The faults, and what only the in-memory hypervisor promises. One thread, as in a simulation. */
class InMemoryHypervisorTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final HostId H1 = new HostId("h1");
  private static final HostId H2 = new HostId("h2");
  private static final WorkloadId VM = WorkloadId.parse("vm:101");

  private final PhysicalWorld world = new PhysicalWorld();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<HypervisorEvent> told = new ArrayList<>();
  private final InMemoryHypervisor first;
  private final InMemoryHypervisor second;

  InMemoryHypervisorTest() {
    world.addHost(H1);
    world.addHost(H2);
    first = new InMemoryHypervisor(world, H1, Set.of("vm"), tasks::add);
    second = new InMemoryHypervisor(world, H2, Set.of("vm"), tasks::add);
  }

  @BeforeEach
  void listen() {
    assertThat(first.subscribe(told::add)).isNotNull();
  }

  @Test
  void aStartMeetsItsFaultsInTurnAndThenSucceeds() {
    first.faultNextStart(VM, StartFault.FAILED);
    first.faultNextStart(VM, StartFault.UNKNOWN_NOT_APPLIED);
    first.faultNextStart(VM, StartFault.UNKNOWN_APPLIED);

    assertThat(causeOf(start(first))).isEqualTo(Cause.ERROR);
    assertThat(start(first)).isInstanceOf(Outcome.Unknown.class);
    assertThat(world.hostsRunning(VM)).isEmpty();
    assertThat(start(first)).isInstanceOf(Outcome.Unknown.class);
    assertThat(world.hostsRunning(VM)).containsExactly(H1);
    assertThat(start(first)).isEqualTo(Outcome.ok());
    assertThat(deliver()).containsExactly(new HypervisorEvent.Started(VM));
  }

  @Test
  void onlyASharedLockspaceRefusesASecondCopy() {
    assertThat(start(first)).isEqualTo(Outcome.ok());
    second.shareLockspace(true);
    assertThat(causeOf(start(second))).isEqualTo(Cause.HELD);
    second.shareLockspace(false);
    assertThat(start(second)).isEqualTo(Outcome.ok());
    assertThat(world.hostsRunning(VM)).containsExactly(H1, H2);
  }

  @Test
  void aPowerCutIsSilentAndLeavesNothing() {
    assertThat(start(first)).isEqualTo(Outcome.ok());
    assertThat(deliver()).hasSize(1);
    world.powerOff(H1);
    assertThat(first.inventory(TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(start(first)).isInstanceOf(Outcome.Unknown.class);
    world.powerOn(H1);
    assertThat(first.inventory(TIMEOUT).map(Map::size)).isEqualTo(Outcome.done(0));
    assertThat(deliver()).isEmpty();
  }

  @Test
  void whatHappensWhileUnreachableIsNotTold() {
    assertThat(start(first)).isEqualTo(Outcome.ok());
    first.disconnect("hung");
    first.disconnect("still hung");
    first.endUnasked(VM, StopReason.CRASHED);
    first.reconnect();
    assertThat(deliver())
        .containsExactly(
            new HypervisorEvent.Started(VM),
            new HypervisorEvent.Disconnected("hung"),
            new HypervisorEvent.Reconnected());
    assertThat(world.hostsRunning(VM)).isEmpty();
  }

  @Test
  void aGuestThatIgnoresStopIsDestroyed() {
    assertThat(start(first)).isEqualTo(Outcome.ok());
    first.ignoreStop(VM, true);
    assertThat(first.stop(VM, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(world.hostsRunning(VM)).containsExactly(H1);
    assertThat(first.destroy(VM, TIMEOUT)).isEqualTo(Outcome.ok());
    assertThat(world.hostsRunning(VM)).isEmpty();
  }

  @Test
  void aPausedCopyIsListedAsPaused() {
    assertThat(start(first)).isEqualTo(Outcome.ok());
    first.pause(VM, true);
    assertThat(first.inventory(TIMEOUT).map(i -> i.get(VM)))
        .isEqualTo(Outcome.done(RunState.PAUSED));
  }

  @Test
  void otherKindsAreNotItsBusiness() {
    WorkloadId foreign = WorkloadId.parse("ct:7");
    world.startCopy(foreign, H1);
    assertThat(first.inventory(TIMEOUT).map(Map::size)).isEqualTo(Outcome.done(0));
    assertThat(causeOf(first.destroy(foreign, TIMEOUT))).isEqualTo(Cause.UNSUPPORTED);
    assertThat(world.hostsRunning(foreign)).containsExactly(H1);
  }

  @Test
  void aClosedOneLeavesWorkloadsAlone() {
    assertThat(start(first)).isEqualTo(Outcome.ok());
    first.close();
    assertThat(first.destroy(VM, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(world.hostsRunning(VM)).containsExactly(H1);
    assertThat(deliver()).isEmpty();
  }

  private Outcome<Ack> start(InMemoryHypervisor hypervisor) {
    return hypervisor.start(VM, InMemoryHypervisor.definitionOf(VM), TIMEOUT);
  }

  private List<HypervisorEvent> deliver() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
    List<HypervisorEvent> delivered = List.copyOf(told);
    told.clear();
    return delivered;
  }

  private static Cause causeOf(Outcome<Ack> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    return ((Outcome.Failed<Ack>) outcome).cause();
  }
}
