package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.AdmissionStatus;
import io.holdfast.api.AdmissionStatus.Answer;
import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Rule;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.HostConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A cluster that is looked at once a minute, and while nothing fails. Only the first two hosts are
 * ones for what needs a fast disk, and each has room for one such workload.
 */
class LargeAdmissionTest {
  private static final String[] HOSTS =
      IntStream.rangeClosed(1, 301).mapToObj("host%03d"::formatted).toArray(String[]::new);
  private static final TreeMap<String, String> FAST = new TreeMap<>(Map.of("disk", "fast"));
  private static final Duration MINUTE = Duration.ofSeconds(61);

  private final ControllerScript script = new ControllerScript(HOSTS);

  private static WorkloadConfig fast(String id) {
    var spec = Scenes.newWorkload(id).workload().withDemand(Capacity.of(5, 16));
    return new WorkloadConfig(spec.withPolicy(spec.policy().toBuilder().requires(FAST).build()));
  }

  private void policy(AdmissionPolicy admission) {
    script.put(
        new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().admission(admission).build()));
  }

  private void begins() {
    leads();
    assertThat(script.orderedOn("vm:1")).hasSize(1);
  }

  private void leads() {
    for (String host : List.of(HOSTS).subList(0, 2)) {
      script.put(
          new HostConfig(
              new Host(new HostId(host), Capacity.of(8, 8192), List.of(), FAST, new TreeSet<>())));
    }
    script.put(fast("vm:1"));
    script.seesLeases().leads(1).allReport(HOSTS);
    report();
  }

  private void report() {
    List.of(HOSTS).subList(0, 2).forEach(script::reports);
  }

  private void looks(Duration after) {
    script.passes(after);
    script.resyncs();
    report();
  }

  private AdmissionStatus status() {
    return script.status().admission().orElseThrow();
  }

  private void write(StateRecord record) {
    script.put(record).reread(record.key());
  }

  @Test
  void itIsLookedAtAndToldOf() {
    begins();
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.YES);
    write(fast("vm:2"));
    report();
    assertThat(script.orderedOn("vm:2")).hasSize(1);
    assertThat(script.told(HaEvent.AdmissionWarned.class)).hasSize(1);
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.NO);
    assertThat(script.told(HaEvent.AdmissionChanged.class)).hasSize(1);
  }

  @Test
  void noDecisionAboutAFailureWaitsForALook() {
    begins();
    script.fallsSilent("host300");
    script.silencePasses();
    looks(Duration.ofSeconds(10));
    assertThat(status().answer()).isEqualTo(Answer.UNKNOWN);
    assertThat(status().reason()).endsWith("it is not looked at yet");
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    looks(Duration.ofSeconds(1));
    assertThat(status().answer()).isEqualTo(Answer.YES);
  }

  @Test
  void whatMayBeRefusedWaitsForTheFirstLook() {
    policy(AdmissionPolicy.DEFAULT.with(Action.REFUSE));
    leads();
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).startsWith("not admitted yet: ");
    looks(MINUTE);
    assertThat(script.orderedOn("vm:1")).hasSize(1);
    write(fast("vm:2"));
    assertThat(script.orderedOn("vm:2")).isEmpty();
    assertThat(script.statusOf("vm:2").reason()).startsWith("not admitted: with it ");
  }

  @Test
  void moreFailuresThanCanBeKeptTrackOfAreNotLookedAt() {
    policy(new AdmissionPolicy(Action.WARN, 3, Rule.Level.HOST));
    begins();
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.UNKNOWN);
    assertThat(status().reason())
        .isEqualTo(
            "whether any 3 hosts may fail is not known: with more than 300 hosts or 15000 workloads"
                + " there are too many such failures");
  }

  @Test
  void whatCannotBeLookedAtIsNotRefused() {
    policy(new AdmissionPolicy(Action.REFUSE, 3, Rule.Level.HOST));
    leads();
    looks(MINUTE);
    assertThat(script.orderedOn("vm:1")).hasSize(1);
    write(fast("vm:2"));
    assertThat(script.orderedOn("vm:2")).hasSize(1);
  }
}
