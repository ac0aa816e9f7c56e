package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Networks that carry in one direction only, and disks that do not keep what is written. */
class OneWayScriptsTest {

  @ParameterizedTest
  @EnumSource(InMemoryConnection.Fault.class)
  void aHostThatIsNotAnsweredOrNotHeardIsFencedAndRecovered(InMemoryConnection.Fault lost) {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    List<WorkloadId> lostOnes = s.workloadsOn(victim);
    assertThat(lostOnes).isNotEmpty();
    Duration cut = s.world.now();
    s.world.faults().oneWay(victim, lost);
    s.await("fenced", () -> s.has(victim, HostState.FENCED));
    s.await("recovered", s::everythingRuns);
    assertThat(s.toldSince(cut, HaEvent.HostFenced.class)).hasSize(1);
    s.world.faults().rejoin(victim);
    s.world.faults().bringUp(victim);
    s.await("back", () -> s.has(victim, HostState.ONLINE));
  }

  @ParameterizedTest
  @EnumSource(InMemoryConnection.Fault.class)
  void anInterruptionInOneDirectionThatNobodyNoticesHasNoLastingEffect(
      InMemoryConnection.Fault lost) {
    Scripts s = Scripts.running(3, 6);
    Duration cut = s.world.now();
    HostId leader = s.leader();
    s.world.faults().oneWay(leader, lost);
    s.pass(Duration.ofSeconds(2));
    s.world.faults().rejoin(leader);
    s.await("all is well", () -> s.everythingRuns() && s.world.leader().isPresent());
    s.pass(Duration.ofSeconds(30));
    assertThat(s.toldSince(cut, HaEvent.HostFenced.class)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = SimDisk.Fault.class,
      names = {"REFUSES", "TORN"})
  void anEpochThatIsNotSafeOnTheDiskIsNotFollowed(SimDisk.Fault fault) {
    Scripts s = Scripts.running(3, 6);
    HostId host = s.follower();
    HostId leader = s.leader();
    Epoch before = s.world.machine(host).disk.durable();
    s.world.faults().disk(host, fault);
    s.world.faults().killController(leader);
    s.await("another leads", () -> s.world.leader().filter(h -> !h.equals(leader)).isPresent());
    s.pass(Duration.ofSeconds(20));
    assertThat(s.world.machine(host).disk.durable()).isEqualTo(before);
    s.world.faults().crash(host);
    s.await("recovered", s::everythingRuns);
    s.world.faults().disk(host, SimDisk.Fault.NONE);
    s.world.faults().bringUp(host);
    s.await("back", () -> s.has(host, HostState.ONLINE));
  }

  @Test
  void whatAnAgentReadsThereIsSafeFromThenOn() {
    SimDisk disk = new SimDisk();
    disk.setFault(SimDisk.Fault.TORN);
    assertThat(catchThrowable(() -> disk.persist(new Epoch(2)))).isNotNull();
    assertThat(disk.durable()).isEqualTo(Epoch.NONE);
    assertThat(disk.opened()).isEqualTo(new Epoch(2));
    disk.hostIsDown();
    assertThat(disk.opened()).isEqualTo(new Epoch(2));
  }
}
