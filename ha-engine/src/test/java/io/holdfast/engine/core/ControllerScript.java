package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterStatus;
import io.holdfast.api.Departure;
import io.holdfast.api.Epoch;
import io.holdfast.api.Explanation;
import io.holdfast.api.Fact;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.HostUse;
import io.holdfast.api.Incarnation;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.MaintenancePlan;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.Campaign;
import io.holdfast.engine.core.ControllerEffect.Change;
import io.holdfast.engine.core.ControllerEffect.CheckLease;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerEffect.Publish;
import io.holdfast.engine.core.ControllerEffect.ReadLeases;
import io.holdfast.engine.core.ControllerEffect.ReadRecord;
import io.holdfast.engine.core.ControllerEffect.ReadState;
import io.holdfast.engine.core.ControllerEvent.CampaignEnded;
import io.holdfast.engine.core.ControllerEvent.CommitEnded;
import io.holdfast.engine.core.ControllerEvent.ConnectionChanged;
import io.holdfast.engine.core.ControllerEvent.DeviceAnswered;
import io.holdfast.engine.core.ControllerEvent.LeaseChecked;
import io.holdfast.engine.core.ControllerEvent.LeaseSeen;
import io.holdfast.engine.core.ControllerEvent.LeasesRead;
import io.holdfast.engine.core.ControllerEvent.RecordRead;
import io.holdfast.engine.core.ControllerEvent.StateRead;
import io.holdfast.engine.core.ControllerEvent.Ticked;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.function.ToLongBiFunction;

/**
 * A controller's core on a script: the test is its clock, its store, its hosts and its fence
 * devices. The store answers by itself unless it is told not to; devices never do.
 */
final class ControllerScript {
  static final Timings TIMINGS = Timings.forSilence(Duration.ofSeconds(5));

  /** Everything that was ever emitted, in order. */
  final List<ControllerEffect> emitted = new ArrayList<>();

  /** What the store has acknowledged. */
  final SortedMap<Key, StateRecord> store = new TreeMap<>();

  private final ControllerCore core;
  private final List<ControllerEffect> open = new ArrayList<>();
  private final SortedMap<HostId, Lease> leases = new TreeMap<>();
  private final SortedMap<HostId, Long> reports = new TreeMap<>();
  private final SortedSet<HostId> silent = new TreeSet<>();
  private final SortedMap<HostId, HostReport.Guarded> guarded = new TreeMap<>();
  private final SortedMap<HostId, SortedMap<String, Boolean>> facts = new TreeMap<>();

  private final SortedMap<HostId, SortedMap<WorkloadId, Capacity>> loads = new TreeMap<>();
  private final SortedMap<HostId, HostReport.Notice> leaving = new TreeMap<>();
  private final SortedSet<HostId> again = new TreeSet<>();

  private boolean storeAnswers = true;
  private final SortedSet<Key> hanging = new TreeSet<>();
  private boolean comparisonsHang;
  private long now = Duration.ofHours(1).toNanos();

  /**
   * @param hosts registered, joined, each with the fence devices {@code bmc} and {@code pdu}
   */
  ControllerScript(String... hosts) {
    this(Optional.empty(), List.of("bmc", "pdu"), hosts);
  }

  /** As {@link #ControllerScript(Optional, FenceSettings, String...)}, device after device. */
  ControllerScript(Optional<LeaseTiming> lease, List<String> fenceDevices, String... hosts) {
    this(lease, inOrder(fenceDevices, hosts), hosts);
  }

  /**
   * @param lease with which an expired lease is evidence
   */
  ControllerScript(Optional<LeaseTiming> lease, FenceSettings fencing, String... hosts) {
    this(lease, fencing, List.of(), Optional.empty(), Optional.empty(), hosts);
  }

  /** With these channels to silent hosts; the test answers for them. */
  static ControllerScript withHostChecks(List<String> checks, String... hosts) {
    return new ControllerScript(
        Optional.empty(),
        inOrder(List.of("bmc", "pdu"), hosts),
        checks,
        Optional.empty(),
        Optional.empty(),
        hosts);
  }

  /** With a tie-breaker; the test answers for it. */
  static ControllerScript withTieBreaker(String name, String... hosts) {
    return withTieBreaker(name, List.of("bmc"), hosts);
  }

  static ControllerScript withTieBreaker(String name, List<String> devices, String... hosts) {
    return new ControllerScript(
        Optional.empty(),
        inOrder(devices, hosts),
        List.of(),
        Optional.of(name),
        Optional.empty(),
        hosts);
  }

  /** With a preference of the name {@code own}. */
  static ControllerScript withPreference(
      ToLongBiFunction<Workload, HostUse> costs, String... hosts) {
    return new ControllerScript(
        Optional.empty(),
        inOrder(List.of("bmc", "pdu"), hosts),
        List.of(),
        Optional.empty(),
        Optional.of(costs),
        hosts);
  }

  private ControllerScript(
      Optional<LeaseTiming> lease,
      FenceSettings fencing,
      List<String> checks,
      Optional<String> tieBreaker,
      Optional<ToLongBiFunction<Workload, HostUse>> costs,
      String... hosts) {
    for (String host : hosts) {
      put(new StateRecord.HostConfig(Host.of(host, Capacity.of(8, 8192))));
      HostId id = new HostId(host);
      leases.put(id, lease(id, 1, 0));
    }
    core =
        new ControllerCore(
            new ControllerConfig(
                "controller",
                TIMINGS,
                lease,
                fencing,
                checks,
                tieBreaker,
                costs.map(given -> "own")),
            costs);
  }

  private static FenceSettings inOrder(List<String> fenceDevices, String... hosts) {
    TreeMap<HostId, List<String>> devices = new TreeMap<>();
    for (String host : hosts) {
      devices.put(new HostId(host), fenceDevices);
    }
    return FenceSettings.inOrder(devices, TIMINGS.fenceTimeout());
  }

  // The store

  ControllerScript put(StateRecord record) {
    store.put(record.key(), record);
    if (record instanceof HostReport report) {
      reports.merge(report.host(), report.sequence(), Math::max);
    }
    return this;
  }

  StateRecord stored(Key key) {
    return Objects.requireNonNull(store.get(key), key.toString());
  }

  /** From now on the test answers for the store. */
  void storeFallsSilent() {
    storeAnswers = false;
  }

  /** Reads of this record are not answered until they are again. */
  void readsHang(Key key, boolean hang) {
    if (hang) {
      hanging.add(key);
    } else {
      hanging.remove(key);
    }
  }

  /** The same for reads of everything. */
  void comparisonsHang(boolean hang) {
    comparisonsHang = hang;
  }

  private boolean hangs(ControllerEffect effect) {
    return (effect instanceof ReadState && comparisonsHang)
        || (effect instanceof ReadRecord read && hanging.contains(read.key()));
  }

  void storeAnswers() {
    storeAnswers = true;
    answerForStore();
  }

  /** What was asked for and is open is never answered. */
  void nothingIsAnswered() {
    open.clear();
  }

  /** Answers the commit under way. */
  void commitEnds(Outcome<Ack> outcome) {
    Commit commit = theOpen(Commit.class);
    open.remove(commit);
    if (outcome.isDone()) {
      apply(commit);
    }
    step(new CommitEnded(now, commit.op(), outcome));
  }

  /** Answers the open reads of leases, truthfully. */
  void leaseChecksEnd() {
    for (CheckLease check : open(CheckLease.class)) {
      open.remove(check);
      answerForStore(check);
    }
  }

  /** Answers the one open read of one host's lease. */
  void leaseCheckEnds(Outcome<Optional<Lease>> outcome) {
    CheckLease check = theOpen(CheckLease.class);
    open.remove(check);
    step(new LeaseChecked(now, check.op(), check.host(), outcome));
  }

  /** Answers the one open read of all leases. */
  void leasesReadEnds(Outcome<List<Lease>> outcome) {
    ReadLeases read = theOpen(ReadLeases.class);
    open.remove(read);
    step(new LeasesRead(now, read.op(), outcome));
  }

  private void apply(Commit commit) {
    for (Change change : commit.changes()) {
      change
          .value()
          .ifPresentOrElse(
              record -> store.put(change.key(), record), () -> store.remove(change.key()));
    }
  }

  /** A host that is asked to looks again at what it runs, and finds what it found before. */
  private void looksAnew(StateRecord written) {
    if (written instanceof HostIntent intent
        && !silent.contains(intent.host())
        && store.get(new Key(Table.REPORT, intent.host().value())) instanceof HostReport last
        && last.incarnation().equals(intent.incarnation())
        && last.looked() < intent.look()) {
      HostReport next =
          new HostReport(
              last.host(),
              last.incarnation(),
              reports.merge(last.host(), 1L, Long::sum),
              intent.epoch(),
              intent.generation(),
              last.inventoryKnown(),
              last.trouble(),
              last.guarded(),
              intent.look(),
              last.facts(),
              last.leaving(),
              last.assigned(),
              last.unassigned());
      store.put(next.key(), next);
      reread(next.key());
    }
  }

  /** The record as others have just written it, or deleted it where it is not in the store. */
  void reread(Key key) {
    step(new ControllerEvent.Dirtied(now, key));
    for (ReadRecord read : open(ReadRecord.class)) {
      open.remove(read);
      answerForStore(read);
    }
  }

  /** It is told of, and the answer of the store is for the test to give. */
  void dirties(Key key) {
    step(new ControllerEvent.Dirtied(now, key));
  }

  /** The store answers the last read of this record as it is. */
  void readEnds(Key key) {
    readEnds(key, Outcome.done(Optional.ofNullable(store.get(key))));
  }

  /** The last read of this record ends so. */
  void readEnds(Key key, Outcome<Optional<StateRecord>> outcome) {
    List<ReadRecord> reads =
        open(ReadRecord.class).stream().filter(r -> r.key().equals(key)).toList();
    assertThat(reads).as("open reads of " + key).isNotEmpty();
    readEnds(reads.get(reads.size() - 1), outcome);
  }

  void readEnds(ReadRecord read, Outcome<Optional<StateRecord>> outcome) {
    open.remove(read);
    step(new RecordRead(now, read.op(), read.key(), outcome));
  }

  /** Answers the one open read of everything. */
  void stateReadEnds(Outcome<List<StateRecord>> outcome) {
    ReadState read = theOpen(ReadState.class);
    open.remove(read);
    step(new StateRead(now, read.op(), outcome));
  }

  void resyncs() {
    step(new ControllerEvent.ResyncNeeded(now));
  }

  // Leadership

  /** Connects and is elected with this epoch; reads the store as it is. */
  ControllerScript leads(long epoch) {
    connection(Connection.CONNECTED);
    elected(epoch);
    return this;
  }

  void elected(long epoch) {
    campaignEnds(Outcome.done(new Election.Elected(new Epoch(epoch))));
  }

  void campaignEnds(Outcome<Election> outcome) {
    Campaign campaign = theOpen(Campaign.class);
    open.remove(campaign);
    step(new CampaignEnded(now, campaign.op(), outcome));
  }

  void connection(Connection connection) {
    step(new ConnectionChanged(now, connection));
  }

  // Hosts

  /** Every host is heard and reports that it runs nothing. */
  ControllerScript allReport(String... hosts) {
    for (String host : hosts) {
      renews(host);
      reports(host);
    }
    return this;
  }

  void renews(String host) {
    Lease before = leaseOf(host);
    Lease next = lease(before.host(), before.incarnation().value(), before.sequence() + 1);
    leases.put(next.host(), next);
    step(new LeaseSeen(now, next));
  }

  /** The test's world only: nobody is told. */
  void renewsUnseen(String host) {
    Lease before = leaseOf(host);
    leases.put(
        before.host(), lease(before.host(), before.incarnation().value(), before.sequence() + 1));
  }

  /** The lease that it has by now; nobody is told. */
  void holds(String host, long incarnation, long renewals) {
    HostId id = new HostId(host);
    leases.put(id, lease(id, incarnation, renewals));
  }

  /** Joins with a new incarnation, silent about what it runs. */
  void joinsAgain(String host) {
    Lease before = leaseOf(host);
    Lease next = lease(before.host(), before.incarnation().value() + 1, 0);
    leases.put(next.host(), next);
    silent.remove(next.host());
    leaving.remove(next.host());
    step(new LeaseSeen(now, next));
  }

  /** The first report of its next agent is seen before that agent's lease. */
  void joinsAgainReportFirst(String host) {
    Lease before = leaseOf(host);
    leases.put(before.host(), lease(before.host(), before.incarnation().value() + 1, 0));
    report(host, true, Optional.empty(), new TreeMap<>(), new TreeSet<>());
  }

  /** As {@link #joinsAgain}, without having booted since. */
  void joinsAgainInTheSameBoot(String host) {
    joinsAgain(host);
    again.add(new HostId(host));
  }

  /** Reports what it was ordered as running, and these without an order. */
  void reports(String host, String... unassigned) {
    SortedMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    intentFor(host)
        .ifPresent(
            intent ->
                intent
                    .entries()
                    .forEach(
                        (id, e) ->
                            entries.put(
                                id,
                                new HostReport.Entry(e.assignment(), Condition.RUNNING, 0, ""))));
    reports(host, entries, unassigned);
  }

  void reports(
      String host, SortedMap<WorkloadId, HostReport.Entry> assigned, String... unassigned) {
    TreeSet<WorkloadId> others = new TreeSet<>();
    for (String one : unassigned) {
      others.add(WorkloadId.parse(one));
    }
    report(host, true, Optional.empty(), assigned, others);
  }

  /** Its hypervisor cannot be asked: it tells nothing of what it runs. */
  void reportsBlind(String host) {
    report(host, false, Optional.empty(), new TreeMap<>(), new TreeSet<>());
  }

  /** It has not begun anything that it was ordered, and this is in its way. */
  void reportsTrouble(String host, String trouble) {
    report(host, true, Optional.of(trouble), new TreeMap<>(), new TreeSet<>());
  }

  /** What the host says of its watchdog in all reports from now on. */
  void guards(String host, long turn, Duration validity, Duration period) {
    guarded.put(new HostId(host), new HostReport.Guarded(turn, validity, period));
  }

  /** How this condition of the host stands in all its reports from now on. */
  void condition(String host, String name, boolean holds) {
    facts.computeIfAbsent(new HostId(host), h -> new TreeMap<>()).put(name, holds);
  }

  /** What the host measures in all its reports from now on that this workload uses. */
  void measures(String host, String workload, Capacity load) {
    loads
        .computeIfAbsent(new HostId(host), h -> new TreeMap<>())
        .put(WorkloadId.parse(workload), load);
  }

  /** The host says nothing of its watchdog from now on. */
  void guardsNoMore(String host) {
    guarded.remove(new HostId(host));
  }

  /** What the host says in all reports of this incarnation that it is about to do. */
  void leaves(String host, Departure departure, HostReport.Notice.Stage stage) {
    leaving.put(new HostId(host), new HostReport.Notice(departure, stage));
  }

  private void report(
      String host,
      boolean inventoryKnown,
      Optional<String> trouble,
      SortedMap<WorkloadId, HostReport.Entry> assigned,
      SortedSet<WorkloadId> unassigned) {
    HostId id = new HostId(host);
    Optional<HostIntent> answered = intentFor(host);
    HostReport report =
        new HostReport(
            id,
            incarnationOf(host),
            reports.merge(id, 1L, Long::sum),
            answered.map(HostIntent::epoch).orElse(Epoch.NONE),
            answered.map(HostIntent::generation).orElse(0L),
            inventoryKnown,
            trouble,
            Optional.ofNullable(guarded.get(id)),
            answered.map(HostIntent::look).orElse(0L),
            facts.getOrDefault(id, new TreeMap<>()),
            Optional.ofNullable(leaving.get(id)),
            Optional.ofNullable(loads.get(id)),
            assigned,
            unassigned,
            again.contains(id));
    put(report);
    reread(report.key());
  }

  /** The intent in the store, if it is for the present incarnation. */
  private Optional<HostIntent> intentFor(String host) {
    return store.values().stream()
        .filter(HostIntent.class::isInstance)
        .map(HostIntent.class::cast)
        .filter(intent -> intent.host().value().equals(host))
        .filter(intent -> intent.incarnation().equals(incarnationOf(host)))
        .findFirst();
  }

  Incarnation incarnationOf(String host) {
    return leaseOf(host).incarnation();
  }

  Lease leaseOf(String host) {
    return Objects.requireNonNull(leases.get(new HostId(host)), host);
  }

  void fallsSilent(String... hosts) {
    for (String host : hosts) {
      silent.add(new HostId(host));
    }
  }

  void isHeardAgain(String host) {
    silent.remove(new HostId(host));
    renews(host);
  }

  // Time

  long now() {
    return now;
  }

  /** Time goes by; every host that is not silent renews its lease in it. */
  void passes(Duration time) {
    long end = now + time.toNanos();
    long renewal = now;
    while (now < end) {
      renewal += TIMINGS.renewInterval().toNanos();
      tickUntil(Math.min(renewal, end));
      if (renewal <= end) {
        for (HostId host : List.copyOf(leases.keySet())) {
          if (!silent.contains(host)) {
            renews(host.value());
          }
        }
      }
    }
  }

  private void tickUntil(long end) {
    for (long next = core.nextWakeup(); next <= end; next = core.nextWakeup()) {
      now = Math.max(now, next);
      step(new Ticked(now));
      assertThat(core.nextWakeup()).as("the timer has been taken").isGreaterThan(now);
    }
    now = end; // nobody wakes a core that does not want to be woken
  }

  /** SIGSTOP and SIGCONT: no timer of it fires in time, and the hosts renew unseen. It leads on. */
  void isStoppedFor(Duration time) {
    goesOnAfter(time);
    step(new Ticked(now));
    if (isLeading()) {
      elected(core.status().epoch().value());
    }
  }

  /** As {@link #isStoppedFor}; nothing has come to it yet. */
  void goesOnAfter(Duration time) {
    now += time.toNanos();
    leases.keySet().forEach(host -> renewsUnseen(host.value()));
  }

  /** Time goes by without any event; then all hosts are heard. */
  void hearsNobodyFor(Duration time) {
    now += time.toNanos();
    List.copyOf(leases.keySet()).forEach(host -> renews(host.value()));
  }

  /** When the core wants to be woken. */
  long wakeup() {
    return core.nextWakeup();
  }

  /** Long enough for a silent host to be lost, short enough for nothing else. */
  void silencePasses() {
    passes(TIMINGS.silence().plus(TIMINGS.renewInterval()));
  }

  // Fence devices

  /** The device that was asked for OFF last answers. */
  void deviceAnswers(FenceOutcome outcome) {
    answer(theAsked(DeviceOperation.OFF), outcome);
  }

  void probeAnswers(FenceOutcome outcome) {
    answer(theAsked(DeviceOperation.STATUS), outcome);
  }

  /** An answer to this question, whether or not it is still open. */
  void answer(AskDevice ask, FenceOutcome outcome) {
    open.remove(ask);
    step(new DeviceAnswered(now, ask.op(), ask.host(), ask.device(), ask.operation(), outcome));
  }

  AskDevice theAsked(DeviceOperation operation) {
    List<AskDevice> asked = asked(operation);
    assertThat(asked).as("devices asked for " + operation).isNotEmpty();
    return asked.get(asked.size() - 1);
  }

  /** The questions that no device has answered yet. */
  List<AskDevice> asked(DeviceOperation operation) {
    return open(AskDevice.class).stream().filter(a -> a.operation() == operation).toList();
  }

  // Other channels

  /** Everybody who is asked for a sign of life of this host says this. */
  void signOfLife(String host, SignOfLife answer) {
    for (ControllerEffect.AskForLife ask : open(ControllerEffect.AskForLife.class)) {
      if (ask.host().value().equals(host)) {
        signOfLife(ask, answer);
      }
    }
  }

  /** The tie-breaker answers what it was asked last. */
  void tieBreaks(Fact answer) {
    List<ControllerEffect.AskTieBreaker> asks = open(ControllerEffect.AskTieBreaker.class);
    assertThat(asks).as("questions to the tie-breaker").isNotEmpty();
    ControllerEffect.AskTieBreaker ask = asks.get(asks.size() - 1);
    open.remove(ask);
    step(new ControllerEvent.TieBroken(now, ask.op(), answer));
  }

  void signOfLife(ControllerEffect.AskForLife ask, SignOfLife answer) {
    open.remove(ask);
    step(new ControllerEvent.LifeSeen(now, ask.op(), ask.host(), ask.check(), answer));
  }

  // What came of it

  <T extends ControllerEffect> List<T> open(Class<T> type) {
    return open.stream().filter(type::isInstance).map(type::cast).toList();
  }

  <T extends ControllerEffect> List<T> all(Class<T> type) {
    return emitted.stream().filter(type::isInstance).map(type::cast).toList();
  }

  <T extends HaEvent> List<T> told(Class<T> type) {
    return all(Publish.class).stream()
        .map(Publish::event)
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  /** Every write that was ever asked for, acknowledged or not. */
  List<Change> changes() {
    return all(Commit.class).stream().flatMap(commit -> commit.changes().stream()).toList();
  }

  /** The hosts that were ever told to run it, in order. */
  List<String> orderedOn(String workload) {
    List<String> hosts = new ArrayList<>();
    for (Change change : changes()) {
      if (change.value().orElse(null) instanceof HostIntent intent
          && intent.entries().containsKey(WorkloadId.parse(workload))
          && (hosts.isEmpty() || !hosts.get(hosts.size() - 1).equals(intent.host().value()))) {
        hosts.add(intent.host().value());
      }
    }
    return hosts;
  }

  boolean isLeading() {
    return core.isLeading();
  }

  HostState stateOf(String host) {
    return infoOf(host).state();
  }

  ClusterStatus.HostInfo infoOf(String host) {
    return core.status().hosts().stream()
        .filter(info -> info.host().value().equals(host))
        .findFirst()
        .orElseThrow();
  }

  ClusterStatus.WorkloadInfo statusOf(String workload) {
    return core.status().workloads().stream()
        .filter(info -> info.workload().toString().equals(workload))
        .findFirst()
        .orElseThrow();
  }

  MaintenancePlan maintenancePlan(String host) {
    return core.maintenancePlan(new HostId(host)).orElseThrow();
  }

  ClusterStatus status() {
    return core.status();
  }

  /** Asked after some event of this moment. */
  Explanation explainHost(String host) {
    step(new Ticked(now));
    return core.explain(new HostId(host)).orElseThrow();
  }

  Explanation explainWorkload(String workload) {
    return core.explain(WorkloadId.parse(workload)).orElseThrow();
  }

  List<Explanation> explainHosts() {
    return core.explainHosts();
  }

  List<Explanation> explainWorkloads() {
    return core.explainWorkloads();
  }

  boolean explains(HostId host) {
    return core.explain(host).isPresent();
  }

  Optional<ClusterSnapshot> snapshot() {
    return core.snapshot().map(Supplier::get);
  }

  boolean plans(String host) {
    return core.maintenancePlan(new HostId(host)).isPresent();
  }

  boolean explains(String workload) {
    return core.explain(WorkloadId.parse(workload)).isPresent();
  }

  // Inside

  List<ControllerEffect> step(ControllerEvent event) {
    List<ControllerEffect> effects = core.step(event);
    emitted.addAll(effects);
    open.addAll(effects);
    if (storeAnswers) {
      answerForStore();
    }
    return effects;
  }

  private void answerForStore() {
    for (int i = 0; i < 1000; i++) {
      Optional<ControllerEffect> next =
          open.stream()
              .filter(
                  e ->
                      e instanceof Commit
                          || e instanceof CheckLease
                          || e instanceof ReadState
                          || e instanceof ReadLeases
                          || e instanceof ReadRecord)
              .filter(e -> !hangs(e))
              .findFirst();
      if (next.isEmpty()) {
        return;
      }
      open.remove(next.get());
      answerForStore(next.get());
    }
    throw new AssertionError("the core never stops asking the store: " + open);
  }

  private void answerForStore(ControllerEffect effect) {
    if (effect instanceof Commit commit) {
      apply(commit);
      step(new CommitEnded(now, commit.op(), Outcome.ok()));
      commit.changes().forEach(change -> change.value().ifPresent(this::looksAnew));
    } else if (effect instanceof CheckLease check) {
      Optional<Lease> lease = Optional.ofNullable(leases.get(check.host()));
      step(new LeaseChecked(now, check.op(), check.host(), Outcome.done(lease)));
    } else if (effect instanceof ReadLeases read) {
      step(new LeasesRead(now, read.op(), Outcome.done(List.copyOf(leases.values()))));
    } else if (effect instanceof ReadState read) {
      step(new StateRead(now, read.op(), Outcome.done(List.copyOf(store.values()))));
    } else if (effect instanceof ReadRecord read) {
      Optional<StateRecord> record = Optional.ofNullable(store.get(read.key()));
      step(new RecordRead(now, read.op(), read.key(), Outcome.done(record)));
    }
  }

  private <T extends ControllerEffect> T theOpen(Class<T> type) {
    List<T> all = open(type);
    assertThat(all).as("open " + type.getSimpleName()).hasSize(1);
    return all.get(0);
  }

  private static Lease lease(HostId host, long incarnation, long sequence) {
    return new Lease(host, new Incarnation(incarnation), sequence, true);
  }

  /** Every host sees every lease once, as a standby does before it leads. */
  ControllerScript seesLeases() {
    Map.copyOf(leases).values().stream()
        .sorted((a, b) -> a.host().compareTo(b.host()))
        .forEach(lease -> step(new LeaseSeen(now, lease)));
    return this;
  }
}
