package io.holdfast.fence.ipmi;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.testkit.FenceDeviceContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The device's own part, with an agent that keeps its secrets. */
class ScriptAgentContractTest extends FenceDeviceContract {
  private static final String WRONG = "wrong w\"ord";

  @SuppressWarnings("NullAway.Init")
  private ScriptAgent agent;

  @BeforeEach
  void agent(@TempDir Path directory) throws IOException {
    agent = new ScriptAgent(directory);
  }

  @Override
  protected FenceDevice device() {
    return agent.device(ScriptAgent.PASSWORD).build();
  }

  @Override
  protected FenceDevice deviceWithWrongPassword() {
    return agent.device(WRONG).build();
  }

  @Override
  protected FenceDevice deviceAtDeadAddress() {
    agent.setMode("unreachable");
    return device();
  }

  @Override
  protected PowerState truth() {
    return agent.power();
  }

  @Override
  protected void setTruth(PowerState state) {
    agent.setPower(state);
  }

  @Override
  protected Optional<String> secret() {
    return Optional.of(ScriptAgent.PASSWORD);
  }

  @Override
  protected Optional<String> wrongSecret() {
    return Optional.of(WRONG);
  }

  @Override
  protected void makeItRefuse() {
    agent.setMode("refuse");
  }

  @Override
  protected void makeItMute() {
    agent.setMode("mute");
  }

  @Override
  protected void makeItMuteForOneCall() {
    agent.setMode("once");
  }

  @Override
  protected void awaitUnansweredCall() throws InterruptedException {
    Deadline deadline = Deadline.in(timeout());
    while (!agent.files().has("unanswered")) {
      assertThat(deadline.passed()).as("no call in time").isFalse();
      deadline.pause(Duration.ofMillis(10));
    }
  }

  @Override
  protected void makeItSlow(Duration delay) {
    agent.setMode("slow " + delay.toMillis() / 1000.0);
  }

  @Override
  protected void makeItDieInBetween() {
    agent.setMode("dies");
  }

  @Override
  protected OptionalLong commandsSent() {
    return OptionalLong.of(agent.files().lines("commands"));
  }

  /** The agent is started several times meanwhile, on a machine that may be slow. */
  @Override
  protected Duration shortTimeout() {
    return Duration.ofSeconds(4);
  }
}
