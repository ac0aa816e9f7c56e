package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.AdmissionControl.Admitted;
import io.holdfast.engine.planning.Admission.CounterExample;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * First starts that are refused, as with them the failures that are to be survived would not be;
 * and those that wait until that is looked into.
 */
final class StartRefusals {
  /**
   * A refusal takes up to some tens of milliseconds, and so does every answer where all is worked
   * out anew for it; the next are for the next look.
   */
  private static final int MOST_SLOW = 10;

  /** So many hosts are tried for a workload that the best one does not do for. */
  private static final int MOST_HOSTS = 3;

  private final ControllerState state;
  private final Survival survival;
  private final SortedMap<WorkloadId, String> refused = new TreeMap<>();
  private final SortedSet<WorkloadId> postponed = new TreeSet<>();
  private int slowSinceLook;

  /** Hosts beside the best ones that were asked for. */
  private int othersTriedSinceLook;

  /** Since those that were refused were asked. */
  private boolean changed;

  StartRefusals(ControllerState state, Survival survival) {
    this.state = state;
    this.survival = survival;
  }

  void reset() {
    refused.clear();
    postponed.clear();
    slowSinceLook = 0;
    othersTriedSinceLook = 0;
    changed = false;
  }

  /** Whether it is not started before the next look. */
  boolean isRefused(WorkloadId workload) {
    return refused.containsKey(workload) || postponed.contains(workload);
  }

  /** Those that were refused may be asked again once the others were. */
  void changed() {
    changed = true;
  }

  void askAgain() {
    if (!refused.isEmpty()) {
      refused.clear();
      state.worthPlacing = true;
    }
  }

  /** Those who were not asked yet, before any that were is asked again. */
  void askNext() {
    slowSinceLook = 0;
    othersTriedSinceLook = 0;
    if (!postponed.isEmpty()) {
      postponed.clear();
      state.worthPlacing = true;
    } else if (changed) {
      changed = false;
      askAgain();
    }
  }

  /**
   * A first start is about to be decided.
   *
   * @param next the best host without these
   * @param words for what would not be survived
   */
  Admitted of(
      WorkloadEntry workload,
      HostId best,
      Function<SortedSet<HostId>, Optional<HostId>> next,
      Function<CounterExample, String> words) {
    String before = refused.get(workload.id);
    if (before != null) {
      return Admitted.not(before);
    }
    if (survival.whyUnknown().isPresent()) {
      return Admitted.on(best); // never stuck: nothing is refused for want of a proof
    }
    if (survival.isLarge() && !survival.isAtHand()) {
      postponed.add(workload.id);
      return Admitted.not(
          ("not admitted yet: a cluster of this size is looked into when it is compared with the"
                  + " store, at most once a minute, and while anything fails only after %d minutes")
              .formatted(LookPace.MOST_PATIENCE.toMinutes()));
    }
    if (slowSinceLook >= MOST_SLOW) {
      postponed.add(workload.id);
      return Admitted.not(
          "not admitted yet: that is looked into for %d at a time, the next after a look"
              .formatted(MOST_SLOW));
    }
    return anyHost(workload, best, next, words);
  }

  private Admitted anyHost(
      WorkloadEntry workload,
      HostId best,
      Function<SortedSet<HostId>, Optional<HostId>> next,
      Function<CounterExample, String> words) {
    SortedSet<HostId> tried = new TreeSet<>();
    String why = "";
    Optional<HostId> host = Optional.of(best);
    while (host.isPresent() && tried.size() < MOST_HOSTS) {
      Optional<String> broken = survival.whyNotWith(workload, host.get()).map(words);
      if (broken.isEmpty()) {
        slowSinceLook += survival.isSlow() ? 1 : 0;
        return Admitted.on(host.get());
      }
      why = why.isEmpty() ? broken.get() : why;
      tried.add(host.get());
      host =
          othersTriedSinceLook++ < MOST_SLOW
              ? next.apply(tried).filter(other -> !tried.contains(other))
              : Optional.empty();
    }
    String refusal =
        "not admitted: %s; more room, or a policy that asks for less, admits it".formatted(why);
    refused.put(workload.id, refusal);
    slowSinceLook++;
    return Admitted.not(refusal);
  }
}
