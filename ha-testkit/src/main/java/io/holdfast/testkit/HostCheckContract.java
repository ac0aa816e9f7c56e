package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.Names;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.spi.HostCheck;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What {@link HostCheck} promises, as tests. An implementer extends this class and says how to make
 * a host alive, dead, and the channel useless; what cannot be arranged answers {@link
 * #notSupported}, and the tests that need it are skipped with that reason.
 */
public abstract class HostCheckContract {

  /** A new object. */
  protected abstract HostCheck check();

  /** The host under test. */
  protected abstract HostId host();

  /** Makes the host alive, as seen on the channel. */
  protected abstract void bringUp();

  /** Ends the host at once, as a power cut does. */
  protected abstract void cutDown();

  /** Makes the channel useless, as by unplugging this end of it. The host is not concerned. */
  protected void breakTheChannel() {
    notSupported("the implementer has no way to break the channel");
  }

  /** How long after its end a host may still be taken for alive, as with a heartbeat. */
  protected Duration lag() {
    return Duration.ZERO;
  }

  /** A time-out that an answer keeps easily. */
  protected Duration timeout() {
    return Duration.ofSeconds(20);
  }

  /** Skips a test that cannot be arranged. */
  protected static void notSupported(String reason) {
    Assumptions.abort(reason);
  }

  @Test
  void itHasAName() {
    try (HostCheck check = check()) {
      Names.check("check", check.name());
      assertThat(check.name()).isEqualTo(check.name());
    }
  }

  @Test
  void aHostThatLivesIsAlive() {
    try (HostCheck check = check()) {
      bringUp();
      assertThat(check.ask(host(), timeout())).isEqualTo(SignOfLife.ALIVE);
    }
  }

  @Test
  void aHostThatIsDeadIsNotTakenForAlive() {
    try (HostCheck check = check()) {
      bringUp();
      cutDown();
      long end = System.nanoTime() + lag().toNanos();
      SignOfLife sign = check.ask(host(), timeout());
      while (sign == SignOfLife.ALIVE && System.nanoTime() < end) {
        sign = check.ask(host(), timeout());
      }
      assertThat(sign).isNotEqualTo(SignOfLife.ALIVE);
    }
  }

  @Test
  void aChannelThatDoesNotWorkAccusesNobody() {
    try (HostCheck check = check()) {
      bringUp();
      breakTheChannel();
      assertThat(check.ask(host(), timeout())).isEqualTo(SignOfLife.UNKNOWN);
      cutDown();
      assertThat(check.ask(host(), timeout())).isEqualTo(SignOfLife.UNKNOWN);
    }
  }

  @Test
  void anAnswerComesInItsTime() {
    try (HostCheck check = check()) {
      cutDown();
      long begun = System.nanoTime();
      check.ask(host(), timeout());
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(timeout());
    }
  }
}
