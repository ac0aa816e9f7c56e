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
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Tells whether the failures that the policy asks to be survived would be, warns when the answer
 * becomes worse, and refuses first starts where the policy says so. Looked at when the state is
 * compared with the store, after changes: no failover waits for it, nor is any kept back by it.
 */
final class AdmissionControl {
  /**
   * A refusal takes up to some tens of milliseconds, and so does every answer where all is worked
   * out anew for it; the next are for the next look.
   */
  private static final int MOST_SLOW = 10;

  /** So many hosts are tried for a workload that the best one does not do for. */
  private static final int MOST_HOSTS = 3;

  /** So many named in a line are enough. */
  private static final int MOST_NAMED = 3;

  private final ControllerState state;
  private final Survival survival;
  private final LookPace pace;
  private final StartWarnings warnings;
  private final SortedMap<WorkloadId, String> refused = new TreeMap<>();
  private final SortedSet<WorkloadId> postponed = new TreeSet<>();
  private int slowSinceLook;

  /** Hosts beside the best ones that were asked for. */
  private int othersTriedSinceLook;

  /** Since those that were refused were asked. */
  private boolean changed;

  private Answer answer = Answer.UNKNOWN;
  private Optional<AdmissionStatus> status = Optional.empty();

  AdmissionControl(ControllerState state) {
    this.state = state;
    survival = new Survival(state);
    pace = new LookPace(state);
    warnings = new StartWarnings(state, survival, pace);
  }

  void reset() {
    survival.reset();
    pace.reset();
    warnings.reset();
    refused.clear();
    postponed.clear();
    slowSinceLook = 0;
    othersTriedSinceLook = 0;
    changed = false;
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
    if (survival.isForAnother()) {
      warnings.reset();
    }
    askAgain();
    askNext();
    if (state.policy.admission().action() == Action.OFF) {
      reset();
    }
  }

  private void askAgain() {
    if (!refused.isEmpty()) {
      refused.clear();
      state.worthPlacing = true;
    }
  }

  /** Those who were not asked yet, before any that were is asked again. */
  private void askNext() {
    slowSinceLook = 0;
    othersTriedSinceLook = 0;
    warnings.askNext();
    if (!postponed.isEmpty()) {
      postponed.clear();
      state.worthPlacing = true;
    } else if (changed) {
      changed = false;
      askAgain();
    }
  }

  /** The state was compared: what has changed since the last look is taken into account. */
  void look() {
    AdmissionPolicy policy = state.policy.admission();
    boolean settled = state.leading && state.now >= state.startsSettled();
    if (policy.action() == Action.OFF || !settled || !pace.takeLook(survival.isLarge())) {
      return;
    }
    boolean another = survival.isAnother();
    changed |= another;
    askNext();
    Optional<AdmissionStatus> before = status.filter(last -> last.policy().equals(policy));
    if (!another && before.isPresent() && warnings.areAllAsked()) {
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
    Survival.Found all = survival.look();
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

  // Refusing

  /** Whether it is not started before the next look. */
  boolean isRefused(WorkloadId workload) {
    return refused.containsKey(workload) || postponed.contains(workload);
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
    return admitOrRefuse(workload, best, next);
  }

  private Admitted admitOrRefuse(
      WorkloadEntry workload, HostId best, Function<SortedSet<HostId>, Optional<HostId>> next) {
    String before = refused.get(workload.id);
    if (before != null) {
      return Admitted.not(before);
    }
    boolean large = survival.isLarge();
    if (large && survival.whyUnknown().isPresent()) {
      return Admitted.on(best); // never stuck: nothing is refused for want of a proof
    }
    if (large && !survival.isAtHand()) {
      postponed.add(workload.id);
      return Admitted.not(
          "not admitted yet: in a cluster of this size that is looked into once a minute, while"
              + " anything fails within %d minutes".formatted(LookPace.MOST_PATIENCE.toMinutes()));
    }
    if (slowSinceLook >= MOST_SLOW) {
      postponed.add(workload.id);
      return Admitted.not(
          "not admitted yet: that is looked into for %d at a time, the next after a look"
              .formatted(MOST_SLOW));
    }
    SortedSet<HostId> tried = new TreeSet<>();
    String why = "";
    Optional<HostId> host = Optional.of(best);
    while (host.isPresent() && tried.size() < MOST_HOSTS) {
      Optional<String> refusal = survival.whyNotWith(workload, host.get()).map(this::reasonOf);
      if (refusal.isEmpty()) {
        slowSinceLook += survival.isSlow() ? 1 : 0;
        return Admitted.on(host.get());
      }
      why = why.isEmpty() ? refusal.get() : why;
      tried.add(host.get());
      host =
          othersTriedSinceLook++ < MOST_SLOW
              ? next.apply(tried).filter(other -> !tried.contains(other))
              : Optional.empty();
    }
    refused.put(workload.id, why);
    slowSinceLook++;
    return Admitted.not(why);
  }

  static boolean isFirstStart(WorkloadEntry workload) {
    Placement placement = workload.placement;
    return workload.status != WorkloadStatus.RECOVERING // its place may have been forgotten since
        && placement.place().isEmpty()
        && placement.move().isEmpty()
        && placement.trials().relocations() == 0
        && placement.trials().failed().isEmpty();
  }

  private String reasonOf(CounterExample example) {
    return "not admitted: %s; more room, or a policy that asks for less, admits it"
        .formatted(brokenWith(example));
  }

  private String brokenWith(CounterExample example) {
    return "with it not %s may fail, %s"
        .formatted(
            state.policy.admission().describe(), describe(example.hosts(), example.unplaced()));
  }
}
