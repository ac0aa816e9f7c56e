package io.holdfast.examples.cli;

import io.holdfast.engine.json.InvalidInputException;
import io.holdfast.engine.sim.scenario.Scenario;
import io.holdfast.engine.sim.scenario.ScenarioReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Scenarios in files. */
final class ScenarioFiles {
  private ScenarioFiles() {}

  /** The file's scenario. */
  static Scenario read(Path file) {
    try {
      return ScenarioReader.read(JsonFile.text(file, "a scenario"));
    } catch (InvalidInputException e) {
      throw new BadInputException(file + ": " + e.getMessage(), e);
    }
  }

  /** The scenarios of a folder, by name; what is only expected of them is left out. */
  static List<Path> in(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> scenarios =
          files
              .filter(file -> file.toString().endsWith(".json"))
              .filter(file -> !file.toString().endsWith(".expect.json"))
              .sorted()
              .toList();
      if (scenarios.isEmpty()) {
        throw new BadInputException(folder + ": found no scenario, allowed: files *.json");
      }
      return scenarios;
    } catch (IOException e) {
      throw new BadInputException(folder + ": cannot be read: " + e, e);
    }
  }
}
