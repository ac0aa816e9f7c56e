package io.holdfast.engine.core;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HaEvent;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReturns;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.WorkloadRequest;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Brings what stands in the store into the core. A record that cannot be read is told of once. */
final class StateReader {
  private final ControllerState state;
  private final Detection detection;
  private final Workloads workloads;
  private final Books books;
  private final Recovery recovery;
  private final Dependencies dependencies;
  private final SortedSet<Key> rejected = new TreeSet<>();
  private boolean loaded;

  StateReader(
      ControllerState state,
      Detection detection,
      Workloads workloads,
      Books books,
      Recovery recovery,
      Dependencies dependencies) {
    this.dependencies = dependencies;
    this.state = state;
    this.detection = detection;
    this.workloads = workloads;
    this.books = books;
    this.recovery = recovery;
  }

  boolean isLoaded() {
    return loaded;
  }

  void reset() {
    loaded = false;
    rejected.clear();
  }

  /** Everything, when leadership begins. */
  void load(List<StateRecord> records) {
    loaded = true;
    records.forEach(this::takeOwn);
    for (WorkloadEntry workload : state.workloads.values()) {
      Workload spec = workload.spec;
      Optional<Placement.Owner> owner = workload.placement.owner();
      if (spec != null && owner.isPresent()) {
        state.host(owner.get().host()).addPlaced(spec);
      }
      books.load(workload);
      workloads.loaded(workload);
      workload
          .placement
          .move()
          .ifPresent(
              move -> {
                state.moving.add(workload.id);
                state.host(move.target()).expects(workload);
              });
    }
    for (HostEntry host : state.hosts.values()) {
      if (host.report != null) {
        measured(host, host.report);
      }
    }
    // What is stored of it holds until this controller has settled it: see Disarming.
    state.disarmed =
        state.hosts.values().stream()
            .map(host -> host.intent)
            .anyMatch(intent -> intent != null && intent.disarmed());
    state.disarmInherited = Disarming.isWanted(state);
    state.leading = true;
    state.leadingSince = state.now;
    state.hosts.values().forEach(detection.steadiness::recall);
    state.hosts.values().forEach(detection::leadershipBegins);
    workloads.touchEverything();
    state.room.begin();
  }

  /** Everything, while leading: what others write is compared, what this core writes is not. */
  void compare(List<StateRecord> records) {
    SortedSet<Key> present = new TreeSet<>();
    for (StateRecord record : records) {
      present.add(record.key());
      take(record);
    }
    for (HostEntry host : List.copyOf(state.hosts.values())) {
      Key key = new Key(Table.HOST, host.id.value());
      if (host.isRegistered() && !present.contains(key)) {
        gone(key);
      }
      if (host.intentUnreadable && !present.contains(new Key(Table.INTENT, host.id.value()))) {
        intentDeleted(host);
      }
      host.returnsUnreadable &= present.contains(HostReturns.keyOf(host.id));
    }
    for (HostEntry host : state.hosts.values()) {
      Key key = new Key(Table.DIRECTIVE, host.id.value());
      if (!present.contains(key)) {
        gone(key);
      }
    }
    for (String rule : List.copyOf(state.rules.keySet())) {
      Key key = new Key(Table.RULE, rule);
      if (!present.contains(key)) {
        gone(key);
      }
    }
    if (!present.contains(StateRecord.ClusterConfig.KEY)) {
      gone(StateRecord.ClusterConfig.KEY);
    }
    for (WorkloadEntry workload : List.copyOf(state.workloads.values())) {
      Key key = new Key(Table.WORKLOAD, workload.id.toString());
      if (workload.spec != null && !present.contains(key)) {
        gone(key);
      }
    }
  }

  /** Somebody deleted the intent that could not be read: it is written anew, from the books. */
  private void intentDeleted(HostEntry host) {
    host.intentUnreadable = false;
    state.room.changed(host);
    if (host.lease != null) {
      state.writeIntent(host, books.ordersOf(host));
    }
    state.worthPlacing = true;
  }

  /** A record that others write was read anew. */
  void take(StateRecord record) {
    if (record instanceof StateRecord.HostConfig host) {
      HostEntry entry = state.host(host.host().id());
      if (state.leading && !host.host().equals(entry.config)) {
        workloads.touchBound();
      }
      entry.config = host.host();
      entry.configUnreadable = false;
      hostChanged(entry);
    } else if (record instanceof StateRecord.WorkloadConfig config) {
      configured(config.workload());
    } else if (record instanceof HostReport report) {
      reported(report);
    } else if (record instanceof StateRecord.ClusterConfig cluster) {
      policy(cluster.policy());
    } else if (record instanceof StateRecord.RuleConfig config) {
      Rule rule = config.rule();
      if (!rule.equals(state.rules.put(rule.id(), rule))) {
        ruleChanged(rule.id());
      }
    } else if (record instanceof HostDirective directive) {
      directed(directive);
    } else if (record instanceof WorkloadRequest request) {
      WorkloadEntry workload = state.workload(request.workload());
      if (!request.equals(workload.request)) {
        workload.requestSince = state.now;
      }
      workload.request = request;
      Workload spec = workload.spec;
      if (spec != null) {
        books.refreshOrder(workload, spec);
      }
      workload.placement.place().ifPresent(recovery::mayBeNeeded);
      workloads.touch(workload.id);
    } else if (record instanceof StateRecord.Unreadable unreadable) {
      unreadable(unreadable);
    }
  }

  private void hostChanged(HostEntry host) {
    state.counts(host);
    state.room.changed(host);
    state.worthPlacing = true;
  }

  private void policy(ClusterPolicy policy) {
    if (state.policyUnreadable) {
      state.policyUnreadable = false;
      state.disarmInherited = policy.disarmed().isPresent();
      workloads.touchEverything();
      state.worthPlacing = true;
      detection.changed.addAll(state.hosts.keySet());
    }
    if (!policy.equals(state.policy)) {
      boolean paced = policy.startsPerHost() != state.policy.startsPerHost();
      state.policy = policy;
      if (paced && state.leading) {
        state.hosts.values().stream().filter(this::isStarting).forEach(this::tellAnew);
      }
      workloads.policyChanged();
      state.worthPlacing = true;
      state.hosts.values().stream()
          .filter(h -> h.isSilent() || h.plan().isPresent())
          .forEach(
              h -> {
                detection.standing(h);
                detection.changed.add(h.id);
              });
    }
  }

  /** Whether it has been told to start something that it has not begun. */
  private boolean isStarting(HostEntry host) {
    return host.placed.stream()
        .map(id -> WorkloadFacts.of(state, state.workload(id)))
        .anyMatch(
            facts ->
                facts.stand() == Stand.PRESENT
                    && facts.goal() == Goal.RUN
                    && facts.entry().condition() == Condition.PENDING);
  }

  private void tellAnew(HostEntry host) {
    state.writeIntent(host, state.intentOf(host));
  }

  /** Before it leads, all rules are taken over at once. */
  private void ruleChanged(String id) {
    if (state.leading) {
      state.room.ruleChanged(id).forEach(workloads::touch);
      state.worthPlacing = true;
    }
  }

  private void directed(HostDirective directive) {
    HostEntry host = state.host(directive.host());
    if (host.directiveUnreadable) {
      host.directiveUnreadable = false;
      hostChanged(host);
      detection.changed.add(host.id);
    }
    if (!directive.equals(host.directive)) {
      host.directive = directive;
      detection.standing(host);
      detection.changed.add(host.id);
      directive
          .down()
          .filter(down -> isHeard(host) && down.incarnation().equals(host.incarnation()))
          .ifPresent(
              down ->
                  state.publish(
                      new HaEvent.Alarm(
                          host.id.value(),
                          "was confirmed to be down by %s, and is heard: that does not count"
                              .formatted(down.who()))));
    }
  }

  /** Also one that runs on, cut off from the storage. */
  private boolean isHeard(HostEntry host) {
    return host.state.isHeard() || (host.isProvenCutOff() && !detection.isSilent(host));
  }

  /** A record that others write does not exist any more. */
  void gone(Key key) {
    if (key.table() == Table.HOST) {
      ControllerState.hostNamed(key.name())
          .map(state.hosts::get)
          .ifPresent(
              host -> {
                host.config = null;
                host.configUnreadable = false;
                hostChanged(host);
                recovery.mayBeNeeded(host.id);
                workloads.touchAllOn(host);
              });
    } else if (key.table() == Table.WORKLOAD) {
      workloadNamed(key.name())
          .map(state.workloads::get)
          .ifPresent(
              workload -> {
                workload.canRead(Table.WORKLOAD);
                replaceSpec(workload, Optional.empty());
                workloads.touch(workload.id);
              });
    } else if (key.table() == Table.CLUSTER) {
      policy(ClusterPolicy.DEFAULT);
    } else if (key.table() == Table.RULE && state.rules.remove(key.name()) != null) {
      ruleChanged(key.name());
    } else if (key.table() == Table.DIRECTIVE) {
      ControllerState.hostNamed(key.name())
          .filter(state.hosts::containsKey)
          .ifPresent(host -> directed(HostDirective.none(host)));
    }
  }

  private void takeOwn(StateRecord record) {
    if (record instanceof Placement placement) {
      WorkloadEntry workload = state.workload(placement.workload());
      workload.placement = placement;
      workload.known = true;
    } else if (record instanceof HostIntent intent) {
      HostEntry host = state.host(intent.host());
      host.intent = intent;
      host.guardWanted = intent.guard().order();
      detection.isKnownAs(host, intent.incarnation());
    } else if (record instanceof FenceRecord fence) {
      HostEntry host = state.host(fence.host());
      host.fence = fence.asFound();
      host.fenceStored = true;
    } else if (record instanceof HostReturns returns) {
      state.host(returns.host()).returns = returns;
    } else {
      take(record);
    }
  }

  private void configured(Workload spec) {
    WorkloadEntry workload = state.workload(spec.id());
    workload.canRead(Table.WORKLOAD);
    if (spec.equals(workload.spec)) {
      return;
    }
    boolean toStop = workload.spec != null && WorkloadFacts.wishOf(workload) == Wish.STOP;
    replaceSpec(workload, Optional.of(spec));
    if (state.leading) {
      workloads.wishChanged(workload, toStop);
    }
    books.refreshOrder(workload, spec);
    dependencies.tellCycle(workload);
    dependencies.dependentsOf(workload.id).forEach(workloads::touch);
    state.worthPlacing = true;
    workload.placement.place().ifPresent(recovery::mayBeNeeded);
    recovery.awaited(workload).forEach(recovery::mayBeNeeded);
    workloads.touch(workload.id);
  }

  private void replaceSpec(WorkloadEntry workload, Optional<Workload> next) {
    dependencies.replaced(workload.id, Optional.ofNullable(workload.spec), next);
    workload.spec = next.orElse(null);
    state.room.changed(workload);
    Optional<HostEntry> host = workload.placement.owner().map(o -> state.host(o.host()));
    host.ifPresent(h -> next.ifPresentOrElse(h::addPlaced, () -> h.removePlaced(workload.id)));
  }

  private void reported(HostReport report) {
    HostEntry host = state.host(report.host());
    HostReport before = host.report;
    detection.reported(host, report);
    if (report.equals(host.report)) {
      measured(host, report);
    }
    // What an incarnation said that is proven down tells of nothing that runs.
    if (report.equals(host.report) && !host.isProvenDown(report.incarnation())) {
      HostConditions.tellLosses(state, host, before);
      workloads.reported(host, before, report);
    }
    if (host.isCutOff()) {
      detection.changed.add(host.id); // this may be the look that it waits for
    }
  }

  /** What it used counts on after it has stopped, until it is measured anew. */
  private void measured(HostEntry host, HostReport report) {
    report.loads().ifPresent(loads -> loads.forEach((id, load) -> measured(host, id, load)));
  }

  private void measured(HostEntry host, WorkloadId id, Capacity load) {
    WorkloadEntry workload = state.workloads.get(id);
    if (workload == null || load.equals(workload.load)) {
      return;
    }
    boolean isThere = workload.placement.place().equals(Optional.of(host.id));
    if (isThere || workload.load == null) {
      workload.load = load;
      state.room.changed(workload);
    }
  }

  private void unreadable(StateRecord.Unreadable record) {
    Key key = record.key();
    switch (key.table()) {
      case WORKLOAD, PLACEMENT ->
          workloadNamed(key.name()).ifPresent(id -> blockWorkload(id, key, record.reason()));
      // never two: what the host has been told is not known, so it is told nothing more.
      case INTENT -> hostNamed(key).ifPresent(host -> intentUnreadable(host));
      // never two: it is still a host on which something may be running.
      case HOST ->
          hostNamed(key)
              .ifPresent(
                  host -> {
                    host.configUnreadable = true;
                    state.counts(host);
                  });
      // It is left as it is; the record of a fence is replaced when there is another one.
      case FENCE ->
          HostReturns.hostOf(key)
              .flatMap(ControllerState::hostNamed)
              .ifPresent(id -> state.host(id).returnsUnreadable = true);
      // Without these there is only less knowledge.
      case REPORT, DEFINITION, REQUEST -> {}
      // What was known before goes on; whoever has just begun to lead knew nothing before.
      case CLUSTER ->
          state.policyUnreadable |= !state.leading && key.equals(StateRecord.ClusterConfig.KEY);
      case DIRECTIVE ->
          hostNamed(key)
              .ifPresent(
                  host -> {
                    host.directiveUnreadable |= !state.leading;
                    state.room.changed(host);
                  });
      case RULE -> {}
    }
    if (rejected.add(key)) {
      state.publish(new HaEvent.RecordRejected(key.toString(), record.reason()));
    }
  }

  private void intentUnreadable(HostEntry host) {
    host.intentUnreadable = true;
    state.room.changed(host);
  }

  private Optional<HostEntry> hostNamed(Key key) {
    return ControllerState.hostNamed(key.name()).map(state::host);
  }

  private static Optional<WorkloadId> workloadNamed(String name) {
    try {
      return Optional.of(WorkloadId.parse(name));
    } catch (InvalidConfigException e) {
      return Optional.empty(); // not the name of a workload of ours
    }
  }

  private void blockWorkload(WorkloadId id, Key key, String reason) {
    state.workload(id).cannotRead(key.table(), key.table() + ": " + reason);
    workloads.touch(id);
  }

  /**
   * A batch that was cut between placements and intents by the former controller's end. Once per
   * host, incarnation and leadership, as soon as the incarnation is known.
   */
  void repairIntent(HostEntry host) {
    if (host.lease == null || host.intentUnreadable || host.intentCompared) {
      return;
    }
    host.intentCompared = true;
    var orders = books.ordersOf(host);
    var given = state.intentOf(host);
    given.forEach(
        (id, entry) -> {
          WorkloadEntry workload = state.workloads.get(id);
          if (workload != null && !workload.unreadable.isEmpty()) {
            orders.put(id, entry);
          }
        });
    HostIntent intent = host.intent;
    if (!orders.equals(given)) {
      state.writeIntent(host, orders);
    } else if (intent != null && intent.incarnation().equals(host.incarnation())) {
      host.intent =
          intent.withEntries(orders); // equal, and shares its parts with placements and specs
    }
  }
}
