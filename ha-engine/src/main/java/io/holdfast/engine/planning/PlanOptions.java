package io.holdfast.engine.planning;

import io.holdfast.api.InvalidConfigException;
import java.time.Duration;

/**
 * What a plan may do, and what it is to achieve. Immutable.
 *
 * @param moves whether survivors may be moved while they run
 * @param eviction whether survivors may be stopped for what is worth more
 * @param objective what makes a plan better
 * @param strategy where workloads go when several hosts would do
 * @param timeBudget how long the search may go on, 0 to an hour. A plan that is proven to be the
 *     best ends it at once; a budget of 0 gives the first good plan
 * @param seed the search's own dice; the same input with the same seed gives the same plan as long
 *     as the budget does not end the search
 */
public record PlanOptions(
    Moves moves,
    boolean eviction,
    Objective objective,
    Strategy strategy,
    Duration timeBudget,
    long seed) {

  /** Whether survivors may be moved. */
  public enum Moves {
    /** They stay where they are. */
    NONE,
    /** They may be moved, as few as possible. */
    ALLOWED
  }

  /** What makes a plan better. */
  public enum Objective {
    /** The sum of the weights of what runs. */
    WEIGHT,
    /** More of the highest priority, then more of the next, and so on; weights do not count. */
    PRIORITY
  }

  /** Which of several hosts is taken. Never at the price of something that has no host then. */
  public enum Strategy {
    /** The one that is the least full with it. */
    BALANCED,
    /** The most demanding first, each onto the host with the most room. */
    DRS,
    /** One after the other. */
    ROUND_ROBIN,
    /** Standby hosts first. */
    STANDBY,
    /** The one that is the fullest with it: hosts stay empty. */
    PACKED
  }

  /** The longest time budget. */
  public static final Duration LONGEST = Duration.ofHours(1);

  /** Nothing is moved or evicted; by weight, balanced, in a second, with seed 1. */
  public static final PlanOptions DEFAULT =
      new PlanOptions(
          Moves.NONE, false, Objective.WEIGHT, Strategy.BALANCED, Duration.ofSeconds(1), 1);

  public PlanOptions {
    if (timeBudget.isNegative() || timeBudget.compareTo(LONGEST) > 0) {
      throw new InvalidConfigException("options.timeBudget", timeBudget, "PT0S to " + LONGEST);
    }
  }

  /** The same, with or without moves. */
  public PlanOptions with(Moves other) {
    return new PlanOptions(other, eviction, objective, strategy, timeBudget, seed);
  }

  /** The same, with or without eviction. */
  public PlanOptions withEviction(boolean other) {
    return new PlanOptions(moves, other, objective, strategy, timeBudget, seed);
  }

  /** The same with another objective. */
  public PlanOptions with(Objective other) {
    return new PlanOptions(moves, eviction, other, strategy, timeBudget, seed);
  }

  /** The same with another strategy. */
  public PlanOptions with(Strategy other) {
    return new PlanOptions(moves, eviction, objective, other, timeBudget, seed);
  }

  /** The same with another time budget. */
  public PlanOptions within(Duration budget) {
    return new PlanOptions(moves, eviction, objective, strategy, budget, seed);
  }
}
