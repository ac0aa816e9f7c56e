package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whether the checker tells a stop for another that was asked for from one that was not. */
class SimEvictionsTest {
  private static final HostId HOST = new HostId("host-1");

  private final Scripts s = Scripts.running(3, 3);
  private final SimEvictions evictions = new SimEvictions(s.world);

  private Optional<String> told(HaEvent event) {
    return evictions.told(s.world.now(), "one", event);
  }

  private void asksFor(MakeRoom makeRoom) {
    s.world.platform().updatePolicy(policy -> policy.toBuilder().makeRoom(makeRoom).build());
  }

  /** vm:1 is less important than vm:3. */
  private Optional<String> stopped() {
    WorkloadId most = s.workload(2);
    told(new HaEvent.ControllerElected("one", new Epoch(1)));
    told(new HaEvent.StartIntended(most, Priority.HIGH, HOST, Optional.empty(), "so"));
    return told(new HaEvent.EvictionBegun(s.workload(0), HOST, most, "so"));
  }

  @Test
  void whatThePolicyAsksForIsRight() {
    asksFor(MakeRoom.EVICT);
    assertThat(stopped()).isEmpty();
  }

  @Test
  void whatItNeverAskedForIsWrong() {
    assertThat(stopped().orElseThrow()).contains("the policy does not ask for it");
  }

  @Test
  void whatItAskedForAMomentAgoMayStillBeDoneAndLongAgoMayNot() {
    asksFor(MakeRoom.EVICT);
    asksFor(MakeRoom.MOVE);
    assertThat(stopped()).isEmpty();
    s.pass(Duration.ofHours(1));
    assertThat(stopped().orElseThrow()).contains("the policy does not ask for it");
  }
}
