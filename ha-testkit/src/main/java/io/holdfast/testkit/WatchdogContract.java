package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.Watchdog;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What {@link Watchdog} promises, as tests. An implementer extends this class and says how to open
 * the device of the host under test, how to let time pass, and how to see that the host was reset.
 * Every test starts with a device that is not armed and a host that was not reset; set that up, and
 * clean it up, with the usual JUnit annotations.
 *
 * <p>Never to be run against a real watchdog of the machine that runs the tests: it resets it.
 */
public abstract class WatchdogContract {

  /** The device of the host under test, as a process that has just begun opens it. */
  protected abstract Watchdog watchdog();

  /** Lets so much time pass by the watchdog's own clock. */
  protected abstract void passes(Duration time);

  /** Whether the host was reset, or has lost its power, since the test began. */
  protected abstract boolean wasReset();

  /** A period that the device can have. */
  protected Duration period() {
    return Duration.ofSeconds(4);
  }

  /** By how much the reset may be late, which the contract does not forgive elsewhere. */
  protected Duration slack() {
    return Duration.ZERO;
  }

  /** From now on the device cannot be opened or fed; one that is armed stays so. */
  protected void takeItAway() {
    notSupported("the implementer has no way to take the device away");
  }

  /** From now on the device cannot be disarmed. */
  protected void makeItStayArmed() {
    notSupported("the implementer has no way to make the device stay armed");
  }

  /** A time-out that a call keeps easily. */
  protected Duration timeout() {
    return Duration.ofSeconds(20);
  }

  /** Skips a test that cannot be arranged. */
  protected static void notSupported(String reason) {
    Assumptions.abort(reason);
  }

  private Duration armed(Watchdog watchdog) {
    Outcome<Duration> opened = watchdog.open(period(), timeout());
    assertThat(opened).isInstanceOf(Outcome.Done.class);
    Duration held = ((Outcome.Done<Duration>) opened).value();
    assertThat(held).as("the same or shorter").isPositive().isLessThanOrEqualTo(period());
    return held;
  }

  private static void isDone(Outcome<Ack> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
  }

  @Test
  void oneThatIsNotFedResetsTheHost() {
    try (Watchdog watchdog = watchdog()) {
      Duration held = armed(watchdog);
      passes(held.plus(slack()));
      assertThat(wasReset()).isTrue();
    }
  }

  @Test
  void oneThatIsFedInTimeDoesNot() {
    try (Watchdog watchdog = watchdog()) {
      Duration held = armed(watchdog);
      for (int i = 0; i < 5; i++) {
        passes(held.dividedBy(2));
        isDone(watchdog.feed(timeout()));
      }
      assertThat(wasReset()).isFalse();
    }
  }

  @Test
  void nothingElseFeedsIt() {
    try (Watchdog watchdog = watchdog()) {
      Duration held = armed(watchdog);
      passes(held.dividedBy(2));
      watchdog.name();
      passes(held.dividedBy(2).plus(slack()));
      assertThat(wasReset()).isTrue();
    }
  }

  @Test
  void theEndOfItsUserDoesNotDisarmIt() {
    Watchdog watchdog = watchdog();
    Duration held = armed(watchdog);
    watchdog.close();
    passes(held.plus(slack()));
    assertThat(wasReset()).isTrue();
  }

  @Test
  void anotherProcessTakesOverOneThatIsArmed() {
    Watchdog first = watchdog();
    Duration held = armed(first);
    passes(held.dividedBy(2));
    first.close();
    try (Watchdog second = watchdog()) {
      held = armed(second);
      passes(held.dividedBy(2));
      isDone(second.feed(timeout()));
      passes(held.dividedBy(2));
      assertThat(wasReset()).isFalse();
      passes(held.dividedBy(2).plus(slack()));
      assertThat(wasReset()).isTrue();
    }
  }

  @Test
  void onlyAReleaseDisarmsItAndItCanBeArmedAgain() {
    try (Watchdog watchdog = watchdog()) {
      Duration held = armed(watchdog);
      isDone(watchdog.release(timeout()));
      passes(held.multipliedBy(3));
      assertThat(wasReset()).isFalse();
      isDone(watchdog.release(timeout()));
      held = armed(watchdog);
      passes(held.plus(slack()));
      assertThat(wasReset()).isTrue();
    }
  }

  @Test
  void aFeedArmsNothing() {
    try (Watchdog watchdog = watchdog()) {
      assertThat(watchdog.feed(timeout())).isInstanceOf(Outcome.Failed.class);
      passes(period().multipliedBy(2).plus(slack()));
      assertThat(wasReset()).isFalse();
    }
  }

  @Test
  void oneThatIsNotThereIsNotArmed() {
    takeItAway();
    try (Watchdog watchdog = watchdog()) {
      assertThat(watchdog.open(period(), timeout())).isInstanceOf(Outcome.Failed.class);
      passes(period().multipliedBy(2).plus(slack()));
      assertThat(wasReset()).isFalse();
    }
  }

  @Test
  void oneThatIsArmedAndCannotBeFedFires() {
    try (Watchdog watchdog = watchdog()) {
      Duration held = armed(watchdog);
      takeItAway();
      assertThat(watchdog.feed(timeout())).isNotInstanceOf(Outcome.Done.class);
      passes(held.plus(slack()));
      assertThat(wasReset()).isTrue();
    }
  }

  @Test
  void oneThatCannotBeDisarmedSaysSoAndStaysArmed() {
    makeItStayArmed();
    try (Watchdog watchdog = watchdog()) {
      Duration held = armed(watchdog);
      assertThat(watchdog.release(timeout())).isInstanceOf(Outcome.Failed.class);
      passes(held.plus(slack()));
      assertThat(wasReset()).isTrue();
    }
  }
}
