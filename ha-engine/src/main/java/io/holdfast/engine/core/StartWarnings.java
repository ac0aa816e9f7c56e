package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission.CounterExample;
import io.holdfast.engine.record.Placement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * First starts that are done although with them the failures that are to be survived would not be.
 * Each is looked into when it is decided, as long as that is quickly done and nothing more urgent
 * is. The others are left out of what is known until a look, and looked into then, one after the
 * other as they were decided: so none of them is blamed for what something else did.
 */
final class StartWarnings {
  /** Each takes up to some milliseconds; the next are for the next look. */
  static final int MOST_ASKED = 50;

  /** The same where for each of them everything is worked out anew. */
  private static final int MOST_ASKED_ANEW = 2;

  private final ControllerState state;
  private final Survival survival;
  private final LookPace pace;
  private int asked;

  /** Started, and not looked into yet; in order. */
  private final Deque<WorkloadId> late = new ArrayDeque<>();

  /** While it is so; for explanations. */
  private final SortedMap<WorkloadId, String> warned = new TreeMap<>();

  StartWarnings(ControllerState state, Survival survival, LookPace pace) {
    this.state = state;
    this.survival = survival;
    this.pace = pace;
  }

  void reset() {
    asked = 0;
    warned.clear();
    forgetLate();
  }

  private void forgetLate() {
    late.clear();
    survival.leaveNoneOut();
  }

  /**
   * A first start is about to be decided.
   *
   * @param words for what would not be survived
   * @return what is told of it; empty if there is nothing to tell now
   */
  String of(WorkloadEntry workload, HostId host, Function<CounterExample, String> words) {
    boolean next = late.isEmpty() && asked < MOST_ASKED;
    if (!next || !survival.isKnown() || !pace.isQuiet()) {
      late.add(workload.id);
      survival.leaveOut(workload.id);
      return "";
    }
    asked++;
    Optional<CounterExample> broken = survival.whatBreaksWith(workload, host);
    if (!survival.answer().survives()) {
      asked = MOST_ASKED; // none is to blame before that is looked at
    }
    return tell(workload.id, host, broken.map(words));
  }

  private String tell(WorkloadId workload, HostId host, Optional<String> why) {
    why.ifPresent(
        reason -> {
          warned.put(workload, reason);
          state.publish(new HaEvent.AdmissionWarned(workload, host, reason));
        });
    return why.orElse("");
  }

  /** The next may be asked for. */
  void askNext() {
    asked = 0;
  }

  /** Whether no start is to be looked into at the next look. */
  boolean areAllAsked() {
    return late.isEmpty();
  }

  /**
   * All was looked at.
   *
   * @param survives with all that is started and all that is to start
   */
  void looked(boolean survives, Function<CounterExample, String> words) {
    boolean survivesWithout = survival.answer().survives(); // so the next start is quickly asked
    if (survivesWithout) {
      warned.clear();
    }
    if (survives || !(survivesWithout || survival.isCutShort())) {
      forgetLate(); // it is none of them
    } else {
      askLate(words);
    }
    warned.keySet().removeIf(id -> !state.workloads.containsKey(id));
  }

  private void askLate(Function<CounterExample, String> words) {
    int most = survival.isSlow() ? MOST_ASKED_ANEW : MOST_ASKED;
    for (int n = 0; n < most && !late.isEmpty() && isKnownToSurvive(); n++) {
      WorkloadId id = late.remove();
      Optional<CounterExample> broken = survival.whatBreaksWithLeftOut(id);
      hostOf(id).ifPresent(host -> tell(id, host, broken.map(words)));
    }
  }

  /** Where something is left to be looked at, what is asked for now could not be proven. */
  private boolean isKnownToSurvive() {
    return survival.answer().survives() && !survival.isCutShort();
  }

  private Optional<HostId> hostOf(WorkloadId id) {
    return Optional.ofNullable(state.workloads.get(id))
        .flatMap(workload -> workload.placement.owner())
        .map(Placement.Owner::host);
  }

  /** As it is added to the reason why a workload is as it is. */
  String remarkOn(WorkloadId workload) {
    String why = warned.get(workload);
    return why == null ? "" : "; it was started although " + why;
  }
}
