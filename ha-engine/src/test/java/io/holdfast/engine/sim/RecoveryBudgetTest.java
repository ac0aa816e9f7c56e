package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Timings;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.RecoveryBudget;
import io.holdfast.engine.RecoveryBudget.Path;
import io.holdfast.engine.RecoveryBudget.Proof;
import io.holdfast.engine.RecoveryBudget.Situation;
import io.holdfast.engine.sim.PhysicalWorld.AfterWatchdog;
import io.holdfast.engine.sim.SimConfig.FenceKit;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the budget promises is what happens in the simulator, whatever the configuration. */
class RecoveryBudgetTest {
  /** A call of the simulated store in calm weather, and a notice from it, with every timer late. */
  private static final Duration STORE_CALL = Duration.ofMillis(20);

  /** What the simulated hypervisor needs at most to begin a start; not part of the budget. */
  private static final Duration HYPERVISOR = Duration.ofMillis(160);

  private static final int RUNS = 120;

  /** How a host fails, and what its devices can still do. */
  private enum Failure {
    POWER_CUT,
    CRASH,
    CRASH_AND_FIRST_DEVICE_DEAD,
    CRASH_AND_ALL_DEVICES_DEAD
  }

  @Test
  void pitfall19NoRecoveryTakesLongerThanItsBudgetAndEveryProofIsSeen() {
    Map<Proof, Double> longest = new EnumMap<>(Proof.class);
    for (int seed = 1; seed <= RUNS; seed++) {
      play(seed, longest);
    }
    assertThat(longest)
        .containsOnlyKeys(
            Proof.READ_OFF, Proof.FENCED, Proof.STORAGE_FENCED, Proof.LEASE_EXPIRED, Proof.ASSUMED);
    // A budget that nothing comes near would be no promise.
    assertThat(longest.values()).allSatisfy(share -> assertThat(share).isBetween(0.4, 1.0));
  }

  private static void play(int seed, Map<Proof, Double> longest) {
    SplittableRandom dice = new SplittableRandom(seed);
    FenceKit kit = any(dice, FenceKit.values());
    Failure failure = any(dice, Failure.values());
    boolean guarded = dice.nextBoolean();
    Timings timings =
        Timings.forSilence(Duration.ofMillis(dice.nextInt(2_000, 10_000)))
            .withFenceTimeout(Duration.ofMillis(dice.nextInt(1_000, 4_000)));
    Optional<LeaseTiming> lease =
        guarded
            ? Optional.of(
                LeaseTiming.of(
                    timings,
                    Duration.ofMillis(dice.nextInt(1_000, 20_000)),
                    Duration.ofSeconds(1),
                    500))
            : Optional.empty();
    SimConfig base = SimConfig.scripted(dice.nextInt(3, 6), 4);
    SimConfig config =
        new SimConfig(
            seed,
            base.hosts(),
            base.workloads(),
            base.faults(),
            base.chaos(),
            base.settle(),
            timings,
            lease,
            AfterWatchdog.STAY_OFF,
            kit,
            timings.silence(),
            SimConfig.More.NONE);
    ClusterPolicy policy = ClusterPolicy.DEFAULT;
    if (!guarded) {
      policy =
          policy.toBuilder()
              .assumeDownAfter(Optional.of(Duration.ofSeconds(dice.nextInt(1, 40))))
              .build();
    }
    Scripts s = Scripts.with(config);
    s.world.platform().operator().setPolicy(policy);
    s.await("everything runs", s::everythingRuns);
    s.pass(Duration.ofMillis(dice.nextInt(20_000, 40_000)));
    List<HostId> victims = victims(s, base.hosts() == 5 ? dice.nextInt(1, 3) : 1);
    boolean withController = victims.contains(s.leader());
    Duration failed = s.world.now();
    List<WorkloadId> lost =
        victims.stream().flatMap(victim -> s.workloadsOn(victim).stream()).toList();
    victims.forEach(victim -> fail(s, victim, failure));
    s.await(
        "recovered",
        () -> lost.stream().allMatch(id -> s.copies(id) == 1 && !victims.contains(s.hostOf(id))));
    Duration took = s.world.now().minus(failed).minus(HYPERVISOR);
    Situation situation =
        new Situation(base.hosts(), victims.size(), withController, STORE_CALL, 4, false);
    RecoveryBudget budget =
        RecoveryBudget.of(
            timings,
            lease,
            s.world.machine(victims.get(0)).topology(),
            Duration.ZERO,
            policy,
            situation);
    Path path =
        victims.stream()
            .map(victim -> budget.path(proof(s, failed, victim)).orElseThrow())
            .max(Comparator.comparing(Path::atMost))
            .orElseThrow();
    assertThat(took)
        .as("seed %d, %s, %s of %s, %s", seed, kit, failure, victims, path.describe())
        .isLessThanOrEqualTo(path.atMost());
    longest.merge(path.proof(), (double) took.toNanos() / path.atMost().toNanos(), Math::max);
  }

  /** Hosts that run something, that of the first workload among them. */
  private static List<HostId> victims(Scripts s, int count) {
    return s.world.platform().workloads().stream()
        .map(workload -> s.hostOf(workload.id()))
        .distinct()
        .limit(count)
        .toList();
  }

  static <T> T any(SplittableRandom dice, T[] values) {
    return values[dice.nextInt(values.length)];
  }

  private static void fail(Scripts s, HostId victim, Failure failure) {
    switch (failure) {
      case POWER_CUT -> s.world.faults().cutPower(victim);
      case CRASH -> s.world.faults().crash(victim);
      case CRASH_AND_FIRST_DEVICE_DEAD -> {
        s.world.faults().crash(victim);
        s.world.faults().fenceDevice(victim, InMemoryFenceDevice.Fault.UNREACHABLE);
      }
      case CRASH_AND_ALL_DEVICES_DEAD -> {
        s.world.faults().crash(victim);
        s.world.faults().fenceDevices(victim, InMemoryFenceDevice.Fault.UNREACHABLE);
      }
    }
  }

  /** By what this host was proven down. */
  static Proof proof(Scripts s, Duration since, HostId victim) {
    HaEvent.HostFenced fenced =
        s.toldSince(since, HaEvent.HostFenced.class).stream()
            .filter(told -> told.host().equals(victim))
            .findFirst()
            .orElseThrow();
    boolean asked =
        !s.toldSince(since, HaEvent.FenceBegun.class).stream()
            .noneMatch(begun -> begun.host().equals(victim));
    if (fenced.evidence() instanceof Evidence.PoweredOff) {
      return asked ? Proof.FENCED : Proof.READ_OFF;
    }
    if (fenced.evidence() instanceof Evidence.StorageFenced) {
      return Proof.STORAGE_FENCED;
    }
    if (fenced.evidence() instanceof Evidence.ConfirmedByOperator) {
      return Proof.CONFIRMED;
    }
    return fenced.evidence() instanceof Evidence.LeaseExpired ? Proof.LEASE_EXPIRED : Proof.ASSUMED;
  }
}
