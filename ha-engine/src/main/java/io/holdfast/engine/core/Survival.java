package io.holdfast.engine.core;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission.Answer;
import io.holdfast.engine.planning.Admission.CounterExample;
import io.holdfast.engine.planning.AdmissionState;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The question of {@link AdmissionState}, kept current with the books: what has changed is taken
 * over before it is asked. Hosts that are down or lost have failed already; what is only suspected
 * has not.
 */
final class Survival {
  /** What more has changed is not quickly taken over. */
  private static final int MOST_AT_HAND = 200;

  private static final Answer NOTHING_KNOWN = new Answer(false, false, Optional.empty());

  private final ControllerState state;
  private final AdmissionLimits limits;
  private final AdmissionSnapshots snapshots;
  private final SortedSet<HostId> staleHosts = new TreeSet<>();
  private final SortedSet<WorkloadId> staleWorkloads = new TreeSet<>();
  private boolean anew = true;
  private boolean unseen;

  /** More has changed than is quickly taken over; so it stays until that is done. */
  private boolean muchStale;

  private @Nullable KeptAnswers kept;
  private AdmissionPolicy keptFor = AdmissionPolicy.DEFAULT;
  private boolean keptHard;
  private String whyUnknown = "";

  Survival(ControllerState state) {
    this.state = state;
    limits = new AdmissionLimits(state);
    snapshots = new AdmissionSnapshots(state);
  }

  void reset() {
    anew = true;
    kept = null;
    muchStale = false;
    staleHosts.clear();
    staleWorkloads.clear();
    snapshots.countAll();
    whyUnknown = "";
  }

  /** Whether it is looked at, and that may hold up other decisions for longer than is good. */
  boolean isLarge() {
    return limits.isLarge();
  }

  void changed(HostEntry host) {
    if (!anew) {
      staleHosts.add(host.id);
    }
  }

  void changed(WorkloadEntry workload) {
    if (!anew) {
      staleWorkloads.add(workload.id);
    }
  }

  void rulesChanged() {
    anew = true;
  }

  /** Why there is no answer; empty if there is, or what is asked for is another since. */
  Optional<String> whyUnknown() {
    return whyUnknown.isEmpty() || isForAnother() ? Optional.empty() : Optional.of(whyUnknown);
  }

  /** Whether anything may have changed since this was last asked; it is taken over. */
  boolean isAnother() {
    takeChanges();
    boolean another = unseen;
    unseen = false;
    return another;
  }

  private void takeChanges() {
    anew |= isForAnother() || limits.isTooLarge();
    if (anew || !staleHosts.isEmpty() || !staleWorkloads.isEmpty()) {
      take(
          () -> {
            if (!anew) {
              update();
            }
            if (anew) {
              begin(state.policy.admission());
            }
          });
    }
  }

  /** Whether the policy asks for another answer than when this was last begun. */
  boolean isForAnother() {
    return !state.policy.admission().equals(keptFor) || state.policy.hardCapacity() != keptHard;
  }

  /** Whether one start can be asked about without anything being begun anew. */
  boolean isAtHand() {
    if (anew || isForAnother() || limits.isTooLarge() || isMuchStale()) {
      return false;
    }
    if (!staleHosts.isEmpty() || !staleWorkloads.isEmpty()) {
      take(this::update);
    }
    KeptAnswers now = kept;
    return !anew && now != null && !now.counted().isOutdated() && now.counted().isKept();
  }

  /** Whether, beyond that, nearly all that the answer needs is known already. */
  boolean isKnown() {
    KeptAnswers now = kept;
    return isAtHand() && now != null && now.counted().isNearlyKnown();
  }

  /** Whether all is worked out anew for every answer. */
  boolean isSlow() {
    KeptAnswers now = kept;
    return now != null && !now.counted().isKept();
  }

  /** Whether an answer did not get to the end, so that the next one may tell more. */
  boolean isCutShort() {
    KeptAnswers now = kept;
    return now != null && now.isCutShort();
  }

  /** Each comparison with the store names all hosts, of which few have changed. */
  private boolean isMuchStale() {
    KeptAnswers now = kept;
    if (muchStale || now == null || staleWorkloads.size() > MOST_AT_HAND) {
      return true;
    }
    if (staleHosts.size() + staleWorkloads.size() > MOST_AT_HAND) {
      AdmissionState counted = now.counted();
      staleHosts.removeIf(id -> snapshots.host(state.host(id)).filter(counted::isAs).isPresent());
      muchStale = staleHosts.size() + staleWorkloads.size() > MOST_AT_HAND;
    }
    return muchStale;
  }

  private void take(Runnable changes) {
    unseen = true;
    muchStale = false;
    try {
      changes.run();
    } catch (InvalidConfigException tooMuch) {
      kept = null;
      anew = true;
      whyUnknown = String.valueOf(tooMuch.getMessage());
    }
    staleHosts.clear();
    staleWorkloads.clear();
  }

  private void begin(AdmissionPolicy policy) {
    kept = null;
    keptFor = policy;
    keptHard = state.policy.hardCapacity();
    whyUnknown = limits.whyNot().orElse("");
    if (!whyUnknown.isEmpty()) {
      return;
    }
    ClusterSnapshot cluster = snapshots.begin();
    whyUnknown = limits.whyNot(cluster, policy).orElse("");
    if (whyUnknown.isEmpty()) {
      kept = new KeptAnswers(snapshots, cluster, policy);
      anew = false;
    }
  }

  private void update() {
    KeptAnswers now = kept;
    if (now == null) {
      anew = true;
      return;
    }
    for (HostId id : staleHosts) {
      Optional<HostSnapshot> host = snapshots.host(state.host(id));
      if (host.isEmpty()) {
        anew = true;
        return;
      }
      now.put(host.get());
    }
    staleWorkloads.forEach(now::update);
    anew |= limits.isLarge() && !now.counted().isKept(); // it has grown: whether it is looked at
  }

  /** It is started, and counts for nothing until it is asked about. */
  void leaveOut(WorkloadId workload) {
    snapshots.leaveOut(workload);
  }

  /** All that is started counts. */
  void leaveNoneOut() {
    SortedSet<WorkloadId> counts = snapshots.countAll();
    if (!anew) {
      staleWorkloads.addAll(counts);
    }
  }

  /**
   * Whether the failures would be survived, without what is left out; only where {@link
   * #whyUnknown} says nothing.
   */
  Answer answer() {
    KeptAnswers now = kept;
    return now == null ? NOTHING_KNOWN : now.counted().answer();
  }

  /** With what is left out, unless that may be refused. */
  KeptAnswers.Found look() {
    KeptAnswers now = kept;
    return now == null
        ? new KeptAnswers.Found(NOTHING_KNOWN, Optional.empty())
        : now.look(limits.isCounted());
  }

  /**
   * A set of failures that would be survived, and would not be any more with this workload there,
   * where both is proven. It counts there from now on. Only {@link #isKnown}.
   */
  Optional<CounterExample> whatBreaksWith(WorkloadEntry workload, HostId host) {
    Workload spec = workload.spec;
    return spec == null || !state.isRegistered(host)
        ? Optional.empty()
        : whatBreaksWith(snapshots.running(spec, host));
  }

  /** The same of one that was left out: with it as it is now. From now on it counts. */
  Optional<CounterExample> whatBreaksWithLeftOut(WorkloadId id) {
    snapshots.count(id);
    return snapshots.workload(id).flatMap(this::whatBreaksWith);
  }

  private Optional<CounterExample> whatBreaksWith(WorkloadSnapshot one) {
    KeptAnswers now = kept;
    if (now == null) {
      return Optional.empty();
    }
    boolean survives = answer().survives();
    now.counted().put(one);
    Optional<Answer> no = survives ? Optional.of(answer()) : Optional.empty();
    return no.filter(Answer::exact).flatMap(Answer::counterExample);
  }

  /**
   * A set of failures that would not be survived if this workload ran there, where that is proven;
   * if there is none, it counts there from now on.
   */
  Optional<CounterExample> whyNotWith(WorkloadEntry workload, HostId host) {
    takeChanges();
    KeptAnswers now = kept;
    Workload spec = workload.spec;
    if (now == null || spec == null || !state.isRegistered(host)) {
      return Optional.empty();
    }
    now.counted().put(snapshots.running(spec, host));
    Answer with = answer();
    if (with.survives() || !with.exact()) {
      return Optional.empty();
    }
    now.update(workload.id);
    return with.counterExample();
  }
}
