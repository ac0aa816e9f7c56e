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
    subcommands = {
      Simulate.class,
      PlanCommand.class,
      Survive.class,
      RebalanceCommand.class,
      LeaseCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "What Holdfast does, to be tried without a cluster.",
      "Exit status: 0 for yes, 1 for no, 2 for bad input or usage, 70 for a fault of hactl itself",
      "(with HACTL_TRACE=1 in the environment it tells where that happened)."
    })
public final class Hactl {
  static final int YES = 0;
  static final int NO = 1;
  static final int BAD = 2;

  /** No answer at all; the number that sysexits.h has for it. */
  static final int FAULT = 70;

  private static final String TRACE = "HACTL_TRACE";

  private Hactl() {}

  /** Runs one command and ends with its exit status. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    boolean terminal = Boolean.getBoolean("hactl.terminal");
    boolean trace = "1".equals(System.getenv(TRACE));
    System.exit(run(new Console(out, err, terminal, trace), args));
  }

  /** Runs one command, and returns its exit status. */
  static int run(Console console, String... args) {
    PrintStream err = console.err();
    CommandLine line = new CommandLine(new Hactl(), new Factory(console));
    line.registerConverter(Duration.class, Hactl::duration);
    line.registerConverter(Range.class, new Range.Reader());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(misused(err));
    line.setExecutionExceptionHandler(failed(console));
    line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
    if (args.length == 0) {
      line.usage(err);
      return BAD;
    }
    try {
      return line.execute(args);
    } catch (Error e) { // of those the parser makes no exceptions
      return fault(console, e);
    }
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

  private static IExecutionExceptionHandler failed(Console console) {
    return (failure, command, parsed) -> {
      if (failure instanceof BadInputException) {
        console.err().println("hactl: " + oneLine(String.valueOf(failure.getMessage())));
        return BAD;
      }
      return fault(console, failure);
    };
  }

  /** Neither a no nor bad input: whoever asks must not take it for an answer. */
  private static int fault(Console console, Throwable fault) {
    String whose =
        fault instanceof OutOfMemoryError
            ? "it takes more memory than Java may use (more with JAVA_TOOL_OPTIONS=-Xmx8g)"
            : "by a fault of hactl itself";
    String where = console.trace() ? "" : " (%s=1 tells where)".formatted(TRACE);
    String what = oneLine(fault.toString());
    console.err().println("hactl: no answer, %s: %s%s".formatted(whose, what, where));
    if (console.trace()) {
      fault.printStackTrace(console.err());
    }
    return FAULT;
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
      if (type == LeaseInit.class) {
        return type.cast(new LeaseInit(console));
      }
      if (type == LeaseShow.class) {
        return type.cast(new LeaseShow(console));
      }
      if (type == LeaseClear.class) {
        return type.cast(new LeaseClear(console));
      }
      if (type == LeaseVerify.class) {
        return type.cast(new LeaseVerify(console));
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
