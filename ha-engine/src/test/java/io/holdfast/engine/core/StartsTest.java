package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Which starts hold up others, and until when. */
class StartsTest {
  private static final long HOLD = ControllerConfig.START_HOLD.toNanos();
  private static final OpId FIRST = new OpId(1, 1);
  private static final OpId SECOND = new OpId(1, 2);

  private final Known known = new Known();
  private final ControllerState state = known.state;
  private final Starts starts = new Starts(state);

  private void decided(OpId assignment, Priority priority) {
    starts.decided(
        assignment,
        new HaEvent.StartIntended(
            WorkloadId.parse("vm:" + assignment.sequence()),
            priority,
            new HostId("host1"),
            Optional.<Evidence>empty(),
            "room"));
    state.worthPlacing = false;
  }

  private Optional<Long> hold(OpId assignment) {
    return state.timers.at(new TimerKey(TimerKind.START_HOLD, assignment.toString()));
  }

  private HostIntent stored(OpId assignment) {
    known.on("vm:" + assignment.sequence(), "host1", Condition.PENDING);
    TreeMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    var policy = Scenes.workload("vm:1").workload().policy();
    entries.put(
        WorkloadId.parse("vm:" + assignment.sequence()),
        new HostIntent.Entry(
            assignment,
            Goal.RUN,
            Priority.MEDIUM,
            policy.restart(),
            policy.startTimeout(),
            policy.stopTimeout(),
            Optional.empty()));
    HostEntry host = known.host("host1");
    state.writeIntent(host, entries);
    return Objects.requireNonNull(host.intent);
  }

  @Test
  void aStartHoldsUpLessImportantOnesUntilItIsBegun() {
    decided(FIRST, Priority.MEDIUM);
    assertThat(starts.isHeldBack(Priority.LOW)).isTrue();
    assertThat(starts.isHeldBack(Priority.MEDIUM)).isFalse();
    assertThat(hold(FIRST)).contains(HOLD);
    assertThat(starts.heldUntil()).isEqualTo(HOLD);
    starts.begun(FIRST);
    assertThat(starts.isHeldBack(Priority.LOW)).isFalse();
    assertThat(hold(FIRST)).isEmpty();
    assertThat(state.worthPlacing).isTrue();
  }

  @Test
  void eachOfTwoHasToBeBegun() {
    decided(FIRST, Priority.MEDIUM);
    state.now = 10;
    decided(SECOND, Priority.MEDIUM);
    assertThat(starts.heldUntil()).isEqualTo(HOLD + 10);
    starts.begun(SECOND);
    assertThat(starts.isHeldBack(Priority.LOW)).isTrue();
    starts.begun(FIRST);
    assertThat(starts.isHeldBack(Priority.LOW)).isFalse();
  }

  @Test
  void theHoldOfOneEndsThatOneAlone() {
    decided(FIRST, Priority.HIGH);
    decided(SECOND, Priority.MEDIUM);
    starts.holdPassed(SECOND.toString());
    assertThat(starts.isHeldBack(Priority.MEDIUM)).as("by the first").isTrue();
    starts.holdPassed(FIRST.toString());
    assertThat(starts.isHeldBack(Priority.LOW)).isFalse();
    starts.holdPassed("neither");
    assertThat(starts.areEnough()).isFalse();
  }

  @Test
  void whatIsUnderWayCountsUntilItHasEnded() {
    state.policy = ClusterPolicy.DEFAULT.toBuilder().startsInCluster(1).build();
    decided(FIRST, Priority.MEDIUM);
    starts.begun(FIRST);
    assertThat(starts.areEnough()).isTrue();
    state.worthPlacing = false;
    starts.ended(SECOND);
    assertThat(state.worthPlacing).as("it was not under way").isFalse();
    starts.ended(FIRST);
    assertThat(starts.areEnough()).isFalse();
    assertThat(state.worthPlacing).isTrue();
  }

  @Test
  void whatIsTakenBackHoldsUpNobodyAndIsNotToldOf() {
    state.policy = ClusterPolicy.DEFAULT.toBuilder().startsInCluster(1).build();
    decided(FIRST, Priority.MEDIUM);
    HostIntent intent = stored(FIRST);
    starts.takenBack(FIRST);
    assertThat(starts.isHeldBack(Priority.LOW)).isFalse();
    assertThat(starts.areEnough()).isFalse();
    starts.intentStored(intent);
    assertThat(state.effects).isEmpty();
  }

  @Test
  void itIsToldOfOnceWhenItsOrderIsStored() {
    decided(FIRST, Priority.MEDIUM);
    HostIntent intent = stored(FIRST);
    starts.intentStored(intent);
    starts.intentStored(intent);
    assertThat(state.effects).hasSize(1);
  }

  @Test
  void anEarlierLeadershipsStartsHoldUpNobody() {
    state.policy = ClusterPolicy.DEFAULT.toBuilder().startsInCluster(1).build();
    decided(FIRST, Priority.MEDIUM);
    HostIntent intent = stored(FIRST);
    starts.reset();
    assertThat(starts.isHeldBack(Priority.LOW)).isFalse();
    assertThat(starts.areEnough()).isFalse();
    assertThat(starts.heldUntil()).isEqualTo(state.now);
    starts.intentStored(intent);
    assertThat(state.effects).isEmpty();
  }
}
