package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hosts that nothing can switch off, and whose storage can refuse them. */
class StorageFenceScriptsTest {

  @Test
  void whatRunsOnWithoutItsStorageDoesNotKeepItsWorkloadFromStartingElsewhere() {
    Scripts s = Scripts.running(SimConfig.scripted(3, 6).withFences(SimConfig.FenceKit.STORAGE));
    HostId victim = s.follower();
    List<WorkloadId> lost = s.workloadsOn(victim);
    assertThat(lost).isNotEmpty();
    s.world.faults().partition(victim);
    s.await("two copies, of which one can write", () -> s.copies(lost.get(0)) == 2);
    assertThat(s.toldSince(Duration.ZERO, HaEvent.HostFenced.class))
        .singleElement()
        .satisfies(
            fenced -> assertThat(fenced.evidence()).isInstanceOf(Evidence.StorageFenced.class));
    s.world.faults().rejoin(victim);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.world.physical().isCutOff(victim)).as("while copies are left there").isTrue();
    s.world.faults().crash(victim);
    s.world.faults().bringUp(victim);
    s.await("given back", () -> !s.world.physical().isCutOff(victim));
    s.await("online", () -> s.has(victim, HostState.ONLINE) && s.everythingRuns());
  }

  /** By a command that a controller gave which did not know yet that it was deposed. */
  @Test
  void whatIsCutOffAfterItWasGivenBackIsGivenBackAgain() {
    Scripts s = Scripts.running(SimConfig.scripted(3, 6).withFences(SimConfig.FenceKit.STORAGE));
    HostId victim = s.follower();
    s.world.faults().crash(victim);
    s.await("cut off", () -> s.world.physical().isCutOff(victim));
    s.world.faults().bringUp(victim);
    s.await("given back", () -> !s.world.physical().isCutOff(victim));
    s.await("online", () -> s.has(victim, HostState.ONLINE) && s.everythingRuns());
    s.world.physical().cutOff(victim, true);
    s.await("told", () -> s.has(victim, HostState.STORAGE_LOST));
    s.await("given back again", () -> !s.world.physical().isCutOff(victim));
    s.await("online again", () -> s.has(victim, HostState.ONLINE) && s.everythingRuns());
  }
}
