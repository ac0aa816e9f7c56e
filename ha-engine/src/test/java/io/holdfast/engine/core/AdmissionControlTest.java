package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.AdmissionStatus;
import io.holdfast.api.AdmissionStatus.Answer;
import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whether the failures that are to be survived would be: told when it changes, or refused. */
class AdmissionControlTest {
  private final ControllerScript script = new ControllerScript("host1", "host2", "host3");

  private static WorkloadConfig vm(String id, long processors) {
    return new WorkloadConfig(
        Scenes.newWorkload(id).workload().withDemand(Capacity.of(processors, 16)));
  }

  private static ClusterConfig policy(AdmissionPolicy admission) {
    return new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().admission(admission).build());
  }

  private static AdmissionPolicy refusing() {
    return AdmissionPolicy.DEFAULT.with(Action.REFUSE);
  }

  private void begins() {
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    reportsAll();
    looks();
  }

  private void reportsAll() {
    List.of("host1", "host2", "host3").forEach(script::reports);
  }

  private void looks() {
    script.passes(TIMINGS.silence().multipliedBy(3));
    script.resyncs();
    reportsAll();
  }

  private void write(StateRecord record) {
    script.put(record).reread(record.key());
  }

  private AdmissionStatus status() {
    return script.status().admission().orElseThrow();
  }

  private List<HaEvent.AdmissionChanged> told() {
    return script.told(HaEvent.AdmissionChanged.class);
  }

  /** On each of three hosts of 8 processors. */
  private void eachHas(long processors) {
    for (int i = 1; i <= 3; i++) {
      script.put(vm("vm:" + i, processors));
    }
  }

  // Telling

  @Test
  void untilItIsLookedAtNothingIsKnown() {
    eachHas(4);
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    script.resyncs();
    assertThat(status().answer()).isEqualTo(Answer.UNKNOWN);
    assertThat(status().reason())
        .isEqualTo("whether any host may fail is not known: it is not looked at yet");
    assertThat(status().policy()).isEqualTo(AdmissionPolicy.DEFAULT);
  }

  @Test
  void whereAnyHostMayFailThatIsToldByTheStatusAlone() {
    eachHas(4);
    begins();
    assertThat(status().answer()).isEqualTo(Answer.YES);
    assertThat(status().tolerated()).contains(1);
    assertThat(status().reason()).isEqualTo("any host may fail");
    assertThat(told()).isEmpty();
  }

  @Test
  void whatWaitsForItsHostNeedsNoRoomElsewhere() {
    WorkloadPolicy waits = WorkloadPolicy.DEFAULT.toBuilder().failover(false).build();
    for (int i = 1; i <= 3; i++) {
      script.put(new WorkloadConfig(vm("vm:" + i, 8).workload().withPolicy(waits)));
    }
    begins();
    assertThat(status().answer()).isEqualTo(Answer.YES);
    Scenes.changes(script, "vm:1", w -> w.withPolicy(WorkloadPolicy.DEFAULT));
    looks();
    assertThat(status().answer()).isEqualTo(Answer.NO);
  }

  @Test
  void whereNotEveryHostMayFailAnyMoreThatIsToldWithAnExample() {
    eachHas(4);
    begins();
    write(vm("vm:4", 4));
    looks();
    write(vm("vm:5", 4));
    looks();
    assertThat(told()).hasSize(1);
    assertThat(told().get(0).from()).isEqualTo(Answer.YES);
    assertThat(told().get(0).to()).isEqualTo(Answer.NO);
    assertThat(status().failing()).hasSize(1);
    assertThat(status().unplaced()).hasSize(1);
    assertThat(status().tolerated()).contains(0);
    assertThat(told().get(0).reason())
        .isEqualTo(status().reason())
        .isEqualTo(
            "not any host may fail: without %s no host would be found for %s"
                .formatted(status().failing(), status().unplaced()));
    looks();
    assertThat(told()).as("once").hasSize(1);
    Scenes.wants(script, "vm:5", DesiredState.STOPPED);
    Scenes.reports(script, "vm:5", hostOf("vm:5"), Condition.STOPPED);
    looks();
    assertThat(told()).hasSize(2);
    assertThat(told().get(1).to()).isEqualTo(Answer.YES);
  }

  private String hostOf(String id) {
    return script.statusOf(id).host().map(HostId::value).orElseThrow();
  }

  @Test
  void aBadAnswerIsToldTheFirstTime() {
    eachHas(6);
    begins();
    assertThat(told()).hasSize(1);
    assertThat(told().get(0).from()).isEqualTo(Answer.UNKNOWN);
    assertThat(told().get(0).to()).isEqualTo(Answer.NO);
  }

  @Test
  void whatHasNoRoomNowAlreadyIsNamed() {
    eachHas(6);
    script.put(vm("vm:4", 6));
    begins();
    assertThat(status().failing()).isEmpty();
    assertThat(status().unplaced()).extracting(WorkloadId::toString).containsExactly("vm:4");
    assertThat(status().tolerated()).contains(-1);
    assertThat(status().reason())
        .isEqualTo("not any host may fail: already now no host would be found for [vm:4]");
  }

  @Test
  void whereFewerMayFailThanBeforeThatIsToldAlsoWhereEnoughMay() {
    eachHas(2);
    begins();
    assertThat(status().tolerated()).contains(2);
    write(vm("vm:4", 4));
    looks();
    assertThat(status().tolerated()).contains(1);
    assertThat(told())
        .containsExactly(
            new HaEvent.AdmissionChanged(
                Answer.YES, Answer.YES, "1 failures would be survived, 2 before"));
    Scenes.wants(script, "vm:4", DesiredState.STOPPED);
    Scenes.reports(script, "vm:4", hostOf("vm:4"), Condition.STOPPED);
    looks();
    assertThat(status().tolerated()).contains(2);
    assertThat(told()).as("that more may fail is no warning").hasSize(1);
  }

  @Test
  void aHostThatIsDownHasFailedAlready() {
    eachHas(4);
    begins();
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    looks();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(status().answer()).isEqualTo(Answer.NO);
    assertThat(status().tolerated()).contains(0);
  }

  @Test
  void whereThePolicyDoesNotAskNothingIsTold() {
    script.put(policy(AdmissionPolicy.DEFAULT.with(Action.OFF)));
    eachHas(6);
    begins();
    assertThat(script.status().admission()).isEmpty();
    assertThat(told()).isEmpty();
    write(policy(AdmissionPolicy.DEFAULT));
    assertThat(status().answer()).isEqualTo(Answer.UNKNOWN);
    looks();
    assertThat(status().answer()).isEqualTo(Answer.NO);
  }

  @Test
  void anotherQuestionHasAnotherAnswer() {
    eachHas(2);
    begins();
    assertThat(status().tolerated()).contains(2);
    AdmissionPolicy all = new AdmissionPolicy(Action.WARN, 3, Rule.Level.HOST);
    write(policy(all));
    looks();
    assertThat(status().policy()).isEqualTo(all);
    assertThat(status().answer()).isEqualTo(Answer.NO);
    assertThat(status().reason()).startsWith("not any 3 hosts may fail: without [host1");
  }

  @Test
  void rulesCountAndHostsThatComeAndGo() {
    eachHas(1);
    begins();
    write(
        new StateRecord.RuleConfig(
            new Rule.WorkloadAffinity(
                "apart",
                new TreeSet<>(
                    List.of(
                        WorkloadId.parse("vm:1"),
                        WorkloadId.parse("vm:2"),
                        WorkloadId.parse("vm:3"))),
                Rule.Kind.NEGATIVE,
                Rule.Level.HOST,
                true)));
    looks();
    assertThat(status().answer()).isEqualTo(Answer.NO);
    write(new StateRecord.HostConfig(Host.of("host1", Capacity.of(100, 100_000))));
    looks();
    assertThat(status().answer()).isEqualTo(Answer.NO);
  }

  @Test
  void aNewLeaderLooksItself() {
    eachHas(6);
    begins();
    script.connection(io.holdfast.api.spi.Membership.Connection.LOST);
    assertThat(script.status().admission()).isEmpty();
  }

  // Refusing

  @Test
  void whatWouldBreakItIsNotStartedForTheFirstTime() {
    script.put(policy(refusing()));
    eachHas(4);
    script.put(vm("vm:4", 4)).put(vm("vm:5", 4));
    begins();
    assertThat(script.orderedOn("vm:4")).hasSize(1);
    assertThat(script.orderedOn("vm:5")).isEmpty();
    assertThat(status().answer()).isEqualTo(Answer.YES);
    assertThat(script.statusOf("vm:5").reason())
        .startsWith("not admitted: with it not any host may fail, without [")
        .endsWith("; more room, or a policy that asks for less, admits it");
    assertThat(script.explainWorkload("vm:5").waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Waiting.Kind.ADMISSION);
  }

  /** vm:1 needs 5 processors on host1 or host2: with vm:2 on host2 it would find none there. */
  @Test
  void whereItWouldBreakItOnTheBestHostAnotherIsTried() {
    script.put(policy(refusing()));
    TreeMap<String, String> ssd = new TreeMap<>(Map.of("disk", "ssd"));
    for (String host : List.of("host1", "host2")) {
      script.put(
          new StateRecord.HostConfig(
              new Host(new HostId(host), Capacity.of(8, 8192), List.of(), ssd, new TreeSet<>())));
    }
    var spec = vm("vm:1", 5).workload();
    script.put(
        new WorkloadConfig(spec.withPolicy(spec.policy().toBuilder().requires(ssd).build())));
    begins();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    write(vm("vm:2", 4));
    assertThat(script.orderedOn("vm:2")).containsExactly("host3");
    assertThat(
            script.told(HaEvent.StartIntended.class).stream()
                .filter(start -> start.workload().toString().equals("vm:2"))
                .map(HaEvent.StartIntended::why))
        .containsExactly("on host2 it would not be admitted");
    looks();
    assertThat(status().answer()).isEqualTo(Answer.YES);
  }

  @Test
  void itIsStartedWhenThereIsMoreRoom() {
    whatWouldBreakItIsNotStartedForTheFirstTime();
    write(new StateRecord.HostConfig(Host.of("host1", Capacity.of(16, 8192))));
    write(new StateRecord.HostConfig(Host.of("host2", Capacity.of(16, 8192))));
    looks();
    assertThat(script.orderedOn("vm:5")).hasSize(1);
  }

  @Test
  void itIsStartedWhenThePolicyAsksForLess() {
    whatWouldBreakItIsNotStartedForTheFirstTime();
    write(policy(AdmissionPolicy.DEFAULT));
    assertThat(script.orderedOn("vm:5")).hasSize(1);
  }

  @Test
  void whereManyAreRefusedTheOthersAreAskedAfterTheNextLooks() {
    script.put(policy(refusing()));
    eachHas(4);
    script.put(vm("vm:4", 4));
    for (int i = 50; i < 75; i++) {
      script.put(vm("vm:" + i, 4));
    }
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    reportsAll();
    assertThat(refusedWith("not admitted: ")).isBetween(1L, 10L);
    assertThat(refusedWith("not admitted yet: ")).isPositive();
    looks();
    assertThat(refusedWith("not admitted: ")).isGreaterThan(10);
    looks();
    assertThat(refusedWith("not admitted yet: ")).isZero();
  }

  private long refusedWith(String words) {
    return IntStream.range(50, 75)
        .filter(i -> script.statusOf("vm:" + i).reason().startsWith(words))
        .count();
  }

  @Test
  void aFailoverIsNeverRefused() {
    script.put(policy(refusing()));
    eachHas(4);
    script.put(vm("vm:4", 4));
    begins();
    script.fallsSilent("host3");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    looks();
    for (int i = 1; i <= 4; i++) {
      assertThat(script.statusOf("vm:" + i).status()).isEqualTo(WorkloadStatus.STARTED);
    }
    assertThat(status().answer()).isEqualTo(Answer.NO);
  }

  @Test
  void whatRanBeforeIsStartedAgain() {
    script.put(policy(refusing()));
    eachHas(4);
    begins();
    Scenes.wants(script, "vm:3", DesiredState.STOPPED);
    Scenes.reports(script, "vm:3", hostOf("vm:3"), Condition.STOPPED);
    write(vm("vm:4", 4));
    write(vm("vm:5", 4));
    reportsAll();
    looks();
    Scenes.wants(script, "vm:3", DesiredState.STARTED);
    looks();
    assertThat(script.statusOf("vm:3").status()).isEqualTo(WorkloadStatus.STARTED);
  }
}
