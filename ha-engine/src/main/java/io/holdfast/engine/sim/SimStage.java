package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.StopReason;
import io.holdfast.api.Workload;
import io.holdfast.api.Workload.Origin;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.effect.Operator;
import io.holdfast.engine.record.WorkloadRequest.Action;
import io.holdfast.engine.sim.scenario.Operation;
import io.holdfast.engine.sim.scenario.Scenario.WorkloadSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A world in which the steps of a scenario happen. */
final class SimStage implements Operation.Stage {
  /** How long an operating system waits for an agent whose host is to be left. */
  private static final Duration PATIENCE = Duration.ofHours(1);

  private final SimWorld world;
  private final SimHistory history;
  private final List<String> errors = new ArrayList<>();

  SimStage(SimWorld world, SimHistory history) {
    this.world = world;
    this.history = history;
  }

  /** Steps that could not be done as they stand. */
  List<String> errors() {
    return errors;
  }

  @Override
  public void power(HostId host, boolean on) {
    if (!on) {
      world.faults().cutPower(host);
      return;
    }
    plug(host, true);
    world.faults().bringUp(host);
  }

  @Override
  public void network(HostId host, boolean on) {
    plug(host, on);
  }

  private void plug(HostId host, boolean in) {
    if (world.topology().isPlugged(host) != in) {
      history.cable(host, in);
      world.topology().plug(host, in);
      world.network().changed();
    }
  }

  @Override
  public void storage(HostId host, boolean on) {
    world.faults().storage(host, on);
  }

  @Override
  public void bmc(HostId host, boolean on) {
    if (world.machine(host).fenceDevices.isEmpty()) {
      fail(host + " has no fence device");
      return;
    }
    world
        .faults()
        .fenceDevices(
            host, on ? InMemoryFenceDevice.Fault.NONE : InMemoryFenceDevice.Fault.UNREACHABLE);
  }

  @Override
  public void agent(HostId host, boolean on) {
    SimHost machine = world.machine(host);
    machine.agentWanted = on;
    if (on) {
      world.faults().startAgent(host);
    } else {
      world.faults().killAgent(host);
    }
  }

  @Override
  public void controller(HostId host, boolean on) {
    SimHost machine = world.machine(host);
    machine.controllerWanted = on;
    if (on) {
      world.faults().startController(host);
    } else {
      world.faults().killController(host);
    }
  }

  @Override
  public void agentRestart(HostId host) {
    leave(host, Departure.AGENT_RESTART);
  }

  @Override
  public void pause(HostId host, Duration time) {
    world.faults().pauseAgent(host);
    world.faults().pauseController(host);
    world.network().changed();
    world
        .schedule()
        .in(
            time.toNanos(),
            () -> {
              world.faults().resume(host);
              world.network().changed();
            });
  }

  @Override
  public void partition(List<SortedSet<HostId>> groups) {
    world.topology().divide(groups);
    world.network().changed();
  }

  @Override
  public void heal() {
    world.topology().divide(List.of());
    world.network().changed();
  }

  @Override
  public void store(HostId host, boolean reads, boolean writes) {
    world.machine(host).answerStore(reads, writes);
  }

  @Override
  public void shutdown(HostId host) {
    leave(host, Departure.SHUTDOWN);
  }

  @Override
  public void reboot(HostId host) {
    leave(host, Departure.REBOOT);
  }

  private void leave(HostId host, Departure departure) {
    if (!world.departures().beginOrQueue(host, departure, PATIENCE)) {
      fail(host + " is being shut down or rebooted already");
    }
  }

  @Override
  public void maintenance(HostId host, boolean on) {
    require(operator().setMaintenance(host, on));
  }

  @Override
  public void disarm(DisarmMode mode) {
    require(
        operator().updatePolicy(policy -> policy.toBuilder().disarmed(Optional.of(mode)).build()));
  }

  @Override
  public void arm() {
    require(
        operator().updatePolicy(policy -> policy.toBuilder().disarmed(Optional.empty()).build()));
  }

  @Override
  public void desired(WorkloadId workload, DesiredState state) {
    ifProtected(workload, w -> w.withDesired(state));
  }

  @Override
  public void move(WorkloadId workload, HostId to) {
    require(operator().request(workload, new Action.Move(to)));
  }

  @Override
  public void relocate(WorkloadId workload, HostId to) {
    require(operator().request(workload, new Action.Relocate(to)));
  }

  @Override
  public void stop(WorkloadId workload, Duration timeout) {
    require(operator().stop(workload, timeout));
    world.platform().noteDesired(workload, DesiredState.STOPPED);
  }

  @Override
  public void cleanup(WorkloadId workload) {
    require(operator().request(workload, new Action.Cleanup()));
  }

  @Override
  public void add(WorkloadSpec spec) {
    world.guests().define(spec.id(), spec.faults());
    world.guests().load(spec.id(), spec.load());
    Optional<HostId> first = spec.host().filter(host -> !spec.running());
    if (spec.running()) {
      spec.host().ifPresent(host -> runsAlready(spec.id(), host));
    }
    // What was protected before may be running where it was left.
    boolean existing = world.platform().hasProtected(spec.id());
    world
        .platform()
        .protect(existing ? spec.workload().withOrigin(Origin.EXISTING) : spec.workload(), first);
  }

  private void runsAlready(WorkloadId workload, HostId host) {
    List<HostId> running = world.physical().hostsRunning(workload);
    if (running.isEmpty()) {
      world.platform().startUnasked(workload, host);
    } else if (!running.contains(host)) {
      fail("%s runs on %s then, and not on %s".formatted(workload, running, host));
    }
  }

  @Override
  public void remove(WorkloadId workload) {
    if (world.platform().protects(workload)) {
      world.platform().unprotect(workload);
    } else {
      notProtected(workload);
    }
  }

  @Override
  public void demand(WorkloadId workload, Capacity demand) {
    ifProtected(workload, w -> w.withDemand(merged(w.demand(), demand)));
  }

  @Override
  public void load(WorkloadId workload, Capacity load) {
    world
        .guests()
        .load(workload, merged(world.guests().loadOf(workload).orElse(Capacity.NONE), load));
  }

  private static Capacity merged(Capacity before, Capacity change) {
    SortedMap<String, Long> amounts = new TreeMap<>(before.amounts());
    amounts.putAll(change.amounts());
    return Capacity.of(amounts);
  }

  @Override
  public void crash(WorkloadId workload) {
    end(workload, StopReason.CRASHED);
  }

  @Override
  public void guestShutdown(WorkloadId workload) {
    end(workload, StopReason.GUEST_SHUTDOWN);
  }

  private void end(WorkloadId workload, StopReason how) {
    if (world.physical().hostsRunning(workload).isEmpty()) {
      fail(workload + " does not run then");
    } else {
      world.faults().endGuest(workload, how);
    }
  }

  @Override
  public void movedByHand(WorkloadId workload, HostId to) {
    List<HostId> running = world.physical().hostsRunning(workload);
    if (running.isEmpty() || running.contains(to)) {
      return; // It runs nowhere, or there: there is no copy to be moved.
    }
    if (!world.physical().isUp(to)) {
      fail(to + " is down: " + workload + " cannot be moved there");
      return;
    }
    running.forEach(
        from -> world.machine(from).hypervisor.endUnasked(workload, StopReason.MIGRATED));
    world.platform().startUnasked(workload, to);
  }

  @Override
  public void lock(WorkloadId workload, String reason) {
    ifProtected(workload, w -> w.withLock(Optional.of(reason)));
  }

  @Override
  public void unlock(WorkloadId workload) {
    ifProtected(workload, w -> w.withLock(Optional.empty()));
  }

  private void ifProtected(WorkloadId workload, UnaryOperator<Workload> change) {
    if (world.platform().protects(workload)) {
      world.platform().update(workload, change);
    } else {
      notProtected(workload);
    }
  }

  private void notProtected(WorkloadId workload) {
    fail(workload + " is not protected then");
  }

  private Operator operator() {
    return world.platform().operator();
  }

  private void require(Outcome<Ack> outcome) {
    if (!outcome.isDone()) {
      fail(outcome.toString());
    }
  }

  /** Something of the scenario is not done at all. */
  void leftOut(String what) {
    fail(what);
  }

  private void fail(String what) {
    errors.add("at %s: %s".formatted(world.now(), what));
  }
}
