package io.holdfast.engine.sim;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Outcome;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Whether what one controller decides keeps every hard rule, by what that controller has been told:
 * room, kinds, labels and conditions of hosts, strict affinities. Knows nothing of how places are
 * chosen. What has changed since its commit before may have come too late for what is in this one.
 */
final class SimHardRules {
  /** What others write, and is read anew while a controller leads. */
  private static final List<Table> OTHERS =
      List.of(Table.HOST, Table.WORKLOAD, Table.RULE, Table.CLUSTER, Table.REPORT);

  private record Stand(HostState state, long since) {}

  private record Decision(Workload workload, HostId host) {}

  private final TreeMap<Key, StateRecord> known = new TreeMap<>();
  private final TreeMap<Key, Long> changedAt = new TreeMap<>();

  /** As the controller tells them, and when they became so. */
  private final TreeMap<HostId, Stand> stands = new TreeMap<>();

  /** Taken up where they were found by the commit that is looked at: not decided. */
  private final SortedSet<WorkloadId> found = new TreeSet<>();

  private final SimPace pace = new SimPace(this);
  private final SimOnlyHost onlyHost = new SimOnlyHost(this);
  private final Predicate<HostId> steady;
  private long step;
  private long committedAt;

  /**
   * @param steady whether a host has certainly not come and gone so often that it is not relied on
   */
  SimHardRules(Predicate<HostId> steady) {
    this.steady = steady;
  }

  /**
   * The core is about to take an event in.
   *
   * @param news whether it takes it for what is in the store
   */
  void told(ControllerEvent event, boolean news, boolean leading) {
    step++;
    if (!news) {
      return;
    }
    if (event instanceof ControllerEvent.RecordRead read
        && read.outcome() instanceof Outcome.Done<Optional<StateRecord>> done) {
      done.value().ifPresentOrElse(this::put, () -> remove(read.key()));
    } else if (event instanceof ControllerEvent.StateRead read
        && read.outcome() instanceof Outcome.Done<List<StateRecord>> done) {
      TreeMap<Key, StateRecord> present = new TreeMap<>();
      done.value().forEach(record -> present.put(record.key(), record));
      if (!leading) {
        known.clear();
        changedAt.clear();
        stands.clear();
        pace.reset();
        committedAt = step;
      }
      for (Key key : List.copyOf(known.keySet())) {
        if (OTHERS.contains(key.table()) && !present.containsKey(key)) {
          remove(key);
        }
      }
      present.values().stream()
          .filter(record -> !leading || OTHERS.contains(record.key().table()))
          .forEach(this::put);
    }
  }

  private void put(StateRecord record) {
    if (record instanceof HostReport report
        && known.get(record.key()) instanceof HostReport before
        && !isNewer(report, before)) {
      return;
    }
    StateRecord last = known.put(record.key(), record);
    if (!record.equals(last)) {
      changedAt.put(record.key(), step);
      pace.changed(record.key());
      if (record instanceof HostReport report) {
        pace.reported(
            report, last instanceof HostReport before ? Optional.of(before) : Optional.empty());
      }
    }
  }

  private static boolean isNewer(HostReport report, HostReport before) {
    int order = report.incarnation().compareTo(before.incarnation());
    return order > 0 || (order == 0 && report.sequence() > before.sequence());
  }

  private void remove(Key key) {
    if (known.remove(key) != null) {
      changedAt.put(key, step);
      pace.changed(key);
    }
  }

  boolean isSettled(Key key) {
    return changedAt.getOrDefault(key, Long.MIN_VALUE) <= committedAt;
  }

  /**
   * The core has answered that event.
   *
   * @return what it has decided against a hard rule
   */
  List<String> issued(List<ControllerEffect> effects) {
    List<String> broken = new ArrayList<>();
    for (ControllerEffect effect : effects) {
      if (effect instanceof ControllerEffect.Publish told
          && told.event() instanceof HaEvent.HostStateChanged changed) {
        stands.put(changed.host(), new Stand(changed.to(), step));
        pace.stands(changed.host());
      } else if (effect instanceof ControllerEffect.Commit commit) {
        List<SimPace.Change> changes = new ArrayList<>();
        SortedSet<WorkloadId> starts = new TreeSet<>();
        List<Decision> decisions = decided(commit, changes, starts);
        decisions.forEach(
            decision ->
                whyNot(decision)
                    .ifPresent(
                        why ->
                            broken.add(
                                "HARD RULE: %s is given to %s, %s"
                                    .formatted(decision.workload().id(), decision.host(), why))));
        broken.addAll(pace.decided(changes, starts));
        broken.addAll(onlyHost.decided(changes, starts));
        committedAt = step;
      }
    }
    return broken;
  }

  /** Takes the commit into the books: what is under way with others counts as it does there. */
  private List<Decision> decided(
      ControllerEffect.Commit commit, List<SimPace.Change> changes, SortedSet<WorkloadId> starts) {
    List<Decision> decisions = new ArrayList<>();
    found.clear();
    for (ControllerEffect.Change change : commit.changes()) {
      if (change.key().table() == Table.FENCE) {
        change.value().ifPresent(this::put);
      }
      if (change.key().table() != Table.PLACEMENT) {
        continue;
      }
      WorkloadId id = WorkloadId.parse(change.key().name());
      Placement before =
          known.get(change.key()) instanceof Placement was ? was : Placement.none(id);
      if (change.value().orElse(null) instanceof Placement after) {
        known.put(change.key(), after);
        changes.add(new SimPace.Change(before, after));
        Optional<HostId> goal = goalOf(before, after);
        goal.ifPresent(
            host -> specOf(id).ifPresent(spec -> decisions.add(new Decision(spec, host))));
        if (goal.isPresent() && goal.equals(after.owner().map(Placement.Owner::host))) {
          starts.add(id);
        }
      } else {
        known.remove(change.key());
      }
    }
    return decisions;
  }

  /** The host that it is given to anew, by a decision. */
  private Optional<HostId> goalOf(Placement before, Placement after) {
    Optional<HostId> owner = after.owner().map(Placement.Owner::host);
    Optional<HostId> target = after.move().map(Placement.Move::target);
    if (target.isPresent() && !target.equals(before.move().map(Placement.Move::target))) {
      return target;
    }
    if (owner.isEmpty() || owner.equals(before.owner().map(Placement.Owner::host))) {
      return Optional.empty();
    }
    // A live move ends where it may have arrived, whatever the rules say by now.
    boolean settles =
        before
            .move()
            .filter(move -> move.phase() != Placement.Move.Phase.COLD)
            .filter(
                move ->
                    owner.equals(Optional.of(move.target()))
                        || owner.equals(Optional.of(move.source())))
            .isPresent();
    boolean runsThere =
        after.owner().get().goal() != Placement.Goal.RUN || runs(after.workload(), owner.get());
    if (settles || runsThere) {
      found.add(after.workload());
      return Optional.empty();
    }
    return owner;
  }

  private boolean runs(WorkloadId workload, HostId host) {
    return known.get(new Key(Table.REPORT, host.value())) instanceof HostReport report
        && (report.unassigned().contains(workload) || report.assigned().containsKey(workload));
  }

  // Rules

  private Optional<String> whyNot(Decision decision) {
    Key hostKey = new Key(Table.HOST, decision.host().value());
    if (!isSettled(hostKey) || !isSettled(keyOf(decision.workload().id()))) {
      return Optional.empty();
    }
    if (!(known.get(hostKey) instanceof StateRecord.HostConfig config)) {
      return Optional.of("which is not registered");
    }
    return unfit(decision.workload(), config.host())
        .or(() -> missingCondition(decision))
        .or(() -> noRoom(decision.workload(), config.host()))
        .or(() -> brokenRule(decision));
  }

  private static Optional<String> unfit(Workload workload, Host host) {
    if (!host.kinds().isEmpty() && !host.kinds().contains(workload.id().kind())) {
      return Optional.of("which runs no " + workload.id().kind());
    }
    return workload.policy().requires().entrySet().stream()
        .filter(label -> !label.getValue().equals(host.labels().get(label.getKey())))
        .map(label -> "which is not labelled " + label)
        .findFirst();
  }

  private Optional<String> missingCondition(Decision decision) {
    Key key = new Key(Table.REPORT, decision.host().value());
    if (!isSettled(key)) {
      return Optional.empty();
    }
    return decision.workload().policy().conditions().stream()
        .filter(
            name ->
                !(known.get(key) instanceof HostReport report)
                    || !Boolean.TRUE.equals(report.facts().get(name)))
        .map(name -> "where condition " + name + " does not hold")
        .findFirst();
  }

  private Optional<String> noRoom(Workload workload, Host host) {
    boolean hard = policy().hardCapacity();
    List<Workload> there = new ArrayList<>();
    for (Placement placement : placements()) {
      if (endsOf(placement).contains(host.id())) {
        if (found.contains(placement.workload()) || !isSettled(keyOf(placement.workload()))) {
          return Optional.empty();
        }
        specOf(placement.workload()).ifPresent(there::add);
      }
    }
    if (!hard || !isSettled(StateRecord.ClusterConfig.KEY)) {
      return Optional.empty();
    }
    for (Map.Entry<String, Long> limit : host.limit().amounts().entrySet()) {
      long used = there.stream().mapToLong(w -> w.demand().amount(limit.getKey())).sum();
      if (workload.demand().amount(limit.getKey()) > 0 && used > limit.getValue()) {
        return Optional.of(
            "which has no room for it: %d of %d %s with it"
                .formatted(used, limit.getValue(), limit.getKey()));
      }
    }
    return Optional.empty();
  }

  private Optional<String> brokenRule(Decision decision) {
    WorkloadId id = decision.workload().id();
    for (StateRecord record : known.values()) {
      if (record instanceof StateRecord.RuleConfig config
          && config.rule().strict()
          && config.rule().workloads().contains(id)
          && isSettled(record.key())
          && isBroken(config.rule(), decision)) {
        return Optional.of("against rule " + config.rule());
      }
    }
    return Optional.empty();
  }

  private boolean isBroken(Rule rule, Decision decision) {
    if (rule instanceof Rule.HostAffinity affinity) {
      return !affinity.hosts().containsKey(decision.host());
    }
    Rule.WorkloadAffinity affinity = (Rule.WorkloadAffinity) rule;
    String place = placeOf(decision.host(), affinity.level());
    SortedSet<String> others = new TreeSet<>();
    SortedSet<String> goals = new TreeSet<>();
    boolean together = affinity.kind() == Rule.Kind.POSITIVE;
    if (together && affinity.workloads().stream().anyMatch(this::wasGivenUp)) {
      return false; // it goes where it can run, and the others follow
    }
    for (WorkloadId other : affinity.workloads()) {
      boolean counts = !other.equals(decision.workload().id()) && specOf(other).isPresent();
      if (counts && (found.contains(other) || !isSettled(keyOf(other)))) {
        return false;
      }
      if (counts && known.get(new Key(Table.PLACEMENT, other.toString())) instanceof Placement p) {
        endsOf(p).forEach(end -> others.add(placeOf(end, affinity.level())));
        Optional<HostId> goal =
            p.move().map(Placement.Move::target).or(() -> p.owner().map(Placement.Owner::host));
        if (together && goal.filter(host -> !isStandKnown(host)).isPresent()) {
          return false;
        }
        goal.filter(this::isUsable).ifPresent(host -> goals.add(placeOf(host, affinity.level())));
      }
    }
    return together ? !goals.isEmpty() && !goals.contains(place) : others.contains(place);
  }

  /** What has changed since the last decision may count already, or not yet. */
  boolean isStandKnown(HostId host) {
    Stand stand = stands.get(host);
    return stand != null
        && stand.since() <= committedAt
        && isSettled(new Key(Table.HOST, host.value()))
        && isSettled(new Key(Table.REPORT, host.value()))
        && isSettled(new Key(Table.FENCE, host.value()));
  }

  /** Whether what it says of its workloads counts. */
  boolean isHeard(HostId host) {
    Stand stand = stands.get(host);
    return stand != null
        && switch (stand.state()) {
          case ONLINE, MAINTENANCE, SHUTTING_DOWN, STORAGE_LOST -> true;
          case SUSPECT, JOINING, ISOLATED, LOST, FENCING, FENCED -> false;
        };
  }

  /** Others do not wait for one that is on a host to which nothing may be given. */
  boolean isUsable(HostId host) {
    Stand stand = stands.get(host);
    boolean cutOff =
        known.get(new Key(Table.FENCE, host.value())) instanceof FenceRecord fence
            && !fence.asFound().cut().isEmpty();
    return stand != null
        && !cutOff
        && isRegistered(host)
        && steady.test(host)
        && stand.state() == HostState.ONLINE
        && known.get(new Key(Table.REPORT, host.value())) instanceof HostReport last
        && last.inventoryKnown()
        && last.trouble().isEmpty();
  }

  boolean isRegistered(HostId host) {
    return known.containsKey(new Key(Table.HOST, host.value()));
  }

  private boolean wasGivenUp(WorkloadId id) {
    return known.get(new Key(Table.PLACEMENT, id.toString())) instanceof Placement placement
        && !placement.trials().gaveUp().isEmpty();
  }

  private String placeOf(HostId host, Rule.Level level) {
    return !level.isHost()
            && known.get(new Key(Table.HOST, host.value())) instanceof StateRecord.HostConfig config
            && config.host().domain().size() > level.index()
        ? config.host().domain().subList(0, level.index() + 1).toString()
        : host.value();
  }

  // Books

  List<Placement> placements() {
    return known.values().stream()
        .filter(Placement.class::isInstance)
        .map(Placement.class::cast)
        .toList();
  }

  Optional<Placement> placementOf(WorkloadId id) {
    return known.get(new Key(Table.PLACEMENT, id.toString())) instanceof Placement placement
        ? Optional.of(placement)
        : Optional.empty();
  }

  Optional<HostReport> reportOf(HostId host) {
    return known.get(new Key(Table.REPORT, host.value())) instanceof HostReport report
        ? Optional.of(report)
        : Optional.empty();
  }

  ClusterPolicy policy() {
    return known.get(StateRecord.ClusterConfig.KEY) instanceof StateRecord.ClusterConfig cluster
        ? cluster.policy()
        : ClusterPolicy.DEFAULT;
  }

  List<Rule> rules() {
    return known.values().stream()
        .filter(StateRecord.RuleConfig.class::isInstance)
        .map(record -> ((StateRecord.RuleConfig) record).rule())
        .toList();
  }

  private static SortedSet<HostId> endsOf(Placement placement) {
    SortedSet<HostId> ends = new TreeSet<>();
    placement.owner().map(Placement.Owner::host).ifPresent(ends::add);
    placement.move().map(Placement.Move::target).ifPresent(ends::add);
    return ends;
  }

  Optional<Workload> specOf(WorkloadId id) {
    return known.get(keyOf(id)) instanceof StateRecord.WorkloadConfig config
        ? Optional.of(config.workload())
        : Optional.empty();
  }

  private static Key keyOf(WorkloadId id) {
    return new Key(Table.WORKLOAD, id.toString());
  }
}
