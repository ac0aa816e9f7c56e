package io.holdfast.engine.agent;

import io.holdfast.api.HaEvent;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Migrations away from this host. never two: an attempt is over only when it surely failed and an
 * inventory read after that lists the workload, or when the workload has left; one whose outcome is
 * unknown is ended first. Whoever has left is not started here again without a new order.
 */
final class Departures {
  private enum Stage {
    UNDER_WAY,
    /** It may be under way still: to be ended. */
    IN_DOUBT,
    /** It is under way no more; an inventory that begins now tells what came of it. */
    TO_BE_SEEN,
    FAILED,
    LEFT
  }

  private static final class Attempt {
    final OpId move;
    Stage stage = Stage.UNDER_WAY;

    /** Whether it surely came to nothing. */
    boolean surelyFailed;

    String detail = "";
    long seenAfter;
    long notBefore = Long.MIN_VALUE;

    Attempt(OpId move) {
      this.move = move;
    }

    boolean isOpen() {
      return stage != Stage.FAILED && stage != Stage.LEFT;
    }
  }

  private final AgentState state;
  private final Inventory inventory;
  private final SortedMap<WorkloadId, Attempt> attempts = new TreeMap<>();

  /** Last listed as being migrated, whoever asked for that. */
  private final SortedSet<WorkloadId> listedLeaving = new TreeSet<>();

  Departures(AgentState state, Inventory inventory) {
    this.state = state;
    this.inventory = inventory;
  }

  /** Whether this move may be tried now. Each is tried once. */
  boolean mayTry(WorkloadId workload, OpId move) {
    Attempt attempt = attempts.get(workload);
    return attempt == null || (attempt.stage == Stage.FAILED && !attempt.move.equals(move));
  }

  void begun(WorkloadId workload, OpId move) {
    attempts.put(workload, new Attempt(move));
  }

  /**
   * The attempt has been answered.
   *
   * @return false if it was not begun at all
   */
  boolean answered(WorkloadId workload, Outcome<Ack> outcome) {
    Attempt attempt = attempts.get(workload);
    if (outcome instanceof Outcome.Failed<Ack> failed && failed.cause() == Outcome.Cause.EXPIRED) {
      attempts.remove(workload);
      return false;
    }
    if (attempt == null) {
      return true;
    }
    if (outcome instanceof Outcome.Done<Ack>) {
      attempt.stage = Stage.LEFT;
      inventory.stopped(workload, StopReason.MIGRATED);
      inventory.certainly(workload, null);
      return true;
    }
    if (outcome instanceof Outcome.Failed<Ack> failed) {
      attempt.surelyFailed = true;
      attempt.detail = "migration failed: " + failed.detail();
      attempt.stage = Stage.TO_BE_SEEN;
      attempt.seenAfter = state.latestOp();
    } else {
      attempt.detail = "migration unknown: " + ((Outcome.Unknown<Ack>) outcome).detail();
      attempt.stage = Stage.IN_DOUBT;
    }
    state.publish(new HaEvent.WorkloadTrouble(workload, state.config.host(), attempt.detail));
    return true;
  }

  /** What may be under way has been asked to end. */
  void cancelled(WorkloadId workload, boolean done) {
    Attempt attempt = attempts.get(workload);
    if (attempt == null || !attempt.isOpen()) {
      return;
    }
    attempt.stage = done ? Stage.TO_BE_SEEN : Stage.IN_DOUBT;
    attempt.seenAfter = state.latestOp();
    attempt.notBefore = state.now + state.config.timings().renewInterval().toNanos();
  }

  /** An inventory that was begun by this operation. */
  void inventory(OpId op, Outcome<SortedMap<WorkloadId, RunState>> outcome) {
    if (!(outcome instanceof Outcome.Done<SortedMap<WorkloadId, RunState>> done)) {
      return;
    }
    SortedMap<WorkloadId, RunState> seen = done.value();
    seen.forEach(
        (id, run) -> {
          if (run == RunState.MIGRATING) {
            listedLeaving.add(id);
          } else {
            listedLeaving.remove(id);
          }
        });
    attempts.forEach(
        (id, attempt) -> {
          boolean tells = attempt.stage == Stage.TO_BE_SEEN && op.sequence() > attempt.seenAfter;
          if (tells && seen.get(id) == RunState.MIGRATING) {
            // Whatever was answered, it goes on: it is ended, so that this does not last for ever.
            attempt.stage = Stage.IN_DOUBT;
            attempt.notBefore =
                Math.max(
                    attempt.notBefore,
                    state.now + state.config.timings().renewInterval().toNanos());
          } else if (tells) {
            boolean here = seen.containsKey(id);
            attempt.stage = here || attempt.surelyFailed ? Stage.FAILED : Stage.LEFT;
          }
        });
  }

  /** Whether an attempt is not known to be over. */
  boolean isOpen(WorkloadId workload) {
    Attempt attempt = attempts.get(workload);
    return attempt != null && attempt.isOpen();
  }

  /** Attempts of unknown outcome that are to be ended now. */
  List<WorkloadId> toBeEnded() {
    return attempts.entrySet().stream()
        .filter(e -> e.getValue().stage == Stage.IN_DOUBT && e.getValue().notBefore <= state.now)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** When the next is due after now. */
  long nextWakeup() {
    return attempts.values().stream()
        .filter(attempt -> attempt.stage == Stage.IN_DOUBT && attempt.notBefore > state.now)
        .mapToLong(attempt -> attempt.notBefore)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** Whether something is moving that no event may tell the end of. */
  boolean isWorthLooking() {
    return !listedLeaving.isEmpty();
  }

  /**
   * Whether what does not run here any more went to another host, as far as is known. never two: it
   * runs there now, so it is not for this one to start.
   */
  boolean hasLeft(WorkloadId workload) {
    StopReason reason = inventory.whyStopped(workload);
    boolean mayHaveLeft = listedLeaving.contains(workload) || inventory.wentUnseen(workload);
    boolean leftUnseen = mayHaveLeft && reason == StopReason.UNKNOWN;
    return leftByOrder(workload) || leftUnseen || reason == StopReason.MIGRATED;
  }

  /** What is told of an order whose workload has left. */
  String howItLeft(WorkloadId workload) {
    boolean unseen =
        inventory.wentUnseen(workload)
            && inventory.whyStopped(workload) == StopReason.UNKNOWN
            && !listedLeaving.contains(workload)
            && !leftByOrder(workload);
    return unseen ? "not here any more, and nobody saw what became of it" : "migrated away";
  }

  /**
   * Whether an attempt has taken it away since the order in force was given: what was resolved
   * before that is forgotten.
   */
  boolean leftByOrder(WorkloadId workload) {
    Attempt attempt = attempts.get(workload);
    return attempt != null && attempt.stage == Stage.LEFT;
  }

  Optional<OpId> failed(WorkloadId workload) {
    return Optional.ofNullable(attempts.get(workload))
        .filter(attempt -> attempt.stage == Stage.FAILED)
        .map(attempt -> attempt.move);
  }

  String detailOf(WorkloadId workload) {
    Attempt attempt = attempts.get(workload);
    return attempt == null ? "" : attempt.detail;
  }

  /** Another order begins anew. */
  void forget(WorkloadId workload) {
    listedLeaving.remove(workload);
    inventory.forgetThatItWent(workload);
    if (!isOpen(workload)) {
      attempts.remove(workload);
    }
  }

  /** Workloads with an attempt that may take effect yet. */
  SortedSet<WorkloadId> open() {
    SortedSet<WorkloadId> open = new TreeSet<>();
    attempts.forEach(
        (id, attempt) -> {
          if (attempt.isOpen()) {
            open.add(id);
          }
        });
    return open;
  }
}
