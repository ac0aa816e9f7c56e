package io.holdfast.api;

import java.time.Duration;
import java.util.Optional;

/**
 * What the cluster does where there is a choice, the same for all hosts. Kept in the store, so that
 * every controller follows it. {@link #DEFAULT} is what holds while nothing was set; {@link
 * #toBuilder} changes what differs.
 *
 * @param shutdown what becomes of workloads whose host announces that it goes down
 * @param placement how hosts are ranked for a workload, unless the platform compares them itself
 *     ({@link io.holdfast.api.spi.HostPreference})
 * @param hardCapacity whether a host without room is refused; if not, capacity only ranks
 * @param rebalanceOnStart whether a workload that is wanted started for the first time goes to the
 *     best host, and not to the one it was last placed on
 * @param autoRebalance whether running workloads are moved to mend an imbalance; nothing is moved
 *     where hosts are only counted ({@link PlacementMode#BASIC}), are filled ({@link
 *     PlacementMode#PACKED}), or are compared by the platform
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
 * @param admission how many failures are to be survived, and what is done when they would not be
 * @param makeRoom what is done for a workload that lost its host and finds no room; nothing where
 *     capacity only ranks hosts
 * @param disarmed while present, nothing is fenced, recovered, started, stopped or moved, by the
 *     controller or by agents; {@link ClusterStatus#disarm} says when work by hand may begin
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
    AdmissionPolicy admission,
    MakeRoom makeRoom,
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

  /** What is done for a workload that lost its host and finds no room. */
  public enum MakeRoom {
    /** It waits until there is some. */
    NOTHING,
    /** Others are moved live to where there is room for them. */
    MOVE,
    /**
     * Less important workloads are stopped for it, the least important ones and as few as it takes.
     * They wait then, and are started again as soon as there is room.
     */
    EVICT,
    /** Others are moved; where that does not do, less important ones are stopped. */
    MOVE_OR_EVICT;

    /** Whether others may be moved for it. */
    public boolean moves() {
      return this == MOVE || this == MOVE_OR_EVICT;
    }

    /** Whether less important ones may be stopped for it. */
    public boolean evicts() {
      return this == EVICT || this == MOVE_OR_EVICT;
    }
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
          AdmissionPolicy.DEFAULT,
          MakeRoom.NOTHING,
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

  /** A builder that starts from these values. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  private static void within(String field, int value, int most) {
    if (value < 1 || value > most) {
      throw new InvalidConfigException(field, value, "1 to " + most);
    }
  }

  /** Values of a policy, changed one by one. Not safe for use by several threads. */
  public static final class Builder {
    private ShutdownPolicy shutdown;
    private PlacementMode placement;
    private boolean hardCapacity;
    private boolean rebalanceOnStart;
    private boolean autoRebalance;
    private int startsPerHost;
    private int startsInCluster;
    private int movesInCluster;
    private int movesPerHost;
    private int fencedShare;
    private boolean powerOnAfterFence;
    private Optional<Duration> assumeDownAfter;
    private Duration isolationLimit;
    private Quorum quorum;
    private AdmissionPolicy admission;
    private MakeRoom makeRoom;
    private Optional<DisarmMode> disarmed;

    private Builder(ClusterPolicy from) {
      shutdown = from.shutdown;
      placement = from.placement;
      hardCapacity = from.hardCapacity;
      rebalanceOnStart = from.rebalanceOnStart;
      autoRebalance = from.autoRebalance;
      startsPerHost = from.startsPerHost;
      startsInCluster = from.startsInCluster;
      movesInCluster = from.movesInCluster;
      movesPerHost = from.movesPerHost;
      fencedShare = from.fencedShare;
      powerOnAfterFence = from.powerOnAfterFence;
      assumeDownAfter = from.assumeDownAfter;
      isolationLimit = from.isolationLimit;
      quorum = from.quorum;
      admission = from.admission;
      makeRoom = from.makeRoom;
      disarmed = from.disarmed;
    }

    /** See {@link ClusterPolicy#shutdown}. */
    public Builder shutdown(ShutdownPolicy value) {
      shutdown = value;
      return this;
    }

    /** See {@link ClusterPolicy#placement}. */
    public Builder placement(PlacementMode value) {
      placement = value;
      return this;
    }

    /** See {@link ClusterPolicy#hardCapacity}. */
    public Builder hardCapacity(boolean value) {
      hardCapacity = value;
      return this;
    }

    /** See {@link ClusterPolicy#rebalanceOnStart}. */
    public Builder rebalanceOnStart(boolean value) {
      rebalanceOnStart = value;
      return this;
    }

    /** See {@link ClusterPolicy#autoRebalance}. */
    public Builder autoRebalance(boolean value) {
      autoRebalance = value;
      return this;
    }

    /** See {@link ClusterPolicy#startsPerHost}. */
    public Builder startsPerHost(int value) {
      startsPerHost = value;
      return this;
    }

    /** See {@link ClusterPolicy#startsInCluster}. */
    public Builder startsInCluster(int value) {
      startsInCluster = value;
      return this;
    }

    /** See {@link ClusterPolicy#movesInCluster}. */
    public Builder movesInCluster(int value) {
      movesInCluster = value;
      return this;
    }

    /** See {@link ClusterPolicy#movesPerHost}. */
    public Builder movesPerHost(int value) {
      movesPerHost = value;
      return this;
    }

    /** See {@link ClusterPolicy#fencedShare}. */
    public Builder fencedShare(int value) {
      fencedShare = value;
      return this;
    }

    /** See {@link ClusterPolicy#powerOnAfterFence}. */
    public Builder powerOnAfterFence(boolean value) {
      powerOnAfterFence = value;
      return this;
    }

    /** See {@link ClusterPolicy#assumeDownAfter}. */
    public Builder assumeDownAfter(Optional<Duration> value) {
      assumeDownAfter = value;
      return this;
    }

    /** See {@link ClusterPolicy#isolationLimit}. */
    public Builder isolationLimit(Duration value) {
      isolationLimit = value;
      return this;
    }

    /** See {@link ClusterPolicy#quorum}. */
    public Builder quorum(Quorum value) {
      quorum = value;
      return this;
    }

    /** See {@link ClusterPolicy#admission}. */
    public Builder admission(AdmissionPolicy value) {
      admission = value;
      return this;
    }

    /** See {@link ClusterPolicy#makeRoom}. */
    public Builder makeRoom(MakeRoom value) {
      makeRoom = value;
      return this;
    }

    /** See {@link ClusterPolicy#disarmed}. */
    public Builder disarmed(Optional<DisarmMode> value) {
      disarmed = value;
      return this;
    }

    /**
     * The policy.
     *
     * @throws InvalidConfigException naming the first value that is not allowed
     */
    public ClusterPolicy build() {
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
          admission,
          makeRoom,
          disarmed);
    }
  }
}
