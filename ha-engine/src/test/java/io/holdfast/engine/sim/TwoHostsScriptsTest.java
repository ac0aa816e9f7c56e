package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.Quorum;
import io.holdfast.api.Fact;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Two hosts whose coordination service is somewhere else, and a tie-breaker. */
class TwoHostsScriptsTest {

  private static Scripts twoHosts() {
    Scripts s = Scripts.with(SimConfig.scripted(2, 4));
    s.world
        .platform()
        .setPolicy(ClusterPolicy.DEFAULT.toBuilder().quorum(Quorum.TIE_BREAKER).build());
    s.await("everything runs", s::everythingRuns);
    return s;
  }

  @Test
  void theOneThatIsAliveTakesOverWithTheTieBreakersWord() {
    Scripts s = twoHosts();
    HostId victim = s.leader();
    s.world.faults().crash(victim);
    s.await("recovered", () -> s.everythingRuns() && s.workloadsOn(victim).isEmpty());
  }

  @Test
  void withoutItsWordNobodyIsFenced() {
    Scripts s = twoHosts();
    HostId victim = s.follower();
    s.world.faults().tieBreaker(s.leader(), Fact.FAILS);
    s.world.faults().partition(victim);
    s.pass(Duration.ofMinutes(3));
    assertThat(s.toldSince(Duration.ZERO, HaEvent.HostFenced.class)).isEmpty();
    assertThat(s.workloadsOn(victim)).isNotEmpty();
    assertThat(s.world.statusOf(victim).orElseThrow().reason()).contains("tie-breaker");
    s.world.faults().tieBreaker(s.leader(), Fact.HOLDS);
    s.await("recovered", () -> s.everythingRuns() && s.workloadsOn(victim).isEmpty());
  }
}
