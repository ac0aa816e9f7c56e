package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether strict rules can all hold at once on the hosts of a universe, room aside. Workloads that
 * are bound to each other are one piece; pieces that find a place whatever the others do are left
 * out; the rest is searched, with a matching for every set of pieces that must be apart.
 */
final class RulePuzzle {
  private static final int MOST_NODES = 2000;

  /** Pieces that must be in one place of a level, or each in another. */
  private static final class Relation {
    final boolean apart;
    final int level;
    final int[] pieces;

    Relation(boolean apart, int level, int[] pieces) {
      this.apart = apart;
      this.level = level;
      this.pieces = pieces;
    }
  }

  private final Universe universe;
  private final int[][] places;
  private final int[] largestPlace;
  private final SortedMap<WorkloadId, Integer> pieceOf = new TreeMap<>();
  private final List<BitSet> allowed = new ArrayList<>();
  private final List<Relation> relations = new ArrayList<>();
  private boolean broken;
  private int nodes;

  RulePuzzle(List<Rule> rules, Universe universe) {
    this.universe = universe;
    int levels = 1;
    for (Rule rule : rules) {
      if (rule instanceof WorkloadAffinity affinity) {
        levels = Math.max(levels, affinity.level().index() + 2);
      }
    }
    this.places = new int[levels][];
    this.largestPlace = new int[levels];
    for (int level = 0; level < levels; level++) {
      places[level] = universe.placesAt(level - 1);
      int[] sizes = new int[universe.size()];
      for (int place : places[level]) {
        largestPlace[level] = Math.max(largestPlace[level], ++sizes[place]);
      }
    }
    makePieces(rules);
    relate(rules);
  }

  /** True also where the search ends early. */
  boolean isSolvable() {
    if (universe.isTooLarge()) {
      return true;
    }
    if (broken) {
      return false;
    }
    List<BitSet> domains = new ArrayList<>();
    allowed.forEach(hosts -> domains.add((BitSet) hosts.clone()));
    BitSet open = constrained();
    return open.stream().noneMatch(piece -> domains.get(piece).isEmpty()) && solve(domains, open);
  }

  // Pieces

  private void makePieces(List<Rule> rules) {
    RuleSet compiled = new RuleSet();
    rules.forEach(compiled::put);
    for (Rule rule : rules) {
      for (WorkloadId workload : rule.workloads()) {
        if (!pieceOf.containsKey(workload)) {
          Bundle bundle = compiled.bundle(workload).orElseThrow();
          bundle.members().forEach(member -> pieceOf.put(member, allowed.size()));
          allowed.add(hostsOf(bundle));
        }
      }
    }
  }

  private BitSet hostsOf(Bundle bundle) {
    BitSet hosts = new BitSet();
    hosts.set(0, universe.size());
    for (HostAffinity rule : bundle.hostRules()) {
      BitSet named = new BitSet();
      for (HostId host : rule.hosts().keySet()) {
        if (universe.number(host) >= 0) {
          named.set(universe.number(host));
        }
      }
      hosts.and(named);
    }
    return hosts;
  }

  private void relate(List<Rule> rules) {
    BitSet restricted = new BitSet();
    for (Rule rule : rules) {
      boolean joins =
          rule instanceof WorkloadAffinity affinity
              && affinity.kind() == Kind.POSITIVE
              && !RuleSet.binds(affinity);
      if (rule instanceof HostAffinity || joins) {
        rule.workloads().forEach(id -> restricted.set(piece(id)));
      }
    }
    for (Rule rule : rules) {
      if (rule instanceof WorkloadAffinity affinity && !RuleSet.binds(affinity)) {
        boolean apart = affinity.kind() == Kind.NEGATIVE;
        int[] pieces = rule.workloads().stream().mapToInt(this::piece).distinct().toArray();
        broken |= apart && pieces.length < rule.workloads().size();
        // In an open universe the others find hosts that nobody else can want.
        int[] relevant =
            universe.isOpen() ? Arrays.stream(pieces).filter(restricted::get).toArray() : pieces;
        if (relevant.length > 1) {
          relations.add(new Relation(apart, affinity.level().index() + 1, relevant));
        }
      }
    }
    if (universe.isOpen()) {
      for (int piece = 0; piece < allowed.size(); piece++) {
        if (!restricted.get(piece)) {
          allowed.get(piece).clear();
          allowed.get(piece).set(universe.size()); // a host of its own
        }
      }
    }
  }

  private int piece(WorkloadId workload) {
    return pieceOf.getOrDefault(workload, -1);
  }

  /** Pieces for which others could leave no place. */
  private BitSet constrained() {
    BitSet open = new BitSet();
    open.set(0, allowed.size());
    boolean changed = true;
    while (changed) {
      changed = false;
      long[] taken = takenByOthers(open);
      for (int piece = open.nextSetBit(0); piece >= 0; piece = open.nextSetBit(piece + 1)) {
        if (allowed.get(piece).cardinality() > taken[piece]) {
          open.clear(piece);
          changed = true;
        }
      }
    }
    return open;
  }

  private long[] takenByOthers(BitSet open) {
    long[] taken = new long[allowed.size()];
    for (Relation relation : relations) {
      long others = Arrays.stream(relation.pieces).filter(open::get).count() - 1;
      for (int piece : relation.pieces) {
        taken[piece] += relation.apart ? others * largestPlace[relation.level] : Integer.MAX_VALUE;
      }
    }
    return taken;
  }

  // Search

  private boolean solve(List<BitSet> domains, BitSet open) {
    if (!isMatchable(domains, open)) {
      return false;
    }
    int piece = fewestHosts(domains, open);
    if (piece < 0 || ++nodes > MOST_NODES) {
      return true;
    }
    BitSet rest = (BitSet) open.clone();
    rest.clear(piece);
    BitSet hosts = domains.get(piece);
    for (int host = hosts.nextSetBit(0); host >= 0; host = hosts.nextSetBit(host + 1)) {
      List<BitSet> narrowed = narrowed(domains, rest, piece, host);
      if (narrowed != null && solve(narrowed, rest)) {
        return true;
      }
    }
    return false;
  }

  private static int fewestHosts(List<BitSet> domains, BitSet open) {
    int best = -1;
    int fewest = Integer.MAX_VALUE;
    for (int piece = open.nextSetBit(0); piece >= 0; piece = open.nextSetBit(piece + 1)) {
      int hosts = domains.get(piece).cardinality();
      if (hosts < fewest) {
        best = piece;
        fewest = hosts;
      }
    }
    return best;
  }

  /** What is left for the others; {@code null} if there is one for which nothing is. */
  private @Nullable List<BitSet> narrowed(List<BitSet> domains, BitSet rest, int piece, int host) {
    List<BitSet> narrowed = new ArrayList<>(domains);
    for (Relation relation : relations) {
      if (Arrays.stream(relation.pieces).noneMatch(p -> p == piece)) {
        continue;
      }
      int[] place = places[relation.level];
      for (int other : relation.pieces) {
        if (other == piece || !rest.get(other)) {
          continue;
        }
        BitSet left = new BitSet();
        BitSet before = narrowed.get(other);
        for (int h = before.nextSetBit(0); h >= 0; h = before.nextSetBit(h + 1)) {
          left.set(h, (place[h] == place[host]) != relation.apart);
        }
        if (left.isEmpty()) {
          return null;
        }
        narrowed.set(other, left);
      }
    }
    return narrowed;
  }

  private boolean isMatchable(List<BitSet> domains, BitSet open) {
    for (Relation relation : relations) {
      if (relation.apart) {
        List<BitSet> wanted = new ArrayList<>();
        for (int piece : relation.pieces) {
          if (open.get(piece)) {
            wanted.add(placesOf(domains.get(piece), places[relation.level]));
          }
        }
        if (!Matching.isPerfect(wanted)) {
          return false;
        }
      }
    }
    return true;
  }

  private static BitSet placesOf(BitSet hosts, int[] places) {
    BitSet there = new BitSet();
    hosts.stream().forEach(host -> there.set(places[host]));
    return there;
  }
}
