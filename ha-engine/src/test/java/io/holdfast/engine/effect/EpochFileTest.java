package io.holdfast.engine.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Epoch;
import io.holdfast.api.InvalidConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The highest epoch survives, and one agent at a time holds it. */
class EpochFileTest {
  @TempDir Path directory;

  @Test
  void withoutAFileNoEpochWasEverFollowed() throws IOException {
    try (EpochFile file = new EpochFile(directory.resolve("made/on/demand"))) {
      assertThat(file.highest()).isEqualTo(Epoch.NONE);
    }
  }

  @Test
  void whatWasPersistedIsReadByTheNext() throws IOException {
    try (EpochFile file = new EpochFile(directory)) {
      file.persist(new Epoch(7));
      file.persist(new Epoch(Long.MAX_VALUE));
    }
    try (EpochFile file = new EpochFile(directory)) {
      assertThat(file.highest()).isEqualTo(new Epoch(Long.MAX_VALUE));
    }
  }

  @Test
  void aHalfWrittenSuccessorIsIgnored() throws IOException {
    try (EpochFile file = new EpochFile(directory)) {
      file.persist(new Epoch(7));
    }
    Files.writeString(directory.resolve("epoch.next"), "8");
    try (EpochFile file = new EpochFile(directory)) {
      assertThat(file.highest()).isEqualTo(new Epoch(7));
      file.persist(new Epoch(9));
    }
    try (EpochFile file = new EpochFile(directory)) {
      assertThat(file.highest()).isEqualTo(new Epoch(9));
    }
  }

  @Test
  void aSecondAgentIsRefusedInOneClearLineAndAdmittedAfterTheFirst() throws IOException {
    try (EpochFile file = new EpochFile(directory)) {
      assertThatThrownBy(() -> new EpochFile(directory))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessage(
              "agent.stateDirectory: found %s, allowed: a directory that no other agent uses",
              directory);
      file.persist(new Epoch(1));
    }
    try (EpochFile file = new EpochFile(directory)) {
      assertThat(file.highest()).isEqualTo(new Epoch(1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "seven", "-5", "7\n8", "99999999999999999999", "7.0", "é", "\u0000"})
  void garbageIsRefusedInOneLineThatNamesTheFileAndIsKept(String garbage) throws IOException {
    Path file = directory.resolve("epoch");
    Files.writeString(file, garbage, StandardCharsets.UTF_8);
    assertThatThrownBy(() -> new EpochFile(directory))
        .isInstanceOf(InvalidConfigException.class)
        .message()
        .startsWith(file + ": found ")
        .endsWith("allowed: a number, 0 or greater")
        .doesNotContain("\n");
    assertThat(Files.readString(file)).isEqualTo(garbage);
  }

  @Test
  void aRefusalLeavesTheDirectoryFree() throws IOException {
    Files.writeString(directory.resolve("epoch"), "seven");
    assertThatThrownBy(() -> new EpochFile(directory)).isInstanceOf(InvalidConfigException.class);
    Files.writeString(directory.resolve("epoch"), "7\n");
    try (EpochFile file = new EpochFile(directory)) {
      assertThat(file.highest()).isEqualTo(new Epoch(7));
    }
  }
}
