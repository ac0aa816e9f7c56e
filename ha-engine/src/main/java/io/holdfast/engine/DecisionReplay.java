package io.holdfast.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.HostUse;
import io.holdfast.api.Outcome;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.HostPreference;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerCore;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.decision.DecisionJson;
import io.holdfast.engine.decision.DecisionLog;
import io.holdfast.engine.decision.Fingerprint;
import io.holdfast.engine.record.StateRecord;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs a fresh core over a decision log ({@link HaEngine.Builder#decisionLog}) and compares what it
 * decides.
 */
public final class DecisionReplay {

  /**
   * What came of it.
   *
   * @param steps how many steps were run, the one that differs included
   * @param difference the first step that was decided otherwise, empty if there is none
   */
  public record Result(long steps, Optional<Difference> difference) {}

  /**
   * A step that this core decides otherwise than the one that wrote the log.
   *
   * @param line of the log, counted from 1
   * @param event what the core was told, as it stands in the log
   * @param decided what this core wants done now, one text for each effect
   */
  public record Difference(long step, long line, String event, List<String> decided) {
    public Difference {
      decided = List.copyOf(decided);
    }
  }

  private final DecisionJson json = new DecisionJson();
  private final Optional<HostPreference> preference;
  private final List<StateRecord> records = new ArrayList<>();
  private @Nullable ControllerCore core;
  private long line;
  private long steps;

  private DecisionReplay(Optional<HostPreference> preference) {
    this.preference = preference;
  }

  /**
   * Runs the log from its beginning until it ends or a step differs.
   *
   * @throws IllegalArgumentException naming the line, if this is not a whole decision log of a
   *     format that this version reads, or is one of an engine with a host preference
   */
  public static Result of(Iterator<String> lines) {
    return new DecisionReplay(Optional.empty()).run(lines);
  }

  /**
   * As {@link #of(Iterator)}, for the log of an engine with a host preference.
   *
   * @param same as the engine had: with another one other decisions are made
   * @throws IllegalArgumentException also if the engine had none, or one of another name
   */
  public static Result of(Iterator<String> lines, HostPreference same) {
    return new DecisionReplay(Optional.of(same)).run(lines);
  }

  private Result run(Iterator<String> lines) {
    while (lines.hasNext()) {
      line++;
      try {
        Optional<Difference> difference = take(json.line(lines.next()));
        if (difference.isPresent()) {
          return new Result(steps, difference);
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("line " + line + ": " + e.getMessage(), e);
      }
    }
    if (core == null) {
      throw new IllegalArgumentException("line 1: a decision log is not empty");
    }
    return new Result(steps, Optional.empty());
  }

  private Optional<Difference> take(ObjectNode entry) {
    if (core == null) {
      begin(entry);
      return Optional.empty();
    }
    if (entry.has(DecisionJson.RECORD)) {
      records.add(json.record(entry.get(DecisionJson.RECORD)));
      return Optional.empty();
    }
    JsonNode number = required(entry, DecisionJson.STEP);
    if (number.asLong() != steps + 1) {
      throw new IllegalArgumentException("step " + number + " where " + (steps + 1) + " is due");
    }
    steps++;
    return step(core, required(entry, DecisionJson.EVENT), required(entry, DecisionJson.DECIDED));
  }

  private void begin(ObjectNode entry) {
    JsonNode format = required(entry, DecisionJson.LOG);
    if (format.asInt() != DecisionLog.FORMAT) {
      throw new IllegalArgumentException(
          "format %s, this version reads %d".formatted(format, DecisionLog.FORMAT));
    }
    ControllerConfig config = json.config(required(entry, DecisionJson.CONFIG));
    if (!config.preference().equals(preference.map(HostPreference::name))) {
      throw new IllegalArgumentException(
          "decided with %s, and is replayed with %s"
              .formatted(named(config.preference()), named(preference.map(HostPreference::name))));
    }
    core =
        new ControllerCore(
            config, preference.<ToLongBiFunction<Workload, HostUse>>map(own -> own::cost));
  }

  private static String named(Optional<String> preference) {
    return preference.map(name -> "the host preference " + name).orElse("no host preference");
  }

  private Optional<Difference> step(ControllerCore replayed, JsonNode told, JsonNode decided) {
    ControllerEvent event = whole(json.event(told));
    List<String> now;
    String fingerprint;
    try {
      List<ControllerEffect> effects = replayed.step(event);
      now = effects.stream().map(ControllerEffect::toString).toList();
      fingerprint = Fingerprint.of(effects);
    } catch (RuntimeException e) {
      now = List.of(e.toString());
      fingerprint = Fingerprint.of(e);
    }
    return fingerprint.equals(decided.asText())
        ? Optional.empty()
        : Optional.of(new Difference(steps, line, told.toString(), now));
  }

  /** With the records that stand before it, if it is a whole state that was read. */
  private ControllerEvent whole(ControllerEvent event) {
    if (event instanceof ControllerEvent.StateRead read && read.outcome().isDone()) {
      List<StateRecord> all = List.copyOf(records);
      records.clear();
      return new ControllerEvent.StateRead(read.now(), read.op(), Outcome.done(all));
    }
    return event;
  }

  private static JsonNode required(ObjectNode entry, String field) {
    JsonNode value = entry.get(field);
    if (value == null) {
      throw new IllegalArgumentException("no field " + field);
    }
    return value;
  }
}
