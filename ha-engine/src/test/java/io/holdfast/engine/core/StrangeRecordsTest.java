package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.Unreadable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A corrupt or foreign record is told of, kept and skipped; the others go on. */
class StrangeRecordsTest {

  static List<Key> everywhere() {
    List<Key> keys = new ArrayList<>();
    for (Table table : Table.values()) {
      for (String name : List.of("vm:9", "host9", "host1", "a:b:c", "x".repeat(128))) {
        keys.add(new Key(table, name));
      }
    }
    return keys;
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void itIsToldOfKeptAndSkippedWhenLeadershipBegins(Key key) {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .put(new Unreadable(key, "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host2", "host3");

    assertThat(script.told(HaEvent.RecordRejected.class))
        .containsExactly(new HaEvent.RecordRejected(key.toString(), "corrupt"));
    isNeverTouched(script, key);
    assertThat(script.orderedOn("vm:1")).as("the others go on").containsExactly("host2");
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void itIsToldOfKeptAndSkippedWhileLeading(Key key) {
    ControllerScript script = Scenes.threeHosts();
    script.put(new Unreadable(key, "corrupt"));
    script.resyncs();
    script.resyncs();
    script.put(Scenes.newWorkload("vm:1"));
    script.resyncs();
    script.passes(Duration.ofMinutes(1));

    assertThat(script.told(HaEvent.RecordRejected.class)).hasSize(1);
    isNeverTouched(script, key);
    assertThat(script.orderedOn("vm:1")).as("the others go on").hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void whatDisappearsAgainIsNoTrouble(Key key) {
    ControllerScript script = Scenes.threeHosts();
    script.put(new Unreadable(key, "corrupt"));
    script.reread(key);
    script.store.remove(key);
    script.reread(key);
    script.resyncs();
    assertThat(script.isLeading()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = Table.class,
      names = {"WORKLOAD", "PLACEMENT"})
  void aWorkloadOfWhichOneRecordCannotBeReadIsLeftAlone(Table table) {
    Key key = new Key(table, "vm:1");
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(Scenes.newWorkload("vm:1"))
            .put(new Unreadable(key, "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2");
    script.passes(Duration.ofMinutes(1));

    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("left alone", table.name(), "corrupt");
    isNeverTouched(script, key);
  }

  @ParameterizedTest
  @EnumSource(
      value = Table.class,
      names = {"WORKLOAD", "PLACEMENT"})
  void aRunningWorkloadWhoseRecordGoesBadKeepsRunningWhereItIs(Table table) {
    ControllerScript script = Scenes.vmOnHost1();
    int writes = script.changes().size();
    script.put(new Unreadable(new Key(table, "vm:1"), "corrupt"));
    script.resyncs();
    script.passes(Duration.ofSeconds(10));
    assertThat(script.changes()).hasSize(writes);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
  }

  @Test
  void aWorkloadGoesOnWhenItsRecordIsMended() {
    Key key = new Key(Table.WORKLOAD, "vm:1");
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(new Unreadable(key, "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2");
    script.put(Scenes.newWorkload("vm:1"));
    script.reread(key);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aHostWhoseIntentCannotBeReadIsToldNothingMore() {
    Key key = new Key(Table.INTENT, "host1");
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(Scenes.newWorkload("vm:1"))
            .put(new Unreadable(key, "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2");
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
    isNeverTouched(script, key);
  }

  @Test
  void anIntentThatGoesBadWhileLeadingIsNotOverwrittenByARecovery() {
    Key key = new Key(Table.INTENT, "host1");
    ControllerScript script = Scenes.vmOnHost1();
    int writes = touching(script, key);
    script.put(new Unreadable(key, "corrupt"));
    script.resyncs();
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));

    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(touching(script, key)).isEqualTo(writes);
  }

  @Test
  void anUnreadableIntentThatIsDeletedIsWrittenAnewFromThePlacements() {
    Key key = new Key(Table.INTENT, "host1");
    ControllerScript script = Scenes.vmOnHost1();
    HostIntent before = (HostIntent) script.stored(key);
    script.put(new Unreadable(key, "corrupt"));
    script.resyncs();
    script.store.remove(key);
    script.resyncs();

    HostIntent after = (HostIntent) script.stored(key);
    assertThat(after.entries()).isEqualTo(before.entries());
    assertThat(after.generation()).isGreaterThan(before.generation());
  }

  @Test
  void aReportThatCannotBeReadLeavesItsHostUnreported() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(Scenes.newWorkload("vm:1"))
            .put(new Unreadable(new Key(Table.REPORT, "host1"), "corrupt"))
            .seesLeases()
            .leads(1);
    script.renews("host1");
    script.allReport("host2");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.JOINING);
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void aFenceRecordThatCannotBeReadIsNoEvidence() {
    ControllerScript script = Scenes.vmOnHost1();
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    next.store.putAll(script.store);
    next.put(new Unreadable(new Key(Table.FENCE, "host1"), "corrupt"));
    next.seesLeases().leads(2);
    next.fallsSilent("host1");
    next.silencePasses();
    assertThat(next.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(next.orderedOn("vm:1")).isEmpty();
  }

  @Test
  void aHostWhoseRegistrationCannotBeReadIsStillOneToWaitFor() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(Scenes.workload("vm:1"))
            .put(new Unreadable(new Key(Table.HOST, "host1"), "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host2");
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("host1");

    script.allReport("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  private static void isNeverTouched(ControllerScript script, Key key) {
    if (key.table() != Table.FENCE) {
      assertThat(touching(script, key)).as("writes of " + key).isZero();
    }
    assertThat(script.store.get(key)).isInstanceOf(Unreadable.class);
  }

  private static int touching(ControllerScript script, Key key) {
    return (int) script.changes().stream().filter(change -> change.key().equals(key)).count();
  }

  /** It may ask for anything, that nothing be touched among it. */
  @Test
  void whereNobodyCouldEverReadThePolicyNothingIsDecided() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .put(new Unreadable(StateRecord.ClusterConfig.KEY, "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.fallsSilent("host3");
    script.passes(Duration.ofMinutes(2));
    assertThat(script.changes()).isEmpty();
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::on)
        .containsExactly("a policy of the cluster that can be read");
    ClusterPolicy policy = ClusterPolicy.DEFAULT.toBuilder().startsInCluster(3).build();
    script.put(new StateRecord.ClusterConfig(policy)).reread(StateRecord.ClusterConfig.KEY);
    assertThat(script.orderedOn("vm:1")).hasSize(1);
  }

  /** What the books say of them is not changed by what the policy might not want. */
  @Test
  void andWhatRunsIsLeftAsItIs() {
    ControllerScript former = Scenes.vmOnHost1();
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    script.store.putAll(former.store);
    script
        .put(new Unreadable(StateRecord.ClusterConfig.KEY, "corrupt"))
        .seesLeases()
        .leads(2)
        .allReport("host1", "host2", "host3");
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    script.passes(Duration.ofMinutes(1));
    assertThat(script.statusOf("vm:1").reason()).contains("policy of the cluster cannot be read");
    ClusterPolicy disarmed =
        ClusterPolicy.DEFAULT.toBuilder().disarmed(Optional.of(DisarmMode.FREEZE)).build();
    script.put(new StateRecord.ClusterConfig(disarmed)).reread(StateRecord.ClusterConfig.KEY);
    script.passes(Duration.ofMinutes(5));
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Placement.Goal.RUN);
  }

  @Test
  void whoKnewThePolicyBeforeGoesOnWithIt() {
    ControllerScript script = Scenes.vmOnHost1();
    script.put(new Unreadable(StateRecord.ClusterConfig.KEY, "corrupt"));
    script.resyncs();
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void aHostIsGivenNothingOfWhichNobodyCouldEverReadWhetherItIsInMaintenance() {
    Key key = new Key(Table.DIRECTIVE, "host1");
    ControllerScript script =
        new ControllerScript("host1")
            .put(Scenes.newWorkload("vm:1"))
            .put(new Unreadable(key, "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("its directive cannot be read");
    assertThat(script.explainHost("host1").waitsFor())
        .contains(new Waiting(Waiting.Kind.RECORD, "DIRECTIVE/host1", Optional.empty()));
    script.store.remove(key);
    script.reread(key);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }
}
