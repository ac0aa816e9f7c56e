package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.Change;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.core.ControllerEffect.Publish;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A core that led before, and was deposed in the middle of something, decides as one that never
 * did: nothing but what it saw of the leases is left of that time.
 */
class DeposedTest {
  private static final String[] HOSTS = {"host1", "host2", "host3", "host4"};
  private static final Confirmed IS_OFF = new Confirmed(PowerState.OFF);

  private static ControllerScript core() {
    return ControllerScript.withHostChecks(List.of("peers"), HOSTS);
  }

  private static ControllerScript leading(StateRecord... records) {
    ControllerScript script = core();
    for (StateRecord record : records) {
      script.put(record);
    }
    script.seesLeases().leads(1).allReport(HOSTS);
    for (String host : HOSTS) {
      script.reports(host);
    }
    return script;
  }

  private static Placement home(String id, String host) {
    return Placement.none(WorkloadId.parse(id)).atHome(new HostId(host));
  }

  private static WorkloadConfig dependent(String id, String on) {
    WorkloadPolicy policy =
        WorkloadPolicy.DEFAULT.toBuilder()
            .dependsOn(new TreeSet<>(List.of(WorkloadId.parse(on))))
            .build();
    return new WorkloadConfig(Scenes.newWorkload(id).workload().withPolicy(policy));
  }

  private static WorkloadConfig critical(String id) {
    Workload workload = Scenes.newWorkload(id).workload();
    return new WorkloadConfig(
        new Workload(
            workload.id(),
            Priority.CRITICAL,
            Capacity.of(100, 1),
            workload.desired(),
            workload.origin(),
            workload.policy(),
            workload.lock()));
  }

  private static ClusterConfig policy(ClusterPolicy.Builder policy) {
    return new ClusterConfig(policy.build());
  }

  // What is under way when it is deposed

  private static ControllerScript runs() {
    return leading(Scenes.newWorkload("vm:1"), Scenes.newWorkload("vm:2"), home("vm:1", "host1"));
  }

  private static ControllerScript lost() {
    ControllerScript script = runs();
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.asked(OFF)).isNotEmpty();
    return script;
  }

  private static ControllerScript fencedInVain() {
    ControllerScript script = lost();
    for (int i = 0; i < 4; i++) {
      while (!script.asked(OFF).isEmpty()) {
        script.deviceAnswers(new Unreachable("no route"));
      }
      script.passes(Duration.ofSeconds(40));
    }
    return script;
  }

  private static ControllerScript suspected() {
    ControllerScript script = runs();
    script.fallsSilent("host1");
    script.passes(ControllerScript.TIMINGS.suspectAfter().plusSeconds(1));
    script.signOfLife("host1", SignOfLife.ALIVE);
    return script;
  }

  private static ControllerScript leaseIsRead() {
    ControllerScript script = runs();
    script.fallsSilent("host1");
    script.passes(ControllerScript.TIMINGS.suspectAfter().plusSeconds(1));
    script.storeFallsSilent();
    script.silencePasses();
    assertThat(script.open(ControllerEffect.CheckLease.class)).isNotEmpty();
    return script;
  }

  private static ControllerScript writing() {
    ControllerScript script = runs();
    script.storeFallsSilent();
    script.put(Scenes.newWorkload("vm:3")).reread(Scenes.newWorkload("vm:3").key());
    assertThat(script.open(Commit.class)).hasSize(1);
    return script;
  }

  private static ControllerScript poweredOn() {
    ControllerScript script =
        leading(
            policy(ClusterPolicy.DEFAULT.toBuilder().powerOnAfterFence(true)),
            Scenes.newWorkload("vm:1"),
            home("vm:1", "host1"));
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(IS_OFF);
    assertThat(script.asked(ControllerEffect.DeviceOperation.ON)).isNotEmpty();
    return script;
  }

  private static ControllerScript moving() {
    ControllerScript script = runs();
    Scenes.asks(script, "vm:1", 1, new Action.Move(new HostId("host2")));
    Scenes.reports(script, "vm:1", "host1", Condition.MIGRATING);
    assertThat(Scenes.placement(script, "vm:1").move()).isPresent();
    return script;
  }

  private static ControllerScript movesAreQueued() {
    ControllerScript script =
        leading(
            policy(ClusterPolicy.DEFAULT.toBuilder().movesInCluster(1)),
            Scenes.newWorkload("vm:1"),
            home("vm:1", "host1"),
            Scenes.newWorkload("vm:2"),
            home("vm:2", "host1"));
    HostDirective directive = new HostDirective(new HostId("host1"), true, Optional.empty());
    script.put(directive).reread(directive.key());
    return script;
  }

  private static ControllerScript waiting() {
    ControllerScript script = core();
    script.put(Scenes.workload("vm:1")).put(Scenes.workload("vm:9")).put(critical("vm:8"));
    script.put(dependent("vm:7", "vm:1"));
    return script.seesLeases().leads(1).allReport("host1", "host2");
  }

  private static ControllerScript starting() {
    ControllerScript script =
        core().put(policy(ClusterPolicy.DEFAULT.toBuilder().startsInCluster(2)));
    for (int i = 1; i <= 4; i++) {
      Workload workload = critical("vm:" + i).workload().withDemand(Capacity.of(1, 1));
      script.put(new WorkloadConfig(workload));
    }
    script.seesLeases().leads(1);
    script.storeFallsSilent();
    return script.allReport(HOSTS);
  }

  private static ControllerScript disarmed() {
    ControllerScript script = leading(Scenes.newWorkload("vm:1"), home("vm:1", "host1"));
    for (String host : HOSTS) {
      script.guards(host, 0, Duration.ofSeconds(5), Duration.ofSeconds(1));
      script.reports(host);
    }
    ClusterConfig off =
        policy(ClusterPolicy.DEFAULT.toBuilder().disarmed(Optional.of(DisarmMode.FREEZE)));
    script.put(off).reread(off.key());
    for (String host : HOSTS) {
      script.guardsNoMore(host);
    }
    return script;
  }

  private static ControllerScript withRules() {
    Rule apart =
        new Rule.HostAffinity(
            "apart",
            new TreeSet<>(List.of(WorkloadId.parse("vm:1"))),
            new TreeMap<>(Map.of(new HostId("host4"), 1)),
            true);
    return leading(
        new StateRecord.RuleConfig(apart),
        policy(
            ClusterPolicy.DEFAULT.toBuilder()
                .fencedShare(1)
                .shutdown(ClusterPolicy.ShutdownPolicy.FREEZE)),
        Scenes.newWorkload("vm:1"));
  }

  private static ControllerScript unreadable() {
    ControllerScript script = runs();
    for (Table table : List.of(Table.WORKLOAD, Table.HOST)) {
      String name = table == Table.HOST ? "host2" : "vm:1";
      StateRecord broken = new StateRecord.Unreadable(new Key(table, name), "not JSON");
      script.put(broken).reread(broken.key());
    }
    return script;
  }

  private static ControllerScript moreHosts() {
    ControllerScript script = core();
    for (int i = 5; i <= 9; i++) {
      script.put(new StateRecord.HostConfig(Host.of("host" + i, Capacity.of(8, 8192))));
    }
    script.put(Scenes.newWorkload("vm:1")).seesLeases().leads(1).allReport(HOSTS);
    return script;
  }

  private static ControllerScript devicesFail() {
    ControllerScript script = runs();
    script.passes(Duration.ofHours(1));
    for (int i = 0; i < 2; i++) {
      for (AskDevice ask : script.asked(ControllerEffect.DeviceOperation.STATUS)) {
        script.answer(ask, new Unreachable("no route"));
      }
      script.passes(ControllerScript.TIMINGS.fenceRetryMin());
    }
    assertThat(script.infoOf("host1").reason()).contains("fence device");
    return script;
  }

  static Stream<Arguments> scenes() {
    return Stream.of(
        scene("runs", DeposedTest::runs),
        scene("lost", DeposedTest::lost),
        scene("fenced in vain", DeposedTest::fencedInVain),
        scene("suspected", DeposedTest::suspected),
        scene("lease is read", DeposedTest::leaseIsRead),
        scene("writing", DeposedTest::writing),
        scene("powered on", DeposedTest::poweredOn),
        scene("moving", DeposedTest::moving),
        scene("moves are queued", DeposedTest::movesAreQueued),
        scene("waiting", DeposedTest::waiting),
        scene("starting", DeposedTest::starting),
        scene("disarmed", DeposedTest::disarmed),
        scene("with rules", DeposedTest::withRules),
        scene("unreadable", DeposedTest::unreadable),
        scene("more hosts", DeposedTest::moreHosts),
        scene("devices fail", DeposedTest::devicesFail));
  }

  private static Arguments scene(String name, Supplier<ControllerScript> scene) {
    return Arguments.of(name, scene);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenes")
  void whoLedBeforeDecidesAsOneThatNeverDid(String name, Supplier<ControllerScript> scene) {
    ControllerScript former = scene.get();
    former.connection(Connection.LOST);
    former.nothingIsAnswered();
    former.storeAnswers();
    assertThat(former.isLeading()).isFalse();
    assertThat(former.status().hosts()).isEmpty();
    assertThat(former.status().workloads()).isEmpty();
    ControllerScript fresh = core().seesLeases();
    List<String> decided = decisions(former);
    List<String> expected = decisions(fresh);
    for (int i = 0; i < Math.min(decided.size(), expected.size()); i++) {
      assertThat(decided.get(i)).as("decision " + i).isEqualTo(expected.get(i));
    }
    assertThat(decided).hasSameSizeAs(expected);
  }

  @Test
  void aSilentHostIsLookedForAnewOnEveryChannel() {
    ControllerScript script = suspected();
    int asked = script.all(ControllerEffect.AskForLife.class).size();
    script.connection(Connection.LOST);
    script.nothingIsAnswered();
    script.leads(2);
    script.allReport("host2", "host3", "host4");
    assertThat(script.all(ControllerEffect.AskForLife.class)).hasSizeGreaterThan(asked);
  }

  @Test
  void whatNoLongerDependsOnAnotherIsNotStoppedBeforeIt() {
    ControllerScript script =
        leading(
            Scenes.newWorkload("vm:1"),
            home("vm:1", "host1"),
            dependent("vm:2", "vm:1"),
            home("vm:2", "host1"));
    script.reports("host1");
    assertThat(script.orderedOn("vm:2")).containsExactly("host1");
    script.reports("host1");
    script.connection(Connection.LOST);
    script.put(Scenes.newWorkload("vm:2"));
    script.leads(2);
    script.renews("host1");
    Scenes.wants(script, "vm:2", DesiredState.STOPPED);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STOPPING);
  }

  /** Elected in a small cluster, it loses a host. */
  private static List<String> decisions(ControllerScript script) {
    List<String> decisions = new ArrayList<>();
    int from = script.emitted.size();
    script.store.clear();
    for (String host : HOSTS) {
      script.put(new StateRecord.HostConfig(Host.of(host, Capacity.of(8, 8192))));
      script.guardsNoMore(host);
      script.joinsAgain(host);
    }
    script.put(Scenes.newWorkload("vm:1")).put(home("vm:1", "host1"));
    script.put(dependent("vm:2", "vm:1")).put(Scenes.workload("vm:3"));
    script.leads(2).allReport(HOSTS);
    show(script, decisions);
    script.reports("host1");
    script.reports("host2");
    show(script, decisions);
    script.passes(ControllerScript.TIMINGS.silence());
    script.fallsSilent("host1");
    script.passes(ControllerScript.TIMINGS.suspectAfter().plusSeconds(1));
    script.signOfLife("host1", SignOfLife.UNKNOWN);
    show(script, decisions);
    script.silencePasses();
    show(script, decisions);
    script.deviceAnswers(IS_OFF);
    show(script, decisions);
    for (String host : List.of("host2", "host3", "host4")) {
      script.reports(host);
    }
    Scenes.asks(script, "vm:2", 1, new Action.Move(new HostId("host4")));
    show(script, decisions);
    script.passes(Duration.ofMinutes(2));
    show(script, decisions);
    script.fallsSilent("host3");
    script.silencePasses();
    show(script, decisions);
    script.isHeardAgain("host3");
    follow(script, Optional.of(DisarmMode.FREEZE));
    show(script, decisions);
    follow(script, Optional.empty());
    script.fallsSilent("host2", "host4");
    script.silencePasses();
    show(script, decisions);
    script.emitted.subList(from, script.emitted.size()).stream()
        .map(DeposedTest::shown)
        .forEach(decisions::add);
    return decisions;
  }

  private static void follow(ControllerScript script, Optional<DisarmMode> mode) {
    ClusterConfig next = policy(ClusterPolicy.DEFAULT.toBuilder().disarmed(mode));
    script.put(next).reread(next.key());
  }

  private static void show(ControllerScript script, List<String> decisions) {
    script.status().hosts().forEach(host -> decisions.add(host.toString()));
    script.status().workloads().forEach(workload -> decisions.add(workload.toString()));
    for (String host : HOSTS) {
      decisions.add(script.explainHost(host).toString());
    }
    script
        .status()
        .workloads()
        .forEach(w -> decisions.add(script.explainWorkload(w.workload().toString()).toString()));
  }

  /** Without the numbers of operations, which go on, and without moments in time. */
  private static String shown(ControllerEffect effect) {
    String shown =
        switch (effect.getClass().getSimpleName()) {
          case "Commit" ->
              ((Commit) effect).changes().stream().map(Change::toString).toList().toString();
          case "Publish" -> ((Publish) effect).event().toString();
          case "AskDevice" -> {
            AskDevice ask = (AskDevice) effect;
            yield ask.host() + "/" + ask.device() + " " + ask.operation();
          }
          default -> effect.getClass().getSimpleName();
        };
    return shown.replaceAll("\\b2\\.\\d+", "op");
  }
}
