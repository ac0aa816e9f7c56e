package io.holdfast.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Servers of the ensemble die and return while a host renews its lease and a controller commits.
 */
class ServersKilledTest {
  /** Brief, so that what a dead server owes holds nobody up. */
  private static final Duration TIMEOUT = Duration.ofMillis(500);

  private static final Duration PLENTY = Duration.ofSeconds(30);
  private static final HostId HOST = new HostId("h1");
  private static final StateStore.Key KEY = new StateStore.Key(Table.PLACEMENT, "vm:1");

  private final AtomicLong renewed = new AtomicLong();
  private final AtomicLong committed = new AtomicLong();
  private volatile boolean stop;

  @Test
  void neitherLeaderNorFollowerIsMissedForLong() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try (Ensemble ensemble = new Ensemble();
        ZooKeeperCoordination host = connect(ensemble);
        ZooKeeperCoordination controller = connect(ensemble)) {
      Incarnation incarnation = done(host.membership().join(HOST, PLENTY));
      Election election = done(controller.membership().campaign("c", PLENTY));
      Epoch epoch = ((Election.Elected) election).epoch();
      Future<Long> renewing = threads.submit(renewals(host.membership(), incarnation));
      Future<Long> committing = threads.submit(commits(controller.stateStore(), epoch));
      progress();
      for (boolean leader : new boolean[] {false, true}) {
        int victim = leader ? ensemble.leader() : ensemble.follower();
        ensemble.kill(victim);
        progress();
        ensemble.restart(victim);
        ensemble.awaitServing();
        progress();
      }
      stop = true;
      long lastRenewal = renewing.get(60, TimeUnit.SECONDS);
      long lastCommit = committing.get(60, TimeUnit.SECONDS);
      // The session, the incarnation and the epoch outlived it all, and no answer was a lie.
      Membership.Lease lease = done(controller.membership().observe(HOST, PLENTY)).orElseThrow();
      assertThat(lease.incarnation()).isEqualTo(incarnation);
      assertThat(lease.sequence()).isGreaterThanOrEqualTo(lastRenewal);
      assertThat(lease.sessionPresent()).isTrue();
      assertThat(done(controller.stateStore().read(KEY, PLENTY)))
          .hasValueSatisfying(
              s -> assertThat(Long.parseLong(s.value())).isGreaterThanOrEqualTo(lastCommit));
    } finally {
      stop = true;
      threads.shutdownNow();
    }
  }

  @Test
  void withoutAMajorityNothingIsKnown() throws Exception {
    try (Ensemble ensemble = new Ensemble();
        ZooKeeperCoordination client = connect(ensemble)) {
      Incarnation incarnation = done(client.membership().join(HOST, PLENTY));
      ensemble.kill(0);
      ensemble.kill(1);
      Duration brief = Duration.ofMillis(300);
      assertThat(client.membership().observe(HOST, brief)).isInstanceOf(Outcome.Unknown.class);
      assertThat(client.membership().renew(HOST, incarnation, 1, brief))
          .isInstanceOf(Outcome.Unknown.class);
      assertThat(commit(client.stateStore(), Optional.empty(), "x", brief))
          .isInstanceOf(Outcome.Unknown.class);
      ensemble.restart(0);
      ensemble.restart(1);
      ensemble.awaitServing();
      Ensemble.await(
          "an answer", () -> client.membership().observe(HOST, Duration.ofSeconds(1)).isDone());
    }
  }

  /** Waits until both have gone on, several times. */
  private void progress() {
    long renewals = renewed.get() + 5;
    long commits = committed.get() + 5;
    Ensemble.await("renewals", () -> renewed.get() >= renewals);
    Ensemble.await("commits", () -> committed.get() >= commits);
  }

  private Callable<Long> renewals(Membership membership, Incarnation incarnation) {
    return () -> {
      long last = 0;
      for (long sequence = 1; !stop; sequence++) {
        Outcome<Ack> outcome = membership.renew(HOST, incarnation, sequence, TIMEOUT);
        assertThat(outcome).isNotInstanceOf(Outcome.Failed.class);
        if (outcome.isDone()) {
          last = sequence;
          renewed.incrementAndGet();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
      return last;
    };
  }

  private Callable<Long> commits(StateStore store, Epoch epoch) {
    return () -> {
      long last = 0;
      for (long value = 1; !stop; value++) {
        Outcome<Ack> outcome = commit(store, Optional.of(epoch), Long.toString(value), TIMEOUT);
        assertThat(outcome).isNotInstanceOf(Outcome.Failed.class);
        if (outcome.isDone()) {
          last = value;
          committed.incrementAndGet();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
      return last;
    };
  }

  private static Outcome<Ack> commit(
      StateStore store, Optional<Epoch> guard, String value, Duration timeout) {
    return store.commit(guard, List.of(Write.put(KEY, value)), timeout);
  }

  private static ZooKeeperCoordination connect(Ensemble ensemble) {
    return ZooKeeperCoordination.builder(ensemble.connectString() + "/killed")
        .sessionTimeout(Ensemble.LONG_SESSION)
        .build();
  }

  private static <T> T done(Outcome<T> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<T>) outcome).value();
  }
}
