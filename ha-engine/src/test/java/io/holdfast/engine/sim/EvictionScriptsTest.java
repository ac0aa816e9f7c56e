package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * In full clusters the most important workloads run, whatever is lost, and the others come back.
 */
class EvictionScriptsTest {

  private static List<HaEvent.EvictionBegun> evicted(Scripts s) {
    return s.toldSince(Duration.ZERO, HaEvent.EvictionBegun.class);
  }

  /** Three hosts, each with two workloads and no room for another. */
  private static Scripts full() {
    Scripts s = Scripts.running(3, 6);
    FullCluster.spread(s);
    FullCluster.fill(s.world, 2);
    s.pass(Duration.ofSeconds(5));
    return s;
  }

  @Test
  void theMostImportantRunAndTheOthersWaitAndComeBack() {
    Scripts s = full();
    WorkloadId critical = s.workload(3);
    HostId lost = s.hostOf(critical);
    s.world.faults().cutPower(lost);
    s.await("the most important run", () -> FullCluster.hasTheMostImportant(s, 4));
    assertThat(evicted(s)).isNotEmpty();
    for (HaEvent.EvictionBegun eviction : evicted(s)) {
      assertThat(s.copies(eviction.workload())).isZero();
      assertThat(s.info(eviction.workload()).status()).isEqualTo(WorkloadStatus.STOPPED);
      assertThat(s.info(eviction.workload()).reason())
          .startsWith("stopped to make room for " + eviction.beneficiary());
    }
    int stopped = evicted(s).size();
    s.pass(Duration.ofMinutes(10));
    s.world.faults().bringUp(lost);
    s.await("everything runs", s::everythingRuns);
    assertThat(evicted(s)).hasSize(stopped);
  }

  @Test
  void whatAlsoLosesTheHostOnWhichRoomIsMadeIsRecovered() {
    Scripts s = full();
    HostId lost = s.hostOf(s.workload(3));
    s.world.faults().cutPower(lost);
    s.await("somebody is stopped", () -> !evicted(s).isEmpty());
    HostId next = evicted(s).get(0).host();
    s.world.faults().cutPower(next);
    s.await("the most important run", () -> FullCluster.hasTheMostImportant(s, 2));
    s.world.faults().bringUp(lost);
    s.world.faults().bringUp(next);
    s.await("everything runs", s::everythingRuns);
  }

  @Test
  void whereRoomIsScatteredAnotherIsMovedAndAllRun() {
    Scripts s = Scripts.running(3, 6);
    FullCluster.spread(s);
    HostId lost = s.follower();
    FullCluster.scatter(s.world, lost);
    s.world.faults().cutPower(lost);
    s.await("everything runs", s::everythingRuns);
    assertThat(movedForRoom(s.world)).isPositive();
    assertThat(evicted(s)).isEmpty();
  }

  /** Never two, and all that the checkers of the simulator look at; after healing all run again. */
  @Test
  void inFullClustersNoPromiseIsBroken() {
    long stopped =
        LongStream.rangeClosed(1, 80)
            .parallel()
            .map(seed -> count(playFull(seed), HaEvent.EvictionBegun.class))
            .sum();
    assertThat(stopped).isGreaterThan(5);
  }

  @Test
  void whereRoomIsScatteredNoPromiseIsBroken() {
    long gone =
        LongStream.rangeClosed(1, 80)
            .parallel()
            .mapToObj(EvictionScriptsTest::playScattered)
            .mapToLong(world -> movedForRoom(world) + count(world, HaEvent.EvictionBegun.class))
            .sum();
    assertThat(gone).isGreaterThan(1);
  }

  /** All run when all hosts are there, and fill them, if none is bound to one of them. */
  static SimWorld playFull(long seed) {
    SimConfig config = SimConfig.random(seed);
    SimWorld world = new SimWorld(config);
    FullCluster.fill(world, perHost(config));
    return played(world, seed);
  }

  static SimWorld playScattered(long seed) {
    SimConfig config = SimConfig.random(seed);
    SimWorld world = new SimWorld(config);
    MakeRoom makeRoom = seed % 2 == 0 ? MakeRoom.MOVE : MakeRoom.MOVE_OR_EVICT;
    FullCluster.fillUnevenly(world, perHost(config), makeRoom, new SplittableRandom(seed));
    return played(world, seed);
  }

  private static int perHost(SimConfig config) {
    return (config.workloads() + config.hosts() - 1) / config.hosts();
  }

  private static SimWorld played(SimWorld world, long seed) {
    SimResult result = world.run();
    assertThat(result.violations())
        .as(
            () ->
                result.violations().stream()
                    .map(SimResult.Violation::describe)
                    .collect(Collectors.joining("\n", "seed " + seed + ": ", "")))
        .isEmpty();
    return world;
  }

  private static long count(SimWorld world, Class<? extends HaEvent> kind) {
    return world.told().stream().filter(told -> kind.isInstance(told.event())).count();
  }

  private static long movedForRoom(SimWorld world) {
    return world.told().stream()
        .map(SimWorld.Told::event)
        .filter(HaEvent.MoveBegun.class::isInstance)
        .filter(event -> ((HaEvent.MoveBegun) event).why().startsWith("to make room for"))
        .count();
  }
}
