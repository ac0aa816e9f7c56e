package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Move.Phase;
import org.junit.jupiter.api.Test;

/** Only moves that are work for their hosts take the places of others. */
class MoveSlotsTest {
  private final Known known = new Known();

  private MoveSlots slots() {
    known.state.policy =
        ClusterPolicy.DEFAULT.toBuilder().movesInCluster(2).movesPerHost(1).build();
    return new MoveSlots(known.state);
  }

  private boolean isWork(Condition condition, Phase phase) {
    known.moves(known.on("vm:1", "host1", condition), "host2", phase);
    return slots().areTakenOn(new HostId("host1"));
  }

  @Test
  void aMoveTakesAPlaceAtBothEnds() {
    known.moves(known.on("vm:1", "host1", Condition.RUNNING), "host2", Phase.LIVE);
    MoveSlots slots = slots();
    assertThat(slots.areTakenOn(new HostId("host1"))).isTrue();
    assertThat(slots.areTakenOn(new HostId("host2"))).isTrue();
    assertThat(slots.areTakenOn(new HostId("host3"))).isFalse();
    assertThat(slots.areTaken()).isFalse();
    known.moves(known.on("vm:2", "host3", Condition.RUNNING), "host4", Phase.LIVE);
    assertThat(slots().areTaken()).isTrue();
  }

  @Test
  void aColdOneIsWorkUnlessItCannotBeEnded() {
    assertThat(isWork(Condition.STOPPING, Phase.COLD)).isTrue();
    assertThat(isWork(Condition.STOP_FAILED, Phase.COLD)).isFalse();
  }

  @Test
  void oneThatIsTakenBackIsWorkWhileItIsUnderWay() {
    assertThat(isWork(Condition.MIGRATING, Phase.WITHDRAWN)).isTrue();
    assertThat(isWork(Condition.RUNNING, Phase.WITHDRAWN)).isFalse();
  }

  @Test
  void whatHasLeftOrWhoseHostIsNotHeardIsNoWork() {
    assertThat(isWork(Condition.RUNNING, Phase.ARRIVING)).isFalse();
    known.host("host1").state = HostState.LOST;
    assertThat(isWork(Condition.MIGRATING, Phase.LIVE)).isFalse();
  }
}
