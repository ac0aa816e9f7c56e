package io.holdfast.engine.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Definition;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest;
import io.holdfast.engine.record.WorkloadRequest.Action;
import io.holdfast.engine.sim.InMemoryCoordination;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OperatorTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final HostId HOST = new HostId("host1");
  private static final Key WORKLOAD = new Key(Table.WORKLOAD, "vm:1");
  private static final Key REQUEST = new Key(Table.REQUEST, "vm:1");

  private final StateStore store =
      new InMemoryCoordination(Runnable::run).connect("platform").stateStore();
  private final Records records = new Records(store, TIMEOUT);
  private final Operator operator = new Operator(records);

  @Test
  void requestsOfAWorkloadAreNumberedUpAndOnlyTheLastStands() {
    protect();
    assertThat(operator.request(VM, new Action.Move(HOST)).isDone()).isTrue();
    assertThat(operator.request(VM, new Action.Cleanup()).isDone()).isTrue();
    assertThat(read(REQUEST)).isEqualTo(new WorkloadRequest(VM, 2, new Action.Cleanup()));
  }

  @Test
  void aWorkloadIsStoppedWithItsOwnTimeoutAndWantedStopped() {
    protect();
    assertThat(operator.stop(VM, Duration.ZERO).isDone()).isTrue();
    assertThat(read(REQUEST)).isEqualTo(new WorkloadRequest(VM, 1, new Action.Stop(Duration.ZERO)));
    WorkloadConfig config = (WorkloadConfig) read(new Key(Table.WORKLOAD, "vm:1"));
    assertThat(config.workload().desired()).isEqualTo(DesiredState.STOPPED);
  }

  @Test
  void whatIsNotProtectedCannotBeChanged() {
    Outcome<Ack> answer = operator.updateWorkload(VM, w -> w.withLock(Optional.of("backup")));
    assertThat(answer)
        .isEqualTo(Outcome.failed(Outcome.Cause.NOT_FOUND, "there is no WORKLOAD/vm:1"));
  }

  @Test
  void aWorkloadIsProtectedAndPlacedAtOnce() {
    Workload workload = Workload.of("vm:1", Priority.LOW, Capacity.of(1, 1));
    Definition definition = new Definition("xml");
    assertThat(operator.protect(workload, definition, HOST).isDone()).isTrue();
    assertThat(read(REQUEST)).isEqualTo(new WorkloadRequest(VM, 1, new Action.Move(HOST)));
    assertThat(read(new Key(Table.WORKLOAD, "vm:1"))).isEqualTo(new WorkloadConfig(workload));
    operator.protect(workload, definition, HOST);
    assertThat(read(REQUEST)).isEqualTo(new WorkloadRequest(VM, 2, new Action.Move(HOST)));
  }

  @Test
  void whatIsNotProtectedCannotBeAskedFor() {
    for (Action action : List.of(new Action.Move(HOST), new Action.Cleanup())) {
      assertThat(operator.request(VM, action))
          .isEqualTo(Outcome.failed(Outcome.Cause.NOT_FOUND, "vm:1 is not protected"));
    }
    assertThat(operator.stop(VM, Duration.ZERO).isDone()).isFalse();
    assertThat(records.read(REQUEST)).isEqualTo(Outcome.done(Optional.empty()));
  }

  @Test
  void aHostThatIsUnregisteredIsNotThere() {
    operator.register(Host.of("host1", Capacity.of(8, 8)));
    assertThat(operator.unregister(HOST).isDone()).isTrue();
    assertThat(records.read(new Key(Table.HOST, "host1")))
        .isEqualTo(Outcome.done(Optional.empty()));
    assertThat(operator.unregister(HOST).isDone()).as("again").isTrue();
  }

  @Test
  void aRuleThatContradictsOthersIsRefusedWithTheSmallestSet() {
    operator.register(Host.of("host1", Capacity.of(8, 8)));
    operator.register(Host.of("host2", Capacity.of(8, 8)));
    SortedSet<WorkloadId> both = new TreeSet<>(List.of(VM, WorkloadId.parse("vm:2")));
    SortedSet<WorkloadId> others = new TreeSet<>(List.of(VM, WorkloadId.parse("vm:3")));
    assertThat(operator.putRule(affinity("together", both, Rule.Kind.POSITIVE)).isDone()).isTrue();
    assertThat(operator.putRule(affinity("others", others, Rule.Kind.NEGATIVE)).isDone()).isTrue();
    Outcome<Ack> answer = operator.putRule(affinity("apart", both, Rule.Kind.NEGATIVE));
    assertThat(answer)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> {
              assertThat(failed.cause()).isEqualTo(Outcome.Cause.INVALID);
              assertThat(failed.detail()).startsWith("rules [apart, together]: ");
            });
    assertThat(records.read(new Key(Table.RULE, "apart")))
        .isEqualTo(Outcome.done(Optional.empty()));
  }

  @Test
  void aRuleThatOnlyLacksHostsIsTakenAndTold() {
    operator.register(Host.of("host1", Capacity.of(8, 8)));
    SortedSet<WorkloadId> both = new TreeSet<>(List.of(VM, WorkloadId.parse("vm:2")));
    assertThat(operator.putRule(affinity("apart", both, Rule.Kind.NEGATIVE)).isDone()).isTrue();
    assertThat(operator.ruleConflicts())
        .isInstanceOfSatisfying(
            Outcome.Done.class, done -> assertThat(done.value().toString()).contains("apart"));
  }

  private static Rule affinity(String id, SortedSet<WorkloadId> workloads, Rule.Kind kind) {
    return new Rule.WorkloadAffinity(id, workloads, kind, Rule.Level.HOST, true);
  }

  @Test
  void aRecordThatCannotBeReadIsKept() {
    protect();
    assertThat(
            store.commit(Optional.empty(), List.of(Write.put(REQUEST, "broken")), TIMEOUT).isDone())
        .isTrue();
    assertThat(operator.request(VM, new Action.Cleanup()))
        .isEqualTo(Outcome.failed(Outcome.Cause.INVALID, "REQUEST/vm:1 cannot be read"));
    Workload workload = Workload.of("vm:1", Priority.LOW, Capacity.of(1, 1));
    assertThat(operator.protect(workload, new Definition("xml"), HOST))
        .isEqualTo(Outcome.failed(Outcome.Cause.INVALID, "REQUEST/vm:1 cannot be read"));
    assertThat(store.read(REQUEST, TIMEOUT).toString()).contains("broken");
  }

  @Test
  void maintenanceAndAPersonsWordStandBesideEachOther() {
    assertThat(operator.setMaintenance(HOST, true).isDone()).isTrue();
    assertThat(operator.confirmDown(HOST, new Incarnation(7), "kim").isDone()).isTrue();
    assertThat(read(new Key(Table.DIRECTIVE, "host1")))
        .isEqualTo(
            new HostDirective(
                HOST,
                true,
                Optional.of(new HostDirective.Confirmation(new Incarnation(7), "kim"))));
    assertThat(operator.setMaintenance(HOST, false).isDone()).isTrue();
    HostDirective after = (HostDirective) read(new Key(Table.DIRECTIVE, "host1"));
    assertThat(after.maintenance()).isFalse();
    assertThat(after.down()).isPresent();
  }

  @Test
  void disarmingChangesNothingElseOfThePolicy() {
    ClusterPolicy policy =
        ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.MIGRATE).build();
    assertThat(operator.setPolicy(policy).isDone()).isTrue();
    assertThat(
            operator
                .updatePolicy(p -> p.toBuilder().disarmed(Optional.of(DisarmMode.FREEZE)).build())
                .isDone())
        .isTrue();
    assertThat(read(ClusterConfig.KEY))
        .isEqualTo(
            new ClusterConfig(policy.toBuilder().disarmed(Optional.of(DisarmMode.FREEZE)).build()));
  }

  private void protect() {
    Workload workload = Workload.of("vm:1", Priority.LOW, Capacity.NONE);
    assertThat(operator.protect(workload, new Definition("x")).isDone()).isTrue();
  }

  private Object read(Key key) {
    return ((Outcome.Done<Optional<StateRecord>>) records.read(key)).value().orElseThrow();
  }

  @Test
  void reasonsAndNamesOfPeopleAreOneLineBeforeAnythingIsWritten() {
    Optional<String> lines = Optional.of("backup\nof today");
    assertThatThrownBy(() -> operator.setLock(VM, lines))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("workload.lock: found \"backup?of today\"");
    Workload locked = Workload.of("vm:1", Priority.LOW, Capacity.NONE).withLock(lines);
    assertThatThrownBy(() -> operator.protect(locked, new Definition("x")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> operator.confirmDown(HOST, new Incarnation(7), ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("directive.who: found \"\"");
  }

  @Test
  void whatWasWrittenCanBeReadBack() {
    assertThat(operator.policy()).isEqualTo(Outcome.done(ClusterPolicy.DEFAULT));
    assertThat(operator.rules()).isEqualTo(Outcome.done(List.of()));
    assertThat(operator.workload(VM))
        .isEqualTo(Outcome.failed(Outcome.Cause.NOT_FOUND, "there is no " + WORKLOAD));

    ClusterPolicy policy = ClusterPolicy.DEFAULT.toBuilder().fencedShare(40).build();
    operator.updatePolicy(before -> before.toBuilder().fencedShare(40).build());
    Host host = Host.of("host1", Capacity.of(8, 1000));
    operator.register(host);
    protect();
    operator.setLock(VM, Optional.of("backup"));
    Rule rule =
        new Rule.WorkloadAffinity(
            "r1",
            new TreeSet<>(List.of(VM, WorkloadId.parse("vm:2"))),
            Rule.Kind.NEGATIVE,
            Rule.Level.HOST,
            true);
    operator.putRule(rule);

    assertThat(operator.policy()).isEqualTo(Outcome.done(policy));
    assertThat(operator.hosts()).isEqualTo(Outcome.done(List.of(host)));
    assertThat(operator.rules()).isEqualTo(Outcome.done(List.of(rule)));
    assertThat(operator.workload(VM).map(Workload::lock))
        .isEqualTo(Outcome.done(Optional.of("backup")));
  }

  @Test
  void aRecordThatCannotBeReadIsNamed() {
    store.commit(Optional.empty(), List.of(Write.put(WORKLOAD, "?")), TIMEOUT);
    assertThat(operator.workload(VM))
        .isEqualTo(Outcome.failed(Outcome.Cause.INVALID, WORKLOAD + " cannot be read"));
  }
}
