package io.holdfast.engine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.Priority;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentEffect.Stop;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Why a workload ended, and what follows; and what is done with one that does not end. */
class EndingsTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  // Ended by itself

  @Test
  void pitfall28AShutdownByItsUserIsHonouredWherePolicySaysSo() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", honouring(1));
    agent.startEnds(Outcome.ok());
    agent.stopsByItself("vm:1", StopReason.GUEST_SHUTDOWN);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.SHUT_DOWN);
    agent.passes(Duration.ofHours(1));
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  @Test
  void aCrashIsRestartedWhateverPolicySaysOfShutdowns() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", honouring(1));
    agent.startEnds(Outcome.ok());
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void aShutdownByItsUserIsARestartWherePolicySaysSo() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.stopsByItself("vm:1", StopReason.GUEST_SHUTDOWN);
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void pitfall38WhatAHostThatShutsDownTookAlongIsNoCrash() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.stopsByItself("vm:1", StopReason.HOST_SHUTDOWN);
    agent.passes(Duration.ofSeconds(59));
    assertThat(agent.startsUnderWay()).as("the host is about to be gone").isEmpty();
    agent.passes(Duration.ofSeconds(1));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    agent.startEnds(Outcome.ok());
    assertThat(agent.reported("vm:1").restarts()).as("it does not count").isZero();
  }

  @Test
  void pitfall29ARebootInsideTheGuestIsNoFailure() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.runs.remove(VM); // looked at in the middle of its reboot
    agent.said(new HypervisorEvent.Changed(VM));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    agent.runs.put(VM, RunState.RUNNING);
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").restarts()).isZero();
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  // Locked

  @Test
  void whileItIsLockedItIsNotStartedAgain() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", order(1, false));
    agent.startEnds(Outcome.ok());
    agent.ordered(1, 2, "vm:1", order(1, true));
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.startsUnderWay()).isEmpty();
    assertThat(agent.reported("vm:1").detail()).contains("locked");
    agent.ordered(1, 3, "vm:1", order(1, false));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  // Ended by order

  @Test
  void pitfall39AStopEscalatesFromAskingToForceWithinItsBudget() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", AgentScript.stop(2));
    assertThat(agent.open(Stop.class)).hasSize(1);
    assertThat(agent.open(Stop.class).get(0).timeout()).isEqualTo(Duration.ofSeconds(30));
    agent.stopEnds(Outcome.unknown("still runs"));
    agent.passes(AgentScript.TIMINGS.renewInterval());
    assertThat(agent.open(Destroy.class)).hasSize(1);
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
  }

  @Test
  void aStopThatTimedOutIsNoStop() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", AgentScript.stop(2));
    agent.stopEnds(Outcome.unknown("still runs"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPING);
  }

  @Test
  void pitfall14WhatCannotBeEndedIsToldAndTriedEverMoreRarely() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", AgentScript.stop(2));
    agent.stopEnds(Outcome.failed(Cause.ERROR, "no"));
    agent.passes(Duration.ofMinutes(1));
    agent.destroyEnds(Outcome.failed(Cause.ERROR, "no"));
    assertThat(agent.condition("vm:1")).isNotEqualTo(Condition.STOP_FAILED);
    agent.passes(Duration.ofMinutes(1));
    agent.destroyEnds(Outcome.failed(Cause.ERROR, "no"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOP_FAILED);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("DESTROY failed: no");

    List<Integer> triedAt = new ArrayList<>();
    for (int second = 0; second < 3600; second += 10) {
      agent.passes(Duration.ofSeconds(10));
      if (!agent.open(Destroy.class).isEmpty()) {
        agent.destroyEnds(Outcome.failed(Cause.ERROR, "no"));
        triedAt.add(second);
      }
    }
    assertThat(triedAt).as("once a minute in the end").hasSizeBetween(50, 64);

    agent.passes(Duration.ofMinutes(10));
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
  }

  private static HostIntent.Entry order(long assignment, boolean locked) {
    HostIntent.Entry run = AgentScript.run(assignment);
    return new HostIntent.Entry(
        run.assignment(),
        Goal.RUN,
        Priority.MEDIUM,
        run.restart(),
        run.startTimeout(),
        run.stopTimeout(),
        OnGuestShutdown.RESTART,
        locked,
        Optional.empty());
  }

  private static HostIntent.Entry honouring(long assignment) {
    HostIntent.Entry run = AgentScript.run(assignment);
    return new HostIntent.Entry(
        run.assignment(),
        Goal.RUN,
        Priority.MEDIUM,
        run.restart(),
        run.startTimeout(),
        run.stopTimeout(),
        OnGuestShutdown.HONOR,
        false,
        Optional.empty());
  }
}
