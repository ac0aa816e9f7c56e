package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.ProbePolicy;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Guests that are there and do not execute: paused by somebody, or panicked and kept. */
class PausedGuestScriptsTest {

  private static InMemoryHypervisor hypervisorOf(Scripts s, WorkloadId workload) {
    return s.world.machine(s.hostOf(workload)).hypervisor;
  }

  private static boolean isPausedBySaying(Scripts s, WorkloadId workload) {
    return s.info(workload).reason().startsWith("is paused on ");
  }

  @Test
  void pitfall45AGuestThatPanickedIsStartedAnewWhereItIs() {
    Scripts s = Scripts.running(3, 3);
    WorkloadId workload = s.workload(0);
    HostId host = s.hostOf(workload);
    Duration panic = s.world.now();
    hypervisorOf(s, workload).panic(workload);
    s.await(
        "started anew",
        () ->
            !s.toldSince(panic, HaEvent.StartIssued.class).isEmpty()
                && s.everythingRuns()
                && !isPausedBySaying(s, workload));
    assertThat(s.hostOf(workload)).isEqualTo(host);
    assertThat(s.toldSince(panic, HaEvent.HostFenced.class)).isEmpty();
  }

  @Test
  void pitfall45APausedGuestIsToldOfAndGoesOnWhenItIsResumed() {
    Scripts s = Scripts.running(3, 3);
    WorkloadId workload = s.workload(0);
    Duration paused = s.world.now();
    hypervisorOf(s, workload).pause(workload, true);
    s.await("said", () -> isPausedBySaying(s, workload));
    s.pass(Duration.ofMinutes(10));
    assertThat(s.toldSince(paused, HaEvent.StartIssued.class)).isEmpty();
    assertThat(s.toldSince(paused, HaEvent.Alarm.class))
        .filteredOn(alarm -> alarm.subject().equals(workload.toString()))
        .hasSize(1);
    hypervisorOf(s, workload).pause(workload, false);
    s.await("goes on", () -> s.info(workload).reason().startsWith("runs on "));
  }

  @Test
  void pitfall45APausedGuestIsRestartedWhereItsPolicyWantsThat() {
    Scripts s = Scripts.running(2, 2);
    WorkloadId workload = s.workload(0);
    ProbePolicy probe =
        new ProbePolicy(Duration.ofSeconds(1), Duration.ofMillis(500), Duration.ZERO, 3);
    WorkloadPolicy policy = s.spec(workload).policy().toBuilder().probe(Optional.of(probe)).build();
    s.world.platform().update(workload, w -> w.withPolicy(policy));
    s.pass(Duration.ofSeconds(10));
    Duration paused = s.world.now();
    hypervisorOf(s, workload).pause(workload, true);
    s.await(
        "restarted",
        () -> !s.toldSince(paused, HaEvent.StartIssued.class).isEmpty() && s.everythingRuns());
  }

  @Test
  void aHostWithPausedGuestsIsEmptiedOfTheOthers() {
    Scripts s = Scripts.running(3, 15);
    HostId host = s.follower();
    List<WorkloadId> there = s.workloadsOn(host);
    assertThat(there).hasSizeGreaterThan(4);
    List<WorkloadId> paused = there.subList(0, 4);
    for (WorkloadId workload : paused) {
      s.world.machine(host).hypervisor.pause(workload, true);
    }
    s.await("said", () -> paused.stream().allMatch(w -> isPausedBySaying(s, w)));
    s.world.platform().maintenance(host, true);
    s.await("only those are left", () -> s.workloadsOn(host).equals(paused));
    for (WorkloadId workload : paused) {
      assertThat(s.info(workload).reason()).contains("cannot leave " + host, "paused");
      s.world.machine(host).hypervisor.pause(workload, false);
    }
    s.await("they follow", () -> s.workloadsOn(host).isEmpty() && s.everythingRuns());
  }
}
