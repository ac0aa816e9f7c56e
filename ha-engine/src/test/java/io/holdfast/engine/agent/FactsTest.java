package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Fact;
import io.holdfast.api.Outcome;
import io.holdfast.api.StopReason;
import io.holdfast.engine.agent.AgentEffect.LookAtFacts;
import io.holdfast.engine.agent.AgentEffect.Renew;
import io.holdfast.engine.agent.AgentEffect.WriteReport;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a host finds out about its conditions, and what it starts by that. */
class FactsTest {
  private static final String STORAGE = "storage";
  private static final String LOCKSPACE = "lockspace:vms";

  private static HostIntent.Entry needing(String condition) {
    return run(1).withConditions(new TreeSet<>(List.of(condition)));
  }

  private static AgentScript knowing(String condition, Fact fact) {
    AgentScript agent = AgentScript.withFacts("nfs").joined();
    agent.factsEnd(condition, fact);
    return agent;
  }

  @Test
  void nothingIsReportedBeforeTheFirstLook() {
    AgentScript agent = AgentScript.withFacts("nfs").joined();
    assertThat(agent.all(WriteReport.class)).isEmpty();
    agent.factsEnd(STORAGE, Fact.FAILS);
    assertThat(agent.lastReport().facts()).containsEntry(STORAGE, false);
  }

  @Test
  void pitfall17ALookThatNeverEndsIsUnknownAndKeepsNobodyFromReporting() {
    AgentScript agent = AgentScript.withFacts("nfs").joined();
    agent.factsAreGivenUp();
    assertThat(agent.lastReport().facts()).isEmpty();
  }

  /** Two wake-ups in one: a quiet host sleeps from one renewal to the next. */
  @Test
  void itLooksWhenTheLeaseIsRenewed() {
    AgentScript agent = knowing(STORAGE, Fact.HOLDS);
    for (int i = 0; i < 3; i++) {
      agent.passes(AgentScript.TIMINGS.renewInterval());
      agent.factsEnd(STORAGE, Fact.HOLDS);
    }
    agent.passes(AgentScript.TIMINGS.renewInterval());
    LookAtFacts last = agent.open(LookAtFacts.class).get(0);
    assertThat(agent.emitted.get(agent.emitted.indexOf(last) - 1)).isInstanceOf(Renew.class);
  }

  @Test
  void aSourceThatIsSlowIsNotAskedAgainAtOnce() {
    AgentScript agent = knowing(STORAGE, Fact.HOLDS);
    Duration interval = AgentScript.TIMINGS.renewInterval();
    agent.passes(interval.multipliedBy(3));
    agent.factsEnd(STORAGE, Fact.HOLDS);
    assertThat(agent.open(LookAtFacts.class)).isEmpty();
    agent.passes(interval.dividedBy(4));
    assertThat(agent.open(LookAtFacts.class)).hasSize(1);
  }

  @Test
  void pitfall20OneLookThatFailsIsNoFailure() {
    AgentScript agent = knowing(STORAGE, Fact.HOLDS);
    agent.looksAgain(STORAGE, Fact.FAILS);
    assertThat(agent.lastReport().facts()).containsEntry(STORAGE, true);
    agent.looksAgain(STORAGE, Fact.FAILS);
    assertThat(agent.lastReport().facts()).containsEntry(STORAGE, false);
    agent.looksAgain(STORAGE, Fact.HOLDS);
    assertThat(agent.lastReport().facts()).containsEntry(STORAGE, true);
  }

  @Test
  void pitfall26WhatCannotBeFoundOutIsUnknownAndNotFailed() {
    AgentScript agent = knowing(STORAGE, Fact.HOLDS);
    agent.factsAreGivenUp();
    assertThat(agent.lastReport().facts()).containsEntry(STORAGE, true);
    agent.factsAreGivenUp();
    assertThat(agent.lastReport().facts()).isEmpty();
  }

  @Test
  void whatHasFailedStaysFailedUntilItIsSeenToHold() {
    AgentScript agent = knowing(STORAGE, Fact.FAILS);
    agent.factsAreGivenUp();
    agent.factsAreGivenUp();
    agent.factsAreGivenUp();
    assertThat(agent.lastReport().facts()).containsEntry(STORAGE, false);
  }

  @Test
  void oneLookAtATimeAndTheNextAfterAPause() {
    AgentScript agent = AgentScript.withFacts("net", "nfs").joined();
    assertThat(agent.open(LookAtFacts.class))
        .extracting(LookAtFacts::source)
        .containsExactly("net", "nfs");
    agent.passes(AgentScript.TIMINGS.silence());
    assertThat(agent.all(LookAtFacts.class)).hasSize(2);
  }

  @Test
  void aWorkloadIsStartedOnlyWhereItsConditionsHold() {
    AgentScript agent = knowing(LOCKSPACE, Fact.FAILS);
    agent.ordered(1, 1, "vm:1", needing(LOCKSPACE));
    assertThat(agent.startsUnderWay()).isEmpty();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.PENDING);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("condition lockspace:vms does not hold");
    agent.looksAgain(LOCKSPACE, Fact.HOLDS);
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void aConditionThatNobodyKnowsKeepsItDown() {
    AgentScript agent = knowing(STORAGE, Fact.HOLDS);
    agent.ordered(1, 1, "vm:1", needing(LOCKSPACE));
    assertThat(agent.startsUnderWay()).isEmpty();
    assertThat(agent.reported("vm:1").detail()).contains("is not known to hold");
  }

  @Test
  void whatRunsGoesOnAndIsNotRestartedBeforeTheConditionHoldsAgain() {
    AgentScript agent = knowing(LOCKSPACE, Fact.HOLDS);
    agent.ordered(1, 1, "vm:1", needing(LOCKSPACE));
    agent.startEnds(Outcome.ok());
    agent.looksAgain(LOCKSPACE, Fact.FAILS);
    agent.looksAgain(LOCKSPACE, Fact.FAILS);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(AgentScript.RESTART_TWICE.maxInterval());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    assertThat(agent.reported("vm:1").detail()).contains("does not hold");
  }
}
