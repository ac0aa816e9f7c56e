package io.holdfast.testkit;

import io.holdfast.api.HostId;
import io.holdfast.api.spi.HostCheck;
import io.holdfast.engine.sim.InMemoryHostCheck;
import io.holdfast.engine.sim.PhysicalWorld;
import org.junit.jupiter.api.BeforeEach;

class InMemoryHostCheckTest extends HostCheckContract {
  private static final HostId HOST = new HostId("host1");

  private final PhysicalWorld world = new PhysicalWorld();
  private final InMemoryHostCheck check = new InMemoryHostCheck("peers", world);

  @BeforeEach
  void host1() {
    world.addHost(HOST);
  }

  @Override
  protected HostCheck check() {
    return check;
  }

  @Override
  protected HostId host() {
    return HOST;
  }

  @Override
  protected void bringUp() {
    world.powerOn(HOST);
  }

  @Override
  protected void cutDown() {
    world.powerOff(HOST);
  }

  @Override
  protected void breakTheChannel() {
    check.setFault(HOST, InMemoryHostCheck.Fault.BLIND);
  }
}
