package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Timings;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerCore;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Deciding never waits for the log, and what is in the log can be replayed. */
class DecisionRecorderTest {
  private static final LeaseTiming LEASE =
      new LeaseTiming(
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          500,
          Duration.ofSeconds(30));
  private static final ControllerConfig CONFIG =
      new ControllerConfig(
          "engine1",
          Timings.DEFAULT,
          Optional.of(LEASE),
          new TreeMap<>(Map.of(new HostId("host1"), List.of("bmc"))));

  private final List<String> lines = new ArrayList<>();

  @Test
  void whatIsWrittenIsReplayed() {
    ControllerCore core = new ControllerCore(CONFIG);
    try (DecisionRecorder recorder = new DecisionRecorder("test", CONFIG, lines::add)) {
      Function<ControllerEvent, List<ControllerEffect>> step = recorder.recording(core::step);
      assertThat(step.apply(new ControllerEvent.ConnectionChanged(1, Connection.CONNECTED)))
          .isNotEmpty();
      for (long now = 2; now < 100; now++) {
        var unused = step.apply(new ControllerEvent.Ticked(now));
      }
    }
    assertThat(lines).hasSize(100);
    DecisionReplay.Result result = DecisionReplay.of(lines.iterator());
    assertThat(result.difference()).isEmpty();
    assertThat(result.steps()).isEqualTo(99);
  }

  @Test
  void aCoreThatThrowsIsWrittenDownToo() {
    try (DecisionRecorder recorder = new DecisionRecorder("test", CONFIG, lines::add)) {
      Function<ControllerEvent, List<ControllerEffect>> step =
          recorder.recording(
              event -> {
                throw new IllegalStateException("broken");
              });
      assertThatThrownBy(() -> step.apply(new ControllerEvent.Ticked(1))).hasMessage("broken");
    }
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1)).contains("threw:");
  }

  @Test
  void aSinkThatBlocksHoldsNothingUpAndTheLogEndsBeforeAGap() {
    CountDownLatch goOn = new CountDownLatch(1);
    ControllerCore core = new ControllerCore(CONFIG);
    DecisionRecorder recorder =
        new DecisionRecorder(
            "test",
            CONFIG,
            line -> {
              if (line.startsWith("{\"step\":1,")) {
                awaitQuietly(goOn);
              }
              lines.add(line);
            });
    Function<ControllerEvent, List<ControllerEffect>> step = recorder.recording(core::step);
    for (long now = 1; now <= 3L * DecisionRecorder.MAX_STEPS; now++) {
      var unused = step.apply(new ControllerEvent.Ticked(now));
    }
    goOn.countDown();
    recorder.close();
    assertThat(DecisionReplay.of(lines.iterator()).difference()).isEmpty();
    assertThat(lines.size()).isLessThan(2 * DecisionRecorder.MAX_STEPS);
  }

  @Test
  void aSinkThatThrowsEndsTheLogAndNothingElse() {
    ControllerCore core = new ControllerCore(CONFIG);
    try (DecisionRecorder recorder =
        new DecisionRecorder(
            "test",
            CONFIG,
            line -> {
              if (line.startsWith("{\"step\":2,")) {
                throw new IllegalStateException("disk full");
              }
              lines.add(line);
            })) {
      Function<ControllerEvent, List<ControllerEffect>> step = recorder.recording(core::step);
      for (long now = 1; now <= 5; now++) {
        var unused = step.apply(new ControllerEvent.Ticked(now));
      }
    }
    assertThat(lines).hasSize(2);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
