package io.holdfast.engine.sim;

import java.time.Duration;
import java.util.List;

/**
 * What came of a run.
 *
 * @param config of the run; running it again gives this result again
 * @param violations broken promises, none if all is well; the run ends with the first
 * @param traceHash over every event and every effect of every process
 * @param events how many there were
 * @param virtualTime how long it took, in its own time
 * @param starts how many copies were started physically
 * @param needlessFences how many power-offs were sent to hosts that were renewing their lease: no
 *     promise is broken by that, but users suffer
 */
public record SimResult(
    SimConfig config,
    List<Violation> violations,
    long traceHash,
    long events,
    Duration virtualTime,
    long starts,
    long needlessFences) {

  /**
   * A broken promise.
   *
   * @param at in virtual time
   * @param trace the last lines before it
   */
  public record Violation(long seed, Duration at, String what, List<String> trace) {
    public Violation {
      trace = List.copyOf(trace);
    }

    /** The violation, and what led to it. */
    public String describe() {
      return "seed %d at %s: %s%n%s".formatted(seed, at, what, String.join("\n", trace));
    }
  }

  public SimResult {
    violations = List.copyOf(violations);
  }

  /** Whether no promise was broken. */
  public boolean isClean() {
    return violations.isEmpty();
  }
}
