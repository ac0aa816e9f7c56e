package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who would have to be moved from one host so that a workload finds room there, and where to: as
 * few as it takes, each to a host that has room for it as things are, whoever will soon have left
 * that one.
 *
 * @param moves the host to which each goes
 */
record MovePlan(HostId host, SortedMap<WorkloadId, HostId> moves) {
  /** Of hosts on which few would have to go; each costs a choice for each of them. */
  private static final int MOST_TRIES = 8;

  /** Who would have to go if all of them found a host. */
  private record Draft(HostEntry host, Shortfall shortfall, List<WorkloadEntry> candidates) {
    /** What brings the most goes first. */
    int atLeast() {
      int count = 0;
      while (count < candidates.size() && !shortfall.isCoveredBy(candidates.subList(0, count))) {
        count++;
      }
      return count;
    }
  }

  /** The plan with the fewest moves. */
  static Optional<MovePlan> of(ControllerState state, RoomQuestion question) {
    return question.ask(
        state,
        rehearsal -> {
          List<Draft> drafts =
              question
                  .onEachHost(
                      state, rehearsal, (host, missing) -> on(state, host, missing, question))
                  .stream()
                  .filter(draft -> draft.atLeast() <= question.most())
                  .sorted(
                      Comparator.comparingInt(Draft::atLeast)
                          .thenComparing(draft -> draft.host().id))
                  .limit(MOST_TRIES)
                  .toList();
          question.going().forEach(one -> rehearsal.isAsItWas(one.workload()));
          return drafts.stream()
              .flatMap(draft -> follow(draft, question, rehearsal).stream())
              .findFirst();
        });
  }

  private static Optional<Draft> on(
      ControllerState state, HostEntry host, Shortfall shortfall, RoomQuestion question) {
    Comparator<WorkloadEntry> mostFirst =
        Comparator.comparingDouble((WorkloadEntry one) -> -shortfall.shareOf(one))
            .thenComparing(one -> one.id);
    List<WorkloadEntry> candidates =
        question.candidatesOn(state, host, shortfall).stream().sorted(mostFirst).toList();
    return Optional.of(new Draft(host, shortfall, candidates))
        .filter(draft -> shortfall.isCoveredBy(candidates));
  }

  private static Optional<MovePlan> follow(
      Draft draft, RoomQuestion question, Room.Rehearsal rehearsal) {
    HostId from = draft.host().id;
    SortedMap<WorkloadId, HostId> moves = new TreeMap<>();
    List<WorkloadEntry> moved = new ArrayList<>();
    List<SoonGone> going = question.goingFrom(from);
    going.forEach(one -> one.supposed(rehearsal));
    for (WorkloadEntry next : draft.candidates()) {
      boolean more = !draft.shortfall().isCoveredBy(moved) && moved.size() < question.most();
      if (more
          && rehearsal.choose(next.id, elsewhere(next, from)) instanceof Choice.Chosen chosen) {
        rehearsal.isOn(next.id, chosen.host());
        moves.put(next.id, chosen.host());
        moved.add(next);
      }
    }
    boolean works = question.hostFor(rehearsal).equals(Optional.of(from));
    moved.forEach(one -> rehearsal.isOn(one.id, from));
    going.forEach(one -> rehearsal.isAsItWas(one.workload()));
    return works ? Optional.of(new MovePlan(from, moves)) : Optional.empty();
  }

  private static Wish elsewhere(WorkloadEntry workload, HostId from) {
    TreeMap<HostId, String> excluded = new TreeMap<>();
    for (HostId gaveUp : workload.placement.trials().gaveUp().keySet()) {
      excluded.put(gaveUp, "gave it up before");
    }
    excluded.put(from, "is to be left");
    return Wish.BEST.without(excluded);
  }
}
