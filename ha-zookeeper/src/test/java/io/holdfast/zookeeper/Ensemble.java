package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/**
 * Three servers in this JVM, with short ticks, that can be killed and started again. They are
 * patient with each other and grant long sessions: where the machine stands still for seconds, only
 * what a test does to them ends a connection.
 */
final class Ensemble implements AutoCloseable {
  static final int TICK_MILLIS = 200;

  /** How long a session lasts that no test means to end by silence. */
  static final Duration LONG_SESSION = Duration.ofSeconds(20);

  /** What a server needs, besides short ticks, to grant {@link #LONG_SESSION}. */
  static final Map<String, Object> LONG_SESSIONS =
      Map.of("maxSessionTimeout", Long.toString(LONG_SESSION.toMillis()));

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Below those that the system gives to clients, which may hold one while its server is down. */
  private static final int LOWEST_PORT = 10_000;

  private static final int HIGHEST_PORT = 30_000;
  private static final Set<Integer> givenPorts = ConcurrentHashMap.newKeySet();

  private final List<InstanceSpec> specs = new ArrayList<>();
  private final TestingCluster cluster;

  Ensemble() throws Exception {
    for (int i = 0; i < 3; i++) {
      specs.add(
          new InstanceSpec(
              null, freePort(), freePort(), freePort(), true, -1, TICK_MILLIS, -1, settings()));
    }
    cluster = new TestingCluster(specs);
    cluster.start();
    awaitServing();
  }

  private static Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>(LONG_SESSIONS);
    settings.put("initLimit", "100");
    settings.put("syncLimit", "50");
    return settings;
  }

  /** A port that no server has and no client gets, another one each time. */
  static int freePort() {
    for (int i = 0; i < 1_000; i++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, HIGHEST_PORT);
      if (isFree(port) && givenPorts.add(port)) {
        return port;
      }
    }
    throw new AssertionError("no free port from " + LOWEST_PORT + " to " + HIGHEST_PORT);
  }

  private static boolean isFree(int port) {
    try (ServerSocket free = new ServerSocket(port)) {
      return free.isBound();
    } catch (IOException e) {
      return false; // Taken.
    }
  }

  String connectString() {
    return cluster.getConnectString();
  }

  List<InetSocketAddress> addresses() {
    return specs.stream()
        .map(s -> new InetSocketAddress(InetAddress.getLoopbackAddress(), s.getPort()))
        .toList();
  }

  void kill(int server) throws Exception {
    cluster.killServer(specs.get(server));
  }

  void restart(int server) throws Exception {
    cluster.restartServer(specs.get(server));
  }

  void restartAll() throws Exception {
    for (int i = 0; i < specs.size(); i++) {
      kill(i);
    }
    for (int i = 0; i < specs.size(); i++) {
      restart(i);
    }
    awaitServing();
  }

  /** The server that leads the ensemble. */
  int leader() {
    return awaitServer("leader");
  }

  /** A server that follows. */
  int follower() {
    return awaitServer("follower");
  }

  private int awaitServer(String mode) {
    AtomicInteger found = new AtomicInteger();
    await(
        "a " + mode,
        () -> {
          IntStream servers = IntStream.range(0, specs.size());
          found.set(servers.filter(i -> mode(i).equals(mode)).findFirst().orElse(-1));
          return found.get() >= 0;
        });
    return found.get();
  }

  /** Waits until all three serve. */
  void awaitServing() {
    await(
        "the ensemble to serve",
        () -> IntStream.range(0, specs.size()).noneMatch(i -> mode(i).isEmpty()));
  }

  /** leader, follower, or empty if the server does not serve. */
  private String mode(int server) {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), specs.get(server).getPort())) {
      socket.setSoTimeout(2_000);
      socket.getOutputStream().write("srvr".getBytes(US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
      int at = answer.indexOf("Mode: ");
      return at < 0 ? "" : answer.substring(at + 6).lines().findFirst().orElse("").strip();
    } catch (IOException e) {
      return ""; // Not listening yet.
    }
  }

  /** Ends a client's session at the servers, as its time-out would. */
  void expire(ZooKeeperCoordination coordination) throws Exception {
    ZooKeeper victim = coordination.link.current().orElseThrow();
    // The victim may take its session back before its twin ends it; then it is done again.
    for (int i = 0; i < 1_000; i++) {
      if (endsOrHasEnded(victim)) {
        return;
      }
    }
    throw new AssertionError("the session does not end");
  }

  /** Ends a session by a second client of it; true once the servers say that it has ended. */
  private boolean endsOrHasEnded(ZooKeeper victim) throws Exception {
    BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();
    ZooKeeper twin =
        new ZooKeeper(
            connectString(),
            victim.getSessionTimeout(),
            event -> states.add(event.getState()),
            victim.getSessionId(),
            victim.getSessionPasswd());
    try {
      KeeperState state = states.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      assertThat(state).as("an answer on the session").isNotNull();
      return state == KeeperState.Expired;
    } finally {
      twin.close();
    }
  }

  /** Has a client give its session up for lost, as after a long interruption. */
  void abandonSession(ZooKeeperCoordination coordination) {
    ZooKeeper zooKeeper = coordination.link.current().orElseThrow();
    long former = zooKeeper.getSessionId();
    zooKeeper.getTestable().injectSessionExpiration();
    await(
        "a new session",
        () -> coordination.link.current().filter(z -> z.getSessionId() != former).isPresent());
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("waited in vain for " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  @Override
  public void close() throws IOException {
    cluster.close();
  }
}
