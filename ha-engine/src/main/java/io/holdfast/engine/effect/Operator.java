package io.holdfast.engine.effect;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Definition;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Names;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.placement.RuleConflicts;
import io.holdfast.engine.placement.RuleConflicts.Conflict;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostDirective.Confirmation;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.HostConfig;
import io.holdfast.engine.record.StateRecord.RuleConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.StateRecord.WorkloadDefinition;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What a platform and its operators want, written as records that the controller follows. Safe for
 * use by several threads.
 */
public final class Operator {
  private final Records records;

  public Operator(Records records) {
    this.records = records;
  }

  public Outcome<Ack> register(Host host) {
    return records.put(new HostConfig(host));
  }

  public Outcome<Ack> unregister(HostId host) {
    return records.delete(new Key(Table.HOST, host.value()));
  }

  public Outcome<Ack> protect(Workload workload, Definition definition) {
    checkLock(workload.lock());
    return records.put(
        new WorkloadDefinition(workload.id(), definition), new WorkloadConfig(workload));
  }

  /**
   * Protects it and asks for it to be placed there, both at once or neither. The request is told
   * first: the controller looks at it when it places what is new.
   */
  public Outcome<Ack> protect(Workload workload, Definition definition, HostId first) {
    checkLock(workload.lock());
    return ask(
        workload.id(),
        new WorkloadRequest.Action.Move(first),
        new WorkloadDefinition(workload.id(), definition),
        new WorkloadConfig(workload));
  }

  /**
   * The number of the last request stays: after a later protection it goes on from there. What it
   * asked for does not.
   */
  public Outcome<Ack> unprotect(WorkloadId workload) {
    Outcome<Ack> forgotten =
        records.update(
            requestKey(workload),
            WorkloadRequest.class,
            found ->
                found.map(
                    last ->
                        new WorkloadRequest(
                            workload, last.number() + 1, new WorkloadRequest.Action.Cleanup())));
    boolean none =
        forgotten instanceof Outcome.Failed<Ack> failed
            && failed.cause() == Outcome.Cause.NOT_FOUND;
    if (!forgotten.isDone() && !none) {
      return forgotten;
    }
    return records.delete(workloadKey(workload), new Key(Table.DEFINITION, workload.toString()));
  }

  public Outcome<Ack> updateWorkload(WorkloadId workload, UnaryOperator<Workload> change) {
    return records.update(
        workloadKey(workload),
        WorkloadConfig.class,
        found -> found.map(config -> new WorkloadConfig(change.apply(config.workload()))));
  }

  /** What is not protected is refused: a request must not wait for a later protection. */
  public Outcome<Ack> request(WorkloadId workload, WorkloadRequest.Action action) {
    Outcome<Optional<StateRecord>> config = records.read(workloadKey(workload));
    if (!(config instanceof Outcome.Done<Optional<StateRecord>> done)) {
      return config.map(found -> Ack.OK);
    }
    if (done.value().isEmpty()) {
      return Outcome.failed(Outcome.Cause.NOT_FOUND, workload + " is not protected");
    }
    return ask(workload, action);
  }

  private Outcome<Ack> ask(
      WorkloadId workload, WorkloadRequest.Action action, StateRecord... along) {
    return records.update(
        requestKey(workload),
        WorkloadRequest.class,
        found ->
            Optional.of(
                new WorkloadRequest(
                    workload, found.map(WorkloadRequest::number).orElse(0L) + 1, action)),
        along);
  }

  /** The time-out first: the controller looks at it when the desired state has changed. */
  public Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    Outcome<Ack> requested = request(workload, new WorkloadRequest.Action.Stop(timeout));
    return requested.isDone()
        ? updateWorkload(workload, w -> w.withDesired(DesiredState.STOPPED))
        : requested;
  }

  public Outcome<Ack> setMaintenance(HostId host, boolean wanted) {
    return direct(host, directive -> new HostDirective(host, wanted, directive.down()));
  }

  public Outcome<Ack> confirmDown(HostId host, Incarnation incarnation, String who) {
    Confirmation word = new Confirmation(incarnation, Names.checkLine("directive.who", who));
    return direct(
        host, directive -> new HostDirective(host, directive.maintenance(), Optional.of(word)));
  }

  public Outcome<Ack> setPolicy(ClusterPolicy policy) {
    return records.put(new ClusterConfig(policy));
  }

  public Outcome<Ack> updatePolicy(UnaryOperator<ClusterPolicy> change) {
    return records.update(
        ClusterConfig.KEY,
        ClusterConfig.class,
        found -> {
          ClusterPolicy policy = found.map(ClusterConfig::policy).orElse(ClusterPolicy.DEFAULT);
          return Optional.of(new ClusterConfig(change.apply(policy)));
        });
  }

  /**
   * Refused, with the smallest set of rules that contradict each other, if it could never hold
   * together with those that are there. Two that are given at the same moment may both be taken.
   */
  public Outcome<Ack> putRule(Rule rule) {
    Outcome<RulesAndHosts> read = rulesAndHosts();
    if (!(read instanceof Outcome.Done<RulesAndHosts> done)) {
      return read.map(found -> Ack.OK);
    }
    Optional<Conflict> against =
        RuleConflicts.of(rule, done.value().rules(), done.value().hosts()).stream()
            .filter(conflict -> conflict.kind() == RuleConflicts.Kind.CONTRADICTION)
            .filter(conflict -> conflict.rules().contains(rule.id()))
            .findFirst();
    return against.isPresent()
        ? Outcome.failed(
            Outcome.Cause.INVALID,
            "rules %s: %s".formatted(against.get().rules(), against.get().describe()))
        : records.put(new RuleConfig(rule));
  }

  /** Rules in the store that cannot hold, the worst first. */
  public Outcome<List<Conflict>> ruleConflicts() {
    return rulesAndHosts().map(found -> RuleConflicts.find(found.rules(), found.hosts()));
  }

  private record RulesAndHosts(List<Rule> rules, List<Host> hosts) {}

  private Outcome<RulesAndHosts> rulesAndHosts() {
    return records
        .readAll(List.of(Table.HOST, Table.RULE))
        .map(
            found -> {
              List<Rule> rules = new ArrayList<>();
              List<Host> hosts = new ArrayList<>();
              for (StateRecord record : found) {
                if (record instanceof RuleConfig config) {
                  rules.add(config.rule());
                } else if (record instanceof HostConfig config) {
                  hosts.add(config.host());
                }
              }
              return new RulesAndHosts(rules, hosts);
            });
  }

  public Outcome<Ack> removeRule(String id) {
    return records.delete(new Key(Table.RULE, id));
  }

  // What is stored

  public Outcome<ClusterPolicy> policy() {
    return stored(ClusterConfig.KEY, ClusterConfig.class)
        .map(found -> found.map(ClusterConfig::policy).orElse(ClusterPolicy.DEFAULT));
  }

  public Outcome<Workload> workload(WorkloadId id) {
    Outcome<Optional<WorkloadConfig>> found = stored(workloadKey(id), WorkloadConfig.class);
    return found instanceof Outcome.Done<Optional<WorkloadConfig>> done && done.value().isEmpty()
        ? Outcome.failed(Outcome.Cause.NOT_FOUND, "there is no " + workloadKey(id))
        : found.map(config -> config.orElseThrow().workload());
  }

  public Outcome<List<Rule>> rules() {
    return all(Table.RULE, RuleConfig.class)
        .map(all -> all.stream().map(RuleConfig::rule).toList());
  }

  public Outcome<List<Host>> hosts() {
    return all(Table.HOST, HostConfig.class)
        .map(all -> all.stream().map(HostConfig::host).toList());
  }

  private <T extends StateRecord> Outcome<Optional<T>> stored(Key key, Class<T> type) {
    Outcome<Optional<StateRecord>> read = records.read(key);
    return read instanceof Outcome.Done<Optional<StateRecord>> done
            && done.value().filter(record -> !type.isInstance(record)).isPresent()
        ? unreadable(done.value().get())
        : read.map(found -> found.map(type::cast));
  }

  private <T extends StateRecord> Outcome<List<T>> all(Table table, Class<T> type) {
    Outcome<List<StateRecord>> read = records.readAll(List.of(table));
    if (read instanceof Outcome.Done<List<StateRecord>> done) {
      for (StateRecord record : done.value()) {
        if (!type.isInstance(record)) {
          return unreadable(record);
        }
      }
    }
    return read.map(found -> found.stream().map(type::cast).toList());
  }

  private static <T> Outcome<T> unreadable(StateRecord record) {
    return Outcome.failed(Outcome.Cause.INVALID, record.key() + " cannot be read");
  }

  public Outcome<Ack> setLock(WorkloadId workload, Optional<String> reason) {
    checkLock(reason);
    return updateWorkload(workload, w -> w.withLock(reason));
  }

  private static void checkLock(Optional<String> reason) {
    reason.ifPresent(text -> Names.checkLine("workload.lock", text));
  }

  private Outcome<Ack> direct(HostId host, UnaryOperator<HostDirective> change) {
    return records.update(
        new Key(Table.DIRECTIVE, host.value()),
        HostDirective.class,
        found -> Optional.of(change.apply(found.orElseGet(() -> HostDirective.none(host)))));
  }

  private static Key requestKey(WorkloadId workload) {
    return new Key(Table.REQUEST, workload.toString());
  }

  private static Key workloadKey(WorkloadId workload) {
    return new Key(Table.WORKLOAD, workload.toString());
  }
}
