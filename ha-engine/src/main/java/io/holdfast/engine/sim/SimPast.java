package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.sim.scenario.Scenario;
import io.holdfast.engine.sim.scenario.Scenario.HostSpec;
import io.holdfast.engine.sim.scenario.Scenario.WorkloadSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a scenario finds in the coordination store when it begins: the cluster has lived before.
 * Every host has been a member once, an earlier controller has given every workload its place, and
 * all of them are gone.
 */
final class SimPast {
  private static final Duration TIME = Duration.ofSeconds(1);
  private static final String CONTROLLER = "earlier";

  private final SimWorld world;
  private final Scenario scenario;

  SimPast(SimWorld world, Scenario scenario) {
    this.world = world;
    this.scenario = scenario;
  }

  void write() {
    SortedMap<HostId, Incarnation> incarnations = new TreeMap<>();
    for (HostSpec host : scenario.hosts()) {
      incarnations.put(host.id(), live(host.id()));
    }
    InMemoryConnection controller = world.coordination().connect(CONTROLLER);
    Epoch epoch = elected(controller.membership());
    List<Write> places = new ArrayList<>();
    long sequence = 0;
    for (WorkloadSpec workload : scenario.workloads()) {
      if (workload.host().isPresent()) {
        HostId host = workload.host().get();
        Incarnation incarnation = incarnations.get(host);
        if (incarnation != null) {
          places.add(place(workload, host, incarnation, new OpId(epoch.value(), ++sequence)));
        }
      }
    }
    if (world.guests().areMeasured()) {
      incarnations.forEach((host, incarnation) -> places.add(lastReport(host, incarnation)));
    }
    require(controller.stateStore().commit(Optional.of(epoch), places, TIME));
    controller.membership().close();
  }

  /** Nothing runs any more; what its workloads used then is still known. */
  private Write lastReport(HostId host, Incarnation incarnation) {
    SortedMap<WorkloadId, Capacity> loads = new TreeMap<>();
    scenario.workloads().stream()
        .filter(workload -> workload.host().filter(host::equals).isPresent())
        .forEach(workload -> loads.put(workload.id(), workload.load()));
    HostReport report =
        new HostReport(
            host,
            incarnation,
            1,
            Epoch.NONE,
            0,
            true,
            Optional.empty(),
            Optional.empty(),
            0,
            new TreeMap<>(),
            Optional.empty(),
            Optional.of(loads),
            new TreeMap<>(),
            new TreeSet<>());
    return Write.put(report.key(), world.codec().encode(report));
  }

  private Incarnation live(HostId host) {
    InMemoryConnection connection = world.coordination().connect(host + "/" + CONTROLLER);
    Incarnation incarnation = require(connection.membership().join(host, TIME));
    connection.membership().close();
    return incarnation;
  }

  private static Epoch elected(Membership membership) {
    Membership.Election election = require(membership.campaign(CONTROLLER, TIME));
    if (election instanceof Membership.Election.Elected elected) {
      return elected.epoch();
    }
    throw new IllegalStateException("somebody leads already: " + election);
  }

  private Write place(
      WorkloadSpec workload, HostId host, Incarnation incarnation, OpId assignment) {
    if (neverStarted(workload)) {
      Placement placement = Placement.none(workload.id()).atHome(host);
      return Write.put(placement.key(), world.codec().encode(placement));
    }
    Placement.Goal goal =
        workload.workload().desired() == DesiredState.STARTED
            ? Placement.Goal.RUN
            : Placement.Goal.STOP;
    Placement placement =
        Placement.none(workload.id())
            .withOwner(new Placement.Owner(host, incarnation, assignment, goal));
    return Write.put(placement.key(), world.codec().encode(placement));
  }

  /** Where the best place is sought at the start, that start is still to come. */
  private boolean neverStarted(WorkloadSpec workload) {
    return scenario.cluster().policy().rebalanceOnStart()
        && !workload.running()
        && workload.workload().desired() == DesiredState.STARTED;
  }

  private static <T> T require(Outcome<T> outcome) {
    if (outcome instanceof Outcome.Done<T> done) {
      return done.value();
    }
    throw new IllegalStateException("the past could not be written: " + outcome);
  }
}
