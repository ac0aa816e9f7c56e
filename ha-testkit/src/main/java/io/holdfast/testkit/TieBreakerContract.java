package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Fact;
import io.holdfast.api.Names;
import io.holdfast.api.spi.TieBreaker;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What {@link TieBreaker} promises, as tests. An implementer extends this class and says how to
 * bring the tie-breaker to this side, to the other, and out of reach; what cannot be arranged
 * answers {@link #notSupported}, and the tests that need it are skipped with that reason.
 */
public abstract class TieBreakerContract {

  /** A new object. */
  protected abstract TieBreaker tieBreaker();

  /** From now on it is on this side. */
  protected abstract void putHere();

  /** From now on it is on the other side, where there is such a thing. */
  protected void putElsewhere() {
    notSupported("it is only reached or not");
  }

  /** From now on it cannot be reached from here. */
  protected abstract void cutOff();

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
    try (TieBreaker tie = tieBreaker()) {
      Names.check("tieBreaker", tie.name());
      assertThat(tie.name()).isEqualTo(tie.name());
    }
  }

  @Test
  void itIsHereOnlyWhenItIs() {
    try (TieBreaker tie = tieBreaker()) {
      putHere();
      assertThat(tie.ask(timeout())).isEqualTo(Fact.HOLDS);
      cutOff();
      assertThat(tie.ask(timeout())).isNotEqualTo(Fact.HOLDS);
      putHere();
      assertThat(tie.ask(timeout())).isEqualTo(Fact.HOLDS);
    }
  }

  @Test
  void theOtherSideHasItAlone() {
    try (TieBreaker tie = tieBreaker()) {
      putElsewhere();
      assertThat(tie.ask(timeout())).isEqualTo(Fact.FAILS);
    }
  }

  @Test
  void anAnswerComesInItsTime() {
    try (TieBreaker tie = tieBreaker()) {
      cutOff();
      long begun = System.nanoTime();
      tie.ask(timeout());
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(timeout());
    }
  }
}
