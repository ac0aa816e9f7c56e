package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script's manners. Needs neither root nor a lab. */
class LabCommandTest {
  private final Lab lab = new Lab(Path.of("").toAbsolutePath(), Duration.ofSeconds(3));

  @ParameterizedTest
  @CsvSource({
    "frobnicate,                unknown command 'frobnicate'",
    "crash,                     crash needs a host: one of host1 host2 host3",
    "crash host9,               unknown host 'host9': one of host1 host2 host3 is needed",
    "crash host1 --hard,        unexpected argument '--hard'",
    "power-on host1 host2,      unexpected argument 'host2'",
    "isolate host0,             unknown host 'host0'",
    "rejoin,                    rejoin needs a host: one of host1 host2 host3",
    "power-on,                  power-on needs a host",
    "isolate,                   isolate needs a host",
    "exec,                      exec needs a host",
    "evidence,                  evidence needs a host",
    "bmc,                       bmc needs a host",
    "exec host1,                exec needs a command",
    "bmc host1 sing,            unknown BMC behaviour 'sing'",
    "up --silence,              --silence is ''",
    "up --silence 0,            --silence is '0': seconds greater than 0",
    "up --silence -3,           --silence is '-3'",
    "up --silence PT3S,         --silence is 'PT3S'",
    "up --quick,                unexpected argument '--quick'",
    "down now,                  unexpected argument 'now'",
    "status --xml,              unexpected argument '--xml'",
    "install qemu,              unexpected argument 'qemu'",
    "install --for-tests all,   unexpected argument 'all'",
  })
  void bringsMisuseBackInOneLine(String arguments, String words) throws Exception {
    Lab.Result result = lab.attempt(arguments.split(" "));
    assertThat(result.status()).as(result.output()).isEqualTo(2);
    assertThat(result.output().lines().toList()).hasSize(1);
    assertThat(result.output()).startsWith("lab: error: ").contains(words);
  }

  @Test
  void saysHowItIsUsed() throws Exception {
    Lab.Result asked = lab.attempt("--help");
    assertThat(asked.status()).isZero();
    assertThat(asked.output()).startsWith("usage: lab").contains("crash HOST", "rejoin HOST");
    Lab.Result nothing = lab.attempt();
    assertThat(nothing.status()).isEqualTo(2);
    assertThat(nothing.output()).isEqualTo(asked.output());
    assertThat(standardOutputOfNoCommand()).isEmpty();
    assertThat(List.of("crash", "up", "bmc"))
        .allSatisfy(command -> assertThat(lab.attempt(command, "--help").status()).isZero());
  }

  private static String standardOutputOfNoCommand() throws Exception {
    Process process =
        new ProcessBuilder(Path.of("lab").toAbsolutePath().toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
