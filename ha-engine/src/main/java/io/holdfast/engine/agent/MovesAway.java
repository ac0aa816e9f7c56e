package io.holdfast.engine.agent;

import io.holdfast.api.OpId;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Begins the move that an order asks for, and ends migrations: those of unknown outcome, and those
 * that nobody waits for any more, whoever began them. What is known of each is in {@link
 * Departures}.
 */
final class MovesAway {
  /**
   * How long a migration is left alone that this agent did not ask for: a former agent of this host
   * did, or a person.
   */
  static final Duration FOREIGN_MIGRATION = Duration.ofMinutes(10);

  private final AgentState state;
  private final Actions actions;
  private final Predecessor predecessor;
  private final Departures departures;

  MovesAway(AgentState state, Actions actions, Predecessor predecessor, Departures departures) {
    this.state = state;
    this.actions = actions;
    this.predecessor = predecessor;
    this.departures = departures;
  }

  /** Only by the order in force and a valid lease, as a start is. */
  void begin(Order order, HostIntent.Migration migration) {
    if (departures.mayTry(order.workload, migration.move())
        && state.mayStart()
        && state.now >= order.notBefore) {
      if (predecessor.mayStillStart()) { // never two: it would begin here again what has left
        order.detail = Predecessor.WHY;
        return;
      }
      order.condition = Condition.MIGRATING;
      departures.begun(order.workload, migration.move());
      actions.migrate(order.workload, migration);
    }
  }

  /**
   * It is moving, or may be: it is followed until that is over.
   *
   * @param mayEnd whether one that nobody waits for any more may be ended
   */
  void follow(Order order, boolean mayEnd) {
    // never two: it may be running elsewhere in a moment, or already.
    order.begun = true;
    order.condition = Condition.MIGRATING;
    order.detail = departures.detailOf(order.workload);
    if (mayEnd && !departures.isOpen(order.workload)) {
      endIfEndless(order);
    }
  }

  /** never stuck: whoever asked for it has gone, and its deadline with it. */
  private void endIfEndless(Order order) {
    Duration patience =
        order.entry.migration().map(HostIntent.Migration::timeout).orElse(FOREIGN_MIGRATION);
    boolean isDue = state.now >= order.moveGivenUpAt;
    if (isDue || order.moveGivenUpAt == Long.MAX_VALUE) {
      order.moveGivenUpAt = state.now + patience.toNanos();
    }
    if (isDue) {
      state.publish(
          order.trouble(state.config.host(), "a migration that nobody waits for is given up"));
      actions.cancelMigration(order.workload);
    }
  }

  /** What may be under way, and nobody can tell, is ended. */
  void endDoubtful() {
    departures.toBeEnded().stream()
        .filter(id -> !actions.isBusy(id))
        .forEach(actions::cancelMigration);
  }

  /** The move of it has been answered, or the end of one. */
  void answered(AgentEvent.ActionEnded event, Actions.Kind kind, @Nullable Order order) {
    if (kind == Actions.Kind.CANCEL_MIGRATION) {
      departures.cancelled(event.workload(), event.outcome().isDone());
      return;
    }
    boolean tried = departures.answered(event.workload(), event.outcome());
    if (!tried && order != null) {
      order.notBefore = state.now + state.config.timings().renewInterval().toNanos();
    }
  }

  /** Also the one that was never tried, because the workload had left in another way. */
  Optional<OpId> failed(Order order) {
    return order
        .entry
        .migration()
        .map(HostIntent.Migration::move)
        .filter(move -> order.condition == Condition.GONE)
        .filter(move -> departures.mayTry(order.workload, move))
        .or(() -> departures.failed(order.workload));
  }
}
