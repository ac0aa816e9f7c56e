package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hosts that are cut off from the coordination service, and seen through another channel. */
class IsolationScriptsTest {

  private static Scripts withAnotherChannel() {
    Scripts s = Scripts.with(SimConfig.scripted(3, 6));
    s.world.useHostCheck();
    s.world
        .platform()
        .setPolicy(ClusterPolicy.DEFAULT.toBuilder().isolationLimit(Duration.ofMinutes(1)).build());
    s.await("everything runs", s::everythingRuns);
    return s;
  }

  @Test
  void aHostThatIsCutOffIsLeftRunningAndComesBack() {
    Scripts s = withAnotherChannel();
    HostId host = s.follower();
    List<WorkloadId> before = s.workloadsOn(host);
    s.world.faults().partition(host);
    s.await("isolated", () -> s.has(host, HostState.ISOLATED));
    s.pass(Duration.ofSeconds(30));
    assertThat(s.workloadsOn(host)).isEqualTo(before).isNotEmpty();
    s.world.faults().rejoin(host);
    s.await("online", () -> s.has(host, HostState.ONLINE) && s.everythingRuns());
    assertThat(s.toldSince(Duration.ZERO, HaEvent.HostFenced.class)).isEmpty();
  }

  @Test
  void anAgentThatHasDiedIsNoDeadHost() {
    Scripts s = withAnotherChannel();
    HostId host = s.follower();
    List<WorkloadId> before = s.workloadsOn(host);
    Duration died = s.world.now();
    s.world.faults().killAgent(host);
    s.await("isolated", () -> s.has(host, HostState.ISOLATED));
    s.pass(Duration.ofSeconds(30));
    s.world.faults().startAgent(host);
    s.await("online", () -> s.has(host, HostState.ONLINE) && s.everythingRuns());
    assertThat(s.workloadsOn(host)).isEqualTo(before).isNotEmpty();
    assertThat(s.toldSince(died, HaEvent.FenceBegun.class)).isEmpty();
    assertThat(s.toldSince(died, HaEvent.StartIssued.class)).isEmpty();
  }

  @Test
  void whenItsTimeIsUpItIsFencedAndItsWorkloadsAreRecovered() {
    Scripts s = withAnotherChannel();
    HostId host = s.follower();
    Duration cut = s.world.now();
    s.world.faults().partition(host);
    s.await("recovered", () -> s.everythingRuns() && s.workloadsOn(host).isEmpty());
    assertThat(s.world.now().minus(cut)).isBetween(Duration.ofSeconds(55), Duration.ofSeconds(75));
  }

  @Test
  void aHostThatIsDeadOnEveryChannelIsLostSooner() {
    Scripts s = withAnotherChannel();
    HostId host = s.follower();
    s.world.faults().fenceDevices(host, InMemoryFenceDevice.Fault.COMMAND_LOST);
    Duration dead = s.world.now();
    s.world.faults().crash(host);
    s.await("lost", () -> s.has(host, HostState.LOST) || s.has(host, HostState.FENCING));
    assertThat(s.world.now().minus(dead)).isLessThan(SimConfig.TIMINGS.silence());
  }
}
