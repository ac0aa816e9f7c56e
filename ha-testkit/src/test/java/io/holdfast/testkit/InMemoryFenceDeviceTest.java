package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.FenceOutcome.AlreadyThere;
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

class InMemoryFenceDeviceTest extends FenceDeviceContract {
  private static final HostId HOST = new HostId("host1");

  private final PhysicalWorld world = new PhysicalWorld();
  private final List<InMemoryFenceDevice> devices = new ArrayList<>();
  private Fault fault = Fault.NONE;

  @BeforeEach
  void host() {
    world.addHost(HOST);
  }

  private InMemoryFenceDevice deviceWith(Fault wrong) {
    InMemoryFenceDevice device = new InMemoryFenceDevice("bmc-host1", HOST, world);
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
    return world.isPowered(HOST) ? PowerState.ON : PowerState.OFF;
  }

  @Override
  protected void setTruth(PowerState state) {
    if (state == PowerState.ON) {
      world.powerOn(HOST);
    } else {
      world.powerOff(HOST);
    }
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
  void aLostCommandHasNoEffectAndALostReplyHasOne() {
    InMemoryFenceDevice device = deviceWith(Fault.COMMAND_LOST);
    assertThat(device.off(timeout())).isInstanceOf(TimedOut.class);
    assertThat(truth()).isEqualTo(PowerState.ON);
    device.setFault(Fault.REPLY_LOST);
    assertThat(device.off(timeout())).isInstanceOf(TimedOut.class);
    assertThat(truth()).isEqualTo(PowerState.OFF);
    assertThat(device.off(timeout())).isEqualTo(new AlreadyThere(PowerState.OFF));
    assertThat(device.commandsSent()).isEqualTo(2);
  }

  @Test
  void aLateCommandTakesEffectWhenItSettlesWhateverCameAfterIt() {
    InMemoryFenceDevice device = deviceWith(Fault.EFFECT_LATER);
    assertThat(device.off(timeout())).isInstanceOf(TimedOut.class);
    assertThat(truth()).isEqualTo(PowerState.ON);
    device.setFault(Fault.NONE);
    assertThat(device.off(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
    assertThat(device.on(timeout())).isEqualTo(new Confirmed(PowerState.ON));
    assertThat(device.lateCommands()).isEqualTo(1);
    assertThat(device.settleOne()).isTrue();
    assertThat(truth()).isEqualTo(PowerState.OFF);
    assertThat(device.settleOne()).isFalse();
  }
}
