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
import java.time.Duration;
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
  /** Not looked at more often, however often the state is compared. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(10);

  /** A refusal takes up to some tens of milliseconds; the next are for the next look. */
  private static final int MOST_REFUSALS = 10;

  /** So many hosts are tried for a workload that the best one does not do for. */
  private static final int MOST_HOSTS = 3;

  /** So many named in a line are enough. */
  private static final int MOST_NAMED = 3;

  private final ControllerState state;
  private final Survival survival;
  private final SortedMap<WorkloadId, String> refused = new TreeMap<>();
  private final SortedSet<WorkloadId> postponed = new TreeSet<>();
  private int refusedSinceLook;

  /** Hosts beside the best ones that were asked for. */
  private int othersTriedSinceLook;

  /** Since those that were refused were asked. */
  private boolean changed;

  private Answer answer = Answer.UNKNOWN;
  private Optional<AdmissionStatus> status = Optional.empty();
  private long nextLook = Long.MIN_VALUE;

  AdmissionControl(ControllerState state) {
    this.state = state;
    survival = new Survival(state);
  }

  void reset() {
    survival.reset();
    refused.clear();
    postponed.clear();
    refusedSinceLook = 0;
    othersTriedSinceLook = 0;
    changed = false;
    answer = Answer.UNKNOWN;
    status = Optional.empty();
    nextLook = Long.MIN_VALUE;
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
    nextLook = Long.MIN_VALUE;
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
    refusedSinceLook = 0;
    othersTriedSinceLook = 0;
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
    if (policy.action() == Action.OFF || !settled || state.now < nextLook) {
      return;
    }
    nextLook = state.now + LOOK_EVERY.toNanos();
    boolean another = survival.isAnother();
    changed |= another;
    askNext();
    if (!another && status.filter(s -> s.policy().equals(policy)).isPresent()) {
      return;
    }
    Optional<AdmissionStatus> before = status.filter(last -> last.policy().equals(policy));
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
    Optional<Integer> tolerated = survival.tolerated();
    var found = survival.answer();
    if (!found.survives() && tolerated.equals(Optional.of(-1))) {
      found = survival.answerForNow();
    }
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

  /** Where a workload may be started; nowhere for the reason that is given. */
  record Admitted(Optional<HostId> host, String whyNot) {}

  /**
   * Where a workload may be started: the best host if it has run here before, or if that would
   * break nothing, else one of the next best. Nothing is refused for want of a proof.
   *
   * @param next the best host without these
   */
  Admitted admit(
      WorkloadEntry workload, HostId best, Function<SortedSet<HostId>, Optional<HostId>> next) {
    if (!mayRefuse(workload)) {
      return new Admitted(Optional.of(best), "");
    }
    String before = refused.get(workload.id);
    if (before != null) {
      return new Admitted(Optional.empty(), before);
    }
    if (refusedSinceLook >= MOST_REFUSALS) {
      postponed.add(workload.id);
      return new Admitted(
          Optional.empty(),
          "not admitted yet: that is looked into for %d refusals at a time, the next after %d s"
              .formatted(MOST_REFUSALS, LOOK_EVERY.toSeconds()));
    }
    SortedSet<HostId> tried = new TreeSet<>();
    String why = "";
    Optional<HostId> host = Optional.of(best);
    while (host.isPresent() && tried.size() < MOST_HOSTS) {
      Optional<String> refusal = survival.whyNotWith(workload, host.get()).map(this::reasonOf);
      if (refusal.isEmpty()) {
        return new Admitted(host, "");
      }
      why = why.isEmpty() ? refusal.get() : why;
      tried.add(host.get());
      host =
          othersTriedSinceLook++ < MOST_REFUSALS
              ? next.apply(tried).filter(other -> !tried.contains(other))
              : Optional.empty();
    }
    refused.put(workload.id, why);
    refusedSinceLook++;
    return new Admitted(Optional.empty(), why);
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

  private String reasonOf(CounterExample example) {
    return "not admitted: with it not %s may fail, %s; more room, or a policy that asks for less, admits it"
        .formatted(
            state.policy.admission().describe(), describe(example.hosts(), example.unplaced()));
  }
}
