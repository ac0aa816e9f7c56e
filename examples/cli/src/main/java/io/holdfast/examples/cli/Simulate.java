package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.engine.sim.RandomStory;
import io.holdfast.engine.sim.ScenarioRunner;
import io.holdfast.engine.sim.SimConfig;
import io.holdfast.engine.sim.scenario.Scenario;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
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

  @ArgGroup(exclusive = false)
  private @Nullable RandomOptions random;

  /** What makes random worlds. */
  static final class RandomOptions {
    private static final int MOST_MINUTES = 7 * 24 * 60;

    @Option(
        names = "--random",
        required = true,
        description = "play random worlds with random faults instead of a scenario")
    boolean random;

    @Option(
        names = "--seeds",
        required = true,
        paramLabel = "FROM..TO",
        description = "one world for each of these seeds")
    private Range seeds = new Range(1, 1);

    @Option(names = "--hosts", paramLabel = "N|A..B", description = "default: by the seed")
    private Optional<Range> hosts = Optional.empty();

    @Option(names = "--workloads", paramLabel = "M", description = "default: by the seed")
    private Optional<Range> workloads = Optional.empty();

    @Option(
        names = "--faults",
        paramLabel = "LEVEL",
        description = "none, mild or harsh; default: by the seed")
    private Optional<SimConfig.Faults> faults = Optional.empty();

    @Option(
        names = "--minutes",
        paramLabel = "T",
        description =
            "how long things go wrong in each world, in its own time; default: by the seed")
    private Optional<Range> minutes = Optional.empty();

    private SimConfig world(long seed) {
      SimConfig usual = SimConfig.random(seed).with(SimConfig.More.WIDE);
      return usual.with(
          hosts.map(range -> range.choose(seed)).orElse(usual.hosts()),
          workloads.map(range -> range.choose(seed)).orElse(usual.workloads()),
          faults.orElse(usual.faults()),
          minutes.map(range -> Duration.ofMinutes(range.choose(seed))).orElse(usual.chaos()));
    }

    private String withoutSeeds() {
      return hosts.map(range -> " --hosts " + range).orElse("")
          + workloads.map(range -> " --workloads " + range).orElse("")
          + faults.map(level -> " --faults " + level.name().toLowerCase(Locale.ROOT)).orElse("")
          + minutes.map(range -> " --minutes " + range).orElse("");
    }

    private long theSeed() {
      if (seeds.size() != 1) {
        throw new BadInputException("simulate: --trace and --svg go with one seed, not " + seeds);
      }
      return seeds.from();
    }

    /** Whole ranges: any number of one comes up with some seed. */
    private void check() {
      check("--hosts", hosts, 1, SimConfig.MOST_HOSTS);
      check("--workloads", workloads, 0, SimConfig.MOST_WORKLOADS);
      check("--minutes", minutes, 0, MOST_MINUTES);
    }

    private static void check(String option, Optional<Range> range, int least, int most) {
      range
          .filter(numbers -> !numbers.isWithin(least, most))
          .ifPresent(
              numbers -> {
                throw new BadInputException(
                    "simulate: %s: found %s, allowed: %d to %d"
                        .formatted(option, numbers, least, most));
              });
    }
  }

  Simulate(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    RandomOptions options = random;
    if (options != null) {
      if (scenario.isPresent()) {
        throw new BadInputException("simulate: a scenario and --random exclude each other");
      }
      options.check();
      if (trace || svg.isPresent()) {
        RandomStory story = new RandomStory(options.world(options.theSeed()));
        return tell(story.play(), story.end());
      }
      return new RandomRuns(console, options.seeds, options::world, options.withoutSeeds())
          .play(json);
    }
    Path file =
        scenario.orElseThrow(() -> new BadInputException("simulate: a scenario is missing"));
    if (!Files.isDirectory(file)) {
      Scenario read = ScenarioFiles.read(file);
      return tell(new ScenarioRunner(read).run(), read.end());
    }
    if (trace || svg.isPresent()) {
      throw new BadInputException("simulate: --trace and --svg go with one scenario, not a folder");
    }
    return playAll(file);
  }

  private int tell(ScenarioResult result, Duration end) {
    PrintStream story = json ? console.err() : console.out();
    if (trace) {
      Timeline.lines(result).forEach(story::println);
    }
    svg.ifPresent(picture -> SvgFile.write(picture, Picture.svg(result, end)));
    if (json) {
      console.out().println(ResultJson.text(result));
    } else {
      Summary.lines(result).forEach(console.out()::println);
    }
    return result.isClean() ? Hactl.YES : Hactl.NO;
  }

  private int playAll(Path folder) {
    int status = Hactl.YES;
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    List<Path> files = ScenarioFiles.in(folder);
    List<ScenarioResult> results =
        files.stream().map(ScenarioFiles::read).toList().parallelStream()
            .map(read -> new ScenarioRunner(read).run())
            .toList();
    for (int i = 0; i < files.size(); i++) {
      ScenarioResult result = results.get(i);
      if (json) {
        all.add(ResultJson.document(result));
      } else {
        String outcome = result.isClean() ? "clean" : result.violations().toString();
        console.out().println(files.get(i).getFileName() + ": " + outcome);
      }
      status = result.isClean() ? status : Hactl.NO;
    }
    if (json) {
      console.out().println(all.toPrettyString());
    }
    return status;
  }
}
