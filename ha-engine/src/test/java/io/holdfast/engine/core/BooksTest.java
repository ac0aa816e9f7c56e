package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerEffect.Publish;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Move.Phase;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A placement and what follows from it change together. */
class BooksTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final HostId HOST1 = new HostId("host1");
  private static final HostId HOST2 = new HostId("host2");

  private final Known known = new Known();
  private final ControllerState state = known.state;
  private final Starts starts = new Starts(state);
  private final Books books = new Books(state, starts);

  private Placement.Move moveTo(String target) {
    return new Placement.Move(
        state.nextOp(), HOST1, new HostId(target), Phase.LIVE, "to be tested");
  }

  private void apart(String... ids) {
    TreeSet<WorkloadId> workloads = new TreeSet<>();
    for (String id : ids) {
      workloads.add(WorkloadId.parse(id));
    }
    state.rules.put(
        "apart",
        new Rule.WorkloadAffinity("apart", workloads, Rule.Kind.NEGATIVE, Rule.Level.HOST, true));
    state.room.ruleChanged("apart");
  }

  @Test
  void aMoveIsExpectedAtItsTargetUntilItHasEnded() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    books.write(workload, workload.placement.moving(Optional.of(moveTo("host2"))));
    assertThat(known.host("host2").expected).containsExactly(VM);
    assertThat(state.moving).containsExactly(VM);
    books.write(workload, workload.placement.moving(Optional.of(moveTo("host3"))));
    assertThat(known.host("host2").expected).isEmpty();
    assertThat(known.host("host3").expected).containsExactly(VM);
    books.write(workload, workload.placement.moving(Optional.empty()));
    assertThat(known.host("host3").expected).isEmpty();
    assertThat(state.moving).isEmpty();
  }

  @Test
  void whatHasNoOwnerIsAtHomeThereAndNowhereElse() {
    WorkloadEntry workload = known.workload("vm:1");
    known.host("host2");
    books.write(workload, workload.placement.atHome(HOST1));
    assertThat(known.host("host1").homes).containsExactly(VM);
    books.write(workload, workload.placement.atHome(HOST2));
    assertThat(known.host("host1").homes).isEmpty();
    assertThat(known.host("host2").homes).containsExactly(VM);
    Placement.Owner owner =
        new Placement.Owner(HOST2, new Incarnation(1), state.nextOp(), Goal.RUN);
    books.write(workload, workload.placement.withOwner(owner));
    assertThat(known.host("host2").homes).isEmpty();
  }

  @Test
  void whatIsToGoBackIsComingBackThereAlone() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    books.write(workload, workload.placement.goingBack(Optional.of(HOST2)));
    assertThat(known.host("host2").comingBack).containsExactly(VM);
    books.write(workload, workload.placement.goingBack(Optional.empty()));
    assertThat(known.host("host2").comingBack).isEmpty();
  }

  @Test
  void whatIsReadIsAtHomeAndComesBackLikeWhatIsWritten() {
    WorkloadEntry workload = known.workload("vm:1");
    workload.placement = workload.placement.atHome(HOST1).goingBack(Optional.of(HOST2));
    books.load(workload);
    assertThat(known.host("host1").homes).containsExactly(VM);
    assertThat(known.host("host2").comingBack).containsExactly(VM);
  }

  @Test
  void thoseWhoseRulesNameItAreLookedAtWhenItGoesElsewhere() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    known.on("vm:2", "host3", Condition.RUNNING);
    apart("vm:1", "vm:2");
    books.write(workload, workload.placement.handled(1));
    assertThat(state.touched).as("it stays where it is").isEmpty();
    Placement.Move there = moveTo("host2");
    books.write(workload, workload.placement.moving(Optional.of(there)));
    assertThat(state.touched).containsExactly(WorkloadId.parse("vm:2"));
    state.touched.clear();
    books.write(workload, workload.placement.moving(Optional.of(there.in(Phase.WITHDRAWN))));
    assertThat(state.touched).isEmpty();
    books.write(workload, workload.placement.moving(Optional.of(moveTo("host4"))));
    assertThat(state.touched).containsExactly(WorkloadId.parse("vm:2"));
    state.touched.clear();
    books.write(workload, workload.placement.moving(Optional.empty()));
    assertThat(state.touched).containsExactly(WorkloadId.parse("vm:2"));
    state.touched.clear();
    books.write(workload, workload.placement.released());
    assertThat(state.touched).containsExactly(WorkloadId.parse("vm:2"));
  }

  @Test
  void aMoveToWhereItIsOwnedAlreadyTellsTheOthersWhenItEnds() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    apart("vm:1", "vm:2");
    books.write(workload, workload.placement.moving(Optional.of(moveTo("host1"))));
    assertThat(state.touched).containsExactly(WorkloadId.parse("vm:2"));
  }

  @Test
  void whatMayBeRunningSomewhereStaysSoWhenItIsFirstWritten() {
    WorkloadEntry unknown = known.workload("vm:1");
    unknown.spec = Scenes.workload("vm:1").workload();
    books.keepAccount(unknown);
    assertThat(unknown.known).isTrue();
    assertThat(unknown.placement.letGo()).as("never two").isTrue();
    WorkloadEntry created = known.workload("vm:2");
    books.keepAccount(created);
    assertThat(created.known).isTrue();
    assertThat(created.placement.letGo()).isFalse();
  }

  @Test
  void whatIsWrittenAlreadyIsNotLetGoAnew() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    workload.spec = Scenes.workload("vm:1").workload();
    workload.known = true;
    books.keepAccount(workload);
    assertThat(workload.placement.owner()).isPresent();
    WorkloadEntry unprotected = known.workload("vm:2");
    unprotected.spec = null;
    books.keepAccount(unprotected);
    assertThat(unprotected.known).isFalse();
  }

  @Test
  void aStartThatIsTakenAwayHoldsUpNobody() {
    WorkloadEntry workload = known.workload("vm:1");
    HostEntry host = known.host("host1");
    books.assign(workload, Objects.requireNonNull(workload.spec), host, Goal.RUN, "room");
    assertThat(starts.isHeldBack(Priority.LOW)).isTrue();
    assertThat(host.placed).containsExactly(VM);
    books.takeAway(workload, workload.placement.released());
    assertThat(starts.isHeldBack(Priority.LOW)).isFalse();
    assertThat(host.placed).isEmpty();
    assertThat(state.intentOf(host)).isEmpty();
  }

  @Test
  void aChangeOfStatusOrOfItsReasonIsToldOnce() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    books.become(workload, WorkloadStatus.STARTED, "runs");
    books.become(workload, WorkloadStatus.STARTED, "runs");
    state.now = 7;
    books.become(workload, WorkloadStatus.STARTED, "runs well");
    books.become(workload, WorkloadStatus.STOPPING, "runs well");
    assertThat(workload.since).isEqualTo(7);
    List<String> told =
        state.effects.stream()
            .map(effect -> (HaEvent.WorkloadStatusChanged) ((Publish) effect).event())
            .map(event -> event.from() + " " + event.to() + " " + event.reason())
            .toList();
    assertThat(told)
        .containsExactly(
            "UNDEFINED STARTED runs", "STARTED STARTED runs well", "STARTED STOPPING runs well");
  }
}
