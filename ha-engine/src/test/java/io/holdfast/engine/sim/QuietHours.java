package io.holdfast.engine.sim;

import java.time.Duration;
import java.util.stream.Stream;

/**
 * Measures the simulator from the command line: how long one simulated hour of a quiet cluster
 * takes. Hosts, workloads, how many hours; the first ones warm the JVM up.
 */
public final class QuietHours {
  private QuietHours() {}

  /** Prints what each hour took. */
  public static void main(String[] args) {
    if (args.length != 3 || !Stream.of(args).allMatch(arg -> arg.matches("[1-9][0-9]{0,5}"))) {
      System.err.println("usage: QuietHours HOSTS WORKLOADS HOURS, each a number from 1 on");
      System.exit(2);
    }
    int hosts = Integer.parseInt(args[0]);
    int workloads = Integer.parseInt(args[1]);
    int hours = Integer.parseInt(args[2]);
    for (int i = 0; i < hours; i++) {
      SimWorld world = new SimWorld(SimConfig.scripted(hosts, workloads), false);
      long begun = System.nanoTime();
      world.runFor(Duration.ofHours(1));
      double millis = (System.nanoTime() - begun) / 1e6;
      System.out.printf("%.1f ms, %d lines%n", millis, world.result().events());
    }
  }
}
