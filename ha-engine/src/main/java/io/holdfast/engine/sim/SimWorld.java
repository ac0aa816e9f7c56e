package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterStatus;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Priority;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.effect.Records;
import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.sim.SimCall.Target;
import io.holdfast.engine.sim.SimResult.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

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

  private static final RecordCodec CODEC = new RecordCodec();

  private final SimConfig config;
  private final SplittableRandom callDice;
  private final SplittableRandom chaosDice;
  private final SimSchedule schedule = new SimSchedule();
  private final SimTrace trace;
  private final PhysicalWorld physical = new PhysicalWorld();
  private final InMemoryCoordination coordination = new InMemoryCoordination(Runnable::run);
  private final Records platform;
  private final SimStoreChecker storeChecker;
  private final SimCheckers checkers;
  private final SimFaults faults;
  private final SortedMap<HostId, SimHost> hosts = new TreeMap<>();
  private final SortedMap<WorkloadId, Workload> workloads = new TreeMap<>();
  private final SortedMap<WorkloadId, Priority> priorities = new TreeMap<>();
  private final List<SimLink> links = new ArrayList<>();
  private final List<Told> told = new ArrayList<>();
  private final List<Violation> violations = new ArrayList<>();
  private boolean byHand = true;
  private boolean serviceDown;
  private boolean calm;

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
    this.config = config;
    SplittableRandom dice = new SplittableRandom(config.seed());
    callDice = dice.split();
    chaosDice = dice.split();
    SplittableRandom setupDice = dice.split();
    trace = new SimTrace(keepTrace);
    platform =
        new Records(coordination.connect("platform").stateStore(), CODEC, timings().storeTimeout());
    storeChecker = new SimStoreChecker(this);
    checkers = new SimCheckers(this, storeChecker);
    faults = new SimFaults(this);
    coordination.observe(storeChecker);
    physical.observe(checkers);
    boolean outlets = config.faults() != SimConfig.Faults.NONE && setupDice.nextInt(3) == 0;
    for (int i = 1; i <= config.hosts(); i++) {
      HostId id = new HostId("host" + i);
      hosts.put(id, new SimHost(this, id, outlets));
      require(platform.put(new StateRecord.HostConfig(Host.of(id.value(), Capacity.of(16, 16)))));
    }
    new SimSetup(this, setupDice).populate();
    byHand = false;
    hosts.values().forEach(host -> host.booted(setupDice.nextLong(2_000_000_000L)));
  }

  // Driving

  /** Chaos, then healing, then convergence is demanded. */
  public SimResult run() {
    new SimChaos(this, chaosDice).begin();
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

  public Duration now() {
    return Duration.ofNanos(schedule.now());
  }

  public List<Violation> violations() {
    return List.copyOf(violations);
  }

  /** The timeline, one line per event and effect. */
  public List<String> trace() {
    return trace.lines();
  }

  /** Everything that listeners were told, in order. */
  public List<Told> told() {
    return List.copyOf(told);
  }

  public PhysicalWorld physical() {
    return physical;
  }

  public List<Workload> workloads() {
    return List.copyOf(workloads.values());
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

  /** Protects a workload, or replaces its policy, as the platform does. */
  public void protect(Workload workload) {
    workloads.put(workload.id(), workload);
    priorities.put(workload.id(), workload.priority());
    trace("platform", "protects " + workload);
    require(
        platform.put(
            new StateRecord.WorkloadDefinition(
                workload.id(), InMemoryHypervisor.definitionOf(workload.id())),
            new StateRecord.WorkloadConfig(workload)));
  }

  /** Ends the protection of a workload: it is left as it is. */
  public void unprotect(WorkloadId workload) {
    workloads.remove(workload);
    trace("platform", "unprotects " + workload);
    require(
        platform.delete(
            new Key(Table.WORKLOAD, workload.toString()),
            new Key(Table.DEFINITION, workload.toString())));
  }

  /** Changes what is wanted of a workload, as its owner does. */
  public void setDesired(WorkloadId workload, DesiredState desired) {
    if (!workloads.containsKey(workload)) {
      return;
    }
    trace("platform", "wants " + workload + " " + desired);
    workloads.computeIfPresent(workload, (id, w) -> w.withDesired(desired));
    require(platform.updateWorkload(workload, w -> w.withDesired(desired)));
  }

  /** Starts a copy that nobody has asked the engine to look after. */
  public void runUnprotected(WorkloadId workload, HostId host) {
    checkers.leaveAlone(workload);
    startUnasked(workload, host);
  }

  /** Starts a copy by hand, past the engine: of a workload that is protected only later. */
  public void startUnasked(WorkloadId workload, HostId host) {
    boolean before = byHand;
    byHand = true;
    machine(host).hypervisor.startUnasked(workload);
    byHand = before;
  }

  private static void require(Outcome<Ack> outcome) {
    if (!outcome.isDone()) {
      throw new IllegalStateException("the platform could not write: " + outcome);
    }
  }

  // For the parts of the simulator

  SimConfig config() {
    return config;
  }

  Timings timings() {
    return config.timings();
  }

  SimSchedule schedule() {
    return schedule;
  }

  RecordCodec codec() {
    return CODEC;
  }

  SimCheckers checkers() {
    return checkers;
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

  /** Whether what is started now is not the engine's doing. */
  boolean isByHand() {
    return byHand;
  }

  /** The priority it was last protected with. */
  Priority priorityOf(WorkloadId workload) {
    return priorities.getOrDefault(workload, Priority.LOW);
  }

  SortedMap<HostId, List<FenceDevice>> fenceDevices() {
    SortedMap<HostId, List<FenceDevice>> devices = new TreeMap<>();
    hosts.forEach((id, host) -> devices.put(id, List.copyOf(host.fenceDevices)));
    return devices;
  }

  void upChanged(HostId host, boolean up) {
    SimHost machine = machine(host);
    if (up) {
      machine.booted(2_000_000_000L + callDice.nextLong(3_000_000_000L));
    } else {
      machine.down();
    }
  }

  SimLink link(String name, BooleanSupplier partitioned) {
    SimLink link =
        new SimLink(schedule, coordination.connect(name), config.sessionTimeout(), partitioned);
    links.add(link);
    link.update(serviceDown);
    return link;
  }

  void networkChanged() {
    links.removeIf(SimLink::isOver);
    links.forEach(link -> link.update(serviceDown));
  }

  boolean isServiceDown() {
    return serviceDown;
  }

  void serviceDown(boolean down) {
    serviceDown = down;
    networkChanged();
  }

  /** From now on calls are answered soon, whatever the configuration says. */
  void calmDown() {
    calm = true;
  }

  SimClock newClock() {
    return SimClock.draw(schedule, callDice, config.faults());
  }

  SimCall draw(Target target, long timeout) {
    return SimCall.draw(callDice, target, weather(), timeout);
  }

  private SimConfig.Faults weather() {
    return calm ? SimConfig.Faults.NONE : config.faults();
  }

  long feedLatency() {
    boolean slow = weather() == SimConfig.Faults.HARSH && callDice.nextInt(50) == 0;
    return 100_000L + callDice.nextLong(slow ? 400_000_000L : 8_000_000L);
  }

  long timerLatency() {
    return callDice.nextLong(2_000_000L);
  }

  /** How long a call takes that ends without a result. */
  long slowly(long timeout) {
    return timeout / 10 + callDice.nextLong(timeout);
  }

  boolean orphanIsCarriedOut() {
    return weather() != SimConfig.Faults.NONE && callDice.nextBoolean();
  }

  void trace(String who, String what) {
    trace.add(schedule.now(), who, what);
  }

  void published(String source, HaEvent event) {
    told.add(new Told(now(), source, event));
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
