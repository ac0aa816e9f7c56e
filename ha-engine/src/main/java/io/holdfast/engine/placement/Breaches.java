package io.holdfast.engine.placement;

import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How often strict rules are broken: once for every workload that would have to be elsewhere. A
 * workload that is moving counts where it is going.
 */
final class Breaches {
  private final PlacementState state;

  Breaches(PlacementState state) {
    this.state = state;
  }

  int of(Rule rule) {
    if (!rule.strict()) {
      return 0;
    }
    List<HostSlot> goals = goals(rule);
    if (rule instanceof HostAffinity affinity) {
      return (int) goals.stream().filter(h -> !affinity.hosts().containsKey(h.id)).count();
    }
    return rule instanceof WorkloadAffinity affinity ? of(affinity, goals) : 0;
  }

  private static int of(WorkloadAffinity affinity, List<HostSlot> goals) {
    SortedMap<Integer, Integer> byPlace = new TreeMap<>();
    for (HostSlot goal : goals) {
      byPlace.merge(goal.place(affinity.level().index()), 1, Integer::sum);
    }
    int kept =
        affinity.kind() == Kind.NEGATIVE
            ? byPlace.size()
            : byPlace.values().stream().mapToInt(n -> n).max().orElse(0);
    return goals.size() - kept;
  }

  private List<HostSlot> goals(Rule rule) {
    List<HostSlot> goals = new ArrayList<>();
    for (WorkloadId id : rule.workloads()) {
      WorkloadSlot workload = state.workload(id);
      HostSlot goal = workload == null ? null : workload.goal();
      if (goal != null) {
        goals.add(goal);
      }
    }
    return goals;
  }

  /** All that a move of the bundle could change. */
  int touching(Bundle bundle) {
    return rulesOf(bundle).stream().mapToInt(this::of).sum();
  }

  /** The names of its rules that are broken. */
  List<String> brokenIn(Bundle bundle) {
    return rulesOf(bundle).stream().filter(rule -> of(rule) > 0).map(Rule::id).toList();
  }

  private List<Rule> rulesOf(Bundle bundle) {
    SortedSet<String> ids = new TreeSet<>();
    bundle.members().forEach(member -> ids.addAll(state.rules.of(member)));
    List<Rule> rules = new ArrayList<>();
    for (String id : ids) {
      Rule rule = state.rules.rules().get(id);
      if (rule != null) {
        rules.add(rule);
      }
    }
    return rules;
  }
}
