package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.AdmissionStatus;
import io.holdfast.api.AdmissionStatus.Answer;
import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostState;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.HostConfig;
import io.holdfast.engine.record.StateRecord.RuleConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What becomes of what is known when a cluster grows, its policy changes, or a look does not get to
 * the end. Only four hosts are up, with 8 processors each; the others have never been heard of.
 */
class ChangingAdmissionTest {
  private static final String[] UP = {"host1", "host2", "host3", "host4"};
  private static final Duration MINUTE = Duration.ofSeconds(61);
  private static final Duration SECONDS = Duration.ofSeconds(11);

  private final ControllerScript script = new ControllerScript(UP);

  private static WorkloadConfig vm(String id, long processors) {
    return new WorkloadConfig(
        Scenes.newWorkload(id).workload().withDemand(Capacity.of(processors, 16)));
  }

  private static ClusterConfig policy(Action action, int failures) {
    AdmissionPolicy admission = new AdmissionPolicy(action, failures, Rule.Level.HOST);
    return new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().admission(admission).build());
  }

  /** No two of them are alike. */
  private static HostConfig host(int number) {
    return new HostConfig(Host.of("more" + number, Capacity.of(number, 8192)));
  }

  private void begins(Action action, int failures, int hosts) {
    script.put(policy(action, failures));
    for (int number = UP.length + 1; number <= hosts; number++) {
      script.put(host(number));
    }
    script.seesLeases().leads(1).allReport(UP);
    report();
  }

  private void report() {
    List.of(UP).forEach(script::reports);
  }

  private void looks(Duration after) {
    script.passes(after);
    script.resyncs();
    report();
  }

  private void write(StateRecord record) {
    script.put(record).reread(record.key());
  }

  private AdmissionStatus status() {
    return script.status().admission().orElseThrow();
  }

  /** Sums over all sets prove nothing then. */
  private void areTogether(String one, String other) {
    TreeSet<WorkloadId> both =
        new TreeSet<>(List.of(WorkloadId.parse(one), WorkloadId.parse(other)));
    script.put(vm(one, 1)).put(vm(other, 1));
    script.put(
        new RuleConfig(
            new Rule.WorkloadAffinity(
                "together", both, Rule.Kind.POSITIVE, Rule.Level.HOST, true)));
  }

  @Test
  void whereThereAreTooManyFailuresSinceItHasGrownNothingWaitsForEver() {
    script.put(vm("vm:1", 1));
    begins(Action.REFUSE, 2, 315);
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.YES);
    assertThat(script.orderedOn("vm:1")).hasSize(1);
    write(host(316));
    write(vm("vm:2", 1));
    looks(MINUTE);
    assertThat(status().reason()).endsWith("there are too many such failures");
    assertThat(script.orderedOn("vm:2")).hasSize(1);
    write(vm("vm:3", 1));
    assertThat(script.orderedOn("vm:3")).hasSize(1);
  }

  @Test
  void whatHasGrownTooLargeIsNotLookedAt() {
    script.put(vm("vm:1", 1));
    begins(Action.WARN, 1, 1000);
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.YES);
    write(host(1001));
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.UNKNOWN);
    assertThat(status().reason())
        .isEqualTo(
            "whether any host may fail is not known: more than 1000 hosts or 50000 workloads are"
                + " not looked at");
  }

  @Test
  void whatHasBecomeSmallEnoughIsLookedAt() {
    whatHasGrownTooLargeIsNotLookedAt();
    StateRecord gone = host(1001);
    script.store.remove(gone.key());
    script.reread(gone.key());
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.YES);
  }

  /** When any two of the four fail, the others take four workloads of 4 processors. */
  @Test
  void whatStartedWhileThePolicyOnlyWarnedCountsWhenItRefusesAgain() {
    for (int i = 1; i <= 3; i++) {
      script.put(vm("vm:" + i, 4));
    }
    begins(Action.REFUSE, 2, UP.length);
    looks(SECONDS);
    assertThat(status().answer()).isEqualTo(Answer.YES);
    write(policy(Action.WARN, 2));
    write(vm("vm:4", 4));
    assertThat(script.orderedOn("vm:4")).hasSize(1);
    write(policy(Action.REFUSE, 2));
    write(vm("vm:5", 4));
    assertThat(script.orderedOn("vm:5")).isEmpty();
    assertThat(script.statusOf("vm:5").reason()).startsWith("not admitted: with it ");
  }

  @Test
  void aLookThatDoesNotGetToTheEndGoesOnAtTheNext() {
    areTogether("vm:1", "vm:2");
    begins(Action.WARN, 2, 315);
    looks(MINUTE);
    assertThat(status().reason()).endsWith("that would take too long to find out");
    for (int more = 0; more < 4; more++) {
      looks(MINUTE);
    }
    assertThat(status().answer()).isEqualTo(Answer.YES);
  }

  @Test
  void whatWaitsDoesNotKeepTheAnswerFromBeingFound() {
    areTogether("vm:1", "vm:2");
    begins(Action.WARN, 2, 250);
    for (int look = 0; look < 4; look++) {
      looks(MINUTE);
    }
    assertThat(status().answer()).isEqualTo(Answer.YES);
    var spec = vm("vm:waits", 1).workload();
    var onAnother = new TreeSet<>(List.of(WorkloadId.parse("vm:never")));
    write(
        new WorkloadConfig(
            spec.withPolicy(spec.policy().toBuilder().dependsOn(onAnother).build())));
    for (int look = 0; look < 3; look++) {
      looks(MINUTE);
    }
    assertThat(script.orderedOn("vm:waits")).isEmpty();
    assertThat(status().answer()).isEqualTo(Answer.YES);
  }

  /** For two minutes after a host has lost its storage much else may have to be done. */
  @Test
  void whatStartsWhileSomethingIsAmissIsToldOfByALookThatIsTaken() {
    script.condition("host4", "storage", false);
    begins(Action.WARN, 1, UP.length);
    assertThat(script.stateOf("host4")).isEqualTo(HostState.STORAGE_LOST);
    for (int i = 1; i <= 4; i++) {
      write(vm("vm:" + i, 4));
      report();
    }
    looks(SECONDS);
    assertThat(status().answer()).isEqualTo(Answer.YES);
    write(vm("vm:5", 4));
    assertThat(script.orderedOn("vm:5")).hasSize(1);
    assertThat(script.told(HaEvent.AdmissionWarned.class)).isEmpty();
    looks(SECONDS);
    assertThat(script.told(HaEvent.AdmissionWarned.class))
        .extracting(told -> told.workload().toString())
        .containsExactly("vm:5");
  }
}
