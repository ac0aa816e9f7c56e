package io.holdfast.engine.decision;

import io.holdfast.api.Outcome;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.record.StateRecord;
import java.util.List;
import java.util.function.Consumer;

/**
 * Writes down what a controller's core is told, from its start, and a fingerprint of what it
 * decided each time: JSON, one line for a step, and one for each record of a whole state that was
 * read. {@code DecisionReplay} runs it again.
 *
 * <p>Definitions of workloads, which may hold secrets, are never in it: a controller does not read
 * them. For one thread at a time.
 */
public final class DecisionLog {
  /** Written into the first line; a log with a greater number was written by a newer version. */
  public static final int FORMAT = 1;

  private final DecisionJson json = new DecisionJson();
  private final Consumer<String> lines;
  private long step;

  /**
   * A log of a core that has not taken anything in yet.
   *
   * @param lines takes each line, without its line break
   */
  public DecisionLog(ControllerConfig config, Consumer<String> lines) {
    this.lines = lines;
    lines.accept(json.begin(config));
  }

  /** The core took this event in and wants this done. */
  public void took(ControllerEvent event, List<ControllerEffect> effects) {
    write(event, Fingerprint.of(effects));
  }

  /** The core took this event in and threw: it is not asked again. */
  public void threw(ControllerEvent event, Throwable thrown) {
    write(event, Fingerprint.of(thrown));
  }

  private void write(ControllerEvent event, String fingerprint) {
    step++;
    if (event instanceof ControllerEvent.StateRead read
        && read.outcome() instanceof Outcome.Done<List<StateRecord>> done) {
      done.value().forEach(record -> lines.accept(json.record(record)));
      ControllerEvent withoutRecords =
          new ControllerEvent.StateRead(read.now(), read.op(), Outcome.done(List.of()));
      lines.accept(json.step(step, withoutRecords, fingerprint));
    } else {
      lines.accept(json.step(step, event, fingerprint));
    }
  }
}
