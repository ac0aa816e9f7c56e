package io.holdfast.engine.agent;

import io.holdfast.api.Fact;
import io.holdfast.api.OpId;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
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
    @Nullable OpId looking;
    long due = Long.MIN_VALUE;
    boolean answered;
    final SortedMap<String, Condition> conditions = new TreeMap<>();
  }

  private static final class Condition {
    Optional<Boolean> holds = Optional.empty();
    int against;

    void saw(Fact fact) {
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
  private final SortedMap<String, Source> sources = new TreeMap<>();
  private SortedMap<String, Boolean> known = Collections.emptySortedMap();

  Facts(AgentState state) {
    this.state = state;
    state.config.facts().forEach(name -> sources.put(name, new Source()));
  }

  /** What is known, and whether it holds. */
  SortedMap<String, Boolean> known() {
    return known;
  }

  /** Whether a source has not been asked to the end yet: nothing is reported before. */
  boolean areOpen() {
    return sources.values().stream().anyMatch(source -> !source.answered);
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

  void run() {
    sources.forEach(
        (name, source) -> {
          if (source.looking == null && state.now >= source.due) {
            OpId op = state.nextOp();
            source.looking = op;
            state.emit(new AgentEffect.LookAtFacts(op, name));
          }
        });
  }

  long nextWakeup() {
    return sources.values().stream()
        .filter(source -> source.looking == null)
        .mapToLong(source -> source.due)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  void looked(AgentEvent.FactsSeen event) {
    Source source = sources.get(event.source());
    if (source == null || !event.op().equals(source.looking)) {
      return;
    }
    source.looking = null;
    source.answered = true;
    source.due = state.now + state.config.timings().renewInterval().toNanos();
    event.facts().keySet().forEach(c -> source.conditions.computeIfAbsent(c, k -> new Condition()));
    source.conditions.forEach((name, c) -> c.saw(event.facts().getOrDefault(name, Fact.UNKNOWN)));
    SortedMap<String, Boolean> now = new TreeMap<>();
    sources
        .values()
        .forEach(s -> s.conditions.forEach((n, c) -> c.holds.ifPresent(h -> now.put(n, h))));
    known = Collections.unmodifiableSortedMap(now);
  }
}
