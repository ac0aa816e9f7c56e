package io.holdfast.examples.lab;

import io.holdfast.api.HostId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** Processes of the lab, by what the kernel knows of them and by nothing else. */
final class LabProcesses {
  private LabProcesses() {}

  /** The one JVM that holds a host's agent and controller candidate. */
  static ProcessHandle engineOf(HostId host) {
    return one(
        "engine of " + host,
        pid ->
            words(pid, "cmdline").contains(LabHost.class.getName())
                && words(pid, "environ").contains("HOLDFAST_HOST=" + host.value()));
  }

  static ProcessHandle emulatorOf(LabNetwork.Guest guest) {
    return one(
        "emulator of " + guest.name(),
        pid ->
            words(pid, "cmdline").stream()
                .anyMatch(word -> word.startsWith("guest=" + guest.name() + ",")));
  }

  /** Starts a host's engine again, as its boot does. */
  static void startEngine(Lab lab, HostId host) throws IOException, InterruptedException {
    lab.run(
        "exec",
        host.value(),
        "bash",
        "-c",
        """
        set -eu
        cd "$HOLDFAST_HOST_DIR"
        HOLDFAST_LAB_DIR=$(dirname "$(dirname "$PWD")")
        HOLDFAST_SILENCE=$(cat "$HOLDFAST_LAB_DIR/silence")
        export HOLDFAST_LAB_DIR HOLDFAST_SILENCE
        setsid boot.d/20-engine </dev/null >>log/20-engine.log 2>&1 &
        """);
  }

  private static ProcessHandle one(String what, Predicate<Long> wanted) {
    List<ProcessHandle> found =
        ProcessHandle.allProcesses().filter(p -> wanted.test(p.pid())).toList();
    if (found.size() != 1) {
      throw new AssertionError("one " + what + " expected, found " + found);
    }
    return found.get(0);
  }

  private static List<String> words(long pid, String file) {
    try {
      Path path = Path.of("/proc", Long.toString(pid), file);
      return List.of(Files.readString(path, StandardCharsets.ISO_8859_1).split("\0", -1));
    } catch (IOException e) {
      return List.of(); // it ended while we looked
    }
  }
}
