package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.agent.AgentEffect.Join;
import io.holdfast.engine.agent.AgentEffect.Renew;
import io.holdfast.engine.agent.AgentScript.Answer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How a host joins, and keeps its lease. */
class LeaseKeeperTest {
  private static final Duration INTERVAL = TIMINGS.renewInterval();
  private static final Duration TICK = Duration.ofNanos(1);

  @Test
  void aJoinWithoutResultIsTriedAgainAfterAnInterval() {
    AgentScript script = new AgentScript().byHand(Answer.JOIN).joined();
    script.joinEnds(Outcome.unknown("no answer in time"));
    assertThat(script.open(Join.class)).isEmpty();
    assertThat(script.joinedAs()).isEmpty();
    script.passes(INTERVAL.minus(TICK));
    assertThat(script.open(Join.class)).isEmpty();
    script.passes(TICK);
    script.joinEnds(Outcome.done(new Incarnation(9)));
    assertThat(script.joinedAs()).contains(new Incarnation(9));
  }

  @Test
  void theAnswerToAJoinBeforeTheSessionEndedCountsForNothing() {
    AgentScript script = new AgentScript().byHand(Answer.JOIN).joined();
    Join former = script.open(Join.class).get(0);
    script.connection(Connection.LOST);
    script.connection(Connection.CONNECTED);
    script.joinEnds(former, Outcome.done(new Incarnation(9)));
    assertThat(script.joinedAs()).isEmpty();
    assertThat(script.told(HaEvent.HostJoined.class)).isEmpty();
    assertThat(script.open(Join.class)).hasSize(2);
  }

  @Test
  void theLeaseIsHeldFromItsFirstRenewalAndForItsValidityAfterTheLast() {
    AgentScript script = new AgentScript().byHand(Answer.RENEWAL).joined();
    assertThat(script.joinedAs()).isPresent();
    assertThat(script.holdsLease()).as("nothing is acknowledged yet").isFalse();
    script.renewalEnds(Outcome.ok());
    script.passes(TIMINGS.leaseValidity().minus(TICK));
    assertThat(script.holdsLease()).isTrue();
    assertThat(script.told(HaEvent.LeaseLost.class)).isEmpty();
    script.passes(TICK);
    assertThat(script.holdsLease()).isFalse();
    assertThat(script.told(HaEvent.LeaseLost.class)).hasSize(1);
    script.renewalEnds(Outcome.ok());
    assertThat(script.holdsLease()).as("the same incarnation goes on").isTrue();
  }

  @Test
  void aRenewalIsDueAnIntervalAfterTheLastAndSoonerAfterOneInDoubt() {
    AgentScript script = new AgentScript().byHand(Answer.RENEWAL).joined();
    script.renewalEnds(Outcome.ok());
    script.passes(INTERVAL.minus(TICK));
    assertThat(script.open(Renew.class)).isEmpty();
    script.passes(TICK);
    assertThat(script.open(Renew.class)).hasSize(1);
    script.renewalEnds(Outcome.unknown("no answer in time"));
    script.passes(INTERVAL.dividedBy(4).minus(TICK));
    assertThat(script.open(Renew.class)).isEmpty();
    script.passes(TICK);
    assertThat(script.open(Renew.class)).hasSize(1);
  }

  @Test
  void whileARenewalIsUnderWayNoOtherIsSent() {
    AgentScript script = new AgentScript().byHand(Answer.RENEWAL).joined();
    script.passes(INTERVAL.multipliedBy(2));
    assertThat(script.all(Renew.class)).hasSize(1);
    script.renewalEnds(Outcome.ok());
    assertThat(script.all(Renew.class)).as("the next was due long ago").hasSize(1);
    script.passes(INTERVAL);
    assertThat(script.all(Renew.class)).hasSize(2);
  }

  @Test
  void anAnswerToAnotherRenewalCountsForNothing() {
    AgentScript script = new AgentScript().byHand(Answer.RENEWAL).joined();
    Renew former = script.open(Renew.class).get(0);
    script.connection(Connection.LOST);
    script.connection(Connection.CONNECTED);
    script.renewalEnds(former, Outcome.ok());
    assertThat(script.holdsLease()).isFalse();
    script.renewalEnds(former, Outcome.failed(Outcome.Cause.EXPIRED, "the session ended"));
    assertThat(script.joinedAs()).isPresent();
  }

  @Test
  void aRefusedRenewalEndsTheIncarnationAndTheHostJoinsAnew() {
    AgentScript script = new AgentScript().byHand(Answer.RENEWAL).joined();
    script.renewalEnds(Outcome.failed(Outcome.Cause.EXPIRED, "another incarnation has joined"));
    assertThat(script.told(HaEvent.LeaseLost.class))
        .extracting(HaEvent.LeaseLost::reason)
        .containsExactly("another incarnation has joined");
    assertThat(script.told(HaEvent.HostJoined.class)).hasSize(2);
    assertThat(script.joinedAs()).contains(new Incarnation(8));
  }
}
