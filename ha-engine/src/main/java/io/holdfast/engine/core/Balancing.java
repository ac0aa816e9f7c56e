package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.placement.Move;
import io.holdfast.engine.placement.Rebalance;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Moves running workloads when hosts are unevenly loaded, where the policy asks for it: only while
 * nothing else is under way, only when that has lasted, few at a time, each workload only once in a
 * while, and none that would be interrupted for it. Every move makes the hosts more even by the
 * margin, so with loads that stay as they are it comes to an end; with loads that swing, the pause
 * for each workload bounds it.
 */
final class Balancing {
  /** How often the hosts are compared. */
  static final Duration LOOK_EVERY = Duration.ofSeconds(10);

  /** So many looks in a row have to find them uneven. */
  static final int LOOKS_THAT_AGREE = 3;

  /** How long a workload that was moved for this is not moved for this again. */
  static final Duration PAUSE = Duration.ofMinutes(10);

  private final ControllerState state;
  private final Books books;
  private final Recovery recovery;
  private final Relocations relocations;
  private final Mobility mobility;
  private int uneven;

  Balancing(
      ControllerState state,
      Books books,
      Recovery recovery,
      Relocations relocations,
      Mobility mobility) {
    this.state = state;
    this.books = books;
    this.recovery = recovery;
    this.relocations = relocations;
    this.mobility = mobility;
  }

  void reset() {
    uneven = 0;
  }

  /** The policy may have changed. */
  void policyChanged() {
    if (state.policy.autoRebalance()) {
      state.timerAtLatest(TimerKind.BALANCE, "cluster", state.now + LOOK_EVERY.toNanos());
    } else {
      uneven = 0;
    }
  }

  /** Looks at the hosts, and begins what is worth it. */
  void due() {
    if (!state.policy.autoRebalance()) {
      return;
    }
    state.timer(TimerKind.BALANCE, "cluster", state.now + LOOK_EVERY.toNanos());
    boolean isUneven = isQuiet() && state.room.imbalance() > Rebalance.Options.DEFAULT.threshold();
    uneven = isUneven ? uneven + 1 : 0;
    if (uneven >= LOOKS_THAT_AGREE) {
      uneven = 0;
      begin(state.room.rebalance(state.policy.movesInCluster(), this::isMovable));
    }
  }

  /** Nothing is under way that will change the loads by itself, and nothing has just failed. */
  private boolean isQuiet() {
    return state.mayAct()
        && !state.policyUnread
        && isSpread()
        && !Disarming.isWanted(state)
        && state.moving.isEmpty()
        && state.silent.isEmpty()
        && !recovery.isAnyoneWaiting();
  }

  /** Whether workloads are placed so that hosts are about as full as each other. */
  private boolean isSpread() {
    PlacementMode mode = state.policy.placement();
    return (mode == PlacementMode.STATIC || mode == PlacementMode.DYNAMIC)
        && state.config.preference().isEmpty();
  }

  private boolean isMovable(WorkloadId id) {
    WorkloadEntry workload = state.workloads.get(id);
    Workload spec = workload == null ? null : workload.spec;
    return workload != null
        && spec != null
        && spec.policy().movable()
        && Failback.isWorthBalancing(workload, spec, state.now)
        && workload.lock().isEmpty()
        && workload.placement.wayBack().isEmpty()
        && Requests.open(workload).isEmpty()
        && state.now >= workload.moveNotBefore
        && !workload.placement.evened()
        && mobility.mayMove(workload);
  }

  private void pause(WorkloadEntry workload) {
    state.timer(TimerKind.BALANCE_AGAIN, workload.id.toString(), state.now + PAUSE.toNanos());
  }

  /** Read from the store: the pause counts from now, which makes it longer and never shorter. */
  void loaded(WorkloadEntry workload) {
    if (workload.placement.evened()) {
      pause(workload);
    }
  }

  /** It may be moved for this again. */
  void pauseOver(WorkloadEntry workload) {
    if (workload.placement.evened()) {
      books.write(workload, workload.placement.evened(false));
    }
  }

  /** Each was proposed to follow those before it: begun together are only such as do not meet. */
  private void begin(List<Move> moves) {
    SortedSet<HostId> used = new TreeSet<>();
    for (Move move : moves) {
      boolean alone = move.workloads().size() == 1 && !state.room.isBound(move.workloads().first());
      boolean meets = used.contains(move.from()) || used.contains(move.to());
      if (!used.isEmpty() && (meets || !alone)) {
        continue;
      }
      used.add(move.from());
      used.add(move.to());
      for (WorkloadId id : move.workloads()) {
        WorkloadEntry workload = state.workload(id);
        books.write(workload, workload.placement.evened(true));
        pause(workload);
      }
      relocations.balance(state.workload(move.workloads().first()), move);
    }
  }
}
