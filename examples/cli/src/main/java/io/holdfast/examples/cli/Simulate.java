package io.holdfast.examples.cli;

import io.holdfast.engine.sim.ScenarioRunner;
import io.holdfast.engine.sim.scenario.Scenario;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Plays scenarios. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description = {
      "Plays a scenario with the real cores of agents and controllers in virtual time.",
      "Exit status: 0 if no promise was broken, 1 if one was, 2 for bad input or usage."
    })
final class Simulate implements Callable<Integer> {
  private final Console console;

  @Parameters(
      arity = "0..1",
      paramLabel = "SCENARIO",
      description = "a scenario in JSON, or a folder of them")
  private Optional<Path> scenario = Optional.empty();

  @Option(names = "--json", description = "print the result as one JSON document")
  private boolean json;

  @Option(
      names = "--trace",
      description = "tell what happened, in order; to standard error together with --json")
  private boolean trace;

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "draw a picture: hosts as lanes, workloads as bars")
  private Optional<Path> svg = Optional.empty();

  Simulate(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path file =
        scenario.orElseThrow(() -> new BadInputException("simulate: a scenario is missing"));
    return Files.isDirectory(file) ? playAll(file) : play(file);
  }

  private int play(Path file) {
    Scenario read = ScenarioFiles.read(file);
    ScenarioResult result = new ScenarioRunner(read).run();
    PrintStream story = json ? console.err() : console.out();
    if (trace) {
      Timeline.lines(result).forEach(story::println);
    }
    svg.ifPresent(picture -> draw(picture, Picture.svg(result, read.end())));
    if (json) {
      console.out().println(ResultJson.text(result));
    } else {
      Summary.lines(result).forEach(console.out()::println);
    }
    return result.isClean() ? Hactl.YES : Hactl.NO;
  }

  private static void draw(Path file, String picture) {
    try {
      Files.writeString(file, picture);
    } catch (IOException e) {
      throw new BadInputException(file + ": cannot be written: " + e, e);
    }
  }

  private int playAll(Path folder) {
    int status = Hactl.YES;
    for (Path file : ScenarioFiles.in(folder)) {
      ScenarioResult result = new ScenarioRunner(ScenarioFiles.read(file)).run();
      console
          .out()
          .println(
              json
                  ? ResultJson.document(result).toString()
                  : "%s: %s"
                      .formatted(
                          file.getFileName(), result.isClean() ? "clean" : result.violations()));
      status = result.isClean() ? status : Hactl.NO;
    }
    return status;
  }
}
