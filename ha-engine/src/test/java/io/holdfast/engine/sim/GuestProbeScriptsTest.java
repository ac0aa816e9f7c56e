package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.ProbePolicy;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A guest that runs and serves nobody. */
class GuestProbeScriptsTest {

  @Test
  void aFrozenGuestIsRestartedWhereItIs() {
    Scripts s = Scripts.running(2, 2);
    WorkloadId workload = s.workload(0);
    ProbePolicy probe =
        new ProbePolicy(Duration.ofSeconds(1), Duration.ofMillis(500), Duration.ZERO, 3);
    WorkloadPolicy policy = s.spec(workload).policy().toBuilder().probe(Optional.of(probe)).build();
    s.world.platform().update(workload, w -> w.withPolicy(policy));
    s.pass(Duration.ofSeconds(10));
    Duration frozen = s.world.now();
    s.world.faults().freezeGuest(workload, true);
    s.await(
        "restarted",
        () ->
            !s.toldSince(frozen, HaEvent.StartIssued.class).isEmpty()
                && s.everythingRuns()
                && s.world.physical().serves(workload, s.hostOf(workload)));
    assertThat(s.toldSince(frozen, HaEvent.HostFenced.class)).isEmpty();
  }
}
