package io.holdfast.engine.core;

import io.holdfast.api.AdmissionStatus;
import io.holdfast.api.AdmissionStatus.Answer;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission.CounterExample;
import io.holdfast.engine.record.Placement;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * First starts that are done although with them the failures that are to be survived would not be.
 * Each is looked into when it is decided, as long as that is quickly done; the others are told of
 * together if the next look finds that it has become so.
 */
final class StartWarnings {
  /** Each takes up to some milliseconds; the next are for the next look. */
  static final int MOST_ASKED = 50;

  private final ControllerState state;
  private final Survival survival;
  private int asked;
  private final SortedMap<WorkloadId, HostId> unasked = new TreeMap<>();

  /** While it is so; for explanations. */
  private final SortedMap<WorkloadId, String> warned = new TreeMap<>();

  StartWarnings(ControllerState state, Survival survival) {
    this.state = state;
    this.survival = survival;
  }

  void reset() {
    asked = 0;
    unasked.clear();
    warned.clear();
  }

  /**
   * A first start is about to be done.
   *
   * @param words for what would not be survived
   * @return what is told of it; empty if there is nothing to tell
   */
  String of(WorkloadEntry workload, HostId host, Function<CounterExample, String> words) {
    if (asked >= MOST_ASKED || !survival.isAtHand()) {
      unasked.put(workload.id, host);
      return "";
    }
    asked++;
    Optional<CounterExample> broken = survival.whatBreaksWith(workload, host);
    if (survival.wasTooHard()) {
      asked = MOST_ASKED; // one that took long and came to nothing is enough
      unasked.put(workload.id, host);
    }
    String why = broken.map(words).orElse("");
    if (!why.isEmpty()) {
      tell(workload.id, host, why);
    }
    return why;
  }

  private void tell(WorkloadId workload, HostId host, String why) {
    warned.put(workload, why);
    state.publish(new HaEvent.AdmissionWarned(workload, host, why));
  }

  /** The next may be asked for. */
  void askNext() {
    asked = 0;
  }

  /** All was looked at. */
  void looked(Answer before, AdmissionStatus now) {
    if (now.answer() != Answer.NO) {
      warned.clear();
    } else if (before != Answer.NO) {
      String why =
          unasked.size() == 1
              ? now.reason()
              : "%d were started since the last look; %s".formatted(unasked.size(), now.reason());
      unasked.forEach(
          (workload, host) -> {
            if (isOn(workload, host)) {
              tell(workload, host, why);
            }
          });
    }
    unasked.clear();
    warned.keySet().removeIf(id -> !state.workloads.containsKey(id));
  }

  private boolean isOn(WorkloadId id, HostId host) {
    WorkloadEntry workload = state.workloads.get(id);
    return workload != null
        && workload.placement.owner().map(Placement.Owner::host).equals(Optional.of(host));
  }

  /** As it is added to the reason why a workload is as it is. */
  String remarkOn(WorkloadId workload) {
    String why = warned.get(workload);
    return why == null ? "" : "; it was started although " + why;
  }
}
