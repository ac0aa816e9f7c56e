package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What lost its host finds room where less important ones are stopped for it. */
class EvictionsTest {
  private static final Duration MOMENT = Duration.ofSeconds(1);

  private final ControllerScript script = new ControllerScript("host1", "host2", "host3");
  private int placed;

  private static ClusterConfig policy(MakeRoom makeRoom) {
    return new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().makeRoom(makeRoom).build());
  }

  /** Runs on a host of 8 processors. */
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
  }

  /** What is said of it from the beginning. */
  private void changed(String id, UnaryOperator<Workload> change) {
    WorkloadConfig config = (WorkloadConfig) script.stored(new Key(Table.WORKLOAD, id));
    script.put(new WorkloadConfig(change.apply(config.workload())));
  }

  private static Workload dependingOn(Workload spec, String other) {
    return spec.withPolicy(
        spec.policy().toBuilder()
            .dependsOn(new TreeSet<>(List.of(WorkloadId.parse(other))))
            .build());
  }

  private void begins() {
    script.seesLeases().leads(2).allReport("host1", "host2", "host3");
    for (String host : List.of("host1", "host2", "host3")) {
      script.reports(host);
    }
  }

  private void isLost(String host) {
    script.fallsSilent(host);
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
  }

  /** vm:1 needs half of a host; host2 runs vm:8 and vm:9, host3 nothing that may be stopped. */
  private void fullWithout(Priority vm8, Priority vm9) {
    script.put(policy(MakeRoom.EVICT));
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host2", "vm:8", 4, vm8);
    on("host2", "vm:9", 4, vm9);
    on("host3", "vm:7", 8, Priority.CRITICAL);
  }

  private void vm8IsBeingStopped() {
    fullWithout(Priority.LOW, Priority.MEDIUM);
    begins();
    isLost("host1");
    assertThat(evicted(script)).containsExactly("vm:8 host2 vm:1");
  }

  /** The host reports these so, and all else that it was told as running. */
  private static void reports(
      ControllerScript script, String host, Condition condition, String... ids) {
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, host)
        .entries()
        .forEach(
            (id, order) -> {
              boolean so = List.of(ids).contains(id.toString());
              Condition its = so ? condition : Condition.RUNNING;
              entries.put(id, new HostReport.Entry(order.assignment(), its, 0, ""));
            });
    script.reports(host, entries);
  }

  private void vm8HasStopped() {
    reports(script, "host2", Condition.STOPPED, "vm:8");
  }

  private static List<String> evicted(ControllerScript script) {
    return script.told(HaEvent.EvictionBegun.class).stream()
        .map(told -> told.workload() + " " + told.host() + " " + told.beneficiary())
        .toList();
  }

  private static Optional<String> ownerOf(ControllerScript script, String id) {
    return Scenes.placement(script, id).owner().map(owner -> owner.host().value());
  }

  private Optional<String> ownerOf(String id) {
    return ownerOf(script, id);
  }

  private static Optional<Stage> phaseOf(ControllerScript script, String id) {
    return Scenes.placement(script, id).eviction().map(Placement.Eviction::phase);
  }

  private Goal goalOf(String id) {
    return Scenes.placement(script, id).owner().orElseThrow().goal();
  }

  // For whom, and whom

  @Test
  void theLeastImportantOneIsStoppedAndItsRoomIsFreeOnlyWhenItsHostSaysThatItIs() {
    vm8IsBeingStopped();
    assertThat(Scenes.order(script, "vm:8", "host2").goal()).isEqualTo(Goal.STOP);
    assertThat(script.statusOf("vm:8").status()).isEqualTo(WorkloadStatus.STOPPING);
    assertThat(script.statusOf("vm:8").reason()).contains("to make room for vm:1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("room is made for it on host2, where vm:8 is stopped");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(
            new Waiting(Waiting.Kind.ROOM, "what is made free on host2", Optional.empty()));
    script.reports("host2");
    script.passes(Duration.ofMinutes(1));
    assertThat(ownerOf("vm:1")).isEmpty();
    vm8HasStopped();
    assertThat(ownerOf("vm:1")).contains("host2");
    script.reports("host2");
    assertThat(script.statusOf("vm:8").status()).isEqualTo(WorkloadStatus.STOPPED);
    assertThat(script.statusOf("vm:8").reason())
        .startsWith("stopped to make room for vm:1; no host can take it");
    assertThat(goalOf("vm:9")).isEqualTo(Goal.RUN);
  }

  @Test
  void nobodyIsStoppedWhereThePolicyDoesNotAskForIt() {
    fullWithout(Priority.LOW, Priority.MEDIUM);
    script.put(policy(MakeRoom.NOTHING));
    begins();
    isLost("host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(evicted(script)).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).startsWith("no host can take it");
    ClusterConfig now = policy(MakeRoom.EVICT);
    script.put(now).reread(now.key());
    assertThat(evicted(script)).containsExactly("vm:8 host2 vm:1");
  }

  @Test
  void nobodyIsStoppedForOneThatIsNotMoreImportant() {
    fullWithout(Priority.HIGH, Priority.CRITICAL);
    begins();
    isLost("host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(evicted(script)).isEmpty();
  }

  @Test
  void nobodyIsStoppedWhereThereIsRoom() {
    script.put(policy(MakeRoom.EVICT));
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host2", "vm:8", 4, Priority.LOW);
    begins();
    isLost("host1");
    assertThat(evicted(script)).isEmpty();
    assertThat(ownerOf("vm:1")).isPresent();
  }

  @Test
  void nobodyIsStoppedForAFirstStart() {
    fullWithout(Priority.LOW, Priority.MEDIUM);
    on("host1", "vm:2", 4, Priority.HIGH);
    Workload first = Scenes.newWorkload("vm:3").workload().withDemand(Capacity.of(4, 16));
    script.put(
        new WorkloadConfig(
            new Workload(
                first.id(),
                Priority.CRITICAL,
                first.demand(),
                first.desired(),
                first.origin(),
                first.policy(),
                first.lock())));
    begins();
    script.passes(Duration.ofMinutes(1));
    assertThat(script.statusOf("vm:3").reason()).startsWith("no host can take it");
    assertThat(evicted(script)).isEmpty();
  }

  @Test
  void asFewAsItTakesAreStopped() {
    script.put(policy(MakeRoom.EVICT));
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host2", "vm:4", 2, Priority.LOW);
    on("host2", "vm:5", 4, Priority.LOW);
    on("host2", "vm:6", 2, Priority.LOW);
    on("host3", "vm:7", 8, Priority.CRITICAL);
    begins();
    isLost("host1");
    assertThat(evicted(script)).containsExactly("vm:5 host2 vm:1");
  }

  @Test
  void twoAreStoppedRatherThanOneThatIsMoreImportant() {
    script.put(policy(MakeRoom.EVICT));
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host2", "vm:7", 8, Priority.MEDIUM);
    on("host3", "vm:4", 3, Priority.LOW);
    on("host3", "vm:5", 3, Priority.LOW);
    on("host3", "vm:6", 2, Priority.LOW);
    begins();
    isLost("host1");
    assertThat(evicted(script)).containsExactly("vm:4 host3 vm:1", "vm:5 host3 vm:1");
    reports(script, "host3", Condition.STOPPED, "vm:4");
    assertThat(ownerOf("vm:1")).isEmpty();
    reports(script, "host3", Condition.STOPPED, "vm:4", "vm:5");
    assertThat(ownerOf("vm:1")).contains("host3");
  }

  @Test
  void whatOneStopLeavesOverIsNotSoughtElsewhere() {
    fullWithout(Priority.LOW, Priority.LOW);
    on("host1", "vm:2", 4, Priority.HIGH);
    begins();
    isLost("host1");
    assertThat(evicted(script)).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:2");
    reports(script, "host2", Condition.STOPPED, "vm:8", "vm:9");
    script.reports("host2");
    assertThat(ownerOf("vm:1")).contains("host2");
    assertThat(ownerOf("vm:2")).contains("host2");
  }

  // Who is left alone

  private void isLeftAlone() {
    isLost("host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(evicted(script)).isEmpty();
  }

  @Test
  void whatIsLockedIsNotStopped() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    changed("vm:8", spec -> spec.withLock(Optional.of("backup")));
    begins();
    isLeftAlone();
    Scenes.locks(script, "vm:8", Optional.empty());
    script.passes(MakingRoom.LOOK_EVERY);
    assertThat(evicted(script)).hasSize(1);
  }

  @Test
  void whatIsPausedIsNotStopped() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    begins();
    Scenes.reportsPaused(script, "host2", "vm:8");
    isLeftAlone();
  }

  @Test
  void whatMoreImportantOnesDependOnIsNotStopped() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    on("host3", "vm:5", 0, Priority.LOW);
    on("host3", "vm:6", 0, Priority.MEDIUM);
    changed("vm:5", spec -> dependingOn(spec, "vm:8"));
    changed("vm:6", spec -> dependingOn(spec, "vm:5"));
    begins();
    isLeftAlone();
    Scenes.wants(script, "vm:6", DesiredState.STOPPED);
    script.passes(MakingRoom.LOOK_EVERY);
    assertThat(evicted(script)).hasSize(1);
  }

  @Test
  void whatHasPartnersIsNotStoppedForItCouldNotComeBack() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    on("host2", "vm:5", 0, Priority.CRITICAL);
    script.put(
        new StateRecord.RuleConfig(
            new Rule.WorkloadAffinity(
                "together",
                new TreeSet<>(List.of(WorkloadId.parse("vm:5"), WorkloadId.parse("vm:8"))),
                Rule.Kind.POSITIVE,
                Rule.Level.HOST,
                true)));
    begins();
    isLeftAlone();
  }

  // What becomes of them

  @Test
  void whoWasStoppedIsStartedAgainWhenThereIsRoomAndSparedForAWhile() {
    vm8IsBeingStopped();
    vm8HasStopped();
    script.reports("host2");
    script.passes(Duration.ofHours(1));
    assertThat(ownerOf("vm:8")).isEmpty();
    assertThat(evicted(script)).hasSize(1);
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(ownerOf("vm:8")).contains("host1");
    script.reports("host1");
    assertThat(script.statusOf("vm:8").status()).isEqualTo(WorkloadStatus.STARTED);
    script.passes(Evictions.SPARED.minus(MOMENT));
    assertThat(phaseOf(script, "vm:8")).contains(Stage.SPARED);
    script.passes(MOMENT.multipliedBy(2));
    assertThat(phaseOf(script, "vm:8")).isEmpty();
  }

  @Test
  void whereThereIsRoomForItElsewhereItIsStartedThereAtOnce() {
    script.put(policy(MakeRoom.EVICT));
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host2", "vm:8", 2, Priority.LOW);
    on("host2", "vm:9", 4, Priority.CRITICAL);
    on("host3", "vm:7", 6, Priority.CRITICAL);
    begins();
    isLost("host1");
    assertThat(evicted(script)).containsExactly("vm:8 host2 vm:1");
    vm8HasStopped();
    script.reports("host2");
    assertThat(ownerOf("vm:1")).contains("host2");
    assertThat(ownerOf("vm:8")).contains("host3");
  }

  @Test
  void whatWasClearedIsKeptForAWhileAndThenGivenBackAndNobodyIsStoppedToAndFro() {
    vm8IsBeingStopped();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    vm8HasStopped();
    assertThat(phaseOf(script, "vm:8")).contains(Stage.CLEARED);
    script.passes(KeptRoom.KEPT.minus(MOMENT));
    assertThat(ownerOf("vm:8")).isEmpty();
    script.passes(MOMENT.multipliedBy(2));
    assertThat(ownerOf("vm:8")).contains("host2");
    script.reports("host2");
    Scenes.locks(script, "vm:1", Optional.empty());
    // It is not stopped again; the other one is.
    assertThat(evicted(script)).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:1");
  }

  @Test
  void whoWasStartedAgainIsStoppedAgainOnlyWhenItHasBeenSparedForAWhile() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    begins();
    isLost("host1");
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    vm8HasStopped();
    script.passes(KeptRoom.KEPT.plus(MOMENT));
    script.reports("host2");
    Scenes.locks(script, "vm:1", Optional.empty());
    script.passes(Evictions.SPARED.minus(Duration.ofMinutes(1)));
    assertThat(evicted(script)).hasSize(1);
    script.passes(Duration.ofMinutes(2));
    assertThat(evicted(script)).hasSize(2);
  }

  @Test
  void whatWaitsUnlockedInTimeGetsTheRoomThatWasKept() {
    vm8IsBeingStopped();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    vm8HasStopped();
    script.passes(Duration.ofMinutes(1));
    Scenes.locks(script, "vm:1", Optional.empty());
    assertThat(ownerOf("vm:1")).contains("host2");
    assertThat(phaseOf(script, "vm:8")).contains(Stage.WAITING);
  }

  @Test
  void whatFindsRoomElsewhereLeavesThePlaceToWhoIsStopped() {
    vm8IsBeingStopped();
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(ownerOf("vm:1")).contains("host1");
    assertThat(goalOf("vm:8")).as("what was told is carried out").isEqualTo(Goal.STOP);
    script.reports("host1");
    vm8HasStopped();
    assertThat(ownerOf("vm:8")).contains("host2");
    assertThat(goalOf("vm:8")).isEqualTo(Goal.RUN);
  }

  @Test
  void whoCannotBeStoppedRunsOnAndAnotherIsStoppedInstead() {
    fullWithout(Priority.LOW, Priority.LOW);
    begins();
    isLost("host1");
    assertThat(evicted(script)).containsExactly("vm:8 host2 vm:1");
    reports(script, "host2", Condition.STOP_FAILED, "vm:8");
    assertThat(goalOf("vm:8")).isEqualTo(Goal.RUN);
    assertThat(evicted(script)).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:1");
  }

  @Test
  void whoLosesItsHostMeanwhileIsRecoveredLikeAnyOther() {
    vm8IsBeingStopped();
    isLost("host2");
    assertThat(script.statusOf("vm:8").status()).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(phaseOf(script, "vm:8")).contains(Stage.SPARED);
    script.joinsAgain("host1");
    script.reports("host1");
    script.reports("host1");
    assertThat(ownerOf("vm:1")).contains("host1");
    assertThat(ownerOf("vm:9")).as("the next in importance").contains("host1");
    assertThat(ownerOf("vm:8")).isEmpty();
    assertThat(evicted(script)).hasSize(1);
  }

  @Test
  void whoLostItsHostIsSparedFromWhenItIsStartedAgain() {
    vm8IsBeingStopped();
    isLost("host2");
    assertThat(phaseOf(script, "vm:8")).contains(Stage.SPARED);
    script.passes(Evictions.SPARED.minus(MOMENT));
    script.joinsAgain("host1");
    script.reports("host1");
    script.joinsAgain("host2");
    script.reports("host2");
    for (int i = 0; i < 4; i++) {
      script.reports("host1");
      script.reports("host2");
    }
    assertThat(ownerOf("vm:8")).isPresent();
    script.passes(Evictions.SPARED.minus(MOMENT.multipliedBy(30)));
    assertThat(phaseOf(script, "vm:8")).contains(Stage.SPARED);
    script.passes(MOMENT.multipliedBy(60));
    assertThat(phaseOf(script, "vm:8")).isEmpty();
  }

  @Test
  void whatItsOwnerWantsStoppedMeanwhileStaysStopped() {
    vm8IsBeingStopped();
    Scenes.wants(script, "vm:8", DesiredState.STOPPED);
    vm8HasStopped();
    script.reports("host2");
    assertThat(ownerOf("vm:1")).contains("host2");
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(ownerOf("vm:8")).isEmpty();
    assertThat(script.statusOf("vm:8").status()).isEqualTo(WorkloadStatus.STOPPED);
    Scenes.wants(script, "vm:8", DesiredState.STARTED);
    assertThat(ownerOf("vm:8")).contains("host1");
  }

  @Test
  void whatItsOwnerKeepsStoppedIsSparedNoLongerThanAnyOther() {
    vm8IsBeingStopped();
    vm8HasStopped();
    Scenes.wants(script, "vm:8", DesiredState.STOPPED);
    script.passes(Evictions.SPARED.minus(MOMENT));
    assertThat(Scenes.placement(script, "vm:8").eviction()).isPresent();
    script.passes(MOMENT.multipliedBy(2));
    assertThat(ownerOf("vm:8")).isEmpty();
    assertThat(Scenes.placement(script, "vm:8").eviction()).isEmpty();
  }

  // What is taken back

  /** vm:8 is to be stopped after vm:6, which takes its time. */
  private void vm8IsToBeStopped() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    on("host2", "vm:6", 0, Priority.LOW);
    changed("vm:6", spec -> dependingOn(spec, "vm:8"));
    begins();
    Scenes.wants(script, "vm:6", DesiredState.STOPPED);
    isLost("host1");
    assertThat(evicted(script)).hasSize(1);
    assertThat(goalOf("vm:8")).isEqualTo(Goal.RUN);
    assertThat(script.statusOf("vm:8").reason()).isEqualTo("to be stopped after [vm:6]");
  }

  private void vm8RunsOn() {
    script.reports("host2");
    assertThat(phaseOf(script, "vm:8")).contains(Stage.SPARED);
    reports(script, "host2", Condition.STOPPED, "vm:6");
    assertThat(goalOf("vm:8")).isEqualTo(Goal.RUN);
    assertThat(script.statusOf("vm:8").status()).isEqualTo(WorkloadStatus.STARTED);
  }

  @Test
  void whatWasNotBegunIsTakenBackWhenThePolicyDoesNotAskForItAnyMore() {
    vm8IsToBeStopped();
    ClusterConfig now = policy(MakeRoom.NOTHING);
    script.put(now).reread(now.key());
    vm8RunsOn();
  }

  @Test
  void whatWasNotBegunIsTakenBackWhenNobodyNeedsItAnyMore() {
    vm8IsToBeStopped();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    vm8RunsOn();
  }

  @Test
  void whatWasNotBegunIsTakenBackWhenItIsLocked() {
    vm8IsToBeStopped();
    Scenes.locks(script, "vm:8", Optional.of("backup"));
    vm8RunsOn();
  }

  @Test
  void whatWasBegunIsCarriedOutAlsoWhenThePolicyDoesNotAskForItAnyMore() {
    vm8IsBeingStopped();
    ClusterConfig now = policy(MakeRoom.NOTHING);
    script.put(now).reread(now.key());
    assertThat(goalOf("vm:8")).isEqualTo(Goal.STOP);
    vm8HasStopped();
    assertThat(ownerOf("vm:1")).contains("host2");
  }

  // Another controller

  private ControllerScript successor() {
    return successorHearing("host2", "host3");
  }

  private ControllerScript successorHearing(String... hosts) {
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().stream()
        .filter(
            record ->
                !(record instanceof HostReport report)
                    || List.of(hosts).contains(report.host().value()))
        .forEach(next::put);
    next.fallsSilent("host1");
    next.seesLeases().leads(3);
    for (String host : hosts) {
      next.renews(host);
      next.reports(host);
    }
    return next;
  }

  @Test
  void anotherControllerGoesOnWithWhoIsBeingStopped() {
    vm8IsBeingStopped();
    ControllerScript next = successor();
    assertThat(evicted(next)).isEmpty();
    assertThat(next.statusOf("vm:1").reason())
        .isEqualTo("room is made for it on host2, where vm:8 is stopped");
    reports(next, "host2", Condition.STOPPED, "vm:8");
    assertThat(ownerOf(next, "vm:1")).contains("host2");
    assertThat(ownerOf(next, "vm:8")).isEmpty();
  }

  @Test
  void anotherControllerKeepsWhatWasClearedForAWhile() {
    vm8IsBeingStopped();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    vm8HasStopped();
    ControllerScript next = successor();
    next.passes(KeptRoom.KEPT.minus(MOMENT.multipliedBy(5)));
    assertThat(ownerOf(next, "vm:8")).isEmpty();
    next.passes(MOMENT.multipliedBy(10));
    assertThat(ownerOf(next, "vm:8")).contains("host2");
  }

  @Test
  void anotherControllerSparesWhoWasStoppedBefore() {
    fullWithout(Priority.LOW, Priority.CRITICAL);
    begins();
    isLost("host1");
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    vm8HasStopped();
    script.passes(KeptRoom.KEPT.plus(MOMENT));
    script.reports("host2");
    assertThat(phaseOf(script, "vm:8")).contains(Stage.SPARED);
    Scenes.locks(script, "vm:1", Optional.empty());
    ControllerScript next = successor();
    next.passes(Evictions.SPARED.minus(Duration.ofMinutes(1)));
    assertThat(evicted(next)).isEmpty();
    next.passes(Duration.ofMinutes(2));
    assertThat(evicted(next)).containsExactly("vm:8 host2 vm:1");
  }

  /** vm:1 has lost its host, and there is room on host3, which the next one does not hear yet. */
  private ControllerScript successorThatDoesNotHearHost3() {
    fullWithout(Priority.LOW, Priority.MEDIUM);
    script.put(policy(MakeRoom.NOTHING));
    begins();
    isLost("host1");
    changed("vm:7", spec -> spec.withDemand(Capacity.of(4, 16)));
    ControllerScript next = successorHearing("host2");
    ClusterConfig asked = policy(MakeRoom.EVICT);
    next.put(asked).reread(asked.key());
    return next;
  }

  @Test
  void aHostThatComesUpAndHasRoomIsWaitedForBeforeAnybodyIsStopped() {
    ControllerScript next = successorThatDoesNotHearHost3();
    next.passes(ControllerScript.TIMINGS.silence().minus(MOMENT));
    assertThat(evicted(next)).isEmpty();
    next.renews("host3");
    next.reports("host3");
    assertThat(ownerOf(next, "vm:1")).contains("host3");
    assertThat(evicted(next)).isEmpty();
  }

  @Test
  void aHostThatDoesNotComeUpIsNotWaitedForForLong() {
    ControllerScript next = successorThatDoesNotHearHost3();
    next.passes(ControllerScript.TIMINGS.silence().plus(MOMENT));
    assertThat(evicted(next)).containsExactly("vm:8 host2 vm:1");
  }
}
