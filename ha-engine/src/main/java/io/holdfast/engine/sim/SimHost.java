package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.FenceTopology;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.api.spi.HostPreference;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.engine.record.RecordCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One host: its hypervisor, its BMC, its disk, and the processes that run while it is up. */
final class SimHost {
  /** A condition that some workloads ask for. */
  static final String LOCKSPACE = "lockspace:vms";

  final HostId id;
  final InMemoryHypervisor hypervisor;

  /** The same, as its agent meets it: with what goes wrong with single workloads. */
  final SimHypervisor guests;

  /** The same again, each kind with what it can. */
  private final SortedMap<String, Hypervisor> byKind = new TreeMap<>();

  final InMemoryFenceDevice bmc;

  final SimConfig.FenceKit kit;

  /** In the order in which they are tried: the BMC, and perhaps switched outlets. */
  final List<InMemoryFenceDevice> fenceDevices;

  /** Used only where the configuration has a lease timing. */
  final InMemoryWatchdog watchdog;

  /** How its conditions stand; empty where its agent cannot find out. */
  final Optional<InMemoryHostFacts> facts;

  /** Asks what runs here whether it serves. */
  final InMemoryGuestProbe probe;

  /** As its controller finds it; used where the policy asks for one. */
  final InMemoryTieBreaker tieBreaker = new InMemoryTieBreaker("gateway");

  /** With what controllers that are started from now on compare hosts before the mode does. */
  Optional<HostPreference> preference = Optional.empty();

  /** What survives the end of its agent. */
  final SimDisk disk = new SimDisk();

  boolean agentPartitioned;
  boolean controllerPartitioned;

  /** What is lost if its network carries in one direction only. */
  Optional<InMemoryConnection.Fault> oneWay = Optional.empty();

  /** Whether its processes are started by whoever starts processes. */
  boolean agentWanted;

  boolean controllerWanted;

  /** Whether its calls to the records of the coordination service are answered. */
  boolean storeReads = true;

  boolean storeWrites = true;

  /** How processes that are started from now on read and write records: each has its version. */
  RecordCodec agentVersion;

  RecordCodec controllerVersion;

  @Nullable SimAgent agent;
  @Nullable SimController controller;
  private final SimWorld world;
  private long boots;

  /** The boot in which it had an agent last. */
  private long agentOfBoot = -1;

  SimHost(SimWorld world, SimMachine machine) {
    this.world = world;
    agentVersion = world.codec();
    controllerVersion = world.codec();
    id = machine.id();
    world.physical().addHost(id, machine.powered());
    agentWanted = machine.agent();
    controllerWanted = machine.controller();
    hypervisor = new InMemoryHypervisor(world.physical(), id, machine.kinds(), Runnable::run);
    probe = new InMemoryGuestProbe(id, world.physical(), machine.kinds());
    guests = new SimHypervisor(hypervisor, id, world.guests());
    for (boolean live : new boolean[] {true, false}) {
      SortedSet<String> kinds = new TreeSet<>(machine.kinds());
      kinds.removeIf(kind -> machine.cold().contains(kind) == live);
      SimKinds some = new SimKinds(guests, kinds, live);
      kinds.forEach(kind -> byKind.put(kind, some));
    }
    bmc = new InMemoryFenceDevice("bmc-" + id, id, world.physical());
    kit = machine.fences();
    fenceDevices = devices(kit);
    facts =
        machine.facts()
            ? Optional.of(
                new InMemoryHostFacts(
                    "facts",
                    id,
                    world.physical(),
                    new TreeSet<>(List.of(HostFacts.STORAGE, LOCKSPACE))))
            : Optional.empty();
    watchdog = new InMemoryWatchdog(id, world.physical(), world.dice().clock(world.schedule()));
  }

  private List<InMemoryFenceDevice> devices(SimConfig.FenceKit fences) {
    PhysicalWorld physical = world.physical();
    InMemoryFenceDevice a = InMemoryFenceDevice.outlet("pdu-a-" + id, id, physical, 0);
    InMemoryFenceDevice b = InMemoryFenceDevice.outlet("pdu-b-" + id, id, physical, 1);
    boolean twoFeeds =
        fences == SimConfig.FenceKit.TWO_OUTLETS
            || fences == SimConfig.FenceKit.BMC_THEN_TWO_OUTLETS;
    physical.setFeeds(id, twoFeeds ? 2 : 1);
    return switch (fences) {
      case NONE -> List.of();
      case BMC -> List.of(bmc);
      case BMC_THEN_OUTLET -> List.of(bmc, a);
      case TWO_OUTLETS -> List.of(a, b);
      case BMC_THEN_TWO_OUTLETS -> List.of(bmc, a, b);
      case STORAGE -> List.of(InMemoryFenceDevice.storage("array-" + id, id, physical));
      case BMC_THEN_STORAGE ->
          List.of(bmc, InMemoryFenceDevice.storage("array-" + id, id, physical));
    };
  }

  /** What runs each kind of workload. */
  SortedMap<String, Hypervisor> hypervisors() {
    return byKind;
  }

  boolean migratesLive(WorkloadId workload) {
    Hypervisor own = byKind.get(workload.kind());
    return own != null && own.capabilities().contains(Hypervisor.Capability.LIVE_MIGRATION);
  }

  /** The same, in levels. */
  FenceTopology topology() {
    List<FenceTopology.Level> levels = new ArrayList<>();
    if (fenceDevices.contains(bmc)) {
      levels.add(FenceTopology.Level.of(bmc));
    }
    FenceDevice[] outlets =
        fenceDevices.stream().filter(device -> device != bmc).toArray(FenceDevice[]::new);
    if (outlets.length > 0) {
      levels.add(FenceTopology.Level.of(outlets));
    }
    return new FenceTopology(levels);
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

  /** Whether an agent has run since it booted; asking is making another one. */
  boolean isAnotherAgent() {
    boolean another = agentOfBoot == boots;
    agentOfBoot = boots;
    return another;
  }

  /** Everything that ran on it ends with it. */
  void down() {
    boots++;
    disk.hostIsDown();
    killAgent();
    killController();
  }

  void startAgent() {
    if (agentWanted && agent == null && world.physical().isUp(id)) {
      agent = SimAgent.of(world, this, link("agent", () -> agentPartitioned));
      agent.start();
    }
  }

  void startController() {
    if (controllerWanted && controller == null && world.physical().isUp(id)) {
      controller =
          SimController.of(
              world, id, link("ctrl", () -> controllerPartitioned), world.fenceDevices());
      controller.start();
    }
  }

  private SimLink link(String process, BooleanSupplier partitioned) {
    SimLink link =
        world
            .network()
            .link(
                id + "/" + process,
                () -> partitioned.getAsBoolean() || !world.topology().reachesService(id),
                () -> oneWay);
    link.connection().answer(storeReads, storeWrites);
    return link;
  }

  /** Has its calls to the records answered, or not, from now on. */
  void answerStore(boolean reads, boolean writes) {
    storeReads = reads;
    storeWrites = writes;
    processes().forEach(process -> process.link.connection().answer(reads, writes));
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
