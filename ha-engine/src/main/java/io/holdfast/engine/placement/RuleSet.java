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
  private final IdTable<Bound> bound = new IdTable<>(workload -> workload.id);

  /** A workload that rules name. */
  private static final class Bound {
    final WorkloadId id;
    final SortedSet<String> rules = new TreeSet<>();

    /** {@code null} until somebody asks. */
    @Nullable Bundle bundle;

    Bound(WorkloadId id) {
      this.id = id;
    }
  }

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
    for (WorkloadId id : rule.workloads()) {
      Bound workload = bound.get(id);
      if (workload == null) {
        workload = new Bound(id);
        bound.add(workload);
      }
      forgetBundleOf(workload);
      workload.rules.add(rule.id());
    }
  }

  /** Removes a rule, if there is one of this name. */
  public void remove(String id) {
    Rule rule = rules.remove(id);
    if (rule != null) {
      for (WorkloadId named : rule.workloads()) {
        Bound workload = bound.get(named);
        if (workload != null) {
          forgetBundleOf(workload);
          workload.rules.remove(id);
          if (workload.rules.isEmpty()) {
            bound.remove(named);
          }
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
    Bound found = bound.get(workload);
    return found == null ? Collections.emptySortedSet() : found.rules;
  }

  /** The names of the rules that put a workload on one host with others, always. */
  SortedSet<String> binding(WorkloadId workload) {
    SortedSet<String> binding = new TreeSet<>(of(workload));
    binding.removeIf(id -> !(rules.get(id) instanceof WorkloadAffinity rule && binds(rule)));
    return binding;
  }

  /** What a workload is bound to; empty if no rule names it. */
  public Optional<Bundle> bundle(WorkloadId workload) {
    return Optional.ofNullable(bundleOf(workload));
  }

  @Nullable Bundle bundleOf(WorkloadId workload) {
    Bound found = bound.get(workload);
    if (found == null) {
      return null;
    }
    Bundle bundle = found.bundle;
    return bundle == null ? compile(workload) : bundle;
  }

  private void forgetBundleOf(Bound workload) {
    Bundle bundle = workload.bundle;
    if (bundle != null) {
      for (WorkloadId id : bundle.members()) {
        Bound member = bound.get(id);
        if (member != null) {
          member.bundle = null;
        }
      }
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
    for (WorkloadId id : members) {
      Bound member = bound.get(id);
      if (member != null) {
        member.bundle = bundle;
      }
    }
    return bundle;
  }
}
