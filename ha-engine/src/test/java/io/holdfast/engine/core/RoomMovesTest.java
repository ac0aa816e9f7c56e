package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Move;
import io.holdfast.engine.record.StateRecord.RuleConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Who is moved first where more are to be moved than may be at once. */
class RoomMovesTest {
  private final FullHosts hosts = new FullHosts("host1", "host2", "host3", "host4", "host5");

  private void runsOnlyOn(String id, String... allowed) {
    TreeMap<HostId, Integer> named = new TreeMap<>();
    for (String host : allowed) {
      named.put(new HostId(host), 1);
    }
    hosts.script.put(
        new RuleConfig(
            new Rule.HostAffinity(
                "only-" + id.substring(3),
                new TreeSet<>(List.of(WorkloadId.parse(id))),
                named,
                true)));
  }

  /** So much stays there. */
  private void stays(String host, String id, long processors) {
    hosts.on(host, id, processors, Priority.CRITICAL);
    hosts.with(id, policy -> policy.movable(false));
  }

  private void beginOneByOne() {
    hosts.begin(ClusterPolicy.DEFAULT.toBuilder().makeRoom(MakeRoom.MOVE).movesInCluster(1));
  }

  @Test
  void whoIsInTheWayOfTheMostImportantIsMovedFirst() {
    hosts.on("host1", "vm:1", 4, Priority.LOW);
    hosts.on("host1", "vm:2", 4, Priority.CRITICAL);
    stays("host2", "vm:11", 4);
    hosts.on("host2", "vm:5", 2, Priority.CRITICAL);
    runsOnlyOn("vm:5", "host2", "host4");
    stays("host3", "vm:12", 4);
    hosts.on("host3", "vm:7", 2, Priority.CRITICAL);
    runsOnlyOn("vm:7", "host3", "host5");
    stays("host4", "vm:13", 6);
    stays("host5", "vm:14", 6);
    beginOneByOne();
    hosts.isLost("host1");
    assertThat(hosts.reasonOf("vm:1")).startsWith("room is made for it on host3");
    assertThat(hosts.reasonOf("vm:2")).startsWith("room is made for it on host2");
    assertThat(hosts.moves()).containsExactly("vm:5 host2 host4");
  }

  @Test
  void whileNoneMayBeginTheyAreLookedAtOnlyWhenSomethingMayBeInTheWay() {
    Known known = new Known();
    known.state.policy =
        ClusterPolicy.DEFAULT.toBuilder().makeRoom(MakeRoom.MOVE).movesInCluster(1).build();
    HostId target = known.host("host2").id;
    WorkloadEntry moving = known.on("vm:8", "host1", Condition.RUNNING);
    Move move = new Move(new OpId(1, 99), new HostId("host1"), target, Move.Phase.LIVE, "so");
    moving.placement = moving.placement.moving(Optional.of(move));
    known.state.moving.add(moving.id);
    WorkloadId next = known.on("vm:9", "host1", Condition.RUNNING).id;
    RoomClaim claim = new RoomClaim(new HostId("host1"), true);
    claim.moves.put(next, target);
    claim.notBegun.add(next);
    TreeMap<WorkloadId, RoomClaim> claims = new TreeMap<>();
    claims.put(known.workload("vm:1").id, claim);
    RoomMoves moves =
        new RoomMoves(
            known.state,
            claims,
            new RoomNeeds(known.state),
            new GivingWay(known.state, claims, id -> {}));
    List<WorkloadId> lookedAt = new ArrayList<>();
    moves.mayHaveFailed(true);
    for (int times = 0; times < 3; times++) {
      for (int its : moves.importances()) {
        assertThat(moves.next(its, one -> lookedAt.add(one.id))).isEmpty();
      }
      moves.areLookedAt();
    }
    assertThat(lookedAt).containsExactly(next);
  }

  @Test
  void whatIsMoreImportantAndIsToLeaveItsHostIsMovedBefore() {
    hosts.on("host1", "vm:1", 4, Priority.LOW);
    stays("host2", "vm:11", 4);
    hosts.on("host2", "vm:5", 2, Priority.CRITICAL);
    runsOnlyOn("vm:5", "host2", "host3");
    stays("host3", "vm:12", 6);
    for (String id : List.of("vm:8", "vm:9")) {
      hosts.on("host4", id, 1, Priority.CRITICAL);
      runsOnlyOn(id, "host4", "host5");
    }
    stays("host5", "vm:13", 6);
    hosts.script.put(new HostDirective(new HostId("host4"), true, Optional.empty()));
    beginOneByOne();
    hosts.isLost("host1");
    assertThat(hosts.reasonOf("vm:1")).startsWith("room is made for it on host2");
    assertThat(hosts.moves()).containsExactly("vm:8 host4 host5");
    hosts.reports("host4", Condition.MIGRATING, "vm:8");
    hosts.reports("host4", Condition.GONE, "vm:8");
    assertThat(hosts.moves()).containsExactly("vm:8 host4 host5", "vm:9 host4 host5");
    hosts.reports("host4", Condition.MIGRATING, "vm:9");
    hosts.reports("host4", Condition.GONE, "vm:9");
    assertThat(hosts.moves())
        .containsExactly("vm:8 host4 host5", "vm:9 host4 host5", "vm:5 host2 host3");
  }

  /** host1 runs seven; for each of them one would have to be moved from a host of its own. */
  private FullHosts sevenNeedAMove() {
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= 15; i++) {
      names.add("host" + i);
    }
    FullHosts many = new FullHosts(names.toArray(String[]::new));
    for (int i = 0; i < 7; i++) {
      many.on("host1", "vm:10" + i, 4, Priority.HIGH);
      many.on("host" + (2 + i), "vm:20" + i, 4, Priority.CRITICAL);
      many.on("host" + (2 + i), "vm:30" + i, 2, Priority.CRITICAL);
      many.on("host" + (9 + i), "vm:40" + i, 6, Priority.CRITICAL);
      for (String id : List.of("vm:20" + i, "vm:40" + i)) {
        many.with(id, policy -> policy.movable(false));
      }
    }
    many.begin(ClusterPolicy.DEFAULT.toBuilder().makeRoom(MakeRoom.MOVE).movesInCluster(1));
    many.isLost("host1");
    return many;
  }

  @Test
  void whereManyMovesWaitForTheirTurnNoMoreAreMeant() {
    FullHosts many = sevenNeedAMove();
    many.script.passes(MakingRoom.LOOK_EVERY);
    List<String> told = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      told.add(many.reasonOf("vm:10" + i));
    }
    assertThat(told).filteredOn(why -> why.contains("from where")).hasSize(5);
    assertThat(told)
        .filteredOn("room is made for it when fewer wait to be moved for others"::equals)
        .hasSize(2);
    for (int i = 0; i < 7; i++) {
      assertThat(many.moves()).hasSize(i + 1);
      String[] move = many.moves().get(i).split(" ", 3);
      many.reports(move[1], Condition.MIGRATING, move[0]);
      many.reports(move[1], Condition.GONE, move[0]);
      many.script.reports(move[2]);
      many.script.reports(move[1]);
      many.script.passes(MakingRoom.LOOK_EVERY);
    }
    for (int i = 0; i < 7; i++) {
      assertThat(many.ownerOf("vm:10" + i)).isPresent();
    }
  }
}
