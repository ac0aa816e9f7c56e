package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What lost its host finds room where others are moved for it. */
class RoomByMovesTest {
  private final ControllerScript script = new ControllerScript("host1", "host2", "host3");
  private final ClusterPolicy.Builder policy = ClusterPolicy.DEFAULT.toBuilder();
  private int placed;

  /** Runs on a host of 8 processors. */
  private void on(String host, String id, long processors, Priority priority) {
    Workload spec = Scenes.newWorkload(id).workload();
    script.put(
        new WorkloadConfig(
            new Workload(
                spec.id(),
                priority,
                Capacity.of(processors, 16),
                spec.desired(),
                spec.origin(),
                spec.policy(),
                spec.lock())));
    script.put(
        Placement.none(spec.id())
            .withOwner(
                new Placement.Owner(
                    new HostId(host), new Incarnation(1), new OpId(1, ++placed), Goal.RUN)));
  }

  private void changed(String id, UnaryOperator<Workload> change) {
    WorkloadConfig config = (WorkloadConfig) script.stored(new Key(Table.WORKLOAD, id));
    script.put(new WorkloadConfig(change.apply(config.workload())));
  }

  private static Workload with(Workload spec, UnaryOperator<WorkloadPolicy.Builder> change) {
    return spec.withPolicy(change.apply(spec.policy().toBuilder()).build());
  }

  /** vm:1 needs 4 processors; 2 are free on host2 and 2 on host3, and only vm:9 fits there. */
  private void scattered(MakeRoom makeRoom) {
    policy.makeRoom(makeRoom);
    on("host1", "vm:1", 4, Priority.LOW);
    on("host2", "vm:8", 4, Priority.CRITICAL);
    on("host2", "vm:9", 2, Priority.CRITICAL);
    on("host3", "vm:7", 6, Priority.CRITICAL);
  }

  private void host1IsLost() {
    script.put(new ClusterConfig(policy.build()));
    script.seesLeases().leads(2).allReport("host1", "host2", "host3");
    for (String host : List.of("host1", "host2", "host3")) {
      script.reports(host);
    }
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
  }

  private List<String> moves() {
    return script.told(HaEvent.MoveBegun.class).stream()
        .map(move -> move.workload() + " " + move.from() + " " + move.to())
        .toList();
  }

  private Optional<String> ownerOf(String id) {
    return ownerOf(script, id);
  }

  private static Optional<String> ownerOf(ControllerScript script, String id) {
    return Scenes.placement(script, id).owner().map(owner -> owner.host().value());
  }

  private static void reports(
      ControllerScript script, String host, String id, Condition condition) {
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, host)
        .entries()
        .forEach(
            (other, order) ->
                entries.put(
                    other,
                    new HostReport.Entry(
                        order.assignment(),
                        other.toString().equals(id) ? condition : Condition.RUNNING,
                        0,
                        "")));
    script.reports(host, entries);
  }

  private void arrives(String id, String from, String to) {
    arrives(script, id, from, to);
  }

  private static void arrives(ControllerScript script, String id, String from, String to) {
    reports(script, from, id, Condition.MIGRATING);
    reports(script, from, id, Condition.GONE);
    script.reports(to);
    script.reports(to);
    script.reports(from);
    assertThat(Scenes.placement(script, id).move()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = MakeRoom.class,
      names = {"MOVE", "MOVE_OR_EVICT"})
  void whatIsInTheWayIsMovedToWhereItFits(MakeRoom makeRoom) {
    scattered(makeRoom);
    host1IsLost();
    assertThat(moves()).containsExactly("vm:9 host2 host3");
    HaEvent.MoveBegun move = script.told(HaEvent.MoveBegun.class).get(0);
    assertThat(move.live()).isTrue();
    assertThat(move.why()).isEqualTo("to make room for vm:1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("room is made for it on host2, from where vm:9 is moved");
    assertThat(ownerOf("vm:1")).isEmpty();
    arrives("vm:9", "host2", "host3");
    assertThat(ownerOf("vm:1")).contains("host2");
    assertThat(script.told(HaEvent.EvictionBegun.class)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = MakeRoom.class,
      names = {"NOTHING", "EVICT"})
  void nothingIsMovedWhereThePolicyDoesNotAskForIt(MakeRoom makeRoom) {
    scattered(makeRoom);
    host1IsLost();
    script.passes(Duration.ofMinutes(1));
    assertThat(moves()).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).startsWith("no host can take it");
  }

  @Test
  void whatIsMadeFreeIsNotGivenToOthersMeanwhile() {
    scattered(MakeRoom.MOVE);
    on("host1", "vm:2", 2, Priority.LOW);
    host1IsLost();
    script.passes(Duration.ofSeconds(30));
    assertThat(ownerOf("vm:2")).as("2 are free, and meant for vm:1").isEmpty();
    arrives("vm:9", "host2", "host3");
    script.reports("host2");
    assertThat(ownerOf("vm:1")).contains("host2");
    assertThat(ownerOf("vm:2")).isEmpty();
  }

  private void nothingIsMoved() {
    host1IsLost();
    script.passes(Duration.ofMinutes(1));
    assertThat(moves()).isEmpty();
  }

  @Test
  void whatIsLockedIsNotMoved() {
    scattered(MakeRoom.MOVE);
    changed("vm:9", spec -> spec.withLock(Optional.of("backup")));
    nothingIsMoved();
    Scenes.locks(script, "vm:9", Optional.empty());
    script.passes(MakingRoom.LOOK_EVERY);
    assertThat(moves()).hasSize(1);
  }

  @Test
  void whatMayNotBeMovedIsNot() {
    scattered(MakeRoom.MOVE);
    changed("vm:9", spec -> with(spec, builder -> builder.movable(false)));
    nothingIsMoved();
  }

  @Test
  void whatWouldHaveToBeStoppedIsNotMoved() {
    scattered(MakeRoom.MOVE);
    changed(
        "vm:9", spec -> with(spec, builder -> builder.migration(WorkloadPolicy.Migration.COLD)));
    nothingIsMoved();
  }

  @Test
  void noMoreAreUnderWayThanThePolicyAllows() {
    policy.makeRoom(MakeRoom.MOVE).movesInCluster(1);
    on("host1", "vm:1", 4, Priority.LOW);
    on("host2", "vm:4", 4, Priority.CRITICAL);
    on("host2", "vm:5", 2, Priority.CRITICAL);
    on("host2", "vm:6", 1, Priority.CRITICAL);
    on("host3", "vm:7", 5, Priority.CRITICAL);
    changed("vm:4", spec -> with(spec, builder -> builder.movable(false)));
    changed("vm:7", spec -> with(spec, builder -> builder.movable(false)));
    host1IsLost();
    assertThat(moves()).containsExactly("vm:5 host2 host3");
    arrives("vm:5", "host2", "host3");
    assertThat(moves()).containsExactly("vm:5 host2 host3", "vm:6 host2 host3");
    arrives("vm:6", "host2", "host3");
    assertThat(ownerOf("vm:1")).contains("host2");
  }

  @Test
  void whereNoMoveHelpsALessImportantOneIsStopped() {
    policy.makeRoom(MakeRoom.MOVE_OR_EVICT);
    on("host1", "vm:1", 4, Priority.HIGH);
    on("host2", "vm:8", 8, Priority.LOW);
    on("host3", "vm:7", 8, Priority.CRITICAL);
    host1IsLost();
    assertThat(moves()).isEmpty();
    assertThat(script.told(HaEvent.EvictionBegun.class)).hasSize(1);
  }

  @Test
  void aMoveThatIsNotBegunEndsThePlanAndIsTriedAgainAfterAPause() {
    scattered(MakeRoom.MOVE);
    host1IsLost();
    script.passes(ControllerConfig.MOVE_HOLD.plusSeconds(1));
    script.reports("host2");
    assertThat(Scenes.placement(script, "vm:9").move()).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).startsWith("no host can take it");
    assertThat(moves()).hasSize(1);
    script.passes(MakingRoom.NOT_MOVED_AGAIN.minus(ControllerConfig.MOVE_HOLD.multipliedBy(2)));
    assertThat(moves()).hasSize(1);
    script.passes(ControllerConfig.MOVE_HOLD.multipliedBy(2).plus(MakingRoom.LOOK_EVERY));
    assertThat(moves()).hasSize(2);
  }

  /** The next controller, which hears host2 and host3. */
  private ControllerScript successor() {
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().stream()
        .filter(record -> !record.key().equals(new Key(Table.REPORT, "host1")))
        .forEach(next::put);
    next.fallsSilent("host1");
    next.seesLeases().leads(3);
    for (String host : List.of("host2", "host3")) {
      next.renews(host);
      next.reports(host);
    }
    return next;
  }

  @Test
  void anotherControllerKeepsWhatTheMovesOfTheFormerOneMakeFree() {
    scattered(MakeRoom.MOVE);
    on("host1", "vm:2", 2, Priority.LOW);
    host1IsLost();
    assertThat(moves()).containsExactly("vm:9 host2 host3");
    ControllerScript next = successor();
    assertThat(next.statusOf("vm:1").reason())
        .isEqualTo("room is made for it on host2, from where vm:9 is moved");
    next.passes(Duration.ofSeconds(30));
    assertThat(ownerOf(next, "vm:2")).as("2 are free, and meant for vm:1").isEmpty();
    arrives(next, "vm:9", "host2", "host3");
    assertThat(ownerOf(next, "vm:1")).contains("host2");
    assertThat(ownerOf(next, "vm:2")).isEmpty();
    assertThat(next.told(HaEvent.MoveBegun.class)).isEmpty();
  }

  @Test
  void whereAMoveOfTheFormerOneFailsAnotherControllerKeepsNothing() {
    scattered(MakeRoom.MOVE);
    on("host1", "vm:2", 2, Priority.LOW);
    on("host1", "vm:3", 2, Priority.LOW);
    host1IsLost();
    ControllerScript next = successor();
    next.passes(ControllerConfig.MOVE_HOLD.plusSeconds(1));
    next.reports("host2");
    assertThat(Scenes.placement(next, "vm:9").move()).isEmpty();
    assertThat(next.statusOf("vm:1").reason()).startsWith("no host can take it");
    assertThat(List.of(ownerOf(next, "vm:2"), ownerOf(next, "vm:3")))
        .as("what is free on either is for anybody")
        .containsExactlyInAnyOrder(Optional.of("host2"), Optional.of("host3"));
  }

  @Test
  void whatIsUnderWayIsGoneOnWithWhenNobodyNeedsItAnyMore() {
    scattered(MakeRoom.MOVE);
    host1IsLost();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    arrives("vm:9", "host2", "host3");
    assertThat(ownerOf("vm:9")).contains("host3");
    script.passes(Duration.ofMinutes(20));
    assertThat(moves()).hasSize(1);
  }
}
