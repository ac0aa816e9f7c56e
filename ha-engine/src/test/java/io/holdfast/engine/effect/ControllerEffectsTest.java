package io.holdfast.engine.effect;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Timings;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import io.holdfast.engine.sim.InMemoryFenceDevice;
import io.holdfast.engine.sim.PhysicalWorld;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A fence command is sent in time or not at all. */
class ControllerEffectsTest {
  private static final HostId HOST = new HostId("h1");

  private final PhysicalWorld world = new PhysicalWorld();
  private long now = 100;

  @Test
  void anOperationThatHasNotBegunInTimeIsNotBegun() {
    ControllerEffects effects = effects();
    now = 200;
    assertThat(outcome(effects, 200)).isInstanceOf(FenceOutcome.TimedOut.class);
    assertThat(world.isPowered(HOST)).isTrue();

    assertThat(outcome(effects, 201)).isEqualTo(new FenceOutcome.Confirmed(PowerState.OFF));
    assertThat(world.isPowered(HOST)).isFalse();
  }

  @Test
  void aQuestionThatADeviceDoesNotAnswerHoldsNoCommandUp() {
    assertThat(ControllerEffects.queueOf(ask(DeviceOperation.STATUS, 0)))
        .isNotEqualTo(ControllerEffects.queueOf(ask(DeviceOperation.OFF, 0)));
  }

  private static ControllerEffect ask(DeviceOperation operation, long notAfter) {
    return new ControllerEffect.AskDevice(
        new OpId(1, 1), HOST, "bmc", operation, Timings.DEFAULT.fenceTimeout(), notAfter);
  }

  private static FenceOutcome outcome(ControllerEffects effects, long notAfter) {
    ControllerEvent answer =
        effects.perform(ask(DeviceOperation.OFF, notAfter)).orElseThrow().apply(0);
    return ((ControllerEvent.DeviceAnswered) answer).outcome();
  }

  private ControllerEffects effects() {
    world.addHost(HOST);
    SortedMap<HostId, List<FenceDevice>> devices = new TreeMap<>();
    devices.put(HOST, List.of(new InMemoryFenceDevice("bmc", HOST, world)));
    InMemoryConnection connection = new InMemoryCoordination(Runnable::run).connect("c1");
    Timings timings = Timings.DEFAULT;
    Records records = new Records(connection.stateStore(), timings.storeTimeout());
    return new ControllerEffects(
        "c1",
        connection.membership(),
        records,
        devices,
        List.of(),
        Optional.empty(),
        timings,
        () -> now);
  }
}
