package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Fact;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.GuestProbe;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What {@link GuestProbe} promises, as tests. An implementer extends this class and says how to
 * make a workload on this host serve, and not serve although it runs; what cannot be arranged
 * answers {@link #notSupported}, and the tests that need it are skipped with that reason.
 */
public abstract class GuestProbeContract {

  /** A new object for the host under test. */
  protected abstract GuestProbe probe();

  /** A workload of one of its kinds; it does not run when a test begins. */
  protected abstract WorkloadId workload();

  /** Has the workload run here and serve; returns when it does. */
  protected abstract void startServing();

  /** Has the workload, which runs, serve nobody. */
  protected void freeze() {
    notSupported("the implementer has no way to freeze a guest");
  }

  /** Ends the workload here. */
  protected abstract void end();

  /** A time-out that an answer keeps easily. */
  protected Duration timeout() {
    return Duration.ofSeconds(20);
  }

  /** Skips a test that cannot be arranged. */
  protected static void notSupported(String reason) {
    Assumptions.abort(reason);
  }

  @Test
  void itSaysOfWhichKindsItCanAsk() {
    try (GuestProbe probe = probe()) {
      assertThat(probe.kinds()).isNotEmpty().contains(workload().kind());
      assertThat(probe.kinds()).isEqualTo(probe.kinds());
    }
  }

  @Test
  void oneThatServesServes() {
    try (GuestProbe probe = probe()) {
      startServing();
      assertThat(probe.ask(workload(), timeout())).isEqualTo(Fact.HOLDS);
      assertThat(probe.ask(workload(), timeout())).isEqualTo(Fact.HOLDS);
    }
  }

  @Test
  void oneThatRunsAndServesNobodyFails() {
    try (GuestProbe probe = probe()) {
      startServing();
      freeze();
      assertThat(probe.ask(workload(), timeout())).isEqualTo(Fact.FAILS);
    }
  }

  @Test
  void oneThatDoesNotRunHereIsUnknown() {
    try (GuestProbe probe = probe()) {
      assertThat(probe.ask(workload(), timeout())).isEqualTo(Fact.UNKNOWN);
      startServing();
      end();
      assertThat(probe.ask(workload(), timeout())).isEqualTo(Fact.UNKNOWN);
    }
  }

  @Test
  void anAnswerComesInItsTime() {
    try (GuestProbe probe = probe()) {
      long begun = System.nanoTime();
      probe.ask(workload(), timeout());
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(timeout());
    }
  }
}
