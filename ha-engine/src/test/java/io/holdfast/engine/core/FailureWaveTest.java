package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hosts that fell silent together are waited for together, and not for long. */
class FailureWaveTest {
  private static final long RENEWAL = Known.TIMINGS.renewInterval().toNanos();
  private static final long HELD = RENEWAL * 3 / 2;
  private static final TimerKey PLACE_AGAIN = new TimerKey(TimerKind.PLACE_AGAIN, "wave");

  private final Known known = new Known();
  private final ControllerState state = known.state;
  private final FailureWave wave = new FailureWave(state);
  private final HostEntry first = known.host("host1");
  private final HostEntry other = known.host("host2");

  @BeforeEach
  void bothAreLost() {
    state.now = 100 * RENEWAL;
    first.lastHeard = 90 * RENEWAL;
    other.lastHeard = 90 * RENEWAL;
    other.state = HostState.FENCING;
    other.placed.add(WorkloadId.parse("vm:1"));
    state.silent.add(other.id);
  }

  @Test
  void theFirstThatIsProvenDownWaitsForTheOther() {
    assertThat(wave.holds()).isFalse();
    wave.begins(first);
    assertThat(wave.holds()).isTrue();
    assertThat(wave.waits())
        .containsExactly(new Wait(Kind.EVIDENCE, "host2", 100 * RENEWAL + HELD));
    assertThat(state.timers.at(PLACE_AGAIN)).contains(100 * RENEWAL + HELD);
    state.now += HELD - 1;
    assertThat(wave.holds()).isTrue();
    state.now += 1;
    assertThat(wave.holds()).isFalse();
  }

  @Test
  void theNextOfTheSameWaveDoesNotMakeItLonger() {
    wave.begins(first);
    state.now += HELD - 1;
    wave.begins(known.host("host3"));
    assertThat(state.timers.at(PLACE_AGAIN)).contains(100 * RENEWAL + HELD);
    state.now += 1;
    wave.begins(first);
    assertThat(state.timers.at(PLACE_AGAIN)).contains(100 * RENEWAL + 2 * HELD);
    assertThat(wave.holds()).isTrue();
  }

  @Test
  void whoFellSilentAtAnotherTimeIsNotWaitedFor() {
    wave.begins(first);
    other.lastHeard = first.lastHeard + RENEWAL;
    assertThat(wave.holds()).isTrue();
    other.lastHeard = first.lastHeard + RENEWAL + 1;
    assertThat(wave.holds()).isFalse();
    assertThat(wave.waits()).isEmpty();
    other.lastHeard = first.lastHeard - RENEWAL;
    assertThat(wave.holds()).isTrue();
    other.lastHeard = first.lastHeard - RENEWAL - 1;
    assertThat(wave.holds()).isFalse();
  }

  @Test
  void whoHasNothingOrIsOnlySuspectedIsNotWaitedFor() {
    wave.begins(first);
    other.placed.clear();
    assertThat(wave.holds()).isFalse();
    other.placed.add(WorkloadId.parse("vm:1"));
    other.state = HostState.SUSPECT;
    assertThat(wave.holds()).isFalse();
    other.state = HostState.LOST;
    assertThat(wave.holds()).isTrue();
  }

  @Test
  void whoseLeaseRunsOutLaterIsNotWaitedFor() {
    wave.begins(first);
    state.timer(TimerKind.LEASE_EXPIRY, "host2", state.now + HELD);
    assertThat(wave.holds()).isTrue();
    state.timer(TimerKind.LEASE_EXPIRY, "host2", state.now + HELD + 1);
    assertThat(wave.holds()).isFalse();
  }

  @Test
  void anEarlierLeadershipsWaveHoldsNothing() {
    wave.begins(first);
    wave.reset();
    assertThat(wave.holds()).isFalse();
    assertThat(state.host(new HostId("host2")).isSilent()).isTrue();
  }
}
