package io.holdfast.engine.agent;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/** One order of the controller and how it stands. Confined to the core. */
final class Order {
  /** Its next host waits for the end of it, so nobody waits longer once it can be ended again. */
  static final Duration LONGEST_END_PAUSE = Duration.ofMinutes(1);

  final WorkloadId workload;
  HostIntent.Entry entry;
  Condition condition = Condition.PENDING;
  String detail = "";

  /** Whether a start was attempted under this order, or it was found running. */
  boolean begun;

  /** Whether a stop or a destroy was observed to have worked under this order. */
  boolean ended;

  /** Whether it was seen running under this order. */
  boolean ran;

  /** never two: it was here under the order before, and whoever gave this one may rely on that. */
  boolean mayHaveLeft;

  /**
   * never two: it was given before the cluster was disarmed, and the workload may have been taken
   * elsewhere by hand since. Until it is seen running here it is not started.
   */
  boolean onlyIfHere;

  /** Whether it was here when it was seen last, and has not been ended by this agent since. */
  boolean wasHere;

  /** Whether it was gone, and is listed here again without running yet. */
  boolean returning;

  /** Whether it is here, and does not execute. */
  boolean paused;

  /** How often it was ended by force in vain. */
  int vainEnds;

  /**
   * It was seen running and is not any more, without a reason: an inventory begun after this
   * operation has to say so too, for one may have looked while it rebooted.
   */
  Optional<OpId> toBeConfirmed = Optional.empty();

  /** When it was restarted here, within the window. */
  final ArrayDeque<Long> restarts = new ArrayDeque<>();

  /** Whether the next start is no restart that counts. */
  boolean isFree;

  /** Whether the detail says why it cannot be told whether it runs. */
  boolean blind;

  /** When a migration is given up that this agent sees and did not ask for. */
  long moveGivenUpAt = Long.MAX_VALUE;

  long notBefore = Long.MIN_VALUE;

  Order(WorkloadId workload, HostIntent.Entry entry) {
    this.workload = workload;
    this.entry = entry;
  }

  /** It is not here, for its order to be done with. */
  void gone(String why) {
    condition = Condition.GONE;
    detail = why;
  }

  /** Nothing is done about these any more; only what is gone may come back by itself. */
  boolean isFinal() {
    return condition == Condition.GIVEN_UP
        || condition == Condition.SHUT_DOWN
        || condition == Condition.GONE;
  }

  /** Whether it was to be kept or ended where it runs, and has not been ended. */
  boolean mayBeHere() {
    return switch (entry.goal()) {
      case KEEP -> begun;
      case STOP -> !ended;
      case RUN -> false;
    };
  }

  /** Counts a restart if the policy has one left. */
  boolean mayRestart(long now) {
    forgetRestarts(now);
    return restarts.size() < entry.restart().maxRestarts();
  }

  private void forgetRestarts(long now) {
    long oldest = now - entry.restart().window().toNanos();
    while (!restarts.isEmpty() && restarts.peekFirst() < oldest) {
      restarts.removeFirst();
    }
  }

  /** The pause before the next restart: it doubles with each one within the window. */
  Duration restartPause(long now) {
    forgetRestarts(now);
    return doubled(entry.restart().interval(), restarts.size(), entry.restart().maxInterval());
  }

  /** The pause before the next attempt to end it, {@code least} before the second one. */
  Duration endPause(Duration least) {
    Duration restart = entry.restart().maxInterval();
    Duration most = restart.compareTo(LONGEST_END_PAUSE) < 0 ? restart : LONGEST_END_PAUSE;
    return doubled(least, vainEnds, most.compareTo(least) < 0 ? least : most);
  }

  private static Duration doubled(Duration first, int times, Duration most) {
    Duration pause = first;
    for (int i = 0; i < times && pause.compareTo(most) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(most) < 0 ? pause : most;
  }

  HaEvent.WorkloadTrouble trouble(HostId host, String what) {
    return new HaEvent.WorkloadTrouble(workload, host, what);
  }
}
