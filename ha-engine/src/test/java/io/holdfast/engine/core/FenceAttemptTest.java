package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.FenceOutcome.AlreadyThere;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.engine.record.FenceRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One fence operation, from before its first step until it has none left. */
class FenceAttemptTest {
  private static final OpId FIRST = new OpId(1, 1);
  private static final OpId SECOND = new OpId(1, 2);

  private final FenceAttempt attempt =
      new FenceAttempt(
          new FenceRecord.Aim(new Incarnation(1), List.of()),
          0,
          List.of(
              new FenceStep(List.of("bmc"), Duration.ofSeconds(1)),
              new FenceStep(List.of("outlet1", "outlet2"), Duration.ofSeconds(1))));

  @Test
  void nothingHasBeenAskedBeforeItsFirstStep() {
    assertThat(attempt.isFirstStep()).isTrue();
    attempt.advance();
    assertThat(attempt.isFirstStep()).isFalse();
    assertThat(attempt.isExhausted()).isFalse();
    attempt.advance();
    assertThat(attempt.isFirstStep()).isFalse();
    assertThat(attempt.isExhausted()).isTrue();
  }

  @Test
  void onlyAnswersToThePresentStepCount() {
    attempt.advance();
    attempt.asked("bmc", FIRST);
    assertThat(attempt.waitsFor("bmc", FIRST)).isTrue();
    assertThat(attempt.waitsFor("bmc", SECOND)).isFalse();
    assertThat(attempt.waitsFor("outlet1", FIRST)).isFalse();
    attempt.advance();
    assertThat(attempt.waitsFor("bmc", FIRST)).isFalse();
  }

  @Test
  void bothOutletsProveItAndWhoeverSwitchedOffGivesBack() {
    attempt.advance();
    attempt.advance();
    attempt.asked("outlet1", FIRST);
    attempt.asked("outlet2", SECOND);
    attempt.confirmed("outlet1", new Confirmed(PowerState.OFF));
    assertThat(attempt.isProven()).isFalse();
    attempt.confirmed("outlet2", new AlreadyThere(PowerState.OFF));
    assertThat(attempt.isProven()).isTrue();
    assertThat(attempt.switchedOff()).containsExactly("outlet1");
  }
}
