package io.holdfast.engine.sim;

import io.holdfast.api.ClusterStatus;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Timings;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.FenceTopology;
import io.holdfast.api.spi.HostCheck;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.FenceSettings;
import io.holdfast.engine.decision.DecisionLog;
import io.holdfast.engine.effect.Records;
import io.holdfast.engine.effect.Topologies;
import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.sim.SimResult.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A whole cluster in virtual time: the real cores of agents and controllers, on hosts that a {@link
 * PhysicalWorld} knows the truth about. Single-threaded and deterministic: equal configurations and
 * equal calls give equal runs. Checkers watch all the time; what they find is in {@link
 * #violations}, and nothing happens any more after the first.
 *
 * <p>{@link #run} lets chance choose the faults; a test with a script of its own uses {@link
 * #faults}, {@link #runFor} and {@link #runUntil}.
 */
public final class SimWorld {

  /**
   * Something that a core told its listeners.
   *
   * @param source the process, such as {@code host1/ctrl}
   */
  public record Told(Duration at, String source, HaEvent event) {}

  /** A host that its own watchdog has reset. */
  public record SelfFence(Duration at, HostId host) {}

  private final SimConfig config;
  private final SimDice dice;
  private final List<SimStrike> strikes;
  private final SimSchedule schedule = new SimSchedule();
  private final RecordCodec codec = new SimCodec(this::violated);
  private RecordCodec anyVersion = codec;
  private final SimTrace trace;
  private final PhysicalWorld physical = new PhysicalWorld();
  private final InMemoryCoordination coordination = new InMemoryCoordination(Runnable::run);
  private final SimTopology topology = new SimTopology(this::serves);
  private final SimGuests guests = new SimGuests();
  private final SimBalance balance;
  private final SimEvictions evictions;
  private final SplittableRandom setupDice;
  private final SimNetwork network;
  private final SimPlatform platform;
  private final SimStoreChecker storeChecker;
  private final SimHandsOff handsOff = new SimHandsOff(this);
  private final SimCheckers checkers;
  private final SimFenceGuards fenceGuards = new SimFenceGuards(this);
  private final SimFaults faults;
  private final SimDepartures departures = new SimDepartures(this);
  private final SimHandMoves handMoves = new SimHandMoves(this);
  private final SortedMap<HostId, SimHost> hosts = new TreeMap<>();
  private final List<Told> told = new ArrayList<>();
  private final List<SelfFence> selfFences = new ArrayList<>();
  private final List<Consumer<HaEvent>> listeners = new ArrayList<>();
  private final List<Consumer<String>> faultListeners = new ArrayList<>();
  private final List<Violation> violations = new ArrayList<>();
  private Optional<InMemoryHostCheck> hostCheck = Optional.empty();
  private Optional<Function<HostId, Consumer<String>>> decisionSinks = Optional.empty();

  /** A cluster whose hosts have just been switched on. */
  public SimWorld(SimConfig config) {
    this(config, config.faults() == SimConfig.Faults.NONE);
  }

  /**
   * As {@link #SimWorld(SimConfig)}.
   *
   * @param keepTrace whether {@link #trace} gives all lines, or only the last ones
   */
  public SimWorld(SimConfig config, boolean keepTrace) {
    this(config, keepTrace, Optional.empty());
    SimSetup setup = new SimSetup(this, setupDice);
    setup.register();
    setup.populate();
    begin();
  }

  /**
   * A world of these machines, in which nothing is registered yet, and nothing runs until {@link
   * #begin}.
   */
  static SimWorld of(SimConfig config, List<SimMachine> machines) {
    return new SimWorld(config, true, Optional.of(machines));
  }

  private SimWorld(SimConfig config, boolean keepTrace, Optional<List<SimMachine>> machines) {
    this.config = config;
    SplittableRandom chance = new SplittableRandom(config.seed());
    dice = new SimDice(chance.split(), config.faults());
    strikes = List.copyOf(SimChaos.foresee(config, chance.split()));
    setupDice = chance.split();
    trace = new SimTrace(codec, keepTrace);
    network = new SimNetwork(schedule, coordination, topology, config.sessionTimeout());
    platform = new SimPlatform(this);
    storeChecker = new SimStoreChecker(this);
    balance = new SimBalance(storeChecker::isEvened);
    evictions = new SimEvictions(this);
    checkers = new SimCheckers(this, storeChecker);
    faults = new SimFaults(this);
    coordination.observe(storeChecker);
    physical.observe(checkers);
    physical.setAfterWatchdog(config.afterWatchdog());
    for (SimMachine machine :
        machines.orElseGet(() -> SimMachine.usual(config.hosts(), config.fences()))) {
      hosts.put(machine.id(), new SimHost(this, machine));
    }
  }

  /** Everything is set up: what has power comes up. */
  void begin() {
    platform.handOver();
    for (SimHost host : hosts.values()) {
      if (physical.isUp(host.id)) {
        host.booted(setupDice.nextLong(2_000_000_000L));
      }
    }
  }

  // Driving

  /** Chaos, then healing, then convergence is demanded. */
  public SimResult run() {
    return run(strikes);
  }

  /** What {@link #run()} has in store: all that goes wrong, in order. */
  public List<SimStrike> strikes() {
    return strikes;
  }

  /** As {@link #run()}, with only these of its {@link #strikes}. */
  public SimResult run(List<SimStrike> chosen) {
    new SimChaos(this).plan(chosen);
    runFor(config.chaos());
    new SimConvergence(this).demand();
    return result();
  }

  /** Lets time pass. */
  public void runFor(Duration time) {
    runUntil(() -> false, time);
  }

  /**
   * Lets time pass until the condition holds.
   *
   * @return whether it holds
   */
  public boolean runUntil(BooleanSupplier condition, Duration atMost) {
    long end = schedule.now() + atMost.toNanos();
    while (violations.isEmpty()) {
      if (condition.getAsBoolean()) {
        return true;
      }
      if (!schedule.runNext(end)) {
        return condition.getAsBoolean();
      }
    }
    return false;
  }

  /** What has come of it so far. */
  public SimResult result() {
    return new SimResult(
        config,
        violations,
        trace.hash(),
        trace.count(),
        now(),
        checkers.starts(),
        checkers.needlessFences());
  }

  // Looking

  /** The virtual time since the world began. */
  public Duration now() {
    return Duration.ofNanos(schedule.now());
  }

  /** Broken promises so far, none if all is well. */
  public List<Violation> violations() {
    return List.copyOf(violations);
  }

  /** The timeline, one line per event and effect. */
  public List<String> trace() {
    return trace.lines();
  }

  /** Of everything that {@link #trace} tells; asked once, at the end. */
  String traceSha256() {
    return trace.sha256();
  }

  /** Everything that listeners were told, in order. */
  public List<Told> told() {
    return List.copyOf(told);
  }

  /** Every host that its own watchdog has reset so far, in order. */
  public List<SelfFence> selfFences() {
    return List.copyOf(selfFences);
  }

  /** The truth: who has power, and what runs where. */
  public PhysicalWorld physical() {
    return physical;
  }

  /** The host whose controller leads with the current epoch. */
  public Optional<HostId> leader() {
    return leading().map(controller -> controller.host);
  }

  /** What the controller knows, empty while nobody leads. */
  public Optional<ClusterStatus> status() {
    return leading().map(SimController::status);
  }

  /** What the controller knows of one workload. */
  public Optional<ClusterStatus.WorkloadInfo> statusOf(WorkloadId workload) {
    return status()
        .flatMap(s -> s.workloads().stream().filter(w -> w.workload().equals(workload)).findAny());
  }

  /** What the controller knows of one host. */
  public Optional<ClusterStatus.HostInfo> statusOf(HostId host) {
    return status().flatMap(s -> s.hosts().stream().filter(h -> h.host().equals(host)).findAny());
  }

  private Optional<SimController> leading() {
    return hosts.values().stream()
        .map(host -> Optional.ofNullable(host.controller))
        .flatMap(Optional::stream)
        .filter(c -> c.isLeading() && c.status().epoch().equals(coordination.epoch()))
        .findFirst();
  }

  // Acting

  /** The faults that can be done to this world. */
  public SimFaults faults() {
    return faults;
  }

  /**
   * Writes down what every controller that is started from now on is told and decides.
   *
   * @param sinks gives the one that takes the lines of one controller's process
   */
  public void logDecisions(Function<HostId, Consumer<String>> sinks) {
    decisionSinks = Optional.of(sinks);
  }

  Optional<DecisionLog> decisionLog(HostId host, ControllerConfig controller) {
    return decisionSinks.map(sinks -> new DecisionLog(controller, sinks.apply(host)));
  }

  /** The platform that the cluster belongs to. */
  public SimPlatform platform() {
    return platform;
  }

  // For the parts of the simulator

  SimDepartures departures() {
    return departures;
  }

  SimHandMoves handMoves() {
    return handMoves;
  }

  SimConfig config() {
    return config;
  }

  Timings timings() {
    return config.timings();
  }

  SimSchedule schedule() {
    return schedule;
  }

  SimDice dice() {
    return dice;
  }

  /** Has it told of every event of every core, as it happens. */
  void listen(Consumer<HaEvent> listener) {
    listeners.add(listener);
  }

  /** Has it told of everything that is done to this world, as it happens. */
  void onFault(Consumer<String> listener) {
    faultListeners.add(listener);
  }

  /** Something is done to this world. */
  void fault(String what) {
    trace("FAULT", what);
    faultListeners.forEach(listener -> listener.accept(what));
  }

  SimTopology topology() {
    return topology;
  }

  SimGuests guests() {
    return guests;
  }

  private boolean serves(HostId machine) {
    return physical.isUp(machine)
        && machine(machine).processes().stream().noneMatch(SimProcess::isPaused);
  }

  SimNetwork network() {
    return network;
  }

  Records recordsOf(InMemoryConnection connection) {
    return recordsOf(connection, codec);
  }

  /** As a process of another version reads and writes them. */
  Records recordsOf(InMemoryConnection connection, RecordCodec version) {
    return new Records(connection.stateStore(), version, timings().storeTimeout());
  }

  RecordCodec codec() {
    return codec;
  }

  /** As checkers read what is written, whichever version has written it. */
  RecordCodec anyVersion() {
    return anyVersion;
  }

  /** From now on there may be records that need this one to be read by. */
  void anyVersion(RecordCodec reader) {
    anyVersion = reader;
  }

  SimCheckers checkers() {
    return checkers;
  }

  SimFenceGuards fenceGuards() {
    return fenceGuards;
  }

  SimHandsOff handsOff() {
    return handsOff;
  }

  SimStoreChecker storeChecker() {
    return storeChecker;
  }

  InMemoryCoordination coordination() {
    return coordination;
  }

  SortedMap<HostId, SimHost> machines() {
    return hosts;
  }

  SimHost machine(HostId host) {
    SimHost machine = hosts.get(host);
    if (machine == null) {
      throw new IllegalArgumentException("no host " + host);
    }
    return machine;
  }

  /** From now on controllers that start have another channel to the hosts. */
  InMemoryHostCheck useHostCheck() {
    InMemoryHostCheck check = new InMemoryHostCheck("peers", physical);
    hostCheck = Optional.of(check);
    return check;
  }

  Optional<InMemoryHostCheck> hostCheck() {
    return hostCheck;
  }

  List<HostCheck> hostChecks() {
    return List.copyOf(hostCheck.stream().toList());
  }

  SortedMap<HostId, List<FenceDevice>> fenceDevices() {
    SortedMap<HostId, List<FenceDevice>> devices = new TreeMap<>();
    hosts.forEach((id, host) -> devices.put(id, List.copyOf(host.fenceDevices)));
    return devices;
  }

  /** As {@code HaEngine} makes them of its topologies; devices are tested often here. */
  FenceSettings fencing() {
    SortedMap<HostId, FenceTopology> topologies = new TreeMap<>();
    hosts.forEach((id, host) -> topologies.put(id, host.topology()));
    Duration testInterval =
        config.faults() == SimConfig.Faults.NONE
            ? FenceSettings.TEST_INTERVAL
            : Duration.ofSeconds(30);
    return Topologies.settings(topologies, timings(), testInterval, Duration.ofSeconds(2));
  }

  void selfFenced(HostId host) {
    selfFences.add(new SelfFence(now(), host));
  }

  void upChanged(HostId host, boolean up) {
    SimHost machine = machine(host);
    if (up) {
      machine.booted(dice.bootTime());
    } else {
      machine.down();
      handMoves.down();
    }
    if (topology.isOnMachines()) {
      network.changed();
    }
  }

  void trace(String who, String what) {
    trace(who, "", what);
  }

  /**
   * @param what immutable
   */
  void trace(String who, String prefix, Object what) {
    trace.add(schedule.now(), who, prefix, what);
  }

  void published(String source, HaEvent event) {
    told.add(new Told(now(), source, event));
    listeners.forEach(listener -> listener.accept(event));
    if (event instanceof HaEvent.DepartureReady ready) {
      departures.ready(ready.host());
    }
    balance.told(now(), source, event).ifPresent(this::violated);
    evictions.told(now(), source, event).ifPresent(this::violated);
    SimAdmission.told(event).ifPresent(this::violated);
    boolean unexplained =
        (event instanceof HaEvent.WorkloadStatusChanged w && w.reason().isBlank())
            || (event instanceof HaEvent.HostStateChanged h && h.reason().isBlank());
    if (unexplained) {
      violated("no reason is given: " + event);
    }
  }

  void violated(String what) {
    trace("CHECKER", what);
    violations.add(new Violation(config.seed(), now(), what, trace.lastLines()));
  }
}
