package io.holdfast.examples.cli;

import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Plans for a cluster. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Finds hosts for what has none: what ran on failed hosts, and what is new. The file's options",
      "say whether survivors may be moved or stopped for it.",
      "Exit status: 0 if everything runs in the end, 1 if the plan leaves something out, 2 for bad",
      "input or usage."
    })
final class PlanCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "CLUSTER", description = "a cluster in JSON")
  private Path file = Path.of("");

  @Option(names = "--json", description = "print the plan as one JSON document")
  private boolean json;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "plan so many times, and tell the median time of a warm JVM; default: once")
  private int repeat = 1;

  PlanCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (repeat < 1 || repeat > Survive.MOST_REPEATS) {
      throw new BadInputException(
          "plan: --repeat: found " + repeat + ", allowed: 1 to " + Survive.MOST_REPEATS);
    }
    ClusterInput input = ClusterFile.read(file);
    double[] millis = new double[repeat];
    Plan plan = timed(input, millis, 0);
    for (int i = 1; i < repeat; i++) {
      plan = timed(input, millis, i);
    }
    Arrays.sort(millis);
    double median = millis[repeat / 2];
    if (json) {
      console.out().println(PlanText.json(plan, median));
    } else {
      PlanText.lines(plan, median).forEach(console.out()::println);
    }
    return plan.isComplete() ? Hactl.YES : Hactl.NO;
  }

  private static Plan timed(ClusterInput input, double[] millis, int index) {
    long start = System.nanoTime();
    Plan plan = Placement.plan(input.cluster(), input.options(), System::nanoTime);
    millis[index] = (System.nanoTime() - start) / 1e6;
    return plan;
  }
}
