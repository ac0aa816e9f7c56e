package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Move;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Who is moved for a host's or a rule's sake, where to, and back again. */
class RelocationsTest {
  private static final List<String> HOSTS = List.of("host1", "host2", "host3");

  /** Each workload runs on the host that is written after it. */
  private static ControllerScript running(List<Workload> workloads, String... hosts) {
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    for (int i = 0; i < hosts.length; i++) {
      Workload workload = workloads.get(i);
      script.put(new StateRecord.WorkloadConfig(workload));
      script.put(Placement.none(workload.id()).atHome(new HostId(hosts[i])));
    }
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    HOSTS.forEach(script::reports);
    for (int i = 0; i < hosts.length; i++) {
      assertThat(owner(script, workloads.get(i).id().toString())).isEqualTo(hosts[i]);
    }
    return script;
  }

  private static Workload vm(int number) {
    return Scenes.newWorkload("vm:" + number).workload();
  }

  private static Workload important(int number) {
    Workload w = vm(number);
    return new Workload(
        w.id(), Priority.CRITICAL, w.demand(), w.desired(), w.origin(), w.policy(), w.lock());
  }

  private static Workload with(Workload workload, WorkloadPolicy.Builder policy) {
    return workload.withPolicy(policy.build());
  }

  private static Placement placement(ControllerScript script, String id) {
    return (Placement) script.stored(new Key(Table.PLACEMENT, id));
  }

  private static String owner(ControllerScript script, String id) {
    return placement(script, id).owner().map(o -> o.host().value()).orElse("nobody");
  }

  private static Optional<String> target(ControllerScript script, String id) {
    return placement(script, id).move().map(Move::target).map(HostId::value);
  }

  private static void write(ControllerScript script, StateRecord record) {
    script.put(record);
    script.reread(record.key());
  }

  private static void maintenance(ControllerScript script, String host, boolean wanted) {
    write(script, new HostDirective(new HostId(host), wanted, Optional.empty()));
  }

  /** The move under way comes to its good end. */
  private static void arrives(ControllerScript script, String id) {
    String from = owner(script, id);
    String to = target(script, id).orElseThrow();
    Scenes.reports(script, id, from, Condition.GONE);
    script.reports(from);
    script.reports(to); // it is there, and is ordered to run from then on
    script.reports(to);
  }

  private static Rule.HostAffinity on(String id, boolean strict, Object... hosts) {
    TreeMap<HostId, Integer> priorities = new TreeMap<>();
    for (int i = 0; i < hosts.length; i += 2) {
      priorities.put(new HostId((String) hosts[i]), (Integer) hosts[i + 1]);
    }
    return new Rule.HostAffinity("on-" + id.replace(':', '-'), set(id), priorities, strict);
  }

  private static Rule.WorkloadAffinity affinity(Rule.Kind kind, String... ids) {
    return new Rule.WorkloadAffinity(kind.toString(), set(ids), kind, Rule.Level.HOST, true);
  }

  private static SortedSet<WorkloadId> set(String... ids) {
    SortedSet<WorkloadId> set = new TreeSet<>();
    for (String id : ids) {
      set.add(WorkloadId.parse(id));
    }
    return set;
  }

  private static void rule(ControllerScript script, Rule rule) {
    write(script, new StateRecord.RuleConfig(rule));
  }

  private static void ask(ControllerScript script, String id, String target) {
    write(
        script,
        new WorkloadRequest(
            WorkloadId.parse(id), 1, new WorkloadRequest.Action.Move(new HostId(target))));
  }

  // Maintenance

  @Test
  void aHostInMaintenanceIsEmptiedLiveAndGetsNothing() {
    ControllerScript script = running(List.of(vm(1)), "host1");
    maintenance(script, "host1", true);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.MAINTENANCE);
    assertThat(target(script, "vm:1")).contains("host2");
    arrives(script, "vm:1");
    assertThat(owner(script, "vm:1")).isEqualTo("host2");
    ask(script, "vm:1", "host1");
    assertThat(target(script, "vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("not moved to host1", "MAINTENANCE");
  }

  @Test
  void pitfall43TheReturnIsPartOfTheMaintenanceAndSurvivesTheController() {
    ControllerScript script = running(List.of(vm(1)), "host1");
    maintenance(script, "host1", true);
    arrives(script, "vm:1");
    assertThat(placement(script, "vm:1").wayBack()).contains(new HostId("host1"));
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().forEach(next::put);
    next.seesLeases().leads(2);
    HOSTS.forEach(next::renews);
    HOSTS.forEach(next::reports);
    assertThat(target(next, "vm:1")).isEmpty();
    maintenance(next, "host1", false);
    assertThat(target(next, "vm:1")).contains("host1");
    arrives(next, "vm:1");
    assertThat(owner(next, "vm:1")).isEqualTo("host1");
    assertThat(placement(next, "vm:1").wayBack()).isEmpty();
  }

  /** vm:1 runs on host3, and belongs on host1 or else on host2; host1 has not reported yet. */
  private static ControllerScript comesUp() {
    ControllerScript former = running(List.of(vm(1)), "host3");
    former.store.remove(new Key(Table.REPORT, "host1"));
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    former.store.values().forEach(script::put);
    script.put(new StateRecord.RuleConfig(on("vm:1", true, "host1", 2, "host2", 1)));
    script.seesLeases().leads(2);
    HOSTS.forEach(script::renews);
    List.of("host2", "host3").forEach(script::reports);
    return script;
  }

  @Test
  void nothingIsMovedForRulesWhileABetterHostMayBeComingUp() {
    ControllerScript script = comesUp();
    assertThat(target(script, "vm:1")).isEmpty();
    script.reports("host1");
    assertThat(target(script, "vm:1")).contains("host1");
  }

  @Test
  void aHostThatDoesNotComeUpIsWaitedForNoLongerThanOneSilence() {
    ControllerScript script = comesUp();
    script.passes(ControllerScript.TIMINGS.silence().minusMillis(1));
    assertThat(target(script, "vm:1")).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(target(script, "vm:1")).contains("host2");
  }

  @Test
  void aMoveElsewhereForgetsTheWayBack() {
    ControllerScript script = running(List.of(vm(1)), "host1");
    maintenance(script, "host1", true);
    arrives(script, "vm:1");
    ask(script, "vm:1", "host3");
    arrives(script, "vm:1");
    maintenance(script, "host1", false);
    assertThat(target(script, "vm:1")).isEmpty();
    assertThat(owner(script, "vm:1")).isEqualTo("host3");
  }

  @Test
  void theMostImportantLeaveFirstAndNotAllAtOnce() {
    ControllerScript script =
        running(List.of(vm(1), vm(2), important(3)), "host1", "host1", "host1");
    write(
        script,
        new StateRecord.ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().movesInCluster(1).build()));
    maintenance(script, "host1", true);
    assertThat(script.told(HaEvent.MoveBegun.class))
        .extracting(e -> e.workload().toString())
        .containsExactly("vm:3");
    arrives(script, "vm:3");
    assertThat(script.told(HaEvent.MoveBegun.class))
        .extracting(e -> e.workload().toString())
        .containsExactly("vm:3", "vm:1");
  }

  private static ControllerScript fiveOnHost1() {
    return running(
        List.of(vm(1), vm(2), vm(3), vm(4), vm(5)), "host1", "host1", "host1", "host1", "host1");
  }

  @Test
  void pitfall45PausedGuestsAreToldOfAndHoldNobodyElseUp() {
    ControllerScript script = fiveOnHost1();
    Scenes.reportsPaused(script, "host1", "vm:1", "vm:2", "vm:3", "vm:4");
    assertThat(script.told(HaEvent.Alarm.class))
        .extracting(HaEvent.Alarm::subject)
        .containsExactly("vm:1", "vm:2", "vm:3", "vm:4");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("is paused on host1");
    maintenance(script, "host1", true);
    assertThat(script.told(HaEvent.MoveBegun.class))
        .extracting(e -> e.workload().toString())
        .containsExactly("vm:5");
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo(
            "is paused on host1; it cannot leave host1: it is paused, and is not stopped for it");
    Scenes.reportsPaused(script, "host1");
    assertThat(target(script, "vm:1")).as("it goes on").isPresent();
    assertThat(script.told(HaEvent.Alarm.class)).hasSize(4);
  }

  @Test
  void movesThatAreNotBegunAreWithdrawnAndOthersGo() {
    ControllerScript script = fiveOnHost1();
    maintenance(script, "host1", true);
    assertThat(script.told(HaEvent.MoveBegun.class)).hasSize(4);
    script.passes(ControllerConfig.MOVE_HOLD.plusSeconds(1));
    script.reports("host1");
    assertThat(script.told(HaEvent.MoveEnded.class)).hasSize(4);
    assertThat(script.told(HaEvent.MoveBegun.class))
        .extracting(e -> e.workload().toString())
        .containsExactly("vm:1", "vm:2", "vm:3", "vm:4", "vm:5");
    assertThat(script.statusOf("vm:1").reason()).contains("cannot leave host1", "failed");
  }

  @Test
  void aMaintenanceThatIsCancelledWithdrawsWhatHasNotBegun() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host1");
    maintenance(script, "host1", true);
    Scenes.reports(script, "vm:1", "host1", Condition.MIGRATING);
    maintenance(script, "host1", false);
    assertThat(placement(script, "vm:1").move().orElseThrow().phase()).isEqualTo(Move.Phase.LIVE);
    assertThat(placement(script, "vm:2").move().orElseThrow().phase())
        .isEqualTo(Move.Phase.WITHDRAWN);
    Scenes.reportsPaused(script, "host1");
    Scenes.reportsPaused(script, "host1");
    assertThat(target(script, "vm:2")).isEmpty();
    assertThat(script.told(HaEvent.MoveEnded.class))
        .filteredOn(e -> e.workload().toString().equals("vm:2"))
        .singleElement()
        .satisfies(e -> assertThat(e.why()).isEqualTo("host1 is not to be left any more"));
    assertThat(placement(script, "vm:2").wayBack()).isEmpty();
    maintenance(script, "host1", true);
    assertThat(target(script, "vm:2")).as("that was no failure").isPresent();
  }

  @Test
  void whatWasAskedForIsNotWithdrawnWithAMaintenance() {
    ControllerScript script = running(List.of(vm(1)), "host1");
    ask(script, "vm:1", "host3");
    maintenance(script, "host1", true);
    maintenance(script, "host1", false);
    assertThat(target(script, "vm:1")).contains("host3");
    assertThat(placement(script, "vm:1").move().orElseThrow().phase()).isEqualTo(Move.Phase.LIVE);
  }

  private static List<String> movesBegun(ControllerScript script) {
    return script.told(HaEvent.MoveBegun.class).stream()
        .map(e -> e.workload() + " " + e.from() + " " + e.to())
        .toList();
  }

  @Test
  void noMoreMovesAreUnderWayFromAndToAHostThanThePolicyAllows() {
    ControllerScript script =
        running(
            List.of(vm(1), vm(2), vm(3), vm(4), vm(5), vm(6)),
            "host1",
            "host1",
            "host1",
            "host2",
            "host2",
            "host2");
    write(
        script,
        new StateRecord.ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().movesInCluster(10).movesPerHost(2).build()));
    maintenance(script, "host1", true);
    maintenance(script, "host2", true);
    assertThat(movesBegun(script))
        .as("both ends count")
        .containsExactly("vm:1 host1 host3", "vm:2 host1 host3");
    arrives(script, "vm:1");
    assertThat(movesBegun(script)).hasSize(3);
  }

  @Test
  void aHostThatComesAndGoesIsSentNothing() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host1");
    for (int i = 0; i < Flapping.MANY; i++) {
      script.passes(Duration.ofSeconds(20));
      script.joinsAgain("host2");
      script.reports("host2");
    }
    maintenance(script, "host3", true);
    ask(script, "vm:1", "host2");
    assertThat(target(script, "vm:1")).isEmpty();
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .satisfies(e -> assertThat(e.reason()).contains("host2", "came back 4 times"));
    rule(script, on("vm:2", false, "host2", 1));
    assertThat(target(script, "vm:2")).as("not for a rule's sake").isEmpty();
    maintenance(script, "host1", true);
    assertThat(script.told(HaEvent.MoveBegun.class)).as("nor to empty another").isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("cannot leave host1", "came back");
    script.passes(Flapping.QUIET);
    assertThat(target(script, "vm:1")).as("it has been quiet").contains("host2");
    assertThat(target(script, "vm:2")).contains("host2");
  }

  @Test
  void nothingGoesBackToAHostThatComesAndGoes() {
    ControllerScript script = running(List.of(vm(1)), "host1");
    maintenance(script, "host1", true);
    arrives(script, "vm:1");
    for (int i = 0; i < Flapping.MANY; i++) {
      script.passes(Duration.ofSeconds(20));
      script.joinsAgain("host1");
      script.reports("host1");
    }
    maintenance(script, "host1", false);
    assertThat(target(script, "vm:1")).isEmpty();
    script.passes(Flapping.QUIET);
    assertThat(target(script, "vm:1")).contains("host1");
  }

  @Test
  void whatCannotLeaveSaysWhyAndRunsOn() {
    ControllerScript script =
        running(List.of(with(vm(1), WorkloadPolicy.DEFAULT.toBuilder().movable(false))), "host1");
    maintenance(script, "host1", true);
    assertThat(target(script, "vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.statusOf("vm:1").reason()).contains("cannot leave host1", "policy");
  }

  // Host affinity

  @Test
  void aHostThatIsOnlySuspectedIsNotLeftForARulesSake() {
    ControllerScript script = running(List.of(vm(1)), "host3");
    rule(script, on("vm:1", false, "host3", 0));
    script.fallsSilent("host3");
    script.passes(ControllerScript.TIMINGS.suspectAfter().plusMillis(100));
    assertThat(script.stateOf("host3")).isEqualTo(HostState.SUSPECT);
    assertThat(target(script, "vm:1")).isEmpty();
  }

  @Test
  void aRuleThatIsNotStrictPrefersAHostAndFailsBackToIt() {
    ControllerScript script = running(List.of(vm(1)), "host3");
    rule(script, on("vm:1", false, "host2", 2, "host3", 1));
    assertThat(target(script, "vm:1")).contains("host2");
  }

  @Test
  void withoutFailbackItStaysWhereItMay() {
    ControllerScript script =
        running(List.of(with(vm(1), WorkloadPolicy.DEFAULT.toBuilder().failback(false))), "host3");
    rule(script, on("vm:1", false, "host2", 2, "host3", 1));
    assertThat(target(script, "vm:1")).isEmpty();
  }

  @Test
  void aStrictRuleIsMendedAlsoWithoutFailback() {
    ControllerScript script =
        running(List.of(with(vm(1), WorkloadPolicy.DEFAULT.toBuilder().failback(false))), "host3");
    rule(script, on("vm:1", true, "host2", 0));
    assertThat(target(script, "vm:1")).contains("host2");
  }

  @Test
  void aMoveAgainstAStrictRuleIsRefused() {
    ControllerScript script = running(List.of(vm(1)), "host3");
    rule(script, on("vm:1", true, "host3", 0));
    ask(script, "vm:1", "host2");
    assertThat(target(script, "vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("not moved to host2");
  }

  // Workload affinity

  @Test
  void pitfall42OneMoveMendsTwoThatMustBeApart() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host1");
    rule(script, affinity(Rule.Kind.NEGATIVE, "vm:1", "vm:2"));
    assertThat(script.told(HaEvent.MoveBegun.class)).hasSize(1);
    String moved = script.told(HaEvent.MoveBegun.class).get(0).workload().toString();
    arrives(script, moved);
    HOSTS.forEach(script::reports);
    assertThat(script.told(HaEvent.MoveBegun.class)).hasSize(1);
    assertThat(owner(script, "vm:1")).isNotEqualTo(owner(script, "vm:2"));
  }

  @Test
  void aMoveToWhereANegativePartnerIsIsRefused() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host2");
    rule(script, affinity(Rule.Kind.NEGATIVE, "vm:1", "vm:2"));
    ask(script, "vm:1", "host2");
    assertThat(target(script, "vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("not moved to host2", "vm:2");
  }

  @Test
  void pitfall33PartnersMoveAlongAndNotBackAgain() {
    ControllerScript script = running(List.of(vm(1), vm(2), vm(3)), "host1", "host1", "host1");
    rule(script, affinity(Rule.Kind.POSITIVE, "vm:1", "vm:2", "vm:3"));
    ask(script, "vm:1", "host3");
    assertThat(script.told(HaEvent.MoveBegun.class))
        .extracting(e -> e.workload() + " " + e.to())
        .containsExactly("vm:1 host3", "vm:2 host3", "vm:3 host3");
    arrives(script, "vm:1");
    HOSTS.forEach(script::reports);
    assertThat(script.told(HaEvent.MoveBegun.class)).as("the slower ones follow").hasSize(3);
  }

  @Test
  void whatWasStoppedToBeMovedGoesToThePartnerThatARuleGaveItMeanwhile() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host2");
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Relocate(new HostId("host3")));
    script.reports("host1");
    assertThat(target(script, "vm:1")).contains("host3");
    rule(script, affinity(Rule.Kind.POSITIVE, "vm:1", "vm:2"));
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(owner(script, "vm:1")).isEqualTo("host2");
  }

  @Test
  void whatComesBackAfterAPowerCutGoesToItsPartnerNotHome() {
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    for (int number = 1; number <= 2; number++) {
      Workload workload = with(vm(number), WorkloadPolicy.DEFAULT.toBuilder().failback(false));
      script.put(new StateRecord.WorkloadConfig(workload));
      script.put(Placement.none(workload.id()).atHome(new HostId("host" + number)));
    }
    script.put(new StateRecord.RuleConfig(affinity(Rule.Kind.POSITIVE, "vm:1", "vm:2")));
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    HOSTS.forEach(script::reports);
    assertThat(owner(script, "vm:1")).isEqualTo(owner(script, "vm:2"));
  }

  @Test
  void partnersThatARuleBringsTogetherMeetOnOneHost() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host2");
    rule(script, affinity(Rule.Kind.POSITIVE, "vm:1", "vm:2"));
    assertThat(script.told(HaEvent.MoveBegun.class)).hasSize(1);
  }

  // What would rather be elsewhere, and cannot be for now

  private static final String LOCKSPACE = "lockspace:vms";

  private static Workload needingLockspace(Workload workload) {
    return with(
        workload, WorkloadPolicy.DEFAULT.toBuilder().conditions(new TreeSet<>(List.of(LOCKSPACE))));
  }

  private static void lockspace(ControllerScript script, String host, boolean holds) {
    script.condition(host, LOCKSPACE, holds);
    script.reports(host);
  }

  /** vm:1 was driven from host1, which boots meanwhile; it needs a condition of its host. */
  private static ControllerScript drivenFromHost1() {
    ControllerScript script = running(List.of(vm(1)), "host1");
    HOSTS.forEach(host -> lockspace(script, host, true));
    Scenes.changes(script, "vm:1", RelocationsTest::needingLockspace);
    script.reports("host1");
    maintenance(script, "host1", true);
    arrives(script, "vm:1");
    script.condition("host1", LOCKSPACE, false);
    script.joinsAgain("host1");
    return script;
  }

  @Test
  void whatIsToGoBackGoesWhenItsConditionHoldsThere() {
    ControllerScript script = drivenFromHost1();
    script.reports("host1");
    maintenance(script, "host1", false);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(target(script, "vm:1")).isEmpty();
    lockspace(script, "host1", true);
    assertThat(target(script, "vm:1")).contains("host1");
  }

  @Test
  void whatIsToGoBackGoesWhenTheHypervisorAnswersThere() {
    ControllerScript script = drivenFromHost1();
    script.condition("host1", LOCKSPACE, true);
    script.reportsBlind("host1");
    maintenance(script, "host1", false);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(target(script, "vm:1")).isEmpty();
    script.reports("host1");
    assertThat(target(script, "vm:1")).contains("host1");
  }

  @Test
  void whatARulePrefersElsewhereGoesWhenTheHypervisorAnswersThere() {
    ControllerScript script = running(List.of(vm(1)), "host3");
    script.reportsBlind("host2");
    rule(script, on("vm:1", false, "host2", 1));
    assertThat(target(script, "vm:1")).isEmpty();
    script.reports("host2");
    assertThat(target(script, "vm:1")).contains("host2");
  }

  /** Stays where it is, whatever that host is in for. */
  private static Workload fixed(int number, long cpus) {
    return with(vm(number), WorkloadPolicy.DEFAULT.toBuilder().movable(false))
        .withDemand(Capacity.of(cpus, 1024));
  }

  private static void fillsItsHost(ControllerScript script, String id) {
    Scenes.changes(script, id, workload -> workload.withDemand(Capacity.of(8, 1024)));
  }

  /** All else that its host was told to run runs on. */
  private static void ends(ControllerScript script, String id) {
    String host = owner(script, id);
    Scenes.wants(script, id, DesiredState.STOPPED);
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, host)
        .entries()
        .forEach(
            (one, order) -> {
              boolean stopped = one.toString().equals(id);
              Condition condition = stopped ? Condition.STOPPED : Condition.RUNNING;
              entries.put(one, new HostReport.Entry(order.assignment(), condition, 0, ""));
            });
    script.reports(host, entries);
  }

  @Test
  void whatIsToGoBackGoesWhenThereIsRoom() {
    ControllerScript script = running(List.of(vm(1), fixed(9, 7)), "host1", "host1");
    maintenance(script, "host1", true);
    arrives(script, "vm:1");
    fillsItsHost(script, "vm:9");
    maintenance(script, "host1", false);
    assertThat(target(script, "vm:1")).isEmpty();
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Waiting.Kind.ROOM);
    ends(script, "vm:9");
    assertThat(target(script, "vm:1")).contains("host1");
  }

  @Test
  void whatARulePrefersElsewhereGoesWhenThereIsRoom() {
    for (boolean strict : List.of(false, true)) {
      ControllerScript script = running(List.of(vm(1), fixed(9, 8)), "host3", "host2");
      rule(script, on("vm:1", strict, "host2", 1));
      assertThat(target(script, "vm:1")).isEmpty();
      assertThat(script.explainWorkload("vm:1").waitsFor())
          .extracting(Waiting::kind)
          .containsExactly(Waiting.Kind.ROOM);
      ends(script, "vm:9");
      assertThat(target(script, "vm:1")).contains("host2");
    }
  }

  @Test
  void withoutFailbackItDoesNotWaitForRoomElsewhere() {
    Workload stays = with(vm(1), WorkloadPolicy.DEFAULT.toBuilder().failback(false));
    ControllerScript script = running(List.of(stays, fixed(9, 8)), "host3", "host2");
    rule(script, on("vm:1", false, "host2", 1));
    ends(script, "vm:9");
    assertThat(target(script, "vm:1")).isEmpty();
  }

  @Test
  void whatAPreferredHostGaveUpGoesBackWhenThatIsForgotten() {
    Duration memory = Duration.ofMinutes(20);
    RestartPolicy restart =
        new RestartPolicy(0, Duration.ZERO, Duration.ofMinutes(5), Duration.ofHours(1), 3, memory);
    ControllerScript script = running(List.of(vm(1).withRestart(restart)), "host2");
    rule(script, on("vm:1", false, "host2", 1));
    HostReport.Entry ran =
        new HostReport.Entry(
            Scenes.order(script, "vm:1", "host2").assignment(),
            Condition.GIVEN_UP,
            0,
            "crashed",
            true,
            false,
            Optional.empty());
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    entries.put(WorkloadId.parse("vm:1"), ran);
    script.reports("host2", entries);
    String other = owner(script, "vm:1");
    script.reports(other);
    script.passes(memory.minusSeconds(1));
    assertThat(target(script, "vm:1")).isEmpty();
    script.passes(Duration.ofSeconds(2));
    assertThat(target(script, "vm:1")).contains("host2");
  }

  private static void disarmed(ControllerScript script, boolean wanted) {
    ClusterPolicy.Builder policy = ClusterPolicy.DEFAULT.toBuilder();
    policy.disarmed(wanted ? Optional.of(DisarmMode.FREEZE) : Optional.empty());
    write(script, new StateRecord.ClusterConfig(policy.build()));
  }

  /** A disarm that waits for the move of vm:2, and is withdrawn before that has ended. */
  private static void disarmInVain(ControllerScript script, Consumer<ControllerScript> meanwhile) {
    ask(script, "vm:2", "host3");
    assertThat(target(script, "vm:2")).contains("host3");
    disarmed(script, true);
    meanwhile.accept(script);
    assertThat(target(script, "vm:1")).isEmpty();
    disarmed(script, false);
  }

  @Test
  void whatIsToLeaveGoesWhenADisarmIsWithdrawnBeforeItsTime() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host2");
    disarmInVain(script, s -> maintenance(s, "host1", true));
    assertThat(target(script, "vm:1")).isPresent();
  }

  @Test
  void whatIsToGoBackGoesWhenADisarmIsWithdrawnBeforeItsTime() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host2");
    maintenance(script, "host1", true);
    arrives(script, "vm:1");
    disarmInVain(script, s -> maintenance(s, "host1", false));
    assertThat(target(script, "vm:1")).contains("host1");
  }

  @Test
  void whatARulePrefersElsewhereGoesWhenADisarmIsWithdrawnBeforeItsTime() {
    ControllerScript script = running(List.of(vm(1), vm(2)), "host1", "host2");
    disarmInVain(script, s -> rule(s, on("vm:1", false, "host3", 1)));
    assertThat(target(script, "vm:1")).contains("host3");
  }

  /** Its moves go on as soon as it is heard again, and have not failed. */
  @Test
  void aHostInMaintenanceThatIsOnlySuspectedIsToBeEmptyStill() {
    ControllerScript script = running(List.of(vm(1)), "host1");
    maintenance(script, "host1", true);
    assertThat(target(script, "vm:1")).isPresent();
    script.fallsSilent("host1");
    script.passes(ControllerScript.TIMINGS.suspectAfter().plusMillis(100));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.isHeardAgain("host1");
    script.reports("host1");
    assertThat(script.told(HaEvent.MoveEnded.class)).isEmpty();
    assertThat(target(script, "vm:1")).isPresent();
  }
}
