package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.RuleConfig;
import io.holdfast.engine.record.StateRecord.Unreadable;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What stands in the store is followed, whether it is told of, found by a comparison, or gone. */
class StateReaderTest {
  private static final Key VM = new Key(Table.WORKLOAD, "vm:1");

  private static ClusterConfig policy(ClusterPolicy.Builder policy) {
    return new ClusterConfig(policy.build());
  }

  private static RuleConfig onlyOn(String host) {
    TreeMap<HostId, Integer> hosts = new TreeMap<>(Map.of(new HostId(host), 1));
    TreeSet<WorkloadId> workloads = new TreeSet<>(List.of(WorkloadId.parse("vm:1")));
    return new RuleConfig(new Rule.HostAffinity("there", workloads, hosts, true));
  }

  private static HostDirective maintenance(String host) {
    return new HostDirective(new HostId(host), true, Optional.empty());
  }

  private static void dependsOn(ControllerScript script, String id, String... others) {
    TreeSet<WorkloadId> on = new TreeSet<>();
    for (String other : others) {
      on.add(WorkloadId.parse(other));
    }
    WorkloadPolicy policy = WorkloadPolicy.DEFAULT.toBuilder().dependsOn(on).build();
    Scenes.changes(script, id, workload -> workload.withPolicy(policy));
  }

  /** Each of them runs. */
  private static ControllerScript running(int workloads) {
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    for (int i = 1; i <= workloads; i++) {
      script.put(Scenes.newWorkload("vm:" + i));
    }
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    for (String host : List.of("host1", "host2", "host3")) {
      script.reports(host);
    }
    return script;
  }

  // Found by a comparison

  @Test
  void aComparisonThatFindsNothingNewChangesNothing() {
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    script.put(onlyOn("host2")).put(maintenance("host3")).put(Scenes.newWorkload("vm:1"));
    script.put(policy(ClusterPolicy.DEFAULT.toBuilder().startsPerHost(7)));
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    script.reports("host2");
    int commits = script.all(Commit.class).size();
    script.resyncs();
    script.passes(Duration.ofMinutes(1));
    assertThat(script.all(Commit.class)).hasSize(commits);
    assertThat(script.stateOf("host3")).isEqualTo(HostState.MAINTENANCE);
    Scenes.asks(script, "vm:1", 1, new Action.Move(new HostId("host1")));
    assertThat(script.told(HaEvent.MoveRefused.class)).as("by the rule").hasSize(1);
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    assertThat(Scenes.intent(script, "host2").startsAtOnce()).isEqualTo(7);
  }

  @Test
  void aRegistrationThatIsGoneIsFound() {
    ControllerScript script = Scenes.threeHosts();
    script.store.remove(new Key(Table.HOST, "host1"));
    script.store.remove(new Key(Table.HOST, "host2"));
    script.resyncs();
    script.put(Scenes.newWorkload("vm:1")).reread(VM);
    assertThat(script.orderedOn("vm:1")).containsExactly("host3");
  }

  @Test
  void aDirectiveThatIsGoneIsFound() {
    ControllerScript script = Scenes.threeHosts();
    script.put(maintenance("host1")).reread(maintenance("host1").key());
    assertThat(script.stateOf("host1")).isEqualTo(HostState.MAINTENANCE);
    script.store.remove(maintenance("host1").key());
    script.resyncs();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
  }

  @Test
  void aRuleThatIsGoneIsFoundAndAlsoWhenItIsToldOf() {
    for (boolean told : List.of(true, false)) {
      ControllerScript script = new ControllerScript("host1", "host2");
      script.put(onlyOn("host9")).put(Scenes.newWorkload("vm:1"));
      script.seesLeases().leads(1).allReport("host1", "host2");
      assertThat(script.orderedOn("vm:1")).isEmpty();
      script.store.remove(onlyOn("host9").key());
      if (told) {
        script.reread(onlyOn("host9").key());
      } else {
        script.resyncs();
      }
      assertThat(script.orderedOn("vm:1")).hasSize(1);
    }
  }

  @Test
  void whatIsGoneElsewhereTakesNoRuleAway() {
    ControllerScript script = new ControllerScript("host1", "host2");
    script.put(onlyOn("host9")).put(Scenes.newWorkload("vm:1"));
    script.seesLeases().leads(1).allReport("host1", "host2");
    script.reread(new Key(Table.REQUEST, "there"));
    script.reread(new Key(Table.RULE, "another"));
    script.passes(Duration.ofSeconds(1));
    assertThat(script.orderedOn("vm:1")).isEmpty();
  }

  @Test
  void aPolicyThatIsGoneIsFoundAndAlsoWhenItIsToldOf() {
    for (boolean told : List.of(true, false)) {
      ControllerScript script = Scenes.vmOnHost1();
      ClusterConfig disarmed =
          policy(ClusterPolicy.DEFAULT.toBuilder().disarmed(Optional.of(DisarmMode.FREEZE)));
      script.put(disarmed).reread(ClusterConfig.KEY);
      assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
      script.store.remove(ClusterConfig.KEY);
      if (told) {
        script.reread(ClusterConfig.KEY);
      } else {
        script.resyncs();
      }
      script.reports("host1");
      script.reports("host1");
      assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    }
  }

  @Test
  void aWorkloadThatIsGoneIsFound() {
    ControllerScript script = running(2);
    script.store.remove(VM);
    script.resyncs();
    assertThat(script.store).doesNotContainKey(new Key(Table.PLACEMENT, "vm:1"));
    assertThat(script.store).containsKey(new Key(Table.PLACEMENT, "vm:2"));
    assertThat(script.explains("vm:1")).isFalse();
  }

  @Test
  void aHostWhoseUnreadableIntentIsDeletedTakesWorkloadsAgain() {
    ControllerScript script =
        new ControllerScript("host1")
            .put(new Unreadable(new Key(Table.INTENT, "host1"), "corrupt"))
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    assertThat(script.orderedOn("vm:1")).isEmpty();
    script.store.remove(new Key(Table.INTENT, "host1"));
    script.resyncs();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aHostWhoseIntentGoesBadTakesNothingNew() {
    ControllerScript script = new ControllerScript("host1").seesLeases().leads(1);
    script.allReport("host1");
    script.put(Scenes.newWorkload("vm:2")).reread(new Key(Table.WORKLOAD, "vm:2"));
    script.put(new Unreadable(new Key(Table.INTENT, "host1"), "corrupt"));
    script.resyncs();
    script.put(Scenes.newWorkload("vm:1")).reread(VM);
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("cannot be told");
  }

  @Test
  void aWorkloadWhoseRecordGoesBadSaysSoAtOnce() {
    ControllerScript script = Scenes.vmOnHost1();
    script.put(new Unreadable(VM, "corrupt"));
    script.resyncs();
    assertThat(script.statusOf("vm:1").reason()).contains("left alone", "corrupt");
  }

  @Test
  void whatCannotBeReadAndIsDeletedIsForgotten() {
    ControllerScript script = Scenes.threeHosts();
    script.put(new Unreadable(VM, "corrupt")).reread(VM);
    assertThat(script.explains("vm:1")).isTrue();
    script.store.remove(VM);
    script.reread(VM);
    assertThat(script.explains("vm:1")).isFalse();
  }

  @Test
  void itIsToldOfOncePerLeadershipThatARecordCannotBeRead() {
    ControllerScript script = Scenes.threeHosts();
    script.put(new Unreadable(VM, "corrupt"));
    script.resyncs();
    script.connection(Connection.LOST);
    script.leads(2);
    script.resyncs();
    assertThat(script.told(HaEvent.RecordRejected.class)).hasSize(2);
  }

  @Test
  void aHostWhoseRegistrationCannotBeReadCountsAsOneOfTheCluster() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(new Unreadable(new Key(Table.HOST, "host4"), "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.passes(Duration.ofSeconds(10));
    script.fallsSilent("host1", "host2");
    script.silencePasses();
    assertThat(script.stateOf("host1")).as("two of four are not most").isEqualTo(HostState.LOST);
  }

  // Changes of a policy

  @Test
  void anotherPolicyChangesWhatBecomesOfAHostThatLeaves() {
    ControllerScript script = Scenes.vmOnHost1();
    ClusterConfig freeze =
        policy(ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.FREEZE));
    script.put(freeze).reread(ClusterConfig.KEY);
    script.leaves("host1", Departure.SHUTDOWN, Notice.Stage.ANNOUNCED);
    script.reports("host1");
    assertThat(script.infoOf("host1").reason()).endsWith("policy FREEZE");
    assertThat(Scenes.placement(script, "vm:1").move()).isEmpty();

    ClusterConfig migrate =
        policy(ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.MIGRATE));
    script.put(migrate).reread(ClusterConfig.KEY);
    assertThat(script.infoOf("host1").reason()).endsWith("policy MIGRATE");
    assertThat(Scenes.intent(script, "host1").parting()).contains(HostIntent.Parting.MOVE_AWAY);
    assertThat(Scenes.placement(script, "vm:1").move()).isPresent();
  }

  @Test
  void howManyMayStartAtOnceIsToldToWhoeverStillHasSomeToBegin() {
    ControllerScript script = Scenes.vmOnHost1();
    write(script, Scenes.newWorkload("vm:2"));
    assertThat(script.orderedOn("vm:2")).containsExactly("host2");
    HostIntent before = Scenes.intent(script, "host1");
    write(script, policy(ClusterPolicy.DEFAULT.toBuilder().startsPerHost(7)));
    assertThat(Scenes.intent(script, "host2").startsAtOnce()).isEqualTo(7);
    assertThat(Scenes.intent(script, "host1")).as("has begun all").isEqualTo(before);
    script.reports("host2");
    HostIntent after = Scenes.intent(script, "host2");
    write(script, policy(ClusterPolicy.DEFAULT.toBuilder().startsPerHost(8)));
    assertThat(Scenes.intent(script, "host2")).isEqualTo(after);
  }

  private static void write(ControllerScript script, StateRecord record) {
    script.put(record).reread(record.key());
  }

  @Test
  void anotherPolicyCountsForAHostThatIsSilentAlready() {
    ControllerScript script =
        new ControllerScript(Optional.empty(), List.of(), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(30));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    ClusterConfig assume =
        policy(
            ClusterPolicy.DEFAULT.toBuilder().assumeDownAfter(Optional.of(Duration.ofSeconds(10))));
    script.put(assume).reread(ClusterConfig.KEY);
    script.passes(Duration.ofSeconds(1));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void onlyAWordAboutThePresentIncarnationIsContradicted() {
    ControllerScript script = Scenes.threeHosts();
    Scenes.saysDown(script, "host1", 7, "anna");
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
    Scenes.saysDown(script, "host1", 1, "anna");
    assertThat(script.told(HaEvent.Alarm.class))
        .singleElement()
        .satisfies(alarm -> assertThat(alarm.reason()).contains("confirmed to be down by anna"));
  }

  // Changes of a workload

  @Test
  void aStopInLessTimeIsToldToTheHostThatStopsItAlready() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    HostIntent.Entry before = Scenes.order(script, "vm:1", "host1");
    Scenes.asks(script, "vm:1", 1, new Action.Stop(Duration.ofSeconds(1)));
    HostIntent.Entry after = Scenes.order(script, "vm:1", "host1");
    assertThat(before.stopTimeout()).isEqualTo(WorkloadPolicy.DEFAULT.stopTimeout());
    assertThat(after.stopTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(after.assignment()).isEqualTo(before.assignment());
    Scenes.asks(script, "vm:7", 1, new Action.Stop(Duration.ofSeconds(1)));
    assertThat(script.explains("vm:7")).as("there is none of that name").isFalse();
  }

  @Test
  void whatWaitedForADependentThatIsToRunAgainIsStopped() {
    ControllerScript script = running(2);
    dependsOn(script, "vm:2", "vm:1");
    Scenes.wants(script, "vm:2", DesiredState.STOPPED);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("to be stopped after [vm:2]");
    Scenes.wants(script, "vm:2", DesiredState.STARTED);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STOPPING);
  }

  @Test
  void whatWaitedForADependentThatDependsOnItNoMoreIsStopped() {
    ControllerScript script = running(2);
    dependsOn(script, "vm:2", "vm:1");
    Scenes.wants(script, "vm:2", DesiredState.STOPPED);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("to be stopped after [vm:2]");
    dependsOn(script, "vm:2");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STOPPING);
  }

  @Test
  void whatWaitedForADependentThatIsNotProtectedAnyMoreIsStopped() {
    ControllerScript script = running(2);
    dependsOn(script, "vm:2", "vm:1");
    Scenes.wants(script, "vm:2", DesiredState.STOPPED);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("to be stopped after [vm:2]");
    script.store.remove(new Key(Table.WORKLOAD, "vm:2"));
    script.reread(new Key(Table.WORKLOAD, "vm:2"));
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STOPPING);
  }

  @Test
  void whatTurnsOutToDependOnItselfWaitsForNobodyAnyMore() {
    ControllerScript script = running(3);
    dependsOn(script, "vm:2", "vm:1");
    dependsOn(script, "vm:3", "vm:2");
    Scenes.wants(script, "vm:3", DesiredState.STOPPED);
    Scenes.wants(script, "vm:2", DesiredState.STOPPED);
    assertThat(script.statusOf("vm:2").reason()).isEqualTo("to be stopped after [vm:3]");
    dependsOn(script, "vm:1", "vm:3");
    assertThat(script.statusOf("vm:2").status()).isEqualTo(WorkloadStatus.STOPPING);
    assertThat(script.told(HaEvent.Alarm.class)).isNotEmpty();
  }

  @Test
  void nobodyIsFencedForWhatIsNotProtectedAnyMore() {
    ControllerScript script = Scenes.vmOnHost1();
    script.put(new Unreadable(new Key(Table.PLACEMENT, "vm:1"), "corrupt"));
    script.resyncs();
    script.store.remove(VM);
    script.reread(VM);
    assertThat(script.maintenancePlan("host1").steps()).isEmpty();
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.asked(OFF)).isEmpty();
  }

  // Measured loads

  private static ControllerScript measured() {
    ControllerScript script = new ControllerScript("host1", "host2");
    script.put(policy(ClusterPolicy.DEFAULT.toBuilder().placement(PlacementMode.DYNAMIC)));
    for (int i = 1; i <= 2; i++) {
      script.put(Scenes.newWorkload("vm:" + i));
      script.put(Placement.none(WorkloadId.parse("vm:" + i)).atHome(new HostId("host" + i)));
    }
    script.seesLeases().leads(1).allReport("host1", "host2");
    script.reports("host1");
    script.reports("host2");
    return script;
  }

  private static String placeOf(ControllerScript script, String id) {
    script.put(Scenes.newWorkload(id)).reread(new Key(Table.WORKLOAD, id));
    return script.orderedOn(id).get(0);
  }

  @Test
  void whereMoreIsUsedThereIsLessRoom() {
    ControllerScript script = measured();
    script.measures("host1", "vm:1", Capacity.of(6, 6000));
    script.reports("host1");
    assertThat(placeOf(script, "vm:3")).isEqualTo("host2");
    script.measures("host1", "vm:1", Capacity.of(0, 100));
    script.reports("host1");
    assertThat(placeOf(script, "vm:4")).isEqualTo("host1");
  }

  @Test
  void whatIsMeasuredWhereItIsNotDoesNotCountOnceItWasMeasured() {
    ControllerScript script = measured();
    script.measures("host1", "vm:1", Capacity.of(6, 6000));
    script.reports("host1");
    script.measures("host2", "vm:1", Capacity.of(0, 1));
    script.measures("host2", "vm:9", Capacity.of(8, 8000));
    script.reports("host2");
    assertThat(placeOf(script, "vm:3")).isEqualTo("host2");
  }

  @Test
  void whatWasMeasuredBeforeThisLeadershipCounts() {
    ControllerScript script = measured();
    script.measures("host1", "vm:1", Capacity.of(6, 6000));
    script.reports("host1");
    ControllerScript next = new ControllerScript("host1", "host2");
    next.store.putAll(script.store);
    next.seesLeases().leads(2);
    next.renews("host1");
    next.renews("host2");
    assertThat(placeOf(next, "vm:3")).isEqualTo("host2");
  }

  @Test
  void anOlderReportSaysNothingNew() {
    ControllerScript script = measured();
    StateRecord older = script.stored(new Key(Table.REPORT, "host1"));
    script.measures("host1", "vm:1", Capacity.of(6, 6000));
    script.reports("host1");
    HostReport last = (HostReport) older;
    script.store.put(older.key(), withLoad(last, Capacity.of(0, 1)));
    script.reread(older.key());
    assertThat(placeOf(script, "vm:3")).isEqualTo("host2");
  }

  private static HostReport withLoad(HostReport report, Capacity load) {
    return new HostReport(
        report.host(),
        report.incarnation(),
        report.sequence(),
        report.intentEpoch(),
        report.intentGeneration(),
        report.inventoryKnown(),
        report.trouble(),
        report.guarded(),
        report.looked(),
        report.facts(),
        report.leaving(),
        Optional.of(new TreeMap<>(Map.of(WorkloadId.parse("vm:1"), load))),
        report.assigned(),
        report.unassigned());
  }

  // A batch that was cut

  private static ControllerScript next(ControllerScript former) {
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    next.store.putAll(former.store);
    return next;
  }

  @Test
  void anOrderThatIsMissingIsWrittenAnew() {
    ControllerScript former = Scenes.vmOnHost1();
    HostIntent.Entry order = Scenes.order(former, "vm:1", "host1");
    ControllerScript next = next(former);
    next.store.remove(new Key(Table.INTENT, "host1"));
    next.seesLeases().leads(2);
    assertThat(Scenes.order(next, "vm:1", "host1")).isEqualTo(order);
    assertThat(next.changes()).as("the others lack nothing").hasSize(1);
  }

  @Test
  void anOrderWithoutAPlacementIsTakenBack() {
    ControllerScript next = next(Scenes.vmOnHost1());
    next.store.remove(new Key(Table.PLACEMENT, "vm:1"));
    next.seesLeases().leads(2);
    assertThat(Scenes.intent(next, "host1").entries()).isEmpty();
  }

  @Test
  void anOrderOfWhatCannotBeReadIsKept() {
    ControllerScript former = running(2);
    assertThat(Scenes.intent(former, "host1").entries()).hasSize(2);
    ControllerScript next = next(former);
    next.put(new Unreadable(new Key(Table.PLACEMENT, "vm:1"), "corrupt"));
    next.store.remove(new Key(Table.PLACEMENT, "vm:2"));
    next.seesLeases().leads(2);
    assertThat(Scenes.intent(next, "host1").entries()).containsOnlyKeys(WorkloadId.parse("vm:1"));
  }

  @Test
  void anIntentThatAgreesIsLeftAsItIs() {
    ControllerScript next = next(Scenes.vmOnHost1());
    next.seesLeases().leads(2);
    next.renews("host1");
    next.passes(Duration.ofMinutes(1));
    assertThat(next.changes()).isEmpty();
  }

  @Test
  void whileTheNextIncarnationIsNotSeenYetItsIntentIsNotOverwritten() {
    ControllerScript former = Scenes.vmOnHost1();
    former.joinsAgain("host1");
    former.reports("host1", new TreeMap<>(), "vm:1");
    HostIntent intent = Scenes.intent(former, "host1");
    assertThat(intent.incarnation()).isEqualTo(new Incarnation(2));
    ControllerScript next = next(former);
    next.seesLeases().leads(2);
    ClusterConfig disarmed =
        policy(ClusterPolicy.DEFAULT.toBuilder().disarmed(Optional.of(DisarmMode.FREEZE)));
    next.put(disarmed).reread(ClusterConfig.KEY);
    HostIntent told = Scenes.intent(next, "host1");
    assertThat(told.incarnation()).isEqualTo(new Incarnation(2));
    assertThat(told.entries()).isEqualTo(intent.entries());
  }

  @Test
  void aMoveThatWasUnderWayHoldsRoomAtItsTargetForTheNext() {
    ControllerScript former = Scenes.vmOnHost1();
    Scenes.asks(former, "vm:1", 1, new Action.Move(new HostId("host2")));
    Scenes.reports(former, "vm:1", "host1", Condition.MIGRATING);
    ControllerScript next = next(former);
    next.put(policy(ClusterPolicy.DEFAULT.toBuilder().movesPerHost(1)));
    next.seesLeases().leads(2);
    next.allReport("host2", "host3");
    Workload large = Scenes.newWorkload("vm:2").workload().withDemand(Capacity.of(8, 1024));
    next.put(new WorkloadConfig(large)).reread(new Key(Table.WORKLOAD, "vm:2"));
    assertThat(next.orderedOn("vm:2")).containsExactly("host3");
    next.joinsAgain("host2");
    OpId order = Scenes.placement(next, "vm:1").owner().orElseThrow().assignment();
    assertThat(Scenes.placement(next, "vm:1").owner().orElseThrow().goal()).isEqualTo(Goal.RUN);
    assertThat(Scenes.order(next, "vm:1", "host1").assignment()).isEqualTo(order);
  }
}
