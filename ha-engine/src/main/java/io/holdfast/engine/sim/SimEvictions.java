package io.holdfast.engine.sim;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Worlds in which less important workloads are stopped for what lost its host. Nobody is stopped or
 * moved for it where the policy does not ask for that; nobody is stopped for one that is not more
 * important, for one that was never given to a host, or twice within a pause, whichever controllers
 * lead. Another controller knows of those stops of the one before it that are in the store.
 */
final class SimEvictions {
  private static final Duration PAUSE = Duration.ofMinutes(30);
  private static final String FOR_ROOM = "to make room for";

  private final SimWorld world;
  private final SortedMap<WorkloadId, Duration> evicted = new TreeMap<>();

  /** Given to a host, or found running on one, at any time. */
  private final SortedSet<WorkloadId> begun = new TreeSet<>();

  private String leader = "";

  SimEvictions(SimWorld world) {
    this.world = world;
  }

  /** In three of four of the wider worlds. */
  static ClusterPolicy vary(ClusterPolicy policy, SimConfig config) {
    if (config.more() != SimConfig.More.WIDE) {
      return policy;
    }
    return another(policy, new SplittableRandom(71 * config.seed() + 47));
  }

  /** This, with another answer to what is done where there is no room. */
  static ClusterPolicy another(ClusterPolicy policy, SplittableRandom dice) {
    MakeRoom[] all = MakeRoom.values();
    return policy.toBuilder().makeRoom(all[dice.nextInt(all.length)]).build();
  }

  /**
   * An event was told by this process. One that is deposed, and does not know it yet, stops nobody.
   *
   * @return what is wrong about it
   */
  Optional<String> told(Duration now, String by, HaEvent event) {
    if (event instanceof HaEvent.ControllerElected) {
      evicted.keySet().removeIf(id -> !world.storeChecker().isEvicted(id));
      leader = by;
    } else if (event instanceof HaEvent.StartIntended start) {
      begun.add(start.workload());
    } else if (event instanceof HaEvent.WorkloadStatusChanged changed) {
      statusTold(changed);
    } else if (event instanceof HaEvent.EvictionBegun eviction && by.equals(leader)) {
      Duration before = evicted.put(eviction.workload(), now);
      return whatIsWrong(eviction, before == null ? Optional.empty() : Optional.of(before), now);
    } else if (event instanceof HaEvent.MoveBegun move && by.equals(leader)) {
      boolean asked = !move.why().startsWith(FOR_ROOM) || world.platform().movesForRoom();
      return asked
          ? Optional.empty()
          : Optional.of("%s, and the policy does not ask for it".formatted(move));
    }
    return Optional.empty();
  }

  private void statusTold(HaEvent.WorkloadStatusChanged changed) {
    if (changed.from() == WorkloadStatus.UNDEFINED) {
      evicted.remove(changed.workload()); // protected anew, what happened before is not known
    }
    switch (changed.to()) {
      case STARTING, STARTED, STOPPING -> begun.add(changed.workload()); // it has an owner
      default -> {}
    }
  }

  private Optional<String> whatIsWrong(
      HaEvent.EvictionBegun eviction, Optional<Duration> before, Duration now) {
    if (before.isPresent() && now.minus(before.get()).compareTo(PAUSE) < 0) {
      return Optional.of("%s, as was at %s already".formatted(eviction, before.get()));
    }
    if (!world.platform().stopsForRoom()) {
      return Optional.of("%s, and the policy does not ask for it".formatted(eviction));
    }
    if (!begun.contains(eviction.beneficiary())) {
      return Optional.of("%s, for one that was never started".formatted(eviction));
    }
    Priority its = world.platform().priorityOf(eviction.workload());
    Priority other = world.platform().priorityOf(eviction.beneficiary());
    return its.compareTo(other) < 0
        ? Optional.empty()
        : Optional.of("%s, of priorities %s and %s".formatted(eviction, its, other));
  }
}
