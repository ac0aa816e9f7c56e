package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What counts as a second copy of a guest, on a process table made for it. */
class TwinsTest {
  @TempDir Path processes;
  private final Twins twins = new Twins();
  private Emulators emulators;

  @BeforeEach
  void makeTheTable() {
    emulators = new Emulators(processes);
  }

  @Test
  void oneEmulatorPerGuestIsNone() throws IOException {
    emulator(10, "web", "", 100, 900);
    emulator(11, "db", "", 100, 900);
    assertThat(twins.of(emulators.look())).isEmpty();
  }

  @Test
  void aSecondOneIsACopyEvenBeforeItExecutes() throws IOException {
    emulator(10, "web", "", 100, 900);
    emulator(9, "web", "", 200, 0);
    assertThat(twins.of(emulators.look())).containsExactly("web");
  }

  @Test
  void aStartBesideAGuestThatOnceArrivedIsACopy() throws IOException {
    emulator(10, "web", "-incoming", 100, 900);
    emulator(11, "web", "", 200, 0);
    assertThat(twins.of(emulators.look())).containsExactly("web");
  }

  @Test
  void aLiveMigrationIsNone() throws IOException {
    emulator(10, "web", "", 100, 900);
    emulator(11, "web", "-incoming", 200, 1);
    assertThat(twins.of(emulators.look())).as("being sent").isEmpty();
    emulator(10, "web", "", 100, 1500);
    assertThat(twins.of(emulators.look())).as("runs on meanwhile").isEmpty();
    emulator(10, "web", "", 100, 1800);
    emulator(11, "web", "-incoming", 200, 40);
    assertThat(twins.of(emulators.look())).as("arrived").isEmpty();
    emulator(11, "web", "-incoming", 200, 400);
    assertThat(twins.of(emulators.look())).as("the first one is about to end").isEmpty();
  }

  @Test
  void aSourceThatRunsOnWhenItsGuestHasArrivedIsACopy() throws IOException {
    emulator(10, "web", "", 100, 900);
    emulator(11, "web", "-incoming", 200, 40);
    assertThat(twins.of(emulators.look())).isEmpty();
    emulator(10, "web", "", 100, 910);
    assertThat(twins.of(emulators.look())).containsExactly("web");
    assertThat(twins.of(emulators.look())).as("and stays one").containsExactly("web");
  }

  @Test
  void aThirdOneIsJudgedBesideEach() throws IOException {
    emulator(10, "web", "", 100, 900);
    emulator(11, "web", "-incoming", 200, 1);
    emulator(12, "web", "", 300, 0);
    assertThat(twins.of(emulators.look())).containsExactly("web", "web");
  }

  @Test
  void anEmulatorThatIsGoneIsForgotten() throws IOException {
    emulator(10, "web", "", 100, 900);
    emulator(11, "web", "-incoming", 200, 40);
    assertThat(twins.of(emulators.look())).isEmpty();
    Files.delete(processes.resolve("11").resolve("cmdline"));
    emulator(10, "web", "", 100, 5000);
    assertThat(twins.of(emulators.look())).isEmpty();
  }

  @Test
  void aKernelThatDoesNotTellWhatRanIsNoExcuse() throws IOException {
    emulator(10, "web", "", 100, 900);
    emulator(11, "web", "-incoming", 200, 1);
    Files.delete(processes.resolve("10/task/13/schedstat"));
    Files.delete(processes.resolve("11/task/14/schedstat"));
    assertThat(twins.of(emulators.look())).containsExactly("web");
  }

  @Test
  void otherProcessesAreNotCounted() throws IOException {
    emulator(10, "web", "", 100, 900);
    process(11, "grep\0-name\0guest=web,debug-threads=on\0");
    process(12, "");
    process(13, "/usr/bin/qemu-system-x86_64\0-name\0probe\0");
    assertThat(emulators.look()).hasSize(1);
  }

  private void emulator(int pid, String guest, String incoming, long started, long executedMillis)
      throws IOException {
    String how = incoming.isEmpty() ? "" : incoming + "\0defer\0";
    process(
        pid,
        "/usr/bin/qemu-system-x86_64\0-name\0guest=%s,debug-threads=on\0-S\0%s-msg\0timestamp=on\0"
            .formatted(guest, how));
    Path process = processes.resolve(Integer.toString(pid));
    // The name may hold anything, and the start time is the 22nd field.
    Files.writeString(
        process.resolve("stat"),
        pid + " (qemu (x) y) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 " + started + " 0 0\n");
    thread(process, pid + 2, "IO mon_iothread", 7_000);
    thread(process, pid + 3, "CPU 0/TCG", executedMillis);
  }

  private void process(int pid, String command) throws IOException {
    Path process = Files.createDirectories(processes.resolve(Integer.toString(pid)));
    Files.writeString(process.resolve("cmdline"), command);
  }

  private static void thread(Path process, int id, String name, long executedMillis)
      throws IOException {
    Path thread = Files.createDirectories(process.resolve("task").resolve(Integer.toString(id)));
    Files.writeString(thread.resolve("comm"), name + "\n");
    Files.writeString(thread.resolve("schedstat"), executedMillis + "000000 5 3\n");
  }
}
