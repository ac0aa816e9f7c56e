package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.PhysicalWorld.AfterWatchdog;
import io.holdfast.engine.sim.SimConfig.FenceKit;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Wherever in a history the controller is lost, the next one brings it to the same end. Each is
 * played once for every commit in it, of whomever: right after that one the process that leads is
 * killed, before it knows what came of it, or, for every third, a moment later.
 */
class ControllerLossTest {
  private static final Duration HISTORY = Duration.ofMinutes(4);
  private static final int MOST = 200;

  /** What goes on, and whether it has come to its end. */
  enum History {
    A_HOST_IS_LOST {
      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        s.world.faults().crash(host);
        return () -> s.everythingRuns() && !s.hostsOf(one).contains(host);
      }
    },
    A_GUARDED_HOST_WITHOUT_A_FENCE_DEVICE_IS_LOST {
      @Override
      SimConfig config() {
        return SimConfig.scripted(3, 5)
            .withWatchdogs(SimConfig.LEASE, AfterWatchdog.STAY_OFF, FenceKit.NONE);
      }

      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        s.world.faults().partition(host);
        return () -> s.everythingRuns() && !s.hostsOf(one).contains(host);
      }
    },
    ONE_IS_MOVED_LIVE_AND_ONE_COLD {
      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        HostId to = elsewhere(s, host);
        s.world.platform().move(one, to, true);
        s.world.platform().move(other, to, false);
        return () ->
            s.everythingRuns()
                && s.hostsOf(one).equals(List.of(to))
                && s.hostsOf(other).equals(List.of(to));
      }
    },
    A_HOST_IS_LOST_IN_THE_MIDDLE_OF_A_MOVE {
      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        s.world.platform().move(one, elsewhere(s, host), true);
        s.world.schedule().in(300_000_000L, () -> s.world.faults().cutPower(host));
        return () -> s.everythingRuns() && !s.hostsOf(one).contains(host);
      }
    },
    A_HOST_IS_EMPTIED_AND_GIVEN_BACK {
      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        s.world.platform().maintenance(host, true);
        s.world
            .schedule()
            .in(
                Duration.ofSeconds(30).toNanos(),
                () -> s.world.platform().maintenance(host, false));
        Duration back = s.world.now().plusSeconds(31);
        return () ->
            s.world.now().compareTo(back) > 0
                && s.everythingRuns()
                && s.hostsOf(one).equals(List.of(host));
      }
    },
    A_HOST_IS_SHUT_DOWN_AS_PLANNED {
      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        s.world.platform().shutdownPolicy(ShutdownPolicy.FAILOVER);
        s.world.faults().leave(host, Departure.SHUTDOWN, Duration.ofMinutes(2));
        return () -> s.everythingRuns() && !s.world.physical().isUp(host);
      }
    },
    A_HOST_IS_REBOOTED_AND_AWAITED {
      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        s.world.platform().shutdownPolicy(ShutdownPolicy.FREEZE);
        s.world.faults().leave(host, Departure.REBOOT, Duration.ofMinutes(2));
        long boots = s.world.physical().boots(host);
        return () ->
            s.world.physical().boots(host) > boots
                && s.everythingRuns()
                && s.hostsOf(one).equals(List.of(host));
      }
    },
    THE_CLUSTER_IS_DISARMED_A_GUEST_ENDED_BY_HAND_AND_ARMED {
      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        s.world.platform().disarm(Optional.of(DisarmMode.FREEZE));
        long second = Duration.ofSeconds(1).toNanos();
        s.world.schedule().in(25 * second, () -> s.world.faults().endByHand(host, one));
        s.world.schedule().in(35 * second, () -> s.world.platform().disarm(Optional.empty()));
        Duration armed = s.world.now().plusSeconds(36);
        return () -> s.world.now().compareTo(armed) > 0 && s.everythingRuns();
      }
    },
    ONE_IS_STOPPED_AND_STARTED_AND_ONE_CRASHES {
      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        s.world.platform().stop(one, Duration.ofSeconds(3));
        s.world.faults().crashGuest(other);
        s.world
            .schedule()
            .in(
                Duration.ofSeconds(10).toNanos(),
                () -> s.world.platform().setDesired(one, DesiredState.STARTED));
        Duration wanted = s.world.now().plusSeconds(11);
        return () -> s.world.now().compareTo(wanted) > 0 && s.everythingRuns();
      }
    },
    LESS_IMPORTANT_ONES_ARE_STOPPED_FOR_WHAT_A_HOST_RAN {
      @Override
      SimConfig config() {
        return SimConfig.scripted(3, 6);
      }

      @Override
      void prepare(Scripts s) {
        FullCluster.spread(s);
      }

      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        FullCluster.fill(s.world, 2);
        s.world.faults().crash(host);
        return () -> FullCluster.hasTheMostImportant(s, 4) && !s.hostsOf(one).contains(host);
      }
    },
    ANOTHER_IS_MOVED_FOR_WHAT_A_HOST_RAN {
      @Override
      SimConfig config() {
        return SimConfig.scripted(3, 6);
      }

      @Override
      void prepare(Scripts s) {
        FullCluster.spread(s);
      }

      @Override
      BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other) {
        FullCluster.scatter(s.world, host);
        s.world.faults().crash(host);
        return () -> s.everythingRuns() && !s.hostsOf(one).contains(host);
      }
    };

    SimConfig config() {
      return SimConfig.scripted(3, 5);
    }

    /** Before it begins; the controller is not lost meanwhile. */
    void prepare(Scripts s) {}

    /**
     * @param host one that does not lead, with
     * @param one workload on it, and any
     * @param other one
     */
    abstract BooleanSupplier begin(Scripts s, HostId host, WorkloadId one, WorkloadId other);

    static HostId elsewhere(Scripts s, HostId host) {
      return s.world.physical().hosts().stream()
          .filter(other -> !other.equals(host) && !other.equals(s.leader()))
          .findFirst()
          .orElseThrow();
    }
  }

  @ParameterizedTest
  @EnumSource(History.class)
  void killedRightAfterAnyCommitItIsReplaced(History history) {
    playForEveryCommit(history, 0, 1);
  }

  @ParameterizedTest
  @EnumSource(History.class)
  void killedAMomentAfterEveryThirdCommitItIsReplaced(History history) {
    playForEveryCommit(history, 30_000_000L, 3);
  }

  private static void playForEveryCommit(History history, long after, int step) {
    int commits = 1;
    while (new Play(history, commits, after).isLongEnough()) {
      commits += step;
      assertThat(commits).isLessThan(MOST);
    }
    assertThat(commits).as("commits in it").isGreaterThan(5);
  }

  /** One history, in which the controller is lost once. */
  private static final class Play {
    private final Scripts s;
    private final int deadly;
    private final long after;
    private int commits;

    Play(History history, int deadly, long after) {
      this.deadly = deadly;
      this.after = after;
      s = Scripts.running(history.config());
      s.pass(Duration.ofSeconds(5));
      history.prepare(s);
      HostId host =
          s.world.physical().hosts().stream()
              .filter(h -> !h.equals(s.leader()) && !s.workloadsOn(h).isEmpty())
              .findFirst()
              .orElseThrow();
      WorkloadId one = s.workloadsOn(host).get(0);
      WorkloadId other = s.workloadsOn(s.leader()).get(0);
      s.world.coordination().observe((guard, writes) -> committed());
      BooleanSupplier over = history.begin(s, host, one, other);
      s.await(history + ", killed after commit " + deadly, over, HISTORY);
      // Nothing of it goes on, whoever leads now.
      s.pass(Duration.ofSeconds(20));
      assertThat(over.getAsBoolean()).as("stays so after commit %d", deadly).isTrue();
      assertThat(s.world.machines().keySet())
          .filteredOn(each -> s.has(each, HostState.FENCING))
          .isEmpty();
    }

    boolean isLongEnough() {
      return commits >= deadly;
    }

    private void committed() {
      commits++;
      if (commits == deadly) {
        s.world.schedule().in(after, this::kill);
      }
    }

    private void kill() {
      s.world.leader().ifPresent(s.world.faults()::killController);
    }
  }
}
