package io.holdfast.examples.cli;

import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Plans for a cluster. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Finds hosts for what has none: what ran on failed hosts, and what is new. The file's"
          + " options",
      "say whether survivors may be moved or stopped for it, and at what price.",
      "Exit status: 0 if everything runs in the end, 1 if the plan leaves something out, 2 for bad",
      "input or usage."
    })
final class PlanCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "CLUSTER", description = "a cluster in JSON")
  private Path file = Path.of("");

  @Option(names = "--json", description = "print the plan as one JSON document")
  private boolean json;

  @Mixin private Repeated repeated = new Repeated();

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "draw a picture: hosts as bars of what they carry, before and after")
  private Optional<Path> svg = Optional.empty();

  PlanCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    ClusterInput input = ClusterFile.read(file);
    ClusterSnapshot cluster = input.cluster();
    Repeated.Timed<Plan> planned =
        repeated.time("plan", () -> Placement.plan(cluster, input.options(), System::nanoTime));
    Plan plan = planned.result();
    svg.ifPresent(
        picture ->
            SvgFile.write(
                picture,
                PlanPicture.svg(
                    file.getFileName().toString(),
                    PlanText.outcome(plan),
                    cluster,
                    PlanChanges.of(cluster, plan))));
    if (json) {
      console.out().println(PlanText.json(plan, planned.millis()));
    } else {
      PlanText.lines(plan, planned.millis()).forEach(console.out()::println);
    }
    return plan.isComplete() ? Hactl.YES : Hactl.NO;
  }
}
