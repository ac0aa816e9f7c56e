package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.HostId;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.engine.sim.InMemoryFenceDevice;
import io.holdfast.engine.sim.InMemoryFenceDevice.Fault;
import io.holdfast.engine.sim.PhysicalWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A device that takes the access to the storage away. */
class InMemoryStorageFenceTest extends FenceDeviceContract {
  private static final HostId HOST = new HostId("host1");

  private final PhysicalWorld world = new PhysicalWorld();
  private final List<InMemoryFenceDevice> devices = new ArrayList<>();
  private Fault fault = Fault.NONE;

  @BeforeEach
  void host() {
    world.addHost(HOST);
  }

  private InMemoryFenceDevice deviceWith(Fault wrong) {
    InMemoryFenceDevice device = InMemoryFenceDevice.storage("array-host1", HOST, world);
    device.setFault(wrong);
    devices.add(device);
    return device;
  }

  @Override
  protected FenceDevice device() {
    return deviceWith(fault);
  }

  @Override
  protected FenceDevice deviceWithWrongPassword() {
    return deviceWith(Fault.WRONG_CREDENTIALS);
  }

  @Override
  protected FenceDevice deviceAtDeadAddress() {
    return deviceWith(Fault.UNREACHABLE);
  }

  @Override
  protected PowerState truth() {
    return world.isCutOff(HOST) ? PowerState.OFF : PowerState.ON;
  }

  @Override
  protected void setTruth(PowerState state) {
    world.cutOff(HOST, state == PowerState.OFF);
  }

  @Override
  protected void makeItRefuse() {
    fault = Fault.REFUSES;
  }

  @Override
  protected void makeItMute() {
    fault = Fault.SILENT;
  }

  @Override
  protected void makeItMuteForOneCall() {
    notSupported("no call waits: every call returns at once");
  }

  @Override
  protected void makeItSlow(Duration delay) {
    if (delay.compareTo(shortTimeout()) < 0) {
      notSupported("it has no clock: every call returns at once");
    }
    fault = Fault.EFFECT_LATER;
  }

  @Override
  protected void makeItDieInBetween() {
    fault = Fault.REPLY_LOST;
  }

  @Override
  protected OptionalLong commandsSent() {
    return OptionalLong.of(devices.stream().mapToLong(InMemoryFenceDevice::commandsSent).sum());
  }

  @Test
  void whatItHasConfirmedIsNotUndoneByACommandOfBefore() {
    setTruth(PowerState.OFF);
    InMemoryFenceDevice device = deviceWith(Fault.EFFECT_LATER);
    assertThat(device.on(timeout())).isInstanceOf(TimedOut.class);
    device.setFault(Fault.NONE);
    assertThat(device.on(timeout())).isEqualTo(new Confirmed(PowerState.ON));
    assertThat(device.off(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
    assertThat(device.settleOne()).isFalse();
    assertThat(truth()).isEqualTo(PowerState.OFF);
  }

  @Test
  void aRebootOfTheHostChangesNothing() {
    FenceDevice device = device();
    assertThat(device.off(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
    world.powerOff(HOST);
    world.powerOn(HOST);
    assertThat(truth()).isEqualTo(PowerState.OFF);
  }
}
