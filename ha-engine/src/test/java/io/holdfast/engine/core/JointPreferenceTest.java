package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostUse;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Workload;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The platform's own comparison decides in plans for several, too, where they leave a choice. Of 8
 * processors host2 has 4 left, host3 has 3, host4 and host5 have 1 each. As host3 is preferred to
 * host2, one after the other vm:1 and vm:2 leave vm:3 without room; vm:4 fits on host4 and host5.
 */
class JointPreferenceTest {
  private static final String[] HOSTS = {"host1", "host2", "host3", "host4", "host5"};
  private static final String WHY =
      "planned for 4 workloads together, as one after the other not all would find room; between"
          + " hosts with room as own prefers";

  private final ControllerScript script = ControllerScript.withPreference(this::cost, HOSTS);
  private final List<String> asked = new ArrayList<>();
  private String preferred = "";
  private int placed;

  private long cost(Workload workload, HostUse host) {
    String name = host.host().id().value();
    asked.add("%s %s %s %d".formatted(workload.id(), name, host.taken(), host.workloads()));
    return name.equals(preferred) || name.equals("host3") ? 0 : 1;
  }

  private void on(String host, String id, long processors) {
    Workload spec = Scenes.newWorkload(id).workload().withDemand(Capacity.of(processors, 16));
    script.put(new WorkloadConfig(spec));
    script.put(
        Placement.none(spec.id())
            .withOwner(
                new Placement.Owner(
                    new HostId(host), new Incarnation(1), new OpId(1, ++placed), Goal.RUN)));
  }

  private void theyRun(String better) {
    preferred = better;
    on("host1", "vm:1", 2);
    on("host1", "vm:2", 2);
    on("host1", "vm:3", 3);
    on("host1", "vm:4", 1);
    on("host2", "vm:6", 4);
    on("host3", "vm:7", 5);
    on("host4", "vm:8", 7);
    on("host5", "vm:9", 7);
    script.seesLeases().leads(2).allReport(HOSTS);
    List.of(HOSTS).forEach(script::reports);
    asked.clear();
  }

  private Optional<String> hostOf(String id) {
    return script.statusOf(id).host().map(HostId::value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"host4", "host5"})
  void whatWasLostTogetherGoesWhereItIsPreferredAsFarAsOthersLeaveRoom(String better) {
    theyRun(better);
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(hostOf("vm:1")).contains("host2");
    assertThat(hostOf("vm:2")).contains("host2");
    assertThat(hostOf("vm:3")).contains("host3");
    assertThat(hostOf("vm:4")).contains(better);
    assertThat(script.told(HaEvent.StartIntended.class))
        .extracting(HaEvent.StartIntended::why)
        .hasSize(4)
        .containsOnly(WHY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"host4", "host5"})
  void soDoesWhatLeavesAHostTogether(String better) {
    theyRun(better);
    var steps = script.maintenancePlan("host1").steps();
    assertThat(steps)
        .extracting(step -> step.workload() + " " + step.target().map(HostId::value).orElse("-"))
        .containsExactly("vm:1 host2", "vm:2 host2", "vm:3 host3", "vm:4 " + better);
    assertThat(steps).allMatch(step -> step.why().equals(WHY));
    List<String> first = List.copyOf(asked);
    asked.clear();
    script.maintenancePlan("host1");
    assertThat(asked).as("the same questions").isEqualTo(first);
    assertThat(asked)
        .as("with the others where they are planned to be")
        .contains("vm:4 host4 %s 1".formatted(Capacity.of(7, 16)));
  }
}
