package io.holdfast.engine.sim;

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
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.effect.Operator;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** The cloud platform that a {@link SimWorld} belongs to: what its people and programs do. */
public final class SimPlatform {
  private static final String NAME = "platform";

  private final SimWorld world;
  private final Operator operator;
  private final SortedSet<HostId> maintained = new TreeSet<>();
  private final SortedSet<String> rules = new TreeSet<>();
  private final SortedMap<HostId, Host> hosts = new TreeMap<>();
  private final SortedSet<HostId> takenOut = new TreeSet<>();
  private final SortedMap<WorkloadId, Workload> workloads = new TreeMap<>();
  private final SortedMap<WorkloadId, Priority> priorities = new TreeMap<>();
  private boolean byHand = true;
  private boolean tieBreaker;
  private boolean handsOn;
  private int mostFenced = ClusterPolicy.DEFAULT.fencedShare();

  SimPlatform(SimWorld world) {
    this.world = world;
    operator = new Operator(world.recordsOf(world.coordination().connect(NAME)));
  }

  /** What is protected now. */
  public List<Workload> workloads() {
    return List.copyOf(workloads.values());
  }

  /** A host as it is registered; empty if it is not. */
  Optional<Host> host(HostId id) {
    return Optional.ofNullable(hosts.get(id)).filter(host -> !takenOut.contains(id));
  }

  /** Protects a workload, or replaces its policy. */
  public void protect(Workload workload) {
    protect(workload, Optional.empty());
  }

  /**
   * @param first where it is to be placed
   */
  void protect(Workload workload, Optional<HostId> first) {
    if (!workloads.containsKey(workload.id())) {
      everyHostIsIn();
    }
    workloads.put(workload.id(), workload);
    priorities.put(workload.id(), workload.priority());
    world.trace(NAME, "protects " + workload + first.map(host -> " on " + host).orElse(""));
    Definition definition = InMemoryHypervisor.definitionOf(workload.id());
    require(
        first.isPresent()
            ? operator.protect(workload, definition, first.get())
            : operator.protect(workload, definition));
  }

  /** Ends the protection of a workload: it is left as it is. */
  public void unprotect(WorkloadId workload) {
    workloads.remove(workload);
    world.trace(NAME, "unprotects " + workload);
    require(operator.unprotect(workload));
  }

  /** Changes what is wanted of a workload, as its owner does. */
  public void setDesired(WorkloadId workload, DesiredState desired) {
    if (!workloads.containsKey(workload)) {
      return;
    }
    Workload before = workloads.get(workload);
    if (before != null && before.desired() == DesiredState.IGNORED) {
      everyHostIsIn();
    }
    world.trace(NAME, "wants " + workload + " " + desired);
    workloads.computeIfPresent(workload, (id, w) -> w.withDesired(desired));
    require(operator.updateWorkload(workload, w -> w.withDesired(desired)));
  }

  /** Asks for a workload to be moved, live or not. */
  public void move(WorkloadId workload, HostId target, boolean live) {
    world.trace(NAME, "asks to move " + workload + " to " + target + (live ? "" : " cold"));
    require(
        operator.request(
            workload,
            live
                ? new WorkloadRequest.Action.Move(target)
                : new WorkloadRequest.Action.Relocate(target)));
  }

  /** Locks a workload for a reason, or unlocks it. */
  public void lock(WorkloadId workload, Optional<String> reason) {
    if (workloads.containsKey(workload)) {
      world.trace(
          NAME, reason.map(r -> "locks " + workload + ": " + r).orElse("unlocks " + workload));
      workloads.computeIfPresent(workload, (id, w) -> w.withLock(reason));
      require(operator.setLock(workload, reason));
    }
  }

  /** Has a workload stopped, with a time-out of its own. */
  public void stop(WorkloadId workload, Duration timeout) {
    if (workloads.containsKey(workload)) {
      world.trace(NAME, "stops " + workload + " within " + timeout);
      workloads.computeIfPresent(workload, (id, w) -> w.withDesired(DesiredState.STOPPED));
      require(operator.stop(workload, timeout));
    }
  }

  /** Has what went wrong with a workload forgotten. */
  public void cleanUp(WorkloadId workload) {
    world.trace(NAME, "cleans up " + workload);
    require(operator.request(workload, new WorkloadRequest.Action.Cleanup()));
  }

  /** Wants a host empty, or not any more. */
  public void maintenance(HostId host, boolean wanted) {
    world.trace(NAME, (wanted ? "wants " : "does not want ") + host + " empty");
    maintained.remove(host);
    if (wanted) {
      maintained.add(host);
    }
    require(operator.setMaintenance(host, wanted));
  }

  /** Adds a placement rule, or replaces the one of its name. */
  public void putRule(Rule rule) {
    world.trace(NAME, "rules that " + rule.describe());
    Outcome<Ack> answer = operator.putRule(rule);
    if (answer instanceof Outcome.Failed<Ack> refused && refused.cause() == Cause.INVALID) {
      world.trace(NAME, "is told that it cannot hold: " + refused.detail());
      return;
    }
    rules.add(rule.id());
    require(answer);
  }

  /** Removes a placement rule. */
  public void removeRule(String id) {
    world.trace(NAME, "removes " + id);
    rules.remove(id);
    require(operator.removeRule(id));
  }

  /** Disarms the cluster, or arms it again. */
  public void disarm(Optional<DisarmMode> mode) {
    if (handsOn) {
      return; // whoever works by hand sees to it that nobody arms it meanwhile
    }
    world.trace(NAME, mode.map(m -> "disarms the cluster: " + m).orElse("arms the cluster"));
    require(operator.updatePolicy(policy -> policy.toBuilder().disarmed(mode).build()));
  }

  /** Nobody arms the cluster, or disarms it otherwise, while people work by hand. */
  void handsOn(boolean on) {
    handsOn = on;
  }

  boolean isHandsOn() {
    return handsOn;
  }

  /** Says what becomes of workloads whose host goes off as planned. */
  public void shutdownPolicy(ShutdownPolicy shutdown) {
    world.trace(NAME, "shutdown policy: " + shutdown);
    require(operator.updatePolicy(policy -> policy.toBuilder().shutdown(shutdown).build()));
  }

  /** Nothing is special any more: no maintenance, no rules, and the cluster is armed. */
  void settle() {
    handsOn = false;
    disarm(Optional.empty());
    everyHostIsIn();
    List.copyOf(maintained).forEach(host -> maintenance(host, false));
    List.copyOf(rules).forEach(this::removeRule);
  }

  /** What an operator of this platform can ask for. Answers are certain here. */
  Operator operator() {
    return operator;
  }

  /** Whether its policy was never another than to fence only with the tie-breaker's word. */
  boolean needsTieBreaker() {
    return tieBreaker;
  }

  /** Says what the cluster does where there is a choice. */
  public void setPolicy(ClusterPolicy policy) {
    world.trace(NAME, "sets " + policy);
    tieBreaker = byHand && policy.quorum() == ClusterPolicy.Quorum.TIE_BREAKER;
    mostFenced = Math.max(mostFenced, policy.fencedShare());
    require(operator.setPolicy(policy));
  }

  /** Changes what the cluster does, but for its quorum. */
  void updatePolicy(UnaryOperator<ClusterPolicy> change) {
    require(
        operator.updatePolicy(
            policy -> {
              ClusterPolicy next = change.apply(policy);
              world.trace(NAME, "sets " + next);
              mostFenced = Math.max(mostFenced, next.fencedShare());
              return next;
            }));
  }

  /** The greatest share of the hosts that it ever let be fenced at once, in percent. */
  int mostFenced() {
    return mostFenced;
  }

  /** Says that this incarnation of a host is down, as a person does who has looked. */
  public void confirmDown(HostId host, Incarnation incarnation, String who) {
    world.trace(NAME, who + " confirms that " + host + " is down");
    require(operator.confirmDown(host, incarnation, who));
  }

  /** Starts a copy that nobody has asked the engine to look after. */
  public void runUnprotected(WorkloadId workload, HostId host) {
    world.checkers().leaveAlone(workload);
    startUnasked(workload, host);
  }

  /** Starts a copy by hand, past the engine: of a workload that is protected only later. */
  public void startUnasked(WorkloadId workload, HostId host) {
    boolean before = byHand;
    byHand = true;
    world.machine(host).hypervisor.startUnasked(workload);
    byHand = before;
  }

  void register(Host host) {
    hosts.put(host.id(), host);
    require(operator.register(host));
  }

  /**
   * Whether its people know that nothing runs on the host that may run anywhere, as they must to
   * take it out: all that is there is placed there.
   */
  boolean mayTakeOut(HostId host) {
    SortedSet<WorkloadId> there = new TreeSet<>(world.physical().copiesOn(host));
    there.addAll(world.physical().migrations().heldFor(host));
    there.retainAll(priorities.keySet());
    return !takenOut.contains(host)
        && there.stream()
            .allMatch(
                id ->
                    world
                        .storeChecker()
                        .ownerOf(id)
                        .filter(owner -> owner.host().equals(host))
                        .isPresent());
  }

  /** Takes a host out of the cluster. */
  void unregister(HostId host) {
    takenOut.add(host);
    require(operator.unregister(host));
  }

  boolean isTakenOut(HostId host) {
    return takenOut.contains(host);
  }

  /** Registers a host again that was taken out. */
  void takeBack(HostId host) {
    Host before = hosts.get(host);
    if (before != null && takenOut.remove(host)) {
      world.fault(host + " is registered again");
      register(before);
    }
  }

  /** What may run anywhere is looked for on registered hosts only. */
  private void everyHostIsIn() {
    List.copyOf(takenOut).forEach(this::takeBack);
  }

  boolean protects(WorkloadId workload) {
    return workloads.containsKey(workload);
  }

  /** Whether it is protected, or was at any time. */
  boolean hasProtected(WorkloadId workload) {
    return priorities.containsKey(workload);
  }

  /** Changes what is said of a protected workload. */
  void update(WorkloadId workload, UnaryOperator<Workload> change) {
    workloads.computeIfPresent(workload, (id, w) -> change.apply(w));
    require(operator.updateWorkload(workload, change));
  }

  /** It was wanted otherwise in another way. */
  void noteDesired(WorkloadId workload, DesiredState desired) {
    workloads.computeIfPresent(workload, (id, w) -> w.withDesired(desired));
  }

  /** The world is set up: what is started from now on is the engine's doing. */
  void handOver() {
    byHand = false;
  }

  /** Whether what is started now is not the engine's doing. */
  boolean isByHand() {
    return byHand;
  }

  /** What it was last said to need of its host. */
  SortedSet<String> conditionsOf(WorkloadId workload) {
    Workload spec = workloads.get(workload);
    return spec == null ? new TreeSet<>() : spec.policy().conditions();
  }

  /** The priority it was last protected with. */
  Priority priorityOf(WorkloadId workload) {
    return priorities.getOrDefault(workload, Priority.LOW);
  }

  private static void require(Outcome<Ack> outcome) {
    if (!outcome.isDone()) {
      throw new IllegalStateException("the platform could not write: " + outcome);
    }
  }
}
