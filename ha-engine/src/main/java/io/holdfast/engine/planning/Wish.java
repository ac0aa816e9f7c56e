package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A rule that says where workloads should rather be, in numbers. */
final class Wish {
  private static final double PREFERENCE = 1e9;
  private static final double BROKEN = 1e3;
  private static final int MOST_BROKEN = 900;

  private final Rule rule;

  /** Of an affinity of workloads: those that are there. */
  private final int[] members;

  /** The place of each host at the rule's level. */
  private final int[] places;

  /** Of an affinity of hosts: those that are there, and how many priorities are higher. */
  private final int[] named;

  private final int[] behind;
  private final int behindAll;

  private Wish(Rule rule, int[] members, int[] places, int[] named, int[] behind, int behindAll) {
    this.rule = rule;
    this.members = members;
    this.places = places;
    this.named = named;
    this.behind = behind;
    this.behindAll = behindAll;
  }

  /**
   * A rule as a wish.
   *
   * @param places by host, at the rule's level if it has one
   */
  static Wish of(
      Rule rule,
      SortedMap<WorkloadId, Integer> workloads,
      SortedMap<HostId, Integer> hosts,
      int[] places) {
    return rule instanceof Rule.HostAffinity affinity
        ? of(affinity, hosts)
        : of((Rule.WorkloadAffinity) rule, workloads, places);
  }

  /** An affinity of workloads that is not strict. */
  private static Wish of(
      Rule.WorkloadAffinity rule, SortedMap<WorkloadId, Integer> workloads, int[] places) {
    int[] members = new int[rule.workloads().size()];
    int count = 0;
    for (WorkloadId id : rule.workloads()) {
      Integer w = workloads.get(id);
      if (w != null) {
        members[count++] = w;
      }
    }
    return new Wish(rule, Arrays.copyOf(members, count), places, new int[0], new int[0], 0);
  }

  /** An affinity of hosts that prefers some to others. */
  private static Wish of(Rule.HostAffinity rule, SortedMap<HostId, Integer> hosts) {
    SortedMap<Integer, Integer> higher = new TreeMap<>();
    for (int priority : rule.hosts().values()) {
      higher.put(-priority, 0);
    }
    int next = 0;
    for (Map.Entry<Integer, Integer> entry : higher.entrySet()) {
      entry.setValue(next++);
    }
    int[] named = new int[rule.hosts().size()];
    int[] behind = new int[named.length];
    int count = 0;
    for (Map.Entry<HostId, Integer> entry : rule.hosts().entrySet()) {
      Integer h = hosts.get(entry.getKey());
      Integer rank = higher.get(-entry.getValue());
      if (h != null && rank != null) {
        named[count] = h;
        behind[count++] = rank;
      }
    }
    return new Wish(
        rule, new int[0], new int[0], Arrays.copyOf(named, count), behind, higher.size());
  }

  /** The rule's name. */
  String rule() {
    return rule.id();
  }

  /** How much it costs to find out what it says. */
  int looks() {
    return members.length;
  }

  /** Adds for each host how little the rule wants the workload there. */
  void add(int workload, Assignment state, double[] scores) {
    if (rule instanceof Rule.WorkloadAffinity affinity) {
      addBroken(affinity.kind() == Rule.Kind.POSITIVE, workload, state, scores);
      return;
    }
    for (int h = 0; h < scores.length; h++) {
      scores[h] += PREFERENCE * behindAll;
    }
    for (int i = 0; i < named.length; i++) {
      scores[named[i]] -= PREFERENCE * (behindAll - behind[i]);
    }
  }

  private void addBroken(boolean together, int workload, Assignment state, double[] scores) {
    int[] there = new int[places.length];
    int all = 0;
    for (int other : members) {
      if (other != workload && state.at[other] >= 0) {
        there[places[state.at[other]]]++;
        all++;
      }
    }
    for (int h = 0; h < scores.length; h++) {
      int broken = together ? all - there[places[h]] : there[places[h]];
      scores[h] += BROKEN * Math.min(broken, MOST_BROKEN);
    }
  }
}
