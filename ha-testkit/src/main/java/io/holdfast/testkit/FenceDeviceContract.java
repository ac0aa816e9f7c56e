package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.AlreadyThere;
import io.holdfast.api.FenceOutcome.AuthenticationFailed;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What {@link FenceDevice} promises, as tests. An implementer extends this class, says how to make
 * devices for one host, how to look at that host's power behind the device's back, and how to make
 * the device misbehave. Whatever cannot be arranged answers {@link #notSupported}: the tests that
 * need it are skipped with that reason.
 *
 * <p>Every test starts with a device that works and a host of any power state; set that up, and
 * clean it up, with the usual JUnit annotations. Devices are closed by the contract.
 */
public abstract class FenceDeviceContract {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final int PROCESS_SCANS = 10;

  /** A new device for the host under test. */
  protected abstract FenceDevice device();

  /** A new device for the same host that uses a wrong password. */
  protected abstract FenceDevice deviceWithWrongPassword();

  /** A new device whose address answers nothing. */
  protected abstract FenceDevice deviceAtDeadAddress();

  /** The host's real power, not asked through the device. */
  protected abstract PowerState truth();

  /** Sets the host's real power, not through the device. */
  protected abstract void setTruth(PowerState state);

  /** The password of {@link #device}, to be looked for wherever it must not be. */
  protected Optional<String> secret() {
    return Optional.empty();
  }

  /** The password of {@link #deviceWithWrongPassword}. */
  protected Optional<String> wrongSecret() {
    return Optional.empty();
  }

  /** From now on the device reads, but says no to commands. */
  protected void makeItRefuse() {
    notSupported("the implementer has no way to make the device refuse");
  }

  /** From now on the device can be reached and does not answer. */
  protected void makeItMute() {
    notSupported("the implementer has no way to make the device mute");
  }

  /**
   * The next call that reaches the device is not answered, unless it asks again. Those that reach
   * it after that one are, also while it waits.
   */
  protected void makeItMuteForOneCall() {
    notSupported("the implementer has no way to leave a single call unanswered");
  }

  /** Returns when the call of {@link #makeItMuteForOneCall} has reached the device. */
  protected void awaitUnansweredCall() throws Exception {
    throw notSupported("the implementer does not see calls arrive");
  }

  /** From now on a command takes effect only after this long. */
  protected void makeItSlow(Duration delay) {
    notSupported("the implementer has no way to make the device slow");
  }

  /** The device answers now, and is gone for good when it is given a command. */
  protected void makeItDieInBetween() {
    notSupported("the implementer has no way to let the device die in between");
  }

  /** How many power commands have reached the device so far, if they can be counted. */
  protected OptionalLong commandsSent() {
    return OptionalLong.empty();
  }

  /** Overridden with {@link #notSupported} where another program is known to show the password. */
  protected void beforeLookingAtTheProcessList() {}

  /** A time-out that the device keeps easily when it works. */
  protected Duration timeout() {
    return Duration.ofSeconds(20);
  }

  /** A time-out to wait out when the device does not work. */
  protected Duration shortTimeout() {
    return Duration.ofSeconds(2);
  }

  /** Skips the running test. Never returns; the type lets a method end in {@code throw}. */
  protected static RuntimeException notSupported(String because) {
    Assumptions.abort("not supported, because " + because);
    throw new IllegalStateException("JUnit did not skip the test");
  }

  @Test
  public void statusReadsTheTruth() {
    try (FenceDevice device = device()) {
      setTruth(PowerState.ON);
      assertThat(device.status(timeout())).isEqualTo(new Confirmed(PowerState.ON));
      setTruth(PowerState.OFF);
      assertThat(device.status(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
    }
  }

  @Test
  public void pitfall10OffIsConfirmedAndTrue() {
    setTruth(PowerState.ON);
    try (FenceDevice device = device()) {
      assertThat(device.off(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
      assertThat(truth()).isEqualTo(PowerState.OFF);
    }
  }

  @Test
  public void onIsConfirmedAndTrue() {
    setTruth(PowerState.OFF);
    try (FenceDevice device = device()) {
      assertThat(device.on(timeout())).isEqualTo(new Confirmed(PowerState.ON));
      assertThat(truth()).isEqualTo(PowerState.ON);
    }
  }

  @Test
  public void pitfall09AlreadyOffIsSuccessWithoutACommand() {
    setTruth(PowerState.OFF);
    try (FenceDevice device = device()) {
      OptionalLong before = commandsSent();
      assertThat(device.off(timeout())).isEqualTo(new AlreadyThere(PowerState.OFF));
      assertThat(commandsSent()).isEqualTo(before);
      assertThat(truth()).isEqualTo(PowerState.OFF);
    }
  }

  @Test
  public void alreadyOnIsSuccessWithoutACommand() {
    setTruth(PowerState.ON);
    try (FenceDevice device = device()) {
      OptionalLong before = commandsSent();
      assertThat(device.on(timeout())).isEqualTo(new AlreadyThere(PowerState.ON));
      assertThat(commandsSent()).isEqualTo(before);
      assertThat(truth()).isEqualTo(PowerState.ON);
    }
  }

  @Test
  public void oneDeviceServesManyCalls() {
    setTruth(PowerState.ON);
    try (FenceDevice device = device()) {
      for (int cycle = 0; cycle < 3; cycle++) {
        assertThat(device.off(timeout()).proves(PowerState.OFF)).isTrue();
        assertThat(device.status(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
        assertThat(device.on(timeout()).proves(PowerState.ON)).isTrue();
      }
    }
  }

  @Test
  public void aWrongPasswordIsSaidQuickly() {
    setTruth(PowerState.ON);
    try (FenceDevice device = deviceWithWrongPassword()) {
      Duration quickly = timeout().dividedBy(2);
      assertThat(Punctuality.within(quickly, () -> device.status(timeout())))
          .isInstanceOf(AuthenticationFailed.class);
      assertThat(Punctuality.within(quickly, () -> device.off(timeout())))
          .isInstanceOf(AuthenticationFailed.class);
      assertThat(truth()).isEqualTo(PowerState.ON);
    }
  }

  @Test
  public void aDeadAddressIsUnreachableInTime() {
    setTruth(PowerState.ON);
    try (FenceDevice device = deviceAtDeadAddress()) {
      Duration bound = shortTimeout().plus(GRACE);
      assertThat(Punctuality.within(bound, () -> device.status(shortTimeout())))
          .isInstanceOf(Unreachable.class);
      assertThat(Punctuality.within(bound, () -> device.off(shortTimeout())))
          .isInstanceOf(Unreachable.class);
      assertThat(truth()).isEqualTo(PowerState.ON);
    }
  }

  @Test
  public void pitfall11ARefusalIsSaidAndChangesNothing() {
    makeItRefuse();
    try (FenceDevice device = device()) {
      for (PowerState state : PowerState.values()) {
        setTruth(state);
        FenceOutcome outcome =
            Punctuality.within(
                timeout().plus(GRACE),
                () -> state == PowerState.ON ? device.off(timeout()) : device.on(timeout()));
        assertThat(outcome).isInstanceOf(Refused.class);
        assertThat(truth()).isEqualTo(state);
      }
    }
  }

  @Test
  public void aMuteDeviceProvesNothing() {
    setTruth(PowerState.ON);
    makeItMute();
    try (FenceDevice device = device()) {
      Duration bound = shortTimeout().plus(GRACE);
      assertThat(Punctuality.within(bound, () -> device.status(shortTimeout())))
          .isInstanceOfAny(TimedOut.class, Unreachable.class);
      assertThat(Punctuality.within(bound, () -> device.off(shortTimeout())))
          .isInstanceOfAny(TimedOut.class, Unreachable.class);
    }
  }

  @Test
  public void aStatusThatIsNotAnsweredHoldsNoOffUp() throws Exception {
    setTruth(PowerState.ON);
    makeItMuteForOneCall();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (FenceDevice device = device()) {
      Future<FenceOutcome> status = thread.submit(() -> device.status(timeout().dividedBy(2)));
      awaitUnansweredCall();
      // One that waited for a status that does not ask again would not be confirmed in this time.
      assertThat(device.off(timeout().dividedBy(4))).isEqualTo(new Confirmed(PowerState.OFF));
      FenceOutcome asked = status.get(timeout().toMillis(), TimeUnit.MILLISECONDS);
      if (!asked.equals(new Confirmed(PowerState.OFF))) { // by asking again
        assertThat(asked).isInstanceOfAny(TimedOut.class, Unreachable.class);
      }
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  public void statusIsReadWhileThePowerIsSwitched() throws Exception {
    setTruth(PowerState.ON);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (FenceDevice device = device()) {
      AtomicBoolean switching = new AtomicBoolean(true);
      Future<Integer> reads =
          thread.submit(
              () -> {
                int done = 0;
                do {
                  assertThat(device.status(timeout())).isInstanceOf(Confirmed.class);
                  done++;
                } while (switching.get());
                return done;
              });
      for (PowerState state : List.of(PowerState.OFF, PowerState.ON, PowerState.OFF)) {
        assertThat(bring(device, state)).isEqualTo(new Confirmed(state));
      }
      switching.set(false);
      assertThat(reads.get(timeout().toMillis(), TimeUnit.MILLISECONDS)).isPositive();
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  public void aSlowDeviceIsWaitedFor() {
    setTruth(PowerState.ON);
    makeItSlow(Duration.ofMillis(700));
    try (FenceDevice device = device()) {
      assertThat(device.off(timeout())).isEqualTo(new Confirmed(PowerState.OFF));
      assertThat(truth()).isEqualTo(PowerState.OFF);
    }
  }

  @Test
  public void tooSlowADeviceTimesOut() {
    setTruth(PowerState.ON);
    makeItSlow(shortTimeout().multipliedBy(2L * Punctuality.ATTEMPTS));
    try (FenceDevice device = device()) {
      assertThat(Punctuality.within(shortTimeout().plus(GRACE), () -> device.off(shortTimeout())))
          .isInstanceOf(TimedOut.class);
    }
  }

  @Test
  public void aDeviceThatDiesInBetweenProvesNothing() {
    setTruth(PowerState.ON);
    makeItDieInBetween();
    try (FenceDevice device = device()) {
      assertThat(Punctuality.within(shortTimeout().plus(GRACE), () -> device.off(shortTimeout())))
          .isInstanceOfAny(TimedOut.class, Unreachable.class);
    }
  }

  @Test
  public void twoDevicesServeOneHostAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try (FenceDevice one = device();
        FenceDevice other = device()) {
      for (PowerState state : List.of(PowerState.OFF, PowerState.ON, PowerState.OFF)) {
        setTruth(state == PowerState.OFF ? PowerState.ON : PowerState.OFF);
        Callable<FenceOutcome> first = () -> bring(one, state);
        Callable<FenceOutcome> second = () -> bring(other, state);
        for (Future<FenceOutcome> outcome : threads.invokeAll(List.of(first, second))) {
          assertThat(outcome.get()).matches(o -> o.proves(state), "proves " + state);
        }
        assertThat(truth()).isEqualTo(state);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  public void aClosedDeviceAnswersWithValuesAndIsClosedTwice() {
    setTruth(PowerState.ON);
    FenceDevice device = device();
    device.close();
    device.close();
    FenceOutcome status = device.status(timeout());
    FenceOutcome off = device.off(timeout());
    if (status instanceof Unreachable) {
      assertThat(off).isInstanceOf(Unreachable.class);
      assertThat(truth()).isEqualTo(PowerState.ON);
    } else {
      // It had nothing to close.
      assertThat(status).isEqualTo(new Confirmed(PowerState.ON));
      assertThat(off).isEqualTo(new Confirmed(PowerState.OFF));
    }
  }

  @Test
  public void hasAStableName() {
    try (FenceDevice device = device()) {
      String name = device.name();
      assertThat(name).isNotBlank();
      device.status(timeout());
      assertThat(device.name()).isEqualTo(name);
    }
  }

  @Test
  public void showsNoSecretInWords() {
    String secret = secret().orElseThrow(() -> notSupported("the device has no secret"));
    setTruth(PowerState.ON);
    try (FenceDevice device = device()) {
      String words = device.name() + device + device.off(timeout()) + device.on(timeout()) + device;
      assertThat(words).doesNotContain(secret);
    }
    String wrong = wrongSecret().orElseThrow(() -> notSupported("no wrong secret is known"));
    try (FenceDevice device = deviceWithWrongPassword()) {
      assertThat(device.name() + device + device.status(timeout()) + device.off(timeout()))
          .doesNotContain(wrong);
    }
  }

  @Test
  public void showsNoSecretInARefusal() {
    String secret = secret().orElseThrow(() -> notSupported("the device has no secret"));
    setTruth(PowerState.ON);
    makeItRefuse();
    try (FenceDevice device = device()) {
      assertThat(device.off(timeout()).toString()).doesNotContain(secret);
    }
  }

  @Test
  public void showsNoSecretInTheProcessList() throws Exception {
    String secret = secret().orElseThrow(() -> notSupported("the device has no secret"));
    beforeLookingAtTheProcessList();
    if (!ProcessList.isReadable()) {
      notSupported("there is no /proc to look at");
    }
    AtomicBoolean looking = new AtomicBoolean(true);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (FenceDevice device = device()) {
      Future<Integer> calls =
          thread.submit(
              () -> {
                int done = 0;
                do {
                  assertThat(device.status(timeout())).isInstanceOf(Confirmed.class);
                  done++;
                } while (looking.get());
                return done;
              });
      for (int scan = 0; scan < PROCESS_SCANS; scan++) {
        assertThat(ProcessList.processesShowing(secret)).isEmpty();
      }
      looking.set(false);
      assertThat(calls.get(timeout().toMillis(), TimeUnit.MILLISECONDS)).isPositive();
    } finally {
      looking.set(false);
      thread.shutdownNow();
    }
  }

  private FenceOutcome bring(FenceDevice device, PowerState state) {
    return state == PowerState.OFF ? device.off(timeout()) : device.on(timeout());
  }
}
