package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NativeCallsTest {
  private static final Duration SOON = Duration.ofMillis(20);
  private static final Duration PLENTY = Duration.ofSeconds(60);

  private final NativeCalls calls = new NativeCalls("test", 4);
  private final Semaphore ended = new Semaphore(0);
  private final CountDownLatch hang = new CountDownLatch(1);

  @AfterEach
  void release() {
    hang.countDown();
    calls.close();
  }

  @Test
  void anAnswerInTimeIsGivenAfterItsEnd() {
    assertThat(call(PLENTY)).isEqualTo(Outcome.done("answer"));
    assertThat(ended.availablePermits()).isEqualTo(1);
  }

  @Test
  void aCallThatHangsIsUnknownAndEndsLater() throws InterruptedException {
    assertThat(hangingCall()).isInstanceOf(Outcome.Unknown.class);
    assertThat(ended.availablePermits()).isZero();
    assertThat(calls.abandoned()).isEqualTo(1);
    hang.countDown();
    assertThat(ended.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whenHalfOfThemHangNoMoreAreTried() throws InterruptedException {
    assertThat(hangingCall()).isInstanceOf(Outcome.Unknown.class);
    assertThat(hangingCall()).isInstanceOf(Outcome.Unknown.class);
    long before = System.nanoTime();
    assertThat(call(PLENTY)).isInstanceOf(Outcome.Unknown.class);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(PLENTY.dividedBy(2));
    assertThat(ended.tryAcquire()).as("the one that was not tried").isTrue();

    hang.countDown();
    assertThat(ended.tryAcquire(2, 60, TimeUnit.SECONDS)).isTrue();
    // The last step of a hanging call is to be no longer counted: not long after its end.
    Deadline deadline = Deadline.in(PLENTY);
    while (calls.abandoned() > 0 && !deadline.passed()) {
      Thread.onSpinWait();
    }
    assertThat(call(PLENTY)).isEqualTo(Outcome.done("answer"));
  }

  @Test
  void anExceptionIsUnknown() {
    Outcome<String> outcome =
        calls.call(
            "throwing",
            Deadline.in(PLENTY),
            () -> {
              throw new IllegalStateException("a secret");
            },
            ended::release);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Unknown.class,
            unknown -> assertThat(unknown.detail()).doesNotContain("secret"));
    assertThat(ended.availablePermits()).isEqualTo(1);
  }

  @Test
  void closedIsUnknown() {
    calls.close();
    assertThat(call(PLENTY)).isInstanceOf(Outcome.Unknown.class);
    assertThat(ended.availablePermits()).isEqualTo(1);
  }

  private Outcome<String> call(Duration timeout) {
    return calls.call("call", Deadline.in(timeout), () -> Outcome.done("answer"), ended::release);
  }

  private Outcome<String> hangingCall() {
    return calls.call(
        "hanging",
        Deadline.in(SOON),
        () -> {
          hang.await();
          return Outcome.done("late");
        },
        ended::release);
  }
}
