package io.holdfast.libvirt;

import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
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
 * answer {@code Unknown} for that workload; {@code destroy} waits for it within its time-out. The
 * same holds for a migration whose connection broke.
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
  private final LibvirtConfig config;
  private final EventFeed feed;
  private final Daemon daemon;
  private final Mutations mutations;
  private final Doubts doubts;
  private final Migrations migrations;

  private LibvirtHypervisor(LibvirtConfig config) {
    EventLoop.start();
    this.config = config;
    this.feed = new EventFeed("holdfast-libvirt-events-" + config.kind());
    this.doubts = new Doubts(config.settling());
    this.daemon = new Daemon(config, feed);
    this.mutations = daemon.mutations();
    this.migrations = new Migrations(config, daemon);
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
    return config.migration().isPresent()
        ? Set.of(Capability.STOP_REASONS, Capability.GRACEFUL_STOP, Capability.LIVE_MIGRATION)
        : Set.of(Capability.STOP_REASONS, Capability.GRACEFUL_STOP);
  }

  @Override
  public Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    return daemon.ask("listing domains", Deadline.in(timeout), this::list);
  }

  private Outcome<SortedMap<WorkloadId, RunState>> list(Connect connection)
      throws LibvirtException {
    SortedMap<WorkloadId, RunState> inventory = new TreeMap<>();
    Domains.active(connection)
        .forEach(
            (name, state) ->
                daemon.connector().workloadOf(name).ifPresent(w -> inventory.put(w, state)));
    migrations.mark(connection, inventory);
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
    return daemon.mutate(
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
    long seen = daemon.changes();
    boolean doubted = inDoubt(workload);
    Outcome<Boolean> asked =
        daemon.mutate(
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
    while (!deadline.passed() && daemon.awaitNews(seen, deadline)) {
      seen = daemon.changes();
      Outcome<Ack> gone = daemon.ask("looking", deadline, c -> isGone(c, workload));
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
      long seen = daemon.changes();
      boolean doubted = inDoubt(workload); // before looking: it may be carried out right after
      // Not after a start that hangs but into it: destroying is what may end it.
      Outcome<Boolean> gone =
          daemon.mutate(
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
      if (inDoubt(workload) && !daemon.awaitNews(seen, deadline)) {
        return doubtful(workload);
      }
    } while (!deadline.passed());
    return doubtful(workload);
  }

  @Override
  public Outcome<Ack> migrate(WorkloadId workload, HostId target, Duration timeout) {
    if (isForeign(workload)) {
      return foreign(workload);
    }
    Deadline deadline = Deadline.in(timeout);
    if (!mutations.awaitQuiet(workload, deadline)) {
      return stillUnderWay(workload);
    }
    return migrations.migrate(
        workload, target, deadline, () -> inDoubt(workload) ? doubtful(workload) : Outcome.ok());
  }

  @Override
  public Outcome<Ack> cancelMigration(WorkloadId workload, Duration timeout) {
    return isForeign(workload)
        ? foreign(workload)
        : migrations.cancel(workload, Deadline.in(timeout));
  }

  @Override
  public Subscription subscribe(EventListener listener) {
    return feed.subscribe(listener);
  }

  /** Leaves libvirt and what runs there alone. Calls answer {@code Unknown} from now on. */
  @Override
  public void close() {
    daemon.close();
    migrations.close();
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
    return doubts.stand(workload, daemon.connectedSince(), System.nanoTime())
        || migrations.inDoubt(workload);
  }

  private static Outcome<Ack> doubtful(WorkloadId workload) {
    return Outcome.unknown(
        "an earlier start or migration of "
            + workload
            + " was not answered and may yet come into effect");
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
    private Optional<LiveMigration> migration = Optional.empty();

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
     * How workloads migrate to other hosts while they run. Unless set, they do not, and {@link
     * Capability#LIVE_MIGRATION} is not declared.
     */
    public Builder liveMigration(LiveMigration how) {
      migration = Optional.of(how);
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
              longestPause,
              migration));
    }
  }
}
