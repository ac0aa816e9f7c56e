package io.holdfast.examples.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;

/** The library on the command line. */
@Command(
    name = "hactl",
    mixinStandardHelpOptions = true,
    subcommands = {Simulate.class, PlanCommand.class, Survive.class, RebalanceCommand.class},
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "What Holdfast does, to be tried without a cluster.",
      "Exit status: 0 for yes, 1 for no, 2 for bad input or usage."
    })
public final class Hactl {
  static final int YES = 0;
  static final int NO = 1;
  static final int BAD = 2;

  private Hactl() {}

  /** Runs one command and ends with its exit status. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(out, err, Boolean.getBoolean("hactl.terminal"), args));
  }

  /**
   * Runs one command.
   *
   * @param terminal whether a person watches what is written to {@code err}
   * @return its exit status
   */
  static int run(PrintStream out, PrintStream err, boolean terminal, String... args) {
    CommandLine line = new CommandLine(new Hactl(), new Factory(new Console(out, err, terminal)));
    line.registerConverter(Duration.class, Hactl::duration);
    line.registerConverter(Range.class, new Range.Reader());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(misused(err));
    line.setExecutionExceptionHandler(failed(err));
    line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    if (args.length == 0) {
      line.usage(err);
      return BAD;
    }
    return line.execute(args);
  }

  private static Duration duration(String text) {
    try {
      return Duration.parse(text);
    } catch (DateTimeParseException e) {
      throw new CommandLine.TypeConversionException(
          "found '" + text + "', allowed: an ISO-8601 duration such as PT60S");
    }
  }

  private static IParameterExceptionHandler misused(PrintStream err) {
    return (misuse, all) -> {
      err.println(
          "hactl: "
              + oneLine(String.valueOf(misuse.getMessage()))
              + " ('hactl --help' tells more)");
      return BAD;
    };
  }

  private static IExecutionExceptionHandler failed(PrintStream err) {
    return (failure, command, parsed) -> {
      if (failure instanceof BadInputException) {
        err.println("hactl: " + oneLine(String.valueOf(failure.getMessage())));
        return BAD;
      }
      throw failure;
    };
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\R+", " ");
  }

  /** Gives every command the console. */
  private record Factory(Console console) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (type == Simulate.class) {
        return type.cast(new Simulate(console));
      }
      if (type == PlanCommand.class) {
        return type.cast(new PlanCommand(console));
      }
      if (type == Survive.class) {
        return type.cast(new Survive(console));
      }
      if (type == RebalanceCommand.class) {
        return type.cast(new RebalanceCommand(console));
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
