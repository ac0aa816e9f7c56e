package io.holdfast.engine.agent;

import io.holdfast.api.Fact;
import io.holdfast.api.OpId;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How this host's conditions stand. Looked at every so often; one look that fails is not enough,
 * and what has failed stays failed until it is seen to hold.
 */
final class Facts {
  /** So many looks in a row have to agree before what was known to hold counts no more. */
  static final int LOOKS_THAT_AGREE = 2;

  /** What is asked at once, and when it is asked next. */
  private static final class Source {
    final String name;
    final SortedMap<String, Condition> conditions = new TreeMap<>();
    @Nullable OpId looking;
    long due = Long.MIN_VALUE;
    boolean answered;

    Source(String name) {
      this.name = name;
    }
  }

  private static final class Condition {
    Optional<Boolean> holds = Optional.empty();
    int against;

    /**
     * @return whether it counts as something else now
     */
    boolean saw(Fact fact) {
      Optional<Boolean> before = holds;
      take(fact);
      return !holds.equals(before);
    }

    private void take(Fact fact) {
      if (fact == Fact.HOLDS) {
        holds = Optional.of(true);
        against = 0;
        return;
      }
      against++;
      boolean held = holds.orElse(false);
      if (held && against < LOOKS_THAT_AGREE) {
        return;
      }
      if (fact == Fact.FAILS) {
        holds = Optional.of(false);
      } else if (held) {
        holds = Optional.empty();
      }
    }
  }

  private final AgentState state;
  private final List<Source> sources;
  private SortedMap<String, Boolean> known = Collections.emptySortedMap();

  Facts(AgentState state) {
    this.state = state;
    sources = new TreeSet<>(state.config.facts()).stream().map(Source::new).toList();
  }

  /** What is known, and whether it holds. */
  SortedMap<String, Boolean> known() {
    return known;
  }

  /** Whether a source has not been asked to the end yet: nothing is reported before. */
  boolean areOpen() {
    return sources.stream().anyMatch(source -> !source.answered);
  }

  /** Why something that needs these conditions is not to be started here now. */
  Optional<String> whyNot(SortedSet<String> conditions) {
    for (String condition : conditions) {
      Boolean holds = known.get(condition);
      if (!Boolean.TRUE.equals(holds)) {
        return Optional.of(
            "condition "
                + condition
                + (holds == null ? " is not known to hold" : " does not hold"));
      }
    }
    return Optional.empty();
  }

  /**
   * Looks if it is time to.
   *
   * @param renewal when the lease is renewed next: looking just then spares a wake-up of its own
   */
  void run(long renewal) {
    for (Source source : sources) {
      if (source.looking == null && state.now >= source.due) {
        OpId op = state.nextOp();
        source.looking = op;
        source.due = state.now + state.config.timings().renewInterval().toNanos();
        if (renewal > state.now) {
          source.due = Math.min(source.due, renewal);
        }
        state.emit(new AgentEffect.LookAtFacts(op, source.name));
      }
    }
  }

  long nextWakeup() {
    long next = Long.MAX_VALUE;
    for (Source source : sources) {
      next = source.looking == null ? Math.min(next, source.due) : next;
    }
    return next;
  }

  /**
   * @return whether that changed what is known, or was the first answer of its source
   */
  boolean looked(AgentEvent.FactsSeen event) {
    for (Source source : sources) {
      if (source.name.equals(event.source()) && event.op().equals(source.looking)) {
        return looked(source, event.facts());
      }
    }
    return false;
  }

  private boolean looked(Source source, SortedMap<String, Fact> seen) {
    boolean changed = !source.answered;
    source.looking = null;
    source.answered = true;
    long pause = state.config.timings().renewInterval().toNanos() / 4;
    source.due = Math.max(source.due, state.now + pause); // what is slow is not asked all the time
    for (String condition : seen.keySet()) {
      source.conditions.computeIfAbsent(condition, k -> new Condition());
    }
    for (Map.Entry<String, Condition> entry : source.conditions.entrySet()) {
      changed |= entry.getValue().saw(seen.getOrDefault(entry.getKey(), Fact.UNKNOWN));
    }
    if (changed) {
      gather();
    }
    return changed;
  }

  private void gather() {
    SortedMap<String, Boolean> now = new TreeMap<>();
    sources.forEach(s -> s.conditions.forEach((n, c) -> c.holds.ifPresent(h -> now.put(n, h))));
    known = Collections.unmodifiableSortedMap(now);
  }
}
