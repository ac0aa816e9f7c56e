package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterStatus;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** A world in a test with a script: waits in virtual time, and explains itself when it fails. */
final class Scripts {
  static final Duration LONG = Duration.ofMinutes(2);

  final SimWorld world;

  private Scripts(SimWorld world) {
    this.world = world;
  }

  /** A cluster in which every workload runs. */
  static Scripts running(int hosts, int workloads) {
    return running(SimConfig.scripted(hosts, workloads));
  }

  /** A cluster that has just been switched on. */
  static Scripts with(SimConfig config) {
    return new Scripts(new SimWorld(config));
  }

  static Scripts running(SimConfig config) {
    Scripts scripts = with(config);
    scripts.await("everything runs", scripts::everythingRuns);
    return scripts;
  }

  void await(String what, BooleanSupplier condition) {
    await(what, condition, LONG);
  }

  void await(String what, BooleanSupplier condition, Duration atMost) {
    boolean holds = world.runUntil(condition, atMost);
    assertClean();
    assertThat(holds).as("%s within %s:%n%s", what, atMost, tail()).isTrue();
  }

  void pass(Duration time) {
    world.runFor(time);
    assertClean();
  }

  void assertClean() {
    assertThat(world.violations())
        .as(
            () ->
                world.violations().stream()
                    .map(SimResult.Violation::describe)
                    .collect(Collectors.joining("\n")))
        .isEmpty();
  }

  private String tail() {
    List<String> lines = world.trace();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
  }

  boolean everythingRuns() {
    return world.platform().workloads().stream()
        .filter(w -> w.desired() == DesiredState.STARTED)
        .allMatch(w -> has(w.id(), WorkloadStatus.STARTED) && copies(w.id()) == 1);
  }

  boolean has(WorkloadId workload, WorkloadStatus status) {
    return world.statusOf(workload).map(w -> w.status() == status).orElse(false);
  }

  boolean has(HostId host, HostState state) {
    return world.statusOf(host).map(h -> h.state() == state).orElse(false);
  }

  String reasonOf(HostId host) {
    return world.statusOf(host).map(ClusterStatus.HostInfo::reason).orElse("");
  }

  int copies(WorkloadId workload) {
    return world.physical().hostsRunning(workload).size();
  }

  HostId leader() {
    return world.leader().orElseThrow();
  }

  HostId follower() {
    return world.physical().hosts().stream()
        .filter(host -> !host.equals(leader()))
        .findFirst()
        .orElseThrow();
  }

  List<HostId> hostsOf(WorkloadId workload) {
    return world.physical().hostsRunning(workload);
  }

  HostId hostOf(WorkloadId workload) {
    return world.physical().hostsRunning(workload).get(0);
  }

  WorkloadId workload(int index) {
    return world.platform().workloads().get(index).id();
  }

  List<WorkloadId> workloadsOn(HostId host) {
    return List.copyOf(world.physical().copiesOn(host));
  }

  ClusterStatus.WorkloadInfo info(WorkloadId workload) {
    return world.statusOf(workload).orElseThrow();
  }

  Workload spec(WorkloadId workload) {
    return world.platform().workloads().stream()
        .filter(w -> w.id().equals(workload))
        .findAny()
        .orElseThrow();
  }

  /** What was told since then, of one kind. */
  <T extends HaEvent> List<T> toldSince(Duration since, Class<T> kind) {
    return world.told().stream()
        .filter(told -> told.at().compareTo(since) >= 0)
        .map(SimWorld.Told::event)
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }
}
