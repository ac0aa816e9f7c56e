package io.holdfast.engine.core;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.AdmissionStatus;
import io.holdfast.api.AdmissionStatus.Answer;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.planning.Admission.CounterExample;
import io.holdfast.engine.record.Placement;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Function;

/**
 * Tells whether the failures that the policy asks to be survived would be, warns when the answer
 * becomes worse, and refuses first starts where the policy says so. Looked at when the state is
 * compared with the store, after changes: no failover waits for it, nor is any kept back by it.
 */
final class AdmissionControl {
  /** So many named in a line are enough. */
  private static final int MOST_NAMED = 3;

  private final ControllerState state;
  private final Survival survival;
  private final LookPace pace;
  private final StartWarnings warnings;
  private final StartRefusals refusals;
  private Answer answer = Answer.UNKNOWN;
  private Optional<AdmissionStatus> status = Optional.empty();

  AdmissionControl(ControllerState state) {
    this.state = state;
    survival = new Survival(state);
    pace = new LookPace(state);
    warnings = new StartWarnings(state, survival, pace);
    refusals = new StartRefusals(state, survival);
  }

  void reset() {
    survival.reset();
    pace.reset();
    warnings.reset();
    refusals.reset();
    answer = Answer.UNKNOWN;
    status = Optional.empty();
  }

  void changed(HostEntry host) {
    survival.changed(host);
  }

  void changed(WorkloadEntry workload) {
    survival.changed(workload);
  }

  void rulesChanged() {
    survival.rulesChanged();
  }

  /** What was found at the last look; empty if the policy does not ask. */
  Optional<AdmissionStatus> status() {
    AdmissionPolicy policy = state.policy.admission();
    if (policy.action() == Action.OFF) {
      return Optional.empty();
    }
    return status
        .filter(last -> last.policy().equals(policy))
        .or(() -> Optional.of(unknown(policy, "it is not looked at yet")));
  }

  private static AdmissionStatus unknown(AdmissionPolicy policy, String why) {
    String reason = "whether %s may fail is not known: %s".formatted(policy.describe(), why);
    return new AdmissionStatus(
        policy, Answer.UNKNOWN, Optional.empty(), List.of(), List.of(), reason);
  }

  /** The policy may have changed. */
  void policyChanged() {
    pace.reset();
    if (survival.isForAnother() || state.policy.admission().action() != Action.WARN) {
      warnings.reset(); // also where it is again what it was before: all that is started counts
    }
    refusals.askAgain();
    askNext();
    if (state.policy.admission().action() == Action.OFF) {
      reset();
    }
  }

  private void askNext() {
    warnings.askNext();
    refusals.askNext();
  }

  /** The state was compared: what has changed since the last look is taken into account. */
  void look() {
    AdmissionPolicy policy = state.policy.admission();
    boolean settled = state.leading && state.now >= state.startsSettled();
    if (policy.action() == Action.OFF || !settled || !pace.takeLook(survival.isLarge())) {
      return;
    }
    boolean another = survival.isAnother();
    if (another) {
      refusals.changed();
    }
    askNext();
    Optional<AdmissionStatus> before = status.filter(last -> last.policy().equals(policy));
    boolean more = another || !warnings.areAllAsked() || survival.isCutShort();
    if (!more && before.isPresent()) {
      return;
    }
    AdmissionStatus now = survey(policy);
    status = Optional.of(now);
    if (now.answer() != answer && !(answer == Answer.UNKNOWN && now.answer() == Answer.YES)) {
      state.publish(new HaEvent.AdmissionChanged(answer, now.answer(), now.reason()));
    } else if (before.filter(last -> toleratedMore(last, now)).isPresent()) {
      String why =
          "%d failures would be survived, %d before"
              .formatted(
                  Math.max(0, now.tolerated().orElseThrow()),
                  before.get().tolerated().orElseThrow());
      state.publish(new HaEvent.AdmissionChanged(answer, answer, why));
    }
    answer = now.answer();
    warnings.looked(answer == Answer.YES, this::brokenWith);
  }

  private static boolean toleratedMore(AdmissionStatus before, AdmissionStatus now) {
    return before.tolerated().isPresent()
        && now.tolerated().isPresent()
        && before.tolerated().get() > Math.max(0, now.tolerated().get());
  }

  private AdmissionStatus survey(AdmissionPolicy policy) {
    if (survival.whyUnknown().isPresent()) {
      return unknown(policy, survival.whyUnknown().get());
    }
    KeptAnswers.Found all = survival.look();
    Optional<Integer> tolerated = all.tolerated();
    var found = all.answer();
    if (found.survives()) {
      return new AdmissionStatus(
          policy, Answer.YES, tolerated, List.of(), List.of(), policy.describe() + " may fail");
    }
    List<HostId> failing = found.counterExample().map(CounterExample::hosts).orElse(List.of());
    List<WorkloadId> unplaced =
        found.counterExample().map(CounterExample::unplaced).orElse(List.of());
    Answer no = found.exact() ? Answer.NO : Answer.UNKNOWN;
    String reason =
        found.exact()
            ? "not %s may fail: %s".formatted(policy.describe(), describe(failing, unplaced))
            : unknown(policy, "that would take too long to find out").reason();
    return new AdmissionStatus(policy, no, tolerated, failing, unplaced, reason);
  }

  private static String describe(List<HostId> failing, List<WorkloadId> unplaced) {
    String when = failing.isEmpty() ? "already now" : "without " + some(failing);
    return "%s no host would be found for %s".formatted(when, some(unplaced));
  }

  private static String some(List<?> names) {
    int more = names.size() - MOST_NAMED;
    return more <= 0
        ? names.toString()
        : "%s and %d more".formatted(names.subList(0, MOST_NAMED), more);
  }

  // Starts

  /** Whether it is not started before the next look. */
  boolean isRefused(WorkloadId workload) {
    return refusals.isRefused(workload);
  }

  /** What is to be said of a workload that was started although that is warned of. */
  String remarkOn(WorkloadId workload) {
    return warnings.remarkOn(workload);
  }

  /**
   * Where a workload may be started; nowhere for the reason that is given.
   *
   * @param warning what follows why it is started there; empty if there is nothing to warn of
   */
  record Admitted(Optional<HostId> host, String whyNot, String warning) {
    static Admitted on(HostId host) {
      return new Admitted(Optional.of(host), "", "");
    }

    static Admitted not(String why) {
      return new Admitted(Optional.empty(), why, "");
    }
  }

  /**
   * Where a workload may be started: the best host if it has run here before, or if that would
   * break nothing, else one of the next best. Nothing is refused for want of a proof. Where the
   * policy only warns, the best host with a word of warning.
   *
   * @param next the best host without these
   */
  Admitted admit(
      WorkloadEntry workload, HostId best, Function<SortedSet<HostId>, Optional<HostId>> next) {
    Action action = state.policy.admission().action();
    if (action == Action.OFF || !isFirstStart(workload)) {
      return Admitted.on(best);
    }
    if (action == Action.WARN) {
      String warning = warnings.of(workload, best, this::brokenWith);
      return new Admitted(Optional.of(best), "", warning.isEmpty() ? "" : "; " + warning);
    }
    return refusals.of(workload, best, next, this::brokenWith);
  }

  /** Whether it may be kept from starting where there is room. */
  boolean mayRefuse(WorkloadEntry workload) {
    return state.policy.admission().action() == Action.REFUSE && isFirstStart(workload);
  }

  static boolean isFirstStart(WorkloadEntry workload) {
    Placement placement = workload.placement;
    return workload.status != WorkloadStatus.RECOVERING // its place may have been forgotten since
        && placement.place().isEmpty()
        && placement.move().isEmpty()
        && placement.trials().relocations() == 0
        && placement.trials().failed().isEmpty();
  }

  private String brokenWith(CounterExample example) {
    return "with it not %s may fail, %s"
        .formatted(
            state.policy.admission().describe(), describe(example.hosts(), example.unplaced()));
  }
}
