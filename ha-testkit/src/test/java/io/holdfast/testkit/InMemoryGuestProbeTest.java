package io.holdfast.testkit;

import io.holdfast.api.HostId;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.GuestProbe;
import io.holdfast.engine.sim.InMemoryGuestProbe;
import io.holdfast.engine.sim.PhysicalWorld;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;

class InMemoryGuestProbeTest extends GuestProbeContract {
  private static final HostId HOST = new HostId("host1");
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  private final PhysicalWorld world = new PhysicalWorld();

  @BeforeEach
  void host() {
    world.addHost(HOST);
  }

  @Override
  protected GuestProbe probe() {
    return new InMemoryGuestProbe(HOST, world, Set.of("vm"));
  }

  @Override
  protected WorkloadId workload() {
    return VM;
  }

  @Override
  protected void startServing() {
    world.startCopy(VM, HOST);
  }

  @Override
  protected void freeze() {
    world.freeze(VM, true);
  }

  @Override
  protected void end() {
    world.stopCopy(VM, HOST, StopReason.DESTROYED);
  }
}
