package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Who goes where after a failure; see {@link JointPlan}. */
final class FailoverPlan {
  /** Who waits for something else so long has its place kept; then it may be given to others. */
  private static final Duration KEPT = Duration.ofMinutes(2);

  private final ControllerState state;
  private final SortedMap<WorkloadId, HostId> advised = new TreeMap<>();
  private final SortedSet<WorkloadId> leftOut = new TreeSet<>();
  private String why = "";

  /** Of what is in a plan: since when, and not only in the present one. */
  private final SortedMap<WorkloadId, Long> advisedSince = new TreeMap<>();

  private boolean wanted = true;

  FailoverPlan(ControllerState state) {
    this.state = state;
  }

  void reset() {
    wanted = true;
    forgetAll();
    advisedSince.clear();
  }

  private void forgetAll() {
    advised.clear();
    leftOut.clear();
  }

  /**
   * Something lost its host, or a host can be used: what waits is planned for together, before the
   * first of it goes.
   */
  void want() {
    wanted = true;
  }

  /** It waits no longer. */
  void forget(WorkloadId workload) {
    advised.remove(workload);
    advisedSince.remove(workload);
    leftOut.remove(workload);
  }

  /** Whether those of its priority go first, for whom its place was planned. */
  boolean leavesOut(WorkloadId workload) {
    return leftOut.contains(workload);
  }

  boolean leavesOutAny() {
    return !leftOut.isEmpty();
  }

  /**
   * Until when what is free is kept for others that are no less important, for whom it was planned.
   */
  Optional<Wait> keptForOthers(WorkloadEntry workload) {
    if (advised.containsKey(workload.id)) {
      return Optional.empty();
    }
    return advised.keySet().stream()
        .filter(other -> state.now < keptUntil(other))
        .filter(other -> state.workload(other).priority().compareTo(workload.priority()) >= 0)
        .findFirst()
        .map(other -> new Wait(Kind.ROOM, "what is planned for " + other, keptUntil(other)));
  }

  private long keptUntil(WorkloadId workload) {
    return advisedSince.getOrDefault(workload, Long.MIN_VALUE / 2) + KEPT.toNanos();
  }

  /** Where it was planned to go, if it may. */
  Optional<Choice> adviceFor(WorkloadEntry workload, SortedSet<HostId> avoided) {
    Optional<Choice> advice =
        Optional.ofNullable(advised.get(workload.id))
            .filter(host -> !avoided.contains(host))
            .filter(host -> state.room.mayStartOn(workload, state.host(host)))
            .map(host -> new Choice.Chosen(host, why));
    if (advice.isEmpty()) {
      advised.remove(workload.id); // nothing is kept where it may not go any more
    }
    return advice;
  }

  /** Plans for what waits, if something lost its host since this was last asked. */
  void make(Collection<WorkloadId> waiting) {
    if (!wanted) {
      return;
    }
    wanted = false;
    forgetAll();
    if ((long) waiting.size() * state.hosts.size() > JointPlan.MOST_PAIRS) {
      return;
    }
    List<WorkloadEntry> lost =
        waiting.stream()
            .map(state::workload)
            .filter(workload -> !AdmissionControl.isFirstStart(workload))
            .filter(this::isToBePlaced)
            .sorted(WorkloadEntry.MOST_IMPORTANT_FIRST)
            .toList();
    JointPlan plan =
        JointPlan.of(
            state,
            new JointPlan.Question(
                lost, Collections.emptySortedSet(), w -> Wish.BEST, state.room::rehearse));
    if (!plan.hosts().isEmpty()) {
      advised.putAll(plan.hosts());
      leftOut.addAll(plan.leftOut());
      why = plan.why();
      advised.keySet().forEach(id -> advisedSince.putIfAbsent(id, state.now));
    }
  }

  /** Whether a host is sought for it, whichever, and not a certain one waited for. */
  private boolean isToBePlaced(WorkloadEntry workload) {
    Workload spec = workload.spec;
    Optional<HostEntry> home = workload.placement.home().map(state::host);
    return spec != null
        && workload.seenOn.isEmpty()
        && workload.roomKeptOn == null // it has its place
        && !workload.mayBeAnywhere()
        && workload.placement.move().isEmpty()
        && workload.placement.trials().gaveUp().isEmpty()
        && workload.lock().isEmpty()
        && !state.admission.isRefused(workload.id)
        && (home.isEmpty() || spec.policy().failover())
        && (home.isEmpty() || state.whyNotUsable(home.get()).isPresent());
  }
}
