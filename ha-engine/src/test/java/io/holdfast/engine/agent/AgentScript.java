package io.holdfast.engine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Departure;
import io.holdfast.api.Epoch;
import io.holdfast.api.Fact;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.StopReason;
import io.holdfast.api.Timings;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.Join;
import io.holdfast.engine.agent.AgentEffect.LookAtFacts;
import io.holdfast.engine.agent.AgentEffect.OpenWatchdog;
import io.holdfast.engine.agent.AgentEffect.PersistEpoch;
import io.holdfast.engine.agent.AgentEffect.Publish;
import io.holdfast.engine.agent.AgentEffect.ReadIntent;
import io.holdfast.engine.agent.AgentEffect.ReadInventory;
import io.holdfast.engine.agent.AgentEffect.ReleaseWatchdog;
import io.holdfast.engine.agent.AgentEffect.Renew;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentEffect.Stop;
import io.holdfast.engine.agent.AgentEffect.WriteReport;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An agent's core on a script: the test is its clock, its store, its disk and its hypervisor.
 * Everything but starts, stops and destroys is answered at once, unless the test says otherwise.
 */
final class AgentScript {
  static final HostId HOST = new HostId("host1");
  static final Timings TIMINGS = Timings.forSilence(Duration.ofSeconds(5));
  static final RestartPolicy RESTART_TWICE =
      RestartPolicy.of(2, Duration.ofSeconds(3), Duration.ofMinutes(10), 1);

  static final Duration PERIOD = Duration.ofSeconds(6);

  /** What the test may want to answer itself. */
  enum Answer {
    JOIN,
    RENEWAL,
    INTENT,
    DISK,
    INVENTORY,
    REPORT,
    WATCHDOG
  }

  final List<AgentEffect> emitted = new ArrayList<>();
  final SortedMap<WorkloadId, RunState> runs = new TreeMap<>();
  private final AgentCore core;
  private final List<AgentEffect> open = new ArrayList<>();
  private final Set<Answer> byHand = EnumSet.noneOf(Answer.class);
  private Optional<StateRecord> intent = Optional.empty();

  /** What the watchdog answers when it is opened. */
  Outcome<Duration> opens = Outcome.done(PERIOD);

  private Optional<String> hypervisorFailure = Optional.empty();
  private long incarnation = 6;
  private long now = Duration.ofHours(1).toNanos();

  AgentScript() {
    this(0);
  }

  AgentScript(long highestEpoch) {
    this(highestEpoch, Optional.empty());
  }

  /** On a host with a watchdog, which answers by itself unless it is told not to. */
  static AgentScript withWatchdog() {
    return new AgentScript(0, Optional.of(PERIOD));
  }

  private AgentScript(long highestEpoch, Optional<Duration> watchdog) {
    core = new AgentCore(new AgentConfig(HOST, TIMINGS, watchdog, new Epoch(highestEpoch)));
  }

  private AgentScript(List<String> facts) {
    this(facts, new TreeSet<>());
  }

  private AgentScript(List<String> facts, SortedSet<String> probedKinds) {
    this(new AgentConfig(HOST, TIMINGS, Optional.empty(), Epoch.NONE, facts, probedKinds));
  }

  AgentScript(AgentConfig config) {
    core = new AgentCore(config);
  }

  /** On a host that can ask machines whether they serve; the test answers for them. */
  static AgentScript withProbes() {
    return new AgentScript(List.of(), new TreeSet<>(List.of("vm")));
  }

  /** The question under way is answered. */
  void guestSays(Fact answer) {
    AgentEffect.ProbeGuest probe = take(AgentEffect.ProbeGuest.class);
    step(new AgentEvent.GuestProbed(now, probe.op(), probe.workload(), answer));
  }

  /** On a host whose conditions can be told by these; the test answers for them. */
  static AgentScript withFacts(String... sources) {
    return new AgentScript(List.of(sources));
  }

  /** The look under way ends with this of one condition. */
  void factsEnd(String condition, Fact fact) {
    TreeMap<String, Fact> seen = new TreeMap<>();
    seen.put(condition, fact);
    LookAtFacts look = take(LookAtFacts.class);
    step(new AgentEvent.FactsSeen(now, look.op(), look.source(), seen));
  }

  /** The next look is due, and ends with this. */
  void looksAgain(String condition, Fact fact) {
    passes(TIMINGS.renewInterval());
    factsEnd(condition, fact);
  }

  void factsAreGivenUp() {
    passes(TIMINGS.renewInterval());
    LookAtFacts look = take(LookAtFacts.class);
    step(new AgentEvent.FactsSeen(now, look.op(), look.source(), new TreeMap<>()));
  }

  AgentScript byHand(Answer... answers) {
    byHand.addAll(List.of(answers));
    return this;
  }

  void noLongerByHand(Answer answer) {
    byHand.remove(answer);
    answerOpen();
  }

  // Membership

  /** Joins as incarnation 7 with a valid lease. */
  AgentScript joined() {
    connection(Connection.CONNECTED);
    return this;
  }

  void joinEnds(Outcome<Incarnation> outcome) {
    joinEnds(take(Join.class), outcome);
  }

  void joinEnds(Join join, Outcome<Incarnation> outcome) {
    step(new AgentEvent.JoinEnded(now, join.op(), outcome));
  }

  void renewalEnds(Renew renew, Outcome<Ack> outcome) {
    step(new AgentEvent.RenewEnded(now, renew.op(), now, outcome));
  }

  /** The renewal under way is acknowledged now, and was sent this long ago. */
  void renewalIsLate(Duration sentBefore) {
    Renew renew = take(Renew.class);
    step(new AgentEvent.RenewEnded(now, renew.op(), now - sentBefore.toNanos(), Outcome.ok()));
  }

  void connection(Connection connection) {
    step(new AgentEvent.ConnectionChanged(now, connection));
  }

  void renewalEnds(Outcome<Ack> outcome) {
    Renew renew = take(Renew.class);
    step(new AgentEvent.RenewEnded(now, renew.op(), now, outcome));
  }

  long incarnation() {
    return incarnation;
  }

  // Orders

  static HostIntent.Entry order(long assignment, Goal goal, Priority priority) {
    return new HostIntent.Entry(
        new OpId(1, assignment),
        goal,
        priority,
        RESTART_TWICE,
        Duration.ofSeconds(60),
        Duration.ofSeconds(30),
        java.util.Optional.empty());
  }

  static HostIntent.Entry run(long assignment) {
    return order(assignment, Goal.RUN, Priority.MEDIUM);
  }

  static HostIntent.Entry stop(long assignment) {
    return order(assignment, Goal.STOP, Priority.MEDIUM);
  }

  /** The order to run it, and to move it to host2 meanwhile. */
  static HostIntent.Entry runAndMove(long assignment, long move) {
    return run(assignment)
        .withMigration(
            Optional.of(
                new HostIntent.Migration(
                    new OpId(1, move), new HostId("host2"), Duration.ofSeconds(90))));
  }

  static HostIntent intent(
      long forIncarnation, long epoch, long generation, SortedMap<WorkloadId, HostIntent.Entry> e) {
    return intent(forIncarnation, epoch, generation, HostIntent.Guard.INITIAL, 0, e);
  }

  static HostIntent intent(
      long forIncarnation,
      long epoch,
      long generation,
      HostIntent.Guard guard,
      long look,
      SortedMap<WorkloadId, HostIntent.Entry> e) {
    return new HostIntent(
        HOST, new Incarnation(forIncarnation), new Epoch(epoch), generation, guard, look, e);
  }

  /** The controller orders nothing but this of the watchdog. */
  void guardOrdered(long generation, HostIntent.GuardOrder order, long turn) {
    HostIntent.Guard guard = new HostIntent.Guard(order, turn);
    ordered(intent(incarnation, 1, generation, guard, 0, new TreeMap<>()));
  }

  void announces(Departure departure) {
    announces(departure, Duration.ofHours(1));
  }

  /**
   * @param patience how long the host waits at most before it goes
   */
  void announces(Departure departure, Duration patience) {
    step(new AgentEvent.DepartureAnnounced(now, departure, patience));
  }

  /** What is ordered goes on, and this becomes of it when the host goes off. */
  void parts(long generation, HostIntent.Parting parting, String workload, HostIntent.Entry entry) {
    TreeMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    entries.put(WorkloadId.parse(workload), entry);
    parts(generation, parting, entries);
  }

  void parts(
      long generation,
      HostIntent.Parting parting,
      SortedMap<WorkloadId, HostIntent.Entry> entries) {
    ordered(
        new HostIntent(
            HOST,
            new Incarnation(incarnation),
            new Epoch(1),
            generation,
            HostIntent.Guard.INITIAL,
            0,
            4,
            Optional.of(parting),
            entries));
  }

  /** The controller orders this one workload. */
  AgentScript ordered(long epoch, long generation, String workload, HostIntent.Entry entry) {
    TreeMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    entries.put(WorkloadId.parse(workload), entry);
    ordered(intent(incarnation, epoch, generation, entries));
    return this;
  }

  void ordered(StateRecord record) {
    intent = Optional.of(record);
    step(new AgentEvent.IntentDirtied(now));
  }

  /** What stands in the store, without telling. */
  void orderedUnseen(StateRecord record) {
    intent = Optional.of(record);
  }

  void intentReadEnds(Outcome<Optional<StateRecord>> outcome) {
    take(ReadIntent.class);
    step(new AgentEvent.IntentRead(now, outcome));
  }

  void diskEnds(Outcome<Ack> outcome) {
    PersistEpoch persist = take(PersistEpoch.class);
    step(new AgentEvent.EpochPersisted(now, persist.epoch(), outcome));
  }

  // The hypervisor

  void startEnds(Outcome<Ack> outcome) {
    Start start = take(Start.class);
    if (outcome.isDone()) {
      runs.put(start.workload(), RunState.RUNNING);
    }
    step(new AgentEvent.ActionEnded(now, start.op(), start.workload(), outcome));
  }

  void stopEnds(Outcome<Ack> outcome) {
    Stop stop = take(Stop.class);
    ended(stop.op(), stop.workload(), outcome);
  }

  void destroyEnds(Outcome<Ack> outcome) {
    Destroy destroy = take(Destroy.class);
    ended(destroy.op(), destroy.workload(), outcome);
  }

  /** The migration under way ends; when it is done, it runs elsewhere. */
  void migrationEnds(Outcome<Ack> outcome) {
    AgentEffect.Migrate migrate = take(AgentEffect.Migrate.class);
    ended(migrate.op(), migrate.workload(), outcome);
  }

  /** Whether it runs here afterwards is for the test to say. */
  void cancellationEnds(Outcome<Ack> outcome) {
    AgentEffect.CancelMigration cancel = take(AgentEffect.CancelMigration.class);
    step(new AgentEvent.ActionEnded(now, cancel.op(), cancel.workload(), outcome));
  }

  private void ended(OpId op, WorkloadId workload, Outcome<Ack> outcome) {
    if (outcome.isDone()) {
      runs.remove(workload);
    }
    step(new AgentEvent.ActionEnded(now, op, workload, outcome));
  }

  /** Ordered and running. */
  AgentScript running(String workload) {
    ordered(1, 1, workload, run(1));
    startEnds(Outcome.ok());
    assertThat(condition(workload)).isEqualTo(Condition.RUNNING);
    return this;
  }

  void stopsByItself(String workload, StopReason reason) {
    runs.remove(WorkloadId.parse(workload));
    said(new HypervisorEvent.Stopped(WorkloadId.parse(workload), reason));
  }

  void said(HypervisorEvent event) {
    step(new AgentEvent.HypervisorSaid(now, event));
  }

  void hypervisorFails(String why) {
    hypervisorFailure = Optional.of(why);
    said(new HypervisorEvent.Disconnected(why));
    said(new HypervisorEvent.Reconnected());
  }

  void hypervisorWorks() {
    hypervisorFailure = Optional.empty();
    said(new HypervisorEvent.Reconnected());
  }

  void inventoryEnds(Outcome<SortedMap<WorkloadId, RunState>> outcome) {
    ReadInventory read = take(ReadInventory.class);
    step(new AgentEvent.InventoryRead(now, read.op(), outcome));
  }

  void openEnds(Outcome<Duration> outcome) {
    OpenWatchdog open = take(OpenWatchdog.class);
    step(new AgentEvent.WatchdogOpened(now, open.op(), outcome));
  }

  void releaseEnds(Outcome<Ack> outcome) {
    ReleaseWatchdog release = take(ReleaseWatchdog.class);
    step(new AgentEvent.WatchdogReleased(now, release.op(), outcome));
  }

  void reportEnds(Outcome<Ack> outcome) {
    WriteReport write = take(WriteReport.class);
    step(new AgentEvent.ReportWritten(now, write.op(), outcome));
  }

  // Time

  void passes(Duration time) {
    long end = now + time.toNanos();
    for (long next = core.nextWakeup(); next <= end; next = core.nextWakeup()) {
      now = Math.max(now, next);
      step(new AgentEvent.Ticked(now));
      assertThat(core.nextWakeup()).as("the timer has been taken").isGreaterThan(now);
    }
    now = end; // nobody wakes a core that does not want to be woken
  }

  // What came of it

  Optional<Incarnation> joinedAs() {
    return core.incarnation();
  }

  boolean holdsLease() {
    return core.holdsLease(now);
  }

  <T extends AgentEffect> List<T> open(Class<T> type) {
    return open.stream().filter(type::isInstance).map(type::cast).toList();
  }

  <T extends AgentEffect> List<T> all(Class<T> type) {
    return emitted.stream().filter(type::isInstance).map(type::cast).toList();
  }

  <T extends HaEvent> List<T> told(Class<T> type) {
    return all(Publish.class).stream()
        .map(Publish::event)
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  List<String> startsUnderWay() {
    return open(Start.class).stream().map(start -> start.workload().toString()).toList();
  }

  HostReport lastReport() {
    List<WriteReport> writes = all(WriteReport.class);
    assertThat(writes).isNotEmpty();
    return writes.get(writes.size() - 1).report();
  }

  HostReport.Entry reported(String workload) {
    HostReport.Entry entry = lastReport().assigned().get(WorkloadId.parse(workload));
    assertThat(entry).as("what is reported of " + workload).isNotNull();
    return Objects.requireNonNull(entry);
  }

  Condition condition(String workload) {
    return reported(workload).condition();
  }

  // Inside

  void step(AgentEvent event) {
    List<AgentEffect> effects = core.step(event);
    emitted.addAll(effects);
    open.addAll(effects);
    answerOpen();
  }

  private void answerOpen() {
    for (int i = 0; i < 1000; i++) {
      AgentEvent answer = nextAnswer();
      if (answer == null) {
        return;
      }
      step(answer);
    }
    throw new AssertionError("the core never stops asking: " + open);
  }

  private @Nullable AgentEvent nextAnswer() {
    for (AgentEffect effect : open) {
      AgentEvent answer = answerTo(effect);
      if (answer != null) {
        open.remove(effect);
        return answer;
      }
    }
    return null;
  }

  private @Nullable AgentEvent answerTo(AgentEffect effect) {
    if (effect instanceof Join join && answers(Answer.JOIN)) {
      return new AgentEvent.JoinEnded(now, join.op(), Outcome.done(new Incarnation(++incarnation)));
    } else if (effect instanceof Renew renew && answers(Answer.RENEWAL)) {
      return new AgentEvent.RenewEnded(now, renew.op(), now, Outcome.ok());
    } else if (effect instanceof ReadIntent && answers(Answer.INTENT)) {
      return new AgentEvent.IntentRead(now, Outcome.done(intent));
    } else if (effect instanceof PersistEpoch persist && answers(Answer.DISK)) {
      return new AgentEvent.EpochPersisted(now, persist.epoch(), Outcome.ok());
    } else if (effect instanceof ReadInventory read && answers(Answer.INVENTORY)) {
      return new AgentEvent.InventoryRead(now, read.op(), inventory());
    } else if (effect instanceof WriteReport write && answers(Answer.REPORT)) {
      return new AgentEvent.ReportWritten(now, write.op(), Outcome.ok());
    } else if (effect instanceof OpenWatchdog open && answers(Answer.WATCHDOG)) {
      return new AgentEvent.WatchdogOpened(now, open.op(), opens);
    } else if (effect instanceof ReleaseWatchdog release && answers(Answer.WATCHDOG)) {
      return new AgentEvent.WatchdogReleased(now, release.op(), Outcome.ok());
    }
    return null;
  }

  private boolean answers(Answer answer) {
    return !byHand.contains(answer);
  }

  private Outcome<SortedMap<WorkloadId, RunState>> inventory() {
    return hypervisorFailure
        .<Outcome<SortedMap<WorkloadId, RunState>>>map(Outcome::unknown)
        .orElseGet(() -> Outcome.done(new TreeMap<>(runs)));
  }

  private <T extends AgentEffect> T take(Class<T> type) {
    List<T> all = open(type);
    assertThat(all).as("open " + type.getSimpleName()).isNotEmpty();
    open.remove(all.get(0));
    return all.get(0);
  }
}
