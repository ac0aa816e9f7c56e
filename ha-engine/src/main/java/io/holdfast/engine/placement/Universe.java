package io.holdfast.engine.placement;

import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.WorkloadAffinity;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The hosts on which rules are to hold: those that are registered, or any that there could be.
 *
 * <p>In an open universe a workload that no rule binds to hosts or to a domain always finds a host
 * of its own; only where rules put workloads into one domain, hosts are made up, as many in every
 * domain as could be needed.
 */
final class Universe {
  /** With more made-up hosts the question stays open. */
  private static final int MOST_HOSTS = 3000;

  private final List<List<String>> paths = new ArrayList<>();
  private final SortedMap<HostId, Integer> numbers = new TreeMap<>();
  private final boolean open;
  private boolean tooLarge;

  private Universe(boolean open) {
    this.open = open;
  }

  /** The registered hosts and no other. */
  static Universe of(Collection<Host> hosts) {
    Universe universe = new Universe(false);
    hosts.forEach(host -> universe.add(host.id(), host.domain()));
    return universe;
  }

  /** The hosts that the rules name, and any others that could be added. */
  static Universe open(List<Rule> rules, Collection<Host> hosts) {
    Universe universe = new Universe(true);
    SortedSet<HostId> named = new TreeSet<>();
    for (Rule rule : rules) {
      if (rule instanceof HostAffinity affinity) {
        named.addAll(affinity.hosts().keySet());
      }
    }
    boolean joined = rules.stream().anyMatch(Universe::joinsADomain);
    for (Host host : hosts) {
      if (named.remove(host.id())) {
        universe.add(host.id(), host.domain());
      }
    }
    // A host that is not registered could stand in any domain.
    universe.tooLarge = joined && !named.isEmpty();
    named.forEach(host -> universe.add(host, List.of()));
    if (joined) {
      universe.makeUp(rules);
    }
    return universe;
  }

  private static boolean joinsADomain(Rule rule) {
    return rule instanceof WorkloadAffinity affinity
        && affinity.kind() == Kind.POSITIVE
        && !affinity.level().isHost();
  }

  private void makeUp(List<Rule> rules) {
    int depth = 0;
    SortedSet<String> workloads = new TreeSet<>();
    for (Rule rule : rules) {
      rule.workloads().forEach(id -> workloads.add(id.toString()));
      if (rule instanceof WorkloadAffinity affinity) {
        depth = Math.max(depth, affinity.level().index() + 1);
      }
    }
    SortedMap<String, List<String>> prefixes = new TreeMap<>();
    prefixes.put("", List.of());
    for (List<String> path : paths) {
      for (int end = 1; end <= Math.min(depth, path.size()); end++) {
        List<String> prefix = path.subList(0, end);
        prefixes.put(String.join("/", prefix), prefix);
      }
    }
    for (List<String> prefix : List.copyOf(prefixes.values())) {
      below(prefix, depth, workloads.size());
    }
  }

  private void below(List<String> prefix, int depth, int width) {
    for (int i = 0; i < width && !tooLarge; i++) {
      if (prefix.size() == depth) {
        paths.add(prefix);
        tooLarge = paths.size() > MOST_HOSTS;
      } else {
        List<String> longer = new ArrayList<>(prefix);
        longer.add("?" + i); // no domain is named so
        below(longer, depth, width);
      }
    }
  }

  private void add(HostId id, List<String> domain) {
    numbers.put(id, paths.size());
    paths.add(domain);
  }

  boolean isOpen() {
    return open;
  }

  /** Whether it is not known what there could be. */
  boolean isTooLarge() {
    return tooLarge;
  }

  int size() {
    return paths.size();
  }

  /** The number of a host, -1 if it is not there. */
  int number(HostId host) {
    return numbers.getOrDefault(host, -1);
  }

  /** For every host the number of its place at a level, as {@link Rule.Level} has it. */
  int[] placesAt(int level) {
    int[] places = new int[paths.size()];
    SortedMap<String, Integer> byPath = new TreeMap<>();
    for (int host = 0; host < places.length; host++) {
      List<String> path = paths.get(host);
      String place =
          level < 0 || path.size() <= level
              ? "#" + host
              : String.join("/", path.subList(0, level + 1));
      places[host] = byPath.computeIfAbsent(place, p -> byPath.size());
    }
    return places;
  }
}
