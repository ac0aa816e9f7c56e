package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Refusal;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What to do, and why no more. Immutable.
 *
 * @param placed what had no host and gets one, in the order of the snapshot
 * @param moved survivors that change their host
 * @param evicted survivors that are stopped for what is worth more
 * @param unplaced what stays without a host
 * @param steps an order in which no strict rule that held and no capacity is broken at any moment
 * @param value the weight of what is placed less that of what is evicted
 * @param price what all moves and evictions cost, a way over a third host as two moves
 * @param upperBound proven: no plan with these options is worth more, its price taken off
 * @param lost the weight of what ran on failed hosts
 * @param optimal whether it is proven that no plan does better by the objective
 */
public record Plan(
    List<Placed> placed,
    List<Moved> moved,
    List<Evicted> evicted,
    List<Unplaced> unplaced,
    List<Step> steps,
    long value,
    long price,
    long upperBound,
    long lost,
    boolean optimal) {

  /**
   * A workload that gets a host.
   *
   * @param reasons why this one; worked out when they are asked for
   */
  public record Placed(WorkloadId workload, HostId host, List<Why> reasons) {
    /** Without reasons. */
    public Placed(WorkloadId workload, HostId host) {
      this(workload, host, List.of());
    }
  }

  /**
   * A survivor that goes from one host to another.
   *
   * @param reasons why it leaves the one, then why it comes to the other
   */
  public record Moved(WorkloadId workload, HostId from, HostId to, List<Why> reasons) {
    /** Without reasons. */
    public Moved(WorkloadId workload, HostId from, HostId to) {
      this(workload, from, to, List.of());
    }
  }

  /**
   * A survivor that is stopped.
   *
   * @param reasons why it cannot stay
   */
  public record Evicted(WorkloadId workload, HostId host, List<Why> reasons) {
    /** Without reasons. */
    public Evicted(WorkloadId workload, HostId host) {
      this(workload, host, List.of());
    }
  }

  /**
   * A workload without a host.
   *
   * @param reasons one for every host that has not failed, in the order of the snapshot
   */
  public record Unplaced(WorkloadId workload, List<Refused> reasons) {}

  /**
   * Why a host does not take a workload when everything else of the plan is done.
   *
   * @param objections all that speaks against it there, at least one; what cannot be helped by
   *     making room comes first
   */
  public record Refused(HostId host, List<Objection> objections) {
    public Refused {
      objections = List.copyOf(objections);
      if (objections.isEmpty()) {
        throw new InvalidConfigException("refused.objections", "none", "at least one");
      }
    }

    /** The kind of the first objection. */
    public Refusal.Code code() {
      return objections.get(0).code();
    }

    /** What is in the way, one clause for each objection. */
    public String detail() {
      return clauses(Objection::detail, "; ");
    }

    /** All that would have to change, as a clause that follows "it fits when". */
    public String change() {
      return clauses(Objection::change, " and ");
    }

    /** One line for people: what is in the way, and what would have to change. */
    public String describe() {
      return "%s: %s; it fits when %s".formatted(host, detail(), change());
    }

    private String clauses(Function<Objection, String> clause, String between) {
      return objections.stream().map(clause).collect(Collectors.joining(between));
    }
  }

  /** One thing to do. Whatever waits for nothing that is still to be done may be done at once. */
  public sealed interface Step {
    /** The workload. */
    WorkloadId workload();

    /** Indexes of the steps that must have ended before this one begins, ascending. */
    List<Integer> after();

    /** Starts the workload on a host. */
    record Start(WorkloadId workload, HostId host, List<Integer> after) implements Step {
      public Start {
        after = List.copyOf(after);
      }
    }

    /** Moves the running workload; until it has ended it holds room at both ends. */
    record Move(WorkloadId workload, HostId from, HostId to, List<Integer> after) implements Step {
      public Move {
        after = List.copyOf(after);
      }
    }

    /** Stops the workload. */
    record Stop(WorkloadId workload, HostId host, List<Integer> after) implements Step {
      public Stop {
        after = List.copyOf(after);
      }
    }
  }

  public Plan {
    placed = List.copyOf(placed);
    moved = List.copyOf(moved);
    evicted = List.copyOf(evicted);
    unplaced = List.copyOf(unplaced);
    steps = List.copyOf(steps);
  }

  /** One whose moves and evictions cost nothing. */
  public Plan(
      List<Placed> placed,
      List<Moved> moved,
      List<Evicted> evicted,
      List<Unplaced> unplaced,
      List<Step> steps,
      long value,
      long upperBound,
      long lost,
      boolean optimal) {
    this(placed, moved, evicted, unplaced, steps, value, 0, upperBound, lost, optimal);
  }

  /** The value less the price: the greater, the better the plan by weight. */
  public long worth() {
    return value - price;
  }

  /** Whether everything that is to run does in the end. */
  public boolean isComplete() {
    return unplaced.isEmpty() && evicted.isEmpty();
  }
}
