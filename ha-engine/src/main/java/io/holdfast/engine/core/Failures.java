package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.Placement.GaveUp;
import io.holdfast.engine.record.Placement.Owner;
import io.holdfast.engine.record.Placement.Trials;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What hosts gave up: they are avoided for a while, others are tried, and when the policy's tries
 * are used up the workload is left Failed, with the reason and the way out. Each memory ends by
 * itself; one of a host on which it never ran ends as soon as it runs somewhere, and nothing that
 * has to be where it is runs on that host any more.
 */
final class Failures {
  private final ControllerState state;
  private final Books books;
  private final Recovery recovery;

  Failures(ControllerState state, Books books, Recovery recovery) {
    this.state = state;
    this.books = books;
    this.recovery = recovery;
  }

  /** Its owner gave it up, observed not running. */
  void givenUp(WorkloadEntry workload, Owner owner, HostReport.Entry entry) {
    Workload spec = workload.spec;
    if (spec == null) {
      return;
    }
    RestartPolicy policy = spec.policy().restart();
    workload.avoid(owner.host(), state.now + policy.hostMemory().toNanos());
    SortedMap<HostId, GaveUp> gaveUp = remembered(workload);
    gaveUp.put(owner.host(), new GaveUp(entry.ran(), policy.hostMemory()));
    int relocations = workload.placement.trials().relocations() + 1;
    boolean usedUp = relocations > policy.maxRelocations();
    Trials trials =
        new Trials(
            relocations,
            gaveUp,
            usedUp ? Optional.of(why(owner, entry)) : Optional.empty(),
            workload.placement.trials().movesFailed());
    workload.retryAt = state.now + pauseAfter(policy, relocations).toNanos();
    workload.evidence = new Evidence.StoppedByHypervisor(owner.host());
    books.takeAway(workload, workload.placement.released().tried(trials));
    arm(workload);
    if (usedUp) {
      describe(workload, trials);
    } else {
      books.become(workload, WorkloadStatus.RECOVERING, why(owner, entry));
      recovery.add(workload);
    }
  }

  private static String why(Owner owner, HostReport.Entry entry) {
    return entry.detail().isEmpty()
        ? owner.host() + " gave it up"
        : owner.host() + " gave it up: " + entry.detail();
  }

  private static Duration pauseAfter(RestartPolicy policy, int relocations) {
    return backoff(policy.interval(), policy.maxInterval(), relocations - 1);
  }

  /** The pause before the next try: it doubles with each, and no sum of tries makes it endless. */
  static Duration backoff(Duration interval, Duration most, int triesBefore) {
    Duration pause = interval;
    for (int i = 0; i < triesBefore && pause.compareTo(most) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(most) < 0 ? pause : most;
  }

  /** It is left alone until its owner acts. */
  void describe(WorkloadEntry workload, Trials trials) {
    books.become(
        workload,
        WorkloadStatus.FAILED,
        "%s, after %d relocations; a cleanup, or STOPPED or DISABLED and then STARTED, has it tried again"
            .formatted(trials.failed().orElse("given up"), trials.relocations() - 1));
  }

  /** Its owner acts: what went wrong is forgotten. */
  void cleanUp(WorkloadEntry workload) {
    workload.avoidNone();
    workload.retryAt = Long.MIN_VALUE;
    workload.moveNotBefore = Long.MIN_VALUE;
    state.cancel(TimerKind.HOST_MEMORY, workload.id.toString());
    books.write(workload, workload.placement.cleanedUp());
  }

  /** It runs: what kept it from starting elsewhere no longer counts. */
  void runs(WorkloadEntry workload) {
    workload.evidence = null;
    Trials trials = workload.placement.trials();
    if (trials.gaveUp().values().stream().allMatch(GaveUp::ran)) {
      return;
    }
    SortedMap<HostId, GaveUp> left = remembered(workload);
    left.entrySet().removeIf(e -> !e.getValue().ran() && !isWithPartners(workload, e.getKey()));
    boolean counts = left.values().stream().anyMatch(GaveUp::ran);
    int relocations = counts ? trials.relocations() : 0;
    if (relocations != trials.relocations() || !left.keySet().equals(trials.gaveUp().keySet())) {
      workload.avoidOnly(left.keySet());
      books.write(
          workload,
          workload.placement.tried(
              new Trials(relocations, left, trials.failed(), trials.movesFailed())));
      arm(workload);
    }
  }

  private boolean isWithPartners(WorkloadEntry workload, HostId host) {
    return state.room.partnersOf(workload.id).stream()
        .anyMatch(id -> state.workload(id).placement.isOn(host));
  }

  /** Read from the store: what was left then is counted from now, and so is the last pause. */
  void load(WorkloadEntry workload) {
    int relocations = workload.placement.trials().relocations();
    if (workload.spec != null && relocations > 0) {
      Duration pause = pauseAfter(workload.spec.policy().restart(), relocations);
      workload.retryAt = state.now + pause.toNanos();
    }
    workload
        .placement
        .trials()
        .gaveUp()
        .forEach((host, gaveUp) -> workload.avoid(host, state.now + gaveUp.remembered().toNanos()));
    if (!workload.avoidedUntil.isEmpty()) { // one set before finds nothing when it is due
      arm(workload);
    }
  }

  /** A memory may have come to its end. */
  void memoryDue(WorkloadEntry workload) {
    Trials trials = workload.placement.trials();
    SortedMap<HostId, GaveUp> left = remembered(workload);
    if (!left.keySet().equals(trials.gaveUp().keySet())) {
      workload.avoidOnly(left.keySet());
      books.write(workload, workload.placement.tried(trials.remembering(left)));
      state.worthPlacing = true;
      // Where they would rather be may take them again, and its partners with it.
      state.touched.add(workload.id);
      state.touched.addAll(state.room.partnersOf(workload.id));
    }
    arm(workload);
  }

  private SortedMap<HostId, GaveUp> remembered(WorkloadEntry workload) {
    SortedMap<HostId, GaveUp> left = new TreeMap<>();
    workload
        .placement
        .trials()
        .gaveUp()
        .forEach(
            (host, gaveUp) -> {
              long nanos = workload.avoidedUntil.getOrDefault(host, state.now) - state.now;
              if (nanos > 0) {
                left.put(host, new GaveUp(gaveUp.ran(), Duration.ofNanos(nanos)));
              }
            });
    return left;
  }

  private void arm(WorkloadEntry workload) {
    workload.avoidedUntil.values().stream()
        .min(Long::compare)
        .ifPresentOrElse(
            due -> state.timer(TimerKind.HOST_MEMORY, workload.id.toString(), due),
            () -> state.cancel(TimerKind.HOST_MEMORY, workload.id.toString()));
  }
}
