package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.Rule.Level;
import io.holdfast.engine.planning.Admission;
import io.holdfast.engine.planning.ClusterSnapshot;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Tells whether a cluster survives failures. */
@Command(
    name = "survive",
    mixinStandardHelpOptions = true,
    description = {
      "Tells whether any K hosts, or failure domains, may fail and all that has to run still finds room.",
      "Exit status: 0 if so, 1 if not, 2 for bad input or usage."
    })
final class Survive implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "CLUSTER", description = "a cluster in JSON")
  private Path file = Path.of("");

  @Option(
      names = "--failures",
      required = true,
      paramLabel = "K",
      description = "how many fail at the same time; fewer are looked at, too")
  private int failures;

  @Option(
      names = "--level",
      paramLabel = "host|0|1...",
      converter = LevelReader.class,
      description = "what fails: hosts (default), or domains at this index of their paths")
  private Level level = Level.HOST;

  @Mixin private Repeated repeated = new Repeated();

  @Option(names = "--json", description = "print the result as one JSON document")
  private boolean json;

  Survive(Console console) {
    this.console = console;
  }

  /** Reads a level. */
  static final class LevelReader implements ITypeConverter<Level> {
    private static final int DEEPEST = 63;

    @Override
    public Level convert(String text) {
      if (text.equals("host")) {
        return Level.HOST;
      }
      if (text.matches("\\d{1,2}") && Integer.parseInt(text) <= DEEPEST) {
        return Level.domain(Integer.parseInt(text));
      }
      throw new TypeConversionException(
          "found '" + text + "', allowed: host, or an index from 0 to " + DEEPEST);
    }
  }

  @Override
  public Integer call() {
    if (failures < 0) {
      throw new BadInputException(
          "survive: --failures: found " + failures + ", allowed: 0 or greater");
    }
    ClusterSnapshot cluster = ClusterFile.read(file).cluster();
    refuseAbsentLevel(cluster);
    Repeated.Timed<Answered> timed = repeated.time("survive", () -> answer(cluster));
    Admission.Answer answer = timed.result().answer();
    tell(answer, timed.result().admission().maxFailures(), timed.millis());
    return answer.survives() ? Hactl.YES : Hactl.NO;
  }

  private record Answered(Admission admission, Admission.Answer answer) {}

  private Answered answer(ClusterSnapshot cluster) {
    Admission admission = new Admission(cluster, level);
    return new Answered(admission, admission.survives(failures));
  }

  private void refuseAbsentLevel(ClusterSnapshot cluster) {
    int levels = cluster.hosts().stream().mapToInt(host -> host.domain().size()).max().orElse(0);
    if (level.index() >= levels) {
      throw new BadInputException(
          "--level: found %s, allowed: host%s"
              .formatted(
                  level,
                  levels == 0
                      ? ", as no host of %s has a domain".formatted(file)
                      : ", or 0 to " + (levels - 1)));
    }
  }

  private void tell(Admission.Answer answer, Admission.Tolerance most, double millis) {
    if (json) {
      console.out().println(document(answer, most, millis).toPrettyString());
      return;
    }
    console
        .out()
        .printf(
            answer.survives()
                ? "yes: any %s may fail%s%n"
                : "no: the failure of %s is not always survived%s%n",
            counted(failures),
            answer.exact() ? "" : " (not proven: the answer is on the safe side)");
    answer
        .counterExample()
        .ifPresent(
            example ->
                console
                    .out()
                    .println(
                        (example.hosts().isEmpty()
                                ? "even now"
                                : "not " + shortened(example.hosts()))
                            + ": no room for "
                            + shortened(example.unplaced())));
    String mostOfAll =
        most.failures() < 0
            ? "not everything that must run has room as it is"
            : "%s %s may fail"
                .formatted(most.exact() ? "at most" : "at least", counted(most.failures()));
    console.out().printf("%s; %.1f ms%n", mostOfAll, millis);
  }

  private String counted(int number) {
    String what = level.isHost() ? "host" : "domain";
    String at = level.isHost() ? "" : " at level " + level;
    return number + " " + what + (number == 1 ? "" : "s") + at;
  }

  private static String shortened(List<?> names) {
    String first = names.stream().limit(8).map(Object::toString).collect(Collectors.joining(", "));
    return names.size() > 8 ? first + " and " + (names.size() - 8) + " more" : first;
  }

  private static ObjectNode document(
      Admission.Answer answer, Admission.Tolerance most, double millis) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("survives", answer.survives());
    document.put("exact", answer.exact());
    Optional<Admission.CounterExample> example = answer.counterExample();
    if (example.isPresent()) {
      ObjectNode against = document.putObject("counterExample");
      ArrayNode hosts = against.putArray("hosts");
      example.get().hosts().forEach(host -> hosts.add(host.value()));
      ArrayNode unplaced = against.putArray("unplaced");
      example.get().unplaced().forEach(workload -> unplaced.add(workload.toString()));
    } else {
      document.putNull("counterExample");
    }
    document.put("maxFailures", most.failures());
    document.put("maxFailuresExact", most.exact());
    document.put("millis", Math.round(millis * 1000) / 1000.0);
    return document;
  }
}
