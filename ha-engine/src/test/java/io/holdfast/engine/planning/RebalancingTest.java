package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.Rebalancing.By;
import io.holdfast.engine.planning.Rebalancing.Options;
import io.holdfast.engine.planning.Rebalancing.Proposal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RebalancingTest {
  private static final List<HostSnapshot> TWO =
      List.of(HostSnapshot.of("h1", 10), HostSnapshot.of("h2", 10));

  private static WorkloadSnapshot on(String host, String id, long demand) {
    return WorkloadSnapshot.of(id, host, demand);
  }

  private static Proposal propose(
      List<HostSnapshot> hosts, List<WorkloadSnapshot> workloads, Rule... rules) {
    return Rebalancing.propose(
        new ClusterSnapshot(List.of("cpu"), hosts, workloads, List.of(rules)), Options.DEFAULT);
  }

  private static List<String> moves(Proposal proposal) {
    return proposal.steps().stream()
        .map(Plan.Step.Move.class::cast)
        .map(step -> step.workload() + " " + step.from() + " " + step.to() + " " + step.after())
        .toList();
  }

  private static Rule rule(Kind kind, String... ids) {
    TreeSet<WorkloadId> members = new TreeSet<>();
    Arrays.stream(ids).map(WorkloadId::parse).forEach(members::add);
    return new Rule.WorkloadAffinity("r", members, kind, Level.HOST, true);
  }

  @Test
  void theMoveThatMakesTheMostDifferenceIsProposed() {
    Proposal proposal =
        propose(TWO, List.of(on("h1", "vm:1", 1), on("h1", "vm:2", 4), on("h1", "vm:3", 3)));
    assertThat(moves(proposal)).containsExactly("vm:2 h1 h2 []");
    assertThat(proposal.before()).isEqualTo(1);
    assertThat(proposal.after()).isZero();
    assertThat(proposal.moved().get(0).gain()).isEqualTo(1);
  }

  @Test
  void evenEnoughIsLeftAlone() {
    assertThat(propose(TWO, List.of(on("h1", "vm:1", 5), on("h2", "vm:2", 5))).steps()).isEmpty();
    assertThat(
            propose(
                    List.of(HostSnapshot.of("h1", 100), HostSnapshot.of("h2", 100)),
                    List.of(on("h1", "vm:1", 50), on("h1", "vm:2", 2), on("h2", "vm:3", 45)))
                .steps())
        .isEmpty();
  }

  @Test
  void whatIsNotMovableStays() {
    assertThat(
            propose(TWO, List.of(on("h1", "vm:1", 4).fixed(), on("h1", "vm:2", 4).fixed())).steps())
        .isEmpty();
  }

  @Test
  void twoChangePlacesWhereNoSingleMoveHelps() {
    List<HostSnapshot> hosts = List.of(HostSnapshot.of("h1", 14), HostSnapshot.of("h2", 14));
    Proposal proposal =
        propose(
            hosts,
            List.of(
                on("h1", "vm:1", 6).fixed(),
                on("h1", "vm:2", 4),
                on("h2", "vm:3", 2),
                on("h2", "vm:4", 4).fixed()));
    assertThat(moves(proposal)).hasSize(2);
    assertThat(proposal.after()).isZero();
  }

  @Test
  void brokenRulesAreMendedFirstAndEvenWhereLoadsAreEven() {
    List<HostSnapshot> hosts =
        List.of(HostSnapshot.of("h1", 10), HostSnapshot.of("h2", 10), HostSnapshot.of("h3", 10));
    Proposal proposal =
        propose(
            hosts,
            List.of(
                on("h1", "vm:1", 2), on("h1", "vm:2", 2), on("h2", "vm:3", 4), on("h3", "vm:4", 4)),
            rule(Kind.NEGATIVE, "vm:1", "vm:2"));
    assertThat(proposal.moved()).hasSize(1);
    assertThat(proposal.moved().get(0).why()).isEqualTo("rule r is broken");
    assertThat(proposal.broken()).isEmpty();
  }

  @Test
  void partnersAreBroughtTogether() {
    Proposal proposal =
        propose(
            TWO,
            List.of(on("h1", "vm:1", 4), on("h2", "vm:2", 4)),
            rule(Kind.POSITIVE, "vm:1", "vm:2"));
    assertThat(proposal.moved()).hasSize(1);
    assertThat(proposal.after()).isEqualTo(1);
    assertThat(proposal.broken()).isEmpty();
  }

  @Test
  void whatCannotBeMendedIsTold() {
    TreeMap<HostId, Integer> pins = new TreeMap<>();
    pins.put(new HostId("h2"), 1);
    Rule pin =
        new Rule.HostAffinity("r", new TreeSet<>(List.of(WorkloadId.parse("vm:1"))), pins, true);
    Proposal proposal =
        propose(TWO, List.of(on("h1", "vm:1", 6), on("h2", "vm:2", 6).fixed()), pin);
    assertThat(proposal.steps()).isEmpty();
    assertThat(proposal.broken())
        .containsExactly("vm:1 on h1: a strict rule, a label or its kind wants it on another host");
  }

  @Test
  void hostsThatAreTooFullAreRelieved() {
    Proposal proposal =
        propose(TWO, List.of(on("h1", "vm:1", 8), on("h1", "vm:2", 4), on("h2", "vm:3", 4)));
    assertThat(moves(proposal)).containsExactly("vm:2 h1 h2 []");
  }

  @Test
  void measuredLoadCountsWhereAsked() {
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      WorkloadSnapshot one = on(w < 2 ? "h1" : "h2", "vm:" + w, 2);
      workloads.add(
          new WorkloadSnapshot(
              one.id(),
              one.demand(),
              1,
              0,
              one.host(),
              one.desired(),
              one.requires(),
              true,
              java.util.Optional.of(Amounts.of(w < 2 ? 2000 : 0))));
    }
    ClusterSnapshot cluster = new ClusterSnapshot(List.of("cpu"), TWO, workloads, List.of());
    assertThat(Rebalancing.propose(cluster, Options.DEFAULT).steps()).isEmpty();
    assertThat(Rebalancing.propose(cluster, Options.DEFAULT.with(By.LOAD)).steps()).hasSize(1);
  }

  @Test
  void hostsThatAreNotUpNeitherCountNorAreGivenAnything() {
    List<HostSnapshot> hosts =
        List.of(
            TWO.get(0),
            TWO.get(1).with(State.MAINTENANCE),
            HostSnapshot.of("h3", 10).with(State.STANDBY));
    Proposal proposal = propose(hosts, List.of(on("h1", "vm:1", 4), on("h1", "vm:2", 4)));
    assertThat(proposal.before()).isZero();
    assertThat(proposal.steps()).isEmpty();
  }

  @Test
  void cutShortIsOnlyWhereMoreWouldHaveBeenDone() {
    List<WorkloadSnapshot> uneven =
        List.of(on("h1", "vm:1", 1), on("h1", "vm:2", 4), on("h1", "vm:3", 3));
    ClusterSnapshot cluster = new ClusterSnapshot(List.of("cpu"), TWO, uneven, List.of());
    assertThat(Rebalancing.propose(cluster, Options.DEFAULT.withMostMoves(1)).cutShort()).isFalse();
    assertThat(Rebalancing.propose(cluster, Options.DEFAULT.withMostMoves(0)).cutShort()).isTrue();
    ClusterSnapshot even =
        new ClusterSnapshot(
            List.of("cpu"), TWO, List.of(on("h1", "vm:1", 5), on("h2", "vm:2", 5)), List.of());
    assertThat(Rebalancing.propose(even, Options.DEFAULT.withMostMoves(0)).cutShort()).isFalse();
  }

  @Test
  void optionsThatMeanNothingAreRefused() {
    assertThatThrownBy(() -> new Options(By.LOAD, 0.1, 0.2, 0.01, 1))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("rebalancing.goal: found 0.2, allowed: 0 to the threshold");
    assertThatThrownBy(() -> new Options(By.LOAD, 0.1, 0.1, 0, 1))
        .hasMessage("rebalancing.leastGain: found 0.0, allowed: above 0");
    assertThatThrownBy(() -> Options.DEFAULT.withMostMoves(-1))
        .hasMessage("rebalancing.mostMoves: found -1, allowed: 0 or greater");
  }

  @Test
  void whatIsPromisedIsLoadAndWhatMayBeGivenIsTheWhole() {
    List<HostSnapshot> hosts =
        List.of(
            HostSnapshot.of("h1", 10).overcommitted(200), HostSnapshot.of("h2", 10).promising(5));
    assertThat(propose(hosts, List.of(on("h1", "vm:1", 5), on("h1", "vm:2", 5))).before()).isZero();
  }

  @Test
  void whatRunsWhereAConditionHoldsNoLongerStays() {
    List<HostSnapshot> hosts =
        List.of(TWO.get(0), TWO.get(1).meeting(new TreeSet<>(List.of("net"))));
    WorkloadSnapshot one = on("h1", "vm:1", 4).needing(new TreeSet<>(List.of("net")));
    Proposal proposal = propose(hosts, List.of(one, on("h2", "vm:2", 4)));
    assertThat(proposal.steps()).isEmpty();
    assertThat(proposal.broken()).isEmpty();
  }
}
