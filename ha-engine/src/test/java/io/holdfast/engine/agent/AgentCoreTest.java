package io.holdfast.engine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Timings;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The core, event by event: what once went wrong, in as few events as it takes. */
class AgentCoreTest {
  private static final HostId HOST = new HostId("h1");
  private static final WorkloadId GUEST = WorkloadId.parse("vm:1");
  private static final Incarnation INCARNATION = new Incarnation(7);
  private static final Timings TIMINGS = Timings.DEFAULT;

  private final AgentCore core =
      new AgentCore(new AgentConfig(HOST, TIMINGS, Optional.empty(), Epoch.NONE));
  private final List<AgentEffect> effects = new ArrayList<>();
  private long now = 1;

  @Test
  void aRenewalThatIsDueWithoutAConnectionDoesNotKeepTheLoopSpinning() {
    join();
    step(new AgentEvent.ConnectionChanged(now, Connection.SUSPENDED));
    pass(TIMINGS.renewInterval());
    pass(TIMINGS.leaseValidity());
    assertThat(core.nextWakeup()).isGreaterThan(now);
  }

  @Test
  void aJoinUnderWayDoesNotKeepTheLoopSpinningWhenTheConnectionComesBack() {
    step(new AgentEvent.ConnectionChanged(now, Connection.CONNECTED));
    step(new AgentEvent.ConnectionChanged(now, Connection.SUSPENDED));
    step(new AgentEvent.ConnectionChanged(now, Connection.CONNECTED));
    assertThat(of(AgentEffect.Join.class)).hasSize(1);
    assertThat(core.nextWakeup()).isGreaterThan(now);
  }

  @Test
  void aReportThatIsDueDoesNotKeepTheLoopSpinningAfterTheIncarnationEnded() {
    join();
    inventory(Map.of());
    step(
        new AgentEvent.ReportWritten(
            now, last(AgentEffect.WriteReport.class).op(), Outcome.unknown("cut off")));
    step(new AgentEvent.ConnectionChanged(now, Connection.LOST));
    pass(TIMINGS.renewInterval());
    assertThat(core.nextWakeup()).isGreaterThan(now);
  }

  @Test
  void anIntentWhoseReadIsLostIsReadAgain() {
    join();
    int before = of(AgentEffect.ReadIntent.class).size();
    step(new AgentEvent.IntentDirtied(now));
    step(new AgentEvent.IntentRead(now, Outcome.unknown("no answer in time")));
    assertThat(of(AgentEffect.ReadIntent.class)).hasSize(before + 1);
    pass(TIMINGS.renewInterval());
    assertThat(of(AgentEffect.ReadIntent.class)).hasSize(before + 2);
    pass(TIMINGS.resyncInterval());
    assertThat(of(AgentEffect.ReadIntent.class)).hasSize(before + 3);
  }

  @Test
  void anInventoryReadBeforeAStartSaysNothingAboutIt() {
    join();
    inventory(Map.of());
    order(1, GUEST);
    AgentEffect.Start start = last(AgentEffect.Start.class);
    step(new AgentEvent.HypervisorSaid(now, new HypervisorEvent.Started(GUEST)));
    OpId readEarly = last(AgentEffect.ReadInventory.class).op();
    step(new AgentEvent.ActionEnded(now, start.op(), GUEST, Outcome.ok()));
    step(new AgentEvent.InventoryRead(now, readEarly, Outcome.done(new TreeMap<>())));
    acknowledgeReports();
    assertThat(lastReport().assigned().values())
        .extracting(HostReport.Entry::condition)
        .containsExactly(Condition.RUNNING);
  }

  @Test
  void aStartUnderWayIsReportedEvenIfItsOrderHasBeenWithdrawn() {
    join();
    inventory(Map.of());
    order(1, GUEST);
    assertThat(of(AgentEffect.Start.class)).hasSize(1);
    acknowledgeReports();
    order(2);
    acknowledgeReports();
    assertThat(lastReport().intentGeneration()).isEqualTo(2);
    assertThat(lastReport().unassigned()).containsExactly(GUEST);
  }

  @Test
  void aStartOfUnknownResultIsReportedEvenIfItsOrderHasBeenWithdrawn() {
    join();
    inventory(Map.of());
    order(1, GUEST);
    AgentEffect.Start start = last(AgentEffect.Start.class);
    order(2);
    step(new AgentEvent.ActionEnded(now, start.op(), GUEST, Outcome.unknown("no answer in time")));
    acknowledgeReports();
    assertThat(lastReport().unassigned()).containsExactly(GUEST);
  }

  @Test
  void aLoadIsReportedAnewOnlyWhenItHasChangedByEnoughToMatter() {
    AgentCore measuring =
        new AgentCore(
            new AgentConfig(
                HOST,
                TIMINGS,
                Optional.empty(),
                Epoch.NONE,
                List.of(),
                new TreeSet<>(),
                true,
                false));
    List<AgentEffect> seen = new ArrayList<>();
    long[] time = {0};
    Consumer<AgentEvent> step = event -> seen.addAll(measuring.step(event));
    step.accept(new AgentEvent.ConnectionChanged(time[0], Connection.CONNECTED));
    step.accept(
        new AgentEvent.JoinEnded(
            time[0], latest(seen, AgentEffect.Join.class).op(), Outcome.done(INCARNATION)));
    step.accept(
        new AgentEvent.InventoryRead(
            time[0],
            latest(seen, AgentEffect.ReadInventory.class).op(),
            Outcome.done(new TreeMap<>(Map.of(GUEST, RunState.RUNNING)))));
    SortedMap<Integer, Integer> reported = new TreeMap<>();
    for (int used : new int[] {1000, 1100, 900, 1300, 1200}) {
      step.accept(
          new AgentEvent.LoadsMeasured(
              time[0],
              latest(seen, AgentEffect.MeasureLoads.class).op(),
              Outcome.done(new TreeMap<>(Map.of(GUEST, Capacity.of(used, 1))))));
      AgentEffect.WriteReport write = latest(seen, AgentEffect.WriteReport.class);
      step.accept(new AgentEvent.ReportWritten(time[0], write.op(), Outcome.ok()));
      HostReport last = latest(seen, AgentEffect.WriteReport.class).report();
      long told = last.loads().orElseThrow().getOrDefault(GUEST, Capacity.NONE).amount("cpu");
      reported.put(used, (int) told);
      time[0] += Loads.LOOK_EVERY.toNanos();
      step.accept(new AgentEvent.Ticked(time[0]));
    }
    assertThat(reported)
        .isEqualTo(
            new TreeMap<>(Map.of(1000, 1000, 1100, 1000, 900, 1000, 1300, 1300, 1200, 1300)));
  }

  private static <T extends AgentEffect> T latest(List<AgentEffect> seen, Class<T> type) {
    return seen.stream().filter(type::isInstance).map(type::cast).reduce((a, b) -> b).orElseThrow();
  }

  private void join() {
    step(new AgentEvent.ConnectionChanged(now, Connection.CONNECTED));
    step(
        new AgentEvent.JoinEnded(
            now, last(AgentEffect.Join.class).op(), Outcome.done(INCARNATION)));
    step(new AgentEvent.RenewEnded(now, last(AgentEffect.Renew.class).op(), now, Outcome.ok()));
  }

  private void inventory(Map<WorkloadId, RunState> running) {
    step(
        new AgentEvent.InventoryRead(
            now, last(AgentEffect.ReadInventory.class).op(), Outcome.done(new TreeMap<>(running))));
  }

  private void order(long generation, WorkloadId... workloads) {
    SortedMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    for (WorkloadId workload : workloads) {
      entries.put(
          workload,
          new HostIntent.Entry(
              new OpId(1, generation),
              Goal.RUN,
              Priority.HIGH,
              RestartPolicy.DEFAULT,
              Duration.ofSeconds(20),
              Duration.ofSeconds(10),
              java.util.Optional.empty()));
    }
    step(
        new AgentEvent.IntentRead(
            now,
            Outcome.done(
                Optional.of(
                    new HostIntent(
                        HOST,
                        INCARNATION,
                        new Epoch(1),
                        generation,
                        HostIntent.Guard.INITIAL,
                        0,
                        entries)))));
    step(new AgentEvent.EpochPersisted(now, new Epoch(1), Outcome.ok()));
  }

  private void acknowledgeReports() {
    for (int i = 0; i < 5; i++) {
      step(
          new AgentEvent.ReportWritten(
              now, last(AgentEffect.WriteReport.class).op(), Outcome.ok()));
    }
  }

  private HostReport lastReport() {
    return last(AgentEffect.WriteReport.class).report();
  }

  private void pass(Duration time) {
    now += time.toNanos();
    step(new AgentEvent.Ticked(now));
  }

  private void step(AgentEvent event) {
    effects.addAll(core.step(event));
    now++;
  }

  private <T extends AgentEffect> List<T> of(Class<T> kind) {
    return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private <T extends AgentEffect> T last(Class<T> kind) {
    List<T> all = of(kind);
    return all.get(all.size() - 1);
  }
}
