package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostReport.Condition;
import org.junit.jupiter.api.Test;

/** How the owner of a workload stands, and what it says of it. */
class WorkloadFactsTest {
  private final Known known = new Known();

  private WorkloadFacts facts(String id) {
    return WorkloadFacts.of(known.state, known.state.workload(known.workload(id).id));
  }

  @Test
  void onlyWhatItsPresentHostReportsRunningIsSeenRunning() {
    known.on("vm:1", "host1", Condition.RUNNING);
    known.on("vm:2", "host1", Condition.STARTING);
    assertThat(facts("vm:1").isSeenRunning()).isTrue();
    assertThat(facts("vm:2").isSeenRunning()).isFalse();
    known.host("host1").state = HostState.LOST;
    assertThat(facts("vm:1").isSeenRunning()).isFalse();
  }

  @Test
  void ofASuspectedHostTheReportCountsOfTheSameIncarnationAlone() {
    known.on("vm:1", "host1", Condition.RUNNING);
    HostEntry host = known.host("host1");
    host.state = HostState.SUSPECT;
    assertThat(facts("vm:1").stand()).isEqualTo(Stand.PRESENT);
    host.lease = new Lease(host.id, new Incarnation(2), 0, true);
    assertThat(facts("vm:1").stand()).isEqualTo(Stand.UNHEARD);
    host.lease = new Lease(host.id, new Incarnation(1), 1, true);
    host.report = null;
    assertThat(facts("vm:1").stand()).as("it has said nothing yet").isEqualTo(Stand.UNHEARD);
  }

  @Test
  void aHostThatJoinedAnewStandsSo() {
    known.on("vm:1", "host1", Condition.RUNNING);
    HostEntry host = known.host("host1");
    host.lease = new Lease(host.id, new Incarnation(2), 0, true);
    assertThat(facts("vm:1").stand()).isEqualTo(Stand.REJOINED);
    assertThat(facts("vm:1").isSeenRunning()).isFalse();
  }
}
