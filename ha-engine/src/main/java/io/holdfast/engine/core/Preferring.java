package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostUse;
import io.holdfast.api.Names;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Preference;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToLongBiFunction;

/**
 * How the platform compares hosts, where it does. What it throws is not ours to die of: the
 * policy's mode decides then, and that is told of.
 */
final class Preferring {
  /** It has to have worked for so long before it is told of anew. */
  static final Duration QUIET = Duration.ofMinutes(10);

  private final ControllerState state;
  private final Optional<ToLongBiFunction<Workload, HostUse>> costs;
  private Optional<String> trouble = Optional.empty();
  private long quietUntil = Long.MIN_VALUE;

  /**
   * @throws IllegalArgumentException if there is one, and the configuration names none, or the
   *     other way round
   */
  Preferring(ControllerState state, Optional<ToLongBiFunction<Workload, HostUse>> costs) {
    this.state = state;
    this.costs = costs;
    if (costs.isPresent() != state.config.preference().isPresent()) {
      throw new IllegalArgumentException(
          state
              .config
              .preference()
              .map(name -> "the host preference " + name + " is not given")
              .orElse("a host preference without a name"));
    }
  }

  /** The same for a placer. */
  Optional<Preference> preference() {
    return state.config.preference().map(name -> new Preference(name, this::cost));
  }

  private OptionalLong cost(WorkloadId id, HostUse host) {
    WorkloadEntry workload = state.workloads.get(id);
    Workload spec = workload == null ? null : workload.spec;
    if (spec == null || costs.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(costs.get().applyAsLong(spec, host));
    } catch (Exception | LinkageError | StackOverflowError | AssertionError e) {
      // never stuck: it is the platform's code, and not needed to decide.
      trouble = Optional.of("threw " + oneLine(e.toString()));
      return OptionalLong.empty();
    }
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return line.length() <= Names.LONGEST_LINE ? line : line.substring(0, Names.LONGEST_LINE);
  }

  void reset() {
    quietUntil = Long.MIN_VALUE;
  }

  /** What only a question met with is not told of: questions change nothing. */
  void stepBegins() {
    trouble = Optional.empty();
  }

  /** It is asked for every workload, and would be told of as often. */
  void stepEnds() {
    if (trouble.isPresent()) {
      if (state.now >= quietUntil) {
        state.publish(
            new HaEvent.Alarm(
                "host preference " + state.config.preference().orElse(""),
                "%s: where it does, hosts are compared by the policy's mode, %s"
                    .formatted(trouble.get(), state.policy.placement())));
      }
      quietUntil = state.now + QUIET.toNanos();
    }
  }
}
