package io.holdfast.libvirt;

import io.holdfast.api.Definition;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;

/**
 * Virtual machines on libvirt. A workload's name is its domain's name, its definition the domain
 * XML, from which a transient domain is made: libvirt forgets it when it ends, and nothing but
 * Holdfast starts it again. Domains that others made are listed and can be ended like any other;
 * those whose names cannot be a workload's are left out.
 *
 * <p>Holdfast does not replace libvirt's lock manager. Where virtlockd or sanlock is configured, a
 * start that it refuses ends with {@link Cause#HELD}.
 *
 * <p>Safe for use by several threads. libvirt's calls cannot be interrupted: one that is over its
 * time-out is answered with {@code Unknown} and left to end on its worker, and a later call for the
 * same workload takes it into account. A daemon that hangs is noticed by its keepalive, and {@link
 * HypervisorEvent.Disconnected} comes then; until then calls answer {@code Unknown} at their
 * time-outs.
 *
 * <p>A start whose connection broke before it was answered, because the daemon hung, may be carried
 * out when the daemon goes on. Until the domain has been seen to run, or a connection has stood for
 * the time of the keepalive and 10 seconds more, {@link #start}, {@link #stop} and {@link #destroy}
 * answer {@code Unknown} for that workload; {@code destroy} waits for it within its time-out.
 *
 * <p><b>Not guaranteed</b> is that for a daemon behind a network, which may deliver a request later
 * than that, and for a start that another process made, such as this one before it was killed. A
 * lock manager helps against both. The URI should be one of this host's own socket.
 *
 * <p>libvirt has one event loop per process, which the first hypervisor starts, on a daemon thread,
 * and all share; a process that uses this class must not run another. Errors that libvirt would
 * print to standard error are silenced. Domain XML is never logged or quoted.
 */
public final class LibvirtHypervisor implements Hypervisor {
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  @FunctionalInterface
  private interface LinkCall<T> {
    Outcome<T> on(Connect connection) throws LibvirtException;
  }

  private final LibvirtConfig config;
  private final EventFeed feed;
  private final NativeCalls calls;
  private final LinkPool pool;
  private final Connector connector;
  private final Mutations mutations = new Mutations();
  private final Doubts doubts;

  private LibvirtHypervisor(LibvirtConfig config) {
    EventLoop.start();
    this.config = config;
    this.feed = new EventFeed("holdfast-libvirt-events-" + config.kind());
    this.calls = new NativeCalls("holdfast-libvirt-call-" + config.kind(), config.mostCalls());
    this.doubts = new Doubts(config.settling());
    this.pool = new LinkPool(config);
    this.connector = new Connector(config, feed, pool);
    connector.start();
  }

  /**
   * @param uri a libvirt URI such as {@code qemu:///system}
   */
  public static Builder builder(String uri) {
    return new Builder(uri);
  }

  @Override
  public Set<String> kinds() {
    return Set.of(config.kind());
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.STOP_REASONS, Capability.GRACEFUL_STOP);
  }

  @Override
  public Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    return call("listing domains", Deadline.in(timeout), this::list, () -> {});
  }

  private Outcome<SortedMap<WorkloadId, RunState>> list(Connect connection)
      throws LibvirtException {
    SortedMap<WorkloadId, RunState> inventory = new TreeMap<>();
    Domains.active(connection)
        .forEach(
            (name, state) -> connector.workloadOf(name).ifPresent(w -> inventory.put(w, state)));
    return Outcome.done(Collections.unmodifiableSortedMap(inventory));
  }

  @Override
  public Outcome<Ack> start(WorkloadId workload, Definition definition, Duration timeout) {
    if (isForeign(workload)) {
      return foreign(workload);
    }
    Optional<String> fault = DomainXml.fault(definition, workload.name());
    if (fault.isPresent()) {
      return Outcome.failed(Cause.INVALID, fault.get());
    }
    Deadline deadline = Deadline.in(timeout);
    if (!mutations.awaitQuiet(workload, deadline)) {
      return stillUnderWay(workload);
    }
    return mutate(
        "starting", workload, deadline, connection -> startOn(connection, workload, definition));
  }

  private Outcome<Ack> startOn(Connect connection, WorkloadId workload, Definition definition)
      throws LibvirtException {
    if (inDoubt(workload)) {
      // No second request beside one in doubt: seeing the domain would not tell which of them it
      // was, and thus not end the doubt.
      if (Domains.observe(connection, workload.name()) == null) {
        return doubtful(workload);
      }
      doubts.end(workload);
    }
    return Domains.start(
        connection,
        workload.name(),
        definition.text(),
        () -> doubts.begin(workload, System.nanoTime()));
  }

  @Override
  public Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    if (isForeign(workload)) {
      return foreign(workload);
    }
    Deadline deadline = Deadline.in(timeout);
    if (!mutations.awaitQuiet(workload, deadline)) {
      return stillUnderWay(workload);
    }
    long seen = connector.changes();
    boolean doubted = inDoubt(workload);
    Outcome<Boolean> asked =
        mutate(
            "stopping",
            workload,
            deadline,
            connection -> Domains.askToShutDown(connection, workload.name()));
    if (asked.equals(Outcome.done(true))) {
      doubts.end(workload);
      return awaitGone(workload, seen, deadline);
    }
    return asked.isDone() && doubted ? doubtful(workload) : asked.map(nobody -> Ack.OK);
  }

  private Outcome<Ack> awaitGone(WorkloadId workload, long seenAtFirst, Deadline deadline) {
    long seen = seenAtFirst;
    while (!deadline.passed() && awaitNews(seen, deadline)) {
      seen = connector.changes();
      Outcome<Ack> gone = call("looking", deadline, c -> isGone(c, workload), () -> {});
      if (gone.isDone()) {
        return gone;
      }
    }
    return Outcome.unknown(workload + " was asked to shut down and may still run");
  }

  private static Outcome<Ack> isGone(Connect connection, WorkloadId workload)
      throws LibvirtException {
    return Domains.observe(connection, workload.name()) == null
        ? Outcome.ok()
        : Outcome.unknown(workload + " still runs");
  }

  @Override
  public Outcome<Ack> destroy(WorkloadId workload, Duration timeout) {
    if (isForeign(workload)) {
      return foreign(workload);
    }
    Deadline deadline = Deadline.in(timeout);
    do {
      long seen = connector.changes();
      boolean doubted = inDoubt(workload); // before looking: it may be carried out right after
      // Not after a start that hangs but into it: destroying is what may end it.
      Outcome<Boolean> gone =
          mutate(
              "destroying",
              workload,
              deadline,
              connection -> Domains.destroy(connection, workload.name()));
      if (gone.equals(Outcome.done(true)) && doubted) {
        doubts.end(workload);
        doubted = false;
      }
      // Never two: with a start under way or in doubt, "does not run" is not true for long.
      if (!gone.isDone() || (mutations.quiet(workload) && !doubted && !inDoubt(workload))) {
        return gone.map(ran -> Ack.OK);
      }
      if (!mutations.awaitQuiet(workload, deadline)) {
        return stillUnderWay(workload);
      }
      if (inDoubt(workload) && !awaitNews(seen, deadline)) {
        return doubtful(workload);
      }
    } while (!deadline.passed());
    return doubtful(workload);
  }

  /** Until something has happened or it is time to look again; false if interrupted. */
  private boolean awaitNews(long seen, Deadline deadline) {
    Duration left = Duration.ofNanos(deadline.nanosLeft());
    try {
      connector.awaitChange(seen, left.compareTo(LOOK_AGAIN) < 0 ? left : LOOK_AGAIN);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public Subscription subscribe(EventListener listener) {
    return feed.subscribe(listener);
  }

  /** Leaves libvirt and what runs there alone. Calls answer {@code Unknown} from now on. */
  @Override
  public void close() {
    connector.close();
    calls.close();
    feed.close();
  }

  private boolean isForeign(WorkloadId workload) {
    return !workload.kind().equals(config.kind());
  }

  private Outcome<Ack> foreign(WorkloadId workload) {
    return Outcome.failed(Cause.UNSUPPORTED, workload + " is not of kind " + config.kind());
  }

  private static Outcome<Ack> stillUnderWay(WorkloadId workload) {
    return Outcome.unknown("an earlier call for " + workload + " has not ended");
  }

  private boolean inDoubt(WorkloadId workload) {
    return doubts.stand(workload, connector.connectedSince(), System.nanoTime());
  }

  private static Outcome<Ack> doubtful(WorkloadId workload) {
    return Outcome.unknown(
        "an earlier start of " + workload + " was not answered and may yet come into effect");
  }

  private <T> Outcome<T> mutate(
      String what, WorkloadId workload, Deadline deadline, LinkCall<T> body) {
    mutations.begin(workload);
    return call(what + " " + workload, deadline, body, () -> mutations.end(workload));
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

  /** What can be set before a {@link LibvirtHypervisor} is made. Not safe for use by threads. */
  public static final class Builder {
    private static final int CONNECT_ATTEMPTS = 8;

    private final String uri;
    private String kind = "vm";
    private Duration keepAliveInterval = Duration.ofSeconds(5);
    private int keepAliveCount = 3;
    private Duration connectTimeout = Duration.ofSeconds(10);
    private int mostCalls = 32;
    private Duration firstPause = Duration.ofMillis(200);
    private Duration longestPause = Duration.ofSeconds(5);

    private Builder(String uri) {
      this.uri = uri;
    }

    /** The kind of its workloads: {@code vm} unless set. */
    public Builder kind(String name) {
      kind = name;
      return this;
    }

    /**
     * When a daemon that says nothing counts as lost: after {@code interval} times {@code count +
     * 1}. Unless set, 5 seconds and 3.
     *
     * @param interval whole seconds, at least 1
     * @param count 1 to 100 questions that may go unanswered
     */
    public Builder keepAlive(Duration interval, int count) {
      keepAliveInterval = interval;
      keepAliveCount = count;
      return this;
    }

    /** How long one attempt to connect may take before the next is made: 10 seconds unless set. */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = timeout;
      return this;
    }

    /**
     * How many calls to libvirt may be under way at once, 2 to 1024; when half of them hang, the
     * rest answer {@code Unknown} at once. 32 unless set.
     */
    public Builder mostCalls(int most) {
      mostCalls = most;
      return this;
    }

    /** The pauses between attempts to connect, each twice the last: 0.2 to 5 seconds unless set. */
    public Builder reconnectPauses(Duration first, Duration longest) {
      firstPause = first;
      longestPause = longest;
      return this;
    }

    /**
     * Makes the hypervisor and begins to connect, in the background: a daemon that cannot be
     * reached is not an error here.
     *
     * @throws io.holdfast.api.InvalidConfigException if something set is out of its range
     * @throws IllegalStateException if libvirt's client library cannot be loaded
     */
    public LibvirtHypervisor build() {
      return new LibvirtHypervisor(
          new LibvirtConfig(
              uri,
              kind,
              keepAliveInterval,
              keepAliveCount,
              connectTimeout,
              CONNECT_ATTEMPTS,
              mostCalls,
              firstPause,
              longestPause));
    }
  }
}
