package io.holdfast.engine.sim;

import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/** Clusters in which what one host runs finds room elsewhere only when it is packed well. */
final class NearlyFull {
  private NearlyFull() {}

  static String with(long cpu, int priority) {
    return ", \"demand\": {\"cpu\": %d, \"memory\": 10}, \"priority\": %d".formatted(cpu, priority);
  }

  static String with(long cpu) {
    return with(cpu, 200);
  }

  private static String hasRoomFor(long cpu) {
    return ", \"capacity\": {\"cpu\": %d, \"memory\": 1000}".formatted(cpu);
  }

  /** n2 has room for 4 more, n3 for 3. */
  static Drill cluster() {
    return new Drill("")
        .host("n1", hasRoomFor(8))
        .host("n2", hasRoomFor(8))
        .host("n3", hasRoomFor(8))
        .workload("vm:8", "n2", with(4))
        .workload("vm:9", "n3", with(5));
  }

  /**
   * Four hosts with room for 12 each, some rules, and sometimes another host that fails soon after.
   *
   * @param load of each host, counted from 1
   * @param event what happens to n1
   */
  static Drill random(SplittableRandom dice, IntUnaryOperator load, String event) {
    Drill drill = new Drill("");
    int number = 0;
    for (int h = 1; h <= 4; h++) {
      drill.host("n" + h, hasRoomFor(12));
      int left = load.applyAsInt(h);
      while (left > 0) {
        int cpu = Math.min(left, 1 + dice.nextInt(4));
        drill.workload("vm:" + ++number, "n" + h, with(cpu, 100 * (1 + dice.nextInt(2))));
        left -= cpu;
      }
    }
    if (dice.nextBoolean()) {
      drill.apart("vm:1", "vm:" + number);
    }
    drill.at(100, event);
    if (dice.nextInt(3) == 0) {
      drill.at(100.2, "\"op\": \"power\", \"host\": \"n2\", \"on\": false");
    }
    return drill;
  }
}
