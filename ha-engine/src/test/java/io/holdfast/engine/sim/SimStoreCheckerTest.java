package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whether the checker of the store tells a placement that may be forgotten from one stolen. */
class SimStoreCheckerTest {
  private final Scripts s = Scripts.running(3, 3);
  private final WorkloadId guest = s.workload(0);
  private final Workload spec = s.spec(guest).withOrigin(Workload.Origin.EXISTING);

  @Test
  void aWorkloadThatWasNeverUnprotectedCannotBeForgotten() {
    steal();
    assertCaught();
  }

  @Test
  void aWorkloadThatWasUnprotectedLongAgoCannotBeForgotten() {
    s.world.platform().unprotect(guest);
    s.await("forgotten", () -> ownerIsUnknown() && s.world.statusOf(guest).isEmpty());
    s.world.platform().protect(spec);
    s.await("placed anew", () -> s.everythingRuns() && !ownerIsUnknown());
    s.pass(Duration.ofMinutes(1));
    steal();
    assertCaught();
  }

  @Test
  void aWorkloadWhoseMissingProtectionNobodyNoticedCannotBeForgotten() {
    s.world.platform().unprotect(guest);
    s.world.platform().protect(spec);
    s.pass(Duration.ofMinutes(1));
    assertThat(ownerIsUnknown()).isFalse();
    steal();
    assertCaught();
  }

  @Test
  void noticedWhileItIsUnprotectedForgettingItIsNoTheft() {
    s.world.platform().unprotect(guest);
    s.await("forgotten", this::ownerIsUnknown);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.copies(guest)).isOne();
  }

  private boolean ownerIsUnknown() {
    return s.world.storeChecker().ownerOf(guest).isEmpty();
  }

  /**
   * What a controller would write that has lost its mind: the epoch is right, the reason missing.
   */
  private void steal() {
    assertThat(ownerIsUnknown()).isFalse();
    Outcome<Outcome.Ack> written =
        s.world
            .coordination()
            .connect("thief")
            .stateStore()
            .commit(
                Optional.of(s.world.coordination().epoch()),
                List.of(Write.delete(new Key(Table.PLACEMENT, guest.toString()))),
                Duration.ofSeconds(1));
    assertThat(written.isDone()).isTrue();
  }

  private void assertCaught() {
    assertThat(s.world.violations())
        .extracting(SimResult.Violation::what)
        .singleElement()
        .asString()
        .contains(guest + " is taken from", "without evidence");
  }
}
