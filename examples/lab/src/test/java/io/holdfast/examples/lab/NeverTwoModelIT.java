package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.LeaseTiming;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The model of lease, watchdog and fencing. Needs spin and gcc, which the lab installs. */
@Tag("lab")
@EnabledIfSystemProperty(
    named = "holdfast.lab",
    matches = "true",
    disabledReason = "needs root on a Debian, and spin: mvn -Plab verify")
class NeverTwoModelIT {
  private static final Pattern VALUES =
      Pattern.compile("(?m)^holds +rho=(\\d+)/(\\d+) F=(\\d+) W=(\\d+) D=(\\d+) H=(\\d+)\\b");
  private static final int HIGHEST_RATE_ERROR_PPM = 100_000;

  @Test
  void itHoldsAsItIsAndFailsWithEachFault() throws Exception {
    Result result = check();
    assertThat(result.status()).as(result.output()).isZero();
    List<String> lines = result.output().lines().toList();
    assertThat(lines).filteredOn(line -> line.startsWith("holds ")).hasSize(4);
    assertThat(lines).filteredOn(line -> line.endsWith("one step too short")).hasSize(4);
    assertThat(lines).filteredOn(line -> line.startsWith("fails ")).hasSize(4 + 9);
    assertThat(lines).last().isEqualTo("all came out as they have to");
    System.out.println(result.output());

    List<MatchResult> sets = VALUES.matcher(result.output()).results().toList();
    assertThat(sets).hasSize(4);
    assertThat(sets)
        .filteredOn(set -> rateErrorPpm(set) <= HIGHEST_RATE_ERROR_PPM)
        .as("its H is that of the engine")
        .hasSize(3)
        .allSatisfy(set -> assertThat(units(set, 6)).isEqualTo(leastWait(set)));
  }

  @Test
  void bringsMisuseBackInOneLine() throws Exception {
    Result result = check("--quickly");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.output().lines().toList()).hasSize(1);
    assertThat(result.output()).startsWith("check: error: unexpected argument '--quickly'");
  }

  /** A unit of the model as a nanosecond, to which the engine rounds. */
  private static Duration leastWait(MatchResult set) {
    return LeaseTiming.leastTakeoverWait(
        units(set, 3), units(set, 4), units(set, 5), rateErrorPpm(set));
  }

  private static Duration units(MatchResult set, int group) {
    return Duration.ofNanos(Long.parseLong(set.group(group)));
  }

  private static int rateErrorPpm(MatchResult set) {
    return 1_000_000 * Integer.parseInt(set.group(1)) / Integer.parseInt(set.group(2));
  }

  private record Result(int status, String output) {}

  /** Its searches end themselves when they take too long. */
  private static Result check(String... arguments) throws IOException, InterruptedException {
    Path script = Path.of("../../docs/model/check").toAbsolutePath().normalize();
    ProcessBuilder builder = new ProcessBuilder(script.toString());
    builder.command().addAll(List.of(arguments));
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    try (InputStream said = process.getInputStream()) {
      String output = new String(said.readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output);
    } finally {
      process.destroy();
    }
  }
}
