package io.holdfast.fence.ipmi;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.testkit.FenceDeviceContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract against a real {@code ipmi_sim}, for whatever talks IPMI to it. */
abstract class BmcContract extends FenceDeviceContract {
  @SuppressWarnings("NullAway.Init")
  private IpmiSimulator simulator;

  private @Nullable MuteOnceRelay relay;
  private @Nullable DatagramSocket deadPort;

  /** A device for the BMC at this port of 127.0.0.1, as {@link IpmiSimulator#USER}. */
  protected abstract FenceDevice device(int port, String password);

  @BeforeEach
  void start(@TempDir Path directory) throws IOException, InterruptedException {
    simulator = IpmiSimulator.start(directory);
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (relay != null) {
      relay.close();
    }
    if (deadPort != null) {
      deadPort.close();
    }
    simulator.stop();
  }

  final IpmiSimulator simulator() {
    return simulator;
  }

  @Override
  protected FenceDevice device() {
    int port = relay == null ? simulator.port() : relay.port();
    return device(port, IpmiSimulator.PASSWORD);
  }

  @Override
  protected FenceDevice deviceWithWrongPassword() {
    return device(simulator.port(), IpmiSimulator.WRONG_PASSWORD);
  }

  @Override
  protected FenceDevice deviceAtDeadAddress() {
    try {
      deadPort = IpmiSimulator.deadPort();
      return device(deadPort.getLocalPort(), IpmiSimulator.PASSWORD);
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
  protected void makeItMuteForOneCall() {
    try {
      relay = new MuteOnceRelay(simulator.port());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected void awaitUnansweredCall() throws InterruptedException {
    assertThat(Objects.requireNonNull(relay).awaitLost(timeout().toSeconds())).isTrue();
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
}
