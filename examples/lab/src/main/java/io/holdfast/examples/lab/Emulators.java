package io.holdfast.examples.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The truth about guests, from the machine's own process table and not from anything of the lab:
 * how many emulators of each guest live right now, on whatever host.
 */
final class Emulators {
  private static final Pattern NAME = Pattern.compile("\0-name\0guest=([a-z]+)[,\0]");

  private Emulators() {}

  /** How many emulators each guest has. */
  static SortedMap<String, Integer> count() throws IOException {
    SortedMap<String, Integer> counts = new TreeMap<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        String command = commandOf(process);
        Matcher name = NAME.matcher(command);
        if (command.contains("qemu-system") && name.find()) {
          counts.merge(name.group(1), 1, Integer::sum);
        }
      }
    }
    return counts;
  }

  private static String commandOf(Path process) {
    try {
      return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it ended while we looked
    }
  }
}
