package io.holdfast.engine.sim;

import io.holdfast.api.HaEvent;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Runs many seeds from the command line: first seed, how many, how many failures to print; with
 * people who move guests by hand if there is anything else, as {@code hactl} does if that is {@code
 * wide}.
 */
public final class ManySeeds {
  private ManySeeds() {}

  /**
   * Prints each failing seed in one line, a summary at the end, and the rate. Two builds that
   * behave the same print the same hash of all traces.
   */
  public static void main(String[] args) {
    long first = Long.parseLong(args[0]);
    long count = Long.parseLong(args[1]);
    int print = args.length > 2 ? Integer.parseInt(args[2]) : 1;
    SortedMap<String, Integer> kinds = new TreeMap<>();
    long begun = System.nanoTime();
    long events = 0;
    long traces = 0;
    long starts = 0;
    long needless = 0;
    long selfFences = 0;
    SortedMap<String, Integer> evidence = new TreeMap<>();
    int needlessPrinted = 0;
    int failed = 0;
    for (long seed = first; seed < first + count; seed++) {
      SimConfig config = SimConfig.random(seed);
      SimConfig.More more =
          args.length < 4
              ? SimConfig.More.NONE
              : args[3].equals("wide") ? SimConfig.More.WIDE : SimConfig.More.HAND_MOVES;
      SimWorld world = new SimWorld(config.with(more), count == 1);
      SimResult result = world.run();
      if (count == 1) {
        world.trace().forEach(System.out::println);
        continue;
      }
      events += result.events();
      traces = traces * 31 + result.traceHash();
      starts += result.starts();
      needless += result.needlessFences();
      selfFences += world.selfFences().size();
      world.told().stream()
          .map(SimWorld.Told::event)
          .filter(HaEvent.HostFenced.class::isInstance)
          .map(event -> ((HaEvent.HostFenced) event).evidence().getClass().getSimpleName())
          .forEach(type -> evidence.merge(type, 1, Integer::sum));
      if (result.needlessFences() > 0 && needlessPrinted++ < print) {
        System.out.println("needless fence in seed " + seed);
      }
      if (!result.isClean()) {
        failed++;
        SimResult.Violation violation = result.violations().get(0);
        System.out.println(
            "FAILED seed " + seed + " at " + violation.at() + ": " + violation.what());
        kinds.merge(kindOf(violation.what()), 1, Integer::sum);
        if (failed <= print) {
          System.out.println(violation.describe());
        }
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    System.out.printf(
        "%d seeds, %d failed, %d events, traces %016x, %d starts, %d needless fences, %d"
            + " self-fences, %s, %.1f s, %.1f seeds/s%n",
        count,
        failed,
        events,
        traces,
        starts,
        needless,
        selfFences,
        evidence,
        seconds,
        count / seconds);
    kinds.forEach((kind, n) -> System.out.println(n + " x " + kind));
  }

  private static String kindOf(String what) {
    String general = what.replaceAll("[0-9]+", "#");
    return general.substring(0, Math.min(110, general.length()));
  }
}
