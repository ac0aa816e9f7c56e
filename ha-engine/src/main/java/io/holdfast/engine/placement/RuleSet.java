package io.holdfast.engine.placement;

import io.holdfast.api.Rule;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Rules in force, compiled: what each workload is bound to. A change costs in proportion to what
 * the rule touches. Rules are taken as they are; {@link RuleConflicts} tells whether they can hold.
 * Not for use by several threads.
 */
public final class RuleSet {
  private final SortedMap<String, Rule> rules = new TreeMap<>();
  private final SortedMap<WorkloadId, SortedSet<String>> byWorkload = new TreeMap<>();
  private final SortedMap<WorkloadId, Bundle> compiled = new TreeMap<>();

  /** Without rules. */
  public RuleSet() {}

  /** Whether a rule puts its workloads on one host, always. */
  static boolean binds(WorkloadAffinity rule) {
    return rule.strict() && rule.kind() == Kind.POSITIVE && rule.level().isHost();
  }

  /** Adds a rule, or replaces the one of the same name. */
  public void put(Rule rule) {
    remove(rule.id());
    rules.put(rule.id(), rule);
    for (WorkloadId workload : rule.workloads()) {
      stale(workload);
      byWorkload.computeIfAbsent(workload, w -> new TreeSet<>()).add(rule.id());
    }
  }

  /** Removes a rule, if there is one of this name. */
  public void remove(String id) {
    Rule rule = rules.remove(id);
    if (rule != null) {
      for (WorkloadId workload : rule.workloads()) {
        stale(workload);
        SortedSet<String> left = byWorkload.get(workload);
        if (left != null && left.remove(id) && left.isEmpty()) {
          byWorkload.remove(workload);
        }
      }
    }
  }

  /** All rules, by name. */
  public SortedMap<String, Rule> rules() {
    return Collections.unmodifiableSortedMap(rules);
  }

  /** The names of the rules that name a workload. */
  SortedSet<String> of(WorkloadId workload) {
    return byWorkload.getOrDefault(workload, Collections.emptySortedSet());
  }

  /** What a workload is bound to; empty if no rule names it. */
  public Optional<Bundle> bundle(WorkloadId workload) {
    return Optional.ofNullable(bundleOf(workload));
  }

  @Nullable Bundle bundleOf(WorkloadId workload) {
    if (!byWorkload.containsKey(workload)) {
      return null;
    }
    Bundle bundle = compiled.get(workload);
    return bundle == null ? compile(workload) : bundle;
  }

  private void stale(WorkloadId workload) {
    Bundle bundle = compiled.get(workload);
    if (bundle != null) {
      bundle.members().forEach(compiled::remove);
    }
  }

  private Bundle compile(WorkloadId workload) {
    SortedSet<WorkloadId> members = new TreeSet<>();
    SortedSet<String> touching = new TreeSet<>();
    Deque<WorkloadId> open = new ArrayDeque<>();
    open.add(workload);
    members.add(workload);
    while (!open.isEmpty()) {
      for (String id : of(open.remove())) {
        Rule rule = rules.get(id);
        if (touching.add(id) && rule instanceof WorkloadAffinity affinity && binds(affinity)) {
          affinity.workloads().stream().filter(members::add).forEach(open::add);
        }
      }
    }
    Bundle bundle =
        new Bundle(
            Collections.unmodifiableSortedSet(members), touching.stream().map(rules::get).toList());
    members.forEach(member -> compiled.put(member, bundle));
    return bundle;
  }
}
