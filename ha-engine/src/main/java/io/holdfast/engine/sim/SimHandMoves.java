package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.Placement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Guests that people migrate past the engine, as far as the engine promises to follow them: between
 * hosts that are heard, from one that has its storage. Where the source goes down before the move
 * is known, only the target can tell of it; a guest on a target that then cannot is lost with its
 * source.
 */
final class SimHandMoves {
  private static final long LOOK_EVERY = 100_000_000L;

  /**
   * @param boot of its source when it began
   * @param watched whether an agent is to be there when it leaves
   */
  private record Move(
      long number, WorkloadId workload, HostId source, long boot, HostId target, boolean watched) {}

  /** One that has arrived, and is not in the books there yet. */
  private record Arrived(Move move, int targetJoins) {}

  private final SimWorld world;
  private final SortedMap<WorkloadId, Move> underWay = new TreeMap<>();
  private final SortedMap<WorkloadId, Arrived> unknown = new TreeMap<>();
  private long begun;
  private boolean looking;

  SimHandMoves(SimWorld world) {
    this.world = world;
  }

  /**
   * Begins one, if the hosts are such that people may do so.
   *
   * @param takes nanoseconds
   * @param watched whether the agent of its source is there all the time
   */
  boolean begin(WorkloadId workload, HostId target, long takes, boolean watched) {
    List<HostId> running = world.physical().hostsRunning(workload);
    if (running.size() != 1 || running.contains(target)) {
      return false;
    }
    HostId source = running.get(0);
    boolean possible =
        isHeard(source)
            && isHeard(target)
            && maySend(source)
            && mayTake(target)
            && world.machine(source).migratesLive(workload)
            && world.machine(target).migratesLive(workload);
    if (!possible) {
      return false;
    }
    Move move =
        new Move(++begun, workload, source, world.physical().boots(source), target, watched);
    Move before = underWay.put(workload, move);
    if (!world.machine(source).hypervisor.beginMigration(workload, target)) {
      underWay.remove(workload);
      if (before != null) {
        underWay.put(workload, before);
      }
      return false;
    }
    world.fault(workload + " is being moved by hand from " + source + " to " + target);
    world.schedule().in(takes, () -> end(move));
    return true;
  }

  /**
   * Moves one at once while the agent of its source has lost its hypervisor, and so is told nothing
   * of it.
   */
  boolean moveUnseen(WorkloadId workload, HostId target) {
    List<HostId> running = world.physical().hostsRunning(workload);
    if (running.size() != 1 || running.contains(target) || underWay.containsKey(workload)) {
      return false;
    }
    HostId source = running.get(0);
    long boot = world.physical().boots(source);
    Move move = new Move(++begun, workload, source, boot, target, false);
    boolean possible = isMute(source) && maySend(source) && mayTake(target) && isHeard(target);
    underWay.put(workload, move);
    boolean moved =
        possible
            && world.machine(source).migratesLive(workload)
            && world.machine(target).migratesLive(workload)
            && world.physical().beginMigration(workload, source, target)
            && world.physical().completeMigration(workload);
    underWay.remove(workload);
    if (moved) {
      world.fault(workload + " was moved by hand from " + source + " to " + target + ", unseen");
      arrived(move);
    }
    return moved;
  }

  /** Whether people are moving it there. */
  boolean isUnderWay(WorkloadId workload, HostId target) {
    Move move = underWay.get(workload);
    return move != null && move.target().equals(target);
  }

  /** All that are under way end now, in the way that they would later. */
  void settle() {
    List.copyOf(underWay.values()).forEach(this::end);
  }

  private void end(Move move) {
    if (!move.equals(underWay.get(move.workload()))) {
      return;
    }
    underWay.remove(move.workload());
    boolean still =
        world
            .physical()
            .migratingTo(move.workload(), move.source())
            .filter(move.target()::equals)
            .isPresent();
    if (!still) {
      return;
    }
    boolean may =
        maySend(move.source())
            && (!move.watched() || isHeard(move.source()))
            && isHeard(move.target())
            && mayTake(move.target());
    if (!may) {
      world.fault("moving " + move.workload() + " by hand is given up");
      world.physical().cancelMigration(move.workload());
    } else if (world.physical().completeMigration(move.workload())) {
      arrived(move);
    }
  }

  private void arrived(Move move) {
    unknown.put(move.workload(), new Arrived(move, world.checkers().joins(move.target())));
    look();
  }

  private boolean mayTake(HostId target) {
    return world.physical().hasStorage(target)
        && !world.platform().isTakenOut(target)
        && !world.departures().isLeaving(target);
  }

  /** Whether its hypervisor can tell nothing now. */
  private boolean isMute(HostId host) {
    return !world.machine(host).hypervisor.inventory(Duration.ZERO).isDone();
  }

  /** What can write nothing where it is must not come to where it can. */
  private boolean maySend(HostId source) {
    return world.physical().isUp(source) && !world.physical().isCutOff(source);
  }

  /** A host went down. */
  void down() {
    world.schedule().in(1, this::loseWhatNobodyTells);
  }

  private void look() {
    if (!looking && !unknown.isEmpty()) {
      looking = true;
      world
          .schedule()
          .in(
              LOOK_EVERY,
              () -> {
                looking = false;
                loseWhatNobodyTells();
                look();
              });
    }
  }

  private void loseWhatNobodyTells() {
    unknown.values().removeIf(this::isOver);
    for (Arrived arrived : List.copyOf(unknown.values())) {
      Move move = arrived.move();
      boolean sourceIsGone =
          !world.physical().isUp(move.source())
              || world.physical().boots(move.source()) != move.boot();
      boolean told =
          world.storeChecker().isReported(move.workload(), move.target())
              && isHeard(move.target())
              && world.checkers().joins(move.target()) == arrived.targetJoins();
      if (sourceIsGone && !told && !world.network().isServiceDown()) {
        world.fault(move.workload() + " ends on " + move.target() + ", where it was moved by hand");
        world.machine(move.target()).hypervisor.endUnasked(move.workload(), StopReason.CRASHED);
      }
    }
  }

  /** Whether the engine knows of it, or looks for the workload everywhere. */
  private boolean isOver(Arrived arrived) {
    Move move = arrived.move();
    Optional<Placement.Owner> owner = world.storeChecker().ownerOf(move.workload());
    return !world.physical().copiesOn(move.target()).contains(move.workload())
        || world.storeChecker().mayBeAnywhere(move.workload())
        || owner.filter(o -> o.host().equals(move.target())).isPresent();
  }

  /** Whether its agent can tell what runs there. */
  private boolean isHeard(HostId host) {
    SimHost machine = world.machine(host);
    SimAgent agent = machine.agent;
    return world.physical().isUp(host)
        && agent != null
        && !agent.isPaused()
        && !agent.link.isCut()
        && machine.oneWay.isEmpty()
        && machine.hypervisor.inventory(Duration.ZERO).isDone();
  }
}
