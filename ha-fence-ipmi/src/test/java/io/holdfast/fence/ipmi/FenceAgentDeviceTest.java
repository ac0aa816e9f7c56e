package io.holdfast.fence.ipmi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.AuthenticationFailed;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.PowerState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What agents do that nobody wants, and what may not be configured. */
class FenceAgentDeviceTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  /** Enough for an agent to be started and to do its harm, on a machine that may be slow. */
  private static final Duration SHORT = Duration.ofSeconds(4);

  @SuppressWarnings("NullAway.Init")
  private ScriptAgent agent;

  @BeforeEach
  void agent(@TempDir Path directory) throws IOException {
    agent = new ScriptAgent(directory);
  }

  private FenceAgentDevice device() {
    return agent.device(ScriptAgent.PASSWORD).build();
  }

  @Test
  void optionsGoOnStandardInputAndNowhereElse() {
    assertThat(device().status(LONG)).isEqualTo(new Confirmed(PowerState.ON));
    assertThat(agent.files().read("input").lines())
        .containsExactly("ip=192.0.2.1", "password=" + ScriptAgent.PASSWORD, "action=status");
    assertThat(agent.files().read("arguments").strip()).isEqualTo("0");
    assertThat(agent.files().read("environment").lines().map(line -> line.split("=", 2)[0]))
        .contains("PATH", "LC_ALL")
        .isSubsetOf("PATH", "LC_ALL", "PWD", "OLDPWD", "_", "SHLVL");
  }

  @Test
  void anAgentThatHangsIsKilledWithItsDescendants() throws Exception {
    agent.setMode("mute");
    // That it is killed in time is in the contract.
    assertThat(device().off(SHORT)).isInstanceOf(TimedOut.class);
    assertThat(agent.files().read("pids").lines()).hasSize(2);
    for (String pid : agent.files().read("pids").lines().toList()) {
      awaitEnd(Long.parseLong(pid));
    }
  }

  @Test
  void aChildThatHoldsTheOutputOpenHoldsNobodyUp() throws Exception {
    agent.setMode("holds");
    long start = System.nanoTime();
    try {
      assertThat(device().status(LONG)).isEqualTo(new Confirmed(PowerState.OFF));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONG.dividedBy(2));
    } finally {
      long child = Long.parseLong(agent.files().read("pids").strip());
      ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly);
      awaitEnd(child);
    }
  }

  @Test
  void anAgentThatNeverStopsTalkingIsKilledAndKeepsTheSecret() {
    agent.setMode("flood");
    FenceOutcome outcome = device().status(SHORT);
    assertThat(outcome).isInstanceOf(TimedOut.class);
    assertThat(outcome.toString()).contains("words").contains("****");
    assertNoPartOfTheSecretIn(outcome);
  }

  @Test
  void anAgentThatReadsNothingStillHasItsExitCode() {
    agent.setMode("deaf");
    assertThat(device().status(LONG)).isEqualTo(new Confirmed(PowerState.OFF));
  }

  @Test
  void garbageIsARefusalInPrintableWords() {
    agent.setMode("garbage");
    FenceOutcome outcome = device().status(LONG);
    assertThat(outcome).isInstanceOf(Refused.class);
    assertThat(outcome.toString()).contains("code 77").contains("****");
    assertThat(outcome.toString().chars()).noneMatch(Character::isISOControl);
    assertNoPartOfTheSecretIn(outcome);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 126, 137, 255})
  void anyOtherExitCodeProvesNothingAndShowsNoSecret(int code) {
    agent.setMode("code " + code);
    FenceOutcome outcome = device().status(LONG);
    assertThat(outcome)
        .isEqualTo(new Refused("status ended with code " + code + ": **** and more"));
    assertThat(device().off(LONG)).isInstanceOf(Refused.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "usage: fence_script [options]",
        "/usr/bin/python3: can't open file '/usr/sbin/fence_script': [Errno 2] No such file",
        "fence_script: line 3: syntax error near unexpected token `fi'",
        "Traceback (most recent call last):\n  File \"fence_script\", line 1\nOSError: timed out",
        "Status: ON",
        "Status: ON\nStatus: OFF",
        "Status: OFFLINE",
        "set Status: OFF",
      })
  void codeTwoWithoutTheWordsIsNotOff(String words) {
    agent.setWords(2, words);
    String first = words.isEmpty() ? "" : ": " + words.lines().findFirst().orElseThrow();
    for (FenceOutcome outcome :
        List.of(device().status(LONG), device().off(LONG), device().on(LONG))) {
      assertThat(outcome).isInstanceOf(Refused.class);
      assertThat(((Refused) outcome).detail())
          .startsWith("status ended with code 2")
          .endsWith(first);
    }
    assertThat(agent.files().has("commands")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "usage: fence_script", "Status: OFF", "Status: ON\nStatus: OFF"})
  void codeZeroWithoutTheWordsIsNotOn(String words) {
    agent.setWords(0, words);
    assertThat(device().status(LONG)).isInstanceOf(Refused.class);
    assertThat(device().on(LONG)).isInstanceOf(Refused.class);
  }

  @Test
  void theWordsMayStandAnywhereInAnyCase() {
    agent.setWords(2, "2023-01-28 DEBUG: ipmitool said something\n  status: off \nbye");
    assertThat(device().status(LONG)).isEqualTo(new Confirmed(PowerState.OFF));
    agent.setWords(0, "STATUS: On");
    assertThat(device().status(LONG)).isEqualTo(new Confirmed(PowerState.ON));
  }

  @Test
  void theMillisecondsOfALogLineAreNoCodeOfHttp() {
    agent.setWords(1, "2026-11-21 08:19:16,401 ERROR: Connection timed out");
    assertThat(device().status(LONG)).isInstanceOf(Unreachable.class);
    agent.setWords(1, "2026-11-21 08:19:16,200 ERROR: HTTP 401");
    assertThat(device().status(LONG)).isInstanceOf(AuthenticationFailed.class);
  }

  @Test
  void theFirstLineOfARefusalHidesTheSecret() {
    agent.setWords(2, "\n\u001b[31mno " + ScriptAgent.PASSWORD + "\nsecond");
    assertThat(device().status(LONG))
        .isEqualTo(
            new Refused(
                "status ended with code 2 without saying \"Status: OFF\" alone: [31mno ****"));
  }

  @Test
  void anAgentThatBreaksAfterTheCommandConfirmsNothing() {
    agent.setWords(2, "usage: fence_script");
    agent.setMode("breaks");
    assertThat(device().off(SHORT)).isInstanceOf(TimedOut.class);
    assertThat(agent.files().read("commands").strip()).isEqualTo("off");
    assertThat(agent.power()).isEqualTo(PowerState.ON);
  }

  @Test
  void anAgentThatOnlySaysThatItIsOffIsNotBelieved() {
    agent.setMode("lies");
    assertThat(device().off(SHORT)).isInstanceOf(TimedOut.class);
    assertThat(agent.power()).isEqualTo(PowerState.ON);
  }

  @Test
  void anAgentThatCannotConnectIsUnreachable() {
    agent.setMode("unreachable");
    assertThat(device().off(LONG)).isInstanceOf(Unreachable.class);
  }

  @Test
  void theWordsOfAnAgentHideEverySpellingOfASecret() {
    AgentOptions options =
        new AgentOptions(
            Map.of("snmp_priv_passwd", ScriptAgent.PASSWORD, "plug", "7-of-9"), Set.of("plug"));
    String url = "https://u:p%26ss%27w%22o%5Crd%207@bmc/?p=p%26ss%27w%22o%5Crd+7";
    assertThat(options.mask(url)).isEqualTo("https://u:****@bmc/?p=****");
    assertThat(options.mask("say 'p&ss\\'w\"o\\\\rd 7', plug 7-of-9"))
        .isEqualTo("say '****', plug ****");
    assertThat(options.toString()).isEqualTo("{plug=****, snmp_priv_passwd=****}");
  }

  @Test
  void aDeviceShowsItsOptionsWithoutSecrets() {
    assertThat(device().toString())
        .contains("ip=192.0.2.1")
        .contains("password=****")
        .doesNotContain(ScriptAgent.PASSWORD);
  }

  @Test
  void whatMayNotBeIsNamed() {
    refused("options.ip", "ip", "192.0.2.1\naction=on");
    refused("options.password", "password", "pass\u0000word");
    refused("options.password", "password", "pass ");
    refused("options.password", "password", "\"pass\"");
    refused("options.action", "action", "reboot");
    refused("options", "i p", "x");
    refused("options", "ip", "x".repeat(40_000));
    refused("options", "plug", "\u20ac".repeat(11_000)); // 33 000 bytes
    assertThat(agent.device("none").option("plug", "x".repeat(11_000)).build()).isNotNull();
    assertThatThrownBy(() -> FenceAgentDevice.builder("d").agent("fence_none").build())
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("agent")
        .hasMessageContaining("fence_none");
    assertThatThrownBy(() -> FenceAgentDevice.builder("d").agent("../fence_apc").build())
        .isInstanceOf(InvalidConfigException.class);
    assertThatThrownBy(() -> FenceAgentDevice.builder(" ").agent(agent.path().toString()).build())
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("name");
  }

  private void refused(String field, String key, String value) {
    assertThatThrownBy(() -> agent.device("none").option(key, value).build())
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith(field + ":")
        .hasMessageNotContaining(key.equals("password") ? "pass " : "\n");
  }

  /** Half a secret is one too. */
  private static void assertNoPartOfTheSecretIn(FenceOutcome outcome) {
    assertThat(outcome.toString()).doesNotContain(ScriptAgent.PASSWORD.substring(0, 4));
  }

  private static void awaitEnd(long pid) throws InterruptedException {
    Deadline deadline = Deadline.in(LONG);
    while (isRunning(pid)) {
      assertThat(deadline.passed()).as("process %s has not ended", pid).isFalse();
      deadline.pause(Duration.ofMillis(10));
    }
  }

  private static boolean isRunning(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }
}
