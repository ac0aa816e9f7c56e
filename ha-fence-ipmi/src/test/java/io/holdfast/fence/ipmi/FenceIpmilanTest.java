package io.holdfast.fence.ipmi;

import io.holdfast.api.spi.FenceDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.condition.EnabledIf;

/** A real agent, {@code fence_ipmilan}, against a real {@code ipmi_sim}. */
@EnabledIf(
    value = "isInstalled",
    disabledReason =
        "ipmi_sim, ipmitool or fence_ipmilan is not installed"
            + " (Debian packages openipmi, ipmitool, fence-agents)")
class FenceIpmilanTest extends BmcContract {

  static boolean isInstalled() {
    return IpmiSimulator.isInstalled()
        && Files.isExecutable(Path.of("/usr/sbin/fence_ipmilan"))
        && Files.isExecutable(Path.of("/usr/bin/ipmitool"));
  }

  @Override
  protected FenceDevice device(int port, String password) {
    return FenceAgentDevice.builder("ipmilan-host1")
        .agent("fence_ipmilan")
        .option("ip", "127.0.0.1")
        .option("ipport", Integer.toString(port))
        .option("username", IpmiSimulator.USER)
        .option("password", password)
        .option("lanplus", "1")
        .option("cipher", "3")
        .option("power_wait", "0")
        .option("power_timeout", "5")
        .option("verbose_level", "2")
        .build();
  }

  @Override
  protected void beforeLookingAtTheProcessList() {
    notSupported(
        "fence_ipmilan itself gives the password to ipmitool as an argument (seen in 4.12.1)");
  }

  /** Half a dozen programs are started for one operation, on a machine that may be slow. */
  @Override
  protected Duration timeout() {
    return Duration.ofSeconds(80);
  }

  /**
   * Much longer than the agent's own power_timeout, which it spends on a BMC that does not answer.
   */
  @Override
  protected Duration shortTimeout() {
    return Duration.ofSeconds(15);
  }
}
