package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static io.holdfast.engine.core.Twins.HOSTS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.AskForLife;
import io.holdfast.engine.core.ControllerEffect.CheckLease;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * A core that leads for the second time decides exactly what one decides that saw the same leases
 * and never led before: what it knew as the controller is forgotten, and all of it.
 */
class LeadingAnewTest {
  private static final FenceOutcome READ_OFF = new Confirmed(PowerState.OFF);
  private static final FenceOutcome NO_ROUTE = new Unreachable("no route");

  private static Workload vm(int number) {
    return Scenes.newWorkload("vm:" + number).workload();
  }

  private static WorkloadConfig fills(int number, Priority priority) {
    Workload w = vm(number).withDemand(Capacity.of(8, 1024));
    return new WorkloadConfig(
        new Workload(w.id(), priority, w.demand(), w.desired(), w.origin(), w.policy(), w.lock()));
  }

  private static WorkloadConfig dependent(int number, String on) {
    TreeSet<WorkloadId> others = new TreeSet<>(List.of(WorkloadId.parse(on)));
    return new WorkloadConfig(
        vm(number).withPolicy(WorkloadPolicy.DEFAULT.toBuilder().dependsOn(others).build()));
  }

  private static ClusterConfig policy(ClusterPolicy.Builder policy) {
    return new ClusterConfig(policy.build());
  }

  private static Placement atHome(int number, String host) {
    return Placement.none(WorkloadId.parse("vm:" + number)).atHome(new HostId(host));
  }

  private static void write(SortedMap<Key, StateRecord> store, StateRecord... records) {
    for (StateRecord record : records) {
      store.put(record.key(), record);
    }
  }

  private static void forget(SortedMap<Key, StateRecord> store, String workload) {
    store.keySet().removeIf(key -> key.name().equals(workload));
  }

  /** Somebody else leads while neither of them does. */
  private static void othersLead(SortedMap<Key, StateRecord> store, ControllerScript other) {
    store.values().forEach(other::put);
    other.seesLeases().leads(2).allReport(HOSTS);
  }

  private static void allDevicesAnswer(ControllerScript script, FenceOutcome outcome) {
    for (AskDevice ask : script.open(AskDevice.class)) {
      script.answer(ask, outcome);
    }
  }

  // Workloads

  @Test
  void whatWaitedToBePlacedIsQueuedAnewAsWhatItIsNow() {
    Twins twins =
        new Twins(
            fills(1, Priority.MEDIUM),
            fills(2, Priority.MEDIUM),
            fills(3, Priority.MEDIUM),
            fills(4, Priority.LOW),
            fills(5, Priority.LOW));
    twins.allReport(HOSTS);
    assertThat(twins.former.statusOf("vm:4").host()).as("no room").isEmpty();
    assertThat(twins.former.statusOf("vm:3").host()).isPresent();

    twins.leadAnew(store -> write(store, fills(5, Priority.HIGH)));
    twins.agreeWhenReporting(HOSTS);
    twins.agreeWhen(s -> Scenes.wants(s, "vm:2", DesiredState.STOPPED));
    for (String host : HOSTS) {
      twins.agreeWhen(s -> s.reports(host, new TreeMap<>()));
    }
    twins.agreeFor(Duration.ofMinutes(1));
  }

  @Test
  void whoMayRunOnASilentHostHasItFencedAgainAtOnce() {
    Twins twins = new Twins(Scenes.workload("vm:1"));
    twins.fallSilent("host3");
    twins.leadAnew(store -> write(store, Scenes.workload("vm:2")));
    twins.agreeFor(Duration.ofMinutes(1));
    twins.agreeWhen(s -> allDevicesAnswer(s, NO_ROUTE));
    twins.agreeWhen(s -> allDevicesAnswer(s, READ_OFF));
    twins.agreeFor(Duration.ofMinutes(1));
  }

  /** host3 has not reported yet, and vm:1 may be running there. */
  private static Twins host3IsAwaited() {
    Twins twins = new Twins(fills(2, Priority.MEDIUM));
    twins.both(s -> s.joinsAgain("host3"));
    twins.former.put(Scenes.workload("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    twins.fallSilent("host3");
    assertThat(twins.former.stateOf("host3")).isEqualTo(HostState.FENCING);
    return twins;
  }

  @Test
  void nobodyIsAwaitedForWhatIsNotProtectedAnyMore() {
    Twins twins = host3IsAwaited();
    twins.leadAnew(store -> forget(store, "vm:1"));
    twins.agreeFor(Duration.ofMinutes(1));
    assertThat(twins.former.stateOf("host3")).isEqualTo(HostState.LOST);
  }

  @Test
  void whatWasMovedMeanwhileDependsOnItsNewHostAlone() {
    Twins twins =
        new Twins(
            atHome(1, "host1"),
            atHome(2, "host1"),
            new WorkloadConfig(vm(1)),
            new WorkloadConfig(vm(2).withDesired(DesiredState.STOPPED)),
            fills(3, Priority.MEDIUM),
            fills(4, Priority.MEDIUM),
            fills(5, Priority.MEDIUM));
    twins.allReport(HOSTS);
    Scenes.asks(twins.former, "vm:1", 1, new WorkloadRequest.Action.Move(new HostId("host2")));
    twins.leadAnew(
        store -> {
          ControllerScript other = new ControllerScript(HOSTS);
          othersLead(store, other);
          for (int id = 1; id <= 2; id++) {
            Scenes.asks(other, "vm:" + id, 2, new WorkloadRequest.Action.Move(new HostId("host3")));
          }
          Scenes.reports(other, "vm:1", "host1", Condition.GONE);
          other.allReport(HOSTS).allReport(HOSTS);
          store.clear();
          store.putAll(other.store);
        });
    twins.both(s -> s.fallsSilent("host1"));
    twins.agreeFor(Duration.ofMinutes(1));
    twins.agreeWhen(s -> Scenes.wants(s, "vm:3", DesiredState.STOPPED));
    twins.agreeWhenReporting("host2", "host3");
  }

  @Test
  void whatDependedOnItDoesSoNoMore() {
    Twins twins = new Twins(new WorkloadConfig(vm(1)), dependent(2, "vm:1"));
    twins.allReport(HOSTS);
    twins.allReport(HOSTS);
    twins.leadAnew(store -> write(store, new WorkloadConfig(vm(2))));
    twins.agreeWhenReporting(HOSTS);
    twins.agreeWhen(s -> Scenes.wants(s, "vm:2", DesiredState.STOPPED));
    twins.agreeWhen(s -> Scenes.wants(s, "vm:1", DesiredState.STOPPED));
    twins.agreeWhenReporting(HOSTS);
  }

  @Test
  void aMoveThatIsNotBegunHasItsWholeTimeAndTheNextHasItsTurn() {
    Twins twins =
        new Twins(
            policy(ClusterPolicy.DEFAULT.toBuilder().movesInCluster(1)),
            atHome(1, "host1"),
            atHome(2, "host1"),
            atHome(3, "host1"),
            new WorkloadConfig(vm(1)),
            new WorkloadConfig(vm(2)),
            new WorkloadConfig(vm(3)));
    twins.allReport(HOSTS);
    HostDirective empty = new HostDirective(new HostId("host1"), true, Optional.empty());
    twins.former.put(empty).reread(empty.key());
    assertThat(Scenes.placement(twins.former, "vm:1").move()).isPresent();
    twins.both(s -> s.passes(ControllerConfig.MOVE_HOLD.dividedBy(2)));
    Workload third = vm(3);
    Workload important =
        new Workload(
            third.id(),
            Priority.HIGH,
            third.demand(),
            third.desired(),
            third.origin(),
            third.policy(),
            third.lock());
    twins.leadAnew(store -> write(store, new WorkloadConfig(important)));
    twins.agreeWhenReporting(HOSTS);
    twins.agreeFor(ControllerConfig.MOVE_HOLD.multipliedBy(2));
    twins.agreeWhenReporting(HOSTS);
    twins.agreeFor(ControllerConfig.MOVE_HOLD);
  }

  @Test
  void whoWasAskedWhatItRunsIsAskedAgain() {
    Twins twins = new Twins(new WorkloadConfig(vm(1)));
    twins.allReport(HOSTS);
    Scenes.asks(twins.former, "vm:1", 1, new WorkloadRequest.Action.Move(new HostId("host2")));
    twins.fallSilent("host1");
    twins.former.deviceAnswers(READ_OFF);
    twins.former.reportsBlind("host2");
    twins.leadAnew();
    twins.agreeFor(TIMINGS.silence());
    twins.agreeWhenReporting(HOSTS);
  }

  // Hosts

  @Test
  void aLeaseThatWasBeingReadIsReadAgain() {
    Twins twins = new Twins(new WorkloadConfig(vm(1)));
    twins.allReport(HOSTS);
    twins.former.storeFallsSilent();
    twins.fallSilent("host1");
    assertThat(twins.former.open(CheckLease.class)).isNotEmpty();
    twins.leadAnew();
    twins.agreeFor(TIMINGS.silence().multipliedBy(2));
    assertThat(twins.former.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  private static Twins withHostChecks() {
    Twins twins =
        new Twins(
            () -> ControllerScript.withHostChecks(List.of("peers"), HOSTS),
            new WorkloadConfig(vm(1)));
    twins.allReport(HOSTS);
    twins.both(s -> s.fallsSilent("host1"));
    twins.both(s -> s.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval())));
    assertThat(twins.former.open(AskForLife.class)).hasSize(1);
    return twins;
  }

  @Test
  void aSignOfLifeIsLookedForAnew() {
    Twins twins = withHostChecks();
    twins.leadAnew();
    twins.agreeFor(TIMINGS.silence());
    twins.agreeWhen(s -> s.signOfLife("host1", SignOfLife.DEAD_SILENT));
    twins.agreeFor(TIMINGS.silence());
  }

  @Test
  void whoWasSeenAliveHasToBeSeenAgain() {
    Twins twins = withHostChecks();
    twins.former.signOfLife("host1", SignOfLife.ALIVE);
    assertThat(twins.former.stateOf("host1")).isEqualTo(HostState.ISOLATED);
    twins.leadAnew();
    twins.agreeFor(TIMINGS.suspectAfter());
    twins.agreeWhen(s -> s.signOfLife("host1", SignOfLife.ALIVE));
    twins.agreeFor(TIMINGS.silence().multipliedBy(2));
  }

  // Devices

  @Test
  void whatADeviceReadForTheFormerControllerSaysNothing() {
    Twins twins = new Twins(new WorkloadConfig(vm(1)));
    twins.allReport(HOSTS);
    twins.both(s -> s.fallsSilent("host1"));
    twins.both(s -> s.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval())));
    AskDevice probe = twins.former.theAsked(DeviceOperation.STATUS);
    twins.leadAnew();
    twins.agreeWhen(s -> s.answer(probe, READ_OFF));
    twins.agreeFor(TIMINGS.silence());
  }

  @Test
  void testsOfDevicesCountFromTheBeginning() {
    Twins twins = new Twins();
    twins.both(s -> s.passes(FenceSettings.TEST_INTERVAL));
    for (AskDevice ask : twins.former.asked(DeviceOperation.STATUS)) {
      boolean fails = ask.host().value().equals("host1");
      twins.former.answer(ask, fails ? NO_ROUTE : new Confirmed(PowerState.ON));
    }
    twins.both(s -> s.passes(TIMINGS.fenceRetryMin()));
    AskDevice again = twins.former.theAsked(DeviceOperation.STATUS);
    twins.former.answer(again, NO_ROUTE);
    assertThat(twins.former.told(HaEvent.FenceDeviceTested.class)).hasSize(1);
    twins.leadAnew();
    twins.agreeFor(FenceSettings.TEST_INTERVAL);
    for (int i = 0; i < 3; i++) {
      twins.agreeWhen(s -> allDevicesAnswer(s, NO_ROUTE));
      twins.agreeFor(TIMINGS.fenceRetryMin());
    }
    twins.agreeWhen(s -> allDevicesAnswer(s, new Confirmed(PowerState.ON)));
  }

  @Test
  void powerThatIsNotGivenBackIsToldOfAfterAsManyTimes() {
    Twins twins =
        new Twins(
            policy(ClusterPolicy.DEFAULT.toBuilder().powerOnAfterFence(true)),
            new WorkloadConfig(vm(1)));
    twins.allReport(HOSTS);
    twins.fallSilent("host1");
    twins.former.deviceAnswers(READ_OFF);
    for (int i = 0; i < 2; i++) {
      twins.former.answer(twins.former.theAsked(DeviceOperation.ON), NO_ROUTE);
      twins.both(s -> s.passes(TIMINGS.fenceTimeout().plus(TIMINGS.fenceRetryMin())));
    }
    twins.leadAnew();
    for (int i = 0; i < 4; i++) {
      twins.agreeWhen(s -> s.answer(s.theAsked(DeviceOperation.ON), NO_ROUTE));
      twins.agreeFor(TIMINGS.fenceTimeout().plus(TIMINGS.fenceRetryMin()));
    }
    twins.agreeWhen(s -> s.answer(s.theAsked(DeviceOperation.ON), new Confirmed(PowerState.ON)));
    twins.agreeFor(TIMINGS.fenceTimeout().plus(TIMINGS.fenceRetryMin()));
  }

  @Test
  void theStorageIsGivenBackByANewQuestion() {
    Twins twins =
        new Twins(
            () -> new ControllerScript(Optional.empty(), StorageFenceTest.kit(), HOSTS),
            new WorkloadConfig(vm(1)));
    twins.allReport(HOSTS);
    twins.fallSilent("host1");
    twins.former.deviceAnswers(NO_ROUTE);
    twins.former.deviceAnswers(READ_OFF);
    twins.both(s -> s.joinsAgain("host1"));
    twins.former.reports("host1");
    twins.both(s -> s.passes(TIMINGS.leaseValidity().multipliedBy(2)));
    twins.former.reports("host1");
    assertThat(twins.former.asked(DeviceOperation.ON)).hasSize(1);
    twins.leadAnew();
    twins.agreeWhenReporting(HOSTS);
    twins.agreeWhen(s -> allDevicesAnswer(s, new Confirmed(PowerState.ON)));
    twins.agreeFor(TIMINGS.fenceTimeout().multipliedBy(2));
  }

  @Test
  void theTieBreakerIsAskedAnew() {
    ClusterConfig quorum =
        policy(ClusterPolicy.DEFAULT.toBuilder().quorum(ClusterPolicy.Quorum.TIE_BREAKER));
    Twins twins =
        new Twins(
            () -> ControllerScript.withTieBreaker("gateway", HOSTS),
            quorum,
            new WorkloadConfig(vm(1)));
    twins.allReport(HOSTS);
    twins.fallSilent("host1");
    assertThat(twins.former.open(ControllerEffect.AskTieBreaker.class)).hasSize(1);
    twins.leadAnew();
    twins.agreeFor(TIMINGS.silence());
    twins.agreeWhen(s -> s.tieBreaks(io.holdfast.api.Fact.HOLDS));
  }

  @Test
  void aLeaseThatExpiredIsReadAgain() {
    LeaseTiming timing = LeaseExpiryTest.LEASE;
    Twins twins =
        new Twins(
            () -> new ControllerScript(Optional.of(timing), List.of(), HOSTS),
            new WorkloadConfig(vm(1)));
    twins.both(s -> s.guards("host1", 0, timing.validity(), timing.watchdogPeriod()));
    twins.allReport(HOSTS);
    twins.both(s -> s.fallsSilent("host1"));
    twins.both(s -> s.passes(timing.takeoverWait().minusMillis(1)));
    twins.former.storeFallsSilent();
    twins.both(s -> s.passes(Duration.ofMillis(1)));
    assertThat(twins.former.open(CheckLease.class)).hasSize(1);
    twins.leadAnew();
    twins.agreeFor(timing.takeoverWait());
    assertThat(twins.former.stateOf("host1")).isEqualTo(HostState.FENCED);
  }
}
