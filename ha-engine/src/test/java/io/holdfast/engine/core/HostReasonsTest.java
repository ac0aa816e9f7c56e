package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.PowerState;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskForLife;
import io.holdfast.engine.core.ControllerEffect.CheckLease;
import io.holdfast.engine.core.ControllerEvent.LeaseSeen;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** How a host stands for whoever leads, since when, and what is said of it. */
class HostReasonsTest {

  private static void policy(ControllerScript script, ClusterPolicy.Builder policy) {
    ClusterConfig record = new ClusterConfig(policy.build());
    script.put(record).reread(record.key());
  }

  private static void maintenance(ControllerScript script, String host) {
    HostDirective directive = new HostDirective(new HostId(host), true, Optional.empty());
    script.put(directive).reread(directive.key());
  }

  private static List<String> changesOf(ControllerScript script, String host) {
    return script.told(HaEvent.HostStateChanged.class).stream()
        .filter(event -> event.host().value().equals(host))
        .map(event -> event.from() + " " + event.to() + ": " + event.reason())
        .toList();
  }

  // Seen, heard, and neither

  @Test
  void whoWasNeverSeenAndWhoWasNeverHeardAreTold() {
    ControllerScript script =
        new ControllerScript("host1")
            .put(new StateRecord.HostConfig(Host.of("host4", Capacity.of(8, 8192))))
            .seesLeases()
            .leads(1);
    assertThat(script.infoOf("host4").reason()).isEqualTo("has not been seen yet");
    assertThat(script.infoOf("host1").reason()).isEqualTo("has not been heard yet");
    script.renews("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.JOINING);
    assertThat(script.told(HaEvent.HostStateChanged.class)).isEmpty();
  }

  @Test
  void whoIsSeenOnceAndNeverAgainIsSuspected() {
    ControllerScript script = Scenes.threeHosts();
    StateRecord config = new StateRecord.HostConfig(Host.of("host4", Capacity.of(8, 8192)));
    script.put(config).reread(config.key());
    Lease lease = new Lease(new HostId("host4"), new Incarnation(1), 0, true);
    script.step(new LeaseSeen(script.now(), lease));
    script.passes(TIMINGS.suspectAfter());
    assertThat(script.stateOf("host4")).isEqualTo(HostState.SUSPECT);
  }

  @Test
  void whoWasHeardAMomentAgoIsTakenOverAndThatIsTold() {
    ControllerScript script = Scenes.threeHosts();
    maintenance(script, "host2");
    script.fallsSilent("host3");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    script.connection(Connection.LOST);
    script.connection(Connection.CONNECTED);
    int before = script.told(HaEvent.HostStateChanged.class).size();
    script.elected(2);
    assertThat(
            script.told(HaEvent.HostStateChanged.class).stream()
                .skip(before)
                .map(event -> event.host() + " " + event.from() + " " + event.to())
                .toList())
        .containsExactly(
            "host1 JOINING ONLINE",
            "host2 JOINING ONLINE",
            "host2 ONLINE MAINTENANCE",
            "host3 JOINING SUSPECT");
  }

  @Test
  void aNewIncarnationOfAFencedHostSaysThatItHasJoined() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    script.joinsAgain("host1");
    assertThat(changesOf(script, "host1")).contains("FENCED JOINING: joined as incarnation 2");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.JOINING);
    script.reports("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
  }

  @Test
  void aReportThatIsNotNewerSaysNothing() {
    ControllerScript script = Scenes.vmOnHost1();
    Key key = new Key(Table.REPORT, "host1");
    HostReport last = (HostReport) script.stored(key);
    for (long sequence : List.of(last.sequence(), last.sequence() - 1)) {
      HostReport late =
          new HostReport(
              last.host(),
              last.incarnation(),
              sequence,
              last.intentEpoch(),
              last.intentGeneration(),
              true,
              Optional.of("late"),
              last.guarded(),
              last.looked(),
              last.facts(),
              last.leaving(),
              new TreeMap<>(),
              new TreeSet<>());
      script.store.put(key, late);
      script.reread(key);
      assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    }
  }

  // Silence

  @Test
  void ofFourHostsTwoThatFallSilentAreLostInTheUsualTime() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3", "host4")
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3", "host4");
    script.passes(Duration.ofMinutes(1));
    script.fallsSilent("host1", "host2");
    script.passes(TIMINGS.silence().minusMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.passes(Duration.ofMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.stateOf("host2")).isEqualTo(HostState.LOST);
  }

  @Test
  void ofTwoHostsBothThatFallSilentAreLostAfterTwiceTheTime() {
    ControllerScript script =
        new ControllerScript("host1", "host2").seesLeases().leads(1).allReport("host1", "host2");
    script.passes(Duration.ofMinutes(1));
    script.fallsSilent("host1", "host2");
    script.passes(TIMINGS.silence().multipliedBy(2).minusMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.passes(Duration.ofMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
  }

  @Test
  void aLeaseThatCouldNotBeReadIsReadAgainAfterOneRenewal() {
    ControllerScript script = Scenes.vmOnHost1();
    script.storeFallsSilent();
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.open(CheckLease.class)).hasSize(1);
    script.leaseCheckEnds(Outcome.unknown("time-out"));
    assertThat(script.infoOf("host1").reason())
        .isEqualTo("silent for 6.00 s, and its lease cannot be read: time-out");
    script.passes(TIMINGS.renewInterval().minusMillis(1));
    assertThat(script.open(CheckLease.class)).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.open(CheckLease.class)).hasSize(1);
  }

  // Cut off

  private static ControllerScript isolated(ClusterPolicy.Builder policy) {
    ControllerScript script =
        ControllerScript.withHostChecks(List.of("peers"), "host1", "host2", "host3")
            .put(new ClusterConfig(policy.build()))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter());
    script.signOfLife("host1", SignOfLife.ALIVE);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ISOLATED);
    return script;
  }

  @Test
  void whoIsCutOffIsLeftRunningForAsLongAsThePolicySaysAndNotALongerMoment() {
    Duration limit = TIMINGS.suspectAfter().multipliedBy(4);
    ControllerScript script = isolated(ClusterPolicy.DEFAULT.toBuilder().isolationLimit(limit));
    script.passes(TIMINGS.suspectAfter());
    script.signOfLife("host1", SignOfLife.ALIVE);
    script.passes(TIMINGS.suspectAfter());
    script.signOfLife("host1", SignOfLife.ALIVE);
    script.passes(TIMINGS.suspectAfter().minusMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ISOLATED);
    script.passes(Duration.ofMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.infoOf("host1").reason())
        .contains("the time that the cluster's policy gives it is up");
  }

  @Test
  void whoIsNotSeenAliveForOneSilenceIsLost() {
    ControllerScript script =
        isolated(ClusterPolicy.DEFAULT.toBuilder().isolationLimit(Duration.ofHours(1)));
    script.passes(TIMINGS.silence().minusMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ISOLATED);
    script.passes(Duration.ofMillis(1));
    assertThat(changesOf(script, "host1"))
        .anyMatch(said -> said.contains("it was not seen alive any more"));
  }

  @Test
  void whoIsHeardAgainIsNotAskedForAnyMore() {
    ControllerScript script =
        isolated(ClusterPolicy.DEFAULT.toBuilder().isolationLimit(Duration.ofHours(1)));
    script.isHeardAgain("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    int asked = script.all(AskForLife.class).size();
    script.passes(Duration.ofMinutes(1));
    assertThat(script.all(AskForLife.class)).hasSize(asked);
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    assertThat(script.all(AskForLife.class)).as("anew").hasSize(asked + 1);
  }

  @Test
  void whoSaysThatItIsAliveAfterItWasLostIsCutOffToo() {
    ControllerScript script =
        ControllerScript.withHostChecks(List.of("peers"), "host1", "host2", "host3")
            .put(
                new ClusterConfig(
                    ClusterPolicy.DEFAULT.toBuilder().isolationLimit(Duration.ofHours(1)).build()))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.fallsSilent("host1");
    script.passes(TIMINGS.silence());
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    script.signOfLife("host1", SignOfLife.ALIVE);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ISOLATED);
  }

  // About to leave

  @Test
  void whatBecomesOfItsWorkloadsIsSaidAnewWhenThePolicyChanges() {
    ControllerScript script = Scenes.vmOnHost1();
    policy(script, ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.FREEZE));
    script.leaves("host1", Departure.REBOOT, Stage.ANNOUNCED);
    script.reports("host1");
    assertThat(script.infoOf("host1").reason()).isEqualTo("is rebooted as planned, policy FREEZE");
    policy(script, ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.FAILOVER));
    script.reports("host1");
    assertThat(script.infoOf("host1").reason())
        .isEqualTo("is rebooted as planned, policy FAILOVER");
  }

  @Test
  void aHostThatIsToBeEmptiedSaysSoInTheMovesThatFollow() {
    ControllerScript script = Scenes.vmOnHost1();
    maintenance(script, "host1");
    assertThat(script.told(HaEvent.MoveBegun.class))
        .singleElement()
        .matches(move -> move.why().equals("host1 is in maintenance"));

    ControllerScript leaving = Scenes.vmOnHost1();
    policy(leaving, ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.MIGRATE));
    leaving.leaves("host1", Departure.SHUTDOWN, Stage.ANNOUNCED);
    leaving.reports("host1");
    assertThat(leaving.told(HaEvent.MoveBegun.class))
        .singleElement()
        .matches(move -> move.why().equals("host1 is shut down as planned, policy MIGRATE"));
  }

  @Test
  void itsWatchdogIsKeptArmedWhileAnythingProtectedRunsThereThoughItIsReady() {
    ControllerScript script = Scenes.vmOnHost1();
    policy(script, ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.FAILOVER));
    script.guards("host1", 0, Duration.ofSeconds(5), Duration.ofSeconds(10));
    script.reports("host1");
    script.leaves("host1", Departure.SHUTDOWN, Stage.ANNOUNCED);
    script.reports("host1");
    assertThat(guardOf(script)).as("not ready").isEqualTo("REQUIRED");
    script.leaves("host1", Departure.SHUTDOWN, Stage.READY);
    script.reports("host1", new TreeMap<>(), "vm:1", "vm:9");
    assertThat(guardOf(script)).as("vm:1 is protected").isEqualTo("REQUIRED");
    script.reports("host1", new TreeMap<>(), "vm:9");
    assertThat(guardOf(script)).as("vm:9 is nobody's").isEqualTo("RELEASED");
  }

  @Test
  void whoHasNoWatchdogIsNotToldToReleaseIt() {
    ControllerScript script = Scenes.vmOnHost1();
    policy(script, ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.FAILOVER));
    script.leaves("host1", Departure.AGENT_RESTART, Stage.READY);
    script.reports("host1");
    assertThat(guardOf(script)).isEqualTo("REQUIRED");
    long generation = Scenes.intent(script, "host1").generation();
    script.reports("host1");
    script.reports("host1");
    assertThat(Scenes.intent(script, "host1").generation()).as("told once").isEqualTo(generation);
  }

  private static String guardOf(ControllerScript script) {
    return Scenes.intent(script, "host1").guard().order().toString();
  }

  // Conditions

  @Test
  void onlyWhatWasThereAndIsNotAnyMoreIsALossAndOnlyOfThoseWhoNeedIt() {
    WorkloadPolicy needs =
        WorkloadPolicy.DEFAULT.toBuilder().conditions(new TreeSet<>(List.of("net", "gpu"))).build();
    ControllerScript script =
        new ControllerScript("host1")
            .put(new WorkloadConfig(Scenes.newWorkload("vm:1").workload().withPolicy(needs)))
            .seesLeases()
            .leads(1);
    script.condition("host1", "net", true);
    script.condition("host1", "gpu", true);
    script.condition("host1", "disk", false);
    script.allReport("host1").reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.reports("host1");
    assertThat(script.told(HaEvent.Alarm.class)).as("it holds still").isEmpty();
    script.condition("host1", "net", false);
    script.reports("host1");
    script.reports("host1");
    assertThat(script.told(HaEvent.Alarm.class))
        .containsExactly(
            new HaEvent.Alarm("host1", "condition net does not hold any more, which [vm:1] need"));
    assertThat(script.statusOf("vm:1").workload()).isEqualTo(WorkloadId.parse("vm:1"));
  }
}
