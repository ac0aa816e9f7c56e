package io.holdfast.engine.sim;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One node's connection to an {@link InMemoryCoordination}, and the faults that can be done to it.
 * Its two clients share one session: closing {@link #membership} ends it, and {@link #stateStore}
 * is then closed too. Safe for use by several threads.
 */
public final class InMemoryConnection {

  /** The calls that a fault can be injected into. */
  public enum Call {
    JOIN,
    RENEW,
    LEAVE,
    OBSERVE,
    OBSERVE_ALL,
    CAMPAIGN,
    TAKE_OVER,
    RESIGN,
    READ,
    READ_ALL,
    COMMIT
  }

  /** What can happen to a call; the caller gets {@code Unknown} from either. */
  public enum Fault {
    /** It never reaches the service. */
    REQUEST_LOST,
    /** The service carries it out, and the answer is lost. */
    ANSWER_LOST
  }

  private final InMemoryCoordination service;
  private final String name;
  private final OrderedDelivery delivery;
  private final InMemoryMembership membership;
  private final InMemoryStateStore stateStore;

  // Guarded by the service, as all of a connection's state.
  private final Map<Call, Queue<Fault>> faults = new EnumMap<>(Call.class);
  private InMemoryCoordination.Session session = new InMemoryCoordination.Session();
  private boolean cut;

  /** What happens to every call while the network carries in one direction only. */
  private @Nullable Fault always;

  private boolean closed;
  private boolean answersReads = true;
  private boolean answersWrites = true;

  InMemoryConnection(InMemoryCoordination service, String name, OrderedDelivery delivery) {
    this.service = service;
    this.name = name;
    this.delivery = delivery;
    this.membership = new InMemoryMembership(this, service);
    this.stateStore = new InMemoryStateStore(this, service);
  }

  /** The service as this client sees it; always the same object. */
  public Membership membership() {
    return membership;
  }

  /** The records as this client sees them; always the same object. */
  public StateStore stateStore() {
    return stateStore;
  }

  /**
   * Cuts this client off: its calls answer {@code Unknown} and it is told of nothing but {@link
   * Connection#SUSPENDED}. The session lives on until {@link #expireSession}.
   */
  public void cutOff() {
    act(
        () -> {
          if (!cut) {
            tellConnection(Connection.SUSPENDED);
            cut = true;
          }
        });
  }

  /**
   * The network carries in one direction only: this happens to every call from now on, and where
   * answers are lost nothing else is told either. Nobody notices: the connection seems to be there
   * until {@link #cutOff} or {@link #restore}.
   */
  public void oneWay(Fault always) {
    act(() -> this.always = always);
  }

  /**
   * Ends {@link #cutOff} and {@link #oneWay}: a connection is made anew. What changed meanwhile is
   * not told.
   */
  public void restore() {
    act(
        () -> {
          if (!cut && always != null) {
            tellConnection(Connection.SUSPENDED);
            cut = true;
          }
          always = null;
          if (cut) {
            cut = false;
            tellConnection(Connection.CONNECTED);
            stateStore.tellResync(delivery);
          }
        });
  }

  /**
   * Ends the session as its time-out would: incarnations and the controller's place held by it are
   * gone. Listeners are told {@link Connection#LOST} at once, and {@link Connection#CONNECTED} with
   * a new session as soon as the service can be reached.
   */
  public void expireSession() {
    act(
        () -> {
          tellConnection(Connection.LOST);
          service.end(session);
          session = new InMemoryCoordination.Session();
          if (closed) {
            service.forget(this);
          } else if (!cut) {
            tellConnection(Connection.CONNECTED);
            stateStore.tellResync(delivery);
          }
        });
  }

  /** Whether calls that read or write records are answered from now on; leases are untouched. */
  public void answer(boolean reads, boolean writes) {
    act(
        () -> {
          answersReads = reads;
          answersWrites = writes;
        });
  }

  private boolean isAnswered(Call call) {
    return switch (call) {
      case READ, READ_ALL -> answersReads;
      case COMMIT -> answersWrites;
      case JOIN, RENEW, LEAVE, OBSERVE, OBSERVE_ALL, CAMPAIGN, TAKE_OVER, RESIGN -> true;
    };
  }

  /** Has the fault happen to the next call of this kind; several are used up one after another. */
  public void inject(Call call, Fault fault) {
    act(() -> faults.computeIfAbsent(call, c -> new ArrayDeque<>()).add(fault));
  }

  /** Carries the next commit out and loses its answer. */
  public void loseNextAnswer() {
    inject(Call.COMMIT, Fault.ANSWER_LOST);
  }

  /** Loses the next commit on its way to the service. */
  public void loseNextCommit() {
    inject(Call.COMMIT, Fault.REQUEST_LOST);
  }

  /** The connection's name. */
  @Override
  public String toString() {
    return name;
  }

  InMemoryCoordination.Session session() {
    return session;
  }

  /** Makes a call, through the faults that are on its way. */
  <T> Outcome<T> call(Call call, Supplier<Outcome<T>> step) {
    return service.transact(
        () -> {
          if (closed) {
            return Outcome.failed(Cause.ERROR, "the connection is closed");
          }
          if (cut) {
            return Outcome.unknown("cut off from the coordination service");
          }
          if (!isAnswered(call)) {
            return Outcome.unknown("the store does not answer");
          }
          Queue<Fault> waiting = faults.get(call);
          @Nullable Fault next = waiting == null ? null : waiting.poll();
          @Nullable Fault fault = always == null ? next : always;
          if (fault == Fault.REQUEST_LOST) {
            return Outcome.unknown("the request was lost");
          }
          Outcome<T> outcome = step.get();
          return fault == Fault.ANSWER_LOST ? Outcome.unknown("the answer was lost") : outcome;
        });
  }

  /** Ends the session, unless the service cannot be reached: then it must expire. */
  void close() {
    act(
        () -> {
          if (closed) {
            return;
          }
          closed = true;
          if (!cut) {
            service.end(session);
            service.forget(this);
          }
        });
    // Outside the step: a callback that is running may need the service to finish.
    membership.closeFeeds();
    stateStore.closeFeeds();
  }

  private boolean hears() {
    return !cut && always != Fault.ANSWER_LOST;
  }

  void tellLease(Lease lease) {
    if (hears()) {
      membership.tell(delivery, listener -> listener.onLease(lease));
    }
  }

  void tellControllerChanged() {
    if (hears()) {
      membership.tell(delivery, Membership.Listener::onControllerChanged);
    }
  }

  void tellDirty(StateStore.Key key) {
    if (hears()) {
      stateStore.tellDirty(delivery, key);
    }
  }

  void flush() {
    delivery.flush();
  }

  private void tellConnection(Connection state) {
    membership.tellConnection(delivery, state);
  }

  private void act(Runnable step) {
    service.transact(
        () -> {
          step.run();
          return true;
        });
  }
}
