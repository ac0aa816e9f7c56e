package io.holdfast.engine.planning;

import io.holdfast.api.InvalidConfigException;
import java.time.Duration;

/**
 * What a plan may do, and what it is to achieve. Immutable.
 *
 * <p>Prices are in units of weight: survivors are moved or stopped only for what is worth more than
 * all of that costs, each move and each stop for itself counted. The best plan is the one with the
 * greatest value less its price.
 *
 * @param moves whether survivors may be moved while they run
 * @param eviction whether survivors may be stopped for what is worth more
 * @param objective what makes a plan better
 * @param strategy where workloads go when several hosts would do
 * @param timeBudget how long the search may go on, 0 to an hour. A plan that is proven to be the
 *     best ends it at once; a budget of 0 gives the first good plan
 * @param seed the search's own dice; the same input with the same seed gives the same plan as long
 *     as the budget does not end the search
 * @param movePrice what each move costs, 0 to {@link #MOST_PRICE}; a way over a third host is two
 * @param evictionPrice what each stop of a survivor costs beside its weight, 0 to {@link
 *     #MOST_PRICE}
 */
public record PlanOptions(
    Moves moves,
    boolean eviction,
    Objective objective,
    Strategy strategy,
    Duration timeBudget,
    long seed,
    long movePrice,
    long evictionPrice) {

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

  /** The greatest price, as great as the greatest weight. */
  public static final long MOST_PRICE = WorkloadSnapshot.MOST_WEIGHT;

  /** Nothing is moved or evicted; by weight, balanced, in a second, with seed 1. */
  public static final PlanOptions DEFAULT =
      new PlanOptions(
          Moves.NONE, false, Objective.WEIGHT, Strategy.BALANCED, Duration.ofSeconds(1), 1);

  public PlanOptions {
    if (timeBudget.isNegative() || timeBudget.compareTo(LONGEST) > 0) {
      throw new InvalidConfigException("options.timeBudget", timeBudget, "PT0S to " + LONGEST);
    }
    checkPrice("options.movePrice", movePrice, objective);
    checkPrice("options.evictionPrice", evictionPrice, objective);
  }

  /** By priority nothing has a weight that a price could be compared with. */
  private static void checkPrice(String field, long price, Objective objective) {
    if (price < 0 || price > MOST_PRICE) {
      throw new InvalidConfigException(field, price, "0 to " + MOST_PRICE);
    }
    if (price > 0 && objective != Objective.WEIGHT) {
      throw new InvalidConfigException(field, price, "0, where the objective is not the weight");
    }
  }

  /** Moves and evictions cost nothing. */
  public PlanOptions(
      Moves moves,
      boolean eviction,
      Objective objective,
      Strategy strategy,
      Duration timeBudget,
      long seed) {
    this(moves, eviction, objective, strategy, timeBudget, seed, 0, 0);
  }

  /** The same, with or without moves. */
  public PlanOptions with(Moves other) {
    return new PlanOptions(
        other, eviction, objective, strategy, timeBudget, seed, movePrice, evictionPrice);
  }

  /** The same, with or without eviction. */
  public PlanOptions withEviction(boolean other) {
    return new PlanOptions(
        moves, other, objective, strategy, timeBudget, seed, movePrice, evictionPrice);
  }

  /**
   * The same with another objective.
   *
   * @throws InvalidConfigException if it is by priority, and anything has a price
   */
  public PlanOptions with(Objective other) {
    return new PlanOptions(
        moves, eviction, other, strategy, timeBudget, seed, movePrice, evictionPrice);
  }

  /** The same with another strategy. */
  public PlanOptions with(Strategy other) {
    return new PlanOptions(
        moves, eviction, objective, other, timeBudget, seed, movePrice, evictionPrice);
  }

  /** The same with another time budget. */
  public PlanOptions within(Duration budget) {
    return new PlanOptions(
        moves, eviction, objective, strategy, budget, seed, movePrice, evictionPrice);
  }

  /**
   * The same with other prices.
   *
   * @param move what each move costs
   * @param stop what each eviction costs beside the weight of what is stopped
   */
  public PlanOptions pricing(long move, long stop) {
    return new PlanOptions(moves, eviction, objective, strategy, timeBudget, seed, move, stop);
  }

  /** Whether anything that a plan may do to survivors has a price. */
  boolean arePriced() {
    return (moves == Moves.ALLOWED && movePrice > 0) || (eviction && evictionPrice > 0);
  }
}
