package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.STATUS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Epoch;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Move.Phase;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Moves from their order until they are settled, and what becomes of them when hosts die. */
class MovesTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final HostId TARGET = new HostId("host2");

  private static ControllerScript asked(WorkloadRequest.Action action) {
    ControllerScript script = Scenes.vmOnHost1();
    ask(script, 1, action);
    return script;
  }

  private static void ask(ControllerScript script, long number, WorkloadRequest.Action action) {
    WorkloadRequest request = new WorkloadRequest(VM, number, action);
    script.put(request);
    script.reread(request.key());
  }

  /** On its way from host1 to host2. */
  private static ControllerScript moving() {
    ControllerScript script = asked(new WorkloadRequest.Action.Move(TARGET));
    reports(script, "host1", Condition.MIGRATING);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.MIGRATING);
    return script;
  }

  private static Placement placement(ControllerScript script) {
    return (Placement) script.stored(new Key(Table.PLACEMENT, "vm:1"));
  }

  private static Optional<HostIntent.Entry> order(ControllerScript script, String host) {
    HostIntent intent = (HostIntent) script.stored(new Key(Table.INTENT, host));
    return Optional.ofNullable(intent.entries().get(VM));
  }

  private static Optional<Phase> phase(ControllerScript script) {
    return placement(script).move().map(Placement.Move::phase);
  }

  private static String owner(ControllerScript script) {
    return placement(script).owner().map(o -> o.host().value()).orElse("nobody");
  }

  private static void reports(ControllerScript script, String host, Condition condition) {
    Scenes.reports(script, "vm:1", host, condition);
  }

  private static void hostIsOff(ControllerScript script, String host) {
    script.fallsSilent(host);
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
  }

  // The usual way

  @Test
  void aRequestedMoveIsOrderedFromTheOwnerWhichStaysTheOwner() {
    ControllerScript script = asked(new WorkloadRequest.Action.Move(TARGET));
    assertThat(phase(script)).contains(Phase.LIVE);
    assertThat(owner(script)).isEqualTo("host1");
    assertThat(order(script, "host1").orElseThrow().migration().orElseThrow().target())
        .isEqualTo(TARGET);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.MIGRATING);
    assertThat(script.told(HaEvent.MoveBegun.class)).hasSize(1);
  }

  @Test
  void whatHasGoneIsGivenToTheTargetAndArrivedWhenThatSaysSo() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    assertThat(owner(script)).isEqualTo("host2");
    assertThat(phase(script)).contains(Phase.ARRIVING);
    assertThat(order(script, "host1")).isEmpty();
    assertThat(placement(script).owner()).map(Placement.Owner::goal).contains(Goal.KEEP);
    script.reports("host2");
    assertThat(phase(script)).isEmpty();
    assertThat(placement(script).owner()).map(Placement.Owner::goal).contains(Goal.RUN);
    script.reports("host2");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.told(HaEvent.MoveEnded.class)).singleElement().matches(e -> e.arrived());
    assertThat(script.asked(OFF)).isEmpty();
  }

  @Test
  void whatHasLeftTheTargetByHandIsLookedForAndNotStartedThere() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    script.reports("host3", new TreeMap<>(), "vm:1");
    reports(script, "host2", Condition.GONE);
    assertThat(script.told(HaEvent.MoveEnded.class)).singleElement().matches(e -> !e.arrived());
    script.reports("host3", new TreeMap<>(), "vm:1");
    assertThat(owner(script)).isEqualTo("host3");
  }

  @Test
  void aMoveThatFailedLeavesItStartedOnItsHost() {
    ControllerScript script = moving();
    OpId move = placement(script).move().orElseThrow().id();
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    OpId assignment = placement(script).owner().orElseThrow().assignment();
    entries.put(
        VM, new HostReport.Entry(assignment, Condition.RUNNING, 0, "no route", Optional.of(move)));
    script.reports("host1", entries);
    assertThat(phase(script)).contains(Phase.WITHDRAWN);
    assertThat(order(script, "host1").orElseThrow().migration()).isEmpty();
    script.reports("host1");
    assertThat(phase(script)).isEmpty();
    assertThat(owner(script)).isEqualTo("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    script.passes(Duration.ofMinutes(5));
    assertThat(phase(script)).as("asked for once, tried once").isEmpty();
  }

  /** The move has failed, and the target's report still lists what was on its way to it. */
  private static ControllerScript movedInVain() {
    ControllerScript script = moving();
    OpId move = placement(script).move().orElseThrow().id();
    script.reports("host2", new TreeMap<>(), "vm:1");
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    OpId assignment = placement(script).owner().orElseThrow().assignment();
    entries.put(
        VM, new HostReport.Entry(assignment, Condition.RUNNING, 0, "no route", Optional.of(move)));
    script.reports("host1", entries);
    script.reports("host1");
    assertThat(phase(script)).isEmpty();
    return script;
  }

  @Test
  void aTargetThatHasNotLookedSinceTheMoveFailedRunsNoSecondCopy() {
    ControllerScript script = movedInVain();
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
    script.passes(Duration.ofSeconds(10));
    script.reports("host2");
    script.passes(Duration.ofMinutes(10));
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
  }

  @Test
  void aTargetThatStillListsItAfterThatRunsASecondCopy() {
    ControllerScript script = movedInVain();
    script.passes(Duration.ofMinutes(3));
    assertThat(script.told(HaEvent.Alarm.class))
        .singleElement()
        .extracting(HaEvent.Alarm::reason)
        .isEqualTo("reported running on [host1, host2] at once");
  }

  @Test
  void aSecondCopyElsewhereIsToldOfAlsoWhileItMoves() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.RUNNING);
    script.reports("host3", new TreeMap<>(), "vm:1");
    assertThat(script.told(HaEvent.Alarm.class))
        .singleElement()
        .extracting(HaEvent.Alarm::reason)
        .isEqualTo("reported running on [host1, host3] at once");
  }

  @Test
  void aSecondCopyWithoutAnyMoveIsToldOfAtOnce() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reports("host2", new TreeMap<>(), "vm:1");
    assertThat(script.told(HaEvent.Alarm.class)).hasSize(1);
  }

  // never stuck

  @Test
  void aMoveThatIsNotBegunIsWithdrawnWithTheReasonAndTriedAgainAfterAPause() {
    ControllerScript script = asked(new WorkloadRequest.Action.Move(TARGET));
    script.passes(ControllerConfig.MOVE_HOLD.minusSeconds(2));
    assertThat(phase(script)).contains(Phase.LIVE);
    script.passes(Duration.ofSeconds(3));
    assertThat(phase(script)).contains(Phase.WITHDRAWN);
    assertThat(order(script, "host1").orElseThrow().migration()).isEmpty();
    script.reports("host1");
    assertThat(phase(script)).isEmpty();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.told(HaEvent.MoveEnded.class))
        .singleElement()
        .satisfies(
            e -> {
              assertThat(e.arrived()).isFalse();
              assertThat(e.why()).isEqualTo("host1 has not begun it within PT1M");
            });
  }

  @Test
  void aMoveThatHasBegunTakesAsLongAsItTakes() {
    ControllerScript script = moving();
    script.passes(ControllerConfig.MOVE_HOLD.multipliedBy(3));
    assertThat(phase(script)).contains(Phase.LIVE);
  }

  @Test
  void whatArrivesDoesNotExecuteYetAndIsNotCalledPaused() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    Scenes.reportsPaused(script, "host2", "vm:1");
    assertThat(phase(script)).as("it may vanish yet").contains(Phase.ARRIVING);
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
    script.reports("host2");
    assertThat(phase(script)).isEmpty();
    assertThat(script.told(HaEvent.MoveEnded.class)).singleElement().matches(e -> e.arrived());
  }

  @Test
  void whatStaysPausedAtTheTargetHasArrivedAndIsToldOf() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    Scenes.reportsPaused(script, "host2", "vm:1");
    Scenes.reportsPaused(script, "host2", "vm:1");
    script.passes(ControllerConfig.MOVE_HOLD.plusSeconds(1));
    assertThat(phase(script)).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("is paused on host2");
    assertThat(script.told(HaEvent.Alarm.class)).hasSize(1);
  }

  @Test
  void aMoveOfWhatIsPausedIsRefusedWithTheReason() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reportsPaused(script, "host1", "vm:1");
    ask(script, 1, new WorkloadRequest.Action.Move(TARGET));
    assertThat(phase(script)).isEmpty();
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .satisfies(e -> assertThat(e.reason()).contains("paused"));
    ask(script, 2, new WorkloadRequest.Action.Relocate(TARGET));
    assertThat(phase(script)).as("stopping it is what was asked for").contains(Phase.COLD);
  }

  @Test
  void whatIsPausedBeforeItsMoveBeginsStays() {
    ControllerScript script = asked(new WorkloadRequest.Action.Move(TARGET));
    Scenes.reportsPaused(script, "host1", "vm:1");
    assertThat(phase(script)).contains(Phase.WITHDRAWN);
    Scenes.reportsPaused(script, "host1", "vm:1");
    assertThat(phase(script)).isEmpty();
    assertThat(script.told(HaEvent.MoveEnded.class))
        .singleElement()
        .satisfies(e -> assertThat(e.why()).contains("does not execute on host1"));
  }

  @Test
  void aRelocationStopsItAndStartsItOnTheTarget() {
    ControllerScript script = asked(new WorkloadRequest.Action.Relocate(TARGET));
    assertThat(order(script, "host1").orElseThrow().goal()).isEqualTo(Placement.Goal.STOP);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.MIGRATING);
    reports(script, "host1", Condition.STOPPING);
    assertThat(owner(script)).isEqualTo("host1");
    reports(script, "host1", Condition.STOPPED);
    assertThat(owner(script)).isEqualTo("host2");
    assertThat(phase(script)).isEmpty();
    script.reports("host2");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
  }

  @Test
  void aRelocationFallsBackWhenTheTargetWillNotHaveIt() {
    ControllerScript script = asked(new WorkloadRequest.Action.Relocate(TARGET));
    script.fallsSilent("host2");
    script.passes(ControllerScript.TIMINGS.suspectAfter());
    reports(script, "host1", Condition.STOPPED);
    assertThat(owner(script)).isEqualTo("host1");
  }

  @Test
  void aPolicyOfColdMigrationMakesEveryMoveCold() {
    ControllerScript script = Scenes.vmOnHost1();
    WorkloadConfig cold =
        new WorkloadConfig(
            Scenes.newWorkload("vm:1")
                .workload()
                .withPolicy(WorkloadPolicy.DEFAULT.toBuilder().migration(Migration.COLD).build()));
    script.put(cold);
    script.reread(cold.key());
    ask(script, 1, new WorkloadRequest.Action.Move(TARGET));
    assertThat(phase(script)).contains(Phase.COLD);
  }

  @Test
  void pitfall31ARequestIsDealtWithOnceAlsoByTheNextController() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    script.reports("host2");
    ControllerScript next = successor(script);
    next.reports("host2");
    next.passes(Duration.ofMinutes(1));
    assertThat(owner(next)).isEqualTo("host2");
    assertThat(phase(next)).isEmpty();
  }

  @Test
  void aMoveToAHostWithoutRoomIsRefusedWithTheReason() {
    ControllerScript script = Scenes.vmOnHost1();
    WorkloadConfig big =
        new WorkloadConfig(Scenes.newWorkload("vm:1").workload().withDemand(Capacity.of(4, 5000)));
    script.put(big);
    script.reread(big.key());
    WorkloadConfig other =
        new WorkloadConfig(Scenes.newWorkload("vm:2").workload().withDemand(Capacity.of(1, 5000)));
    script.put(other);
    script.reread(other.key());
    assertThat(script.orderedOn("vm:2")).containsExactly("host2");
    ask(script, 1, new WorkloadRequest.Action.Move(TARGET));
    assertThat(phase(script)).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("not moved to host2", "memory");
    assertThat(script.told(HaEvent.MoveRefused.class)).hasSize(1);
    assertThat(placement(script).handled()).isEqualTo(1);
  }

  @Test
  void roomIsHeldAtBothEndsOfAMove() {
    ControllerScript script = Scenes.vmOnHost1();
    WorkloadConfig big =
        new WorkloadConfig(Scenes.newWorkload("vm:1").workload().withDemand(Capacity.of(1, 5000)));
    script.put(big);
    script.reread(big.key());
    ask(script, 1, new WorkloadRequest.Action.Move(TARGET));
    WorkloadConfig other =
        new WorkloadConfig(Scenes.newWorkload("vm:2").workload().withDemand(Capacity.of(1, 5000)));
    script.put(other);
    script.reread(other.key());
    assertThat(script.orderedOn("vm:2")).containsExactly("host3");
  }

  @Test
  void aStoppedWorkloadIsMovedInTheBooksOnly() {
    ControllerScript script = Scenes.vmOnHost1();
    want(script, DesiredState.STOPPED);
    reports(script, "host1", Condition.STOPPED);
    ask(script, 1, new WorkloadRequest.Action.Move(new HostId("host3")));
    assertThat(placement(script).home()).contains(new HostId("host3"));
    assertThat(owner(script)).isEqualTo("nobody");
  }

  private static void want(ControllerScript script, DesiredState desired) {
    WorkloadConfig config =
        new WorkloadConfig(Scenes.newWorkload("vm:1").workload().withDesired(desired));
    script.put(config);
    script.reread(config.key());
  }

  // never two

  @Test
  void anOwnerThatDiedInAMoveDoesNotReleaseItUntilTheTargetHasSpoken() {
    ControllerScript script = moving();
    script.fallsSilent("host1");
    script.silencePasses();
    script.fallsSilent("host2");
    script.passes(ControllerScript.TIMINGS.suspectAfter());
    answersOff(script, "host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(script.statusOf("vm:1").reason()).contains("host2");

    script.isHeardAgain("host2");
    assertThat(owner(script)).isEqualTo("host2");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void bothEndsLostTheOwnerFirst() {
    ControllerScript script = moving();
    script.fallsSilent("host1", "host2");
    script.silencePasses();
    script.passes(Duration.ofSeconds(30));
    answersOff(script, "host1");
    script.passes(Duration.ofSeconds(30));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    answersOff(script, "host2");
    script.passes(Duration.ofSeconds(30));
    answersOff(script, "host2");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
  }

  @Test
  void bothEndsLostTheTargetFirstWhichIsReadAnew() {
    ControllerScript script = moving();
    script.fallsSilent("host2");
    script.passes(Duration.ofSeconds(3));
    answersOff(script, "host2");
    script.fallsSilent("host1");
    script.silencePasses();
    script.passes(Duration.ofSeconds(30));
    answersOff(script, "host1");
    assertThat(script.orderedOn("vm:1"))
        .as("what was read of the target before says nothing of what arrived since")
        .containsExactly("host1");
    script.passes(Duration.ofSeconds(30));
    answersOff(script, "host2");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
  }

  private static void answersOff(ControllerScript script, String host) {
    ControllerEffect.AskDevice ask =
        script.open(ControllerEffect.AskDevice.class).stream()
            .filter(a -> a.host().value().equals(host))
            .reduce((first, second) -> second)
            .orElseThrow(() -> new AssertionError("nobody asks about " + host));
    script.answer(ask, new Confirmed(PowerState.OFF));
  }

  @Test
  void aWithdrawnOrderCountsOnlyWhenTheOwnerHasReadThat() {
    ControllerScript script = asked(new WorkloadRequest.Action.Move(TARGET));
    HostReport before = lastReportOf(script, "host1");
    want(script, DesiredState.STOPPED);
    assertThat(phase(script)).contains(Phase.WITHDRAWN);
    assertThat(order(script, "host1").orElseThrow().goal()).isEqualTo(Placement.Goal.RUN);
    assertThat(before.intentGeneration())
        .isLessThan(((HostIntent) script.stored(new Key(Table.INTENT, "host1"))).generation());
    hostIsOff(script, "host1");
    assertThat(owner(script)).as("it may be there").isEqualTo("host2");
    assertThat(order(script, "host2").orElseThrow().goal()).isEqualTo(Placement.Goal.STOP);
  }

  private static HostReport lastReportOf(ControllerScript script, String host) {
    return (HostReport) script.stored(new Key(Table.REPORT, host));
  }

  @Test
  void anOwnerThatJoinedAnewIsAskedWhetherItIsStillThere() {
    ControllerScript script = moving();
    script.joinsAgain("host1");
    script.renews("host1");
    script.reports("host1", "vm:1");
    assertThat(order(script, "host1")).as("its former agent may act yet").isPresent();
    script.passes(ControllerScript.TIMINGS.leaseValidity().multipliedBy(2));
    assertThat(order(script, "host1").orElseThrow().goal()).isEqualTo(Placement.Goal.KEEP);
    reports(script, "host1", Condition.GONE);
    assertThat(owner(script)).isEqualTo("host2");
  }

  @Test
  void anOwnerThatJoinedAnewAndHasItKeepsIt() {
    ControllerScript script = moving();
    script.joinsAgain("host1");
    script.renews("host1");
    script.reports("host1", "vm:1");
    script.passes(ControllerScript.TIMINGS.leaseValidity().multipliedBy(2));
    reports(script, "host1", Condition.RUNNING);
    assertThat(phase(script)).isEmpty();
    assertThat(owner(script)).isEqualTo("host1");
    assertThat(order(script, "host1").orElseThrow().goal()).isEqualTo(Placement.Goal.RUN);
  }

  private static ControllerScript successor(ControllerScript former) {
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    former.store.values().forEach(next::put);
    next.seesLeases().leads(2);
    for (String host : new String[] {"host1", "host2", "host3"}) {
      next.renews(host);
    }
    return next;
  }

  @Test
  void theNextControllerFinishesAMove() {
    ControllerScript next = successor(moving());
    assertThat(next.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.MIGRATING);
    reports(next, "host1", Condition.GONE);
    assertThat(owner(next)).isEqualTo("host2");
    next.reports("host2");
    next.reports("host2");
    assertThat(next.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
  }

  /** Has read the leases, and heard host1 alone so far. */
  private static ControllerScript successorThatHearsOneAfterTheOther(StateRecord... more) {
    ControllerScript former = asked(new WorkloadRequest.Action.Move(TARGET));
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    former.store.values().forEach(next::put);
    List.of(more).forEach(next::put);
    next.seesLeases().leads(2);
    next.renews("host1");
    assertThat(next.stateOf("host2")).isEqualTo(HostState.JOINING);
    return next;
  }

  @Test
  void theNextControllerDoesNotTakeAMoveBackBecauseItHearsTheTargetLater() {
    ControllerScript next = successorThatHearsOneAfterTheOther();
    assertThat(phase(next)).contains(Phase.LIVE);
    reports(next, "host1", Condition.MIGRATING);
    assertThat(phase(next)).contains(Phase.LIVE);
    next.renews("host2");
    assertThat(phase(next)).contains(Phase.LIVE);
    assertThat(order(next, "host1").orElseThrow().migration()).isPresent();
  }

  @Test
  void aTargetThatIsCutOffFromTheStorageIsNotWaitedFor() {
    FenceRecord cut =
        new FenceRecord(
            TARGET,
            new Incarnation(1),
            new Epoch(1),
            Optional.empty(),
            List.of(),
            List.of("array"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0);
    assertThat(phase(successorThatHearsOneAfterTheOther(cut))).contains(Phase.WITHDRAWN);
  }

  @Test
  void aTargetThatTheNextControllerNeverHearsIsNotWaitedFor() {
    ControllerScript next = successorThatHearsOneAfterTheOther();
    next.fallsSilent("host2");
    next.passes(ControllerScript.TIMINGS.silence());
    assertThat(next.stateOf("host2")).isNotEqualTo(HostState.JOINING);
    assertThat(phase(next)).contains(Phase.WITHDRAWN);
    assertThat(order(next, "host1").orElseThrow().migration()).isEmpty();
  }

  @Test
  void theNextControllerStopsWhatItMovesColdOnlyWhenItHasHeardTheTarget() {
    ControllerScript former = Scenes.vmOnHost1();
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    former.store.values().forEach(next::put);
    Placement.Move cold =
        new Placement.Move(new OpId(1, 99), new HostId("host1"), TARGET, Phase.COLD, "so");
    next.put(placement(former).moving(Optional.of(cold)));
    next.seesLeases().leads(2);
    next.renews("host1");
    assertThat(next.stateOf("host2")).isEqualTo(HostState.JOINING);
    assertThat(phase(next)).contains(Phase.COLD);
    assertThat(placement(next).owner()).map(Placement.Owner::goal).contains(Goal.RUN);
    next.renews("host2");
    assertThat(placement(next).owner()).map(Placement.Owner::goal).contains(Goal.STOP);
    assertThat(next.told(HaEvent.MoveEnded.class)).isEmpty();
  }

  @Test
  void theNextControllerTrustsNoProofOfTheTargetFromBefore() {
    ControllerScript script = moving();
    script.fallsSilent("host2");
    script.passes(Duration.ofSeconds(3));
    script.probeAnswers(new Confirmed(PowerState.OFF));
    ControllerScript next = successor(script);
    next.fallsSilent("host2");
    next.fallsSilent("host1");
    next.silencePasses();
    next.passes(Duration.ofSeconds(30));
    answersOff(next, "host1");
    assertThat(next.orderedOn("vm:1")).doesNotContain("host3");
  }

  @Test
  void aGivenTargetThatIsResetBeforeItHasSpokenIsReadAnew() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    assertThat(phase(script)).contains(Phase.ARRIVING);
    script.fallsSilent("host2");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(phase(script)).isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2", "host1");
  }

  @Test
  void whatIsUnprotectedInAMoveIsForgottenAndLeftAlone() {
    ControllerScript script = moving();
    script.store.remove(new Key(Table.WORKLOAD, "vm:1"));
    script.reread(new Key(Table.WORKLOAD, "vm:1"));
    assertThat(script.store).doesNotContainKey(new Key(Table.PLACEMENT, "vm:1"));
    assertThat(order(script, "host1")).isEmpty();
    assertThat(script.asked(STATUS)).isEmpty();
  }

  /** Its host says that it never tried the move: somebody was before it. */
  @Test
  void whatWasMovedByHandInsteadIsNotStartedAtTheTarget() {
    ControllerScript script = moving();
    script.reports("host3", "vm:1");
    Placement before = placement(script);
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    entries.put(
        VM,
        new HostReport.Entry(
            before.owner().orElseThrow().assignment(),
            Condition.GONE,
            0,
            "migrated away",
            before.move().map(Placement.Move::id)));
    script.reports("host1", entries);
    assertThat(owner(script)).isEqualTo("host3");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
  }

  @Test
  void whatLeftByHandBeforeItWasStoppedIsLookedForAndNotStartedAtTheTarget() {
    ControllerScript script = asked(new WorkloadRequest.Action.Relocate(TARGET));
    assertThat(phase(script)).contains(Phase.COLD);
    script.reports("host3", "vm:1");
    reports(script, "host1", Condition.GONE);
    assertThat(owner(script)).isEqualTo("host3");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
  }

  @Test
  void whatLockedItOnAHostThatIsDownLocksItNoMoreOnItsWayElsewhere() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Relocate(new HostId("host3")));
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new FenceOutcome.Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
    assertThat(Scenes.order(script, "vm:1", "host3").locked()).isFalse();
  }
}
