package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.AdmissionStatus.Answer;
import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.HostConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Where the policy warns, a first start with which the failures would not be survived any more is
 * done, and told of once. Three hosts of 8 processors; four workloads of 4 leave room for one.
 */
class StartWarningsTest {
  private final ControllerScript script = new ControllerScript("host1", "host2", "host3");

  private static WorkloadConfig vm(String id, long processors) {
    return new WorkloadConfig(
        Scenes.newWorkload(id).workload().withDemand(Capacity.of(processors, 16)));
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

  private void fourRun() {
    for (int i = 1; i <= 4; i++) {
      script.put(vm("vm:" + i, 4));
    }
    begins();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.YES);
    assertThat(warned()).isEmpty();
  }

  private List<HaEvent.AdmissionWarned> warned() {
    return script.told(HaEvent.AdmissionWarned.class);
  }

  private List<String> whoIsBlamed() {
    return warned().stream().map(told -> told.workload().toString()).toList();
  }

  private String why(String id) {
    return script.told(HaEvent.StartIntended.class).stream()
        .filter(start -> start.workload().toString().equals(id))
        .map(HaEvent.StartIntended::why)
        .reduce("", (one, other) -> one + other);
  }

  @Test
  void whatBreaksItIsStartedAndToldOfOnce() {
    fourRun();
    write(vm("vm:5", 4));
    assertThat(script.orderedOn("vm:5")).hasSize(1);
    assertThat(warned()).hasSize(1);
    HaEvent.AdmissionWarned told = warned().get(0);
    assertThat(told.workload()).hasToString("vm:5");
    assertThat(told.host()).hasToString(script.orderedOn("vm:5").get(0));
    assertThat(told.reason())
        .startsWith("with it not any host may fail, without [host")
        .contains(" no host would be found for [vm:");
    assertThat(why("vm:5")).endsWith("; " + told.reason());
    assertThat(script.statusOf("vm:5").reason()).endsWith("; " + told.reason());
    looks();
    looks();
    assertThat(script.statusOf("vm:5").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(warned()).as("once").hasSize(1);
    assertThat(script.told(HaEvent.AdmissionChanged.class)).hasSize(1);
    assertThat(script.explainWorkload("vm:5").reason())
        .endsWith("; it was started although " + told.reason());
    assertThat(script.explainWorkload("vm:4").reason()).doesNotContain("although");
  }

  @Test
  void whatIsStartedWhileItIsBrokenAnywayIsNotToldOf() {
    fourRun();
    write(vm("vm:5", 4));
    looks();
    write(vm("vm:6", 1));
    looks();
    assertThat(script.orderedOn("vm:6")).hasSize(1);
    assertThat(warned()).hasSize(1);
  }

  @Test
  void whenItIsSurvivedAgainTheExplanationSaysNothingOfIt() {
    fourRun();
    write(vm("vm:5", 4));
    looks();
    for (String host : List.of("host1", "host2", "host3")) {
      write(new HostConfig(Host.of(host, Capacity.of(16, 8192))));
    }
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.YES);
    assertThat(script.explainWorkload("vm:5").reason()).doesNotContain("although");
    write(vm("vm:6", 16));
    assertThat(warned()).as("no host has so much left").hasSize(1);
  }

  /** Whoever waits for a host that is large enough has not been started. */
  @Test
  void whatWaitsBesideItDoesNotMakeItTheOneThatBreaksIt() {
    fourRun();
    write(vm("vm:big", 9));
    assertThat(script.orderedOn("vm:big")).isEmpty();
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    write(vm("vm:small", 0));
    assertThat(script.orderedOn("vm:small")).hasSize(1);
    assertThat(warned()).isEmpty();
    write(vm("vm:5", 3));
    assertThat(script.orderedOn("vm:5")).hasSize(1);
    assertThat(whoIsBlamed()).containsExactly("vm:5");
  }

  /** Before the first look nothing is known of the cluster. */
  @Test
  void whatWasNotLookedIntoIsToldOfAfterTheNextLook() {
    for (int i = 1; i <= 5; i++) {
      script.put(vm("vm:" + i, 4));
    }
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    reportsAll();
    assertThat(warned()).isEmpty();
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    assertThat(whoIsBlamed()).as("without it it would be survived").containsExactly("vm:5");
    assertThat(warned().get(0).host()).hasToString(script.orderedOn("vm:5").get(0));
    assertThat(warned().get(0).reason()).startsWith("with it not any host may fail, without [host");
    assertThat(script.explainWorkload("vm:5").reason())
        .endsWith("; it was started although " + warned().get(0).reason());
    looks();
    looks();
    assertThat(whoIsBlamed()).as("once").hasSize(1);
  }

  @Test
  void whereManyStartAtOnceTheRestIsToldOfAfterTheNextLook() {
    fourRun();
    manyStart();
    write(vm("vm:5", 4));
    assertThat(script.orderedOn("vm:5")).hasSize(1);
    assertThat(warned()).isEmpty();
    write(vm("vm:small", 0));
    looks();
    assertThat(whoIsBlamed()).containsExactly("vm:5");
  }

  /** No more is looked into at once before the next look. */
  private void manyStart() {
    for (int i = 0; i < StartWarnings.MOST_ASKED; i++) {
      write(vm("vm:none" + i, 0));
      reportsAll();
    }
  }

  @Test
  void whereMoreStartAtOnceThanOneLookCanLookIntoTheNextLooksGoOn() {
    fourRun();
    manyStart();
    for (int i = 0; i < StartWarnings.MOST_ASKED; i++) {
      write(vm("vm:more" + i, 0));
    }
    write(vm("vm:5", 4));
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    assertThat(warned()).isEmpty();
    looks();
    assertThat(whoIsBlamed()).containsExactly("vm:5");
  }

  @Test
  void whatWaitsDoesNotHideWhatWasNotLookedInto() {
    fourRun();
    write(vm("vm:big", 9));
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    manyStart();
    write(vm("vm:5", 3));
    looks();
    assertThat(whoIsBlamed()).containsExactly("vm:5");
  }

  @Test
  void whatWaitsSinceTheLastLookIsNotBlamedOnWhatStarts() {
    fourRun();
    manyStart();
    write(vm("vm:big", 9));
    write(vm("vm:small", 0));
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    assertThat(warned()).isEmpty();
  }

  @Test
  void aHostThatFailsIsNotBlamedOnWhatStarts() {
    fourRun();
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    write(vm("vm:small", 0));
    assertThat(script.orderedOn("vm:small")).hasSize(1);
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    assertThat(warned()).isEmpty();
  }

  @Test
  void whatWasBrokenUnderTheControllerBeforeIsNotBlamedOnWhatStarts() {
    fourRun();
    write(vm("vm:5", 4));
    looks();
    assertThat(whoIsBlamed()).containsExactly("vm:5");
    script.connection(Connection.LOST);
    script.leads(2).allReport("host1", "host2", "host3");
    write(vm("vm:small", 0));
    reportsAll();
    assertThat(script.orderedOn("vm:small")).hasSize(1);
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    assertThat(whoIsBlamed()).containsExactly("vm:5");
  }

  /** Whether it is a failure is about to be decided, and that comes first. */
  @Test
  void whatStartsWhileAHostIsSuspectedIsToldOfLater() {
    fourRun();
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter());
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    write(vm("vm:5", 4));
    assertThat(script.orderedOn("vm:5")).hasSize(1);
    assertThat(warned()).isEmpty();
    script.isHeardAgain("host1");
    looks();
    assertThat(whoIsBlamed()).containsExactly("vm:5");
  }

  @Test
  void whatIsMeasuredDoesNotKeepStartsFromBeingLookedInto() {
    for (int i = 0; i <= 200; i++) {
      script.put(vm("vm:none" + i, 0));
    }
    fourRun();
    looks();
    for (int i = 0; i <= 200; i++) {
      String host = script.statusOf("vm:none" + i).host().orElseThrow().value();
      script.measures(host, "vm:none" + i, Capacity.of(1, 8));
    }
    reportsAll();
    write(vm("vm:5", 4));
    assertThat(whoIsBlamed()).containsExactly("vm:5");
  }

  @Test
  void whatStillWaitsIsNoReasonToSayThatAnotherBreaksIt() {
    fourRun();
    write(vm("vm:5", 4));
    write(vm("vm:big", 17));
    for (String host : List.of("host1", "host2", "host3")) {
      write(new HostConfig(Host.of(host, Capacity.of(16, 8192))));
    }
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    assertThat(script.explainWorkload("vm:5").reason()).doesNotContain("although");
  }

  @Test
  void aFailoverAndAStartAgainAreNotToldOf() {
    fourRun();
    Scenes.wants(script, "vm:4", DesiredState.STOPPED);
    String host = script.statusOf("vm:4").host().orElseThrow().value();
    Scenes.reports(script, "vm:4", host, Condition.STOPPED);
    looks();
    write(vm("vm:5", 4));
    looks();
    assertThat(warned()).isEmpty();
    Scenes.wants(script, "vm:4", DesiredState.STARTED);
    looks();
    script.fallsSilent("host3");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.NO);
    assertThat(warned()).isEmpty();
  }

  @Test
  void whereThePolicyDoesNotAskNothingIsToldOf() {
    ClusterConfig off =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .admission(AdmissionPolicy.DEFAULT.with(Action.OFF))
                .build());
    script.put(off);
    for (int i = 1; i <= 4; i++) {
      script.put(vm("vm:" + i, 4));
    }
    begins();
    write(vm("vm:5", 4));
    looks();
    assertThat(script.orderedOn("vm:5")).hasSize(1);
    assertThat(warned()).isEmpty();
  }
}
