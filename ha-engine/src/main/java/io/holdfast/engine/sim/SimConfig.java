package io.holdfast.engine.sim;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Timings;
import io.holdfast.engine.sim.PhysicalWorld.AfterWatchdog;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What a simulated cluster is made of. Equal configurations give equal runs, event by event.
 *
 * @param seed of everything that is left to chance
 * @param hosts 1 to 50, each with an agent and a controller candidate
 * @param workloads 0 to 1000; they fit onto all hosts but one
 * @param faults what goes wrong unasked in {@link SimWorld#run}
 * @param chaos how long it goes wrong
 * @param settle how long the cluster has to converge once everything is healed
 * @param timings of the engine and the agents
 * @param lease with which hosts have watchdogs, and expired leases are evidence; empty: neither
 * @param afterWatchdog what becomes of a host that its watchdog has reset
 * @param fences the fence devices that each host has
 * @param sessionTimeout when the coordination service drops a client that it does not hear
 * @param more what else goes on in {@link SimWorld#run}
 */
public record SimConfig(
    long seed,
    int hosts,
    int workloads,
    Faults faults,
    Duration chaos,
    Duration settle,
    Timings timings,
    Optional<LeaseTiming> lease,
    AfterWatchdog afterWatchdog,
    FenceKit fences,
    Duration sessionTimeout,
    More more) {

  /** How bad the weather is. */
  public enum Faults {
    /** Nothing happens unasked, and every call is answered soon. */
    NONE,
    /** Hosts, processes, networks and devices fail one at a time; calls are answered soon. */
    MILD,
    /** They fail together, and calls are late, lost, answered twice, or carried out late. */
    HARSH
  }

  /** What was not in random worlds from the beginning, and would make others of them. */
  public enum More {
    NONE,
    /** People migrate guests past the engine, in the middle of everything. */
    HAND_MOVES,
    /**
     * By the seed: fence devices that say what is not so, people who work by hand while the cluster
     * is disarmed, and who migrate guests while a host's hypervisor can tell nobody; and clusters
     * in which less important workloads are stopped for what lost its host.
     */
    WIDE
  }

  /** What can cut a host's power, in the order in which it is tried. */
  public enum FenceKit {
    NONE,
    BMC,
    BMC_THEN_OUTLET,
    /** The host has two power supplies: both outlets have to be off. */
    TWO_OUTLETS,
    BMC_THEN_TWO_OUTLETS,
    /** Nothing can cut its power, and the storage can refuse it. */
    STORAGE,
    BMC_THEN_STORAGE
  }

  /** The largest cluster. */
  public static final int MOST_HOSTS = 50;

  /** The most workloads in a cluster. */
  public static final int MOST_WORKLOADS = 1000;

  /** A host is lost after six seconds of silence; a fence operation takes at most five. */
  public static final Timings TIMINGS =
      Timings.forSilence(Duration.ofSeconds(6))
          .withFenceTimeout(Duration.ofSeconds(5))
          .withFenceRetry(Duration.ofSeconds(2), Duration.ofSeconds(15));

  /** Clocks may be wrong by four per cent, which is more than the worst ones are. */
  public static final LeaseTiming LEASE =
      LeaseTiming.of(TIMINGS, Duration.ofSeconds(8), Duration.ofSeconds(1), 40_000);

  public SimConfig {
    requireRange("sim.hosts", hosts, 1, MOST_HOSTS);
    requireRange("sim.workloads", workloads, 0, MOST_WORKLOADS);
    requireNotNegative("sim.chaos", chaos);
    requireNotNegative("sim.settle", settle);
    requireNotNegative("sim.sessionTimeout", sessionTimeout);
    lease.ifPresent(timing -> timing.requireConsistent(timings));
  }

  /** A cluster in which only that goes wrong which a test asks for. */
  public static SimConfig scripted(int hosts, int workloads) {
    return new SimConfig(
        1,
        hosts,
        workloads,
        Faults.NONE,
        Duration.ZERO,
        Duration.ofMinutes(3),
        TIMINGS,
        Optional.empty(),
        AfterWatchdog.REBOOT,
        FenceKit.BMC,
        Duration.ofSeconds(10),
        More.NONE);
  }

  /** A cluster to which nothing happens but the steps of a scenario. */
  static SimConfig scenario(
      long seed, int hosts, Timings timings, LeaseTiming lease, Duration sessionTimeout) {
    return new SimConfig(
        seed,
        hosts,
        0,
        Faults.NONE,
        Duration.ZERO,
        Duration.ZERO,
        timings,
        Optional.of(lease),
        AfterWatchdog.STAY_OFF,
        FenceKit.BMC,
        sessionTimeout,
        More.NONE);
  }

  /** A cluster of a size and a fate that follow from the seed. */
  public static SimConfig random(long seed) {
    SplittableRandom dice = new SplittableRandom(seed);
    boolean guarded = dice.nextInt(3) > 0;
    return new SimConfig(
        seed,
        dice.nextInt(2, 6),
        // Few enough, now and then, for hosts that have nothing to lose.
        guarded && dice.nextInt(3) == 0 ? dice.nextInt(1, 3) : dice.nextInt(2, 11),
        dice.nextInt(4) == 0 ? Faults.MILD : Faults.HARSH,
        Duration.ofSeconds(dice.nextInt(30, 121)),
        Duration.ofMinutes(4),
        TIMINGS,
        guarded ? Optional.of(LEASE) : Optional.empty(),
        dice.nextBoolean() ? AfterWatchdog.REBOOT : AfterWatchdog.STAY_OFF,
        withStorage(seed, guarded && dice.nextInt(3) == 0 ? FenceKit.NONE : anyKit(dice)),
        Duration.ofSeconds(dice.nextInt(4, 16)),
        More.NONE);
  }

  /** With dice of its own: what else the seed means does not depend on it. */
  private static FenceKit withStorage(long seed, FenceKit usual) {
    SplittableRandom own = new SplittableRandom(-seed);
    if (own.nextInt(5) > 0) {
      return usual;
    }
    return own.nextBoolean() ? FenceKit.STORAGE : FenceKit.BMC_THEN_STORAGE;
  }

  private static FenceKit anyKit(SplittableRandom dice) {
    List<FenceKit> kits =
        List.of(
            FenceKit.BMC,
            FenceKit.BMC_THEN_OUTLET,
            FenceKit.TWO_OUTLETS,
            FenceKit.BMC_THEN_TWO_OUTLETS);
    return kits.get(dice.nextInt(1, 1 + kits.size()) - 1);
  }

  /** This, with people who migrate guests past the engine. */
  SimConfig withHandMoves() {
    return with(More.HAND_MOVES);
  }

  /** This, with more that goes on. */
  public SimConfig with(More other) {
    return new SimConfig(
        seed,
        hosts,
        workloads,
        faults,
        chaos,
        settle,
        timings,
        lease,
        afterWatchdog,
        fences,
        sessionTimeout,
        other);
  }

  public SimConfig withSeed(long other) {
    return new SimConfig(
        other,
        hosts,
        workloads,
        faults,
        chaos,
        settle,
        timings,
        lease,
        afterWatchdog,
        fences,
        sessionTimeout,
        more);
  }

  /** This, of another size, with other faults, for another time. */
  public SimConfig with(int otherHosts, int otherWorkloads, Faults others, Duration time) {
    return new SimConfig(
        seed,
        otherHosts,
        otherWorkloads,
        others,
        time,
        settle,
        timings,
        lease,
        afterWatchdog,
        fences,
        sessionTimeout,
        more);
  }

  /** This, with other fence devices. */
  public SimConfig withFences(FenceKit kit) {
    return new SimConfig(
        seed,
        hosts,
        workloads,
        faults,
        chaos,
        settle,
        timings,
        lease,
        afterWatchdog,
        kit,
        sessionTimeout,
        more);
  }

  /**
   * This, with watchdogs in all hosts.
   *
   * @param kit the fence devices that each host has besides
   */
  public SimConfig withWatchdogs(LeaseTiming timing, AfterWatchdog after, FenceKit kit) {
    return new SimConfig(
        seed,
        hosts,
        workloads,
        faults,
        chaos,
        settle,
        timings,
        Optional.of(timing),
        after,
        kit,
        sessionTimeout,
        more);
  }

  private static void requireRange(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidConfigException(field, value, least + " to " + most);
    }
  }

  private static void requireNotNegative(String field, Duration value) {
    if (value.isNegative()) {
      throw new InvalidConfigException(field, value, "PT0S or longer");
    }
  }
}
