package io.holdfast.fence.ipmi;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.AuthenticationFailed;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Controls a host's power by running a ClusterLabs {@code fence_*} agent: {@code fence_ipmilan},
 * {@code fence_apc}, {@code fence_redfish} and many others.
 *
 * <p>Each step is a run of the agent: {@code status}, {@code off} or {@code on}, and {@code status}
 * again, whatever the agent says about its own success. Options go as {@code key=value} lines on
 * standard input, never as arguments and never in the environment. At the deadline the agent and
 * its descendants are killed.
 *
 * <p>A power state is believed when {@code status} says it twice: off is exit code 2 <em>and</em> a
 * line {@code Status: OFF}, on is exit code 0 <em>and</em> a line {@code Status: ON}, in any case
 * of letters, and no line that says the other. The code alone proves nothing: interpreters end with
 * 2 as well when they cannot open or parse the agent. Either code without its line is {@link
 * FenceOutcome.Refused} with the first line of what was said.
 *
 * <p>Agents have one exit code for most other errors. Which outcome it becomes is read from the
 * agent's text: words about credentials are {@link FenceOutcome.AuthenticationFailed}, words about
 * the network {@link FenceOutcome.Unreachable}, anything else {@link FenceOutcome.Refused}. Some
 * say it only when asked to be verbose ({@code fence_ipmilan}: {@code verbose_level=2}). An agent
 * that gave up waiting for the power to follow is not the end: the state is read until the
 * deadline. Choose the agent's own time-outs ({@code power_timeout}, {@code login_timeout}) shorter
 * than those given here.
 *
 * <p>Secret option values are masked in every text. <b>Not guaranteed:</b> what the agent itself
 * does with them; some versions of {@code fence_ipmilan} give the password to {@code ipmitool} as
 * an argument, which {@link IpmiFenceDevice} avoids.
 */
public final class FenceAgentDevice implements FenceDevice {
  private static final int EXIT_ON = 0;
  private static final int EXIT_OFF = 2;
  private static final int LONGEST_TEXT = 300;

  // After a comma or a point, 401 and 403 are the milliseconds of an agent's log line.
  private static final Pattern CREDENTIALS =
      Pattern.compile(
          "HMAC is invalid|unauthori[sz]ed|authentication (failed|failure|check)|access denied"
              + "|permission denied|invalid (user|login|password|credentials)|wrong password"
              + "|password (incorrect|mismatch)|login (failed|incorrect|denied)"
              + "|correct privileges|insufficient privilege|(?<![,.])\\b40[13]\\b",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern NETWORK =
      Pattern.compile(
          "unable to connect|connection (timed out|refused|lost)|no route to host"
              + "|network is unreachable|could not resolve|name or service not known|timed? ?out",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern NO =
      Pattern.compile(
          "power control to \\S+ failed|not supported|command (failed|rejected|refused)",
          Pattern.CASE_INSENSITIVE);

  /** An agent's words for a device that took the command, which is not there yet. */
  private static final Pattern NOT_YET =
      Pattern.compile("timed out waiting to power", Pattern.CASE_INSENSITIVE);

  private interface Operation {
    FenceOutcome on(PowerLink link, Deadline deadline) throws InterruptedException;
  }

  private final String name;
  private final Path executable;
  private final AgentOptions options;
  private final PowerLink link = new AgentLink();

  private FenceAgentDevice(String name, Path executable, AgentOptions options) {
    this.name = name;
    this.executable = executable;
    this.options = options;
  }

  /** Collects the settings of a device. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public FenceOutcome status(Duration timeout) {
    return operate(timeout, PowerLink::read);
  }

  @Override
  public FenceOutcome off(Duration timeout) {
    return operate(timeout, (l, deadline) -> ReadActVerify.bring(l, PowerState.OFF, deadline));
  }

  @Override
  public FenceOutcome on(Duration timeout) {
    return operate(timeout, (l, deadline) -> ReadActVerify.bring(l, PowerState.ON, deadline));
  }

  private FenceOutcome operate(Duration timeout, Operation operation) {
    try {
      return operation.on(link, Deadline.in(timeout));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new TimedOut("interrupted");
    }
  }

  /** Shows the agent and its options, secret values masked. */
  @Override
  public String toString() {
    return "FenceAgentDevice[" + name + ": " + executable + " " + options + "]";
  }

  private final class AgentLink implements PowerLink {
    @Override
    public FenceOutcome read(Deadline deadline) throws InterruptedException {
      AgentRun.Result result;
      try {
        result = AgentRun.of(executable, options.input("status"), deadline);
      } catch (IOException e) {
        return cannotRun(e);
      }
      if (result.exit().isEmpty()) {
        return killed("status", deadline, result);
      }
      return switch (result.exit().getAsInt()) {
        case EXIT_ON -> believed(PowerState.ON, result);
        case EXIT_OFF -> believed(PowerState.OFF, result);
        default -> problem("status", result);
      };
    }

    @Override
    public Optional<FenceOutcome> command(PowerState wanted, Deadline deadline)
        throws InterruptedException {
      String action = wanted == PowerState.OFF ? "off" : "on";
      AgentRun.Result result;
      try {
        result = AgentRun.of(executable, options.input(action), deadline);
      } catch (IOException e) {
        return Optional.of(cannotRun(e));
      }
      if (result.exit().isEmpty()) {
        return Optional.of(killed(action, deadline, result));
      }
      boolean taken = result.exit().getAsInt() == 0 || isStillWaitedFor(result.text());
      return taken ? Optional.empty() : Optional.of(problem(action, result));
    }
  }

  /** Never two: what the exit code says counts only if the words say it too, and nothing else. */
  private FenceOutcome believed(PowerState state, AgentRun.Result result) {
    if (result.saidState().equals(Optional.of(state))) {
      return new Confirmed(state);
    }
    return new Refused(
        "status ended with code "
            + result.exit().getAsInt()
            + " without saying \"Status: "
            + state
            + "\" alone"
            + firstLine(result));
  }

  /** The agent waited no longer; the caller's deadline decides how long is long enough. */
  private static boolean isStillWaitedFor(String text) {
    return NOT_YET.matcher(text).find() && !NO.matcher(text).find();
  }

  private FenceOutcome cannotRun(IOException e) {
    return new Refused("the agent cannot be run: " + options.mask(String.valueOf(e.getMessage())));
  }

  private FenceOutcome killed(String action, Deadline deadline, AgentRun.Result result) {
    return new TimedOut(action + " had no end within " + deadline + said(result));
  }

  private FenceOutcome problem(String action, AgentRun.Result result) {
    String detail = action + " ended with code " + result.exit().getAsInt() + said(result);
    String text = result.text();
    if (CREDENTIALS.matcher(text).find()) {
      return new AuthenticationFailed(detail);
    }
    if (!NO.matcher(text).find() && NETWORK.matcher(text).find()) {
      return new Unreachable(detail);
    }
    return new Refused(detail);
  }

  /** The first thing that the agent said, without secrets. */
  private String firstLine(AgentRun.Result result) {
    String line =
        masked(result)
            .lines()
            .map(FenceAgentDevice::printable)
            .filter(l -> !l.isEmpty())
            .findFirst()
            .orElse("");
    if (line.isEmpty()) {
      return "";
    }
    return ": " + (line.length() <= LONGEST_TEXT ? line : line.substring(0, LONGEST_TEXT) + "...");
  }

  private String masked(AgentRun.Result result) {
    String text = result.text();
    if (result.cut()) {
      // The cut may go through a secret, and half a secret would not be recognised.
      text = text.substring(0, Math.max(0, text.length() - options.longestSecret()));
    }
    return options.mask(text);
  }

  private static String printable(String text) {
    return text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
  }

  /** The end of what the agent said, on one line, without secrets. */
  private String said(AgentRun.Result result) {
    String line = printable(masked(result));
    if (line.isEmpty()) {
      return "";
    }
    return ": "
        + (line.length() <= LONGEST_TEXT
            ? line
            : "..." + line.substring(line.length() - LONGEST_TEXT));
  }

  /** Settings of a device; the agent is needed, and whatever options it needs itself. */
  public static final class Builder {
    private static final List<Path> DIRECTORIES =
        List.of(
            Path.of("/usr/sbin"),
            Path.of("/usr/local/sbin"),
            Path.of("/usr/bin"),
            Path.of("/sbin"));

    private final String name;
    private String agent = "";
    private final Map<String, String> options = new TreeMap<>();
    private final Set<String> secretOptions = new TreeSet<>();

    private Builder(String name) {
      this.name = name;
    }

    /** An agent's name, such as {@code fence_apc}, or its absolute path. */
    public Builder agent(String agent) {
      this.agent = agent;
      return this;
    }

    /**
     * An option as the agent's manual names it for standard input. Values of names that look like a
     * password, key, token or SNMP community are secret; for others see {@link #secretOption}.
     */
    public Builder option(String key, String value) {
      options.put(key, value);
      return this;
    }

    /** An option whose value is secret, whatever its name. */
    public Builder secretOption(String key, String value) {
      secretOptions.add(key);
      return option(key, value);
    }

    /**
     * Makes the device; runs nothing yet.
     *
     * @throws InvalidConfigException naming the setting that is missing or cannot be
     */
    public FenceAgentDevice build() {
      if (name.isBlank() || name.chars().anyMatch(Character::isISOControl)) {
        throw new InvalidConfigException("name", '"' + name + '"', "text on one line, not blank");
      }
      return new FenceAgentDevice(name, found(agent), new AgentOptions(options, secretOptions));
    }

    private static Path found(String agent) {
      List<Path> candidates =
          agent.startsWith("/")
              ? List.of(Path.of(agent))
              : agent.matches("[A-Za-z0-9_.-]+")
                  ? DIRECTORIES.stream().map(d -> d.resolve(agent)).toList()
                  : List.of();
      return candidates.stream()
          .filter(p -> Files.isRegularFile(p) && Files.isExecutable(p))
          .findFirst()
          .orElseThrow(
              () ->
                  new InvalidConfigException(
                      "agent",
                      '"' + agent + '"',
                      "an executable by absolute path or by name in one of " + DIRECTORIES));
    }
  }
}
