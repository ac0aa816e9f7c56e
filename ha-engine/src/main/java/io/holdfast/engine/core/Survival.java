package io.holdfast.engine.core;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission;
import io.holdfast.engine.planning.Admission.Answer;
import io.holdfast.engine.planning.Admission.CounterExample;
import io.holdfast.engine.planning.Admission.Effort;
import io.holdfast.engine.planning.AdmissionState;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
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
  private final Snapshots snapshots;
  private final SortedSet<HostId> staleHosts = new TreeSet<>();
  private final SortedSet<WorkloadId> staleWorkloads = new TreeSet<>();
  private boolean anew = true;
  private boolean unseen;

  /** More has changed than is quickly taken over; so it stays until that is done. */
  private boolean muchStale;

  private @Nullable AdmissionState kept;
  private List<String> dimensions = List.of();
  private AdmissionPolicy keptFor = AdmissionPolicy.DEFAULT;
  private boolean keptHard;
  private String whyUnknown = "";

  /** What is to run, has never run here, and has no place yet: it counts when all is looked at. */
  private final SortedSet<WorkloadId> firstStarts = new TreeSet<>();

  private boolean tooHard;

  Survival(ControllerState state) {
    this.state = state;
    snapshots = new Snapshots(state);
  }

  void reset() {
    anew = true;
    kept = null;
    muchStale = false;
    staleHosts.clear();
    staleWorkloads.clear();
    firstStarts.clear();
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

  /** Why there is no answer; empty if there is. */
  Optional<String> whyUnknown() {
    return whyUnknown.isEmpty() ? Optional.empty() : Optional.of(whyUnknown);
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

  private boolean isForAnother() {
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
    return !anew && now != null && !now.isOutdated();
  }

  /** Each comparison with the store names all hosts, of which few have changed. */
  private boolean isMuchStale() {
    AdmissionState now = kept;
    if (muchStale || now == null || staleWorkloads.size() > MOST_AT_HAND) {
      return true;
    }
    if (staleHosts.size() + staleWorkloads.size() > MOST_AT_HAND) {
      staleHosts.removeIf(id -> isAsKept(now, state.host(id)));
      muchStale = staleHosts.size() + staleWorkloads.size() > MOST_AT_HAND;
    }
    return muchStale;
  }

  private boolean isAsKept(AdmissionState now, HostEntry host) {
    Host config = host.config;
    return config != null
        && isCovered(config)
        && now.isAs(snapshots.whole(host, config, dimensions));
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
    firstStarts.clear();
    if (isTooLarge(registered())) {
      whyUnknown =
          "more than %d hosts or %d workloads are not looked at"
              .formatted(MOST_HOSTS, MOST_WORKLOADS);
      return;
    }
    dimensions = snapshots.limited();
    List<HostSnapshot> all = new ArrayList<>();
    for (HostEntry host : state.hosts.values()) {
      Host config = host.config;
      if (config != null) {
        all.add(snapshots.whole(host, config, dimensions));
      }
    }
    int size = state.workloads.size();
    if (isLarge() && !AdmissionState.canKeep(all, size, policy.failures(), policy.level())) {
      whyUnknown =
          "with more than %d hosts or %d workloads there are too many such failures"
              .formatted(MANY_HOSTS, MANY_WORKLOADS);
      return;
    }
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    for (WorkloadEntry workload : state.workloads.values()) {
      Workload spec = workload.spec;
      if (spec != null) {
        workloads.add(snapshot(workload, spec));
      }
    }
    ClusterSnapshot cluster =
        new ClusterSnapshot(dimensions, all, workloads, List.copyOf(state.rules.values()));
    kept = new AdmissionState(cluster, policy.failures(), policy.level(), EFFORT);
    anew = false;
    whyUnknown = "";
  }

  private void update() {
    AdmissionState now = kept;
    for (HostId id : staleHosts) {
      HostEntry host = state.host(id);
      Host config = host.config;
      if (now == null || config == null || !isCovered(config)) {
        anew = true;
        return;
      }
      now.put(snapshots.whole(host, config, dimensions));
    }
    for (WorkloadId id : staleWorkloads) {
      WorkloadEntry workload = state.workloads.get(id);
      Workload spec = workload == null ? null : workload.spec;
      if (now == null) {
        anew = true;
      } else if (workload == null || spec == null) {
        firstStarts.remove(id);
        now.remove(id);
      } else {
        now.put(snapshot(workload, spec));
      }
    }
  }

  private boolean isCovered(Host config) {
    return !state.policy.hardCapacity()
        || dimensions.containsAll(config.capacity().amounts().keySet());
  }

  /** What is not to run here, is given up, or is not admitted yet counts for nothing. */
  private WorkloadSnapshot snapshot(WorkloadEntry workload, Workload spec) {
    boolean wanted =
        WorkloadFacts.ownersWishOf(workload) == WorkloadTable.Wish.RUN
            && workload.unreadable.isEmpty()
            && workload.placement.trials().failed().isEmpty();
    boolean staysDown = !spec.policy().failover() && workload.placement.place().isPresent();
    Optional<HostId> goal = Snapshots.goalOf(workload);
    Optional<HostId> host = goal.filter(state::isRegistered);
    boolean counts = wanted && !staysDown && goal.equals(host);
    boolean asks = counts && AdmissionControl.isFirstStart(workload);
    if (asks) {
      firstStarts.add(workload.id);
    } else {
      firstStarts.remove(workload.id);
    }
    DesiredState desired = counts && !asks ? DesiredState.STARTED : DesiredState.STOPPED;
    return Snapshots.workload(spec, demandOf(spec), host, desired);
  }

  /**
   * Answers as if what has never run here counted already, which is asked about only when it
   * starts; not where it may be refused.
   */
  <T> T withFirstStarts(Supplier<T> question) {
    AdmissionState now = kept;
    if (now == null || keptFor.action() != Action.WARN || firstStarts.isEmpty()) {
      return question.get();
    }
    List<WorkloadSnapshot> asked = new ArrayList<>();
    for (WorkloadId id : firstStarts) {
      Workload spec = state.workload(id).spec;
      if (spec != null) {
        asked.add(Snapshots.workload(spec, demandOf(spec), Optional.empty(), DesiredState.STOPPED));
      }
    }
    asked.forEach(one -> now.put(one.wanted(DesiredState.STARTED)));
    T answer = question.get();
    asked.forEach(now::put);
    return answer;
  }

  private Amounts demandOf(Workload spec) {
    return Snapshots.amounts(dimensions, spec.demand().amounts(), new TreeMap<>());
  }

  /** Whether the failures would be survived; only where {@link #whyUnknown} says nothing. */
  Answer answer() {
    AdmissionState now = kept;
    return now == null ? new Answer(false, false, Optional.empty()) : now.answer();
  }

  /** The same where nothing fails any more. */
  Answer answerForNow() {
    AdmissionState now = kept;
    return now == null
        ? new Answer(false, false, Optional.empty())
        : new Admission(now.cluster(), keptFor.level()).survives(0, LITTLE);
  }

  /** So many failures are survived for certain; empty where that is not looked at. */
  Optional<Integer> tolerated() {
    AdmissionState now = kept;
    if (now == null || state.workloads.size() > MOST_COUNTED || isLarge()) {
      return Optional.empty();
    }
    Admission admission = new Admission(now.cluster(), keptFor.level());
    int tolerated = -1;
    while (tolerated < admission.units() && admission.survives(tolerated + 1, LITTLE).survives()) {
      tolerated++;
    }
    return Optional.of(tolerated);
  }

  /**
   * A set of failures that would not be survived any more with this workload there, where that is
   * proven; none if that is so without it. It counts there from now on. Only {@link #isAtHand}.
   */
  Optional<CounterExample> whatBreaksWith(WorkloadEntry workload, HostId host) {
    AdmissionState now = kept;
    Workload spec = workload.spec;
    tooHard = false;
    if (now == null || spec == null || !state.isRegistered(host)) {
      return Optional.empty();
    }
    Answer without = now.answer();
    if (!without.survives() && without.exact()) {
      return Optional.empty();
    }
    now.put(running(spec, host));
    Answer with = now.answer();
    tooHard = !with.survives() && !with.exact();
    return with.exact() ? with.counterExample() : Optional.empty();
  }

  /** Whether the last answer to that could not be found. */
  boolean wasTooHard() {
    return tooHard;
  }

  /** What does not fail over only takes room from others. */
  private WorkloadSnapshot running(Workload spec, HostId host) {
    DesiredState counts = spec.policy().failover() ? DesiredState.STARTED : DesiredState.STOPPED;
    return Snapshots.workload(spec, demandOf(spec), Optional.of(host), counts);
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
    now.put(running(spec, host));
    Answer with = now.answer();
    if (with.survives() || !with.exact()) {
      return Optional.empty();
    }
    now.put(snapshot(workload, spec));
    return with.counterExample();
  }
}
