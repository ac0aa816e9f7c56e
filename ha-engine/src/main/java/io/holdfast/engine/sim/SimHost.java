package io.holdfast.engine.sim;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One host: its hypervisor, its BMC, its disk, and the processes that run while it is up. */
final class SimHost {
  final HostId id;
  final InMemoryHypervisor hypervisor;
  final InMemoryFenceDevice bmc;

  /** In the order in which they are tried: the BMC, and perhaps a switched outlet. */
  final List<InMemoryFenceDevice> fenceDevices;

  /** Used only where the configuration has a lease timing. */
  final InMemoryWatchdog watchdog;

  /** On its disk: survives everything. */
  Epoch journal = Epoch.NONE;

  boolean agentPartitioned;
  boolean controllerPartitioned;

  /** Whether its processes are started by whoever starts processes. */
  boolean agentWanted = true;

  boolean controllerWanted = true;

  @Nullable SimAgent agent;
  @Nullable SimController controller;
  private final SimWorld world;
  private long boots;

  /**
   * @param devices how many fence devices it has, at most two
   */
  SimHost(SimWorld world, HostId id, int devices) {
    this.world = world;
    this.id = id;
    world.physical().addHost(id);
    hypervisor = new InMemoryHypervisor(world.physical(), id, Set.of("vm"), Runnable::run);
    bmc = new InMemoryFenceDevice("bmc-" + id, id, world.physical());
    fenceDevices =
        List.of(bmc, new InMemoryFenceDevice("pdu-" + id, id, world.physical()))
            .subList(0, devices);
    watchdog = new InMemoryWatchdog(id, world.physical(), world.dice().clock(world.schedule()));
  }

  void persist(Epoch epoch) {
    if (epoch.compareTo(journal) > 0) {
      journal = epoch;
    }
  }

  /** Changes with every boot and every end: what belongs to another number is gone. */
  long boot() {
    return boots;
  }

  /** Its operating system has come up; what runs on it comes up a little later. */
  void booted(long afterNanos) {
    long boot = ++boots;
    world
        .schedule()
        .in(
            afterNanos,
            () -> {
              if (boot == boots) {
                startAgent();
                startController();
              }
            });
  }

  /** Everything that ran on it ends with it. */
  void down() {
    boots++;
    killAgent();
    killController();
  }

  void startAgent() {
    if (agentWanted && agent == null && world.physical().isUp(id)) {
      agent = SimAgent.of(world, this, world.network().link(id + "/agent", () -> agentPartitioned));
      agent.start();
    }
  }

  void startController() {
    if (controllerWanted && controller == null && world.physical().isUp(id)) {
      controller =
          SimController.of(
              world,
              id,
              world.network().link(id + "/ctrl", () -> controllerPartitioned),
              world.fenceDevices());
      controller.start();
    }
  }

  void killAgent() {
    if (agent != null) {
      agent.kill();
      agent = null;
    }
  }

  void killController() {
    if (controller != null) {
      controller.kill();
      controller = null;
    }
  }

  /** What runs on it now. */
  List<SimProcess<?, ?>> processes() {
    return List.<Optional<? extends SimProcess<?, ?>>>of(
            Optional.ofNullable(agent), Optional.ofNullable(controller))
        .stream()
        .<SimProcess<?, ?>>flatMap(Optional::stream)
        .toList();
  }
}
