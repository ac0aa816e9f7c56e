package io.holdfast.examples.cli;

import io.holdfast.engine.json.InvalidInputException;
import java.nio.file.Path;

/** A cluster in a file. */
final class ClusterFile {
  private ClusterFile() {}

  /** The file's cluster, with what a plan may do. */
  static ClusterInput read(Path file) {
    try {
      return ClusterReader.read(JsonFile.text(file, "a cluster"));
    } catch (InvalidInputException e) {
      throw new BadInputException(file + ": " + e.getMessage(), e);
    }
  }
}
