package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Who would have to be stopped on one host so that a workload finds room there: the least important
 * ones, and of these as few as it takes.
 *
 * @param victims the least important first
 */
record EvictionPlan(HostId host, List<WorkloadEntry> victims) {
  /** Plans that are tried in the books; what the sums say holds, unless a rule is in the way. */
  private static final int MOST_TRIES = 8;

  /**
   * The plan with the least loss, of those with as few as are asked for; if there is none, of those
   * with more than may be stopped now, and then of those with more than may be at any time.
   *
   * @param looking is told each time that a workload is looked at together with a host
   */
  static Optional<EvictionPlan> of(ControllerState state, RoomQuestion question, Runnable looking) {
    return question.ask(
        state,
        rehearsal ->
            question
                .onEachHost(
                    state,
                    rehearsal,
                    (host, missing) -> on(state, host, missing, question, looking))
                .stream()
                .sorted(
                    Comparator.comparingInt((EvictionPlan plan) -> plan.isTooMuch(question.most()))
                        .thenComparing(EvictionPlan::compareLoss))
                .limit(MOST_TRIES)
                .filter(plan -> plan.works(question, rehearsal))
                .findFirst());
  }

  private static Optional<EvictionPlan> on(
      ControllerState state,
      HostEntry host,
      Shortfall shortfall,
      RoomQuestion question,
      Runnable looking) {
    Comparator<WorkloadEntry> leastImportantFirst =
        Comparator.comparing(WorkloadEntry::priority)
            .thenComparingDouble(one -> -shortfall.shareOf(one))
            .thenComparing(one -> one.id);
    List<WorkloadEntry> candidates =
        question.candidatesOn(state, host, shortfall).stream().sorted(leastImportantFirst).toList();
    List<WorkloadEntry> victims = new ArrayList<>();
    for (WorkloadEntry next : candidates) {
      if (!shortfall.isCoveredBy(victims) && couldRunElsewhere(state, host, next, looking)) {
        victims.add(next);
      }
    }
    if (!shortfall.isCoveredBy(victims)) {
      return Optional.empty();
    }
    for (int i = victims.size() - 1; i >= 0; i--) {
      WorkloadEntry spared = victims.remove(i);
      if (!shortfall.isCoveredBy(victims)) {
        victims.add(i, spared);
      }
    }
    return Optional.of(new EvictionPlan(host.id, List.copyOf(victims)));
  }

  private int isTooMuch(int mostNow) {
    int beyond = victims.size() > mostNow ? 1 : 0;
    return victims.size() > MakingRoom.MOST_STOPPED_AT_ONCE ? 2 : beyond;
  }

  /** never stuck: what could run nowhere else would be down for as long as the other is there. */
  private static boolean couldRunElsewhere(
      ControllerState state, HostEntry host, WorkloadEntry workload, Runnable looking) {
    return !OnlyHost.isBound(workload)
        && state.hosts.values().stream()
            .filter(other -> !other.id.equals(host.id))
            .peek(other -> looking.run())
            .anyMatch(other -> state.room.mightTake(workload, other, Collections.emptySortedMap()));
  }

  private boolean works(RoomQuestion question, Room.Rehearsal rehearsal) {
    victims.forEach(victim -> rehearsal.leaves(victim.id));
    boolean works = question.hostFor(rehearsal).equals(Optional.of(host));
    victims.forEach(victim -> rehearsal.isOn(victim.id, host));
    return works;
  }

  /** The highest priority decides, then the next; fewer go before more. */
  private int compareLoss(EvictionPlan other) {
    List<Priority> mine = loss();
    List<Priority> theirs = other.loss();
    for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
      int order = mine.get(i).compareTo(theirs.get(i));
      if (order != 0) {
        return order;
      }
    }
    int fewer = Integer.compare(mine.size(), theirs.size());
    return fewer != 0 ? fewer : host.compareTo(other.host);
  }

  private List<Priority> loss() {
    return victims.stream().map(WorkloadEntry::priority).sorted(Comparator.reverseOrder()).toList();
  }
}
