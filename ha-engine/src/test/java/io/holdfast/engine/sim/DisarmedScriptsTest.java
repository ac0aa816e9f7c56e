package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterStatus.DisarmInfo;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** People who work by hand while the cluster is disarmed: nothing that they did is undone. */
class DisarmedScriptsTest {
  private final Scripts s = Scripts.running(4, 4);
  private final WorkloadId vm = s.workload(0);
  private final HostId from = s.hostOf(vm);
  private final HostId to =
      s.world.physical().hosts().stream()
          .filter(host -> !host.equals(from) && !host.equals(s.leader()))
          .findFirst()
          .orElseThrow();

  private void disarm(DisarmMode mode) {
    s.world.platform().disarm(Optional.of(mode));
    s.await("all hands are off", this::isDisarmed);
  }

  private boolean isDisarmed() {
    return s.world
        .status()
        .flatMap(status -> status.disarm())
        .filter(DisarmInfo::inForce)
        .filter(info -> info.waitsFor().isEmpty())
        .isPresent();
  }

  private void arm() {
    s.world.platform().disarm(Optional.empty());
    s.pass(Duration.ofMinutes(1)); // what is said of it may be older
  }

  private void isTakenThere() {
    s.world.faults().endByHand(from, vm);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.copies(vm)).as("nobody starts it again").isZero();
    s.world.faults().startByHand(to, vm);
  }

  @ParameterizedTest
  @EnumSource(DisarmMode.class)
  void whatIsStartedElsewhereByHandStaysThereWhenTheClusterIsArmed(DisarmMode mode) {
    disarm(mode);
    isTakenThere();
    s.pass(Duration.ofMinutes(1));
    arm();
    s.await("everything runs", s::everythingRuns);
    assertThat(s.hostsOf(vm)).containsExactly(to);
  }

  @Test
  void armedAtOnceItStaysThereToo() {
    disarm(DisarmMode.IGNORE);
    isTakenThere();
    arm();
    s.await("everything runs", s::everythingRuns);
    assertThat(s.hostsOf(vm)).containsExactly(to);
  }

  @Test
  void anotherControllerThatArmsItFindsItThere() {
    disarm(DisarmMode.IGNORE);
    isTakenThere();
    HostId leader = s.leader();
    s.world.faults().killController(leader);
    arm();
    s.await("everything runs", s::everythingRuns);
    assertThat(s.hostsOf(vm)).containsExactly(to);
  }

  @Test
  void aHostThatIsCutOffAfterItWasStartedThereIsFencedBeforeItIsStartedElsewhere() {
    disarm(DisarmMode.IGNORE);
    s.world.faults().partition(to);
    s.pass(Duration.ofMinutes(1));
    isTakenThere();
    arm();
    s.await("everything runs", s::everythingRuns);
    assertThat(s.hostsOf(vm)).doesNotContain(to);
  }

  @Test
  void whatStoppedMeanwhileIsStartedOnceItIsArmed() {
    disarm(DisarmMode.FREEZE);
    s.world.faults().endByHand(from, vm);
    s.pass(Duration.ofMinutes(5));
    assertThat(s.copies(vm)).isZero();
    arm();
    s.await("everything runs", s::everythingRuns);
  }

  @Test
  void aHostThatFailsMeanwhileIsRecoveredFromOnceItIsArmed() {
    disarm(DisarmMode.FREEZE);
    s.world.faults().cutPower(from);
    s.pass(Duration.ofMinutes(5));
    assertThat(s.copies(vm)).isZero();
    arm();
    s.await("everything runs", s::everythingRuns);
  }
}
