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
  private static final int MOST_HOSTS = 300;

  private static final int MOST_WORKLOADS = 15_000;

  /** Of larger ones it is not told how many failures they survive. */
  private static final int MOST_COUNTED = 5_000;

  private final ControllerState state;
  private final Snapshots snapshots;
  private final SortedSet<HostId> staleHosts = new TreeSet<>();
  private final SortedSet<WorkloadId> staleWorkloads = new TreeSet<>();
  private boolean anew = true;
  private boolean unseen;
  private @Nullable AdmissionState kept;
  private List<String> dimensions = List.of();
  private AdmissionPolicy keptFor = AdmissionPolicy.DEFAULT;
  private boolean keptHard;
  private String whyUnknown = "";

  Survival(ControllerState state) {
    this.state = state;
    snapshots = new Snapshots(state);
  }

  void reset() {
    anew = true;
    kept = null;
    staleHosts.clear();
    staleWorkloads.clear();
    whyUnknown = "";
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
    AdmissionPolicy policy = state.policy.admission();
    anew |= !policy.equals(keptFor) || state.policy.hardCapacity() != keptHard;
    if (!anew && staleHosts.isEmpty() && staleWorkloads.isEmpty()) {
      return;
    }
    unseen = true;
    try {
      if (!anew) {
        update();
      }
      if (anew) {
        begin(policy);
      }
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
    long hosts = state.hosts.values().stream().filter(host -> host.config != null).count();
    if (hosts > MOST_HOSTS || state.workloads.size() > MOST_WORKLOADS) {
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
    boolean asks = keptFor.action() == Action.REFUSE && AdmissionControl.isFirstStart(workload);
    Optional<HostId> goal = Snapshots.goalOf(workload);
    Optional<HostId> host = goal.filter(state::isRegistered);
    boolean counts = wanted && !staysDown && !asks && goal.equals(host);
    DesiredState desired = counts ? DesiredState.STARTED : DesiredState.STOPPED;
    return Snapshots.workload(spec, demandOf(spec), host, desired);
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
    if (now == null || state.workloads.size() > MOST_COUNTED) {
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
    Optional<HostId> there = Optional.of(host);
    // What does not fail over only takes room from others.
    DesiredState counts = spec.policy().failover() ? DesiredState.STARTED : DesiredState.STOPPED;
    now.put(Snapshots.workload(spec, demandOf(spec), there, counts));
    Answer with = now.answer();
    if (with.survives() || !with.exact()) {
      return Optional.empty();
    }
    now.put(snapshot(workload, spec));
    return with.counterExample();
  }
}
