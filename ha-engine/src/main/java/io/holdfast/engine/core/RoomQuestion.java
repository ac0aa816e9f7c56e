package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * How a workload would find room that finds none.
 *
 * @param along strict partners that are to find room there, too
 * @param wish what it looks for
 * @param going take room still, and will not soon
 * @param mightGo whether this one might be made to go for it, as far as is quickly said
 * @param mayGo whether it may
 * @param most no more of them
 */
record RoomQuestion(
    WorkloadEntry workload,
    Collection<WorkloadEntry> along,
    Wish wish,
    List<SoonGone> going,
    Predicate<WorkloadEntry> mightGo,
    Predicate<WorkloadEntry> mayGo,
    int most) {

  /** Asks as if all that is under way had come to its end. */
  <T> Optional<T> ask(ControllerState state, Function<Room.Rehearsal, Optional<T>> answer) {
    List<T> found = new ArrayList<>();
    state.room.rehearse(
        rehearsal -> {
          going.forEach(one -> one.supposed(rehearsal));
          answer.apply(rehearsal).ifPresent(found::add);
        });
    return found.stream().findFirst();
  }

  /** Those that will soon have left this host. */
  List<SoonGone> goingFrom(HostId host) {
    return going.stream().filter(one -> one.from().equals(host)).toList();
  }

  /** Where it would go. */
  Optional<HostId> hostFor(Room.Rehearsal rehearsal) {
    return rehearsal.choose(workload.id, wish) instanceof Choice.Chosen chosen
        ? Optional.of(chosen.host())
        : Optional.empty();
  }

  /** What each host says that could be used, and on which it is room that is missing. */
  <T> List<T> onEachHost(
      ControllerState state,
      Room.Rehearsal rehearsal,
      BiFunction<HostEntry, Shortfall, Optional<T>> plan) {
    SortedMap<String, Long> demand = Shortfall.demandOf(workload, along);
    List<T> plans = new ArrayList<>();
    for (HostEntry host : state.hosts.values()) {
      boolean usable = host.config != null && state.whyNotUsable(host).isEmpty();
      if (usable
          && !wish.excluded().containsKey(host.id)
          && rehearsal.isFit(workload.id, host.id, wish)
          && along.stream().allMatch(one -> rehearsal.isFit(one.id, host.id, wish))) {
        Shortfall shortfall = Shortfall.of(demand, rehearsal.marginOn(host.id));
        if (!shortfall.isNone()) {
          plan.apply(host, shortfall).ifPresent(plans::add);
        }
      }
    }
    return plans;
  }

  /** Those on this host that would help if they went, and may; none if they are not enough. */
  List<WorkloadEntry> candidatesOn(ControllerState state, HostEntry host, Shortfall shortfall) {
    List<WorkloadEntry> might =
        host.placed.stream()
            .map(state::workload)
            .filter(mightGo)
            .filter(one -> shortfall.shareOf(one) > 0)
            .toList();
    return shortfall.isCoveredBy(might) ? might.stream().filter(mayGo).toList() : List.of();
  }
}
