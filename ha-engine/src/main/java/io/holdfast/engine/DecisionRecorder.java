package io.holdfast.engine;

import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.decision.DecisionLog;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a core's decisions logged on a thread of its own. Deciding never waits for it: when {@value
 * #MAX_STEPS} steps wait, or the sink throws, the log ends, because what comes after a gap could
 * not be replayed.
 */
final class DecisionRecorder implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DecisionRecorder.class);

  /** How many steps may wait to be written. */
  static final int MAX_STEPS = 10_000;

  private final String name;
  private final ThreadPoolExecutor writing;
  private volatile boolean ended;

  /** Confined to the writing thread. */
  private final DecisionLog decisions;

  DecisionRecorder(String name, ControllerConfig config, Consumer<String> sink) {
    this.name = name;
    decisions = new DecisionLog(config, sink);
    writing =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MAX_STEPS),
            task -> {
              Thread thread = new Thread(task, name + "-decisions");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** The same core, with everything that it is told and decides written down. */
  Function<ControllerEvent, List<ControllerEffect>> recording(
      Function<ControllerEvent, List<ControllerEffect>> step) {
    return event -> {
      try {
        List<ControllerEffect> effects = step.apply(event);
        write(() -> decisions.took(event, effects));
        return effects;
      } catch (RuntimeException | Error e) {
        write(() -> decisions.threw(event, e));
        throw e;
      }
    };
  }

  private void write(Runnable step) {
    if (ended) {
      return;
    }
    try {
      writing.execute(() -> writeNow(step));
    } catch (RejectedExecutionException e) {
      end("its sink has fallen " + MAX_STEPS + " steps behind", e);
    }
  }

  private void writeNow(Runnable step) {
    if (!ended) {
      try {
        step.run();
      } catch (RuntimeException e) { // of the sink, which is the platform's
        end("its sink threw", e);
      }
    }
  }

  private void end(String why, Exception cause) {
    ended = true;
    log.warn("the decision log of {} ends here: {}", name, why, cause);
  }

  /** Writes what is waiting; 5 seconds at most. */
  @Override
  public void close() {
    writing.shutdown();
    try {
      if (!writing.awaitTermination(5, TimeUnit.SECONDS)) {
        log.warn("the decision log of {} was not written to its end within 5 s", name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
