package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.AdmissionStatus.Answer;
import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
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
 * Any 3 of 70 hosts: more sets than are kept, so everything is worked out anew for every answer.
 * Only the first five hosts are ones for what needs a fast disk, and each has room for one such
 * workload.
 */
class ManyFailuresTest {
  private static final String[] HOSTS =
      IntStream.rangeClosed(1, 70).mapToObj("host%02d"::formatted).toArray(String[]::new);
  private static final TreeMap<String, String> FAST = new TreeMap<>(Map.of("disk", "fast"));

  private final ControllerScript script = new ControllerScript(HOSTS);

  private static WorkloadConfig fast(String id) {
    var spec = Scenes.newWorkload(id).workload().withDemand(Capacity.of(5, 16));
    return new WorkloadConfig(spec.withPolicy(spec.policy().toBuilder().requires(FAST).build()));
  }

  private static WorkloadConfig small(String id) {
    return new WorkloadConfig(Scenes.newWorkload(id).workload().withDemand(Capacity.of(0, 16)));
  }

  private void begins(Action action) {
    AdmissionPolicy any3 = new AdmissionPolicy(action, 3, Rule.Level.HOST);
    script.put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().admission(any3).build()));
    for (String host : List.of(HOSTS).subList(0, 5)) {
      script.put(
          new HostConfig(
              new Host(new HostId(host), Capacity.of(8, 8192), List.of(), FAST, new TreeSet<>())));
    }
    script.put(fast("vm:1")).put(fast("vm:2")).seesLeases().leads(1).allReport(HOSTS);
    looks();
    looks();
    assertThat(script.status().admission().orElseThrow().answer()).isEqualTo(Answer.YES);
  }

  private void looks() {
    script.passes(Duration.ofSeconds(11));
    script.resyncs();
    List.of(HOSTS).forEach(script::reports);
  }

  private void write(StateRecord record) {
    script.put(record).reread(record.key());
  }

  @Test
  void noStartWaitsUntilItIsLookedInto() {
    begins(Action.WARN);
    write(fast("vm:3"));
    assertThat(script.orderedOn("vm:3")).hasSize(1);
    assertThat(script.told(HaEvent.AdmissionWarned.class)).isEmpty();
    looks();
    assertThat(script.told(HaEvent.AdmissionWarned.class))
        .extracting(told -> told.workload().toString())
        .containsExactly("vm:3");
    assertThat(script.told(HaEvent.AdmissionWarned.class).get(0).reason())
        .startsWith("with it not any 3 hosts may fail, without [host0");
  }

  @Test
  void whatMayBeRefusedIsLookedIntoFewAtATime() {
    begins(Action.REFUSE);
    for (int i = 10; i < 22; i++) {
      script.put(small("vm:" + i));
    }
    script.resyncs();
    assertThat(started()).isEqualTo(10);
    looks();
    assertThat(started()).isEqualTo(12);
  }

  private long started() {
    return IntStream.range(10, 22).filter(i -> !script.orderedOn("vm:" + i).isEmpty()).count();
  }
}
