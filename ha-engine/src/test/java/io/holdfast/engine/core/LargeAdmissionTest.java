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
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.HostConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
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
    return onDisk(id, FAST);
  }

  private static WorkloadConfig onDisk(String id, SortedMap<String, String> labels) {
    var spec = Scenes.newWorkload(id).workload().withDemand(Capacity.of(5, 16));
    return new WorkloadConfig(spec.withPolicy(spec.policy().toBuilder().requires(labels).build()));
  }

  private void hasDisk(String host, SortedMap<String, String> labels) {
    script.put(
        new HostConfig(
            new Host(new HostId(host), Capacity.of(8, 8192), List.of(), labels, new TreeSet<>())));
  }

  private void policy(AdmissionPolicy admission) {
    script.put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().admission(admission).build()));
  }

  private void begins() {
    leads();
    assertThat(script.orderedOn("vm:1")).hasSize(1);
  }

  private void leads() {
    List.of(HOSTS).subList(0, 2).forEach(host -> hasDisk(host, FAST));
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

  /** Each comparison names all hosts; a start between two looks is looked into all the same. */
  @Test
  void comparisonsThatFindNothingNewDoNotKeepStartsFromBeingLookedInto() {
    begins();
    looks(MINUTE);
    looks(Duration.ofSeconds(1));
    looks(Duration.ofSeconds(1));
    write(fast("vm:2"));
    assertThat(script.told(HaEvent.AdmissionWarned.class)).hasSize(1);
  }

  @Test
  void whatStartsAfterManyHostsHaveChangedIsToldOfAfterTheNextLook() {
    begins();
    looks(MINUTE);
    for (String host : List.of(HOSTS).subList(2, 301)) {
      script.put(new HostConfig(Host.of(host, Capacity.of(16, 8192))));
    }
    looks(Duration.ofSeconds(1));
    write(fast("vm:2"));
    report();
    assertThat(script.orderedOn("vm:2")).hasSize(1);
    assertThat(script.told(HaEvent.AdmissionWarned.class)).isEmpty();
    looks(MINUTE);
    assertThat(script.told(HaEvent.AdmissionWarned.class)).hasSize(1);
  }

  @Test
  void noDecisionAboutAFailureWaitsForALook() {
    TreeMap<String, String> slow = new TreeMap<>(Map.of("disk", "slow"));
    List.of("host100", "host200", "host300").forEach(host -> hasDisk(host, slow));
    script.put(onDisk("vm:slow", slow));
    begins();
    script.reports("host100");
    script.fallsSilent("host100");
    script.silencePasses();
    looks(Duration.ofSeconds(31));
    assertThat(script.stateOf("host100")).isEqualTo(HostState.FENCING);
    assertThat(status().answer()).isEqualTo(Answer.UNKNOWN);
    assertThat(status().reason()).endsWith("it is not looked at yet");
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:slow")).containsExactly("host100", "host200");
    looks(Duration.ofSeconds(1));
    assertThat(status().answer()).isEqualTo(Answer.YES);
  }

  /** Nobody asks a device about it, so it may stay so for days. */
  @Test
  void aSilentHostThatNothingWaitsForDoesNotHoldUpTheLook() {
    begins();
    script.fallsSilent("host300");
    script.silencePasses();
    assertThat(script.stateOf("host300")).isEqualTo(HostState.LOST);
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.YES);
  }

  /** What lost its host and finds no other may stay so for days, and so may a lost storage. */
  @Test
  void whatStaysAmissDoesNotHoldUpTheLooks() {
    TreeMap<String, String> slow = new TreeMap<>(Map.of("disk", "slow"));
    hasDisk("host100", slow);
    script.put(onDisk("vm:slow", slow));
    begins();
    script.reports("host100");
    script.condition("host300", "storage", false);
    script.reports("host300");
    assertThat(script.stateOf("host300")).isEqualTo(HostState.STORAGE_LOST);
    script.fallsSilent("host100");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.statusOf("vm:slow").status()).isEqualTo(WorkloadStatus.RECOVERING);
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.UNKNOWN);
    looks(MINUTE);
    assertThat(status().answer()).isEqualTo(Answer.NO);
    assertThat(status().unplaced()).hasToString("[vm:slow]");
  }

  @Test
  void whatMayBeRefusedWaitsForTheFirstLook() {
    policy(AdmissionPolicy.DEFAULT.with(Action.REFUSE));
    leads();
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo(
            "not admitted yet: a cluster of this size is looked into when it is compared with the"
                + " store, at most once a minute, and while anything fails only after 10 minutes");
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

  @Test
  void whatCouldNotBeLookedAtIsNoReasonToAdmitWhenThePolicyAsksForLess() {
    whatCannotBeLookedAtIsNotRefused();
    report();
    write(
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .admission(AdmissionPolicy.DEFAULT.with(Action.REFUSE))
                .build()));
    write(onDisk("vm:3", new TreeMap<>()));
    assertThat(script.orderedOn("vm:3")).isEmpty();
    assertThat(script.statusOf("vm:3").reason()).startsWith("not admitted yet: ");
    looks(MINUTE);
    assertThat(script.orderedOn("vm:3")).as("of what was broken before it").isEmpty();
    assertThat(script.statusOf("vm:3").reason()).startsWith("not admitted: with it ");
  }
}
