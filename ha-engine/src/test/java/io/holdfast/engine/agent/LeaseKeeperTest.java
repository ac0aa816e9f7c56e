package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.StopReason;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.agent.AgentEffect.Join;
import io.holdfast.engine.agent.AgentEffect.Publish;
import io.holdfast.engine.agent.AgentEffect.ReadIntent;
import io.holdfast.engine.agent.AgentEffect.Renew;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.List;
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
    assertThat(script.lastReport().again()).as("it has never joined before").isFalse();
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
    script.noLongerByHand(Answer.JOIN);
    assertThat(script.lastReport().again()).as("it has never joined before").isFalse();
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

  @Test
  void whoeverJoinsOnceMoreSaysSo() {
    AgentScript script = new AgentScript().joined();
    assertThat(script.lastReport().again()).isFalse();
    script.connection(Connection.LOST);
    script.connection(Connection.CONNECTED);
    assertThat(script.lastReport().again()).isTrue();
  }

  @Test
  void aRenewalThatIsAcknowledgedTooLateIsNoLease() {
    AgentScript script = AgentScript.withWatchdog().byHand(Answer.RENEWAL).joined();
    script.passes(TIMINGS.leaseValidity());
    script.renewalIsLate(TIMINGS.leaseValidity());
    assertThat(script.holdsLease()).isFalse();
    assertThat(script.told(HaEvent.LeaseLost.class)).as("it never had one").isEmpty();
  }

  @Test
  void anAnswerToAnotherRenewalEndsNoOrder() {
    AgentScript script = new AgentScript().joined().byHand(Answer.RENEWAL);
    script.passes(INTERVAL);
    Renew former = script.open(Renew.class).get(0);
    script.connection(Connection.LOST);
    script.connection(Connection.CONNECTED);
    script.noLongerByHand(Answer.RENEWAL);
    script.running("vm:1");
    script.renewalEnds(former, Outcome.failed(Outcome.Cause.EXPIRED, "the session ended"));
    script.said(new HypervisorEvent.Reconnected());
    assertThat(script.joinedAs()).isPresent();
    assertThat(script.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void anInterruptedConnectionBeginsNoOrderAnew() {
    AgentScript script = new AgentScript().joined().running("vm:1");
    script.stopsByItself("vm:1", StopReason.CRASHED);
    script.passes(Duration.ofSeconds(3));
    script.startEnds(Outcome.ok());
    script.connection(Connection.SUSPENDED);
    assertThat(script.condition("vm:1")).isEqualTo(Condition.RUNNING);
    script.connection(Connection.CONNECTED);
    assertThat(script.reported("vm:1").restarts()).isEqualTo(1);
  }

  @Test
  void beforeAnythingElseTheLeaseIsSeenTo() {
    AgentScript script = new AgentScript().byHand(Answer.values()).joined();
    script.joinEnds(Outcome.done(new Incarnation(9)));
    assertThat(requests(script)).startsWith(Join.class, Renew.class);
    script.connection(Connection.SUSPENDED);
    script.passes(INTERVAL);
    script.renewalEnds(Outcome.unknown("cut off"));
    int before = requests(script).size();
    script.connection(Connection.CONNECTED);
    assertThat(requests(script).subList(before, before + 2))
        .containsExactly(Renew.class, ReadIntent.class);
  }

  private static List<Class<?>> requests(AgentScript script) {
    return script.emitted.stream()
        .filter(effect -> !(effect instanceof Publish))
        .<Class<?>>map(Object::getClass)
        .toList();
  }

  @Test
  void whoeverHasLeftHoldsNoLease() {
    AgentScript script = new AgentScript().joined();
    assertThat(script.holdsLease()).isTrue();
    script.step(new AgentEvent.CloseRequested(0));
    assertThat(script.holdsLease()).isFalse();
    assertThat(script.joinedAs()).isEmpty();
  }
}
