package io.holdfast.engine.sim;

import io.holdfast.api.ClusterStatus;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What must be once everything is mended: every workload is as its owner wants it, and the
 * controller knows. A workload that failed for good waits for its owner, who acts here.
 */
final class SimConvergence {
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final Duration STAYS_SO_FOR = Duration.ofSeconds(15);

  /** How long a host that was rebooted is given to come back. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final SimWorld world;
  private final SimRoom room;
  private final SortedMap<HostId, Long> rebooted = new TreeMap<>();
  private final SortedSet<WorkloadId> reset = new TreeSet<>();

  SimConvergence(SimWorld world) {
    this.world = world;
    room = new SimRoom(world);
  }

  void demand() {
    world.dice().calmDown();
    world.faults().healAll();
    long end = world.schedule().now() + world.config().settle().toNanos();
    long goodSince = world.schedule().now();
    while (world.schedule().now() < goodSince + STAYS_SO_FOR.toNanos()) {
      world.runFor(LOOK_EVERY);
      if (!world.violations().isEmpty()) {
        return;
      }
      Optional<String> missing = whatIsMissing();
      if (missing.isPresent()) {
        goodSince = world.schedule().now();
        if (goodSince >= end) {
          world.violated(
              "not converged %s after everything was mended: %s"
                  .formatted(world.config().settle(), missing.get()));
          return;
        }
        actAsOwner();
      }
    }
  }

  /**
   * Hosts that were fenced are switched on by whoever looks after them. STOPPED and STARTED again
   * is how a workload's owner asks for another try, a cleanup how what its user shut down is
   * started.
   */
  private void actAsOwner() {
    world.machines().keySet().forEach(this::lookAfter);
    world.faults().settleMigrations();
    new SimAdmission(world).askForLess();
    room.make();
    for (Workload workload : world.platform().workloads()) {
      WorkloadId id = workload.id();
      Optional<WorkloadStatus> status = world.statusOf(id).map(ClusterStatus.WorkloadInfo::status);
      if (status.equals(Optional.of(WorkloadStatus.FAILED))
          && workload.desired() == DesiredState.STARTED) {
        world.platform().setDesired(id, DesiredState.STOPPED);
        reset.add(id);
      } else if (world.storeChecker().isShutDown(id)) {
        world.platform().cleanUp(id);
      } else if (status.equals(Optional.of(WorkloadStatus.STOPPED)) && reset.remove(id)) {
        world.platform().setDesired(id, DesiredState.STARTED);
      }
    }
  }

  /**
   * One that is fenced and runs, or is kept from its storage by what is left on it, is rebooted.
   */
  private void lookAfter(HostId host) {
    boolean up = world.physical().isUp(host);
    boolean fenced =
        world.statusOf(host).filter(info -> info.state() == HostState.FENCED).isPresent();
    boolean left =
        world.storeChecker().isCutOff(host) && !world.physical().copiesOn(host).isEmpty();
    long patience = rebooted.getOrDefault(host, Long.MIN_VALUE / 2) + PATIENCE.toNanos();
    if (up && (fenced || left) && world.schedule().now() >= patience) {
      rebooted.put(host, world.schedule().now());
      world.faults().crash(host);
    }
    world.faults().bringUp(host);
  }

  private Optional<String> whatIsMissing() {
    Optional<ClusterStatus> status = world.status();
    if (status.isEmpty()) {
      return Optional.of("nobody leads");
    }
    for (ClusterStatus.HostInfo host : status.get().hosts()) {
      if (host.state() != HostState.ONLINE) {
        return Optional.of(host.toString());
      }
    }
    if (!reset.isEmpty()) {
      return Optional.of("being tried again: " + reset);
    }
    for (Workload workload : world.platform().workloads()) {
      Optional<String> missing = whatIsMissing(workload);
      if (missing.isPresent()) {
        return missing;
      }
    }
    return Optional.empty();
  }

  /** Whether one on which it depends, directly or not, is not wanted running, or is not ours. */
  private boolean isHeldUp(Workload workload) {
    for (WorkloadId id : workload.policy().dependsOn()) {
      Optional<Workload> other =
          world.platform().workloads().stream().filter(w -> w.id().equals(id)).findAny();
      if (other.isEmpty()
          || other.get().desired() != DesiredState.STARTED
          || isHeldUp(other.get())) {
        return true;
      }
    }
    return false;
  }

  private Optional<String> whatIsMissing(Workload workload) {
    Optional<String> unanswered =
        world.storeChecker().unanswered(workload.id()).map(request -> "not answered: " + request);
    return unanswered.isPresent() ? unanswered : howItIsNot(workload);
  }

  private Optional<String> howItIsNot(Workload workload) {
    Optional<ClusterStatus.WorkloadInfo> info = world.statusOf(workload.id());
    boolean wanted = workload.desired() == DesiredState.STARTED;
    if (wanted && isHeldUp(workload)) {
      return Optional.empty();
    }
    int copies = world.physical().hostsRunning(workload.id()).size();
    WorkloadStatus expected =
        switch (workload.desired()) {
          case STARTED -> WorkloadStatus.STARTED;
          case STOPPED -> WorkloadStatus.STOPPED;
          case DISABLED -> WorkloadStatus.DISABLED;
          case IGNORED -> WorkloadStatus.UNDEFINED;
        };
    boolean known = info.isPresent() && info.get().status() == expected;
    boolean explained = info.isPresent() && !info.get().reason().isBlank();
    // What is to be left alone runs or not, as it was.
    boolean right =
        workload.desired() == DesiredState.IGNORED ? copies <= 1 : copies == (wanted ? 1 : 0);
    return known && explained && right
        ? Optional.empty()
        : Optional.of(
            "%s is wanted %s, %d copies run, the controller says %s"
                .formatted(workload.id(), workload.desired(), copies, info));
  }
}
