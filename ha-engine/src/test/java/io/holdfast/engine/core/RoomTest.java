package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Move;
import io.holdfast.engine.placement.Refusal;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where there is room follows the books, the hosts and the rules. */
class RoomTest {
  private final Known known = new Known();
  private final ControllerState state = known.state;
  private final Room room = state.room;

  private static SortedSet<WorkloadId> ids(String... names) {
    SortedSet<WorkloadId> ids = new TreeSet<>();
    Stream.of(names).map(WorkloadId::parse).forEach(ids::add);
    return ids;
  }

  private static Rule onlyOn(String rule, String host, String... workloads) {
    TreeMap<HostId, Integer> hosts = new TreeMap<>();
    hosts.put(new HostId(host), 1);
    return new Rule.HostAffinity(rule, ids(workloads), hosts, true);
  }

  private static Rule apart(String rule, String... workloads) {
    return new Rule.WorkloadAffinity(
        rule, ids(workloads), Rule.Kind.NEGATIVE, Rule.Level.HOST, true);
  }

  private static Rule together(String rule, String... workloads) {
    return new Rule.WorkloadAffinity(
        rule, ids(workloads), Rule.Kind.POSITIVE, Rule.Level.HOST, true);
  }

  private void rule(Rule rule) {
    state.rules.put(rule.id(), rule);
    room.ruleChanged(rule.id());
  }

  private String chosenFor(WorkloadEntry workload) {
    return chosen(room.choose(workload, Wish.BEST));
  }

  private static String chosen(Choice choice) {
    return choice instanceof Choice.Chosen chosen ? chosen.host().value() : "none";
  }

  private void needs(WorkloadEntry workload, long processors) {
    workload.spec = Objects.requireNonNull(workload.spec).withDemand(Capacity.of(processors, 1024));
    room.changed(workload);
  }

  // Rules

  @Test
  void aRuleConcernsThoseThatItNamesWhenItComesChangesAndGoes() {
    known.host("host1");
    known.host("host2");
    WorkloadEntry workload = known.workload("vm:1");
    state.rules.put("there", onlyOn("there", "host2", "vm:1", "vm:2"));
    assertThat(room.ruleChanged("there")).isEqualTo(ids("vm:1", "vm:2"));
    assertThat(chosenFor(workload)).isEqualTo("host2");
    assertThat(whyNotOn(workload, known.host("host1"))).isPresent();
    assertThat(room.isBound(workload.id)).isTrue();
    assertThat(room.bound()).isEqualTo(ids("vm:1", "vm:2"));

    state.rules.put("there", onlyOn("there", "host1", "vm:1", "vm:3"));
    assertThat(room.ruleChanged("there")).isEqualTo(ids("vm:1", "vm:2", "vm:3"));
    assertThat(chosenFor(workload)).isEqualTo("host1");
    assertThat(room.bound()).isEqualTo(ids("vm:1", "vm:3"));

    state.rules.clear();
    assertThat(room.ruleChanged("there")).isEqualTo(ids("vm:1", "vm:3"));
    assertThat(room.isBound(workload.id)).isFalse();
    assertThat(whyNotOn(workload, known.host("host2"))).isEmpty();
  }

  @Test
  void whoIsNamedByTwoRulesIsBoundUntilBothAreGone() {
    rule(onlyOn("there", "host2", "vm:1"));
    rule(together("both", "vm:1", "vm:2"));
    state.rules.remove("both");
    assertThat(room.ruleChanged("both")).isEqualTo(ids("vm:1", "vm:2"));
    assertThat(room.bound()).isEqualTo(ids("vm:1"));
  }

  @Test
  void thosePlacesMatterThatRulesNameTogether() {
    rule(apart("apart", "vm:1", "vm:2"));
    rule(together("both", "vm:2", "vm:3"));
    rule(onlyOn("there", "host2", "vm:1", "vm:4"));
    assertThat(room.relatedTo(WorkloadId.parse("vm:1"))).isEqualTo(ids("vm:2", "vm:3"));
    assertThat(room.relatedTo(WorkloadId.parse("vm:4"))).isEmpty();
    assertThat(room.relatedTo(WorkloadId.parse("vm:9"))).isEmpty();
    assertThat(room.partnersOf(WorkloadId.parse("vm:3"))).isEqualTo(ids("vm:2"));
  }

  @Test
  void brokenRulesAreMendedByTheOneWhoseTurnItIs() {
    WorkloadEntry first = known.on("vm:1", "host1", Condition.RUNNING);
    WorkloadEntry second = known.on("vm:2", "host1", Condition.RUNNING);
    known.host("host2");
    rule(apart("apart", "vm:1", "vm:2"));
    rule(apart("others", "vm:2", "vm:3"));
    Optional<Move> move = room.mending(first, id -> true);
    Optional<Move> other = room.mending(second, id -> true);
    assertThat(move.isPresent()).isNotEqualTo(other.isPresent());
    Move begins = move.or(() -> other).orElseThrow();
    assertThat(begins.to()).isEqualTo(new HostId("host2"));
    assertThat(room.mending(first, id -> false)).isEmpty();
  }

  @Test
  void rulesThatAreOnlyConnectedAreMendedToo() {
    // vm:3 may only be on host1, where vm:2 is; vm:1 may only be on host2, so vm:2 goes to host3.
    known.on("vm:1", "host2", Condition.RUNNING);
    WorkloadEntry second = known.on("vm:2", "host1", Condition.RUNNING);
    WorkloadEntry third = known.on("vm:3", "host1", Condition.RUNNING);
    known.host("host3");
    rule(onlyOn("first", "host2", "vm:1"));
    rule(onlyOn("third", "host1", "vm:3"));
    rule(apart("a", "vm:1", "vm:2"));
    rule(apart("b", "vm:2", "vm:3"));
    assertThat(room.mending(second, id -> true).map(move -> move.to().value())).contains("host3");
    assertThat(room.mending(third, id -> true)).isEmpty();
  }

  // Hosts

  @Test
  void whatIsNotRegisteredTakesNothing() {
    WorkloadEntry workload = known.workload("vm:1");
    HostEntry host = known.host("host1");
    assertThat(chosenFor(workload)).isEqualTo("host1");
    host.config = null;
    room.changed(host);
    assertThat(whyNotOn(workload, host)).contains("host1 is not registered");
    assertThat(chosenFor(workload)).isEqualTo("none");
    assertThat(room.mayStartOn(workload, host)).isFalse();
  }

  @Test
  void whatStayedWhenItsHostWasTakenOutTakesRoomWhenItIsBack() {
    WorkloadEntry large = known.on("vm:1", "host1", Condition.RUNNING);
    needs(large, 8);
    WorkloadEntry other = known.workload("vm:2");
    HostEntry host = known.host("host1");
    Host config = Objects.requireNonNull(host.config);
    host.config = null;
    room.changed(host);
    assertThat(chosenFor(other)).isEqualTo("none");
    host.config = config;
    room.changed(host);
    assertThat(chosenFor(other)).as("it is full").isEqualTo("none");
    needs(large, 7);
    assertThat(chosenFor(other)).isEqualTo("host1");
  }

  @Test
  void whoIsNotUsableTakesNothingNew() {
    WorkloadEntry workload = known.workload("vm:1");
    HostEntry host = known.host("host1");
    host.state = HostState.SUSPECT;
    assertThat(chosenFor(workload)).isEqualTo("none");
    host.state = HostState.ONLINE;
    room.changed(host);
    assertThat(chosenFor(workload)).isEqualTo("host1");
  }

  @Test
  void whenLeadershipBeginsEverythingIsTakenOver() {
    state.leading = false;
    WorkloadEntry workload = known.workload("vm:1");
    known.host("host1").state = HostState.SUSPECT;
    needs(known.on("vm:2", "host2", Condition.RUNNING), 8);
    known.host("host3");
    state.rules.put("elsewhere", onlyOn("elsewhere", "host2", "vm:4"));
    state.leading = true;
    room.begin();
    assertThat(chosenFor(workload)).isEqualTo("host3");
    assertThat(room.bound()).isEqualTo(ids("vm:4"));
  }

  @Test
  void hostsThatComeAndGoAreChosenOnlyWhenAskedFor() {
    WorkloadEntry workload = known.workload("vm:1");
    HostEntry host = known.host("host1");
    state.quarantined.add(host.id);
    assertThat(chosen(room.chooseAlsoUnsteady(workload, Wish.BEST))).isEqualTo("host1");
    assertThat(chosenFor(workload)).isEqualTo("none");
    host.state = HostState.SUSPECT;
    room.changed(host);
    assertThat(chosen(room.chooseAlsoUnsteady(workload, Wish.BEST))).isEqualTo("none");
  }

  // Workloads

  @Test
  void whatIsNotProtectedAnyMoreTakesNoRoom() {
    WorkloadEntry large = known.on("vm:1", "host1", Condition.RUNNING);
    needs(large, 8);
    WorkloadEntry other = known.workload("vm:2");
    assertThat(chosenFor(other)).isEqualTo("none");
    large.spec = null;
    room.changed(large);
    assertThat(chosenFor(other)).isEqualTo("host1");
  }

  @Test
  void whatMovesTakesRoomAtBothEndsAndOnceWhereItHasArrived() {
    WorkloadEntry large = known.on("vm:1", "host1", Condition.RUNNING);
    needs(large, 5);
    known.moves(large, "host2", Placement.Move.Phase.LIVE);
    WorkloadEntry other = known.workload("vm:2");
    needs(other, 4);
    assertThat(chosenFor(other)).isEqualTo("none");
    known.on("vm:1", "host2", Condition.RUNNING);
    needs(large, 4);
    known.host("host1").state = HostState.SUSPECT;
    room.changed(known.host("host1"));
    assertThat(chosenFor(other)).isEqualTo("host2");
  }

  @Test
  void aMoveToWhatIsNotRegisteredTakesNoRoom() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    known.moves(workload, "host2", Placement.Move.Phase.LIVE);
    HostEntry target = known.host("host2");
    target.config = null;
    room.changed(target);
    assertThat(whyNotOn(workload, target)).contains("host2 is not registered");
  }

  @Test
  void whatIsNotWantedRunningNeedsNoRoomOfItsPartners() {
    needs(known.on("vm:8", "host1", Condition.RUNNING), 5);
    known.on("vm:9", "host2", Condition.RUNNING);
    known.on("vm:10", "host2", Condition.RUNNING);
    WorkloadEntry partner = known.workload("vm:2");
    needs(partner, 5);
    partner.spec = Objects.requireNonNull(partner.spec).withDesired(DesiredState.STOPPED);
    WorkloadEntry workload = known.workload("vm:1");
    rule(together("both", "vm:1", "vm:2"));
    assertThat(chosenFor(workload)).as("the fewest are there").isEqualTo("host1");
    partner.spec = partner.spec.withDesired(DesiredState.STARTED);
    room.changed(partner);
    assertThat(chosenFor(workload)).as("both have room there").isEqualTo("host2");
  }

  @Test
  void anotherPolicyIsFollowedAtOnce() {
    WorkloadEntry large = known.workload("vm:1");
    needs(large, 9);
    known.host("host1");
    assertThat(chosenFor(large)).isEqualTo("none");
    state.policy = ClusterPolicy.DEFAULT.toBuilder().hardCapacity(false).build();
    assertThat(chosenFor(large)).isEqualTo("host1");
  }

  @Test
  void whatWasOnlySupposedIsTakenBack() {
    WorkloadEntry large = known.workload("vm:1");
    needs(large, 8);
    WorkloadEntry other = known.workload("vm:2");
    known.host("host1");
    room.rehearse(
        known.host("host2"),
        rehearsal -> {
          rehearsal.suppose(large.id, new HostId("host1"));
          assertThat(chosen(rehearsal.choose(other.id, Wish.BEST))).isEqualTo("none");
        });
    assertThat(chosenFor(other)).isEqualTo("host1");
  }

  // Forgetting

  @Test
  void afterAResetNothingIsLeft() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    rule(onlyOn("there", "host1", "vm:1"));
    HostEntry host = known.host("host1");
    room.changed(host);
    room.reset();
    assertThat(room.bound()).isEmpty();
    assertThat(whyNotOn(workload, host)).contains("host1 is not registered");
  }

  private Optional<String> whyNotOn(WorkloadEntry workload, HostEntry host) {
    return room.blockedBy(workload, host).map(Refusal::detail);
  }

  // What is only asked

  @Test
  void whatIsOnlyAskedOpensNothing() {
    WorkloadEntry running = known.on("vm:1", "host1", Condition.RUNNING);
    WorkloadEntry waiting = known.workload("vm:2");
    waiting.roomKeptOn = known.host("host2").id;
    room.changed(waiting);
    long before = room.openings();
    assertThat(room.mayStartOn(running, known.host("host2"))).isTrue();
    assertThat(room.mayStartOn(waiting, known.host("host2"))).isTrue();
    chosenFor(running);
    chosenFor(waiting);
    room.rehearse(rehearsal -> rehearsal.leaves(running.id));
    assertThat(room.openings()).isEqualTo(before);
  }

  @Test
  void whatHasNoHostWhereOthersAreSupposedToBeHasOneAfterwards() {
    known.host("host1");
    WorkloadEntry large = known.workload("vm:1");
    WorkloadEntry other = known.workload("vm:2");
    needs(large, 8);
    needs(other, 8);
    room.rehearse(
        rehearsal -> {
          rehearsal.suppose(other.id, new HostId("host1"));
          assertThat(chosen(rehearsal.choose(large.id, Wish.BEST))).isEqualTo("none");
        });
    assertThat(chosenFor(large)).isEqualTo("host1");
  }

  @Test
  void whatHasNoHostIsNotRefusedToOneLikeItWhoseOwnRoomIsThere() {
    WorkloadEntry running = known.on("vm:1", "host1", Condition.RUNNING);
    WorkloadEntry waiting = known.workload("vm:2");
    needs(running, 8);
    needs(waiting, 8);
    assertThat(chosenFor(waiting)).isEqualTo("none");
    assertThat(chosenFor(running)).isEqualTo("host1");
    assertThat(chosenFor(waiting)).isEqualTo("none");
    room.rehearse(
        rehearsal -> {
          rehearsal.leaves(running.id);
          assertThat(chosen(rehearsal.choose(waiting.id, Wish.BEST))).isEqualTo("host1");
        });
    assertThat(chosenFor(waiting)).isEqualTo("none");
  }
}
