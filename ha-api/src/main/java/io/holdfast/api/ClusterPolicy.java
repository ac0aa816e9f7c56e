package io.holdfast.api;

import java.time.Duration;
import java.util.Optional;

/**
 * What the cluster does where there is a choice, the same for all hosts. Kept in the store, so that
 * every controller follows it. {@link #DEFAULT} is what holds while nothing was set; the {@code
 * with} methods change one value each.
 *
 * @param shutdown what becomes of workloads whose host announces that it goes down
 * @param placement how hosts are ranked for a workload
 * @param hardCapacity whether a host without room is refused; if not, capacity only ranks
 * @param rebalanceOnStart whether a workload that is wanted started for the first time goes to the
 *     best host, and not to the one it was last placed on
 * @param autoRebalance whether running workloads are moved to mend an imbalance
 * @param startsPerHost starts under way on one host at the same time, 1 to 1000
 * @param startsInCluster starts under way in the cluster at the same time, 1 to 100,000
 * @param movesInCluster migrations under way in the cluster at the same time, 1 to 1000
 * @param movesPerHost migrations under way from and to one host at the same time, 1 to 1000; those
 *     that have to go together go together
 * @param fencedShare hosts that may be fenced at the same time, in percent of the registered ones,
 *     at least one host; 1 to 100
 * @param powerOnAfterFence whether a fenced host is switched on again once its power was read as
 *     off
 * @param assumeDownAfter <b>the risk of two copies is accepted:</b> a host that has been silent for
 *     so long, and of which there is no evidence, is taken for down; empty: never
 * @param isolationLimit for how long after it was heard last a host is left running that is cut off
 *     but seen alive through another channel, zero (it is fenced like any silent host) to 24 hours;
 *     where no such channel is configured, nobody is ever seen so
 * @param quorum what a controller needs besides leading before it has a host fenced
 * @param disarmed while present, nothing is fenced, recovered or moved
 */
public record ClusterPolicy(
    ShutdownPolicy shutdown,
    PlacementMode placement,
    boolean hardCapacity,
    boolean rebalanceOnStart,
    boolean autoRebalance,
    int startsPerHost,
    int startsInCluster,
    int movesInCluster,
    int movesPerHost,
    int fencedShare,
    boolean powerOnAfterFence,
    Optional<Duration> assumeDownAfter,
    Duration isolationLimit,
    Quorum quorum,
    Optional<DisarmMode> disarmed) {

  /** What becomes of the workloads of a host that is shut down or rebooted as planned. */
  public enum ShutdownPolicy {
    /** A reboot freezes them, a shutdown fails them over. */
    CONDITIONAL,
    /** They wait for the host to come back. */
    FREEZE,
    /** They are stopped there and started elsewhere. */
    FAILOVER,
    /** They are migrated away first, and the host waits until it is empty. */
    MIGRATE
  }

  /** What is done with workloads while the cluster is disarmed. Nothing fails over either way. */
  public enum DisarmMode {
    /** They are kept as they are: no start, stop or move, also not by request. */
    FREEZE,
    /** They are left alone; whoever moves them by hand is followed when the cluster is armed. */
    IGNORE
  }

  /** What a controller needs before it has a host fenced. */
  public enum Quorum {
    /** The coordination service, which follows its majority: enough where that is on the hosts. */
    STORE,
    /** The tie-breaker on its side besides, found so after the host was lost. */
    TIE_BREAKER
  }

  public static final ClusterPolicy DEFAULT =
      new ClusterPolicy(
          ShutdownPolicy.CONDITIONAL,
          PlacementMode.BASIC,
          true,
          false,
          false,
          4,
          100,
          4,
          4,
          25,
          false,
          Optional.empty(),
          Duration.ofMinutes(5),
          Quorum.STORE,
          Optional.empty());

  public ClusterPolicy {
    within("cluster.startsPerHost", startsPerHost, 1000);
    within("cluster.startsInCluster", startsInCluster, 100_000);
    within("cluster.movesInCluster", movesInCluster, 1000);
    within("cluster.movesPerHost", movesPerHost, 1000);
    within("cluster.fencedShare", fencedShare, 100);
    Timings.require("cluster.isolationLimit", isolationLimit, Duration.ZERO, Duration.ofHours(24));
    assumeDownAfter.ifPresent(
        after ->
            Timings.require(
                "cluster.assumeDownAfter", after, Duration.ofMillis(50), Duration.ofHours(24)));
  }

  /** This, with another way to treat planned shutdowns. */
  public ClusterPolicy withShutdown(ShutdownPolicy next) {
    return new ClusterPolicy(
        next,
        placement,
        hardCapacity,
        rebalanceOnStart,
        autoRebalance,
        startsPerHost,
        startsInCluster,
        movesInCluster,
        movesPerHost,
        fencedShare,
        powerOnAfterFence,
        assumeDownAfter,
        isolationLimit,
        quorum,
        disarmed);
  }

  /** This, with another way to rank hosts. */
  public ClusterPolicy withPlacement(PlacementMode mode, boolean hard) {
    return new ClusterPolicy(
        shutdown,
        mode,
        hard,
        rebalanceOnStart,
        autoRebalance,
        startsPerHost,
        startsInCluster,
        movesInCluster,
        movesPerHost,
        fencedShare,
        powerOnAfterFence,
        assumeDownAfter,
        isolationLimit,
        quorum,
        disarmed);
  }

  /** This, with or without moves for balance's sake. */
  public ClusterPolicy withRebalance(boolean onStart, boolean whileRunning) {
    return new ClusterPolicy(
        shutdown,
        placement,
        hardCapacity,
        onStart,
        whileRunning,
        startsPerHost,
        startsInCluster,
        movesInCluster,
        movesPerHost,
        fencedShare,
        powerOnAfterFence,
        assumeDownAfter,
        isolationLimit,
        quorum,
        disarmed);
  }

  /** This, with other limits to what goes on at the same time. */
  public ClusterPolicy withParallel(int perHost, int starts, int moves) {
    return new ClusterPolicy(
        shutdown,
        placement,
        hardCapacity,
        rebalanceOnStart,
        autoRebalance,
        perHost,
        starts,
        moves,
        movesPerHost,
        fencedShare,
        powerOnAfterFence,
        assumeDownAfter,
        isolationLimit,
        quorum,
        disarmed);
  }

  /** This, with another limit to the moves that a host is an end of at the same time. */
  public ClusterPolicy withMovesPerHost(int most) {
    return new ClusterPolicy(
        shutdown,
        placement,
        hardCapacity,
        rebalanceOnStart,
        autoRebalance,
        startsPerHost,
        startsInCluster,
        movesInCluster,
        most,
        fencedShare,
        powerOnAfterFence,
        assumeDownAfter,
        isolationLimit,
        quorum,
        disarmed);
  }

  /** This, with other rules for fencing. */
  public ClusterPolicy withFencing(
      int share, boolean powerOn, Optional<Duration> assumeDownAfterSilence) {
    return new ClusterPolicy(
        shutdown,
        placement,
        hardCapacity,
        rebalanceOnStart,
        autoRebalance,
        startsPerHost,
        startsInCluster,
        movesInCluster,
        movesPerHost,
        share,
        powerOn,
        assumeDownAfterSilence,
        isolationLimit,
        quorum,
        disarmed);
  }

  /** This, with another limit to how long a host is left running that is cut off. */
  public ClusterPolicy withIsolationLimit(Duration limit) {
    return new ClusterPolicy(
        shutdown,
        placement,
        hardCapacity,
        rebalanceOnStart,
        autoRebalance,
        startsPerHost,
        startsInCluster,
        movesInCluster,
        movesPerHost,
        fencedShare,
        powerOnAfterFence,
        assumeDownAfter,
        limit,
        quorum,
        disarmed);
  }

  /** This, with another quorum. */
  public ClusterPolicy withQuorum(Quorum next) {
    return new ClusterPolicy(
        shutdown,
        placement,
        hardCapacity,
        rebalanceOnStart,
        autoRebalance,
        startsPerHost,
        startsInCluster,
        movesInCluster,
        movesPerHost,
        fencedShare,
        powerOnAfterFence,
        assumeDownAfter,
        isolationLimit,
        next,
        disarmed);
  }

  /** This, disarmed or armed. */
  public ClusterPolicy withDisarmed(Optional<DisarmMode> mode) {
    return new ClusterPolicy(
        shutdown,
        placement,
        hardCapacity,
        rebalanceOnStart,
        autoRebalance,
        startsPerHost,
        startsInCluster,
        movesInCluster,
        movesPerHost,
        fencedShare,
        powerOnAfterFence,
        assumeDownAfter,
        isolationLimit,
        quorum,
        mode);
  }

  private static void within(String field, int value, int most) {
    if (value < 1 || value > most) {
      throw new InvalidConfigException(field, value, "1 to " + most);
    }
  }
}
