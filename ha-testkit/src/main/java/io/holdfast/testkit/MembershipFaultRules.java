package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.assertFailed;
import static io.holdfast.testkit.CoordinationFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.testkit.CoordinationFixture.Client;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Interruptions, sessions that end, and a service that starts anew. */
interface MembershipFaultRules extends MembershipRules {
  @Test
  default void aClientCutOffKnowsNothingAndSaysSoInTime() throws Exception {
    Client client = newClient();
    Membership a = client.membership();
    MembershipRecorder recorder = new MembershipRecorder();
    a.subscribe(recorder);
    Incarnation incarnation = done(a.join(H1, timeout()));
    cut(client);
    recorder.awaitConnection(Connection.SUSPENDED, patience());
    Duration brief = Duration.ofMillis(200);
    assertUnknownWithin(brief, () -> a.renew(H1, incarnation, 1, brief));
    assertUnknownWithin(brief, () -> a.observe(H1, brief));
    assertUnknownWithin(brief, () -> a.campaign("a", brief));
    recorder.clear();
    restore(client);
    recorder.awaitConnection(Connection.CONNECTED, patience());
    assertThat(eventuallyDone(() -> a.observe(H1, timeout()))).isPresent();
    recorder.clear();
    Incarnation next = eventuallyDone(() -> a.join(H1, timeout()));
    recorder.awaitLease("news again", patience(), l -> l.incarnation().equals(next));
  }

  @Test
  default void anExpiredSessionFreesWhatItHeldAndTheClientRecovers() throws Exception {
    Client client = newClient();
    Membership a = client.membership();
    Membership b = newClient().membership();
    MembershipRecorder recorder = new MembershipRecorder();
    MembershipRecorder others = new MembershipRecorder();
    a.subscribe(recorder);
    b.subscribe(others);
    Incarnation incarnation = done(a.join(H1, timeout()));
    Epoch epoch = elected(a.campaign("a", timeout()));
    expireSession(client);
    recorder.awaitConnection(Connection.LOST, patience());
    recorder.awaitConnection(Connection.CONNECTED, patience());
    others.awaitLease("the session's end", patience(), l -> !l.sessionPresent());
    assertThat(observe(b, H1)).isEqualTo(new Lease(H1, incarnation, 0, false));
    Outcome<Ack> renewed = a.renew(H1, incarnation, 1, timeout());
    assertFailed(renewed, Cause.EXPIRED);
    Epoch next = elected(b.campaign("b", timeout()));
    assertThat(next).isGreaterThan(epoch);
    assertThat(eventuallyDone(() -> a.join(H1, timeout()))).isGreaterThan(incarnation);
    assertThat(elected(a.takeOver("a", next, timeout()))).isGreaterThan(next);
  }

  @Test
  default void aRestartOfTheServiceLosesNoLeaseAndNoEpoch() throws Exception {
    Membership a = newClient().membership();
    Incarnation incarnation = done(a.join(H1, timeout()));
    done(a.renew(H1, incarnation, 4, timeout()));
    Epoch epoch = elected(a.campaign("a", timeout()));
    restartService();
    Lease lease = eventuallyDone(() -> a.observe(H1, timeout())).orElseThrow();
    assertThat(lease.incarnation()).isEqualTo(incarnation);
    assertThat(lease.sequence()).isEqualTo(4);
    Membership b = newClient().membership();
    assertThat(eventuallyDone(() -> b.join(H1, timeout()))).isGreaterThan(incarnation);
    Election election = eventuallyDone(() -> b.takeOver("b", epoch, timeout()));
    assertThat(election).isInstanceOf(Election.Elected.class);
    assertThat(((Election.Elected) election).epoch()).isGreaterThan(epoch);
  }

  private void assertUnknownWithin(Duration timeout, Supplier<Outcome<?>> call) {
    Outcome<?> outcome = Punctuality.within(timeout.plus(Duration.ofMillis(800)), call);
    assertThat(outcome).isInstanceOf(Outcome.Unknown.class);
  }
}
