package io.holdfast.engine.placement;

import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Moves that bring back strict rules which are broken, by a rule that came late or by hand. Each
 * step moves the bundle that mends the most for every workload moved; no step breaks a rule that
 * held, and none needs room that is not there.
 */
public final class Mend {
  /**
   * What is proposed.
   *
   * @param before in how many places strict rules are broken now
   * @param after in how many they will be
   * @param moves in an order in which each can be made when those before it are done
   */
  public record Proposal(int before, int after, List<Move> moves) {}

  private record Step(List<WorkloadSlot> moved, HostSlot to, int mended) {
    boolean isBetterThan(@Nullable Step other) {
      if (other == null) {
        return true;
      }
      int byWorth = mended * other.moved.size() - other.mended * moved.size();
      return byWorth != 0 ? byWorth > 0 : moved.size() < other.moved.size();
    }
  }

  private final PlacementState state;
  private final Breaches breaches;
  private final Predicate<WorkloadId> movable;
  private final Trial trial;

  private Mend(PlacementState state, Predicate<WorkloadId> movable, Trial trial) {
    this.state = state;
    this.breaches = new Breaches(state);
    this.movable = movable;
    this.trial = trial;
  }

  /** Strict rules that are broken now, by name. */
  public static SortedSet<String> broken(Placer placer) {
    Breaches breaches = new Breaches(placer.state());
    SortedSet<String> broken = new TreeSet<>();
    for (Rule rule : placer.rules().values()) {
      if (breaches.of(rule) > 0) {
        broken.add(rule.id());
      }
    }
    return broken;
  }

  /**
   * Proposes moves; the placer is left as it was. Costs in proportion to the rules.
   *
   * @param movable workloads that may be moved now
   */
  public static Proposal propose(Placer placer, Predicate<WorkloadId> movable) {
    try (Trial trial = new Trial(placer.state())) {
      return new Mend(placer.state(), movable, trial).propose();
    }
  }

  /**
   * The first step alone: the moves of one bundle; empty if nothing can be mended. Costs in
   * proportion to the rules that are named; the placer is left as it was.
   *
   * @param rules the names of the rules to be mended
   * @param movable workloads that may be moved now
   */
  public static List<Move> first(
      Placer placer, SortedSet<String> rules, Predicate<WorkloadId> movable) {
    try (Trial trial = new Trial(placer.state())) {
      Mend mend = new Mend(placer.state(), movable, trial);
      Step step = mend.best(rules.stream().map(placer.rules()::get).toList());
      return step == null ? List.of() : mend.moves(step);
    }
  }

  private Proposal propose() {
    int before = all();
    List<Move> moves = new ArrayList<>();
    Collection<Rule> rules = state.rules.rules().values();
    Step step = best(rules);
    while (step != null) {
      moves.addAll(moves(step));
      HostSlot to = step.to();
      step.moved().forEach(workload -> trial.move(workload, to));
      step = best(rules);
    }
    return new Proposal(before, all(), List.copyOf(moves));
  }

  private int all() {
    return state.rules.rules().values().stream().mapToInt(breaches::of).sum();
  }

  private @Nullable Step best(Collection<Rule> rules) {
    SortedMap<WorkloadId, List<WorkloadSlot>> bundles = new TreeMap<>();
    for (Rule rule : rules) {
      if (breaches.of(rule) > 0) {
        for (WorkloadId id : rule.workloads()) {
          WorkloadSlot workload = state.workload(id);
          if (workload != null && workload.host != null) {
            List<WorkloadSlot> members = state.placedBundle(workload);
            bundles.put(members.get(0).id, members);
          }
        }
      }
    }
    Step best = null;
    for (List<WorkloadSlot> members : bundles.values()) {
      if (members.stream().allMatch(m -> m.target == null && movable.test(m.id))) {
        Step step = bestOf(members);
        if (step != null && step.isBetterThan(best)) {
          best = step;
        }
      }
    }
    return best;
  }

  /** Where one bundle would go. */
  private @Nullable Step bestOf(List<WorkloadSlot> members) {
    WorkloadSlot first = members.get(0);
    Bundle bundle = state.rules.bundleOf(first.id);
    if (bundle == null) {
      return null;
    }
    int before = breaches.touching(bundle);
    SortedMap<WorkloadSlot, HostSlot> present = new TreeMap<>();
    members.forEach(m -> present.put(m, m.host));
    int mark = trial.moves();
    members.forEach(trial::vacate);
    Search search = state.search(first, Collections.emptySortedMap());
    search.goTogether(members);
    SortedSet<HostSlot> candidates = new TreeSet<>(present.values());
    HostSlot chosen = new Chooser(state, search, Wish.BEST, null).choose();
    if (chosen != null) {
      candidates.add(chosen);
    }
    Step best = null;
    int nowhere = trial.moves();
    for (HostSlot to : candidates) {
      if (search.refusal(to) == null) {
        members.forEach(m -> trial.move(m, to));
        List<WorkloadSlot> moved = members.stream().filter(m -> present.get(m) != to).toList();
        Step step = new Step(moved, to, before - breaches.touching(bundle));
        if (step.mended() > 0 && !moved.isEmpty() && step.isBetterThan(best)) {
          best = step;
        }
        trial.backTo(nowhere);
      }
    }
    trial.backTo(mark);
    return best;
  }

  private List<Move> moves(Step step) {
    SortedMap<HostSlot, SortedSet<WorkloadId>> bySource = new TreeMap<>();
    for (WorkloadSlot workload : step.moved()) {
      HostSlot from = workload.host;
      if (from != null) {
        bySource.computeIfAbsent(from, h -> new TreeSet<>()).add(workload.id);
      }
    }
    String why = "mends " + String.join(", ", rulesThatNeed(step.moved().get(0)));
    List<Move> moves = new ArrayList<>();
    bySource.forEach((from, ids) -> moves.add(new Move(ids, from.id, step.to().id, why)));
    return moves;
  }

  private List<String> rulesThatNeed(WorkloadSlot workload) {
    Bundle bundle = state.rules.bundleOf(workload.id);
    return bundle == null ? List.of() : breaches.brokenIn(bundle);
  }
}
