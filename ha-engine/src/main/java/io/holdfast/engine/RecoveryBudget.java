package io.holdfast.engine;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Timings;
import io.holdfast.api.spi.FenceTopology;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.FenceSettings;
import io.holdfast.engine.core.FenceStep;
import io.holdfast.engine.effect.Topologies;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How long it takes at most from the failure of a host until the hypervisor of another one is told
 * to start what ran there, for each kind of evidence that may be the first one to be there. What
 * the hypervisor and the guest need from then on comes on top.
 *
 * <p>It holds while the store answers within {@link Situation#storeCall}, the controller is neither
 * late nor stopped itself, and room is found; in the simulator it is checked against what happens.
 * {@code docs/safety.md} says where each phase comes from.
 *
 * @param paths in the order in which they are tried
 */
public record RecoveryBudget(List<Path> paths) {
  private static final HostId ANY = new HostId("any");

  /** What proves that the host runs nothing any more. */
  public enum Proof {
    /** A device is asked while the host is only suspected, and reads its power as off. */
    READ_OFF,
    /** The devices of one level have cut its power. */
    FENCED,
    /** The devices of one level have cut it off from its storage. */
    STORAGE_FENCED,
    /** Its watchdog has certainly reset it. */
    LEASE_EXPIRED,
    /** No device could do it, and the cluster's policy accepts the risk. */
    ASSUMED,
    /** A person has said so, of a host that is lost: counted from that word. */
    CONFIRMED
  }

  /**
   * @param level of the fence topology, from 1 on, that gives the proof; 0 where none does
   * @param phases one after another
   */
  public record Path(Proof proof, int level, List<Phase> phases) {
    public Path {
      phases = List.copyOf(phases);
    }

    /** All phases together. */
    public Duration atMost() {
      return phases.stream().map(Phase::atMost).reduce(Duration.ZERO, Duration::plus);
    }

    /** Such as {@code FENCED by level 1: 7.4 s = 6 s silence + ...}. */
    public String describe() {
      return "%s%s: %s = %s"
          .formatted(
              proof,
              level > 0 ? " by level " + level : "",
              seconds(atMost()),
              phases.stream()
                  .map(phase -> seconds(phase.atMost()) + " " + phase.what())
                  .collect(Collectors.joining(" + ")));
    }

    private static String seconds(Duration time) {
      return BigDecimal.valueOf(time.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
    }
  }

  /**
   * @param what one word or two for people
   */
  public record Phase(String what, Duration atMost) {}

  /**
   * In what situation the host fails.
   *
   * @param hosts registered in the cluster, 1 or more
   * @param lost how many of them fail at the same moment, 1 to {@code hosts}; the budget is that of
   *     the last one
   * @param withController whether the controller fails with them, and another has to take its place
   * @param storeCall the longest that one call of the store takes, and one notice from it
   * @param importances of how many different priorities the workloads are that fail; the budget is
   *     that of the least important ones
   * @param cutOff whether it lives on, without its network: where hosts are looked for on other
   *     channels, it is left running for a while
   */
  public record Situation(
      int hosts,
      int lost,
      boolean withController,
      Duration storeCall,
      int importances,
      boolean cutOff) {
    public Situation {
      require("situation.hosts", hosts, 1, Integer.MAX_VALUE);
      require("situation.lost", lost, 1, hosts);
      require("situation.importances", importances, 1, Integer.MAX_VALUE);
      if (storeCall.isNegative()) {
        throw new InvalidConfigException("situation.storeCall", storeCall, "PT0S or longer");
      }
    }

    /** One host, with one priority of workloads, in a cluster of that size. */
    public static Situation oneOf(int hosts, boolean withController, Duration storeCall) {
      return new Situation(hosts, 1, withController, storeCall, 1, false);
    }

    /** The same, of hosts that are only cut off. */
    public Situation ofHostsCutOff() {
      return new Situation(hosts, lost, withController, storeCall, importances, true);
    }

    private static void require(String field, int value, int least, int most) {
      if (value < least || value > most) {
        throw new InvalidConfigException(field, value, least + " to " + most);
      }
    }

    boolean isMost() {
      return hosts > 2 && lost * 2 > hosts;
    }
  }

  public RecoveryBudget {
    paths = List.copyOf(paths);
  }

  /** The budget of this kind of proof; of the last level where there are several. */
  public Optional<Path> path(Proof proof) {
    return paths.stream().filter(path -> path.proof() == proof).reduce((one, later) -> later);
  }

  /**
   * Computes it, for an engine that looks for hosts on other channels too: it is one of those that
   * see a host that is cut off.
   *
   * @param lease with which hosts are guarded by watchdogs; empty: none is
   * @param topology of the host
   * @param raceDelay of the engine, which counts in clusters of two hosts
   */
  public static RecoveryBudget of(
      Timings timings,
      Optional<LeaseTiming> lease,
      FenceTopology topology,
      Duration raceDelay,
      ClusterPolicy policy,
      Situation situation) {
    SortedMap<HostId, FenceTopology> topologies = new TreeMap<>(Map.of(ANY, topology));
    FenceSettings fencing =
        Topologies.settings(topologies, timings, FenceSettings.TEST_INTERVAL, raceDelay);
    ControllerConfig config =
        new ControllerConfig("budget", timings, lease, fencing, List.of("any"), Optional.of("any"));
    return of(config, ANY, policy, situation);
  }

  /** Computes it from what an engine is configured with. */
  static RecoveryBudget of(
      ControllerConfig config, HostId host, ClusterPolicy policy, Situation situation) {
    return new Computation(config, config.fencing().stepsOf(host), policy, situation).budget();
  }

  /** Adds the phases up. */
  private record Computation(
      ControllerConfig config, List<FenceStep> levels, ClusterPolicy policy, Situation situation) {

    RecoveryBudget budget() {
      List<Path> paths = new ArrayList<>();
      levels.stream()
          .filter(level -> level.devices().size() == 1 && !level.storage())
          .findFirst()
          .ifPresent(level -> paths.add(readOff(level)));
      for (int level = 1; level <= levels.size(); level++) {
        List<Phase> phases = untilLost();
        phases.addAll(race());
        phases.addAll(turn());
        phases.addAll(fencing(level));
        Proof proof = levels.get(level - 1).storage() ? Proof.STORAGE_FENCED : Proof.FENCED;
        paths.add(path(proof, level, phases));
      }
      config.leaseTiming().ifPresent(timing -> paths.add(expired(timing)));
      policy.assumeDownAfter().ifPresent(after -> paths.add(assumed(after)));
      List<Phase> word = new ArrayList<>();
      word.add(new Phase("the word in the store, and read", calls(3)));
      paths.add(path(Proof.CONFIRMED, 0, word));
      return new RecoveryBudget(paths);
    }

    private Path readOff(FenceStep level) {
      List<Phase> phases = new ArrayList<>();
      phases.add(notice());
      if (situation.withController()) {
        phases.add(silence());
        phases.add(takeOver());
      } else {
        phases.add(new Phase("until suspected", config.timings().suspectAfter()));
      }
      phases.add(new Phase("asking " + name(level), patience(level)));
      return path(Proof.READ_OFF, 0, phases);
    }

    private Path expired(LeaseTiming timing) {
      List<Phase> lost = untilLost();
      Duration sooner = total(lost);
      Duration wait = timing.takeoverWait().plus(storeCall());
      List<Phase> phases = new ArrayList<>(lost);
      if (wait.compareTo(sooner) > 0) {
        phases.add(new Phase("until its watchdog has reset it", wait.minus(sooner)));
      }
      phases.add(new Phase("reading its lease once more", calls(1)));
      return path(Proof.LEASE_EXPIRED, 0, phases);
    }

    private Path assumed(Duration after) {
      List<Phase> phases = untilLost();
      if (!levels.isEmpty()) {
        phases.addAll(race());
        phases.addAll(turn());
        phases.addAll(fencing(levels.size()));
      }
      Duration sooner = total(phases);
      if (after.plus(storeCall()).compareTo(sooner) > 0) {
        phases.add(new Phase("until it is assumed", after.plus(storeCall()).minus(sooner)));
      }
      if (levels.isEmpty()) {
        phases.addAll(race());
      }
      phases.addAll(turn()); // under the guards under which hosts are fenced
      phases.add(new Phase("reading its lease once more", calls(1)));
      return path(Proof.ASSUMED, 0, phases);
    }

    private Path path(Proof proof, int level, List<Phase> before) {
      List<Phase> phases = new ArrayList<>(before);
      phases.add(new Phase("writing the evidence", calls(2)));
      if (situation.importances() > 1) {
        Duration held = ControllerConfig.START_HOLD.multipliedBy(situation.importances() - 1L);
        phases.add(new Phase("more important ones first", held));
      }
      // Behind a commit under way; the notice, the read, the epoch on disk and the watchdog.
      phases.add(new Phase("writing, noticing and reading the order", calls(6)));
      return new Path(proof, level, phases);
    }

    // Phases

    private List<Phase> untilLost() {
      List<Phase> phases = new ArrayList<>();
      phases.add(notice());
      phases.add(silence());
      if (situation.withController()) {
        phases.add(takeOver());
        if (!config.hostChecks().isEmpty()) {
          Duration patience = config.timings().silence().minus(config.timings().suspectAfter());
          phases.add(new Phase("other channels are asked by the new controller", patience));
        }
      }
      // Counted from when its last renewal was seen.
      Duration spared = policy.isolationLimit().plus(storeCall()).minus(total(phases));
      boolean isSeen = situation.cutOff() && !config.hostChecks().isEmpty();
      if (isSeen && !spared.isNegative()) {
        phases.add(new Phase("left running while it is only cut off", spared));
      }
      phases.add(new Phase("reading its lease", calls(1)));
      return phases;
    }

    /** Its last renewal may have been sent just before it failed, and seen one call later. */
    private Phase notice() {
      return new Phase("its last renewal", storeCall());
    }

    private Phase silence() {
      Duration silence = config.timings().silence();
      return situation.isMost()
          ? new Phase("silence, twice because most are silent", silence.multipliedBy(2))
          : new Phase("silence", silence);
    }

    private Phase takeOver() {
      return new Phase("another controller's election and reading", calls(4));
    }

    private List<Phase> race() {
      Duration delay = config.fencing().raceDelay();
      return situation.hosts() == 2 && !delay.isZero()
          ? List.of(new Phase("sparing the more important host", delay))
          : List.of();
    }

    /** With the tie-breaker's word; only a share of the hosts at once, and a pause after each. */
    private List<Phase> turn() {
      List<Phase> phases = new ArrayList<>();
      if (situation.lost() > 1) {
        Duration each =
            tieBreaking()
                .plus(total(fencing(levels.size())))
                .plus(config.timings().renewInterval().multipliedBy(3))
                .plus(calls(2));
        Duration others = each.multipliedBy(situation.lost() - 1L);
        phases.add(new Phase("fencing the others first", others));
      }
      if (!tieBreaking().isZero()) {
        phases.add(new Phase("asking the tie-breaker", tieBreaking()));
      }
      return phases;
    }

    private Duration tieBreaking() {
      return policy.quorum() == ClusterPolicy.Quorum.STORE
          ? Duration.ZERO
          : config.tieBreakerPatience().plus(storeCall());
    }

    private List<Phase> fencing(int level) {
      List<Phase> phases = new ArrayList<>();
      if (level > 0) {
        phases.add(new Phase("writing that it is fenced", calls(2)));
      }
      for (FenceStep next : levels.subList(0, level)) {
        phases.add(new Phase("fencing by " + name(next), patience(next)));
      }
      return phases;
    }

    /** What answers within its deadline is late at most by a half of it. */
    private Duration patience(FenceStep level) {
      return level.deadline().multipliedBy(3).dividedBy(2);
    }

    private static String name(FenceStep level) {
      return String.join(" and ", level.devices());
    }

    private Duration calls(int count) {
      return storeCall().multipliedBy(count);
    }

    private Duration storeCall() {
      return situation.storeCall();
    }

    private static Duration total(List<Phase> phases) {
      return phases.stream().map(Phase::atMost).reduce(Duration.ZERO, Duration::plus);
    }
  }
}
