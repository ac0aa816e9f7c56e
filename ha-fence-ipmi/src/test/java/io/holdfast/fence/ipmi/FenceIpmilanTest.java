package io.holdfast.fence.ipmi;

import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.testkit.FenceDeviceContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** A real agent, {@code fence_ipmilan}, against a real {@code ipmi_sim}. */
@EnabledIf(
    value = "isInstalled",
    disabledReason =
        "ipmi_sim, ipmitool or fence_ipmilan is not installed"
            + " (Debian packages openipmi, ipmitool, fence-agents)")
class FenceIpmilanTest extends FenceDeviceContract {

  @SuppressWarnings("NullAway.Init")
  private IpmiSimulator simulator;

  static boolean isInstalled() {
    return IpmiSimulator.isInstalled()
        && Files.isExecutable(Path.of("/usr/sbin/fence_ipmilan"))
        && Files.isExecutable(Path.of("/usr/bin/ipmitool"));
  }

  @BeforeEach
  void start(@TempDir Path directory) throws IOException, InterruptedException {
    simulator = IpmiSimulator.start(directory);
  }

  @AfterEach
  void stop() throws InterruptedException {
    simulator.stop();
  }

  private static FenceAgentDevice agent(int port, String password) {
    return FenceAgentDevice.builder("ipmilan-host1")
        .agent("fence_ipmilan")
        .option("ip", "127.0.0.1")
        .option("ipport", Integer.toString(port))
        .option("username", IpmiSimulator.USER)
        .option("password", password)
        .option("lanplus", "1")
        .option("cipher", "3")
        .option("power_wait", "0")
        .option("power_timeout", "2")
        .option("verbose_level", "2")
        .build();
  }

  @Override
  protected FenceDevice device() {
    return agent(simulator.port(), IpmiSimulator.PASSWORD);
  }

  @Override
  protected FenceDevice deviceWithWrongPassword() {
    return agent(simulator.port(), IpmiSimulator.WRONG_PASSWORD);
  }

  @Override
  protected FenceDevice deviceAtDeadAddress() {
    try {
      return agent(IpmiSimulator.freePort(), IpmiSimulator.PASSWORD);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected PowerState truth() {
    return simulator.power();
  }

  @Override
  protected void setTruth(PowerState state) {
    simulator.setPower(state);
  }

  @Override
  protected Optional<String> secret() {
    return Optional.of(IpmiSimulator.PASSWORD);
  }

  @Override
  protected Optional<String> wrongSecret() {
    return Optional.of(IpmiSimulator.WRONG_PASSWORD);
  }

  @Override
  protected void makeItRefuse() {
    simulator.setMode("refuse");
  }

  @Override
  protected void makeItMute() {
    simulator.stopAnswering();
  }

  @Override
  protected void makeItSlow(Duration delay) {
    simulator.setMode("slow " + delay.toMillis() / 1000.0);
  }

  @Override
  protected void makeItDieInBetween() {
    simulator.setMode("die");
  }

  @Override
  protected OptionalLong commandsSent() {
    return OptionalLong.of(simulator.commandsSent());
  }

  @Override
  protected void beforeLookingAtTheProcessList() {
    notSupported(
        "fence_ipmilan itself gives the password to ipmitool as an argument (seen in 4.12.1)");
  }

  /** Longer than the agent's own power_timeout, which it spends on a BMC that does not answer. */
  @Override
  protected Duration shortTimeout() {
    return Duration.ofSeconds(3);
  }
}
