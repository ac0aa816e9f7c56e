package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.planning.PlanOptions.Strategy;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was lost together is packed together where one after the other would not all fit. */
class FailoverPlanTest {
  private final ControllerScript script = new ControllerScript("host1", "host2", "host3");
  private final List<String> lost = new ArrayList<>();
  private int placed;

  /** On a host of 8 processors. */
  private void on(String host, String id, long processors, Priority priority) {
    Workload spec = Scenes.newWorkload(id).workload();
    script.put(
        new WorkloadConfig(
            new Workload(
                spec.id(),
                priority,
                Capacity.of(processors, 16),
                spec.desired(),
                spec.origin(),
                spec.policy(),
                spec.lock())));
    script.put(
        Placement.none(spec.id())
            .withOwner(
                new Placement.Owner(
                    new HostId(host), new Incarnation(1), new OpId(1, ++placed), Goal.RUN)));
    if (host.equals("host1")) {
      lost.add(id);
    }
  }

  private void on(String host, String id, long processors) {
    on(host, id, processors, Priority.MEDIUM);
  }

  /** host2 has 4 processors left, host3 has 3. */
  private void othersAreNearlyFull() {
    on("host2", "vm:8", 4);
    on("host3", "vm:9", 5);
  }

  private void host1IsLost() {
    script.seesLeases().leads(2).allReport("host1", "host2", "host3");
    for (String host : List.of("host1", "host2", "host3")) {
      script.reports(host);
    }
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
  }

  private Optional<String> hostOf(String id) {
    return script.statusOf(id).host().map(HostId::value).filter(host -> !host.equals("host1"));
  }

  private List<String> down() {
    return lost.stream().filter(id -> hostOf(id).isEmpty()).toList();
  }

  private List<String> reasons() {
    return script.told(HaEvent.StartIntended.class).stream()
        .map(HaEvent.StartIntended::why)
        .filter(why -> why.contains("planned"))
        .toList();
  }

  @Test
  void oneAfterTheOtherTheLargestWouldFindNoRoom() {
    othersAreNearlyFull();
    on("host1", "vm:1", 2);
    on("host1", "vm:2", 2);
    on("host1", "vm:3", 3);
    host1IsLost();
    assertThat(down()).isEmpty();
    assertThat(hostOf("vm:3")).contains("host3");
    assertThat(reasons())
        .hasSize(3)
        .allMatch(
            why ->
                why.equals(
                    "planned for 3 workloads together, as one after the other not all would find"
                        + " room"));
  }

  @Test
  void whatWaitsForItsHostHasNoPlaceInThePlan() {
    othersAreNearlyFull();
    on("host1", "vm:1", 2);
    on("host1", "vm:2", 2);
    on("host1", "vm:3", 3);
    on("host1", "vm:4", 4, Priority.CRITICAL);
    WorkloadConfig waits = (WorkloadConfig) script.stored(new Key(Table.WORKLOAD, "vm:4"));
    WorkloadPolicy policy = WorkloadPolicy.DEFAULT.toBuilder().failover(false).build();
    script.put(new WorkloadConfig(waits.workload().withPolicy(policy)));
    host1IsLost();
    assertThat(down()).containsExactly("vm:4");
    assertThat(reasons()).hasSize(3);
  }

  @Test
  void whereOneAfterTheOtherFitsNothingIsPlanned() {
    othersAreNearlyFull();
    on("host1", "vm:1", 2);
    on("host1", "vm:2", 2);
    on("host1", "vm:3", 1);
    host1IsLost();
    assertThat(down()).isEmpty();
    assertThat(reasons()).isEmpty();
  }

  @Test
  void whatHasNoHostAnywayIsNoReasonToPlan() {
    othersAreNearlyFull();
    on("host1", "vm:1", 2);
    on("host1", "vm:2", 6);
    host1IsLost();
    assertThat(down()).containsExactly("vm:2");
    assertThat(reasons()).isEmpty();
  }

  @Test
  void aPlanThatLeavesOutAsManyIsNotFollowed() {
    othersAreNearlyFull();
    on("host1", "vm:1", 4);
    on("host1", "vm:2", 4);
    host1IsLost();
    assertThat(down()).containsExactly("vm:2");
    assertThat(reasons()).isEmpty();
  }

  @Test
  void whatThePlanHasNoPlaceForDoesNotTakeThatOfOthers() {
    othersAreNearlyFull();
    on("host1", "vm:1", 4);
    on("host1", "vm:2", 2);
    on("host1", "vm:3", 2);
    on("host1", "vm:4", 3);
    // One after the other vm:1 takes host2, vm:2 host3, and vm:3 and vm:4 are left.
    host1IsLost();
    assertThat(down()).containsExactly("vm:1");
  }

  @Test
  void theMoreImportantGoesFirstAlsoWhereFewerFitThen() {
    othersAreNearlyFull();
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host1", "vm:2", 2);
    on("host1", "vm:3", 2);
    on("host1", "vm:4", 3);
    host1IsLost();
    for (int i = 0; i < 3; i++) {
      script.reports("host2");
      script.reports("host3");
    }
    assertThat(down()).doesNotContain("vm:1").hasSize(2);
  }

  @Test
  void rulesHoldInAPlan() {
    othersAreNearlyFull();
    on("host1", "vm:1", 3);
    on("host1", "vm:2", 2);
    TreeMap<HostId, Integer> hosts = new TreeMap<>();
    hosts.put(new HostId("host1"), 1);
    hosts.put(new HostId("host2"), 1);
    script.put(
        new StateRecord.RuleConfig(
            new Rule.HostAffinity(
                "there", new TreeSet<>(List.of(WorkloadId.parse("vm:2"))), hosts, true)));
    // One after the other vm:1 takes host2, of which vm:2 needs more than is left.
    host1IsLost();
    assertThat(hostOf("vm:1")).contains("host3");
    assertThat(hostOf("vm:2")).contains("host2");
  }

  /** Whichever it is: all find room either way. */
  @ParameterizedTest
  @ValueSource(strings = {"host2", "host3"})
  void whatRulesPreferIsPreferredInAPlanToo(String preferred) {
    on("host2", "vm:8", 3);
    on("host3", "vm:9", 3);
    on("host1", "vm:1", 1);
    on("host1", "vm:2", 1);
    on("host1", "vm:3", 2);
    on("host1", "vm:4", 2);
    on("host1", "vm:5", 4);
    TreeMap<HostId, Integer> hosts = new TreeMap<>();
    hosts.put(new HostId("host1"), 2);
    hosts.put(new HostId(preferred), 1);
    script.put(
        new StateRecord.RuleConfig(
            new Rule.HostAffinity(
                "rather", new TreeSet<>(List.of(WorkloadId.parse("vm:1"))), hosts, false)));
    host1IsLost();
    for (int i = 0; i < 3; i++) {
      script.reports("host2");
      script.reports("host3");
    }
    assertThat(reasons()).hasSize(5);
    assertThat(hostOf("vm:1")).contains(preferred);
    assertThat(down()).isEmpty();
  }

  /** vm:3 waits for vm:1; vm:4, that the plan has no place for, would have room meanwhile. */
  @Test
  void whatIsPlannedForOneThatStillWaitsIsKeptForItForAWhile() {
    othersAreNearlyFull();
    on("host1", "vm:1", 2, Priority.HIGH);
    on("host1", "vm:2", 2, Priority.HIGH);
    on("host1", "vm:3", 3, Priority.HIGH);
    on("host1", "vm:4", 3, Priority.LOW);
    dependsOn("vm:3", "vm:7");
    host1IsLost();
    for (int i = 0; i < 3; i++) {
      script.reports("host2");
      script.reports("host3");
    }
    assertThat(down()).containsExactly("vm:3", "vm:4");
    assertThat(script.statusOf("vm:4").reason())
        .isEqualTo("what is free is kept for others that were planned for");
    script.passes(Duration.ofMinutes(2));
    assertThat(hostOf("vm:4")).contains("host3");
  }

  private void dependsOn(String id, String other) {
    Key key = new Key(Table.WORKLOAD, id);
    Workload spec = ((WorkloadConfig) script.stored(key)).workload();
    WorkloadPolicy policy =
        spec.policy().toBuilder()
            .dependsOn(new TreeSet<>(List.of(WorkloadId.parse(other))))
            .build();
    script.put(new WorkloadConfig(spec.withPolicy(policy)));
  }

  @Test
  void adviceThatIsNotAllowedAnyMoreIsPassedOver() {
    Known known = new Known();
    FailoverPlan plan = new FailoverPlan(known.state);
    plans(known, plan);
    WorkloadEntry third = known.state.workload(WorkloadId.parse("vm:3"));
    assertThat(plan.adviceFor(third, new TreeSet<>()))
        .get()
        .extracting(choice -> ((io.holdfast.engine.placement.Choice.Chosen) choice).host())
        .isEqualTo(new HostId("host3"));
    assertThat(plan.adviceFor(third, new TreeSet<>(List.of(new HostId("host3"))))).isEmpty();
    known.on("vm:7", "host3", io.holdfast.engine.record.HostReport.Condition.RUNNING);
    assertThat(plan.adviceFor(third, new TreeSet<>())).as("its room is taken").isEmpty();
  }

  @Test
  void whoLeavesTheQueueIsForgottenAndAReadingAnewForgetsAll() {
    Known known = new Known();
    FailoverPlan plan = new FailoverPlan(known.state);
    plans(known, plan);
    plan.forget(WorkloadId.parse("vm:3"));
    assertThat(plan.adviceFor(known.state.workload(WorkloadId.parse("vm:3")), new TreeSet<>()))
        .isEmpty();
    assertThat(plan.adviceFor(known.state.workload(WorkloadId.parse("vm:1")), new TreeSet<>()))
        .isPresent();
    plan.reset();
    assertThat(plan.adviceFor(known.state.workload(WorkloadId.parse("vm:1")), new TreeSet<>()))
        .isEmpty();
  }

  @Test
  void nothingIsPlannedAnewUnlessThereIsAReason() {
    Known known = new Known();
    FailoverPlan plan = new FailoverPlan(known.state);
    plans(known, plan);
    WorkloadEntry first = known.state.workload(WorkloadId.parse("vm:1"));
    plan.forget(first.id);
    plan.make(known.state.workloads.keySet());
    assertThat(plan.adviceFor(first, new TreeSet<>())).isEmpty();
    plan.want();
    plan.make(known.state.workloads.keySet());
    assertThat(plan.adviceFor(first, new TreeSet<>())).isPresent();
  }

  private static void plans(Known known, FailoverPlan plan) {
    needs(
        known.on("vm:8", "host2", io.holdfast.engine.record.HostReport.Condition.RUNNING),
        known,
        4);
    needs(
        known.on("vm:9", "host3", io.holdfast.engine.record.HostReport.Condition.RUNNING),
        known,
        5);
    needs(lost(known, "vm:1"), known, 2);
    needs(lost(known, "vm:2"), known, 2);
    needs(lost(known, "vm:3"), known, 3);
    plan.want();
    plan.make(
        new TreeSet<>(
            List.of(WorkloadId.parse("vm:1"), WorkloadId.parse("vm:2"), WorkloadId.parse("vm:3"))));
  }

  private static WorkloadEntry lost(Known known, String id) {
    WorkloadEntry workload = known.workload(id);
    workload.placement = Placement.none(workload.id).atHome(new HostId("host9"));
    return workload;
  }

  private static void needs(WorkloadEntry workload, Known known, long processors) {
    workload.spec =
        java.util.Objects.requireNonNull(workload.spec).withDemand(Capacity.of(processors, 16));
    known.state.room.changed(workload);
  }

  @Test
  void aPlanFillsHostsWhereSingleChoicesDo() {
    for (PlacementMode mode : PlacementMode.values()) {
      assertThat(JointPlan.options(mode).strategy())
          .isEqualTo(mode == PlacementMode.PACKED ? Strategy.PACKED : Strategy.BALANCED);
    }
  }
}
