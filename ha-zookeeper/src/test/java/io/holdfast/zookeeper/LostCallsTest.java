package io.holdfast.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.testkit.CoordinationFixture.Client;
import io.holdfast.zookeeper.TcpProxy.Loss;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One transaction, or its answer, is lost together with the connection. */
class LostCallsTest {
  @RegisterExtension private static final ZooKeeperFixture fixture = new ZooKeeperFixture();

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final HostId HOST = new HostId("h1");

  private final List<Client> clients = new ArrayList<>();

  @AfterEach
  void closeClients() {
    clients.forEach(client -> client.membership().close());
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void anElectionIsResolvedByLookingAgain(Loss loss) throws Exception {
    Client a = connect();
    Client b = connect();
    loseSecondTransaction(a, loss); // The first asks a majority who leads.
    Epoch epoch = elected(a.membership().campaign("a", TIMEOUT));
    // Elected once, not twice: the candidacy whose answer was lost is the one that counts.
    assertThat(epoch).isEqualTo(new Epoch(1));
    assertThat(done(b.membership().campaign("b", TIMEOUT)))
        .isEqualTo(new Election.LedBy("a", epoch));
    loseSecondTransaction(b, loss);
    assertThat(elected(b.membership().takeOver("b", epoch, TIMEOUT))).isEqualTo(new Epoch(2));
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void aLostRenewalIsMadeAgainOverTheNextConnection(Loss loss) throws Exception {
    Client client = connect();
    Membership membership = client.membership();
    Incarnation incarnation = done(membership.join(HOST, TIMEOUT));
    fixture.lose(client, loss);
    assertThat(membership.renew(HOST, incarnation, 1, TIMEOUT)).isEqualTo(Outcome.ok());
    assertThat(membership.renew(HOST, incarnation, 2, TIMEOUT)).isEqualTo(Outcome.ok());
    assertThat(done(membership.observe(HOST, TIMEOUT)))
        .hasValue(new Membership.Lease(HOST, incarnation, 2, true));
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void aRenewalThatRanOutOfTimeLeavesTheIncarnationAsItWas(Loss loss) throws Exception {
    Client client = connect();
    Membership membership = client.membership();
    Incarnation incarnation = done(membership.join(HOST, TIMEOUT));
    fixture.loseAndCut(client, loss);
    Duration brief = Duration.ofMillis(500);
    assertThat(membership.renew(HOST, incarnation, 1, brief)).isInstanceOf(Outcome.Unknown.class);
    fixture.restore(client);
    assertThat(membership.renew(HOST, incarnation, 2, TIMEOUT)).isEqualTo(Outcome.ok());
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void aLostJoinIsUnknownAndTheNextOneIsGreater(Loss loss) throws Exception {
    Client client = connect();
    Membership membership = client.membership();
    Incarnation first = done(membership.join(HOST, TIMEOUT));
    fixture.lose(client, loss);
    assertThat(membership.join(HOST, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    Incarnation left = done(membership.observe(HOST, TIMEOUT)).orElseThrow().incarnation();
    assertThat(left.equals(first)).isEqualTo(loss == Loss.REQUEST);
    Incarnation next = done(membership.join(HOST, TIMEOUT));
    assertThat(next).isGreaterThan(left);
    assertThat(membership.renew(HOST, next, 1, TIMEOUT)).isEqualTo(Outcome.ok());
  }

  @Test
  void aCandidateWhoseSessionEndedMayCampaignAgainAtOnce() throws Exception {
    Client a = connect();
    Epoch first = elected(a.membership().campaign("a", TIMEOUT));
    // The client gives its session up; the servers have not heard of that.
    fixture.ensemble().abandonSession(fixture.coordination(a));
    Epoch second = elected(a.membership().campaign("a", TIMEOUT));
    assertThat(second).isEqualTo(new Epoch(first.value() + 1));
  }

  private Client connect() throws Exception {
    Client client = fixture.connect();
    clients.add(client);
    return client;
  }

  private void loseSecondTransaction(Client client, Loss loss) {
    fixture.lose(client, loss);
    fixture.proxy(client).spare(1);
  }

  private static Epoch elected(Outcome<Election> outcome) {
    assertThat(done(outcome)).isInstanceOf(Election.Elected.class);
    return ((Election.Elected) done(outcome)).epoch();
  }

  private static <T> T done(Outcome<T> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<T>) outcome).value();
  }
}
