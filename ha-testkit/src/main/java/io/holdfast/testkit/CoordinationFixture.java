package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;

/**
 * What {@link MembershipContract} and {@link StateStoreContract} need from an implementer: how to
 * connect a client, and how to do harm to it and to the service.
 *
 * <p>Each test starts from an empty service of its own, so also make one in a {@code @BeforeEach}.
 * The hooks that do faults are optional. One that cannot be done is left alone, or overridden with
 * {@code unsupported("because ...")}: its tests are then reported as skipped, with the reason.
 */
public abstract class CoordinationFixture implements CoordinationRules {

  /**
   * One client of the service with a session of its own, as one node of a cluster would have.
   *
   * @param store absent where a {@link Membership} alone is checked
   */
  public record Client(Membership membership, Optional<StateStore> store) {
    /** The epochs that {@code stateStore} checks are those of {@code membership}. */
    public Client(Membership membership, StateStore stateStore) {
      this(membership, Optional.of(stateStore));
    }

    /** A client of a {@link Membership} that comes without a store. */
    public static Client of(Membership membership) {
      return new Client(membership, Optional.empty());
    }

    /**
     * The store of a client that has one.
     *
     * @throws IllegalStateException if it has none
     */
    public StateStore stateStore() {
      return store.orElseThrow(() -> new IllegalStateException("this client has no store"));
    }
  }

  private final List<Client> clients = new ArrayList<>();

  /** A new connection to the service of this test, independent of all others. */
  protected abstract Client connect() throws Exception;

  /** Ends the client's session as its time-out would, and returns when the service has done so. */
  @Override
  public void expireSession(Client client) throws Exception {
    unsupported("expireSession is not overridden");
  }

  /** Cuts the client off from the service. Others are not affected. */
  @Override
  public void cut(Client client) throws Exception {
    unsupported("cut is not overridden");
  }

  /** Ends {@link #cut}. Returns at once; the client finds its way back by itself. */
  @Override
  public void restore(Client client) throws Exception {
    unsupported("restore is not overridden");
  }

  /** Stops the service, all of it, and starts it again with what it had stored. */
  @Override
  public void restartService() throws Exception {
    unsupported("restartService is not overridden");
  }

  /** Has the client's next commit carried out and its answer lost. */
  @Override
  public void loseNextAnswer(Client client) throws Exception {
    unsupported("loseNextAnswer is not overridden");
  }

  /** Has the client's next commit lost on its way. */
  @Override
  public void loseNextCommit(Client client) throws Exception {
    unsupported("loseNextCommit is not overridden");
  }

  /** How long a call may take when nothing is wrong. */
  @Override
  public Duration timeout() {
    return Duration.ofSeconds(30);
  }

  /** How long news, reconnections and the end of a session may take. */
  @Override
  public Duration patience() {
    return Duration.ofSeconds(60);
  }

  /** Skips the test, with the reason. */
  protected static void unsupported(String reason) {
    Assumptions.abort("not supported here: " + reason);
  }

  @AfterEach
  final void closeClients() {
    for (Client client : clients) {
      client.store().ifPresent(StateStore::close);
      client.membership().close();
    }
    clients.clear();
  }

  /** A new connection that is closed after the test. */
  @Override
  public final Client newClient() throws Exception {
    Client client = connect();
    synchronized (clients) {
      clients.add(client);
    }
    return client;
  }

  /** The value of a call that must have worked. */
  protected static <T> T done(Outcome<T> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<T>) outcome).value();
  }

  protected static void assertFailed(Outcome<?> outcome, Outcome.Cause cause) {
    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    assertThat(((Outcome.Failed<?>) outcome).cause()).as("%s", outcome).isEqualTo(cause);
  }

  /** Repeats a call while its outcome is unknown, as after a reconnection. */
  @Override
  public final <T> T eventuallyDone(Callable<Outcome<T>> call) throws Exception {
    long deadline = System.nanoTime() + patience().toNanos();
    Outcome<T> outcome = call.call();
    while (!outcome.isDone() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      outcome = call.call();
    }
    return done(outcome);
  }

  /** Waits for what is true sooner or later. */
  @Override
  public final void eventually(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience().toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as("waited for: " + what).isNegative();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** Runs all at the same time and gives their results in order. */
  @Override
  public final <T> List<T> atOnce(List<Callable<T>> calls) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(calls.size());
    try {
      CyclicBarrier start = new CyclicBarrier(calls.size());
      List<Future<T>> futures = new ArrayList<>();
      for (Callable<T> call : calls) {
        futures.add(
            threads.submit(
                () -> {
                  start.await(patience().toMillis(), TimeUnit.MILLISECONDS);
                  return call.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(3 * patience().toMillis(), TimeUnit.MILLISECONDS));
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }
}
