package io.holdfast.engine.core;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission;
import io.holdfast.engine.planning.Admission.Answer;
import io.holdfast.engine.planning.Admission.CounterExample;
import io.holdfast.engine.planning.Admission.Effort;
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
  /** For one answer: some tens of milliseconds. */
  private static final Effort EFFORT = new Effort(20_000, 2_000_000, 200_000);

  /** For one number of failures more. */
  private static final Effort LITTLE = new Effort(2_000, 500_000, 100_000);

  /**
   * Larger clusters are not looked at here: beginning with them would hold up all other decisions.
   */
  private static final int MOST_HOSTS = 1_000;

  private static final int MOST_WORKLOADS = 50_000;

  /** Beginning with larger ones takes some tenths of a second. */
  private static final int MANY_HOSTS = 300;

  private static final int MANY_WORKLOADS = 15_000;

  /** What more has changed is not quickly taken over. */
  private static final int MOST_AT_HAND = 200;

  /** Of larger ones it is not told how many failures they survive. */
  private static final int MOST_COUNTED = 5_000;

  private final ControllerState state;
  private final AdmissionSnapshots snapshots;
  private final SortedSet<HostId> staleHosts = new TreeSet<>();
  private final SortedSet<WorkloadId> staleWorkloads = new TreeSet<>();
  private boolean anew = true;
  private boolean unseen;

  /** More has changed than is quickly taken over; so it stays until that is done. */
  private boolean muchStale;

  private @Nullable AdmissionState kept;
  private AdmissionPolicy keptFor = AdmissionPolicy.DEFAULT;
  private boolean keptHard;
  private String whyUnknown = "";

  Survival(ControllerState state) {
    this.state = state;
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
    long hosts = registered();
    return !isTooLarge(hosts) && (hosts > MANY_HOSTS || state.workloads.size() > MANY_WORKLOADS);
  }

  private boolean isTooLarge(long hosts) {
    return hosts > MOST_HOSTS || state.workloads.size() > MOST_WORKLOADS;
  }

  private long registered() {
    return state.hosts.values().stream().filter(host -> host.config != null).count();
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
    anew |= isForAnother();
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
    if (anew || isForAnother() || isMuchStale()) {
      return false;
    }
    if (!staleHosts.isEmpty() || !staleWorkloads.isEmpty()) {
      take(this::update);
    }
    AdmissionState now = kept;
    return !anew && now != null && !now.isOutdated() && now.isKept();
  }

  /** Whether all is worked out anew for every answer. */
  boolean isSlow() {
    AdmissionState now = kept;
    return now != null && !now.isKept();
  }

  /** Each comparison with the store names all hosts, of which few have changed. */
  private boolean isMuchStale() {
    AdmissionState now = kept;
    if (muchStale || now == null || staleWorkloads.size() > MOST_AT_HAND) {
      return true;
    }
    if (staleHosts.size() + staleWorkloads.size() > MOST_AT_HAND) {
      staleHosts.removeIf(id -> snapshots.host(state.host(id)).filter(now::isAs).isPresent());
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
    if (isTooLarge(registered())) {
      whyUnknown =
          "more than %d hosts or %d workloads are not looked at"
              .formatted(MOST_HOSTS, MOST_WORKLOADS);
      return;
    }
    ClusterSnapshot cluster = snapshots.begin();
    int size = cluster.workloads().size();
    int failures = policy.failures();
    if (isLarge() && !AdmissionState.canKeep(cluster.hosts(), size, failures, policy.level())) {
      whyUnknown =
          "with more than %d hosts or %d workloads there are too many such failures"
              .formatted(MANY_HOSTS, MANY_WORKLOADS);
      return;
    }
    kept = new AdmissionState(cluster, failures, policy.level(), EFFORT);
    anew = false;
    whyUnknown = "";
  }

  private void update() {
    AdmissionState now = kept;
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
    for (WorkloadId id : staleWorkloads) {
      Optional<WorkloadSnapshot> workload = snapshots.workload(id);
      if (workload.isPresent()) {
        now.put(workload.get());
      } else {
        now.remove(id);
      }
    }
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
    AdmissionState now = kept;
    return now == null ? new Answer(false, false, Optional.empty()) : now.answer();
  }

  /**
   * What is found when all is looked at.
   *
   * @param tolerated so many failures are survived for certain, -1: not even none; empty where that
   *     is not looked at
   */
  record Found(Answer answer, Optional<Integer> tolerated) {}

  /** With what is left out, unless that may be refused; where not even none, an example of that. */
  Found look() {
    AdmissionState now = kept;
    boolean more = keptFor.action() == Action.WARN && snapshots.isAnyLeftOut();
    boolean counts = state.workloads.size() <= MOST_COUNTED && !isLarge();
    if (now == null || !(more || counts)) {
      return new Found(answer(), Optional.empty());
    }
    ClusterSnapshot cluster = more ? snapshots.withLeftOut(now.cluster()) : now.cluster();
    Admission all = new Admission(cluster, keptFor.level());
    Optional<Integer> tolerated = counts ? Optional.of(toleratedBy(all)) : Optional.empty();
    Answer answer = more ? all.survives(keptFor.failures(), EFFORT) : now.answer();
    return !answer.survives() && tolerated.equals(Optional.of(-1))
        ? new Found(all.survives(0, LITTLE), tolerated)
        : new Found(answer, tolerated);
  }

  private static int toleratedBy(Admission all) {
    int tolerated = -1;
    while (tolerated < all.units() && all.survives(tolerated + 1, LITTLE).survives()) {
      tolerated++;
    }
    return tolerated;
  }

  /**
   * A set of failures that would be survived, and would not be any more with this workload there,
   * where both is proven. It counts there from now on. Only {@link #isAtHand}.
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
    AdmissionState now = kept;
    if (now == null) {
      return Optional.empty();
    }
    boolean survives = now.answer().survives();
    now.put(one);
    Optional<Answer> no = survives ? Optional.of(now.answer()) : Optional.empty();
    return no.filter(Answer::exact).flatMap(Answer::counterExample);
  }

  /**
   * A set of failures that would not be survived if this workload ran there, where that is proven;
   * if there is none, it counts there from now on.
   */
  Optional<CounterExample> whyNotWith(WorkloadEntry workload, HostId host) {
    takeChanges();
    AdmissionState now = kept;
    Workload spec = workload.spec;
    if (now == null || spec == null || !state.isRegistered(host)) {
      return Optional.empty();
    }
    now.put(snapshots.running(spec, host));
    Answer with = now.answer();
    if (with.survives() || !with.exact()) {
      return Optional.empty();
    }
    snapshots.workload(workload.id).ifPresent(now::put);
    return with.counterExample();
  }
}
