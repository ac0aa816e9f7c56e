package io.holdfast.engine.core;

import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;

/**
 * What to do with a workload, total: every combination of what is wanted, how its owner stands and
 * what the owner reports has its line. Pure: facts in, one action out.
 */
final class WorkloadTable {

  /** What is wanted. */
  enum Wish {
    RUN,
    STOP,
    /** It is no longer protected. */
    FORGET
  }

  /** How the host stands that it is placed on. */
  enum Stand {
    /** It is placed nowhere. */
    UNPLACED,
    /** There is evidence that the incarnation it is placed on runs nothing. */
    PROVEN_DOWN,
    /** Its host is online in the incarnation it is placed on, and its report counts. */
    PRESENT,
    /** Its host is online, in a later incarnation than it is placed on. */
    REJOINED,
    /** Nothing new is known of its host, or only of an agent whose lease was not seen yet. */
    UNHEARD
  }

  enum Action {
    /** Leave everything as it is. */
    NOTHING,
    /** Find a host and start it there. */
    PLACE,
    /** Its owner is proven down: take it away, then find another. */
    RECOVER,
    /** Its owner gave it up, observed not running: take it away, then find another. */
    RELOCATE,
    /** It is observed not running: it belongs to nobody now. */
    RELEASE,
    /** Its user shut it down, observed not running: it belongs to nobody, and is left so. */
    REST,
    /** Its owner says that it went elsewhere: find it, or know that it runs nowhere. */
    FIND,
    /** Give the order anew to the same host, to run it. */
    ORDER_RUN,
    /** Give the order anew to the same host, to stop it. */
    ORDER_STOP,
    /** Take it off the books and leave it alone. */
    DROP
  }

  private WorkloadTable() {}

  /**
   * @param goal what the owner was told last
   * @param condition what the owner reports of that order; only looked at when it is PRESENT
   */
  static Action decide(Wish wish, Stand stand, Goal goal, Condition condition) {
    if (wish == Wish.FORGET) {
      return Action.DROP;
    }
    return switch (stand) {
      case UNPLACED -> wish == Wish.RUN ? Action.PLACE : Action.NOTHING;
      case PROVEN_DOWN -> wish == Wish.RUN ? Action.RECOVER : Action.RELEASE;
      case REJOINED -> wish == Wish.RUN ? Action.ORDER_RUN : Action.ORDER_STOP;
      case UNHEARD -> Action.NOTHING;
      case PRESENT ->
          wish == Wish.RUN ? wantedHere(goal, condition) : unwantedHere(goal, condition);
    };
  }

  private static Action wantedHere(Goal goal, Condition condition) {
    if (goal == Goal.STOP) {
      return switch (condition) {
        case STOPPED, SHUT_DOWN -> Action.RELEASE;
        case GONE -> Action.FIND;
        case PENDING, STARTING, RUNNING, MIGRATING, STOPPING, STOP_FAILED, GIVEN_UP, UNKNOWN ->
            Action.ORDER_RUN;
      };
    }
    return switch (condition) {
      case GIVEN_UP -> Action.RELOCATE;
      case SHUT_DOWN -> Action.REST;
      case GONE -> Action.FIND;
      case RUNNING -> goal == Goal.KEEP ? Action.ORDER_RUN : Action.NOTHING;
      case PENDING, STARTING, MIGRATING, STOPPING, STOP_FAILED, STOPPED, UNKNOWN -> Action.NOTHING;
    };
  }

  private static Action unwantedHere(Goal goal, Condition condition) {
    if (goal != Goal.STOP) {
      return switch (condition) {
        case GIVEN_UP, SHUT_DOWN -> Action.RELEASE;
        case GONE -> Action.FIND;
        // never two: where it ends is not known before it has ended.
        case MIGRATING -> Action.NOTHING;
        case PENDING, STARTING, RUNNING, STOPPING, STOP_FAILED, STOPPED, UNKNOWN ->
            Action.ORDER_STOP;
      };
    }
    return switch (condition) {
      case STOPPED, GIVEN_UP, SHUT_DOWN -> Action.RELEASE;
      case GONE -> Action.FIND;
      case PENDING, STARTING, RUNNING, MIGRATING, STOPPING, STOP_FAILED, UNKNOWN -> Action.NOTHING;
    };
  }
}
