package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Agents and controllers of two versions in one cluster. */
class MixedVersionsTest {
  private static final RecordCodec EARLIER = new EarlierVersion();

  /** What is upgraded first. */
  private enum Order {
    CONTROLLERS,
    AGENTS,
    HOST_BY_HOST
  }

  private static Scripts running(long seed, boolean earlierAgents, boolean earlierControllers) {
    Scripts s = Scripts.with(SimConfig.scripted(4, 8).withSeed(seed));
    for (SimHost host : s.world.machines().values()) {
      host.agentVersion = earlierAgents ? EARLIER : host.agentVersion;
      host.controllerVersion = earlierControllers ? EARLIER : host.controllerVersion;
    }
    s.world.platform().setPolicy(ClusterPolicy.DEFAULT); // as it has always been written
    s.await("everything runs", s::everythingRuns);
    return s;
  }

  private static void upgradeAgent(Scripts s, HostId host, RecordCodec to) {
    s.world.machine(host).agentVersion = to;
    s.world.faults().killAgent(host);
    s.world.faults().startAgent(host);
  }

  private static void upgradeController(Scripts s, HostId host, RecordCodec to) {
    s.world.machine(host).controllerVersion = to;
    s.world.faults().killController(host);
    s.world.faults().startController(host);
  }

  // Side by side

  @ParameterizedTest
  @CsvSource({"true, false", "false, true", "true, true"})
  void theyFailOverMoveAndRestartSideBySide(boolean earlierAgents, boolean earlierControllers) {
    Scripts s = running(1, earlierAgents, earlierControllers);
    HostId victim = s.follower();
    s.world.faults().cutPower(victim);
    s.await("recovered", s::everythingRuns);
    s.world.faults().bringUp(victim);
    s.await("back", () -> s.has(victim, HostState.ONLINE));
    WorkloadId workload = s.workload(0);
    s.world.platform().move(workload, victim, true);
    s.await("moved", () -> s.hostsOf(workload).equals(List.of(victim)));
    s.world.faults().crashGuest(workload);
    s.await("restarted", s::everythingRuns);
    HostId leader = s.leader();
    s.world.faults().crash(leader);
    s.await("recovered", () -> s.everythingRuns() && s.workloadsOn(leader).isEmpty());
    s.world.faults().bringUp(leader);
    s.world.platform().maintenance(victim, true);
    s.await("emptied", () -> s.workloadsOn(victim).isEmpty() && s.everythingRuns());
    assertThat(s.toldSince(Duration.ZERO, HaEvent.RecordRejected.class))
        .as(
            "nothing was used that only the later one knows, but what a fence record says for a while")
        .allMatch(told -> told.record().startsWith("FENCE/"));
  }

  @Test
  void whereEarlierControllersCannotReadThePolicyTheyTellOfItAndDecideNothing() {
    Scripts s = running(1, false, true);
    Duration set = s.world.now();
    s.world
        .platform()
        .setPolicy(ClusterPolicy.DEFAULT.toBuilder().placement(PlacementMode.PACKED).build());
    HostId victim = s.leader();
    s.world.faults().crash(victim);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.toldSince(set, HaEvent.FenceBegun.class)).isEmpty();
    s.world.platform().setPolicy(ClusterPolicy.DEFAULT);
    s.await("recovered", () -> s.everythingRuns() && s.workloadsOn(victim).isEmpty());
    assertThat(s.toldSince(set, HaEvent.RecordRejected.class))
        .contains(
            new HaEvent.RecordRejected(
                "CLUSTER/policy", "missing or of the wrong type: policy.placement"));
  }

  // Upgrades

  @ParameterizedTest
  @EnumSource
  void anUpgradeInAnyOrderWithFailuresInBetween(Order order) {
    for (int seed = 1; seed <= 6; seed++) {
      Scripts s = running(seed, true, true);
      RecordCodec present = s.world.codec();
      SplittableRandom dice = new SplittableRandom(seed);
      List<Runnable> steps = steps(s, order, present);
      int failsAt = dice.nextInt(steps.size());
      int changesAt = dice.nextInt(steps.size());
      List<HostId> hosts = List.copyOf(s.world.machines().keySet());
      HostId victim = hosts.get(dice.nextInt(hosts.size()));
      for (int i = 0; i < steps.size(); i++) {
        steps.get(i).run();
        s.pass(Duration.ofMillis(dice.nextInt(1, 15_000)));
        if (i == changesAt) {
          s.world.leader().ifPresent(s.world.faults()::expireController);
        }
        if (i == failsAt) {
          s.world.faults().cutPower(victim);
          s.pass(Duration.ofSeconds(dice.nextInt(1, 40)));
          s.world.faults().bringUp(victim);
        }
      }
      s.await("everything runs, all upgraded", s::everythingRuns);
      s.pass(Duration.ofMinutes(1));
      assertThat(s.everythingRuns()).isTrue();
    }
  }

  private static List<Runnable> steps(Scripts s, Order order, RecordCodec to) {
    List<Runnable> agents = new ArrayList<>();
    List<Runnable> controllers = new ArrayList<>();
    List<Runnable> both = new ArrayList<>();
    for (HostId host : s.world.machines().keySet()) {
      agents.add(() -> upgradeAgent(s, host, to));
      controllers.add(() -> upgradeController(s, host, to));
      both.add(() -> upgradeAgent(s, host, to));
      both.add(() -> upgradeController(s, host, to));
    }
    return switch (order) {
      case CONTROLLERS -> joined(controllers, agents);
      case AGENTS -> joined(agents, controllers);
      case HOST_BY_HOST -> both;
    };
  }

  private static List<Runnable> joined(List<Runnable> first, List<Runnable> second) {
    List<Runnable> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  /**
   * Whatever is used and whatever goes wrong meanwhile; what is demanded, once all are upgraded.
   */
  @Test
  void inWorldsOfChanceNothingRunsTwiceAndAfterTheUpgradeEverythingRuns() {
    int refused = 0;
    for (int seed = 1; seed <= 40; seed++) {
      SplittableRandom dice = new SplittableRandom(seed);
      SimConfig config = SimConfig.random(910_000_000L + seed);
      SimWorld world = new SimWorld(config, false);
      RecordCodec present = world.codec();
      for (SimHost host : world.machines().values()) {
        host.agentVersion = dice.nextBoolean() ? EARLIER : present;
        host.controllerVersion = dice.nextBoolean() ? EARLIER : present;
      }
      new SimChaos(world).plan(world.strikes());
      world.runFor(config.chaos());
      refused += rejections(world);
      for (SimHost host : world.machines().values()) {
        host.agentVersion = present;
        host.controllerVersion = present;
        world.faults().killAgent(host.id);
        world.faults().killController(host.id);
      }
      new SimConvergence(world).demand();
      assertThat(world.violations())
          .as(
              () ->
                  world.violations().stream()
                      .map(SimResult.Violation::describe)
                      .collect(Collectors.joining("\n")))
          .isEmpty();
    }
    assertThat(refused).as("records that one version does not read").isGreaterThan(100);
  }

  private static int rejections(SimWorld world) {
    return (int)
        world.told().stream().filter(t -> t.event() instanceof HaEvent.RecordRejected).count();
  }

  // Another format

  /** Of a version whose records mean something else. */
  private static final class NextFormat extends RecordCodec {
    @Override
    public String encode(StateRecord record) {
      return super.encode(record).replace("\"format\":1", "\"format\":2");
    }

    @Override
    public StateRecord decode(Stored stored) {
      String text = stored.value().replace("\"format\":2", "\"format\":1");
      return super.decode(new Stored(stored.key(), text, stored.version()));
    }
  }

  @Test
  void aReportInALaterFormatIsRefusedWithBothNumbersAndWhatRunsThereIsLeftAlone() {
    Scripts s = running(1, false, false);
    HostId host = s.follower();
    List<WorkloadId> there = s.workloadsOn(host);
    Duration upgraded = s.world.now();
    s.world.anyVersion(new NextFormat());
    upgradeAgent(s, host, new NextFormat());
    s.pass(Duration.ofMinutes(2));
    assertThat(s.workloadsOn(host)).containsAll(there).isNotEmpty();
    assertThat(s.toldSince(upgraded, HaEvent.FenceBegun.class)).isEmpty();
    assertThat(s.toldSince(upgraded, HaEvent.RecordRejected.class))
        .isNotEmpty()
        .allSatisfy(
            told -> {
              assertThat(told.record()).isEqualTo(Table.REPORT + "/" + host);
              assertThat(told.reason()).isEqualTo("format 2, this version reads format 1");
            });
    s.world.faults().cutPower(host);
    s.await("recovered nevertheless", () -> s.everythingRuns() && s.workloadsOn(host).isEmpty());
  }

  @Test
  void ordersInALaterFormatAreNotFollowedAndWhatRunsGoesOn() {
    Scripts s = running(1, false, false);
    RecordCodec next = new NextFormat();
    s.world.anyVersion(next);
    HostId agentOf = s.follower();
    for (HostId host : List.copyOf(s.world.machines().keySet())) {
      upgradeController(s, host, next);
      if (!host.equals(agentOf)) {
        upgradeAgent(s, host, next);
      }
    }
    s.await("led by the later version", () -> s.world.leader().isPresent());
    List<WorkloadId> there = s.workloadsOn(agentOf);
    Duration led = s.world.now();
    s.world.platform().maintenance(agentOf, true);
    s.pass(Duration.ofMinutes(2));
    assertThat(s.workloadsOn(agentOf)).containsAll(there).isNotEmpty();
    assertThat(s.toldSince(led, HaEvent.IntentRefused.class))
        .isNotEmpty()
        .allSatisfy(
            told -> {
              assertThat(told.host()).isEqualTo(agentOf);
              assertThat(told.reason()).endsWith("format 2, this version reads format 1");
            });
    s.world.platform().maintenance(agentOf, false);
    upgradeAgent(s, agentOf, next);
    s.await("everything runs", s::everythingRuns);
  }
}
