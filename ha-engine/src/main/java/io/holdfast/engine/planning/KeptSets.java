package io.holdfast.engine.planning;

import io.holdfast.engine.planning.Admission.Answer;
import io.holdfast.engine.planning.Admission.CounterExample;
import io.holdfast.engine.planning.Admission.Effort;
import io.holdfast.engine.planning.Evacuation.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of each set of units that may fail, with the packing that proves it. Whoever
 * changes the inventory says so.
 */
final class KeptSets {
  /** To look at so many sets takes some milliseconds. */
  private static final long FEW_SETS = 1_000;

  private enum Known {
    NOTHING,
    SURVIVES,
    FAILS,
    UNDECIDED
  }

  /** A set of hosts, and what is known of it. */
  private static final class FailureSet {
    final int[] hosts;
    Known known = Known.NOTHING;
    Packed packed = Packed.NOTHING;
    Optional<CounterExample> example = Optional.empty();

    FailureSet(int[] hosts) {
      this.hosts = hosts;
    }
  }

  private final Inventory inventory;
  private final Evacuation evacuation;
  private final List<int[]> units;
  private final int size;
  private final Effort effort;

  /** The most dangerous first. */
  private final List<FailureSet> sets = new ArrayList<>();

  /** By host: the sets that it is in. */
  private final List<List<FailureSet>> setsOf = new ArrayList<>();

  private boolean cutShort;
  private long examined;

  /**
   * Nothing is known of any.
   *
   * @param size so many units, or fewer, may fail
   */
  KeptSets(Evacuation evacuation, List<int[]> units, int size, Effort effort) {
    this.inventory = evacuation.inventory;
    this.evacuation = evacuation;
    this.units = units;
    this.size = size;
    this.effort = effort;
    inventory.hosts.forEach(host -> setsOf.add(new ArrayList<>()));
    FailureSets all = new FailureSets(inventory, units, false);
    for (int s = size; s >= 0; s--) {
      FailureSets.Steps steps = all.of(s);
      for (int[] next = steps.next(); next != null; next = steps.next()) {
        FailureSet set = new FailureSet(all.hosts(next));
        sets.add(set);
        for (int host : set.hosts) {
          setsOf.get(host).add(set);
        }
      }
    }
  }

  /** Whether only few sets are left to be looked at for the next answer. */
  boolean isNearlyKnown() {
    return sets.stream().filter(set -> set.known == Known.NOTHING).limit(FEW_SETS + 1).count()
        <= FEW_SETS;
  }

  /** Whether the last answer did not get to the last set. */
  boolean isCutShort() {
    return cutShort;
  }

  /** How many sets were looked at. */
  long examined() {
    return examined;
  }

  // Answers

  Answer answer() {
    cutShort = false;
    for (FailureSet set : sets) {
      if (set.known == Known.FAILS) {
        return new Answer(false, true, set.example);
      }
    }
    long looks = effort.looks();
    long setsLeft = effort.sets();
    Optional<CounterExample> doubtful = Optional.empty();
    for (FailureSet set : sets) {
      if (set.known == Known.NOTHING) {
        setsLeft -= 1 + evacuation.count / 100;
        if (setsLeft < 0) {
          cutShort = true;
          return isProvenForAll() ? Answer.YES : new Answer(false, false, doubtful);
        }
        examine(set, Math.min(looks, effort.looksPerSet()));
        looks = Math.max(0, looks - evacuation.looks());
      }
      if (set.known == Known.FAILS) {
        return new Answer(false, true, set.example);
      }
      if (set.known == Known.UNDECIDED && doubtful.isEmpty()) {
        doubtful = set.example;
      }
    }
    return doubtful.isEmpty() ? Answer.YES : new Answer(false, false, doubtful);
  }

  private boolean isProvenForAll() {
    return new AllSets(inventory, units).provenFor() >= size;
  }

  private void examine(FailureSet set, long looks) {
    examined++;
    Verdict verdict = evacuation.examineAgain(set.hosts, set.packed, looks);
    if (verdict == Verdict.SURVIVES) {
      set.known = Known.SURVIVES;
      set.packed = evacuation.packed();
      return;
    }
    set.known = verdict == Verdict.FAILS ? Known.FAILS : Known.UNDECIDED;
    set.example = Optional.of(Admission.example(inventory, evacuation, set.hosts));
  }

  // Changes

  /**
   * A workload comes, or goes: the sets that have to place it, and those it stands in the way of.
   */
  void touch(@Nullable Tenant tenant) {
    if (tenant == null || !matters(tenant)) {
      return;
    }
    forget(tenant.host);
    for (Bond bond : tenant.bonds) {
      bond.members.stream().filter(KeptSets::matters).forEach(member -> forget(member.host));
    }
  }

  /** What is nowhere and is not to run takes no room, and need not be placed. */
  private static boolean matters(Tenant tenant) {
    return tenant.host >= 0 || tenant.mustRun;
  }

  /** What is placed when a host fails has changed; -1: whatever fails. */
  private void forget(int host) {
    List<FailureSet> spoiled = host >= 0 ? setsOf.get(host) : sets;
    spoiled.forEach(set -> set.known = Known.NOTHING);
  }

  /** A host may have less room; -1: none has. */
  void shrunk(int host) {
    if (host >= 0) {
      for (FailureSet set : sets) {
        if (set.known == Known.SURVIVES && !set.packed.fits(host, inventory)) {
          set.known = Known.NOTHING;
        }
      }
    }
  }

  /** What did not survive may do so now. */
  void spoil() {
    for (FailureSet set : sets) {
      if (set.known != Known.SURVIVES) {
        set.known = Known.NOTHING;
      }
    }
  }
}
