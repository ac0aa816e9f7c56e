package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryConnection.Call;
import io.holdfast.engine.sim.InMemoryConnection.Fault;
import io.holdfast.engine.sim.InMemoryCoordination;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** The faults that can be done to the in-memory service, as the simulator does them. */
class InMemoryFaultsTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final HostId HOST = new HostId("h1");
  private static final StateStore.Key KEY = new StateStore.Key(Table.FENCE, "h1");

  private final Queue<Runnable> callbacks = new ArrayDeque<>();
  private final InMemoryCoordination service = new InMemoryCoordination(callbacks::add);
  private final InMemoryConnection a = service.connect("a");
  private final InMemoryConnection b = service.connect("b");
  private final MembershipRecorder heard = new MembershipRecorder();

  @Test
  void callbacksWaitForTheExecutorAndKeepTheirOrder() {
    b.membership().subscribe(heard);
    Incarnation incarnation = join(a);
    a.membership().renew(HOST, incarnation, 1, TIMEOUT);
    a.membership().campaign("a", TIMEOUT);
    assertThat(heard.news()).isEmpty();
    runCallbacks();
    assertThat(heard.news())
        .containsExactly(
            new Lease(HOST, incarnation, 0, true),
            new Lease(HOST, incarnation, 1, true),
            MembershipRecorder.CONTROLLER_CHANGED);
  }

  @Test
  void whoIsCutOffHearsNothingButThatAndKeepsItsSession() {
    b.membership().subscribe(heard);
    Incarnation incarnation = join(b);
    runCallbacks();
    heard.clear();
    b.cutOff();
    b.cutOff();
    join(a);
    runCallbacks();
    assertThat(heard.news()).containsExactly(Connection.SUSPENDED);
    assertThat(b.membership().observeAll(TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    heard.clear();
    b.restore();
    b.restore();
    runCallbacks();
    assertThat(heard.news()).containsExactly(Connection.CONNECTED);
    assertThat(b.membership().renew(HOST, incarnation, 1, TIMEOUT))
        .isInstanceOf(Outcome.Failed.class);
  }

  @Test
  void aSessionMayExpireWhileItsClientIsCutOff() {
    a.membership().subscribe(heard);
    Incarnation incarnation = join(a);
    a.membership().campaign("a", TIMEOUT);
    a.cutOff();
    runCallbacks();
    heard.clear();
    a.expireSession();
    runCallbacks();
    assertThat(heard.news()).containsExactly(Connection.LOST);
    assertThat(service.leases()).containsExactly(new Lease(HOST, incarnation, 0, false));
    assertThat(b.membership().campaign("b", TIMEOUT))
        .isEqualTo(Outcome.done(new Election.Elected(new Epoch(2))));
    a.restore();
    assertThat(a.membership().campaign("a", TIMEOUT))
        .isEqualTo(Outcome.done(new Election.LedBy("b", new Epoch(2))));
    assertThat(a.membership().join(HOST, TIMEOUT))
        .isEqualTo(Outcome.done(new Incarnation(incarnation.value() + 1)));
  }

  @Test
  void aClientThatClosesWhileCutOffLeavesItsSessionToExpire() {
    join(a);
    a.cutOff();
    a.membership().close();
    assertThat(service.leases()).allMatch(Lease::sessionPresent);
    a.expireSession();
    assertThat(service.leases()).noneMatch(Lease::sessionPresent);
    assertThat(service.connections()).containsExactly(b);
  }

  @Test
  void anyCallCanBeLostEitherWay() {
    a.inject(Call.JOIN, Fault.REQUEST_LOST);
    a.inject(Call.JOIN, Fault.ANSWER_LOST);
    assertThat(a.membership().join(HOST, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(service.leases()).isEmpty();
    assertThat(a.membership().join(HOST, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(service.leases()).hasSize(1);
    a.inject(Call.CAMPAIGN, Fault.ANSWER_LOST);
    assertThat(a.membership().campaign("a", TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(service.epoch()).isEqualTo(new Epoch(1));
    a.membership().resign(TIMEOUT);
    assertThat(b.membership().campaign("b", TIMEOUT))
        .isEqualTo(Outcome.done(new Election.Elected(new Epoch(2))));
  }

  @Test
  void faultsAreOfTheConnectionTheyWereDoneTo() {
    a.loseNextCommit();
    assertThat(put(b, "b").isDone()).isTrue();
    assertThat(put(a, "a")).isInstanceOf(Outcome.Unknown.class);
    assertThat(service.stored()).extracting(StateStore.Stored::value).containsExactly("b");
    assertThat(put(a, "a").isDone()).isTrue();
    assertThat(service.stored()).extracting(StateStore.Stored::value).containsExactly("a");
  }

  @Test
  void limitsAreSettings() {
    InMemoryCoordination small =
        new InMemoryCoordination(Runnable::run, new InMemoryCoordination.Limits(4, 100, 8));
    InMemoryConnection client = small.connect("c");
    assertThat(put(client, "1234").isDone()).isTrue();
    assertThat(put(client, "12345"))
        .isInstanceOfSatisfying(
            Outcome.Failed.class, f -> assertThat(f.cause()).isEqualTo(Outcome.Cause.TOO_LARGE));
    Assertions.assertThatThrownBy(() -> new InMemoryCoordination.Limits(4, 99, 8))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("limits.maxWritesPerCommit: found 99");
  }

  private Outcome<Outcome.Ack> put(InMemoryConnection connection, String value) {
    return connection
        .stateStore()
        .commit(Optional.empty(), List.of(Write.put(KEY, value)), TIMEOUT);
  }

  private static Incarnation join(InMemoryConnection connection) {
    return ((Outcome.Done<Incarnation>) connection.membership().join(HOST, TIMEOUT)).value();
  }

  private void runCallbacks() {
    for (Runnable next = callbacks.poll(); next != null; next = callbacks.poll()) {
      next.run();
    }
  }
}
