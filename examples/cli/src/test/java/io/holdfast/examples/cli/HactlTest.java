package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hactl says when the fault is its own. */
class HactlTest {
  private static final String CLUSTER =
      """
      {"dimensions": ["cpu"], "hosts": [{"id": "h1", "capacity": [1]}]}
      """;

  private static final String SCENARIO =
      """
      {"name": "quiet", "hosts": [{"id": "n1"}], "end": 1}
      """;

  @TempDir private Path folder;

  /** An output that cannot be written to, in a way that nobody has thought of. */
  private static final class Broken extends PrintStream {
    private final Throwable fault;

    Broken(Throwable fault) {
      super(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
      this.fault = fault;
    }

    @Override
    public void println(String line) {
      if (fault instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) fault;
    }

    @Override
    public PrintStream printf(String format, Object... args) {
      println(format);
      return this;
    }
  }

  private static HactlRun run(Throwable fault, boolean trace, String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream told = new PrintStream(err, true, StandardCharsets.UTF_8);
    int status = Hactl.run(new Console(new Broken(fault), told, false, trace), args);
    return new HactlRun(status, "", err.toString(StandardCharsets.UTF_8));
  }

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("input.json"), text).toString();
  }

  @Test
  void aFaultOfItsOwnIsNoAnswerAndOneLine() throws IOException {
    for (String[] args :
        new String[][] {
          {"plan", file(CLUSTER)},
          {"survive", "--failures", "1", file(CLUSTER)},
          {"rebalance", file(CLUSTER), "--json"},
          {"simulate", Files.writeString(folder.resolve("s.json"), SCENARIO).toString()},
        }) {
      HactlRun run = run(new IllegalStateException("broken\nscreen"), false, args);
      assertThat(run.status()).as("%s", (Object) args).isEqualTo(Hactl.FAULT);
      assertThat(run.err())
          .isEqualTo(
              "hactl: no answer, by a fault of hactl itself: java.lang.IllegalStateException:"
                  + " broken screen (HACTL_TRACE=1 tells where)\n");
    }
  }

  @Test
  void whereItHappenedIsToldToWhoAsks() throws IOException {
    HactlRun run = run(new IllegalStateException("broken"), true, "plan", file(CLUSTER));
    assertThat(run.status()).isEqualTo(Hactl.FAULT);
    assertThat(run.err().lines().findFirst())
        .contains(
            "hactl: no answer, by a fault of hactl itself:"
                + " java.lang.IllegalStateException: broken");
    assertThat(run.err()).contains("\tat " + HactlTest.class.getName());
  }

  @Test
  void anErrorIsOneToo() throws IOException {
    HactlRun run = run(new StackOverflowError(), false, "plan", file(CLUSTER));
    assertThat(run.status()).isEqualTo(Hactl.FAULT);
    assertThat(run.err()).contains("java.lang.StackOverflowError (HACTL_TRACE").hasLineCount(1);
    run = run(new OutOfMemoryError("Java heap space"), false, "plan", file(CLUSTER));
    assertThat(run.status()).isEqualTo(Hactl.FAULT);
    assertThat(run.err())
        .startsWith("hactl: no answer, it takes more memory than Java may use (more with JAVA_TOOL")
        .contains("Java heap space")
        .hasLineCount(1);
  }
}
