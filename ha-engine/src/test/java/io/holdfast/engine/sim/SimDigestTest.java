package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.record.HostDirective;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whatever differs between two values makes another hash, and nothing else does. */
class SimDigestTest {
  private static final HostId HOST = new HostId("host1");

  private record Inner(@Nullable String text, int number) {}

  private static long of(@Nullable Object... values) {
    SimDigest digest = new SimDigest(new SimCodec(SimDigestTest::fail));
    for (Object value : values) {
      digest.mix(value);
    }
    return digest.value();
  }

  private static void fail(String why) {
    throw new AssertionError(why);
  }

  private static Lease lease(long sequence, boolean present) {
    return new Lease(HOST, new Incarnation(7), sequence, present);
  }

  @Test
  void equalValuesHaveOneHash() {
    assertThat(of(lease(3, true))).isEqualTo(of(lease(3, true)));
    assertThat(of(List.of(1L, 2L))).isEqualTo(of(Arrays.asList(1L, 2L)));
    assertThat(of(HostDirective.none(HOST))).isEqualTo(of(HostDirective.none(HOST)));
  }

  @Test
  void everyComponentCounts() {
    assertThat(of(lease(3, true))).isNotEqualTo(of(lease(4, true)));
    assertThat(of(lease(3, true))).isNotEqualTo(of(lease(3, false)));
    assertThat(of(new Inner("a", 1))).isNotEqualTo(of(new Inner("b", 1)));
    assertThat(of(new Inner("a", 1))).isNotEqualTo(of(new Inner("a", 2)));
    assertThat(of(new Inner("a", 1))).isNotEqualTo(of(new Inner(null, 1)));
    assertThat(of(HostDirective.none(HOST)))
        .isNotEqualTo(of(HostDirective.none(new HostId("host2"))));
  }

  @Test
  void whereThingsStandCounts() {
    assertThat(of(List.of(1L), List.of(2L))).isNotEqualTo(of(List.of(1L, 2L), List.of()));
    assertThat(of(1L, 2L)).isNotEqualTo(of(2L, 1L));
    assertThat(of(Optional.empty())).isNotEqualTo(of(Optional.of("")));
    assertThat(of(new TreeMap<>(Map.of("a", "b")))).isNotEqualTo(of(List.of("a", "b", "c")));
    assertThat(of(HostState.ONLINE)).isNotEqualTo(of(HostState.LOST));
    assertThat(of(Duration.ofMillis(1))).isNotEqualTo(of(Duration.ofMillis(2)));
  }
}
