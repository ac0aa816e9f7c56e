package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.MaintenancePlan.Step;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Strict partners move together, or not at all: what keeps one of them where it is keeps all. */
class PartnersTest {
  private static final String LOCKSPACE = "lockspace:vms";

  /** {@code vm:1} and its partner {@code vm:2} run on host1. */
  private static ControllerScript partnersOnHost1(WorkloadPolicy ofTheSecond) {
    return partnersOnHost1(Capacity.of(1, 1024), ofTheSecond, "host1", "host2");
  }

  private static ControllerScript partnersOnHost1(
      Capacity demand, WorkloadPolicy ofTheSecond, String... hosts) {
    ControllerScript script = new ControllerScript(hosts);
    protect(script, "vm:1", demand, WorkloadPolicy.DEFAULT);
    protect(script, "vm:2", demand, ofTheSecond);
    script.put(
        new StateRecord.RuleConfig(
            new Rule.WorkloadAffinity(
                "together", ids(), Rule.Kind.POSITIVE, Rule.Level.HOST, true)));
    script.condition("host1", LOCKSPACE, true);
    script.seesLeases().leads(1).allReport(hosts);
    script.reports("host1");
    assertThat(script.statusOf("vm:1").host()).contains(new HostId("host1"));
    assertThat(script.statusOf("vm:2").host()).contains(new HostId("host1"));
    return script;
  }

  private static SortedSet<WorkloadId> ids() {
    return new TreeSet<>(List.of(WorkloadId.parse("vm:1"), WorkloadId.parse("vm:2")));
  }

  private static void protect(
      ControllerScript script, String id, Capacity demand, WorkloadPolicy policy) {
    Workload w = Scenes.newWorkload(id).workload();
    Workload workload =
        new Workload(w.id(), w.priority(), demand, w.desired(), w.origin(), policy, w.lock());
    script.put(new StateRecord.WorkloadConfig(workload));
    script.put(Placement.none(w.id()).atHome(new HostId("host1")));
  }

  private static WorkloadPolicy.Builder policy() {
    return WorkloadPolicy.DEFAULT.toBuilder();
  }

  private static WorkloadPolicy needsLockspace() {
    return policy().conditions(new TreeSet<>(List.of(LOCKSPACE))).build();
  }

  private static void maintenance(ControllerScript script) {
    HostDirective wanted = new HostDirective(new HostId("host1"), true, Optional.empty());
    script.put(wanted).reread(wanted.key());
  }

  private static void asks(ControllerScript script, String host) {
    Scenes.asks(script, "vm:1", 1, new Action.Move(new HostId(host)));
  }

  private static List<String> moved(ControllerScript script) {
    return script.told(HaEvent.MoveBegun.class).stream()
        .map(move -> move.workload() + " " + move.to())
        .toList();
  }

  private static void staysFor(ControllerScript script, String why, Kind kind, String on) {
    assertThat(moved(script)).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("cannot leave host1", why);
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::kind, Waiting::on)
        .containsExactly(tuple(kind, on));
  }

  @Test
  void neitherLeavesForWhereAConditionOfTheOtherDoesNotHold() {
    ControllerScript script = partnersOnHost1(needsLockspace());
    maintenance(script);
    staysFor(
        script,
        "host2 condition lockspace:vms does not hold there (needed by vm:2, its partner)",
        Kind.DEPENDENCY,
        "vm:2");
    script.condition("host2", LOCKSPACE, true);
    script.reports("host2");
    script.passes(Duration.ofSeconds(1));
    assertThat(moved(script)).containsExactly("vm:1 host2", "vm:2 host2");
  }

  @Test
  void norWhereALabelOfTheOtherIsMissing() {
    ControllerScript script = partnersOnHost1(WorkloadPolicy.DEFAULT);
    WorkloadPolicy needy = policy().requires(new TreeMap<>(Map.of("gpu", "yes"))).build();
    Scenes.changes(script, "vm:2", w -> w.withPolicy(needy));
    maintenance(script);
    staysFor(script, "label gpu: needs yes, has none (needed by vm:2", Kind.DEPENDENCY, "vm:2");
  }

  @Test
  void norWhereNotAllOfThemFindRoom() {
    ControllerScript script =
        partnersOnHost1(Capacity.of(3, 1024), WorkloadPolicy.DEFAULT, "host1", "host2");
    Host small = Host.of("host2", Capacity.of(5, 8192));
    StateRecord.HostConfig config = new StateRecord.HostConfig(small);
    script.put(config).reread(config.key());
    maintenance(script);
    staysFor(script, "host2 cpu: needs 6, free 5", Kind.ROOM, "any registered host");
  }

  @Test
  void oneThatSuitsAllIsFoundAmongOthersThatDoNot() {
    ControllerScript script =
        partnersOnHost1(Capacity.of(1, 1024), needsLockspace(), "host1", "host2", "host3");
    script.condition("host3", LOCKSPACE, true);
    script.reports("host3");
    maintenance(script);
    assertThat(moved(script)).containsExactly("vm:1 host3", "vm:2 host3");
  }

  @Test
  void theLockOfOneHoldsBoth() {
    ControllerScript script = partnersOnHost1(WorkloadPolicy.DEFAULT);
    Scenes.locks(script, "vm:2", Optional.of("backup"));
    maintenance(script);
    staysFor(script, "vm:2, its partner, cannot come along: it is locked", Kind.LOCK, "backup");
    Scenes.locks(script, "vm:2", Optional.empty());
    assertThat(moved(script)).hasSize(2);
  }

  @Test
  void oneThatIsNotMovedForOthersHoldsBothUnlessThatIsAskedFor() {
    ControllerScript script = partnersOnHost1(policy().movable(false).build());
    maintenance(script);
    staysFor(script, "vm:2, its partner, cannot come along: its policy", Kind.OWNER, "vm:2");
    asks(script, "host2");
    assertThat(moved(script)).containsExactly("vm:1 host2", "vm:2 host2");
  }

  @Test
  void whatIsAskedForIsRefusedForAPartnersSake() {
    ControllerScript script = partnersOnHost1(needsLockspace());
    asks(script, "host2");
    assertThat(moved(script)).isEmpty();
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .satisfies(e -> assertThat(e.reason()).contains("needed by vm:2, its partner"));
    assertThat(script.statusOf("vm:1").reason()).contains("not moved to host2 as asked");
  }

  @Test
  void alsoWhereTheirHostIsNotRegisteredAnyMore() {
    ControllerScript script = partnersOnHost1(needsLockspace());
    Key host1 = new Key(Table.HOST, "host1");
    script.store.remove(host1);
    script.reread(host1);
    asks(script, "host2");
    assertThat(moved(script)).isEmpty();
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .satisfies(e -> assertThat(e.reason()).contains("needed by vm:2, its partner"));
  }

  @Test
  void aLockedPartnerHasAMoveRefusedThatIsAskedFor() {
    ControllerScript script = partnersOnHost1(WorkloadPolicy.DEFAULT);
    Scenes.locks(script, "vm:2", Optional.of("backup"));
    asks(script, "host2");
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .satisfies(e -> assertThat(e.reason()).contains("vm:2, its partner", "locked: backup"));
  }

  @Test
  void soDoesOneThatStartsOnceItIsUnlocked() {
    ControllerScript script = partnersOnHost1(WorkloadPolicy.DEFAULT);
    Scenes.locks(script, "vm:2", Optional.of("backup"));
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, "host1")
        .entries()
        .forEach(
            (id, order) -> {
              Condition stands = order.locked() ? Condition.PENDING : Condition.RUNNING;
              entries.put(id, new HostReport.Entry(order.assignment(), stands, 0, ""));
            });
    script.reports("host1", entries);
    asks(script, "host2");
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .satisfies(e -> assertThat(e.reason()).contains("vm:2, its partner", "locked: backup"));
    assertThat(moved(script)).isEmpty();
  }

  @Test
  void whatIsAskedForWaitsForAPartnerThatIsBeingStopped() {
    ControllerScript script = partnersOnHost1(WorkloadPolicy.DEFAULT);
    Scenes.changes(script, "vm:2", w -> w.withDesired(DesiredState.STOPPED));
    asks(script, "host2");
    assertThat(moved(script)).isEmpty();
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::kind, Waiting::on)
        .containsExactly(tuple(Kind.DEPENDENCY, "vm:2"));
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, "host1")
        .entries()
        .forEach(
            (id, order) -> {
              Condition stands =
                  order.goal() == Placement.Goal.STOP ? Condition.STOPPED : Condition.RUNNING;
              entries.put(id, new HostReport.Entry(order.assignment(), stands, 0, ""));
            });
    script.reports("host1", entries);
    assertThat(moved(script)).containsExactly("vm:1 host2");
  }

  @Test
  void oneThatIsToStartAwayFromItsPartnerIsToldWhichRuleKeepsIt() {
    ControllerScript script = partnersOnHost1(WorkloadPolicy.DEFAULT);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, "host1")
        .entries()
        .forEach(
            (id, order) -> {
              Condition stands =
                  order.goal() == Placement.Goal.STOP ? Condition.STOPPED : Condition.RUNNING;
              entries.put(id, new HostReport.Entry(order.assignment(), stands, 0, ""));
            });
    script.reports("host1", entries);
    Scenes.locks(script, "vm:1", Optional.of("clone"));
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    asks(script, "host2");
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .satisfies(
            e -> assertThat(e.reason()).contains("its partners by rule together are on [host1]"));
  }

  @Test
  void onePausedHoldsBothUntilItGoesOn() {
    ControllerScript script = partnersOnHost1(WorkloadPolicy.DEFAULT);
    Scenes.reportsPaused(script, "host1", "vm:2");
    maintenance(script);
    staysFor(script, "vm:2, its partner, cannot come along: it is paused", Kind.OWNER, "vm:2");
    Scenes.reportsPaused(script, "host1");
    assertThat(moved(script)).hasSize(2);
  }

  @Test
  void thePlanOfAMaintenanceSaysSo() {
    ControllerScript script = partnersOnHost1(needsLockspace());
    assertThat(script.maintenancePlan("host1").steps())
        .allSatisfy(step -> assertThat(step.target()).isEmpty())
        .extracting(Step::why)
        .allSatisfy(why -> assertThat(why).contains("host2", "lockspace:vms"));
    script.condition("host2", LOCKSPACE, true);
    script.reports("host2");
    assertThat(script.maintenancePlan("host1").isComplete()).isTrue();
    Scenes.locks(script, "vm:2", Optional.of("backup"));
    assertThat(script.maintenancePlan("host1").steps())
        .extracting(Step::why)
        .anySatisfy(why -> assertThat(why).contains("vm:2, its partner", "backup"));
    assertThat(script.stateOf("host1")).as("nothing has changed").hasToString("ONLINE");
    maintenance(script);
    assertThat(moved(script)).isEmpty();
  }
}
