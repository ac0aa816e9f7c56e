package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Move.Phase;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is worth a look when moves may begin. */
class MoveQueueTest {
  private static final HostId TARGET = new HostId("host9");

  private final Known known = new Known();
  private final MoveQueue queue = new MoveQueue();
  private boolean usable = true;

  private WorkloadEntry queued(String id) {
    WorkloadEntry workload = known.on(id, "host1", Condition.RUNNING);
    queue.add(workload);
    return workload;
  }

  private List<String> due() {
    return queue.due(new MoveSlots(known.state), host -> usable).stream()
        .map(Object::toString)
        .toList();
  }

  @Test
  void theMostImportantIsFirst() {
    queued("vm:1");
    WorkloadEntry second = known.on("vm:2", "host1", Condition.RUNNING);
    Workload w = Scenes.newWorkload("vm:2").workload();
    second.spec =
        new Workload(
            w.id(), Priority.HIGH, w.demand(), w.desired(), w.origin(), w.policy(), w.lock());
    queue.add(second);
    assertThat(due()).containsExactly("vm:2", "vm:1");
    queue.remove(second.id);
    assertThat(due()).containsExactly("vm:1");
    assertThat(queue.contains(second.id)).isFalse();
  }

  @Test
  void noTargetIsSoughtAgainForWhatWaitsForASlotBeforeTheSlotsHaveChanged() {
    WorkloadEntry first = queued("vm:1");
    queued("vm:2");
    assertThat(due()).containsExactly("vm:1", "vm:2");
    queue.holdUp(first.id, TARGET);
    assertThat(due()).as("nothing has changed").containsExactly("vm:2");
    known.moves(known.on("vm:3", "host2", Condition.RUNNING), "host3", Phase.LIVE);
    assertThat(due()).as("a move has begun").containsExactly("vm:1", "vm:2");
    queue.holdUp(first.id, TARGET);
    assertThat(due()).containsExactly("vm:2");
    known.state.policy = ClusterPolicy.DEFAULT.toBuilder().movesPerHost(7).build();
    assertThat(due()).as("more may begin").containsExactly("vm:1", "vm:2");
  }

  /** never stuck: the moves that hold the slots may take long to be settled then. */
  @Test
  void anotherTargetIsSoughtWhenTheOneWithoutASlotCannotBeUsedAnyMore() {
    WorkloadEntry first = queued("vm:1");
    assertThat(due()).containsExactly("vm:1");
    queue.holdUp(first.id, TARGET);
    assertThat(due()).isEmpty();
    usable = false;
    assertThat(due()).containsExactly("vm:1");
  }

  @Test
  void whatWasLookedAtAnewIsDueAgain() {
    WorkloadEntry first = queued("vm:1");
    assertThat(due()).containsExactly("vm:1");
    queue.holdUp(first.id, TARGET);
    queue.add(first);
    assertThat(due()).containsExactly("vm:1");
    queue.clear();
    assertThat(queue.isEmpty()).isTrue();
  }
}
