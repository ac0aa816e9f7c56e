package io.holdfast.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Looks for a secret in the arguments and environments of all processes. An environment that this
 * user may not read, or a process that ends meanwhile, shows nothing to this user: that is what
 * counts.
 */
final class ProcessList {
  private static final Path PROC = Path.of("/proc");

  private ProcessList() {}

  static boolean isReadable() {
    return Files.isReadable(PROC.resolve("self/cmdline"));
  }

  /** The processes that show the secret, each as {@code pid/cmdline} or {@code pid/environ}. */
  static List<String> processesShowing(String secret) throws IOException {
    List<String> showing = new ArrayList<>();
    List<Path> processes;
    try (Stream<Path> entries = Files.list(PROC)) {
      processes =
          entries
              .filter(p -> p.getFileName().toString().chars().allMatch(Character::isDigit))
              .toList();
    }
    for (Path process : processes) {
      for (String file : List.of("cmdline", "environ")) {
        if (contentOf(process.resolve(file)).contains(secret)) {
          showing.add(process.getFileName() + "/" + file);
        }
      }
    }
    return showing;
  }

  private static String contentOf(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException unreadable) {
      return "";
    }
  }
}
