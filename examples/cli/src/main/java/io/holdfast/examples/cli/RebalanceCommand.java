package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.Rebalancing;
import io.holdfast.engine.planning.Rebalancing.Proposal;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Proposes moves that make hosts even. */
@Command(
    name = "rebalance",
    mixinStandardHelpOptions = true,
    description = {
      "Proposes few moves that mend broken strict rules and make uneven hosts even.",
      "Exit status: 0, 1 if something that is broken stays so, 2 for bad input or usage."
    })
final class RebalanceCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "CLUSTER", description = "a cluster in JSON")
  private Path file = Path.of("");

  @Option(
      names = "--by",
      paramLabel = "demand|load",
      description = "what is balanced: what workloads are given (default), or what they use")
  private Rebalancing.By by = Rebalancing.By.DEMAND;

  @Option(names = "--max-moves", paramLabel = "N", description = "default: 100")
  private int maxMoves = Rebalancing.Options.DEFAULT.mostMoves();

  @Mixin private Repeated repeated = new Repeated();

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "draw a picture: hosts as bars of what they carry, before and after")
  private Optional<Path> svg = Optional.empty();

  @Option(names = "--json", description = "print the proposal as one JSON document")
  private boolean json;

  RebalanceCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (maxMoves < 0) {
      throw new BadInputException(
          "rebalance: --max-moves: found " + maxMoves + ", allowed: 0 or more");
    }
    ClusterSnapshot cluster = ClusterFile.read(file).cluster();
    Rebalancing.Options options = Rebalancing.Options.DEFAULT.with(by).withMostMoves(maxMoves);
    Repeated.Timed<Proposal> proposed =
        repeated.time("rebalance", () -> Rebalancing.propose(cluster, options));
    Proposal proposal = proposed.result();
    svg.ifPresent(
        picture ->
            SvgFile.write(
                picture,
                PlanPicture.svg(
                    file.getFileName().toString(),
                    outcome(proposal),
                    cluster,
                    PlanChanges.of(cluster, proposal))));
    if (json) {
      console.out().println(document(proposal, proposed.millis()));
    } else {
      tell(proposal, proposed.millis());
    }
    return proposal.broken().isEmpty() ? Hactl.YES : Hactl.NO;
  }

  private void tell(Proposal proposal, double millis) {
    PrintStream out = console.out();
    for (int i = 0; i < proposal.steps().size(); i++) {
      Plan.Step step = proposal.steps().get(i);
      out.println("%d. %s%s".formatted(i, PlanText.words(step), PlanText.after(step)));
    }
    proposal.broken().forEach(line -> out.println("stays as it is: " + line));
    out.println("%s; %.1f ms".formatted(outcome(proposal), millis));
  }

  private static String outcome(Proposal proposal) {
    return "%d moved; imbalance %.2f, was %.2f%s"
        .formatted(
            proposal.moved().size(),
            proposal.after(),
            proposal.before(),
            proposal.cutShort() ? ", more with more moves" : "");
  }

  private static String document(Proposal proposal, double millis) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("before", rounded(proposal.before(), 6));
    json.put("after", rounded(proposal.after(), 6));
    ArrayNode moved = json.putArray("moved");
    for (Rebalancing.Moved one : proposal.moved()) {
      moved
          .addObject()
          .put("workload", one.workload().toString())
          .put("from", one.from().value())
          .put("to", one.to().value())
          .put("gain", rounded(one.gain(), 6))
          .put("why", one.why());
    }
    ArrayNode steps = json.putArray("steps");
    proposal.steps().forEach(step -> PlanText.step(steps.addObject(), step));
    ArrayNode broken = json.putArray("broken");
    proposal.broken().forEach(broken::add);
    json.put("cutShort", proposal.cutShort());
    json.put("millis", rounded(millis, 3));
    return json.toString();
  }

  private static BigDecimal rounded(double number, int places) {
    return BigDecimal.valueOf(number).setScale(places, RoundingMode.HALF_UP);
  }
}
