package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.InMemoryFenceDevice.Fault;
import io.holdfast.engine.sim.PhysicalWorld.AfterWatchdog;
import io.holdfast.engine.sim.SimConfig.FenceKit;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A fence device that says what is not so keeps nobody down for ever, and starts nothing twice. */
class LyingDevicesTest {

  @ParameterizedTest
  @CsvSource({"SAYS_REFUSED, PoweredOff", "READS_ON, LeaseExpired", "DOES_NOTHING, PoweredOff"})
  void aGuardedHostThatIsCutOffIsProvenDownByWhatCanBeBelieved(Fault lie, String evidence) {
    Scripts s =
        Scripts.running(
            SimConfig.scripted(3, 6)
                .withWatchdogs(SimConfig.LEASE, AfterWatchdog.STAY_OFF, FenceKit.BMC));
    HostId victim = s.follower();
    Duration cut = s.world.now();
    s.world.faults().fenceDevices(victim, lie);
    s.world.faults().partition(victim);
    awaitRecovered(s, victim);
    assertThat(s.toldSince(cut, HaEvent.HostFenced.class))
        .extracting(HaEvent.HostFenced::evidence)
        .extracting(Evidence::getClass)
        .extracting(Class::getSimpleName)
        .containsExactly(evidence);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"READS_ON", "DOES_NOTHING"})
  void whatTheFirstDeviceSaysWronglyTheNextLevelSettles(Fault lie) {
    Scripts s = Scripts.running(SimConfig.scripted(3, 6).withFences(FenceKit.BMC_THEN_OUTLET));
    HostId victim = s.follower();
    s.world.faults().fenceDevice(victim, lie);
    s.world.faults().partition(victim);
    awaitRecovered(s, victim);
    assertThat(s.world.physical().isUp(victim)).isFalse();
  }

  private static void awaitRecovered(Scripts s, HostId victim) {
    s.await("recovered", () -> s.everythingRuns() && s.world.physical().copiesOn(victim).isEmpty());
  }

  /** never two: without other evidence it stays down, and says why. */
  @Test
  void anOnThatIsNotSoIsWaitedForUntilItIsMended() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    WorkloadId one = s.workloadsOn(victim).get(0);
    Duration cut = s.world.now();
    s.world.faults().fenceDevice(victim, Fault.READS_ON);
    s.world.faults().cutPower(victim);
    s.await("tried in vain", () -> s.toldSince(cut, HaEvent.FenceFailed.class).size() > 2);
    assertThat(s.copies(one)).isZero();
    assertThat(s.info(one).reason()).contains("no evidence");
    s.world.faults().fenceDevice(victim, Fault.NONE);
    s.await("recovered", s::everythingRuns);
  }
}
