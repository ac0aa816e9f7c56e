package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Workloads that strict rules bind to one host, and every rule that touches one of them: as they go
 * together, what holds for one holds for all.
 */
public final class Bundle {
  private final SortedSet<WorkloadId> members;
  private final List<HostAffinity> hostRules = new ArrayList<>();
  private final List<WorkloadAffinity> affinities = new ArrayList<>();

  /** Named hosts by how good they are, 0 the best; only those that every strict rule names. */
  private final SortedMap<Integer, List<HostId>> ranks = new TreeMap<>();

  private final SortedMap<HostId, Integer> rankOf = new TreeMap<>();
  private final int otherRank;
  private final boolean strictHosts;

  /**
   * @param rules every rule that touches a member, by name
   */
  Bundle(SortedSet<WorkloadId> members, Iterable<Rule> rules) {
    this.members = members;
    for (Rule rule : rules) {
      if (rule instanceof HostAffinity host) {
        hostRules.add(host);
      } else if (rule instanceof WorkloadAffinity affinity && !RuleSet.binds(affinity)) {
        affinities.add(affinity);
      }
    }
    this.strictHosts = hostRules.stream().anyMatch(HostAffinity::strict);
    this.otherRank = hostRules.stream().mapToInt(Bundle::classes).sum();
    for (HostId host : namedHosts()) {
      int rank = hostRules.stream().mapToInt(rule -> rankIn(rule, host)).sum();
      rankOf.put(host, rank);
      ranks.computeIfAbsent(rank, r -> new ArrayList<>()).add(host);
    }
  }

  /** The workloads that go together, at least one. */
  public SortedSet<WorkloadId> members() {
    return members;
  }

  /** Host affinities of any member, by name. */
  public List<HostAffinity> hostRules() {
    return hostRules;
  }

  /** Workload affinities of any member, those left out that make the bundle; by name. */
  public List<WorkloadAffinity> affinities() {
    return affinities;
  }

  /** Whether no strict host affinity of a member forbids this host. */
  public boolean allows(HostId host) {
    return !strictHosts || rankOf.containsKey(host);
  }

  /** How well host affinities like a host that they allow: the lower, the better. */
  int rank(HostId host) {
    return rankOf.getOrDefault(host, otherRank);
  }

  /** Hosts that are named and allowed, by their rank. */
  SortedMap<Integer, List<HostId>> ranks() {
    return ranks;
  }

  /** That of the hosts which its host affinities like best. */
  int bestRank() {
    return ranks.isEmpty() ? otherRank : ranks.firstKey();
  }

  /** The rank of hosts that are not named. */
  int otherRank() {
    return otherRank;
  }

  boolean onlyNamedHosts() {
    return strictHosts;
  }

  private SortedSet<HostId> namedHosts() {
    SortedSet<HostId> named = new TreeSet<>();
    hostRules.forEach(rule -> named.addAll(rule.hosts().keySet()));
    for (HostAffinity rule : hostRules) {
      if (rule.strict()) {
        named.retainAll(rule.hosts().keySet());
      }
    }
    return named;
  }

  private static int classes(HostAffinity rule) {
    return (int) rule.hosts().values().stream().distinct().count();
  }

  /** How many classes of the rule are better than this host's. */
  private static int rankIn(HostAffinity rule, HostId host) {
    Integer priority = rule.hosts().get(host);
    if (priority == null) {
      return classes(rule);
    }
    return (int) rule.hosts().values().stream().distinct().filter(p -> p > priority).count();
  }
}
