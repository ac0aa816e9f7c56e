package io.holdfast.zookeeper;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection. Curator keeps it up and makes a new session when one has been lost; requests go
 * straight to ZooKeeper's asynchronous client, so that no retry is hidden and every call ends in
 * time.
 */
final class Link implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Link.class);
  private static final long RECONNECT_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** A call on a session whose layout has been checked. */
  interface Request<T> {
    Outcome<T> run(Calls calls)
        throws KeeperException,
            RejectedException,
            RefusedException,
            TimeoutException,
            InterruptedException;
  }

  private final Settings settings;
  private final CuratorFramework curator;
  private final ClusterMeta meta;
  private final Executor listeners;
  private final Optional<ExecutorService> ownExecutor;
  private final ScheduledExecutorService resync;
  private final List<TreeWatch> watches = new CopyOnWriteArrayList<>();
  private final List<Consumer<Connection>> connectionListeners = new CopyOnWriteArrayList<>();
  private final ReentrantLock preparing = new ReentrantLock();
  private volatile long preparedSession;
  private volatile boolean closed;

  Link(Settings settings) {
    this.settings = settings;
    this.meta = new ClusterMeta(settings);
    this.ownExecutor =
        settings.executor.isPresent()
            ? Optional.empty()
            : Optional.of(Executors.newSingleThreadExecutor(r -> daemon(r, "listeners")));
    this.listeners = settings.executor.orElseGet(ownExecutor::orElseThrow);
    this.resync = Executors.newSingleThreadScheduledExecutor(r -> daemon(r, "resync"));
    this.curator = curator();
  }

  void start() {
    curator.getConnectionStateListenable().addListener((c, s) -> onState(s), Runnable::run);
    curator.start();
    long nanos = settings.resyncInterval.toNanos();
    var unused = resync.scheduleWithFixedDelay(this::arm, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  Settings settings() {
    return settings;
  }

  Layout layout() {
    return settings.layout;
  }

  Executor listeners() {
    return listeners;
  }

  boolean isClosed() {
    return closed;
  }

  /**
   * Makes a call that must not be made twice. Returns within its time-out, with {@code Unknown} if
   * nothing else is certain.
   */
  <T> Outcome<T> call(Duration timeout, Request<T> request) {
    if (closed) {
      return Outcome.failed(Cause.ERROR, "the connection is closed");
    }
    try {
      return request.run(open(Deadline.in(timeout)));
    } catch (TimeoutException e) {
      return Outcome.unknown("no answer within " + timeout);
    } catch (RefusedException e) {
      return Outcome.failed(Cause.INVALID, line(e));
    } catch (RejectedException e) {
      return Outcome.failed(causeOf(e.code()), line(e));
    } catch (KeeperException e) {
      return outcomeOf(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.unknown("interrupted while waiting for the answer");
    }
  }

  /**
   * Makes a call that means the same however often it is made: when the connection breaks, once
   * more over the next one, until the time is over.
   */
  <T> Outcome<T> repeat(Duration timeout, Request<T> request) {
    return call(
        timeout,
        first -> {
          Calls calls = first;
          while (true) {
            try {
              return request.run(calls);
            } catch (KeeperException.ConnectionLossException e) {
              calls = reopen(calls.deadline());
            }
          }
        });
  }

  /** A session after the connection was lost, which the client notices a little later. */
  Calls reopen(Deadline deadline)
      throws KeeperException,
          RejectedException,
          RefusedException,
          TimeoutException,
          InterruptedException {
    while (true) {
      LockSupport.parkNanos(RECONNECT_POLL_NANOS);
      try {
        return open(deadline);
      } catch (KeeperException.ConnectionLossException e) {
        log.debug("Lost again: {}", line(e));
      }
    }
  }

  /** The cluster's id, once the layout is known to be Holdfast's. */
  Outcome<UUID> clusterId(Duration timeout) {
    return call(timeout, calls -> Outcome.done(meta.prepare(calls)));
  }

  /** A session, connected and checked. */
  Calls open(Deadline deadline)
      throws KeeperException,
          RejectedException,
          RefusedException,
          TimeoutException,
          InterruptedException {
    Calls calls = new Calls(connected(deadline), settings.layout, deadline);
    if (calls.sessionId() != preparedSession) {
      if (!preparing.tryLock(Math.max(0, deadline.nanosLeft()), TimeUnit.NANOSECONDS)) {
        throw new TimeoutException();
      }
      try {
        if (calls.sessionId() != preparedSession) {
          meta.prepare(calls);
          preparedSession = calls.sessionId();
        }
      } finally {
        preparing.unlock();
      }
    }
    return calls;
  }

  /** Keeps a watch in place, from now on and over reconnections, until it is closed. */
  void register(TreeWatch watch) {
    watches.add(watch);
    current().ifPresent(watch::arm);
  }

  void unregister(TreeWatch watch) {
    watches.remove(watch);
    current().ifPresent(watch::disarm);
  }

  void onConnection(Consumer<Connection> listener) {
    connectionListeners.add(listener);
  }

  /** The client's handle if it is connected. */
  Optional<ZooKeeper> current() {
    try {
      return !closed && curator.getZookeeperClient().isConnected()
          ? Optional.of(curator.getZookeeperClient().getZooKeeper())
          : Optional.empty();
    } catch (
        Exception e) { // As declared by Curator: the connection went, or was closed, meanwhile.
      log.debug("No connection: {}", e.toString());
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    closed = true;
    watches.clear();
    resync.shutdownNow();
    curator.close();
    ownExecutor.ifPresent(ExecutorService::shutdown);
  }

  private ZooKeeper connected(Deadline deadline) throws TimeoutException, InterruptedException {
    while (true) {
      Optional<ZooKeeper> zooKeeper = current();
      if (zooKeeper.isPresent()) {
        return zooKeeper.get();
      }
      if (deadline.passed() || closed) {
        throw new TimeoutException();
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      LockSupport.parkNanos(Math.min(RECONNECT_POLL_NANOS, deadline.nanosLeft()));
    }
  }

  private void onState(ConnectionState state) {
    switch (state) {
      case CONNECTED, RECONNECTED -> {
        tell(Connection.CONNECTED);
        arm();
      }
      case SUSPENDED, READ_ONLY -> tell(Connection.SUSPENDED);
      case LOST -> tell(Connection.LOST);
    }
  }

  private void tell(Connection state) {
    connectionListeners.forEach(listener -> listener.accept(state));
  }

  private void arm() {
    current().ifPresent(zooKeeper -> watches.forEach(watch -> watch.arm(zooKeeper)));
  }

  private CuratorFramework curator() {
    CuratorFrameworkFactory.Builder builder =
        CuratorFrameworkFactory.builder()
            .connectString(settings.servers)
            .sessionTimeoutMs(Math.toIntExact(settings.sessionTimeout.toMillis()))
            .connectionTimeoutMs(Math.toIntExact(settings.connectionTimeout.toMillis()))
            .retryPolicy(new RetryNTimes(0, 0))
            .ensembleTracker(false)
            .runSafeService(listeners)
            .aclProvider(settings.acls)
            .zkClientConfig(clientConfig())
            .zookeeperFactory(new ClientFactory(settings.preferredServer));
    if (!settings.authorizations.isEmpty()) {
      builder.authorization(settings.authorizations);
    }
    return builder.build();
  }

  private ZKClientConfig clientConfig() {
    ZKClientConfig config = new ZKClientConfig();
    config.setProperty("jute.maxbuffer", Integer.toString(settings.maxPacketBytes));
    // For the client's own blocking calls; ours have their own deadlines.
    config.setProperty(
        ZKClientConfig.ZOOKEEPER_REQUEST_TIMEOUT,
        Long.toString(settings.sessionTimeout.toMillis()));
    settings.tls.ifPresent(tls -> tls.applyTo(config));
    return config;
  }

  private static <T> Outcome<T> outcomeOf(KeeperException e) {
    return switch (e.code()) {
      case NOAUTH, AUTHFAILED -> Outcome.failed(Cause.DENIED, line(e));
      case NONODE, NODEEXISTS, BADVERSION, NOTEMPTY, INVALIDACL, QUOTAEXCEEDED ->
          Outcome.failed(Cause.ERROR, line(e));
      default -> Outcome.unknown(line(e));
    };
  }

  private static String line(Exception e) {
    return String.valueOf(e.getMessage());
  }

  private static Cause causeOf(Code code) {
    return code == Code.NOAUTH ? Cause.DENIED : Cause.ERROR;
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, "holdfast-zookeeper-" + name);
    thread.setDaemon(true);
    return thread;
  }
}
