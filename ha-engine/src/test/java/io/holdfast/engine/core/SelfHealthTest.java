package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Whoever is late, or is not answered, gives others more time. */
class SelfHealthTest {
  private final Known known = new Known();
  private final SelfHealth health = known.state.health;

  private void late(Duration lateness) {
    health.late(lateness.toNanos());
  }

  @Test
  void aTimerThatIsHardlyLateSaysNothing() {
    late(Known.TIMINGS.renewInterval().dividedBy(2));
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(400);
  }

  @Test
  void aLateTimerGivesOthersAQuarterMore() {
    late(Known.TIMINGS.renewInterval().dividedBy(2).plusNanos(1));
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(500);
    late(Known.TIMINGS.suspectAfter());
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(600);
  }

  @Test
  void whoWasStoppedGivesOthersTwiceTheTimeAndNeverMore() {
    late(Known.TIMINGS.suspectAfter().plusNanos(1));
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(800);
    health.unanswered();
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(800);
  }

  @Test
  void itGetsBetterWithEveryQuietGracePeriod() {
    health.unanswered();
    health.unanswered();
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(600);
    known.state.now += Known.TIMINGS.silence().toNanos() - 1;
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(600);
    known.state.now += 1;
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(500);
    known.state.now += Known.TIMINGS.silence().toNanos() * 5;
    assertThat(health.scaled(Duration.ofNanos(400))).isEqualTo(400);
  }
}
