package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.engine.sim.SimConfig;
import io.holdfast.engine.sim.SimResult;
import io.holdfast.engine.sim.SimShrink;
import io.holdfast.engine.sim.SimStrike;
import io.holdfast.engine.sim.SimWorld;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/** Plays random worlds, and shows what little it takes for those that fail. */
final class RandomRuns {
  private static final int MOST_SHRUNK = 3;
  private static final int RUNS_TO_SHRINK = 300;
  private static final int MOST_PRINTED = 20;

  private final Console console;
  private final Range seeds;
  private final LongFunction<SimConfig> worlds;
  private final String options;
  private final long begun = System.nanoTime();
  private long done;
  private long failed;
  private long events;
  private long shownAt;

  /**
   * @param worlds the world of a seed
   * @param options what has to be said on the command line, besides the seed, to get them
   */
  RandomRuns(Console console, Range seeds, LongFunction<SimConfig> worlds, String options) {
    this.console = console;
    this.seeds = seeds;
    this.worlds = worlds;
    this.options = options;
  }

  int play(boolean json) {
    List<SimResult.Violation> violations =
        LongStream.rangeClosed(seeds.from(), seeds.to())
            .parallel()
            .mapToObj(seed -> new SimWorld(worlds.apply(seed)).run())
            .peek(result -> count(result, json))
            .flatMap(result -> result.violations().stream())
            .toList();
    if (console.terminal()) {
      console.err().print("\r\033[K");
    }
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("seeds", seeds.toString()).put("played", done).put("events", events);
    ArrayNode failures = document.putArray("failed");
    for (int i = 0; i < violations.size(); i++) {
      SimResult.Violation violation = violations.get(i);
      ObjectNode failure = failures.addObject();
      failure.put("seed", violation.seed()).put("at", ResultJson.seconds(violation.at()));
      failure.put("violation", violation.what()).put("reproduce", reproduce(violation));
      if (i < MOST_SHRUNK) {
        shrink(violation.seed(), failure.putArray("strikes"), json);
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    document.put("seconds", Math.round(seconds * 10) / 10.0);
    console
        .out()
        .println(
            json
                ? document.toPrettyString()
                : "seeds %s: %d played, %d failed, %d events, %.0f seeds/s"
                    .formatted(seeds, done, failed, events, done / seconds));
    return violations.isEmpty() ? Hactl.YES : Hactl.NO;
  }

  private String reproduce(SimResult.Violation violation) {
    return "hactl simulate --random --seeds %d%s".formatted(violation.seed(), options);
  }

  /** What fails is told at once: whoever stops a long run has not lost it. */
  private synchronized void count(SimResult result, boolean json) {
    done++;
    events += result.events();
    failed += result.isClean() ? 0 : 1;
    if (!json && !result.isClean()) {
      if (console.terminal()) {
        console.err().print("\r\033[K");
        console.err().flush();
      }
      result
          .violations()
          .forEach(one -> console.out().println(reproduce(one) + "  # " + one.what()));
      console.out().flush();
    }
    long now = System.nanoTime();
    if (console.terminal() && now - shownAt > 100_000_000L) {
      shownAt = now;
      int filled = (int) (30 * done / seeds.size());
      console
          .err()
          .printf(
              "\r[%s%s] %d of %d, %d failed, %.0f/s\033[K",
              "#".repeat(filled),
              ".".repeat(30 - filled),
              done,
              seeds.size(),
              failed,
              done / ((now - begun) / 1e9));
    }
  }

  private void shrink(long seed, ArrayNode strikes, boolean json) {
    List<SimStrike> few = SimShrink.fewest(worlds.apply(seed), RUNS_TO_SHRINK);
    for (SimStrike strike : few) {
      strikes
          .addObject()
          .put("at", ResultJson.seconds(strike.at()))
          .put("op", strike.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'))
          .put("luck", strike.luck());
    }
    if (!json) {
      console.out().printf("seed %d, %d strikes are enough:%n", seed, few.size());
      strikes.forEach(strike -> console.out().println("    " + strike));
      SimWorld world = new SimWorld(worlds.apply(seed), true);
      SimResult again = world.run(few);
      world.trace().stream()
          .filter(line -> line.contains(" FAULT ") || line.contains(" CHECKER "))
          .limit(MOST_PRINTED)
          .forEach(line -> console.out().println("    " + line.strip()));
      again.violations().forEach(v -> console.out().println("    " + v.at() + " " + v.what()));
    }
  }
}
