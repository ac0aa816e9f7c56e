package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PowerState;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Workloads without a host: where they go, what they wait for until then, and when they do not. */
class PlacingTest {

  private static Workload vm(int number) {
    return Scenes.newWorkload("vm:" + number).workload();
  }

  /** As large as a host. */
  private static WorkloadConfig large(int number) {
    return new WorkloadConfig(vm(number).withDemand(Capacity.of(8, 1024)));
  }

  private static Placement atHome(int number, String host) {
    return Placement.none(WorkloadId.parse("vm:" + number)).atHome(new HostId(host));
  }

  private static void write(ControllerScript script, StateRecord record) {
    script.put(record).reread(record.key());
  }

  private static Optional<String> hostOf(ControllerScript script, String id) {
    return script.statusOf(id).host().map(HostId::value);
  }

  // It does not wait any longer

  /** vm:1 fills the only host, and vm:2 waits for room. */
  private static ControllerScript full() {
    ControllerScript script =
        new ControllerScript("host1").put(large(1)).put(large(2)).seesLeases().leads(1);
    script.allReport("host1").reports("host1");
    assertThat(hostOf(script, "vm:1")).contains("host1");
    assertThat(hostOf(script, "vm:2")).isEmpty();
    return script;
  }

  private static void makesRoom(ControllerScript script) {
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    script.reports("host1");
    assertThat(hostOf(script, "vm:1")).as("only in the books").contains("host1");
  }

  @Test
  void whatWaitsForRoomIsPlacedWhenThereIsSome() {
    ControllerScript script = full();
    makesRoom(script);
    assertThat(script.orderedOn("vm:2")).containsExactly("host1");
  }

  @Test
  void whatIsNotWantedAnyMoreIsNotPlacedWhenThereIsRoom() {
    ControllerScript script = full();
    Scenes.wants(script, "vm:2", DesiredState.STOPPED);
    makesRoom(script);
    assertThat(script.orderedOn("vm:2")).isEmpty();
    assertThat(script.statusOf("vm:2").status()).isEqualTo(WorkloadStatus.STOPPED);
  }

  @Test
  void whatIsToBeLeftAloneIsNotPlacedWhenThereIsRoom() {
    ControllerScript script = full();
    Scenes.wants(script, "vm:2", DesiredState.IGNORED);
    makesRoom(script);
    assertThat(script.orderedOn("vm:2")).isEmpty();
  }

  @Test
  void whatCannotBeReadAnyMoreIsNotPlacedWhenThereIsRoom() {
    ControllerScript script = full();
    write(script, new StateRecord.Unreadable(new Key(Table.WORKLOAD, "vm:2"), "not JSON"));
    makesRoom(script);
    assertThat(script.orderedOn("vm:2")).isEmpty();
    assertThat(script.statusOf("vm:2").reason()).contains("cannot be read");
  }

  @Test
  void whatIsNotProtectedAnyMoreIsNotPlacedAndIsForgotten() {
    ControllerScript script = full();
    Key key = new Key(Table.WORKLOAD, "vm:2");
    script.store.remove(key);
    script.reread(key);
    makesRoom(script);
    assertThat(script.orderedOn("vm:2")).isEmpty();
    assertThat(script.explains("vm:2")).isFalse();
  }

  @Test
  void whoBecomesMoreImportantWhileItWaitsGoesFirst() {
    ControllerScript script = full();
    write(script, large(3));
    Scenes.changes(
        script,
        "vm:3",
        w ->
            new Workload(
                w.id(),
                io.holdfast.api.Priority.CRITICAL,
                w.demand(),
                w.desired(),
                w.origin(),
                w.policy(),
                w.lock()));
    makesRoom(script);
    assertThat(script.orderedOn("vm:3")).containsExactly("host1");
    assertThat(script.orderedOn("vm:2")).isEmpty();
  }

  // A cluster that has just been switched on

  /** vm:1 was on host1, which has not reported yet. */
  private static ControllerScript switchedOn(ClusterPolicy.Builder policy, String... reported) {
    return new ControllerScript("host1", "host2", "host3")
        .put(new ClusterConfig(policy.build()))
        .put(new WorkloadConfig(vm(1)))
        .put(atHome(1, "host1"))
        .seesLeases()
        .leads(1)
        .allReport(reported);
  }

  @Test
  void itWaitsForTheHostWhereItWasForOneSilence() {
    ControllerScript script = switchedOn(ClusterPolicy.DEFAULT.toBuilder(), "host2", "host3");
    script.fallsSilent("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STOPPED);
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("waiting for host1, where it was before");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.REPORT, "host1", Optional.of(TIMINGS.silence())));
    script.passes(TIMINGS.silence().minusMillis(1));
    assertThat(script.orderedOn("vm:1")).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void itStartsWhereItWasWhenThatHostReportsInTime() {
    ControllerScript script = switchedOn(ClusterPolicy.DEFAULT.toBuilder(), "host2", "host3");
    script.allReport("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(Scenes.said(script, "vm:1"))
        .contains("STARTING: placed on host1: it was there before");
  }

  @Test
  void whereItWasIsWaitedForAsLongAsThatIsOnlySuspected() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(new WorkloadConfig(vm(1).withDesired(DesiredState.STOPPED)))
            .put(atHome(1, "host1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.passes(Duration.ofMinutes(1));
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("waiting for host1, where it was before");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.REPORT, "host1", Optional.empty()));
    script.isHeardAgain("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void whereTheBestPlaceIsSoughtThoseThatMayBeItAreWaitedFor() {
    ControllerScript script =
        switchedOn(ClusterPolicy.DEFAULT.toBuilder().rebalanceOnStart(true), "host1", "host2");
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("waiting for host3, which may be the best place");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.REPORT, "host3", Optional.of(TIMINGS.silence())));
    script.passes(TIMINGS.silence().minusMillis(1));
    assertThat(script.orderedOn("vm:1")).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.orderedOn("vm:1")).hasSize(1);
  }

  @Test
  void theBestPlaceIsTakenAndNotTheFormerOne() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(
                new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().rebalanceOnStart(true).build()))
            .put(atHome(1, "host1"))
            .put(new WorkloadConfig(vm(2).withDemand(Capacity.of(4, 1024))))
            .put(atHome(2, "host2"))
            .put(new WorkloadConfig(vm(3).withDemand(Capacity.of(4, 1024))))
            .put(atHome(3, "host1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    assertThat(List.of(hostOf(script, "vm:2").get(), hostOf(script, "vm:3").get()))
        .doesNotHaveDuplicates();
    List<String> free =
        List.of("host1", "host2", "host3").stream()
            .filter(h -> !h.equals(hostOf(script, "vm:2").get()))
            .filter(h -> !h.equals(hostOf(script, "vm:3").get()))
            .toList();
    script.reports("host1");
    script.reports("host2");
    script.reports("host3");
    write(script, new WorkloadConfig(vm(1)));
    assertThat(hostOf(script, "vm:1")).as("and not host1 for being its home").contains(free.get(0));
  }

  @Test
  void withoutFailbackItStartsWhereItWasAlthoughARulePrefersAnother() {
    TreeMap<HostId, Integer> prefers = new TreeMap<>();
    prefers.put(new HostId("host3"), 1);
    StateRecord rule =
        new StateRecord.RuleConfig(
            new io.holdfast.api.Rule.HostAffinity(
                "prefers",
                new java.util.TreeSet<>(List.of(WorkloadId.parse("vm:1"))),
                prefers,
                false));
    for (boolean failback : List.of(false, true)) {
      WorkloadPolicy policy = WorkloadPolicy.DEFAULT.toBuilder().failback(failback).build();
      ControllerScript script =
          new ControllerScript("host1", "host2", "host3")
              .put(rule)
              .put(new WorkloadConfig(vm(1).withPolicy(policy)))
              .put(atHome(1, "host1"))
              .seesLeases()
              .leads(1)
              .allReport("host3", "host2", "host1");
      assertThat(script.orderedOn("vm:1")).containsExactly(failback ? "host3" : "host1");
    }
  }

  // Hosts that gave it up

  /** vm:1 is on host1, and may be given up by many before it has failed. */
  private static ControllerScript triedOften(String... hosts) {
    RestartPolicy restart = RestartPolicy.of(0, Duration.ofSeconds(40), Duration.ofMinutes(10), 9);
    return new ControllerScript(hosts)
        .put(new WorkloadConfig(vm(1).withRestart(restart)))
        .seesLeases()
        .leads(1)
        .allReport(hosts);
  }

  private static void givesUp(ControllerScript script, String host) {
    Scenes.reports(script, "vm:1", host, Condition.GIVEN_UP);
  }

  @Test
  void whileAHostThatHasNotFailedItMayComeBackTheOthersAreNotTriedAgain() {
    ControllerScript script = triedOften("host1", "host2", "host3");
    script.fallsSilent("host3");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    givesUp(script, "host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    givesUp(script, "host2");
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .as("host3, and no pause")
        .containsExactly(new Waiting(Kind.ROOM, "any registered host", Optional.empty()));
    script.isHeardAgain("host3");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2", "host3");
  }

  @Test
  void whenAllGaveItUpItIsTriedElsewhereThanWhereItWasLast() {
    ControllerScript script = triedOften("host1", "host2");
    givesUp(script, "host1");
    givesUp(script, "host2");
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo(
            "every host that could take it now gave it up; tried again after a pause that grows");
    script.passes(Duration.ofMinutes(2));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2", "host1");
  }

  @Test
  void theOnlyOneThatIsLeftIsTriedAgainThoughItWasTheLast() {
    ControllerScript script = triedOften("host1");
    givesUp(script, "host1");
    int before = script.told(HaEvent.StartIntended.class).size();
    script.passes(Duration.ofMinutes(2));
    assertThat(script.told(HaEvent.StartIntended.class)).hasSize(before + 1);
  }

  private static ControllerScript bothGiveUp(ControllerScript script) {
    givesUp(script, "host1");
    givesUp(script, "host2");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    return script;
  }

  private static void isTriedAgain(ControllerScript script) {
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Kind.BACKOFF);
    script.passes(Duration.ofMinutes(2));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2", "host1");
  }

  private static ControllerScript maintained(ControllerScript script, String host) {
    write(script, new HostDirective(new HostId(host), true, Optional.empty()));
    return script;
  }

  @Test
  void anOvercommittedHostIsGivenMoreThanItHas() {
    for (int percent : List.of(100, 200)) {
      ControllerScript script = new ControllerScript("host1");
      Host host = Host.of("host1", Capacity.of(2, 8192)).overcommitted(Map.of("cpu", percent));
      script.put(new StateRecord.HostConfig(host));
      for (int i = 0; i < 5; i++) {
        script.put(Scenes.newWorkload("vm:" + i));
      }
      script.seesLeases().leads(1).allReport("host1");
      List<String> placed =
          IntStream.range(0, 5)
              .mapToObj(i -> "vm:" + i)
              .filter(id -> !script.orderedOn(id).isEmpty())
              .toList();
      assertThat(placed).hasSize(percent * 2 / 100);
    }
  }

  @Test
  void aHostThatDoesNotRunItsKindIsNotWaitedFor() {
    ControllerScript script = triedOften("host1", "host2", "host3");
    TreeSet<String> kinds = new TreeSet<>(List.of("ct"));
    Host host = Host.of("host3", Capacity.of(8, 8192));
    write(
        script,
        new StateRecord.HostConfig(
            new Host(host.id(), host.capacity(), host.domain(), host.labels(), kinds)));
    isTriedAgain(bothGiveUp(maintained(script, "host3")));
  }

  @Test
  void aHostThatItsRulesForbidIsNotWaitedFor() {
    ControllerScript script = triedOften("host1", "host2", "host3");
    TreeMap<HostId, Integer> hosts = new TreeMap<>();
    List.of("host1", "host2").forEach(host -> hosts.put(new HostId(host), 0));
    TreeSet<WorkloadId> bound = new TreeSet<>(List.of(WorkloadId.parse("vm:1")));
    write(script, new StateRecord.RuleConfig(new Rule.HostAffinity("only", bound, hosts, true)));
    isTriedAgain(bothGiveUp(maintained(script, "host3")));
  }

  @Test
  void aHostInMaintenanceThatCouldTakeItIsWaitedFor() {
    ControllerScript script = triedOften("host1", "host2", "host3");
    bothGiveUp(maintained(script, "host3"));
    script.passes(Duration.ofMinutes(20));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void aHostThatIsDownIsNotWaitedForLongerThanItTakesToComeBack() {
    ControllerScript script = triedOften("host1", "host2", "host3");
    script.fallsSilent("host3");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    bothGiveUp(script);
    script.passes(Recovery.COMES_BACK);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    script.passes(TIMINGS.silence().multipliedBy(3));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2", "host1");
  }

  // Where it may be running

  @Test
  void whatRunsWhereNobodyCanBeToldIsNotStartedElsewhereAndSaysSo() {
    ControllerScript script = new ControllerScript("host1", "host2");
    script
        .put(Scenes.workload("vm:1"))
        .put(new StateRecord.Unreadable(new Key(Table.INTENT, "host1"), "not JSON"));
    script.seesLeases().leads(1).allReport("host2");
    script.renews("host1");
    script.reports("host1", new TreeMap<>(), "vm:1");
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("found running on [host1], which cannot be told now");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.REPORT, "host1", Optional.empty()));
  }

  @Test
  void whatIsFoundNoMoreIsNotTakenForACopyLater() {
    ControllerScript script = new ControllerScript("host1", "host2");
    script.put(Scenes.workload("vm:1")).seesLeases().leads(1).allReport("host2");
    script.renews("host1");
    script.reports("host1", new TreeMap<>(), "vm:1");
    script.reports("host1");
    script.reports("host1");
    Scenes.asks(
        script,
        "vm:1",
        1,
        new io.holdfast.engine.record.WorkloadRequest.Action.Move(new HostId("host2")));
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    script.reports("host2");
    script.reports("host2");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(hostOf(script, "vm:1")).contains("host2");
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
  }

  @Test
  void whatItsHostReportsNoLongerIsSaidToBeWaitedFor() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reports("host1", new TreeMap<>());
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTING);
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("waiting for host1");
  }

  // Recovery

  @Test
  void itIsSaidWhyItWasTakenFromItsHost() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(Scenes.said(script, "vm:1"))
        .anyMatch(
            said ->
                said.startsWith("RECOVERING: its host host1 is down: ")
                    && said.contains("bmc")
                    && !said.contains("no evidence"));
    assertThat(script.told(HaEvent.StartIntended.class).get(1).evidence())
        .contains(new io.holdfast.api.Evidence.PoweredOff("bmc"));
  }

  @Test
  void whatWasStoppedSaysByWhatThatIsKnown() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(Scenes.said(script, "vm:1"))
        .contains(
            "STOPPING: to be stopped by host1",
            "STOPPED: stopped: "
                + new io.holdfast.api.Evidence.StoppedByHypervisor(new HostId("host1")).describe());
  }

  @Test
  void whatWasToBeStoppedAndWhoseHostIsProvenDownSaysThat() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(Scenes.said(script, "vm:1"))
        .contains("STOPPED: stopped: " + new io.holdfast.api.Evidence.PoweredOff("bmc").describe());
  }

  @Test
  void whatHadLeftItsHostByHandBeforeThatWentDownIsLookedForEverywhere() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reportsBlind("host3");
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Unreachable("no route"));
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(script.statusOf("vm:1").reason()).contains("it may be running on [host3]");
    script.reports("host3");
    assertThat(script.orderedOn("vm:1")).hasSize(2);
  }
}
