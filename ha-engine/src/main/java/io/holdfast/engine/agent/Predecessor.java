package io.holdfast.engine.agent;

import io.holdfast.api.OpId;
import java.util.Optional;

/**
 * The agent that ran on this host before, since it booted. never two: a start that it had begun may
 * yet be carried out, and whoever is told that a workload does not run here may start it elsewhere.
 * So for a while absence is not told, whatever the inventory says, and nothing is moved away.
 *
 * <p>A start is not sent once the lease has run out that it was ordered under, and that was renewed
 * before this agent began: that takes the validity of a lease. The hypervisor is given as long
 * again to begin it, and what it lists after that is the truth.
 */
final class Predecessor {
  /** Why nothing is said of what does not run. */
  static final String WHY = "a former agent may have begun to start it here";

  private final AgentState state;
  private final Inventory inventory;
  private boolean mayStillStart;

  /** When it starts nothing any more, once this agent has begun. */
  private Optional<Long> endsAt = Optional.empty();

  /** What is listed by an operation begun after this one is all that its starts came to. */
  private Optional<OpId> lookAfter = Optional.empty();

  Predecessor(AgentState state, Inventory inventory) {
    this.state = state;
    this.inventory = inventory;
    mayStillStart = state.config.again();
  }

  /** Whether what does not run here may in a moment, without this agent. */
  boolean mayStillStart() {
    return mayStillStart;
  }

  /**
   * Whether the answer to this operation, by which something was ended, may be older than a start.
   */
  boolean mayHaveStartedSince(OpId ended) {
    return lookAfter.filter(last -> ended.sequence() <= last.sequence()).isPresent();
  }

  /**
   * Time has passed, or something has happened.
   *
   * @return whether the inventory is to be read now
   */
  boolean run() {
    if (!mayStillStart) {
      return false;
    }
    if (endsAt.isEmpty()) {
      endsAt =
          Optional.of(state.now + state.config.timings().leaseValidity().multipliedBy(2).toNanos());
    }
    if (state.now < endsAt.get()) {
      return false;
    }
    if (lookAfter.isEmpty()) {
      lookAfter = Optional.of(new OpId(0, state.latestOp()));
      return true;
    }
    mayStillStart = lookAfter.filter(inventory::isReadSince).isEmpty();
    return false;
  }

  long nextWakeup() {
    return endsAt.filter(at -> at > state.now).orElse(Long.MAX_VALUE);
  }
}
