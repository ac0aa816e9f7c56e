package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.intent;
import static io.holdfast.engine.agent.AgentScript.order;
import static io.holdfast.engine.agent.AgentScript.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Fact;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.ProbePolicy;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.ProbeGuest;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Guests that are asked whether they serve. */
class GuestProbesTest {
  private static final Duration INTERVAL = Duration.ofSeconds(2);
  private static final Duration GRACE = Duration.ofSeconds(20);

  private static AgentScript running(int failuresToRestart) {
    AgentScript agent = AgentScript.withProbes().joined();
    agent.ordered(1, 1, "vm:1", run(1).withProbe(policy(failuresToRestart)));
    agent.startEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    return agent;
  }

  private static ProbePolicy policy(int failuresToRestart) {
    return new ProbePolicy(INTERVAL, Duration.ofSeconds(1), GRACE, failuresToRestart);
  }

  private static void saysAgain(AgentScript agent, Fact... answers) {
    for (Fact answer : answers) {
      agent.passes(INTERVAL);
      agent.guestSays(answer);
    }
  }

  /** It was ready once, and its grace has passed. */
  private static AgentScript ready(int failuresToRestart) {
    AgentScript agent = running(failuresToRestart);
    agent.guestSays(Fact.HOLDS);
    agent.passes(GRACE);
    agent.guestSays(Fact.HOLDS);
    assertThat(agent.reported("vm:1").ready()).isTrue();
    return agent;
  }

  @Test
  void runningIsNotReadyBeforeTheGuestSaysSo() {
    AgentScript agent = running(0);
    assertThat(agent.reported("vm:1").ready()).isFalse();
    assertThat(agent.reported("vm:1").detail()).isEqualTo("its guest is not ready yet");
    agent.guestSays(Fact.UNKNOWN);
    assertThat(agent.reported("vm:1").ready()).isFalse();
    saysAgain(agent, Fact.HOLDS);
    assertThat(agent.reported("vm:1").ready()).isTrue();
    assertThat(agent.reported("vm:1").detail()).isEmpty();
  }

  @Test
  void whatCannotBeAskedIsReadyWhenItRuns() {
    AgentScript agent = new AgentScript().joined();
    agent.ordered(1, 1, "vm:1", run(1).withProbe(ProbePolicy.READINESS));
    agent.startEnds(Outcome.ok());
    assertThat(agent.reported("vm:1").ready()).isTrue();
    assertThat(agent.all(ProbeGuest.class)).isEmpty();
  }

  @Test
  void pitfall26OneFailureIsNotEnough() {
    AgentScript agent = ready(0);
    saysAgain(agent, Fact.FAILS);
    assertThat(agent.reported("vm:1").ready()).isTrue();
    saysAgain(agent, Fact.FAILS);
    assertThat(agent.reported("vm:1").ready()).isFalse();
    saysAgain(agent, Fact.HOLDS);
    assertThat(agent.reported("vm:1").ready()).isTrue();
  }

  @Test
  void itIsNeverRestartedUnlessItsPolicySaysSo() {
    AgentScript agent = ready(0);
    saysAgain(agent, Fact.FAILS, Fact.FAILS, Fact.FAILS, Fact.FAILS, Fact.FAILS, Fact.FAILS);
    assertThat(agent.all(Destroy.class)).isEmpty();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void pitfall45AFrozenGuestIsRestartedInPlace() {
    AgentScript agent = ready(3);
    saysAgain(agent, Fact.FAILS, Fact.FAILS);
    assertThat(agent.all(Destroy.class)).isEmpty();
    saysAgain(agent, Fact.FAILS);
    assertThat(agent.open(Destroy.class)).hasSize(1);
    agent.destroyEnds(Outcome.ok());
    agent.passes(AgentScript.RESTART_TWICE.maxInterval());
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    agent.startEnds(Outcome.ok());
    assertThat(agent.reported("vm:1").restarts()).isEqualTo(1);
    assertThat(agent.reported("vm:1").ready()).as("not before it says so anew").isFalse();
  }

  private static void isPaused(AgentScript agent, RunState state) {
    agent.runs.put(WorkloadId.parse("vm:1"), state);
    agent.said(new HypervisorEvent.Changed(WorkloadId.parse("vm:1")));
  }

  @Test
  void pitfall45APausedGuestIsToldOfAndDoesNotServe() {
    AgentScript agent = ready(0);
    isPaused(agent, RunState.PAUSED);
    assertThat(agent.reported("vm:1").paused()).isTrue();
    assertThat(agent.reported("vm:1").ready()).isFalse();
    agent.passes(Duration.ofMinutes(10));
    assertThat(agent.all(Destroy.class)).as("its policy does not ask for it").isEmpty();
    isPaused(agent, RunState.RUNNING);
    assertThat(agent.reported("vm:1").paused()).isFalse();
  }

  @Test
  void pitfall45APausedGuestIsRestartedWhereOneThatDoesNotServeIs() {
    AgentScript agent = ready(3);
    isPaused(agent, RunState.PAUSED);
    agent.passes(INTERVAL.multipliedBy(2));
    assertThat(agent.all(Destroy.class)).isEmpty();
    agent.passes(INTERVAL);
    assertThat(agent.open(Destroy.class)).hasSize(1);
    agent.destroyEnds(Outcome.ok());
    agent.passes(AgentScript.RESTART_TWICE.maxInterval());
    agent.startEnds(Outcome.ok());
    assertThat(agent.reported("vm:1").paused()).isFalse();
    assertThat(agent.reported("vm:1").restarts()).isEqualTo(1);
  }

  @Test
  void aPausedGuestNeedsNoProbeToBeKnownNotToServe() {
    AgentScript agent = new AgentScript().joined();
    ProbePolicy policy = new ProbePolicy(INTERVAL, Duration.ofSeconds(1), GRACE, 3);
    agent.ordered(1, 1, "vm:1", run(1).withProbe(policy));
    agent.startEnds(Outcome.ok());
    isPaused(agent, RunState.PAUSED);
    agent.passes(GRACE.minusSeconds(1));
    assertThat(agent.all(Destroy.class)).as("it may be about to go on").isEmpty();
    agent.passes(INTERVAL.multipliedBy(5));
    assertThat(agent.open(Destroy.class)).hasSize(1);
  }

  @Test
  void whatIsOnlyToBeKeptIsNeverEnded() {
    AgentScript agent = AgentScript.withProbes();
    ProbePolicy policy = new ProbePolicy(INTERVAL, Duration.ofSeconds(1), Duration.ZERO, 1);
    agent.runs.put(WorkloadId.parse("vm:1"), RunState.PAUSED);
    agent.joined();
    agent.ordered(1, 1, "vm:1", order(1, Goal.KEEP, Priority.MEDIUM).withProbe(policy));
    agent.passes(Duration.ofMinutes(1));
    isPaused(agent, RunState.CRASHED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.all(Destroy.class)).isEmpty();
  }

  @Test
  void whatIsUnknownIsNoFailure() {
    AgentScript agent = ready(2);
    saysAgain(agent, Fact.UNKNOWN, Fact.UNKNOWN, Fact.UNKNOWN, Fact.UNKNOWN);
    assertThat(agent.all(Destroy.class)).isEmpty();
    assertThat(agent.reported("vm:1").ready()).isTrue();
  }

  @Test
  void whileItBootsFailuresDoNotCount() {
    AgentScript agent = running(2);
    agent.guestSays(Fact.FAILS);
    saysAgain(agent, Fact.FAILS, Fact.FAILS, Fact.FAILS);
    assertThat(agent.all(Destroy.class)).isEmpty();
  }

  @Test
  void withoutARestartLeftItRunsOnAndIsNotTakenDownForGood() {
    AgentScript agent = ready(1);
    for (int i = 0; i < 2; i++) {
      saysAgain(agent, Fact.FAILS);
      agent.destroyEnds(Outcome.ok());
      agent.passes(Duration.ofSeconds(30));
      agent.startEnds(Outcome.ok());
      agent.guestSays(Fact.HOLDS);
      agent.passes(GRACE);
      agent.guestSays(Fact.HOLDS);
    }
    saysAgain(agent, Fact.FAILS, Fact.FAILS, Fact.FAILS);
    assertThat(agent.open(Destroy.class)).isEmpty();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("its guest does not serve");
  }

  @Test
  void nobodyIsAskedAnyMoreOnceItIsToStop() {
    AgentScript agent = ready(1);
    agent.ordered(1, 2, "vm:1", AgentScript.stop(2));
    int asked = agent.all(ProbeGuest.class).size();
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.all(ProbeGuest.class)).hasSize(asked);
  }

  @Test
  void aFailureCountsFromTheMomentTheGraceHasPassed() {
    AgentScript young = running(1);
    young.passes(GRACE.minusNanos(1));
    young.guestSays(Fact.FAILS);
    assertThat(young.all(Destroy.class)).isEmpty();

    AgentScript grown = running(1);
    grown.passes(GRACE);
    grown.guestSays(Fact.FAILS);
    assertThat(grown.open(Destroy.class)).hasSize(1);
  }

  @Test
  void whatWasPausedServesAgainAsBeforeWhereNobodyWantsItRestarted() {
    AgentScript agent = ready(0);
    isPaused(agent, RunState.PAUSED);
    agent.passes(Duration.ofMinutes(10));
    isPaused(agent, RunState.RUNNING);
    assertThat(agent.reported("vm:1").ready()).isTrue();
  }

  @Test
  void inANewIncarnationItIsAskedAnew() {
    AgentScript agent = ready(0);
    agent.connection(Connection.LOST);
    agent.connection(Connection.CONNECTED);
    agent.ordered(1, 2, "vm:1", run(1).withProbe(policy(0)));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").ready()).isFalse();
  }

  @Test
  void whatWasNotOrderedMeanwhileIsAskedAnew() {
    AgentScript agent = ready(0);
    agent.ordered(intent(agent.incarnation(), 1, 2, new TreeMap<>()));
    agent.ordered(1, 3, "vm:1", run(3).withProbe(policy(0)));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").ready()).isFalse();
  }

  @Test
  void whatHasNoRestartLeftIsRestartedOnceOneIsOldEnoughNotToCount() {
    AgentScript agent = ready(1);
    for (int i = 0; i < 2; i++) {
      saysAgain(agent, Fact.FAILS);
      agent.destroyEnds(Outcome.ok());
      agent.passes(Duration.ofSeconds(30));
      agent.startEnds(Outcome.ok());
      agent.guestSays(Fact.HOLDS);
      agent.passes(GRACE);
      agent.guestSays(Fact.HOLDS);
    }
    saysAgain(agent, Fact.FAILS);
    assertThat(agent.open(Destroy.class)).isEmpty();
    agent.passes(AgentScript.RESTART_TWICE.window());
    agent.guestSays(Fact.FAILS);
    assertThat(agent.open(Destroy.class)).hasSize(1);
  }
}
