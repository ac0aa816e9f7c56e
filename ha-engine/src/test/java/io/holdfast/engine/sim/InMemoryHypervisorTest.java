package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What becomes of a start that nobody waits for when its host goes down and comes back. */
class InMemoryHypervisorTest {
  private static final HostId HOST = new HostId("h1");
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  private final PhysicalWorld world = new PhysicalWorld();

  @Test
  void aLateStartComesIntoEffectWhileItsHostStaysUp() {
    assertThat(runsAfter(w -> {})).isTrue();
  }

  @Test
  void aLateStartOutlivesNoPowerCut() {
    assertThat(
            runsAfter(
                w -> {
                  w.powerOff(HOST);
                  w.powerOn(HOST);
                }))
        .isFalse();
  }

  @Test
  void aLateStartOutlivesNoReset() {
    assertThat(runsAfter(w -> w.reset(HOST))).isFalse();
  }

  @Test
  void aStartAfterTheBootIsAStart() {
    InMemoryHypervisor hypervisor = delayed();
    world.reset(HOST);
    assertThat(start(hypervisor)).isEqualTo(Outcome.ok());
    hypervisor.settleLateStarts();
    assertThat(world.copiesOn(HOST)).containsExactly(VM);
  }

  private boolean runsAfter(Consumer<PhysicalWorld> fault) {
    InMemoryHypervisor hypervisor = delayed();
    fault.accept(world);
    hypervisor.settleLateStarts();
    return world.copiesOn(HOST).contains(VM);
  }

  private InMemoryHypervisor delayed() {
    world.addHost(HOST);
    InMemoryHypervisor hypervisor =
        new InMemoryHypervisor(world, HOST, Set.of("vm"), Runnable::run);
    hypervisor.delayNextStart(VM);
    assertThat(start(hypervisor)).isInstanceOf(Outcome.Unknown.class);
    return hypervisor;
  }

  private static Outcome<Outcome.Ack> start(InMemoryHypervisor hypervisor) {
    return hypervisor.start(VM, InMemoryHypervisor.definitionOf(VM), Duration.ofSeconds(1));
  }
}
