package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostIntent.Parting;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Hosts that are about to be away as planned. */
class FarewellsTest {

  private static void policy(ControllerScript script, ShutdownPolicy policy) {
    script.put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().shutdown(policy).build()));
    script.reread(ClusterConfig.KEY);
  }

  /** vm:1 runs on host1, which announces this. */
  private static ControllerScript announced(ShutdownPolicy policy, Departure departure) {
    ControllerScript script = Scenes.vmOnHost1();
    policy(script, policy);
    script.leaves("host1", departure, Stage.ANNOUNCED);
    script.reports("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SHUTTING_DOWN);
    return script;
  }

  /** host1 has ended everything, and says so. */
  private static void isReady(ControllerScript script, Departure departure) {
    script.leaves("host1", departure, Stage.READY);
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
  }

  private static Optional<Parting> parting(ControllerScript script) {
    return Scenes.intent(script, "host1").parting();
  }

  @Test
  void aRebootFreezesAndIsWaitedForHoweverLongItTakes() {
    ControllerScript script = announced(ShutdownPolicy.CONDITIONAL, Departure.REBOOT);
    assertThat(parting(script)).contains(Parting.END);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
    isReady(script, Departure.REBOOT);
    script.fallsSilent("host1");
    script.passes(Duration.ofHours(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
    assertThat(script.statusOf("vm:1").reason()).contains("rebooted as planned", "awaited");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::kind)
        .contains(Waiting.Kind.FROZEN);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(script.all(AskDevice.class))
        .noneMatch(ask -> ask.operation() == ControllerEffect.DeviceOperation.OFF);
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
  }

  @Test
  void whatIsFrozenIsStartedWhereItWas() {
    ControllerScript script = announced(ShutdownPolicy.CONDITIONAL, Departure.REBOOT);
    isReady(script, Departure.REBOOT);
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(2));
    script.joinsAgain("host1");
    script.reports("host1");
    script.reports("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void anotherControllerWaitsForItAsWell() {
    ControllerScript script = announced(ShutdownPolicy.FREEZE, Departure.SHUTDOWN);
    isReady(script, Departure.SHUTDOWN);
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(1));
    script.connection(io.holdfast.api.spi.Membership.Connection.LOST);
    script.connection(io.holdfast.api.spi.Membership.Connection.CONNECTED);
    script.elected(2);
    script.passes(Duration.ofMinutes(5));
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aPersonsWordEndsTheWaiting() {
    ControllerScript script = announced(ShutdownPolicy.FREEZE, Departure.SHUTDOWN);
    isReady(script, Departure.SHUTDOWN);
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(1));
    HostDirective word =
        new HostDirective(
            new HostId("host1"),
            false,
            Optional.of(new HostDirective.Confirmation(script.incarnationOf("host1"), "ann")));
    script.put(word).reread(word.key());
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void anotherPolicyEndsTheWaitingByTheHostsLastWord() {
    ControllerScript script = announced(ShutdownPolicy.FREEZE, Departure.SHUTDOWN);
    isReady(script, Departure.SHUTDOWN);
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(1));
    policy(script, ShutdownPolicy.FAILOVER);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(script.told(HaEvent.HostFenced.class))
        .singleElement()
        .extracting(HaEvent.HostFenced::evidence)
        .isEqualTo(new Evidence.StoppedByHypervisor(new HostId("host1")));
  }

  @Test
  void aShutdownFailsOverAsSoonAsAWorkloadHasEnded() {
    ControllerScript script = announced(ShutdownPolicy.CONDITIONAL, Departure.SHUTDOWN);
    assertThat(parting(script)).contains(Parting.END);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.leaves("host1", Departure.SHUTDOWN, Stage.STOPPING);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPING);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(Scenes.placement(script, "vm:1").trials().gaveUp()).isEmpty();
    assertThat(Scenes.placement(script, "vm:1").wayBack()).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SHUTTING_DOWN);
  }

  @Test
  void itsLastWordIsEvidenceAndARenewalOnItsWayIsNone() {
    ControllerScript script = announced(ShutdownPolicy.CONDITIONAL, Departure.SHUTDOWN);
    isReady(script, Departure.SHUTDOWN);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.told(HaEvent.HostFenced.class)).hasSize(1);
    script.renews("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
  }

  @Test
  void itsWordIsNoEvidenceWhileSomethingRunsThere() {
    ControllerScript script = announced(ShutdownPolicy.CONDITIONAL, Departure.SHUTDOWN);
    script.leaves("host1", Departure.SHUTDOWN, Stage.READY);
    script.reports("host1", new TreeMap<>(), "vm:9");
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SHUTTING_DOWN);
  }

  @Test
  void whatIsFailedOverForARebootGoesBack() {
    ControllerScript script = announced(ShutdownPolicy.FAILOVER, Departure.REBOOT);
    isReady(script, Departure.REBOOT);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(Scenes.placement(script, "vm:1").wayBack()).contains(new HostId("host1"));
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
  }

  @Test
  void toBeEmptiedFirstEverythingIsMovedAway() {
    ControllerScript script = announced(ShutdownPolicy.MIGRATE, Departure.SHUTDOWN);
    assertThat(parting(script)).contains(Parting.MOVE_AWAY);
    assertThat(script.told(HaEvent.MoveBegun.class)).hasSize(1);
    assertThat(Scenes.placement(script, "vm:1").wayBack()).contains(new HostId("host1"));
  }

  @Test
  void maintenanceWinsOverEveryPolicy() {
    ControllerScript script = Scenes.vmOnHost1();
    policy(script, ShutdownPolicy.FREEZE);
    HostDirective wanted = new HostDirective(new HostId("host1"), true, Optional.empty());
    script.put(wanted).reread(wanted.key());
    script.leaves("host1", Departure.REBOOT, Stage.ANNOUNCED);
    script.reports("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.MAINTENANCE);
    assertThat(parting(script)).contains(Parting.MOVE_AWAY);
  }

  @Test
  void aHostWhoseAgentIsRestartedMayLetItsWatchdogGo() {
    ControllerScript script = Scenes.vmOnHost1();
    script.guards("host1", 0, Duration.ofSeconds(3), Duration.ofSeconds(6));
    script.leaves("host1", Departure.AGENT_RESTART, Stage.READY);
    script.reports("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
    assertThat(Scenes.intent(script, "host1").guard().order()).isEqualTo(GuardOrder.RELEASED);
    assertThat(parting(script)).isEmpty();
    script.guardsNoMore("host1");
    script.joinsAgain("host1");
    script.reports("host1");
    script.reports("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(Scenes.intent(script, "host1").guard().order()).isEqualTo(GuardOrder.REQUIRED);
  }

  @Test
  void anAgentThatDoesNotComeBackIsWaitedForUnlessThePolicyIsNeverToWait() {
    ControllerScript script = announced(ShutdownPolicy.CONDITIONAL, Departure.AGENT_RESTART);
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(10));
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
    policy(script, ShutdownPolicy.FAILOVER);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }
}
