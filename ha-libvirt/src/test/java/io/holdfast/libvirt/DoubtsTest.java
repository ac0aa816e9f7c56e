package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DoubtsTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final WorkloadId OTHER = WorkloadId.parse("vm:2");
  private static final OptionalLong NO_CONNECTION = OptionalLong.empty();

  /** The clock may begin anywhere, and its numbers may overflow. */
  private static long at(long nanos) {
    return Long.MAX_VALUE - 20 + nanos;
  }

  private final Doubts doubts = new Doubts(Duration.ofNanos(100));

  @Test
  void whatWasNeverInDoubtIsNot() {
    doubts.begin(OTHER, at(0));
    assertThat(doubts.stand(VM, OptionalLong.of(at(0)), at(0))).isFalse();
  }

  @Test
  void aDoubtStandsUntilItIsEnded() {
    doubts.begin(VM, at(0));
    assertThat(doubts.stand(VM, OptionalLong.of(at(0)), at(0))).isTrue();
    doubts.end(VM);
    assertThat(doubts.stand(VM, OptionalLong.of(at(0)), at(0))).isFalse();
  }

  @Test
  void aDoubtIsSettledByTimeWithTheConnectionThatWasThere() {
    doubts.begin(VM, at(0));
    OptionalLong longAgo = OptionalLong.of(at(-1_000));
    assertThat(doubts.stand(VM, longAgo, at(99))).isTrue();
    assertThat(doubts.stand(VM, longAgo, at(100))).isFalse();
    // For good, also when the connection breaks after that.
    assertThat(doubts.stand(VM, NO_CONNECTION, at(101))).isFalse();
  }

  @Test
  void timeWithoutAConnectionSettlesNothing() {
    doubts.begin(VM, at(0));
    assertThat(doubts.stand(VM, NO_CONNECTION, at(5_000))).isTrue();
    OptionalLong connected = OptionalLong.of(at(5_000));
    assertThat(doubts.stand(VM, connected, at(5_099))).isTrue();
    assertThat(doubts.stand(VM, connected, at(5_100))).isFalse();
  }

  @Test
  void aLaterDoubtCountsFromItsOwnBeginning() {
    doubts.begin(VM, at(0));
    doubts.begin(VM, at(90));
    assertThat(doubts.stand(VM, OptionalLong.of(at(0)), at(100))).isTrue();
    assertThat(doubts.stand(VM, OptionalLong.of(at(0)), at(190))).isFalse();
  }
}
