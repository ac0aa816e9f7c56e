package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.core.ControllerEffect.ReadRecord;
import io.holdfast.engine.core.ControllerEffect.ReadState;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.RuleConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is read from the store, when, and again; and what becomes of writes. */
class ReadingTest {
  private static final Key VM = new Key(Table.WORKLOAD, "vm:1");
  private static final Duration RENEWAL = ControllerScript.TIMINGS.renewInterval();
  private static final Duration RESYNC = ControllerScript.TIMINGS.resyncInterval();

  // Records

  @Test
  void aReadThatFailsIsMadeAgain() {
    ControllerScript script = Scenes.threeHosts();
    script.storeFallsSilent();
    script.put(Scenes.newWorkload("vm:1"));
    script.dirties(VM);
    script.readEnds(VM, Outcome.unknown("time-out"));
    assertThat(script.open(ReadRecord.class)).isEmpty();
    script.passes(RENEWAL.minusMillis(1));
    assertThat(script.open(ReadRecord.class)).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.open(ReadRecord.class)).extracting(ReadRecord::key).containsExactly(VM);
    script.storeAnswers();
    assertThat(script.orderedOn("vm:1")).hasSize(1);
  }

  @Test
  void onlyTheLatestAnswerCounts() {
    ControllerScript script = Scenes.vmOnHost1();
    script.dirties(new Key(Table.CLUSTER, "nothing-of-ours"));
    script.storeFallsSilent();
    script.dirties(VM);
    ReadRecord first = script.open(ReadRecord.class).get(0);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    script.readEnds(first, Outcome.done(Optional.of(Scenes.newWorkload("vm:1"))));
    script.storeAnswers();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STOPPING);
  }

  @Test
  void anAnswerToAnEarlierLeadershipDoesNotCount() {
    ControllerScript script = Scenes.vmOnHost1();
    script.storeFallsSilent();
    script.dirties(VM);
    ReadRecord read = script.open(ReadRecord.class).get(0);
    script.nothingIsAnswered();
    script.connection(Connection.LOST);
    script.storeAnswers();
    script.leads(2);
    script.readEnds(read, Outcome.done(Optional.empty()));
    assertThat(script.explains("vm:1")).isTrue();
    script.dirties(VM);
    script.passes(Duration.ofSeconds(1));
    assertThat(script.explains("vm:1")).isTrue();
  }

  @Test
  void noMoveBeginsWhileAnotherPolicyIsOnItsWay() {
    ControllerScript script = Scenes.vmOnHost1();
    WorkloadRequest move =
        new WorkloadRequest(WorkloadId.parse("vm:1"), 1, new Action.Move(new HostId("host2")));
    ClusterPolicy calm =
        ClusterPolicy.DEFAULT.toBuilder().disarmed(Optional.of(DisarmMode.IGNORE)).build();
    script.storeFallsSilent();
    script.put(new ClusterConfig(calm)).put(move);
    script.dirties(ClusterConfig.KEY);
    script.dirties(move.key());
    script.readEnds(move.key());
    assertThat(script.told(HaEvent.MoveBegun.class)).isEmpty();
    script.store.remove(ClusterConfig.KEY);
    script.readEnds(ClusterConfig.KEY);
    assertThat(script.told(HaEvent.MoveBegun.class)).hasSize(1);
  }

  // Everything

  @Test
  void whatNobodyToldOfIsFoundWithinTheInterval() {
    ControllerScript script = Scenes.threeHosts();
    script.passes(RESYNC);
    script.put(Scenes.newWorkload("vm:1"));
    script.passes(RESYNC.minusMillis(1));
    assertThat(script.orderedOn("vm:1")).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.orderedOn("vm:1")).hasSize(1);
    script.put(Scenes.newWorkload("vm:2"));
    script.passes(RESYNC);
    assertThat(script.orderedOn("vm:2")).hasSize(1);
  }

  @Test
  void aComparisonThatFailsIsMadeAgainSoon() {
    ControllerScript script = Scenes.threeHosts();
    script.storeFallsSilent();
    script.put(Scenes.newWorkload("vm:1"));
    script.resyncs();
    script.stateReadEnds(Outcome.unknown("time-out"));
    script.passes(RENEWAL.minusMillis(1));
    assertThat(script.open(ReadState.class)).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.open(ReadState.class)).hasSize(1);
    script.storeAnswers();
    assertThat(script.orderedOn("vm:1")).hasSize(1);
    assertThat(script.isLeading()).isTrue();
  }

  @Test
  void whatWasMissedWithoutTheStoreIsFoundWhenItIsBack() {
    ControllerScript script = Scenes.threeHosts();
    script.connection(Connection.SUSPENDED);
    script.put(Scenes.newWorkload("vm:1"));
    script.connection(Connection.CONNECTED);
    assertThat(script.orderedOn("vm:1")).hasSize(1);
  }

  @Test
  void whatChangesWhileEverythingIsReadIsReadAgain() {
    ControllerScript script = new ControllerScript("host1", "host2").seesLeases();
    script.storeFallsSilent();
    script.leads(1);
    script.dirties(VM);
    script.resyncs();
    assertThat(script.open(ReadRecord.class)).as("it may not be read yet").isEmpty();
    script.stateReadEnds(Outcome.done(List.copyOf(script.store.values())));
    script.put(Scenes.newWorkload("vm:1"));
    assertThat(script.open(ReadRecord.class)).extracting(ReadRecord::key).containsExactly(VM);
    assertThat(script.open(ReadState.class)).as("changes may have been missed").hasSize(1);

    script.storeAnswers();
    script.connection(Connection.LOST);
    int records = script.all(ReadRecord.class).size();
    int states = script.all(ReadState.class).size();
    script.leads(2);
    assertThat(script.all(ReadRecord.class)).hasSize(records);
    assertThat(script.all(ReadState.class)).hasSize(states + 1);
  }

  @Test
  void aReportThatNobodyToldOfCountsLikeAnyOther() {
    ControllerScript script = new ControllerScript("host1", "host2").seesLeases().leads(1);
    for (String host : List.of("host1", "host2")) {
      script.guards(host, 0, Duration.ofSeconds(5), Duration.ofSeconds(1));
      script.allReport(host);
    }
    ClusterConfig off =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().disarmed(Optional.of(DisarmMode.FREEZE)).build());
    script.put(off).reread(off.key());
    script.guardsNoMore("host1");
    script.reports("host1");
    assertThat(released(script)).isFalse();
    script.guardsNoMore("host2");
    script.storeFallsSilent();
    script.reports("host2");
    script.nothingIsAnswered();
    script.storeAnswers();
    script.resyncs();
    assertThat(released(script)).isTrue();
  }

  private static boolean released(ControllerScript script) {
    return script.told(HaEvent.Alarm.class).stream()
        .anyMatch(alarm -> alarm.reason().contains("fully disarmed"));
  }

  // Writes

  @Test
  void aRecordThatIsTooLargeIsToldOfAndTheOthersAreWrittenWithoutIt() {
    ControllerScript script = Scenes.threeHosts();
    script.storeFallsSilent();
    script.put(Scenes.newWorkload("vm:1"));
    script.dirties(VM);
    script.readEnds(VM);
    assertThat(script.open(Commit.class)).singleElement().matches(c -> c.changes().size() == 2);
    script.commitEnds(Outcome.failed(Cause.TOO_LARGE, "2 MB"));
    assertThat(script.told(HaEvent.Alarm.class)).as("it is tried in parts").isEmpty();
    Commit part = script.open(Commit.class).get(0);
    assertThat(part.changes()).hasSize(1);
    script.commitEnds(Outcome.failed(Cause.TOO_LARGE, "2 MB"));
    assertThat(script.told(HaEvent.Alarm.class))
        .containsExactly(
            new HaEvent.Alarm(part.changes().get(0).key().toString(), "is not written: 2 MB"));
    assertThat(script.isLeading()).isTrue();
  }

  @Test
  void whoWasDeposedByAFailedWriteForgetsWhatItKnew() {
    ControllerScript script = Scenes.vmOnHost1();
    script.storeFallsSilent();
    script.put(Scenes.newWorkload("vm:2")).reread(new Key(Table.WORKLOAD, "vm:2"));
    script.commitEnds(Outcome.failed(Cause.DEPOSED, "another leads"));
    script.storeAnswers();
    script.store.remove(VM);
    script.passes(ControllerScript.TIMINGS.suspectAfter());
    script.elected(2);
    assertThat(script.status().workloads())
        .extracting(info -> info.workload().toString())
        .containsExactly("vm:2");
  }

  @Test
  void whoWasDeposedByAnotherForgetsWhatItKnew() {
    ControllerScript script = Scenes.vmOnHost1();
    script.step(new ControllerEvent.PlaceChanged(0));
    script.campaignEnds(Outcome.done(new Election.LedBy("other", new Epoch(2))));
    script.store.remove(VM);
    script.step(new ControllerEvent.PlaceChanged(0));
    script.elected(3);
    assertThat(script.isLeading()).isTrue();
    assertThat(script.status().workloads()).isEmpty();
  }

  // Deadlines

  @Test
  void aHostThatGaveItUpIsForgottenInItsTime() {
    ControllerScript script = Scenes.vmOnHost1();
    Duration memory = Duration.ofSeconds(20);
    Duration pause = Duration.ofSeconds(1);
    RestartPolicy restart = new RestartPolicy(1, pause, pause, memory, 1, memory);
    Scenes.changes(script, "vm:1", workload -> workload.withRestart(restart));
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    script.passes(memory.minusSeconds(1));
    assertThat(Scenes.placement(script, "vm:1").trials().gaveUp()).isNotEmpty();
    script.passes(Duration.ofSeconds(1));
    assertThat(Scenes.placement(script, "vm:1").trials().gaveUp()).isEmpty();
  }

  @Test
  void aStartThatIsNotBegunHoldsUpLessImportantOnesForALittleWhile() {
    Workload first = Scenes.newWorkload("vm:1").workload();
    Workload critical =
        new Workload(
            first.id(),
            Priority.CRITICAL,
            first.demand(),
            first.desired(),
            first.origin(),
            first.policy(),
            first.lock());
    ControllerScript script = new ControllerScript("host1", "host2");
    script.put(new WorkloadConfig(critical)).put(Scenes.newWorkload("vm:2"));
    script.seesLeases().leads(1).allReport("host1", "host2");
    script.passes(ControllerConfig.START_HOLD.minusMillis(1));
    assertThat(script.orderedOn("vm:2")).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.orderedOn("vm:2")).hasSize(1);
  }

  @Test
  void aHostThatIsHeardAgainIsFencedAnewWithoutThePauseOfBefore() {
    ControllerScript script =
        new ControllerScript(Optional.empty(), List.of(), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(2));
    assertThat(script.infoOf("host1").reason()).doesNotContain("tried 1 times");
    script.isHeardAgain("host1");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.infoOf("host1").reason()).contains("tried 1 times");
  }

  // Questions

  @Test
  void everythingThatIsKnownIsExplainedInOrder() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reports("host2", "vm:9");
    assertThat(script.explainHosts())
        .extracting(e -> e.subject())
        .containsExactly("host1", "host2", "host3");
    assertThat(script.explainWorkloads())
        .as("vm:9 is not protected")
        .extracting(e -> e.subject())
        .containsExactly("vm:1");
  }

  @Test
  void whoDoesNotLeadExplainsNothing() {
    ControllerScript script = Scenes.vmOnHost1();
    assertThat(script.explains(new HostId("host1"))).isTrue();
    assertThat(script.plans("host1")).isTrue();
    script.connection(Connection.LOST);
    assertThat(script.explainHosts()).isEmpty();
    assertThat(script.explainWorkloads()).isEmpty();
    assertThat(script.explains(new HostId("host1"))).isFalse();
    assertThat(script.explains("vm:1")).isFalse();
    assertThat(script.plans("host1")).isFalse();
  }

  @Test
  void whatIsRatherElsewhereGoesThereWhenThatHostComes() {
    ControllerScript script = new ControllerScript("host1", "host2");
    Workload workload = Scenes.newWorkload("vm:1").workload();
    script.put(new WorkloadConfig(workload));
    script.put(Placement.none(workload.id()).atHome(new HostId("host1")));
    TreeMap<HostId, Integer> hosts = new TreeMap<>(Map.of(new HostId("host2"), 1));
    TreeSet<WorkloadId> workloads = new TreeSet<>(List.of(workload.id()));
    script.put(new RuleConfig(new Rule.HostAffinity("rather", workloads, hosts, false)));
    script.seesLeases().leads(1).allReport("host1");
    script.passes(ControllerScript.TIMINGS.silence());
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.allReport("host2");
    assertThat(Scenes.placement(script, "vm:1").move().map(Placement.Move::target))
        .contains(new HostId("host2"));
  }
}
