package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanOptions.Moves;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Carries a plan out, many steps at once where they need not wait for each other, and says what is
 * broken on the way. Knows nothing of how plans are made: any planner's plan can be checked, also
 * one that is nonsense. Pure, safe for use by any number of threads. Meant for tests; the time
 * grows with the square of the steps.
 */
public final class PlanChecker {
  private final ClusterSnapshot cluster;
  private final PlanOptions options;
  private final Plan plan;
  private final HeldRoom room;
  private final SortedMap<WorkloadId, HostId> before = new TreeMap<>();
  private final List<Broken> broken = new ArrayList<>();

  /** What a plan promises. */
  public enum Promise {
    /** Nothing runs twice; only what is wanted and has no host is started; moves begin at home. */
    NEVER_TWO,
    /** No strict rule is broken by anything that arrives somewhere. */
    RULES,
    /** No host is given more than it can carry, both ends of a move counted. */
    CAPACITY,
    /**
     * Workloads come to hosts that may be given any, run their kind, have their labels and meet
     * their conditions.
     */
    PLACES,
    /** Survivors are moved or stopped only where the options and the workload allow it. */
    SURVIVORS,
    /** Every step can begin at some time. */
    ORDER,
    /** What the plan says of itself is what comes of its steps. */
    WORDS,
    /** What is left out is refused by every host that has not failed, and each says why. */
    REASONS,
    /** The bound is not below the value less the price. */
    BOUND
  }

  /**
   * A promise that is not kept.
   *
   * @param promise which
   * @param what one line for people
   */
  public record Broken(Promise promise, String what) {
    @Override
    public String toString() {
      return promise + ": " + what;
    }
  }

  private PlanChecker(ClusterSnapshot cluster, PlanOptions options, Plan plan) {
    this.cluster = cluster;
    this.options = options;
    this.plan = plan;
    room = new HeldRoom(cluster);
    cluster.workloads().forEach(w -> room.at(w.id()).forEach(home -> before.put(w.id(), home)));
  }

  /**
   * What is wrong with the plan, empty if nothing is.
   *
   * @param order which of the orders that the steps allow is tried: with 0 everything begins as
   *     early and ends as late as it can; any other number stands for an order of its own
   */
  public static List<Broken> check(
      ClusterSnapshot cluster, PlanOptions options, Plan plan, long order) {
    PlanChecker checker = new PlanChecker(cluster, options, plan);
    if (checker.knowsAllNames()) {
      checker.carryOut(order);
      checker.compareWords();
      checker.checkReasons();
    }
    return List.copyOf(checker.broken);
  }

  private void broken(Promise promise, String what) {
    broken.add(new Broken(promise, what));
  }

  private boolean knowsAllNames() {
    SortedSet<String> unknown = new TreeSet<>();
    for (Plan.Step step : plan.steps()) {
      if (!room.knows(step.workload())) {
        unknown.add(step.workload().toString());
      }
      HostId at =
          step instanceof Plan.Step.Start start
              ? start.host()
              : step instanceof Plan.Step.Move move ? move.to() : ((Plan.Step.Stop) step).host();
      if (!room.knows(at)) {
        unknown.add(at.value());
      }
    }
    unknown.forEach(name -> broken(Promise.WORDS, "a step names " + name + ", which there is not"));
    return unknown.isEmpty();
  }

  private void carryOut(long order) {
    Dice dice = new Dice(order);
    int count = plan.steps().size();
    SortedSet<Integer> begun = new TreeSet<>();
    SortedSet<Integer> ended = new TreeSet<>();
    while (ended.size() < count) {
      List<Integer> ready = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        if (!begun.contains(i) && ended.containsAll(plan.steps().get(i).after())) {
          ready.add(i);
        }
      }
      List<Integer> running = new ArrayList<>(begun);
      running.removeAll(ended);
      if (ready.isEmpty() && running.isEmpty()) {
        broken(Promise.ORDER, "steps wait for each other, or for steps that there are not");
        return;
      }
      boolean begins = running.isEmpty() || (!ready.isEmpty() && (order == 0 || dice.below(2) > 0));
      List<Integer> possible = begins ? ready : running;
      int next = possible.get(dice.below(possible.size()));
      if (begins) {
        begun.add(next);
        begin(plan.steps().get(next));
      } else {
        ended.add(next);
        end(plan.steps().get(next));
      }
    }
  }

  private void begin(Plan.Step step) {
    boolean wanted = room.workload(step.workload()).desired() == DesiredState.STARTED;
    List<HostId> at = room.at(step.workload());
    if (step instanceof Plan.Step.Start start) {
      if (!at.isEmpty() || before.containsKey(start.workload()) || !wanted) {
        broken(Promise.NEVER_TWO, "%s must not be started".formatted(start));
      }
      arrive(start.workload(), start.host());
    } else if (step instanceof Plan.Step.Move move) {
      if (!List.of(move.from()).equals(at)) {
        broken(Promise.NEVER_TWO, "%s is on %s".formatted(move, at));
      }
      if (options.moves() == Moves.NONE || !room.workload(move.workload()).movable() || !wanted) {
        broken(Promise.SURVIVORS, "%s must not be moved".formatted(move));
      }
      arrive(move.workload(), move.to());
    } else if (step instanceof Plan.Step.Stop stop) {
      if (!List.of(stop.host()).equals(at)) {
        broken(Promise.NEVER_TWO, "%s is on %s".formatted(stop, at));
      }
      if (!options.eviction() || !wanted) {
        broken(Promise.SURVIVORS, "%s must not be stopped".formatted(stop));
      }
    }
  }

  private void end(Plan.Step step) {
    if (step instanceof Plan.Step.Move move) {
      room.leave(move.workload(), move.from());
    } else if (step instanceof Plan.Step.Stop stop) {
      room.leave(stop.workload());
    }
  }

  private void arrive(WorkloadId id, HostId to) {
    room.come(id, to);
    for (HeldRoom.Refusing refusing : room.refusals(id, to, 0)) {
      broken(refusing.promise(), "%s on %s: %s".formatted(id, to, refusing.why()));
    }
  }

  private void compareWords() {
    long value = 0;
    long lost = 0;
    SortedSet<String> outcome = new TreeSet<>();
    for (WorkloadSnapshot workload : cluster.workloads()) {
      WorkloadId id = workload.id();
      HostId home = before.get(id);
      List<HostId> at = room.at(id);
      boolean wanted = workload.desired() == DesiredState.STARTED;
      lost += wanted && workload.host().isPresent() && home == null ? workload.weight() : 0;
      if (home == null && !at.isEmpty()) {
        value += workload.weight();
        outcome.add("placed " + id + " " + at);
      } else if (home == null && wanted) {
        outcome.add("unplaced " + id);
      } else if (home != null && at.isEmpty()) {
        value -= workload.weight();
        outcome.add("evicted " + id + " " + List.of(home));
      } else if (home != null && !at.equals(List.of(home))) {
        outcome.add("moved " + id + " " + home + " " + at);
      }
    }
    expect("value", value, plan.value());
    expect("price", price(), plan.price());
    expect("lost", lost, plan.lost());
    expect("outcome", outcome, told());
    if (plan.worth() > plan.upperBound()) {
      broken(
          Promise.BOUND,
          "value %d, price %d, bound %d".formatted(plan.value(), plan.price(), plan.upperBound()));
    }
  }

  private long price() {
    long price = 0;
    for (Plan.Step step : plan.steps()) {
      if (step instanceof Plan.Step.Move) {
        price += options.movePrice();
      } else if (step instanceof Plan.Step.Stop) {
        price += options.evictionPrice();
      }
    }
    return price;
  }

  private SortedSet<String> told() {
    SortedSet<String> told = new TreeSet<>();
    plan.placed().forEach(p -> told.add("placed " + p.workload() + " " + List.of(p.host())));
    plan.unplaced().forEach(u -> told.add("unplaced " + u.workload()));
    plan.evicted().forEach(e -> told.add("evicted " + e.workload() + " " + List.of(e.host())));
    plan.moved()
        .forEach(m -> told.add("moved " + m.workload() + " " + m.from() + " " + List.of(m.to())));
    return told;
  }

  private void expect(String what, Object comes, Object told) {
    if (!comes.equals(told)) {
      broken(Promise.WORDS, "%s: %s comes of it, told was %s".formatted(what, comes, told));
    }
  }

  private void checkReasons() {
    List<HostId> asked =
        cluster.hosts().stream()
            .filter(host -> host.state() != State.FAILED)
            .map(HostSnapshot::id)
            .toList();
    for (Plan.Unplaced one : plan.unplaced()) {
      List<HostId> told = one.reasons().stream().map(Plan.Refused::host).toList();
      if (!told.equals(asked)) {
        broken(Promise.REASONS, one.workload() + " has reasons from " + told + ", not " + asked);
      }
      if (!room.knows(one.workload())) {
        continue;
      }
      for (HostId host : asked) {
        if (room.refusals(one.workload(), host, 1).isEmpty()) {
          broken(Promise.REASONS, one.workload() + " is left out, and could be on " + host);
        }
      }
    }
  }
}
