package io.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every inequality between the times, at its edge and one nanosecond beyond it. */
class TimingsTest {

  private enum Field {
    RENEW,
    SUSPECT,
    SILENCE,
    VALIDITY,
    FENCE,
    RETRY_MIN,
    RETRY_MAX,
    STORE,
    RESYNC
  }

  /** Good times, in which one is replaced: 1 s renewals, suspicion after 3 s, silence of 6 s. */
  private static Timings with(Field replaced, Duration value) {
    Map<Field, Duration> times = new EnumMap<>(Field.class);
    times.put(Field.RENEW, Duration.ofSeconds(1));
    times.put(Field.SUSPECT, Duration.ofSeconds(3));
    times.put(Field.SILENCE, Duration.ofSeconds(6));
    times.put(Field.VALIDITY, Duration.ofSeconds(5));
    times.put(Field.FENCE, Duration.ofSeconds(20));
    times.put(Field.RETRY_MIN, Duration.ofSeconds(5));
    times.put(Field.RETRY_MAX, Duration.ofMinutes(5));
    times.put(Field.STORE, Duration.ofSeconds(5));
    times.put(Field.RESYNC, Duration.ofSeconds(30));
    times.put(replaced, value);
    Duration[] all = times.values().toArray(new Duration[0]);
    return new Timings(all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8]);
  }

  static Stream<Arguments> edges() {
    String hour = " to PT1H";
    String suspect = "2*renewInterval <= suspectAfter < silence = [PT2S, PT6S)";
    return Stream.of(
        below(Field.RENEW, "renewInterval", Duration.ofMillis(10), "PT0.01S" + hour),
        beyond(Field.RENEW, "renewInterval", Duration.ofHours(1), "PT0.01S" + hour),
        below(Field.SUSPECT, "suspectAfter", Duration.ofSeconds(2), suspect),
        beyond(Field.SUSPECT, "suspectAfter", Duration.ofSeconds(6).minusNanos(1), suspect),
        below(Field.SILENCE, "silence", Duration.ofMillis(50), "PT0.05S" + hour),
        beyond(Field.SILENCE, "silence", Duration.ofHours(1), "PT0.05S" + hour),
        below(Field.VALIDITY, "leaseValidity", Duration.ofMillis(20), "PT0.02S" + hour),
        below(
            Field.VALIDITY,
            "leaseValidity",
            Duration.ofSeconds(2),
            "at least 2*renewInterval = PT2S"),
        beyond(Field.VALIDITY, "leaseValidity", Duration.ofHours(1), "PT0.02S" + hour),
        below(Field.FENCE, "fenceTimeout", Duration.ofMillis(10), "PT0.01S" + hour),
        beyond(Field.FENCE, "fenceTimeout", Duration.ofHours(1), "PT0.01S" + hour),
        below(Field.RETRY_MIN, "fenceRetryMin", Duration.ofMillis(10), "PT0.01S" + hour),
        below(Field.RETRY_MAX, "fenceRetryMax", Duration.ofSeconds(5), "PT5S to PT24H"),
        beyond(Field.RETRY_MAX, "fenceRetryMax", Duration.ofHours(24), "PT5S to PT24H"),
        below(Field.STORE, "storeTimeout", Duration.ofMillis(10), "PT0.01S" + hour),
        beyond(Field.STORE, "storeTimeout", Duration.ofHours(1), "PT0.01S" + hour),
        below(Field.RESYNC, "resyncInterval", Duration.ofMillis(10), "PT0.01S to PT24H"),
        beyond(Field.RESYNC, "resyncInterval", Duration.ofHours(24), "PT0.01S to PT24H"));
  }

  @ParameterizedTest(name = "{1} of {2}")
  @MethodSource("edges")
  void whatLiesOutsideIsRefusedWithItsField(
      Field field, String name, Duration refused, String allowed) {
    assertThatThrownBy(() -> with(field, refused))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("timings." + name + ": found " + refused + ", allowed: " + allowed);
  }

  @Test
  void theEdgesThemselvesAreAccepted() {
    assertThat(with(Field.SUSPECT, Duration.ofSeconds(2)).suspectAfter()).hasSeconds(2);
    assertThat(with(Field.SUSPECT, Duration.ofSeconds(6).minusNanos(1)).silence()).hasSeconds(6);
    assertThat(with(Field.VALIDITY, Duration.ofSeconds(2)).leaseValidity()).hasSeconds(2);
    assertThat(with(Field.RETRY_MAX, Duration.ofSeconds(5)).fenceRetryMax()).hasSeconds(5);
  }

  @ParameterizedTest
  @ValueSource(longs = {250, 251, 333, 1_650, 6_000, 3_600_000})
  void whatFollowsFromASilenceIsValid(long millis) {
    Duration silence = Duration.ofMillis(millis);
    Timings timings = Timings.forSilence(silence);
    assertThat(timings.silence()).isEqualTo(silence);
    assertThat(timings.renewInterval().multipliedBy(2)).isLessThanOrEqualTo(timings.suspectAfter());
    assertThat(timings.suspectAfter()).isLessThan(silence);
  }

  @Test
  void aSilenceTooShortIsRefused() {
    assertThatThrownBy(() -> Timings.forSilence(Duration.ofMillis(249)))
        .hasMessage("timings.silence: found PT0.249S, allowed: PT0.25S to PT1H");
  }

  @Test
  void replacingOneTimeLeavesTheOthers() {
    Timings changed =
        Timings.DEFAULT
            .withFenceTimeout(Duration.ofSeconds(7))
            .withFenceRetry(Duration.ofSeconds(1), Duration.ofSeconds(2));
    assertThat(changed.fenceTimeout()).hasSeconds(7);
    assertThat(changed.fenceRetryMin()).hasSeconds(1);
    assertThat(changed.fenceRetryMax()).hasSeconds(2);
    assertThat(changed.silence()).isEqualTo(Timings.DEFAULT.silence());
    assertThat(changed.storeTimeout()).isEqualTo(Timings.DEFAULT.storeTimeout());
  }

  private static Arguments below(Field field, String name, Duration least, String allowed) {
    return arguments(field, name, least.minusNanos(1), allowed);
  }

  private static Arguments beyond(Field field, String name, Duration most, String allowed) {
    return arguments(field, name, most.plusNanos(1), allowed);
  }
}
