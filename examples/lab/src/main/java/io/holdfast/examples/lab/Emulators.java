package io.holdfast.examples.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The truth about guests, from the machine's own process table and not from anything of the lab:
 * which emulators of each guest live right now, on whatever host.
 */
final class Emulators {
  private static final Pattern NAME = Pattern.compile("\0-name\0guest=([a-z]+)[,\0]");

  /** Fields of a process's stat line that come after its name, counted from there. */
  private static final int STARTED = 19;

  private final Path processes;

  /**
   * @param processes {@code /proc}
   */
  Emulators(Path processes) {
    this.processes = processes;
  }

  /**
   * One emulator.
   *
   * @param started when, in ticks since the machine's boot: with the pid it names a process for
   *     ever
   * @param incoming it was started to take in a guest that is migrated
   * @param executedNanos how long its guest's processors have run so far; {@link Long#MAX_VALUE} if
   *     that is not known
   */
  record Emulator(String guest, long pid, long started, boolean incoming, long executedNanos) {}

  /** All that live. */
  List<Emulator> look() throws IOException {
    List<Emulator> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(processes, "[0-9]*")) {
      for (Path process : all) {
        String command = read(process.resolve("cmdline"));
        Matcher name = NAME.matcher(command);
        if (command.contains("qemu-system") && name.find()) {
          found.add(
              new Emulator(
                  name.group(1),
                  Long.parseLong(process.getFileName().toString()),
                  started(read(process.resolve("stat"))),
                  command.contains("\0-incoming\0"),
                  executedNanos(process.resolve("task"))));
        }
      }
    }
    return found;
  }

  private static long started(String stat) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    return fields.length > STARTED ? Long.parseLong(fields[STARTED]) : Long.MAX_VALUE;
  }

  /** QEMU names the threads of a guest's processors "CPU 0/TCG", or "CPU 0/KVM". */
  private static long executedNanos(Path tasks) {
    long sum = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        if (read(thread.resolve("comm")).startsWith("CPU ")) {
          String onProcessor = read(thread.resolve("schedstat"));
          if (onProcessor.isBlank()) {
            return Long.MAX_VALUE; // a kernel that does not tell, or it ended while we looked
          }
          sum += Long.parseLong(onProcessor.substring(0, onProcessor.indexOf(' ')));
        }
      }
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
    return sum;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it ended while we looked
    }
  }
}
