package io.holdfast.engine.placement;

import static io.holdfast.engine.placement.Clusters.inDomain;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.RuleConflicts.Conflict;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** Conflicts against every assignment of three workloads to few hosts. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class RuleConflictsPropertiesTest {
  private static final int WORKLOADS = 3;
  private static final List<Host> HOSTS =
      List.of(
          inDomain("h0", Capacity.NONE, "d0"),
          inDomain("h1", Capacity.NONE, "d0"),
          inDomain("h2", Capacity.NONE, "d1"));

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void whatCannotHoldIsFoundWithTheSmallestSet(@ForAll("rules") List<Rule> drawn) {
    List<Rule> rules = named(drawn);
    List<Conflict> conflicts = RuleConflicts.find(rules, HOSTS);
    check(rules, conflicts, RuleConflicts.Kind.CONTRADICTION, everythingThereCouldBe());
    List<Rule> left = new ArrayList<>(rules);
    conflicts.stream()
        .filter(c -> c.kind() == RuleConflicts.Kind.CONTRADICTION)
        .forEach(c -> left.removeIf(rule -> c.rules().contains(rule.id())));
    check(left, conflicts, RuleConflicts.Kind.UNSATISFIABLE_NOW, HOSTS);
  }

  private static void check(
      List<Rule> rules, List<Conflict> conflicts, RuleConflicts.Kind kind, List<Host> hosts) {
    List<Rule> left = new ArrayList<>(rules);
    for (Conflict conflict : conflicts) {
      if (conflict.kind() == kind) {
        List<Rule> core = left.stream().filter(r -> conflict.rules().contains(r.id())).toList();
        assertThat(canHold(core, hosts)).as("%s", conflict).isFalse();
        // Of related rules alone: conflicts of others may be smaller.
        List<Rule> related = relatedTo(core, left);
        assertThat(core.size()).as("%s", conflict).isEqualTo(smallest(related, hosts));
        left.removeAll(core);
      }
    }
    assertThat(canHold(left, hosts)).as("left %s", left).isTrue();
  }

  private static List<Rule> relatedTo(List<Rule> core, List<Rule> rules) {
    SortedSet<WorkloadId> touched = new TreeSet<>();
    core.forEach(rule -> touched.addAll(rule.workloads()));
    List<Rule> related = new ArrayList<>(core);
    boolean grew = true;
    while (grew) {
      grew = false;
      for (Rule rule : rules) {
        if (!related.contains(rule) && rule.workloads().stream().anyMatch(touched::contains)) {
          grew = related.add(rule);
          touched.addAll(rule.workloads());
        }
      }
    }
    return related;
  }

  private static int smallest(List<Rule> rules, List<Host> hosts) {
    int smallest = Integer.MAX_VALUE;
    for (int some = 1; some < 1 << rules.size(); some++) {
      if (Integer.bitCount(some) < smallest) {
        List<Rule> subset = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
          if (((some >> i) & 1) == 1) {
            subset.add(rules.get(i));
          }
        }
        if (!canHold(subset, hosts)) {
          smallest = Integer.bitCount(some);
        }
      }
    }
    return smallest;
  }

  private static boolean canHold(List<Rule> rules, List<Host> hosts) {
    int all = (int) Math.pow(hosts.size(), WORKLOADS);
    for (int code = 0; code < all; code++) {
      Host[] at = new Host[WORKLOADS];
      for (int w = 0, rest = code; w < WORKLOADS; w++, rest /= hosts.size()) {
        at[w] = hosts.get(rest % hosts.size());
      }
      if (rules.stream().allMatch(rule -> holds(rule, at))) {
        return true;
      }
    }
    return false;
  }

  private static boolean holds(Rule rule, Host[] at) {
    if (!rule.strict()) {
      return true;
    }
    List<Host> there =
        rule.workloads().stream().map(id -> at[Integer.parseInt(id.name())]).toList();
    if (rule instanceof HostAffinity affinity) {
      return there.stream().allMatch(host -> affinity.hosts().containsKey(host.id()));
    }
    WorkloadAffinity affinity = (WorkloadAffinity) rule;
    List<String> places =
        there.stream()
            .map(h -> affinity.level().isHost() ? h.id().value() : h.domain().get(0))
            .distinct()
            .toList();
    return affinity.kind() == Kind.POSITIVE
        ? places.size() == 1
        : places.size() == affinity.workloads().size();
  }

  /** The registered hosts and as many more, everywhere, as three workloads could want. */
  private static List<Host> everythingThereCouldBe() {
    List<Host> hosts = new ArrayList<>(HOSTS);
    for (String domain : List.of("d0", "d1", "x0", "x0", "x0", "x1", "x2")) {
      int more = domain.startsWith("x") ? 1 : WORKLOADS;
      for (int i = 0; i < more; i++) {
        hosts.add(inDomain("more-" + hosts.size(), Capacity.NONE, domain));
      }
    }
    return hosts;
  }

  private static List<Rule> named(List<Rule> drawn) {
    List<Rule> rules = new ArrayList<>();
    for (Rule rule : drawn) {
      String id = "r" + rules.size();
      rules.add(
          rule instanceof HostAffinity h
              ? new HostAffinity(id, h.workloads(), h.hosts(), h.strict())
              : renamed(id, (WorkloadAffinity) rule));
    }
    return rules;
  }

  private static Rule renamed(String id, WorkloadAffinity rule) {
    return new WorkloadAffinity(id, rule.workloads(), rule.kind(), rule.level(), rule.strict());
  }

  @Provide
  Arbitrary<List<Rule>> rules() {
    Arbitrary<Integer> some = Arbitraries.integers().between(1, 7);
    Arbitrary<Boolean> strict = Arbitraries.of(true, true, true, false);
    Arbitrary<Rule> hostRules =
        Combinators.combine(some, some, strict)
            .as((w, h, s) -> new HostAffinity("r", workloads(w), hosts(h), s));
    Arbitrary<Rule> affinities =
        Combinators.combine(some, Arbitraries.of(Kind.class), Arbitraries.of(-1, 0), strict)
            .as((w, k, l, s) -> new WorkloadAffinity("r", workloads(w), k, new Level(l), s));
    return Arbitraries.oneOf(List.of(hostRules, affinities)).list().ofMaxSize(6);
  }

  private static SortedSet<WorkloadId> workloads(int bits) {
    SortedSet<WorkloadId> workloads = new TreeSet<>();
    for (int i = 0; i < WORKLOADS; i++) {
      if (((bits >> i) & 1) == 1) {
        workloads.add(new WorkloadId("vm", Integer.toString(i)));
      }
    }
    return workloads;
  }

  private static SortedMap<HostId, Integer> hosts(int bits) {
    SortedMap<HostId, Integer> hosts = new TreeMap<>();
    for (int i = 0; i < HOSTS.size(); i++) {
      if (((bits >> i) & 1) == 1) {
        hosts.put(HOSTS.get(i).id(), 0);
      }
    }
    return hosts;
  }
}
