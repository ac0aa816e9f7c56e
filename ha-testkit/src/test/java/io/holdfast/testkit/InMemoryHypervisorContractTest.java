package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.engine.sim.InMemoryHypervisor;
import io.holdfast.engine.sim.PhysicalWorld;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;

class InMemoryHypervisorContractTest extends HypervisorContract {
  private static final Set<String> KINDS = Set.of("vm", "ct");

  private final HostId host = new HostId("h1");
  private final HostId other = new HostId("h2");
  private final PhysicalWorld world = new PhysicalWorld();
  private final ExecutorService events = Executors.newSingleThreadExecutor();
  private final InMemoryHypervisor hypervisor;
  private boolean opened;
  private int given;

  InMemoryHypervisorContractTest() {
    world.addHost(host);
    world.addHost(other);
    hypervisor = new InMemoryHypervisor(world, host, KINDS, events);
  }

  @AfterEach
  void endEvents() {
    events.shutdownNow();
  }

  @Override
  protected Hypervisor open() {
    if (opened) {
      return new InMemoryHypervisor(world, host, KINDS, events);
    }
    opened = true;
    return hypervisor;
  }

  @Override
  protected WorkloadId freshWorkload() {
    return new WorkloadId("vm", "w" + ++given);
  }

  @Override
  protected Definition definitionOf(WorkloadId workload) {
    return InMemoryHypervisor.definitionOf(workload);
  }

  @Override
  protected Definition invalidDefinition(WorkloadId workload) {
    return new Definition("nonsense");
  }

  @Override
  protected void startOutOfBand(WorkloadId workload) {
    hypervisor.startUnasked(workload);
  }

  @Override
  protected void startInDoubt(WorkloadId workload) {
    hypervisor.delayNextStart(workload);
    expectUnknown(hypervisor.start(workload, definitionOf(workload), timeout()));
  }

  @Override
  protected void settle() {
    hypervisor.settleLateStarts();
  }

  @Override
  protected Neighbour openNeighbour() {
    return new Neighbour(other, new InMemoryHypervisor(world, other, KINDS, events));
  }

  @Override
  protected HostId hostOfHypervisor() {
    return host;
  }

  @Override
  protected void startAtNeighbour(WorkloadId workload) {
    world.startCopy(workload, other);
  }

  @Override
  protected void beginMigration(WorkloadId workload, HostId target) {
    assertThat(hypervisor.beginMigration(workload, target)).isTrue();
  }

  @Override
  protected void crash(WorkloadId workload) {
    hypervisor.endUnasked(workload, StopReason.CRASHED);
  }

  @Override
  protected void shutDownGuest(WorkloadId workload) {
    hypervisor.endUnasked(workload, StopReason.GUEST_SHUTDOWN);
  }

  @Override
  protected void makeUnreachable() {
    hypervisor.disconnect("hung");
  }

  @Override
  protected void makeReachable() {
    hypervisor.reconnect();
  }
}
