package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The core, event by event: what once went wrong, in as few events as it takes. */
class ControllerCoreTest {
  private static final HostId HOST = new HostId("h1");
  private static final Incarnation INCARNATION = new Incarnation(7);
  private static final Workload GUEST = Workload.of("vm:1", Priority.HIGH, Capacity.of(1, 1));
  private static final OpId ORDER = new OpId(1, 1);

  private final ControllerCore core =
      new ControllerCore(
          new ControllerConfig("c1", Timings.DEFAULT, Optional.empty(), new TreeMap<>()));
  private final List<ControllerEffect> effects = new ArrayList<>();
  private long now = 1;

  @Test
  void noEpochIsLedTwice() {
    lead(1, List.of());
    // A write of unknown outcome: it stands down, its resignation is lost, and it is elected again.
    step(new ControllerEvent.LeaseSeen(now, new Lease(HOST, INCARNATION, 1, true)));
    step(new ControllerEvent.ConnectionChanged(now, Connection.LOST));
    effects.clear();
    step(new ControllerEvent.ConnectionChanged(now, Connection.CONNECTED));
    step(elected(1));
    assertThat(core.isLeading()).isFalse();
    assertThat(of(ControllerEffect.ReadState.class)).isEmpty();
    assertThat(of(ControllerEffect.Resign.class)).hasSize(1);

    pass(Timings.DEFAULT.suspectAfter());
    step(elected(2));
    assertThat(of(ControllerEffect.ReadState.class)).hasSize(1);
  }

  @Test
  void whatChangesWhileTheStateIsReadIsReadAgain() {
    step(new ControllerEvent.ConnectionChanged(now, Connection.CONNECTED));
    step(elected(1));
    Key report = new Key(Table.REPORT, "h1");
    step(new ControllerEvent.Dirtied(now, report));
    assertThat(of(ControllerEffect.ReadRecord.class)).isEmpty();
    step(stateRead(List.of()));
    assertThat(of(ControllerEffect.ReadRecord.class))
        .extracting(ControllerEffect.ReadRecord::key)
        .containsExactly(report);
  }

  @Test
  void onlyTheLatestAnswerAboutARecordCounts() {
    lead(1, List.of(config(GUEST)));
    Key key = new Key(Table.WORKLOAD, GUEST.id().toString());
    step(new ControllerEvent.Dirtied(now, key));
    OpId first = last(ControllerEffect.ReadRecord.class).op();
    step(new ControllerEvent.Dirtied(now, key));
    OpId second = last(ControllerEffect.ReadRecord.class).op();
    step(new ControllerEvent.RecordRead(now, second, key, found(config(GUEST))));
    step(new ControllerEvent.RecordRead(now, first, key, Outcome.done(Optional.empty())));
    step(new ControllerEvent.RecordRead(now, second, key, Outcome.done(Optional.empty())));
    assertThat(core.status().workloads()).hasSize(1);
  }

  @Test
  void anOldSnapshotOfTheStateTakesNothingAway() {
    lead(1, List.of(config(GUEST)));
    OpId begun = last(ControllerEffect.ReadState.class).op();
    step(new ControllerEvent.StateRead(now, begun, Outcome.done(List.of())));
    assertThat(core.status().workloads()).hasSize(1);
  }

  @Test
  void anOrderIsWithdrawnFromAHostThatHasNotBeenHeardYet() {
    HostIntent intent = intent(GUEST);
    lead(2, List.of(host(), owned(GUEST), intent)); // no policy: it is not protected any more
    assertThat(committed(Table.INTENT))
        .singleElement()
        .isInstanceOfSatisfying(
            HostIntent.class,
            withdrawn -> {
              assertThat(withdrawn.entries()).isEmpty();
              assertThat(withdrawn.incarnation()).isEqualTo(INCARNATION);
              assertThat(withdrawn.generation()).isGreaterThan(intent.generation());
            });
  }

  @Test
  void aWorkloadIsNotPlacedAnewBeforeItsFormerHostHasAnsweredTheWithdrawalOfItsOrder() {
    // It was protected, ordered to run, unprotected; the host has not answered that yet.
    HostIntent withdrawn =
        new HostIntent(
            HOST, INCARNATION, new Epoch(1), 5, HostIntent.Guard.INITIAL, 0, new TreeMap<>());
    SortedMap<WorkloadId, HostReport.Entry> assigned = new TreeMap<>();
    lead(
        2,
        List.of(
            host(), host("h2"), config(GUEST), withdrawn, report("h1", 1, 4, assigned), other()));
    hear(HOST);
    hear(new HostId("h2"));
    assertThat(committed(Table.PLACEMENT)).isEmpty();
    assertThat(core.status().workloads().get(0).reason()).contains("may be running on [h1, h2]");

    readReport(looked("h2", 2));
    readReport(report("h1", 2, 5, assigned));
    assertThat(core.status().workloads().get(0).host()).as("h1 has not looked anew").isEmpty();
    readReport(looked("h1", 3));
    assertThat(core.status().workloads().get(0).host()).isPresent();
  }

  @Test
  void aWorkloadFoundRunningThatShallBeStoppedIsStopped() {
    HostReport running =
        new HostReport(
            HOST,
            INCARNATION,
            1,
            Epoch.NONE,
            0,
            true,
            Optional.empty(),
            Optional.empty(),
            0,
            new TreeMap<>(),
            new TreeSet<>(List.of(GUEST.id())));
    lead(1, List.of(host(), config(GUEST.withDesired(DesiredState.STOPPED)), running));
    hear(HOST);
    assertThat(core.status().hosts().get(0).state()).isEqualTo(HostState.ONLINE);
    assertThat(committed(Table.PLACEMENT))
        .singleElement()
        .isInstanceOfSatisfying(
            Placement.class,
            placement ->
                assertThat(placement.owner().orElseThrow().goal()).isEqualTo(Placement.Goal.STOP));
    assertThat(core.status().workloads().get(0).status()).isEqualTo(WorkloadStatus.STOPPING);
  }

  @ParameterizedTest
  @EnumSource(Table.class)
  void pitfall16ARecordThatCannotBeReadTakesNobodyDownWhateverItsName(Table table) {
    lead(1, List.of(host(), config(GUEST)));
    for (String name : List.of("h1", "vm:1", "a:b:c", "x_")) {
      Key key = new Key(table, name);
      StateRecord corrupt = new StateRecord.Unreadable(key, "not JSON");
      for (Optional<StateRecord> found :
          List.of(Optional.of(corrupt), Optional.<StateRecord>empty())) {
        step(new ControllerEvent.Dirtied(now, key));
        List<ControllerEffect.ReadRecord> reads = of(ControllerEffect.ReadRecord.class);
        if (!reads.isEmpty()) {
          OpId op = reads.get(reads.size() - 1).op();
          step(new ControllerEvent.RecordRead(now, op, key, Outcome.done(found)));
        }
      }
    }
    assertThat(core.isLeading()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Table.class)
  void aRecordThatCannotBeReadFromTheBeginningIsToldOfAndSkipped(Table table) {
    Key key = new Key(table, "vm:1");
    lead(1, List.of(host(), config(GUEST), new StateRecord.Unreadable(key, "not JSON")));
    hear(HOST);
    assertThat(core.isLeading()).isTrue();
    assertThat(of(ControllerEffect.Publish.class))
        .extracting(ControllerEffect.Publish::event)
        .contains(new HaEvent.RecordRejected(key.toString(), "not JSON"));
    assertThat(committed(Table.PLACEMENT)).isEmpty();
  }

  // Events

  private void lead(long epoch, List<StateRecord> records) {
    step(new ControllerEvent.ConnectionChanged(now, Connection.CONNECTED));
    step(elected(epoch));
    step(stateRead(records));
    assertThat(core.isLeading()).isTrue();
  }

  private ControllerEvent elected(long epoch) {
    return new ControllerEvent.CampaignEnded(
        now,
        last(ControllerEffect.Campaign.class).op(),
        Outcome.done(new Election.Elected(new Epoch(epoch))));
  }

  private ControllerEvent stateRead(List<StateRecord> records) {
    return new ControllerEvent.StateRead(
        now, last(ControllerEffect.ReadState.class).op(), Outcome.done(records));
  }

  private void hear(HostId host) {
    step(new ControllerEvent.LeaseSeen(now, new Lease(host, INCARNATION, 1, true)));
    step(new ControllerEvent.LeaseSeen(now, new Lease(host, INCARNATION, 2, true)));
  }

  private void readReport(HostReport report) {
    step(new ControllerEvent.Dirtied(now, report.key()));
    OpId op = last(ControllerEffect.ReadRecord.class).op();
    step(new ControllerEvent.RecordRead(now, op, report.key(), found(report)));
  }

  private void pass(Duration time) {
    now += time.toNanos();
    step(new ControllerEvent.Ticked(now));
  }

  private void step(ControllerEvent event) {
    effects.addAll(core.step(event));
    now++;
  }

  // Effects

  private <T extends ControllerEffect> List<T> of(Class<T> kind) {
    return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private <T extends ControllerEffect> T last(Class<T> kind) {
    List<T> all = of(kind);
    return all.get(all.size() - 1);
  }

  private List<StateRecord> committed(Table table) {
    return of(ControllerEffect.Commit.class).stream()
        .flatMap(commit -> commit.changes().stream())
        .filter(change -> change.key().table() == table)
        .flatMap(change -> change.value().stream())
        .toList();
  }

  // Records

  private static Outcome<Optional<StateRecord>> found(StateRecord record) {
    return Outcome.done(Optional.of(record));
  }

  private static StateRecord config(Workload workload) {
    return new StateRecord.WorkloadConfig(workload);
  }

  private static StateRecord host() {
    return host(HOST.value());
  }

  private static StateRecord host(String id) {
    return new StateRecord.HostConfig(Host.of(id, Capacity.of(8, 8)));
  }

  private static StateRecord other() {
    return report("h2", 1, 0, new TreeMap<>());
  }

  /** It has followed the second controller's intent, and looked anew as that asks it to. */
  private static HostReport looked(String host, long sequence) {
    return new HostReport(
        new HostId(host),
        INCARNATION,
        sequence,
        new Epoch(2),
        Long.MAX_VALUE,
        true,
        Optional.empty(),
        Optional.empty(),
        1,
        new TreeMap<>(),
        new TreeSet<>());
  }

  private static HostReport report(
      String host,
      long sequence,
      long generation,
      SortedMap<WorkloadId, HostReport.Entry> assigned) {
    return new HostReport(
        new HostId(host),
        INCARNATION,
        sequence,
        new Epoch(generation == 0 ? 0 : 1),
        generation,
        true,
        Optional.empty(),
        Optional.empty(),
        0,
        assigned,
        new TreeSet<>());
  }

  private static Placement owned(Workload workload) {
    return Placement.none(workload.id())
        .withOwner(new Placement.Owner(HOST, INCARNATION, ORDER, Placement.Goal.RUN));
  }

  private static HostIntent intent(Workload workload) {
    return new HostIntent(
        HOST,
        INCARNATION,
        new Epoch(1),
        3,
        HostIntent.Guard.INITIAL,
        0,
        new TreeMap<>(
            Map.of(
                workload.id(),
                new HostIntent.Entry(
                    ORDER,
                    Placement.Goal.RUN,
                    workload.priority(),
                    workload.policy().restart(),
                    workload.policy().startTimeout(),
                    workload.policy().stopTimeout(),
                    Optional.empty()))));
  }
}
