package io.holdfast.engine.placement;

import io.holdfast.api.Rule;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The smallest set of rules that cannot hold together. Every such set has a rule in common with
 * every set whose absence makes the rest hold; so the smallest sets that have one in common with
 * all such sets known so far are tried, and each that can hold yields another one.
 *
 * <p>Source: Ignatiev, Previti, Liffiton, Marques-Silva, Smallest MUS Extraction with Minimal
 * Hitting Set Dualization (2015).
 */
final class SmallestCore {
  /** After so many questions a set is taken of which nothing can be left out. */
  private static final int MOST_QUESTIONS = 3000;

  /** After so many steps in search of the smallest set that hits all. */
  private static final int MOST_STEPS = 100_000;

  private final List<Rule> rules;
  private final Predicate<List<Rule>> holds;
  private final List<BitSet> corrections = new ArrayList<>();
  private int questions;
  private int steps;

  private SmallestCore(List<Rule> rules, Predicate<List<Rule>> holds) {
    this.rules = rules;
    this.holds = holds;
  }

  /** The smallest core, empty if the rules can hold. */
  static List<Rule> of(List<Rule> rules, Predicate<List<Rule>> holds) {
    if (rules.isEmpty() || holds.test(rules)) {
      return List.of();
    }
    return new SmallestCore(rules, holds).find();
  }

  private List<Rule> find() {
    while (questions < MOST_QUESTIONS) {
      BitSet hitting = smallestHitting();
      if (hitting == null) {
        break;
      }
      if (!holds(hitting)) {
        return rules(hitting);
      }
      BitSet most = (BitSet) hitting.clone();
      for (int i = 0; i < rules.size(); i++) {
        if (!most.get(i)) {
          most.set(i);
          if (!holds(most)) {
            most.clear(i);
          }
        }
      }
      BitSet correction = new BitSet();
      correction.set(0, rules.size());
      correction.andNot(most);
      if (correction.isEmpty()) {
        break; // a search that ended early said so: what follows holds on to what it can
      }
      corrections.add(correction);
    }
    return withoutNeedless();
  }

  /** Leaves out one after the other what the conflict does not need. */
  private List<Rule> withoutNeedless() {
    BitSet core = new BitSet();
    core.set(0, rules.size());
    for (int i = rules.size() - 1; i >= 0; i--) {
      core.clear(i);
      if (holds(core)) {
        core.set(i);
      }
    }
    return rules(core);
  }

  private boolean holds(BitSet some) {
    questions++;
    return holds.test(rules(some));
  }

  private List<Rule> rules(BitSet some) {
    return some.stream().mapToObj(rules::get).toList();
  }

  /** The first of the smallest, {@code null} if it takes too long. */
  private @Nullable BitSet smallestHitting() {
    steps = 0;
    for (int size = 0; size <= rules.size() && steps < MOST_STEPS; size++) {
      BitSet chosen = new BitSet();
      if (hit(chosen, size)) {
        return chosen;
      }
    }
    return null;
  }

  private boolean hit(BitSet chosen, int left) {
    BitSet smallest = null;
    for (BitSet correction : corrections) {
      if (!correction.intersects(chosen)
          && (smallest == null || correction.cardinality() < smallest.cardinality())) {
        smallest = correction;
      }
    }
    if (smallest == null) {
      return true;
    }
    if (left == 0 || ++steps > MOST_STEPS) {
      return false;
    }
    for (int i = smallest.nextSetBit(0); i >= 0; i = smallest.nextSetBit(i + 1)) {
      chosen.set(i);
      if (hit(chosen, left - 1)) {
        return true;
      }
      chosen.clear(i);
    }
    return false;
  }
}
