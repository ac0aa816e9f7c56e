package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What becomes of a guest while its host's agent has lost its hypervisor, so that what is told of
 * it is lost.
 */
class MovedUnseenTest {
  private final Scripts scripts = Scripts.running(3, 3);
  private final WorkloadId workload = scripts.workload(0);
  private final HostId source = scripts.hostOf(workload);
  private final HostId target =
      scripts.world.physical().hosts().stream()
          .filter(host -> !host.equals(source))
          .findFirst()
          .orElseThrow();

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  private void movesByHand() {
    assertThat(scripts.world.handMoves().moveUnseen(workload, target)).isTrue();
  }

  private long startsSince(Duration since) {
    return scripts.toldSince(since, HaEvent.StartIssued.class).size();
  }

  /** Also when the hypervisor is away only for an instant, as when too many events were waiting. */
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0, 1",
    "0, 100",
    "0, 400",
    "0, 700",
    "0, 1000",
    "0, 3000",
    "0, 20000",
    "50, 0",
    "50, 200",
    "200, 0",
    "200, 50",
    "500, 0",
    "1000, 500",
    "2000, 0",
    "5000, 50",
    "9000, 2000"
  })
  void whatLeavesByHandMeanwhileIsFollowedAndNotStartedBesideIt(long before, long after) {
    scripts.pass(Duration.ofSeconds(5));
    Duration since = scripts.world.now();
    scripts.world.faults().hypervisorDown(source);
    scripts.pass(millis(before));
    movesByHand();
    scripts.pass(millis(after));
    scripts.world.faults().hypervisorUp(source);
    scripts.pass(Duration.ofSeconds(30));
    assertThat(scripts.hostsOf(workload)).containsExactly(target);
    assertThat(scripts.info(workload).host()).contains(target);
    assertThat(startsSince(since)).isZero();
    assertThat(scripts.everythingRuns()).isTrue();
  }

  /** Whoever cannot be asked may run it. */
  @Test
  void itIsNotStartedWhileTheHostItWentToCannotSaySo() {
    Optional<HostId> there = Optional.of(target);
    scripts.pass(Duration.ofSeconds(5));
    scripts.world.machine(target).answerStore(true, false);
    scripts.world.faults().hypervisorDown(source);
    movesByHand();
    scripts.pass(millis(500));
    scripts.world.faults().hypervisorUp(source);
    scripts.pass(millis(2500));
    assertThat(scripts.hostsOf(workload)).containsExactly(target);
    scripts.world.machine(target).answerStore(true, true);
    scripts.await("it is followed", () -> scripts.info(workload).host().equals(there));
    assertThat(scripts.hostsOf(workload)).containsExactly(target);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 200, 1000, 5000, 20000})
  void whatCrashesMeanwhileIsStartedAgainOnceAllHostsHaveLooked(long after) {
    scripts.pass(Duration.ofSeconds(5));
    scripts.world.faults().hypervisorDown(source);
    scripts.world.machine(source).hypervisor.endUnasked(workload, StopReason.CRASHED);
    scripts.pass(millis(after));
    scripts.world.faults().hypervisorUp(source);
    scripts.await("it runs again", scripts::everythingRuns, Duration.ofSeconds(20));
  }

  @Test
  void inRandomWorldsItIsFollowedToo() {
    List<SimResult.Violation> violations =
        LongStream.rangeClosed(1, 100)
            .parallel()
            .mapToObj(seed -> new UnseenMoves(seed).run())
            .flatMap(result -> result.violations().stream())
            .toList();
    assertThat(violations.stream().limit(1).map(SimResult.Violation::describe)).isEmpty();
  }

  /** As when libvirt is updated: guests run on. */
  @ParameterizedTest
  @ValueSource(longs = {0, 200, 1000, 5000, 20000})
  void whatRunsOnMeanwhileIsLeftWhereItIsAndNobodyLooksForIt(long away) {
    scripts.pass(Duration.ofSeconds(5));
    Duration since = scripts.world.now();
    for (HostId host : scripts.world.physical().hosts()) {
      scripts.world.faults().hypervisorDown(host);
    }
    scripts.pass(millis(away));
    for (HostId host : scripts.world.physical().hosts()) {
      scripts.world.faults().hypervisorUp(host);
    }
    scripts.pass(Duration.ofSeconds(10));
    assertThat(scripts.everythingRuns()).isTrue();
    assertThat(scripts.hostsOf(workload)).containsExactly(source);
    assertThat(startsSince(since)).isZero();
    assertThat(scripts.toldSince(since, HaEvent.WorkloadStopped.class)).isEmpty();
    assertThat(scripts.toldSince(since, HaEvent.WorkloadStatusChanged.class))
        .noneMatch(event -> event.reason().contains("it may be"));
  }
}
