package io.holdfast.examples.lab;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Timings;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Cuts the power of a host and shows how its guests come back. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts three real hosts on this machine with six guests, cuts the power of one of them, and shows what happens.",
      "Exit status: 0 if every guest answers again on a surviving host, none was started before the evidence, starts"
          + " went in order of priority and none ran twice; 1 if not; 2 if misused."
    })
public final class Demo implements Callable<Integer> {
  private static final Duration START_PATIENCE = Duration.ofMinutes(3);
  private static final Duration FAILOVER_PATIENCE = Duration.ofMinutes(3);

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "whose power is cut; default: the host that holds the active controller")
  private Optional<String> victim = Optional.empty();

  @Option(
      names = "--silence",
      paramLabel = "DURATION",
      description = "a host that is silent for this long is lost; default ${DEFAULT-VALUE}",
      defaultValue = "PT6S")
  private Duration silence = Duration.ofSeconds(6);

  @Option(names = "--json", description = "print the summary as one JSON document")
  private boolean json;

  @Option(
      names = "--embedded",
      description = "the same story in one process: no root, no packages, simulated hosts")
  private boolean embedded;

  @Option(names = "--terminal", hidden = true)
  private boolean terminal;

  @Option(names = "--lab-home", hidden = true, defaultValue = "examples/lab")
  private Path labHome = Path.of("examples/lab");

  @Spec private CommandLine.Model.@Nullable CommandSpec spec;

  /** Runs the demo and ends with its exit status. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    CommandLine line = new CommandLine(new Demo());
    line.registerConverter(Duration.class, Demo::duration);
    line.setParameterExceptionHandler(
        (misuse, all) -> {
          System.err.println("demo: " + misuse.getMessage() + " ('demo --help' tells more)");
          return CommandLine.ExitCode.USAGE;
        });
    System.exit(line.execute(args));
  }

  private static Duration duration(String text) {
    try {
      return Duration.parse(text);
    } catch (DateTimeParseException e) {
      throw new CommandLine.TypeConversionException(
          "found '" + text + "', allowed: an ISO-8601 duration such as PT6S or PT1.65S");
    }
  }

  @Override
  public Integer call() throws Exception {
    validate();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    // With --json the story is progress: for people at a terminal, and nobody else.
    Story story = new Story(json ? (terminal ? System.err : silent()) : out);
    Stage stage = embedded ? new EmbeddedStage(silence) : new LabStage(new Lab(labHome, silence));
    Thread cleanup = new Thread(() -> end(stage), "demo-cleanup");
    Runtime.getRuntime().addShutdownHook(cleanup);
    stage.moments().listen(story::tell);
    return play(stage, story, out);
  }

  private int play(Stage stage, Story story, PrintStream out) throws Exception {
    story.say("starting three hosts and six guests" + (embedded ? ", all in this process" : ""));
    stage.prepare();
    if (!stage.awaitAnswers(START_PATIENCE, LabNetwork.GUESTS)) {
      return failed(stage, "not every guest answered within " + START_PATIENCE);
    }
    HostId controller = stage.controller();
    HostId host = victim.map(HostId::new).orElse(controller);
    boolean hadStoreLeader = stage.storeLeader().equals(host.value());
    Map<String, String> before = Failover.placesOf(stage.moments().all());
    story.say(
        "all six guests answer; cutting the power of %s%s"
            .formatted(host, host.equals(controller) ? ", which holds the controller" : ""));
    int from = stage.moments().size();
    stage.cut(host);
    Moment cut =
        stage
            .moments()
            .awaitMoment(from, Duration.ofSeconds(10), m -> m.is("power-cut"))
            .orElseThrow();
    story.cutAt(cut.atMillis());
    boolean over =
        stage
            .moments()
            .await(FAILOVER_PATIENCE, seen -> new Failover(seen, cut, host, before).isOver());
    Failover failover = new Failover(stage.moments().all(), cut, host, before);
    Summary summary =
        failover.summarise(
            host.equals(controller),
            hadStoreLeader,
            silence,
            stage.ranTwice(),
            stage.mode(),
            stage.accelerator());
    if (json) {
      out.println(
          JsonMapper.builder()
              .build()
              .writerWithDefaultPrettyPrinter()
              .writeValueAsString(summary));
    } else {
      story.table(summary, failover, cut.atMillis());
    }
    if (!over) {
      return failed(stage, "not every guest came back within " + FAILOVER_PATIENCE);
    }
    return summary.kept() ? 0 : 1;
  }

  private void validate() {
    try {
      Timings.forSilence(silence);
      victim.ifPresent(HostId::new);
    } catch (InvalidConfigException e) {
      throw misuse(e.getMessage());
    }
    if (victim.isPresent() && !LabNetwork.HOSTS.contains(new HostId(victim.get()))) {
      throw misuse("--host: found " + victim.get() + ", allowed: " + LabNetwork.HOSTS);
    }
  }

  private ParameterException misuse(@Nullable String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }

  private static int failed(Stage stage, String what) throws Exception {
    System.err.println("demo: " + what);
    System.err.println(stage.lastWords());
    return 1;
  }

  private static void end(Stage stage) {
    try {
      stage.end();
    } catch (Exception e) {
      System.err.println("demo: cleaning up: " + e.getMessage());
    }
  }

  private static PrintStream silent() {
    return new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
  }
}
