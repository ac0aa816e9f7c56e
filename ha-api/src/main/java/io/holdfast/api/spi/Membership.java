package io.holdfast.api.spi;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Names;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Who is in the cluster, and who leads it. Called from several threads at once.
 *
 * <p><b>Guarantees asked for:</b>
 *
 * <ul>
 *   <li>Incarnations of a host and epochs of the cluster only ever grow, across restarts of
 *       everything.
 *   <li>{@link #renew} is {@code Done} only for a renewal that was committed by a majority (or
 *       whatever makes the implementation's writes durable), never for a mere ping.
 *   <li>{@link #observe} is linearizable: it returns a state at least as new as every write that
 *       was acknowledged before it was called; a replica cut off from the majority answers {@code
 *       Unknown}.
 *   <li>At most one candidate holds the current epoch; {@link StateStore} refuses writes of others.
 * </ul>
 *
 * <p><b>Not asked for:</b> that a deposed controller learns so at once, or that a dead host's
 * session goes away at any certain time. Nothing that is safe depends on either.
 */
public interface Membership extends AutoCloseable {

  /**
   * What is recorded of a host's lease. The observer measures time on its own clock, from when it
   * saw the record change.
   *
   * @param incarnation the incarnation that wrote it
   * @param sequence that of the last renewal; 0 when the host has joined and not renewed yet
   * @param sessionPresent false once the host has left or its session has ended; a hint, never
   *     evidence
   */
  record Lease(HostId host, Incarnation incarnation, long sequence, boolean sessionPresent) {}

  /** The answer to a candidacy. */
  sealed interface Election {
    /** This candidate leads with the epoch given. */
    record Elected(Epoch epoch) implements Election {}

    /**
     * Somebody leads.
     *
     * @param leader the candidate's name, as it gave it
     */
    record LedBy(String leader, Epoch epoch) implements Election {}
  }

  /** The connection to the coordination service. */
  enum Connection {
    /** Working. */
    CONNECTED,
    /** Interrupted: start nothing new. */
    SUSPENDED,
    /** The session is gone: everything cached is void, incarnations and epochs held here too. */
    LOST
  }

  /** Told of the connection, on a thread of the implementation; must not block. */
  @FunctionalInterface
  interface ConnectionListener {
    void onConnection(Connection connection);
  }

  /**
   * Told that something may have changed, on a thread of the implementation; must not block. Calls
   * may be merged and repeated, and changes during a disconnection are not told: after {@link
   * Connection#CONNECTED} everything is to be read again.
   */
  interface Listener extends ConnectionListener {
    /** The lease was read anew; the latest state is passed, states in between may be skipped. */
    void onLease(Lease lease);

    /** The controller's place may have become free, or been taken. */
    void onControllerChanged();

    /** For implementations: a listener that passes on the connection alone. */
    static Listener connectionOnly(ConnectionListener listener) {
      return new Listener() {
        @Override
        public void onLease(Lease lease) {
          // Not asked for.
        }

        @Override
        public void onControllerChanged() {
          // Not asked for.
        }

        @Override
        public void onConnection(Connection connection) {
          listener.onConnection(connection);
        }
      };
    }
  }

  /**
   * Joins as this host, with a new incarnation, ending the former one of the same host (also that
   * of another process: the host's own lock on its state directory keeps two agents apart).
   */
  Outcome<Incarnation> join(HostId host, Duration timeout);

  /**
   * Renews the lease. The caller counts its validity from <em>before</em> this call.
   *
   * @param sequence greater than that of the last renewal
   * @return {@code Failed} with {@link Outcome.Cause#EXPIRED} when this incarnation has ended
   */
  Outcome<Ack> renew(HostId host, Incarnation incarnation, long sequence, Duration timeout);

  /**
   * Leaves in an orderly way: the session ends at once. {@code Done} also when this incarnation had
   * ended before; a later one is left alone.
   */
  Outcome<Ack> leave(HostId host, Incarnation incarnation, Duration timeout);

  /** The host's lease as of now, linearizable; empty if it never joined. */
  Outcome<Optional<Lease>> observe(HostId host, Duration timeout);

  /** All leases, as new as a local replica has them. */
  Outcome<List<Lease>> observeAll(Duration timeout);

  /**
   * Tries to become the controller. A candidate that already leads through this object is told its
   * epoch again, if it still does by a linearizable read that began after this call: one that has
   * stood still asks so whether it was deposed meanwhile.
   *
   * @param candidate a name for people, 1 to 64 letters, digits, {@code . _ -}, the first a letter
   *     or digit
   * @return {@code Unknown} when it may have been elected: {@link #resign} before trying again
   */
  Outcome<Election> campaign(String candidate, Duration timeout);

  /**
   * Becomes the controller in place of one that is believed dead, without waiting for its session
   * to end. Safe whether or not the belief is true: the change of the epoch and of the place are
   * one transaction, and a controller that lives is merely deposed, its later commits refused.
   *
   * @param candidate as for {@link #campaign}
   * @param deposed the epoch of the controller to replace
   * @return {@code Elected}, also when the place had become free or this candidate holds it through
   *     this object; {@code LedBy} when somebody else leads with another epoch by now; {@code
   *     Failed} with {@link Outcome.Cause#CONFLICT} when the epoch is another and nobody leads;
   *     {@code Unknown} as for {@link #campaign}
   */
  Outcome<Election> takeOver(String candidate, Epoch deposed, Duration timeout);

  /**
   * Gives the controller's place up if it is held through this object; {@code Done} if it is not.
   */
  Outcome<Ack> resign(Duration timeout);

  /** Feeds leases, changes of the controller and of the connection from now on. */
  Subscription subscribe(Listener listener);

  /**
   * Feeds changes of the connection alone, and costs the service nothing: for agents, which are
   * many and need not know of each other.
   */
  Subscription subscribeToConnection(ConnectionListener listener);

  /** Ends the session and all feeds. Leases and records stay. */
  @Override
  void close();

  /**
   * Refuses a candidate's name that breaks the rule of {@link #campaign}.
   *
   * @return the name
   * @throws InvalidConfigException if it breaks it
   */
  static String requireCandidate(String candidate) {
    return Names.check("candidate", candidate);
  }
}
