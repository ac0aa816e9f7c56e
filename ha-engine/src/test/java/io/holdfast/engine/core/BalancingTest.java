package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Running workloads are moved when hosts stay uneven, and only then. */
class BalancingTest {
  private static final Duration LOOKS =
      Balancing.LOOK_EVERY.multipliedBy(Balancing.LOOKS_THAT_AGREE);
  private static final Duration LONG = LOOKS.multipliedBy(2);

  private static ClusterPolicy.Builder balanced() {
    return ClusterPolicy.DEFAULT.toBuilder().placement(PlacementMode.STATIC).autoRebalance(true);
  }

  private static ControllerScript given(ClusterPolicy.Builder policy, String... hosts) {
    return new ControllerScript(hosts).put(new ClusterConfig(policy.build()));
  }

  /** A workload of two of a host's eight processors, at home on this host. */
  private static void runs(ControllerScript script, String id, String host) {
    Workload workload = Scenes.newWorkload(id).workload().withDemand(Capacity.of(2, 1024));
    script.put(new WorkloadConfig(workload));
    script.put(Placement.none(WorkloadId.parse(id)).atHome(new HostId(host)));
  }

  private static ControllerScript begun(ControllerScript script, String... hosts) {
    script.seesLeases().leads(1).allReport(hosts);
    for (String host : hosts) {
      script.reports(host);
    }
    return script;
  }

  /** Two workloads on host1, none on host2. */
  private static ControllerScript uneven(ClusterPolicy.Builder policy) {
    ControllerScript script = given(policy, "host1", "host2");
    runs(script, "vm:1", "host1");
    runs(script, "vm:2", "host1");
    return begun(script, "host1", "host2");
  }

  private static void policy(ControllerScript script, ClusterPolicy.Builder policy) {
    ClusterConfig config = new ClusterConfig(policy.build());
    script.put(config).reread(config.key());
  }

  private static void uses(ControllerScript script, String id, long processors) {
    Scenes.changes(script, id, w -> w.withDemand(Capacity.of(processors, 1024)));
  }

  private static List<String> moves(ControllerScript script) {
    return script.told(HaEvent.MoveBegun.class).stream()
        .map(move -> move.workload() + " " + move.from() + " " + move.to())
        .toList();
  }

  private static void arrives(ControllerScript script, String id, String from, String to) {
    Scenes.reports(script, id, from, Condition.MIGRATING);
    Scenes.reports(script, id, from, Condition.GONE);
    script.reports(to);
    script.reports(to);
    script.reports(from);
    assertThat(Scenes.placement(script, id).move()).isEmpty();
  }

  @Test
  void whatStaysUnevenForSomeLooksIsMadeEvenAndThenLeftAlone() {
    ControllerScript script = uneven(balanced());
    script.passes(LOOKS.minusMillis(1));
    assertThat(moves(script)).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(moves(script)).containsExactly("vm:1 host1 host2");
    assertThat(Scenes.placement(script, "vm:1").move().orElseThrow().why()).contains("imbalance");
    arrives(script, "vm:1", "host1", "host2");
    script.passes(Duration.ofHours(1));
    assertThat(moves(script)).hasSize(1);
  }

  @Test
  void whatWouldHaveToBeStoppedIsNotMovedForBalance() {
    ControllerScript script = uneven(balanced());
    WorkloadPolicy cold =
        WorkloadPolicy.DEFAULT.toBuilder().migration(WorkloadPolicy.Migration.COLD).build();
    Scenes.changes(script, "vm:1", w -> w.withPolicy(cold));
    Scenes.changes(script, "vm:2", w -> w.withPolicy(cold));
    script.passes(LONG);
    assertThat(moves(script)).isEmpty();
    Scenes.changes(script, "vm:2", w -> w.withPolicy(WorkloadPolicy.DEFAULT));
    script.passes(LOOKS);
    assertThat(moves(script)).containsExactly("vm:2 host1 host2");
  }

  @Test
  void nothingIsMovedForBalanceBeforeItHasStayed() {
    ControllerScript script = uneven(balanced());
    WorkloadPolicy staying =
        WorkloadPolicy.DEFAULT.toBuilder().failbackAfter(Duration.ofMinutes(5)).build();
    Scenes.changes(script, "vm:1", w -> w.withPolicy(staying));
    Scenes.changes(script, "vm:2", w -> w.withPolicy(staying));
    script.passes(Duration.ofMinutes(5).minusMillis(1));
    assertThat(moves(script)).isEmpty();
    script.passes(LOOKS);
    assertThat(moves(script)).hasSize(1);
  }

  @Test
  void whatWaitsForItsHostKeepsNobodyFromBeingBalanced() {
    ControllerScript script = given(balanced(), "host1", "host2", "host3");
    runs(script, "vm:1", "host1");
    runs(script, "vm:2", "host1");
    runs(script, "vm:3", "host3");
    begun(script, "host1", "host2", "host3");
    WorkloadPolicy waits = WorkloadPolicy.DEFAULT.toBuilder().failover(false).build();
    Scenes.changes(script, "vm:3", w -> w.withPolicy(waits));
    script.fallsSilent("host3");
    script.silencePasses();
    Scenes.saysDown(script, "host3", 1, "ann");
    assertThat(Scenes.placement(script, "vm:3").owner()).isEmpty();
    script.passes(LONG);
    assertThat(moves(script)).containsExactly("vm:1 host1 host2");
  }

  @Test
  void nothingIsMovedForBalanceWhereNobodyAskedForIt() {
    ControllerScript script = uneven(balanced().autoRebalance(false));
    script.passes(LONG);
    assertThat(moves(script)).isEmpty();
    policy(script, balanced());
    script.passes(LOOKS);
    assertThat(moves(script)).hasSize(1);
  }

  @Test
  void looksBeforeItWasSwitchedOffDoNotCount() {
    ControllerScript script = uneven(balanced());
    script.passes(LOOKS.minus(Balancing.LOOK_EVERY));
    policy(script, balanced().autoRebalance(false));
    policy(script, balanced());
    script.passes(LOOKS.minus(Balancing.LOOK_EVERY));
    assertThat(moves(script)).isEmpty();
    script.passes(Balancing.LOOK_EVERY);
    assertThat(moves(script)).hasSize(1);
  }

  @Test
  void looksOfAnEarlierLeadershipDoNotCount() {
    ControllerScript script = uneven(balanced());
    script.passes(LOOKS.minus(Balancing.LOOK_EVERY));
    script.connection(Connection.LOST);
    script.leads(2);
    script.allReport("host2");
    script.reports("host1");
    script.passes(LOOKS.minus(Balancing.LOOK_EVERY));
    assertThat(moves(script)).isEmpty();
    script.passes(Balancing.LOOK_EVERY);
    assertThat(moves(script)).hasSize(1);
  }

  @Test
  void hostsThatAreCountedByWorkloadsAloneAreNotBalanced() {
    ControllerScript script = uneven(balanced().placement(PlacementMode.BASIC));
    script.passes(LONG);
    assertThat(moves(script)).isEmpty();
  }

  @Test
  void hostsThatAreFilledAreNotBalanced() {
    ControllerScript script = uneven(balanced().placement(PlacementMode.PACKED));
    script.passes(LONG);
    assertThat(moves(script)).isEmpty();
    policy(script, balanced());
    script.passes(LOOKS);
    assertThat(moves(script)).hasSize(1);
  }

  @Test
  void hostsThatThePlatformComparesAreNotBalanced() {
    ControllerScript script =
        ControllerScript.withPreference((workload, host) -> 0, "host1", "host2")
            .put(new ClusterConfig(balanced().build()));
    runs(script, "vm:1", "host1");
    runs(script, "vm:2", "host1");
    begun(script, "host1", "host2").passes(LONG);
    assertThat(moves(script)).isEmpty();
  }

  @Test
  void nothingIsMovedForBalanceWhileAHostIsSilentOrAWorkloadWaits() {
    ControllerScript silent = uneven(balanced());
    silent.fallsSilent("host2");
    silent.passes(LONG);
    assertThat(moves(silent)).isEmpty();

    ControllerScript waiting = given(balanced(), "host1", "host2");
    runs(waiting, "vm:1", "host1");
    runs(waiting, "vm:2", "host1");
    Workload large = Scenes.newWorkload("vm:3").workload().withDemand(Capacity.of(100, 1));
    waiting.put(new WorkloadConfig(large));
    begun(waiting, "host1", "host2");
    waiting.passes(LONG);
    assertThat(moves(waiting)).isEmpty();
    Scenes.wants(waiting, "vm:3", DesiredState.STOPPED);
    waiting.passes(LOOKS);
    assertThat(moves(waiting)).hasSize(1);
  }

  @Test
  void aDisarmedClusterIsNotBalanced() {
    ControllerScript script = uneven(balanced().disarmed(Optional.of(DisarmMode.IGNORE)));
    script.passes(LONG);
    assertThat(moves(script)).isEmpty();
  }

  @Test
  void withoutTheStoreNothingIsCounted() {
    ControllerScript script = uneven(balanced());
    script.connection(Connection.SUSPENDED);
    script.passes(LONG);
    script.connection(Connection.CONNECTED);
    script.passes(LOOKS.minus(Balancing.LOOK_EVERY));
    assertThat(moves(script)).isEmpty();
    script.passes(LOOKS);
    assertThat(moves(script)).hasSize(1);
  }

  @Test
  void whatMayNotBeMovedForOthersSakeStays() {
    ControllerScript script = uneven(balanced());
    WorkloadPolicy pinned = WorkloadPolicy.DEFAULT.toBuilder().movable(false).build();
    Scenes.changes(script, "vm:1", w -> w.withPolicy(pinned));
    Scenes.locks(script, "vm:2", Optional.of("backup"));
    script.passes(LONG);
    assertThat(moves(script)).isEmpty();
    Scenes.locks(script, "vm:2", Optional.empty());
    script.passes(LOOKS);
    assertThat(moves(script)).containsExactly("vm:2 host1 host2");
  }

  @Test
  void whatIsPausedStays() {
    ControllerScript script = uneven(balanced());
    Scenes.reportsPaused(script, "host1", "vm:1", "vm:2");
    script.passes(LONG);
    assertThat(moves(script)).isEmpty();
  }

  @Test
  void movesThatDoNotMeetAreBegunTogether() {
    String[] hosts = {"host1", "host2", "host3", "host4"};
    ControllerScript script = given(balanced(), hosts);
    for (int i = 1; i <= 4; i++) {
      runs(script, "vm:a" + i, "host1");
      runs(script, "vm:b" + i, "host2");
    }
    begun(script, hosts);
    script.passes(LOOKS);
    assertThat(moves(script)).containsExactly("vm:a1 host1 host3", "vm:b1 host2 host4");
  }

  /** vm:1 was moved to host2, and would go back now. */
  private static ControllerScript unevenTheOtherWay() {
    ControllerScript script = given(balanced(), "host1", "host2");
    runs(script, "vm:1", "host1");
    runs(script, "vm:2", "host1");
    runs(script, "vm:3", "host2");
    begun(script, "host1", "host2");
    uses(script, "vm:3", 0);
    Scenes.locks(script, "vm:2", Optional.of("backup"));
    Scenes.locks(script, "vm:3", Optional.of("backup"));
    script.passes(LOOKS);
    arrives(script, "vm:1", "host1", "host2");
    uses(script, "vm:2", 0);
    uses(script, "vm:3", 2);
    return script;
  }

  @Test
  void whatWasMovedForBalanceIsNotMovedForItAgainForAWhile() {
    ControllerScript script = unevenTheOtherWay();
    script.passes(Balancing.PAUSE.minus(LOOKS));
    assertThat(moves(script)).hasSize(1);
    script.passes(LOOKS.multipliedBy(2));
    assertThat(moves(script)).containsExactly("vm:1 host1 host2", "vm:1 host2 host1");
    assertThat(Scenes.placement(script, "vm:2").evened()).isFalse();
  }

  @Test
  void norByTheNextController() {
    ControllerScript script = unevenTheOtherWay();
    script.connection(Connection.LOST);
    script.leads(2);
    script.allReport("host1", "host2").reports("host2");
    script.reports("host1");
    script.passes(Balancing.PAUSE.minusMillis(1));
    assertThat(moves(script)).hasSize(1);
    script.passes(LOOKS);
    assertThat(moves(script)).containsExactly("vm:1 host1 host2", "vm:1 host2 host1");
  }

  @Test
  void whenItMayBeMovedForItAgainItsPlacementSaysNothingOfItAnyMore() {
    ControllerScript script = unevenTheOtherWay();
    assertThat(Scenes.placement(script, "vm:1").evened()).isTrue();
    policy(script, balanced().autoRebalance(false));
    script.passes(Balancing.PAUSE);
    assertThat(Scenes.placement(script, "vm:1").evened()).isFalse();
  }
}
