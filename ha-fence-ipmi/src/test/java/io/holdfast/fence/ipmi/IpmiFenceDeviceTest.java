package io.holdfast.fence.ipmi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.AlreadyThere;
import io.holdfast.api.FenceOutcome.AuthenticationFailed;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Against a real {@code ipmi_sim}. */
@EnabledIf(
    value = "io.holdfast.fence.ipmi.IpmiSimulator#isInstalled",
    disabledReason = "ipmi_sim is not installed (Debian package openipmi)")
class IpmiFenceDeviceTest extends BmcContract {
  private static final Logger LOG = LoggerFactory.getLogger(IpmiFenceDeviceTest.class);

  @Override
  protected FenceDevice device(int port, String password) {
    return builder(password, port).build();
  }

  private IpmiFenceDevice.Builder builder(String password, int port) {
    return IpmiFenceDevice.builder("bmc-host1")
        .address("127.0.0.1")
        .port(port)
        .user(IpmiSimulator.USER)
        .password(password.toCharArray());
  }

  /** A session is made, read from and written to meanwhile, on a machine that may be slow. */
  @Override
  protected Duration shortTimeout() {
    return Duration.ofSeconds(4);
  }

  @Test
  void aDeviceThatTakesCommandsAndIgnoresThemTimesOut() {
    setTruth(PowerState.ON);
    simulator().setMode("ignore");
    try (FenceDevice device = device()) {
      assertThat(device.off(shortTimeout())).isInstanceOf(TimedOut.class);
      assertThat(commandsSent()).hasValue(1);
    }
  }

  @Test
  void whatGoesOffBeforeItRefusesIsOff() {
    setTruth(PowerState.ON);
    simulator().setMode("offThenRefuse");
    try (FenceDevice device = device()) {
      assertThat(device.off(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
    }
  }

  @Test
  void anUnknownUserIsNotAccepted() {
    try (FenceDevice device =
        builder(IpmiSimulator.PASSWORD, simulator().port()).user("nobody").build()) {
      assertThat(device.status(timeout())).isInstanceOf(AuthenticationFailed.class);
    }
  }

  @Test
  void aCipherSuiteThatTheBmcDoesNotHaveIsARefusal() {
    try (FenceDevice device =
        builder(IpmiSimulator.PASSWORD, simulator().port()).cipherSuite(17).build()) {
      assertThat(device.status(timeout())).isInstanceOf(Refused.class);
    }
  }

  @Test
  void aSilentAddressIsUnreachableAfterTheWholeTimeOut() throws Exception {
    simulator().stopAnswering();
    try (FenceDevice device = device()) {
      long start = System.nanoTime();
      assertThat(device.off(shortTimeout())).isInstanceOf(FenceOutcome.Unreachable.class);
      // That it is not much later either is in the contract.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(shortTimeout());
    }
  }

  @Test
  void sessionsAndThreadsDoNotPileUp() throws Exception {
    try (FenceDevice device = device()) {
      List<Duration> took = new ArrayList<>();
      for (int cycle = 0; cycle < 40; cycle++) {
        setTruth(PowerState.ON);
        long start = System.nanoTime();
        assertThat(device.off(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
        took.add(Duration.ofNanos(System.nanoTime() - start));
        assertThat(device.off(timeout())).isEqualTo(new AlreadyThere(PowerState.OFF));
      }
      List<Duration> sorted = took.stream().sorted().toList();
      LOG.info(
          "off confirmed: median {}, longest {}", sorted.get(sorted.size() / 2), sorted.get(39));
    }
    awaitNoThreads();
  }

  private void awaitNoThreads() throws InterruptedException {
    Deadline deadline = Deadline.in(timeout());
    while (ipmiThreads() > 0 && !deadline.passed()) {
      deadline.pause(Duration.ofMillis(10));
    }
    assertThat(ipmiThreads()).isZero();
  }

  private static long ipmiThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().startsWith("holdfast-ipmi") || t.getName().startsWith("Timer-"))
        .count();
  }

  @Test
  void anInterruptedCallProvesNothingAndEnds() throws Exception {
    simulator().setMode("ignore");
    setTruth(PowerState.ON);
    BlockingQueue<FenceOutcome> outcomes = new LinkedBlockingQueue<>();
    Duration longer = timeout().multipliedBy(3);
    try (FenceDevice device = device()) {
      Thread caller = new Thread(() -> outcomes.add(device.off(longer)));
      caller.start();
      Deadline deadline = Deadline.in(timeout());
      while (simulator().commandsSent() == 0 && !deadline.passed()) {
        deadline.pause(Duration.ofMillis(10));
      }
      caller.interrupt();
      assertThat(outcomes.poll(timeout().toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(TimedOut.class);
      awaitNoThreads();
      assertThat(commandsSent()).hasValue(1);
    }
  }

  @Test
  void settingsNameTheFieldThatCannotBe() {
    assertThatThrownBy(() -> IpmiFenceDevice.builder("x").address("a").user("u").build())
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("password");
    assertThatThrownBy(() -> builder("p", 70000).build()).hasMessageContaining("port");
    assertThatThrownBy(() -> builder("p", 623).cipherSuite(8).build())
        .hasMessageContaining("cipherSuite");
    assertThatThrownBy(() -> builder("p", 623).user("x".repeat(17)).build())
        .hasMessageContaining("user");
    assertThatThrownBy(() -> builder("only-twenty-one-chars", 623))
        .hasMessageContaining("password")
        .hasMessageNotContaining("only-twenty");
  }

  @Test
  void aClosedDeviceIsNotUsed() {
    FenceDevice device = device();
    device.close();
    assertThat(device.status(timeout())).isInstanceOf(Unreachable.class);
    assertThat(device.off(timeout())).isInstanceOf(Unreachable.class);
    assertThat(commandsSent()).hasValue(0);
  }
}
