package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.GaveUp;
import io.holdfast.engine.record.Placement.Trials;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What hosts gave up is remembered, each for its time, and forgotten when it is over. */
class FailuresTest {
  private static final HostId HOST1 = new HostId("host1");
  private static final HostId HOST2 = new HostId("host2");
  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final Duration LONG = Duration.ofSeconds(100);
  private static final long MEMORY = RestartPolicy.DEFAULT.hostMemory().toNanos();

  private final Known known = new Known();
  private final ControllerState state = known.state;
  private final Starts starts = new Starts(state);
  private final Books books = new Books(state, starts);
  private final Recovery recovery =
      new Recovery(
          state,
          books,
          starts,
          new Whereabouts(state),
          new Dependencies(state),
          new MoveRequests(state, books));
  private final Failures failures = new Failures(state, books, recovery);

  private Optional<Long> memoryEnds() {
    return state.timers.at(new TimerKey(TimerKind.HOST_MEMORY, "vm:1"));
  }

  private void givesUp(WorkloadEntry workload, String detail) {
    var owner = workload.placement.owner().orElseThrow();
    HostReport.Entry entry =
        new HostReport.Entry(owner.assignment(), Condition.GIVEN_UP, 1, detail, Optional.empty());
    failures.givenUp(workload, owner, entry);
  }

  /** It runs on host3, after host1 and host2 gave it up. */
  private WorkloadEntry given(boolean ranOnHost1, boolean ranOnHost2) {
    WorkloadEntry workload = known.on("vm:1", "host3", Condition.RUNNING);
    Map<HostId, GaveUp> gaveUp =
        Map.of(HOST1, new GaveUp(ranOnHost1, SHORT), HOST2, new GaveUp(ranOnHost2, LONG));
    workload.placement =
        workload.placement.tried(new Trials(2, new TreeMap<>(gaveUp), Optional.empty(), 3));
    failures.load(workload);
    return workload;
  }

  @Test
  void thePauseDoublesWithEveryTryUpToTheLongest() {
    Duration second = Duration.ofSeconds(1);
    Duration most = Duration.ofSeconds(5);
    assertThat(Failures.backoff(second, most, 0)).isEqualTo(second);
    assertThat(Failures.backoff(second, most, 1)).isEqualTo(Duration.ofSeconds(2));
    assertThat(Failures.backoff(second, most, 2)).isEqualTo(Duration.ofSeconds(4));
    assertThat(Failures.backoff(second, most, 3)).isEqualTo(most);
    assertThat(Failures.backoff(second, most, 1000)).isEqualTo(most);
    assertThat(Failures.backoff(most, most, 1)).isEqualTo(most);
  }

  @Test
  void whatAHostGivesUpIsToGoElsewhereAndThatHostIsAvoidedForItsTime() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.GIVEN_UP);
    givesUp(workload, "crashed");
    assertThat(workload.status).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(workload.reason).isEqualTo("host1 gave it up: crashed");
    assertThat(workload.placement.owner()).isEmpty();
    assertThat(workload.placement.trials().gaveUp()).containsOnlyKeys(HOST1);
    assertThat(workload.avoidedUntil).containsEntry(HOST1, MEMORY);
    assertThat(memoryEnds()).contains(MEMORY);
    assertThat(workload.retryAt).isEqualTo(RestartPolicy.DEFAULT.interval().toNanos());
    assertThat(recovery.recovering()).isNotEmpty();
  }

  @Test
  void whatIsGivenUpTooOftenIsLeftFailed() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.GIVEN_UP);
    givesUp(workload, "");
    known.on("vm:1", "host2", Condition.GIVEN_UP);
    givesUp(workload, "");
    assertThat(workload.status).isEqualTo(WorkloadStatus.FAILED);
    assertThat(workload.reason).startsWith("host2 gave it up, after 1 relocations;");
    assertThat(workload.retryAt).isEqualTo(2 * RestartPolicy.DEFAULT.interval().toNanos());
  }

  @Test
  void aCleanupForgetsEverything() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.GIVEN_UP);
    givesUp(workload, "");
    workload.moveNotBefore = 5;
    failures.cleanUp(workload);
    assertThat(workload.avoidedUntil).isEmpty();
    assertThat(memoryEnds()).isEmpty();
    assertThat(workload.placement.trials().gaveUp()).isEmpty();
    assertThat(workload.placement.trials().relocations()).isZero();
    assertThat(workload.retryAt).isEqualTo(Long.MIN_VALUE);
    assertThat(workload.moveNotBefore).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void whereItNeverRanIsForgottenAsSoonAsItRuns() {
    WorkloadEntry workload = given(false, true);
    failures.runs(workload);
    Trials left = workload.placement.trials();
    assertThat(left.gaveUp()).containsOnlyKeys(HOST2);
    assertThat(left.relocations()).isEqualTo(2);
    assertThat(left.movesFailed()).isEqualTo(3);
    assertThat(workload.avoidedUntil).containsOnlyKeys(HOST2);
    assertThat(memoryEnds()).contains(LONG.toNanos());
  }

  @Test
  void whenNoneIsLeftNoTryCounts() {
    WorkloadEntry workload = given(false, false);
    failures.runs(workload);
    assertThat(workload.placement.trials().gaveUp()).isEmpty();
    assertThat(workload.placement.trials().relocations()).isZero();
    assertThat(memoryEnds()).isEmpty();
  }

  @Test
  void whereItRanIsRememberedAlthoughItRunsNow() {
    WorkloadEntry workload = given(true, true);
    failures.runs(workload);
    assertThat(workload.placement.trials().gaveUp()).containsOnlyKeys(HOST1, HOST2);
    assertThat(state.commits.wouldEmit()).as("nothing is written").isFalse();
  }

  @Test
  void whereItNeverRanIsRememberedWhileAPartnerRunsThere() {
    WorkloadEntry workload = given(false, false);
    known.on("vm:2", "host1", Condition.RUNNING);
    state.rules.put(
        "together",
        new Rule.WorkloadAffinity(
            "together",
            new TreeSet<>(state.workloads.keySet()),
            Rule.Kind.POSITIVE,
            Rule.Level.HOST,
            true));
    state.room.ruleChanged("together");
    failures.runs(workload);
    assertThat(workload.placement.trials().gaveUp()).containsOnlyKeys(HOST1);
    assertThat(workload.placement.trials().relocations()).isZero();
  }

  @Test
  void whatIsReadFromTheStoreIsRememberedFromNow() {
    state.now = 1000;
    WorkloadEntry workload = given(true, true);
    assertThat(workload.avoidedUntil)
        .containsEntry(HOST1, 1000 + SHORT.toNanos())
        .containsEntry(HOST2, 1000 + LONG.toNanos());
    assertThat(memoryEnds()).contains(1000 + SHORT.toNanos());
    assertThat(workload.retryAt).isEqualTo(1000 + 2 * RestartPolicy.DEFAULT.interval().toNanos());
  }

  @Test
  void whatWasNeverGivenUpWaitsForNoPause() {
    WorkloadEntry workload = known.on("vm:1", "host1", Condition.RUNNING);
    failures.load(workload);
    assertThat(workload.retryAt).isEqualTo(Long.MIN_VALUE);
    assertThat(memoryEnds()).isEmpty();
  }

  @Test
  void eachMemoryEndsByItself() {
    WorkloadEntry workload = given(true, true);
    state.now = SHORT.toNanos() - 1;
    failures.memoryDue(workload);
    assertThat(workload.placement.trials().gaveUp()).containsOnlyKeys(HOST1, HOST2);
    assertThat(state.worthPlacing).isFalse();
    assertThat(memoryEnds()).contains(SHORT.toNanos());
    state.now = SHORT.toNanos();
    failures.memoryDue(workload);
    assertThat(workload.placement.trials().gaveUp())
        .containsExactly(Map.entry(HOST2, new GaveUp(true, LONG.minus(SHORT))));
    assertThat(workload.placement.trials().relocations()).isEqualTo(2);
    assertThat(workload.avoidedUntil).containsOnlyKeys(HOST2);
    assertThat(state.worthPlacing).isTrue();
    assertThat(memoryEnds()).contains(LONG.toNanos());
    state.now = LONG.toNanos();
    failures.memoryDue(workload);
    assertThat(workload.placement.trials().relocations()).isZero();
    assertThat(memoryEnds()).isEmpty();
  }
}
