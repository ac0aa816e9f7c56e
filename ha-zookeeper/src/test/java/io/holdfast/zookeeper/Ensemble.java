package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.apache.zookeeper.ZooKeeper;

/** Three servers in this JVM, with short ticks, that can be killed and started again. */
final class Ensemble implements AutoCloseable {
  static final int TICK_MILLIS = 200;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<InstanceSpec> specs = new ArrayList<>();
  private final TestingCluster cluster;

  Ensemble() throws Exception {
    for (int i = 0; i < 3; i++) {
      specs.add(
          new InstanceSpec(null, -1, -1, -1, true, -1, TICK_MILLIS, -1, Map.<String, Object>of()));
    }
    cluster = new TestingCluster(specs);
    cluster.start();
    awaitServing();
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
    return only(i -> mode(i).equals("leader"));
  }

  /** A server that follows. */
  int follower() {
    return only(i -> mode(i).equals("follower"));
  }

  private int only(IntPredicate test) {
    return IntStream.range(0, specs.size()).filter(test).findFirst().orElseThrow();
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
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper twin =
        new ZooKeeper(
            connectString(),
            victim.getSessionTimeout(),
            event -> connected.countDown(),
            victim.getSessionId(),
            victim.getSessionPasswd());
    if (!connected.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("no connection to end the session with");
    }
    twin.close();
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
