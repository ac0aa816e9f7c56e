package io.holdfast.engine.placement;

import io.holdfast.api.Host;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Rules that cannot hold, found when they are given. Only strict rules can contradict each other;
 * room is not looked at.
 *
 * <p>Every set that is named really cannot hold. On instances made to be hard the search may end
 * before it has found one; what is named is the smallest set unless that search ends early, and
 * then one of which nothing can be left out.
 */
public final class RuleConflicts {
  /** How bad it is. */
  public enum Kind {
    /** These rules can never all hold, whatever hosts there are. */
    CONTRADICTION,
    /** They cannot all hold with the hosts that are registered. */
    UNSATISFIABLE_NOW,
    /** A rule that says nothing, such as one that keeps a single workload apart from itself. */
    SAYS_NOTHING
  }

  /**
   * Rules that cannot hold.
   *
   * @param rules their names; no smaller set of rules is in conflict here
   * @param describe one line
   */
  public record Conflict(Kind kind, SortedSet<String> rules, String describe) {}

  private RuleConflicts() {}

  /**
   * All conflicts among rules that have no rule in common, the worst first. Among related rules
   * each is the smallest that those before it leave.
   *
   * @param rules with different names
   * @param hosts the hosts that are registered
   */
  public static List<Conflict> find(Collection<Rule> rules, Collection<Host> hosts) {
    List<Conflict> conflicts = new ArrayList<>();
    for (List<Rule> related : related(rules)) {
      conflicts.addAll(among(related, hosts));
    }
    conflicts.sort(Comparator.comparing(Conflict::kind));
    return conflicts;
  }

  /**
   * The conflicts that a rule is part of, or related to through workloads, when it is added to
   * others, or replaces the one of its name.
   *
   * @param rules those in force
   * @param hosts the hosts that are registered
   */
  public static List<Conflict> of(Rule added, Collection<Rule> rules, Collection<Host> hosts) {
    List<Rule> all = new ArrayList<>(rules);
    all.removeIf(rule -> rule.id().equals(added.id()));
    all.add(added);
    return related(all).stream()
        .filter(some -> some.contains(added))
        .flatMap(some -> among(some, hosts).stream())
        .toList();
  }

  /** Rules that have workloads in common, directly or through others. */
  private static List<List<Rule>> related(Collection<Rule> rules) {
    SortedMap<WorkloadId, List<Rule>> byWorkload = new TreeMap<>();
    SortedMap<String, Rule> open = new TreeMap<>();
    for (Rule rule : rules) {
      open.put(rule.id(), rule);
      rule.workloads()
          .forEach(id -> byWorkload.computeIfAbsent(id, w -> new ArrayList<>()).add(rule));
    }
    List<List<Rule>> groups = new ArrayList<>();
    while (!open.isEmpty()) {
      List<Rule> group = new ArrayList<>();
      Deque<Rule> next = new ArrayDeque<>();
      next.add(take(open, open.firstKey()));
      while (!next.isEmpty()) {
        Rule rule = next.remove();
        group.add(rule);
        for (WorkloadId id : rule.workloads()) {
          List<Rule> others = byWorkload.remove(id);
          for (Rule other : others == null ? List.<Rule>of() : others) {
            if (open.containsKey(other.id())) {
              next.add(take(open, other.id()));
            }
          }
        }
      }
      group.sort(Comparator.comparing(Rule::id));
      groups.add(group);
    }
    return groups;
  }

  private static Rule take(SortedMap<String, Rule> open, String id) {
    Rule rule = open.remove(id);
    if (rule == null) {
      throw new IllegalStateException("taken twice: " + id);
    }
    return rule;
  }

  private static List<Conflict> among(List<Rule> rules, Collection<Host> hosts) {
    List<Conflict> conflicts = new ArrayList<>();
    List<Rule> left = new ArrayList<>();
    for (Rule rule : rules) {
      if (rule instanceof WorkloadAffinity && rule.workloads().size() == 1) {
        conflicts.add(
            new Conflict(
                Kind.SAYS_NOTHING,
                names(List.of(rule)),
                "rule %s says nothing: it names %s alone"
                    .formatted(rule.id(), rule.workloads().first())));
      } else if (rule.strict()) {
        left.add(rule);
      }
    }
    for (Kind kind : kinds(hosts)) {
      List<Rule> core = core(left, hosts, kind);
      while (!core.isEmpty()) {
        conflicts.add(new Conflict(kind, names(core), describe(kind, core, hosts.size())));
        left.removeAll(core);
        core = core(left, hosts, kind);
      }
    }
    return conflicts;
  }

  /** Before any host is registered, nothing that is missing is news. */
  private static List<Kind> kinds(Collection<Host> hosts) {
    return hosts.isEmpty()
        ? List.of(Kind.CONTRADICTION)
        : List.of(Kind.CONTRADICTION, Kind.UNSATISFIABLE_NOW);
  }

  private static List<Rule> core(List<Rule> rules, Collection<Host> hosts, Kind kind) {
    return SmallestCore.of(
        rules,
        some ->
            new RulePuzzle(
                    some,
                    kind == Kind.CONTRADICTION ? Universe.open(some, hosts) : Universe.of(hosts))
                .isSolvable());
  }

  private static String describe(Kind kind, List<Rule> core, int hosts) {
    String said =
        core.stream()
            .map(rule -> rule.id() + ": " + rule.describe())
            .collect(Collectors.joining("; "));
    String ever =
        kind == Kind.CONTRADICTION
            ? "can never hold"
            : "cannot hold with the %d registered hosts".formatted(hosts);
    return "%s %s%s (%s)"
        .formatted(
            core.size() == 1 ? "rule" : "rules",
            core.stream().map(Rule::id).collect(Collectors.joining(", ")) + " ",
            core.size() == 1 ? ever : ever.replace(" hold", " all hold"),
            said);
  }

  private static SortedSet<String> names(List<Rule> rules) {
    SortedSet<String> names = new TreeSet<>();
    rules.forEach(rule -> names.add(rule.id()));
    return Collections.unmodifiableSortedSet(names);
  }
}
