package io.holdfast.libvirt;

import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.OptionalLong;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;

/**
 * Calls to this host's libvirt daemon, each bounded in time and on a connection that it has for
 * itself.
 */
final class Daemon implements AutoCloseable {
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** What is done on a connection; an exception means that nothing is known about the effect. */
  @FunctionalInterface
  interface LinkCall<T> {
    Outcome<T> on(Connect connection) throws LibvirtException;
  }

  private final NativeCalls calls;
  private final LinkPool pool;
  private final Connector connector;
  private final Mutations mutations = new Mutations();

  Daemon(LibvirtConfig config, EventFeed feed) {
    calls = new NativeCalls("holdfast-libvirt-call-" + config.kind(), config.mostCalls());
    pool = new LinkPool(config);
    connector = new Connector(config, feed, pool);
    connector.start();
  }

  /** Which workloads have calls under way that change them. */
  Mutations mutations() {
    return mutations;
  }

  Connector connector() {
    return connector;
  }

  OptionalLong connectedSince() {
    return connector.connectedSince();
  }

  /** A call that may change the workload, known as such until it has truly ended. */
  <T> Outcome<T> mutate(String what, WorkloadId workload, Deadline deadline, LinkCall<T> body) {
    mutations.begin(workload);
    return call(what + " " + workload, deadline, body, () -> mutations.end(workload));
  }

  /** A call that changes nothing. */
  <T> Outcome<T> ask(String what, Deadline deadline, LinkCall<T> body) {
    return call(what, deadline, body, () -> {});
  }

  private <T> Outcome<T> call(String what, Deadline deadline, LinkCall<T> body, Runnable ended) {
    String unreachable = connector.unreachable(deadline);
    if (unreachable != null) {
      ended.run();
      return Outcome.unknown(what + ": " + unreachable);
    }
    return calls.call(what, deadline, () -> onLink(what, body), ended);
  }

  private <T> Outcome<T> onLink(String what, LinkCall<T> body) {
    try {
      LinkPool.Lent lent = pool.borrow();
      try {
        return body.on(lent.link().connection());
      } finally {
        pool.giveBack(lent);
      }
    } catch (LibvirtException e) {
      return Outcome.unknown(what + ": " + LibvirtErrors.line(e));
    }
  }

  /** A number that grows with everything that happens. */
  long changes() {
    return connector.changes();
  }

  /** Until something has happened or it is time to look again; false if interrupted. */
  boolean awaitNews(long seen, Deadline deadline) {
    Duration left = Duration.ofNanos(deadline.nanosLeft());
    try {
      connector.awaitChange(seen, left.compareTo(LOOK_AGAIN) < 0 ? left : LOOK_AGAIN);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Leaves libvirt and what runs there alone. */
  @Override
  public void close() {
    connector.close();
    calls.close();
  }
}
