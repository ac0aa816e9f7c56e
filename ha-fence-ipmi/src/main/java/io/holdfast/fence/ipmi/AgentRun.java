package io.holdfast.fence.ipmi;

import io.holdfast.api.PowerState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of an agent. Never waits on a pipe: whoever the agent leaves behind may hold it open for
 * ever, so only what is there is read.
 */
final class AgentRun {
  private static final Logger LOG = LoggerFactory.getLogger(AgentRun.class);
  private static final long POLL_MILLIS = 5;

  /** What is kept of each output; the rest is read and dropped. */
  static final int KEPT = 64 * 1024;

  /**
   * What came of it.
   *
   * @param exit empty if it was killed at the deadline
   * @param text its standard error and output, as far as kept, not masked
   * @param cut whether text was dropped, so that its end may be half a word
   */
  record Result(OptionalInt exit, String text, boolean cut) {
    private static final Pattern STATE =
        Pattern.compile(
            "^[ \\t]*status:[ \\t]*(on|off)[ \\t]*$", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

    /** The power state that a line of its own tells; empty if none does, or two disagree. */
    Optional<PowerState> saidState() {
      Set<PowerState> said =
          STATE
              .matcher(text)
              .results()
              .map(match -> PowerState.valueOf(match.group(1).toUpperCase(Locale.ROOT)))
              .collect(Collectors.toSet());
      return said.size() == 1 ? said.stream().findFirst() : Optional.empty();
    }
  }

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private boolean cut;

  private AgentRun() {}

  /**
   * Runs the agent, with an environment that holds nothing of ours and the options on its standard
   * input only.
   *
   * @throws IOException if the program cannot be started
   */
  static Result of(Path executable, byte[] input, Deadline deadline)
      throws IOException, InterruptedException {
    if (deadline.passed()) {
      return new Result(OptionalInt.empty(), "", false);
    }
    ProcessBuilder builder = new ProcessBuilder(executable.toString());
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    environment.put("LC_ALL", "C.UTF-8");
    builder.redirectErrorStream(true);
    Process process = builder.start();
    try {
      return new AgentRun().follow(process, input, deadline);
    } finally {
      kill(process);
    }
  }

  private Result follow(Process process, byte[] input, Deadline deadline)
      throws IOException, InterruptedException {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input);
    } catch (IOException e) {
      // An agent that ends without reading says why in its output and exit code.
      LOG.debug("the agent did not read its options", e);
    }
    try (InputStream output = process.getInputStream()) {
      boolean ended = false;
      while (!ended && !deadline.passed()) {
        ended = process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
        readWhatIsThere(output);
      }
      String text = kept.toString(StandardCharsets.UTF_8);
      return new Result(
          ended ? OptionalInt.of(process.exitValue()) : OptionalInt.empty(), text, cut);
    }
  }

  private void readWhatIsThere(InputStream output) throws IOException {
    byte[] buffer = new byte[8192];
    // Bounded per turn, so that an agent that never stops talking does not hold us.
    for (int turn = 0; turn < 32; turn++) {
      int there = output.available();
      if (there <= 0) {
        return;
      }
      int read = output.read(buffer, 0, Math.min(there, buffer.length));
      if (read < 0) {
        return;
      }
      int fits = Math.min(read, KEPT - kept.size());
      kept.write(buffer, 0, fits);
      cut |= fits < read;
    }
  }

  /** By handle, so that no other process can be hit; the agent first, so that it starts no more. */
  private static void kill(Process process) {
    if (!process.isAlive()) {
      return;
    }
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }
}
