package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.Quorum;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Priority;
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
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** As {@link RecoveryBudgetTest}, where something is waited for besides the silence. */
class RecoveryBudgetSituationsTest {
  private static final int RUNS = 24;

  /** Neither a call nor a notice takes longer here, however late its timer is. */
  private static final Duration STORE_CALL = Duration.ofMillis(10);

  /** As every simulated controller has it. */
  private static final Duration RACE_DELAY = Duration.ofSeconds(2);

  private enum Circumstance {
    /** The host lives on, seen by another channel, until its time is up. */
    CUT_OFF,
    /** Its tie-breaker takes its time. */
    TIE_BREAKER,
    /** One of two hosts, and the more important one. */
    RACE,
    RACE_AND_TIE_BREAKER,
    /** No device can do anything, until a person says that the host is down. */
    CONFIRMED;

    /**
     * Which share of its budget some recovery takes at least. After a person's word there are only
     * calls of the store, and those are hardly ever all slow.
     */
    double nearest() {
      return this == CONFIRMED ? 0.2 : 0.4;
    }

    boolean isRace() {
      return this == RACE || this == RACE_AND_TIE_BREAKER;
    }

    boolean breaksTies() {
      return this == TIE_BREAKER || this == RACE_AND_TIE_BREAKER;
    }
  }

  @ParameterizedTest
  @EnumSource
  void noRecoveryTakesLongerThanItsBudgetAndSomeComeNear(Circumstance circumstance) {
    double longest = 0;
    boolean controllerLost = false;
    for (int seed = 1; seed <= RUNS; seed++) {
      Play play = new Play(circumstance, seed);
      longest = Math.max(longest, play.shareOfBudget());
      controllerLost |= play.withController;
    }
    assertThat(longest).isBetween(circumstance.nearest(), 1.0);
    assertThat(controllerLost).isTrue();
  }

  /** One failure and its recovery. */
  private static final class Play {
    private final Circumstance circumstance;
    private final SplittableRandom dice;
    private final Timings timings;
    private final ClusterPolicy policy;
    private final Scripts s;
    private final HostId victim;
    private final String about;
    final boolean withController;

    Play(Circumstance circumstance, int seed) {
      this.circumstance = circumstance;
      dice = new SplittableRandom(seed);
      timings =
          Timings.forSilence(Duration.ofMillis(dice.nextInt(2_000, 10_000)))
              .withFenceTimeout(Duration.ofMillis(dice.nextInt(1_000, 4_000)));
      FenceKit kit =
          RecoveryBudgetTest.any(
              dice, new FenceKit[] {FenceKit.BMC, FenceKit.TWO_OUTLETS, FenceKit.BMC_THEN_STORAGE});
      int hosts = circumstance.isRace() ? 2 : dice.nextInt(3, 6);
      SimConfig base = SimConfig.scripted(hosts, 4);
      SimConfig config =
          new SimConfig(
              seed,
              hosts,
              base.workloads(),
              base.faults(),
              base.chaos(),
              base.settle(),
              timings,
              Optional.empty(),
              AfterWatchdog.STAY_OFF,
              kit,
              timings.silence(),
              SimConfig.More.NONE);
      s = Scripts.with(config);
      if (circumstance == Circumstance.CUT_OFF) {
        s.world.useHostCheck();
      }
      policy =
          ClusterPolicy.DEFAULT.toBuilder()
              .isolationLimit(Duration.ofMillis(dice.nextInt(1_000, 40_000)))
              .quorum(circumstance.breaksTies() ? Quorum.TIE_BREAKER : Quorum.STORE)
              .build();
      s.world.platform().setPolicy(policy);
      s.await("everything runs", s::everythingRuns);
      s.pass(Duration.ofMillis(dice.nextInt(20_000, 40_000)));
      victim = circumstance.isRace() ? moreImportant() : s.hostOf(s.workload(0));
      withController = s.leader().equals(victim);
      about = "%s, seed %d, %s, %s".formatted(circumstance, seed, kit, timings.silence());
    }

    double shareOfBudget() {
      List<WorkloadId> lost = s.workloadsOn(victim);
      int importances = (int) lost.stream().map(this::priorityOf).distinct().count();
      slowDownTieBreakers();
      Duration failed = s.world.now();
      Duration since = fail(failed);
      s.await("recovered", () -> lost.stream().allMatch(this::runsElsewhere));
      Duration took = lastStart(failed, lost).minus(since);
      Situation situation =
          new Situation(
              s.world.physical().hosts().size(),
              1,
              withController,
              STORE_CALL,
              importances,
              circumstance == Circumstance.CUT_OFF);
      Path path =
          RecoveryBudget.of(
                  timings,
                  Optional.empty(),
                  s.world.machine(victim).topology(),
                  RACE_DELAY,
                  policy,
                  situation)
              .path(RecoveryBudgetTest.proof(s, failed, victim))
              .orElseThrow();
      assertThat(path.proof() == Proof.CONFIRMED)
          .as(about)
          .isEqualTo(circumstance == Circumstance.CONFIRMED);
      assertThat(took).as("%s, %s", about, path.describe()).isLessThanOrEqualTo(path.atMost());
      return (double) took.toNanos() / path.atMost().toNanos();
    }

    /**
     * Has the host fail.
     *
     * @return from when the budget counts
     */
    private Duration fail(Duration now) {
      switch (circumstance) {
        case CUT_OFF -> s.world.faults().partition(victim);
        case TIE_BREAKER, RACE, RACE_AND_TIE_BREAKER -> s.world.faults().crash(victim);
        case CONFIRMED -> {
          s.world.faults().crash(victim);
          s.world.faults().fenceDevices(victim, InMemoryFenceDevice.Fault.UNREACHABLE);
          s.await("lost", () -> s.has(victim, HostState.LOST) || s.has(victim, HostState.FENCING));
          s.pass(Duration.ofMillis(dice.nextInt(1, 20_000)));
          Duration before = s.world.now();
          // Something is just being written, which the evidence has to wait for.
          s.await("tried", () -> !s.toldSince(before, HaEvent.FenceFailed.class).isEmpty());
          s.pass(Duration.ofMillis(dice.nextInt(1, 4)));
          Duration said = s.world.now();
          s.world.platform().confirmDown(victim, incarnation(), "anna");
          return said;
        }
      }
      return now;
    }

    private Incarnation incarnation() {
      return s.world.statusOf(victim).orElseThrow().incarnation().orElseThrow();
    }

    /** They answer within half of the silence, or within the time-out of the store's calls. */
    private void slowDownTieBreakers() {
      long patience = Math.min(timings.silence().toMillis() / 2, timings.storeTimeout().toMillis());
      Duration delay = Duration.ofMillis(dice.nextLong(patience / 2, patience));
      s.world.physical().hosts().forEach(host -> s.world.machine(host).tieBreaker.setDelay(delay));
    }

    /** When the last of them was ordered of a hypervisor. */
    private Duration lastStart(Duration failed, List<WorkloadId> lost) {
      return s.world.told().stream()
          .filter(told -> told.at().compareTo(failed) >= 0)
          .filter(
              told -> told.event() instanceof HaEvent.StartIssued e && lost.contains(e.workload()))
          .map(SimWorld.Told::at)
          .max(Comparator.naturalOrder())
          .orElseThrow();
    }

    private boolean runsElsewhere(WorkloadId id) {
      return s.hostsOf(id).stream().anyMatch(host -> !host.equals(victim));
    }

    private HostId moreImportant() {
      return s.world.physical().hosts().stream()
          .max(Comparator.comparingLong(this::importance))
          .orElseThrow();
    }

    private long importance(HostId host) {
      return s.workloadsOn(host).stream()
          .mapToLong(id -> 1 + Math.max(0L, (long) priorityOf(id).value() - Priority.LOW.value()))
          .sum();
    }

    private Priority priorityOf(WorkloadId id) {
      return s.spec(id).priority();
    }
  }
}
