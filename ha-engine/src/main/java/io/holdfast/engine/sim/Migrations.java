package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.Migration.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The workloads of a {@link PhysicalWorld} that are on their way. Guarded by the world's lock. */
final class Migrations {

  /** A host's hypervisor, which hears of migrations that end. Called under the world's lock. */
  interface Resident {
    /** {@code Done} if it can be reached and would run the workload, or why not. */
    Outcome<Ack> invite(WorkloadId workload);

    /** It runs here from now on. */
    void arrived(WorkloadId workload);

    /** It has left, or what was to arrive is discarded. */
    void left(WorkloadId workload, StopReason reason);
  }

  private final PhysicalWorld world;
  private final SortedMap<WorkloadId, Migration> underWay = new TreeMap<>();
  private final SortedMap<HostId, List<Resident>> residents = new TreeMap<>();

  Migrations(PhysicalWorld world) {
    this.world = world;
  }

  void moveIn(HostId host, Resident resident) {
    residents.computeIfAbsent(host, h -> new ArrayList<>()).add(resident);
  }

  void moveOut(HostId host, Resident resident) {
    residents.computeIfPresent(
        host,
        (h, all) -> {
          all.remove(resident);
          return all.isEmpty() ? null : all;
        });
  }

  private List<Resident> residents(HostId host) {
    return List.copyOf(residents.getOrDefault(host, List.of()));
  }

  /** {@code Done} if a hypervisor of the host can be reached and runs such workloads. */
  Outcome<Ack> invite(WorkloadId workload, HostId target) {
    if (!world.hosts().contains(target)) {
      return Outcome.failed(Cause.UNSUPPORTED, "there is no way to " + target);
    }
    Outcome<Ack> answer = Outcome.failed(Cause.UNREACHABLE, "no hypervisor on " + target);
    for (Resident resident : residents(target)) {
      answer = resident.invite(workload);
      if (answer.isDone()) {
        break;
      }
    }
    return answer;
  }

  boolean begin(WorkloadId workload, HostId source, HostId target) {
    Migration migration = new Migration(workload, source, world.boots(source), target);
    boolean begun = underWay.putIfAbsent(workload, migration) == null;
    if (begun) {
      world.tell(o -> o.onMigration(workload, source, target, true));
    }
    return begun;
  }

  void handOver(WorkloadId workload) {
    Migration migration = underWay.get(workload);
    if (migration != null && migration.phase == Phase.COPYING) {
      migration.phase = Phase.HANDED_OVER;
      world.halt(workload, migration.source, StopReason.MIGRATED);
    }
  }

  boolean complete(WorkloadId workload) {
    handOver(workload);
    Migration migration = underWay.get(workload);
    if (migration == null) {
      return false;
    }
    if (migration.phase == Phase.ORPHANED) {
      cancel(migration);
      return false;
    }
    end(migration);
    if (isKnownAtSource(migration)) {
      residents(migration.source).forEach(r -> r.left(workload, StopReason.MIGRATED));
    }
    world.startCopy(workload, migration.target);
    residents(migration.target).forEach(r -> r.arrived(workload));
    return true;
  }

  void completeAll() {
    List.copyOf(underWay.keySet()).forEach(this::complete);
  }

  void cancel(WorkloadId workload) {
    Migration migration = underWay.get(workload);
    if (migration != null) {
      cancel(migration);
    }
  }

  private void cancel(Migration migration) {
    end(migration);
    residents(migration.target).forEach(r -> r.left(migration.workload, StopReason.UNKNOWN));
    if (migration.phase == Phase.HANDED_OVER && isKnownAtSource(migration)) {
      world.startCopy(migration.workload, migration.source);
    }
  }

  private void end(Migration migration) {
    underWay.remove(migration.workload);
    world.tell(o -> o.onMigration(migration.workload, migration.source, migration.target, false));
  }

  /** Everything on it is about to end; the targets do not know that yet. */
  void sourceGoesDown(HostId host) {
    for (Migration migration : underWay.values()) {
      if (migration.source.equals(host) && migration.phase == Phase.COPYING) {
        migration.phase = Phase.ORPHANED;
      }
    }
  }

  void targetIsDown(HostId host) {
    for (Migration migration : List.copyOf(underWay.values())) {
      if (migration.target.equals(host)) {
        cancel(migration);
      }
    }
  }

  /** A copy that has not been handed over ends, and its migration with it. */
  void copyEnds(WorkloadId workload, HostId host) {
    Migration migration = underWay.get(workload);
    if (migration != null && migration.phase == Phase.COPYING && migration.source.equals(host)) {
      cancel(migration);
    }
  }

  Optional<HostId> to(WorkloadId workload, HostId source) {
    Migration migration = underWay.get(workload);
    return migration != null && migration.source.equals(source) && isKnownAtSource(migration)
        ? Optional.of(migration.target)
        : Optional.empty();
  }

  /** Whether a host has let go of a workload that does not run at its target yet. */
  boolean isHandedOver(WorkloadId workload, HostId source) {
    Migration migration = underWay.get(workload);
    return migration != null
        && migration.phase == Phase.HANDED_OVER
        && migration.source.equals(source)
        && isKnownAtSource(migration);
  }

  /** Whether a host holds a workload that has not arrived yet. */
  boolean isArriving(WorkloadId workload, HostId target) {
    Migration migration = underWay.get(workload);
    return migration != null && migration.target.equals(target);
  }

  /** What a host holds on account of a migration and does not run. */
  SortedSet<WorkloadId> heldFor(HostId host) {
    SortedSet<WorkloadId> held = new TreeSet<>();
    for (WorkloadId workload : underWay.keySet()) {
      if (isArriving(workload, host) || isHandedOver(workload, host)) {
        held.add(workload);
      }
    }
    return held;
  }

  /** The hosts that a lock would be held by: those that run a workload or hold it. */
  SortedSet<HostId> holders(WorkloadId workload) {
    SortedSet<HostId> holders = new TreeSet<>(world.hostsRunning(workload));
    Migration migration = underWay.get(workload);
    if (migration != null) {
      Stream.of(migration.source, migration.target).filter(world::isUp).forEach(holders::add);
    }
    return holders;
  }

  /** Whether its source has been up all the time since it began. */
  private boolean isKnownAtSource(Migration migration) {
    return world.isUp(migration.source) && world.boots(migration.source) == migration.boot;
  }
}
