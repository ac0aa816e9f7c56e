package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Eviction;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Less important workloads that are stopped so that what lost its host finds room, where the
 * cluster's policy asks for that. They are stopped like any other, and wait then like any other
 * that has no room. never two: their room is free when their host has said that they are stopped.
 *
 * <p>What they leave is kept for whom they were stopped for, see {@link KeptRoom}. All of it
 * follows from the placements of those who are stopped, so another controller goes on with it.
 * Nobody is stopped to and fro: who was is spared for a while after it was started again.
 */
final class Evictions {
  /** For so long nobody is stopped for others again who was, and was started again. */
  static final Duration SPARED = Duration.ofMinutes(30);

  private final ControllerState state;
  private final Books books;
  private final Dependencies dependencies;
  private final Mobility mobility;
  private final KeptRoom kept;

  /**
   * How long it is waited for that a stop is ordered, or comes to its end.
   *
   * @param behindOthers whether others that are stopped, too, have to be down before
   */
  private record Patience(boolean ordered, boolean behindOthers, long until) {}

  /** Who is being stopped. May be: who is not any more is left out when it is asked for. */
  private final SortedMap<WorkloadId, Patience> stopping = new TreeMap<>();

  private final SortedSet<WorkloadId> spared = new TreeSet<>();

  Evictions(
      ControllerState state,
      Books books,
      Dependencies dependencies,
      Mobility mobility,
      KeptRoom kept) {
    this.state = state;
    this.books = books;
    this.dependencies = dependencies;
    this.mobility = mobility;
    this.kept = kept;
  }

  void reset() {
    stopping.clear();
    spared.clear();
  }

  // What is known of one

  /** Whether it is wanted stopped only so that another finds room. */
  static boolean isBeingStopped(Placement placement) {
    return placement.owner().isPresent()
        && placement.eviction().filter(one -> one.phase() == Stage.STOPPING).isPresent();
  }

  /** For whom it is stopped, for people; empty if it is not for anybody. */
  static String why(WorkloadEntry workload) {
    return workload
        .placement
        .eviction()
        .filter(one -> one.phase() != Stage.SPARED)
        .map(one -> "to make room for " + one.beneficiary())
        .orElse("");
  }

  // Those who are stopped

  /** It is looked at: what was begun with it goes on, or is over because nobody needs it. */
  void settle(WorkloadEntry workload) {
    Optional<Eviction> eviction = workload.placement.eviction();
    if (eviction.isEmpty() && spared.remove(workload.id)) {
      state.cancel(TimerKind.SPARED, workload.id.toString());
    }
    if (eviction.isEmpty() || state.disarmed) {
      return;
    }
    switch (eviction.get().phase()) {
      case STOPPING -> {
        boolean isWanted =
            kept.isKept(workload, eviction.get())
                && isLessImportant(workload, eviction.get().beneficiary());
        if (isOver(workload, WorkloadFacts.of(state, workload), isWanted)) {
          end(workload, eviction.get());
          state.worthPlacing = true;
          state.touched.addAll(Dependencies.of(workload)); // these need not wait for it any more
          spare(workload);
        }
      }
      case CLEARED -> {
        if (!kept.isKept(workload, eviction.get())) {
          kept.waits(workload, eviction.get());
          state.touched.add(workload.id);
        }
      }
      case WAITING -> {
        if (WorkloadFacts.ownersWishOf(workload) == WorkloadTable.Wish.STOP) {
          end(workload, eviction.get()); // its owner wants it down as well: it waits for no room
          spare(workload);
          books.become(workload, WorkloadStatus.STOPPED, "kept stopped");
        }
      }
      case SPARED -> spare(workload);
    }
  }

  private void end(WorkloadEntry workload, Eviction eviction) {
    books.write(workload, workload.placement.evicted(Optional.of(eviction.in(Stage.SPARED))));
  }

  private boolean isLessImportant(WorkloadEntry workload, WorkloadId beneficiary) {
    WorkloadEntry other = state.workloads.get(beneficiary);
    return other != null && workload.priority().compareTo(other.priority()) < 0;
  }

  /**
   * What its host was told is carried out, if it can be; then it is started where there is room.
   *
   * @param isWanted whether it would be stopped if that were decided now
   */
  private boolean isOver(WorkloadEntry workload, WorkloadFacts facts, boolean isWanted) {
    Condition condition = facts.entry().condition();
    if (facts.stand() == Stand.PROVEN_DOWN) {
      return true; // it lost its host, and is recovered like any other
    }
    // It cannot be stopped, or somebody took it elsewhere by hand.
    if (condition == Condition.STOP_FAILED || condition == Condition.GONE) {
      return true;
    }
    boolean ordered = facts.goal() == Goal.STOP;
    boolean overdue = state.now >= patienceWith(workload, ordered).until();
    boolean asItWas =
        condition == Condition.RUNNING && !facts.isPaused() && workload.lock().isEmpty();
    boolean hasEnded =
        condition == Condition.STOPPED
            || condition == Condition.GIVEN_UP
            || condition == Condition.SHUT_DOWN;
    return facts.stand() != Stand.UNHEARD
        && (ordered ? overdue && !hasEnded : overdue || !isWanted || !asItWas);
  }

  /**
   * never stuck: another may be stopped sooner than one that others hold up, or whose host does not
   * get on with it.
   */
  private Patience patienceWith(WorkloadEntry workload, boolean ordered) {
    boolean behindOthers = !ordered && isBehindOthers(workload);
    Patience now = stopping.get(workload.id);
    boolean same = now != null && now.ordered() == ordered && now.behindOthers() == behindOthers;
    if (now == null || !same || (behindOthers && state.now >= now.until())) {
      Duration unseen = state.timings().resyncInterval().multipliedBy(2);
      Duration most = ControllerConfig.MOVE_HOLD;
      most = unseen.compareTo(most) > 0 ? unseen : most;
      if (ordered && workload.spec != null) {
        most = most.plus(workload.spec.policy().stopTimeout());
      }
      now = new Patience(ordered, behindOthers, state.now + most.toNanos());
      stopping.put(workload.id, now);
      state.timer(TimerKind.EVICTED, workload.id.toString(), now.until());
    }
    return now;
  }

  /**
   * Whether only such hold it up as are being stopped for others, too: they have their own time.
   */
  private boolean isBehindOthers(WorkloadEntry workload) {
    SortedSet<WorkloadId> before = dependencies.stillUp(workload);
    return !before.isEmpty()
        && before.stream()
            .map(state::workload)
            .allMatch(other -> isBeingStopped(other.placement) && isHeard(other));
  }

  private boolean isHeard(WorkloadEntry workload) {
    return WorkloadFacts.of(state, workload).stand() != Stand.UNHEARD;
  }

  /**
   * From when it is started again; that it is not before it has another host. What its owner keeps
   * stopped may not be for long: it is spared from then on.
   */
  private void spare(WorkloadEntry workload) {
    boolean isPlaced =
        workload.placement.owner().isPresent()
            && WorkloadFacts.of(state, workload).stand() != Stand.PROVEN_DOWN;
    boolean isKeptStopped =
        workload.placement.owner().isEmpty()
            && WorkloadFacts.ownersWishOf(workload) == WorkloadTable.Wish.STOP;
    if ((isPlaced || isKeptStopped) && spared.add(workload.id)) {
      state.timer(TimerKind.SPARED, workload.id.toString(), state.now + SPARED.toNanos());
    }
  }

  /** It may be stopped for others again. */
  void sparedLongEnough(WorkloadId id) {
    spared.remove(id);
    WorkloadEntry workload = state.workloads.get(id);
    if (workload != null
        && workload.unreadable.isEmpty() // else it is counted anew when it can be read again
        && workload.placement.eviction().filter(e -> e.phase() == Stage.SPARED).isPresent()) {
      books.write(workload, workload.placement.evicted(Optional.empty()));
      state.worthPlacing = true;
    }
  }

  // Who is stopped next

  /** Those who are being stopped for others, and are looked at. */
  List<WorkloadEntry> beingStopped() {
    stopping
        .keySet()
        .removeIf(
            id -> {
              WorkloadEntry workload = state.workloads.get(id);
              return workload == null || !isBeingStopped(workload.placement);
            });
    return stopping.keySet().stream()
        .map(state::workload)
        .filter(workload -> workload.unreadable.isEmpty())
        .toList();
  }

  /** How many of them something is heard of: only these come to an end by themselves. */
  int countHeard() {
    return (int) beingStopped().stream().filter(this::isHeard).count();
  }

  /** These are stopped for it. */
  void begin(WorkloadEntry workload, EvictionPlan plan) {
    kept.keep(workload, plan);
    for (WorkloadEntry victim : plan.victims()) {
      Eviction eviction = new Eviction(workload.id, plan.host(), Stage.STOPPING);
      books.write(victim, victim.placement.evicted(Optional.of(eviction)));
      stopping.remove(victim.id);
      patienceWith(victim, false);
      state.touched.add(victim.id);
      state.publish(
          new HaEvent.EvictionBegun(
              victim.id,
              plan.host(),
              workload.id,
              "%s (%s) %s and finds no room; this one (%s) is less important"
                  .formatted(
                      workload.id,
                      workload.priority(),
                      hasBeenGivenUp(workload) ? "was given up by its host" : "lost its host",
                      victim.priority())));
    }
  }

  /** Whether the host that it was on last has given it up. */
  static boolean hasBeenGivenUp(WorkloadEntry workload) {
    Placement placement = workload.placement;
    return placement.home().filter(placement.trials().gaveUp()::containsKey).isPresent();
  }

  /**
   * @param others the least important one for whom it would be
   */
  boolean mayBeStopped(WorkloadEntry workload, Priority others) {
    if (workload.priority().compareTo(others) >= 0) {
      return false;
    }
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return workload.roomKeptOn == null
        && mobility.mayMove(workload, facts)
        && facts.entry().condition() == Condition.RUNNING
        && !facts.isPaused()
        && workload.seenOn.isEmpty()
        && workload.lock().isEmpty()
        && workload.placement.eviction().isEmpty()
        && Requests.open(workload).isEmpty()
        // never stuck: it could come back only where its partners are, and there is no room there
        && state.room.partnersOf(workload.id).isEmpty()
        && !isReliedOn(workload);
  }

  /** Whether one that is more important, and is to run, depends on it, directly or not. */
  private boolean isReliedOn(WorkloadEntry workload) {
    SortedSet<WorkloadId> seen = new TreeSet<>(List.of(workload.id));
    Deque<WorkloadId> open = new ArrayDeque<>(seen);
    while (!open.isEmpty()) {
      for (WorkloadId id : dependencies.dependentsOf(open.remove())) {
        WorkloadEntry other = state.workloads.get(id);
        Workload spec = other == null ? null : other.spec;
        if (other == null || spec == null || !seen.add(id)) {
          continue;
        }
        if (spec.priority().compareTo(workload.priority()) > 0
            && WorkloadFacts.wishOf(other) == WorkloadTable.Wish.RUN) {
          return true;
        }
        open.add(id);
      }
    }
    return false;
  }
}
