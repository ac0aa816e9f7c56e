package io.holdfast.zookeeper;

import io.holdfast.api.spi.StateStore;
import io.holdfast.testkit.CoordinationFixture.Client;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Clients for tests: one ensemble for all tests of a class, and a chroot for each. */
final class ZooKeeperFixture implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
  private record Connection(ZooKeeperCoordination coordination, TcpProxy proxy) {}

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final AtomicInteger chroots = new AtomicInteger();

  private @Nullable Ensemble ensemble;
  private String chroot = "";
  private final IdentityHashMap<Client, Connection> connections = new IdentityHashMap<>();
  private final List<TcpProxy> proxies = new ArrayList<>();

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    ensemble = new Ensemble();
  }

  /** Clients from now on see nothing of what was there before. */
  @Override
  public void beforeEach(ExtensionContext context) {
    chroot = "/holdfast/test-" + chroots.incrementAndGet();
  }

  synchronized Client connect() throws IOException {
    TcpProxy proxy = new TcpProxy(ensemble().addresses());
    proxies.add(proxy);
    ZooKeeperCoordination coordination =
        ZooKeeperCoordination.builder("127.0.0.1:" + proxy.port() + chroot)
            .sessionTimeout(Ensemble.LONG_SESSION)
            .build();
    Client client = new Client(coordination.membership(), coordination.stateStore());
    connections.put(client, new Connection(coordination, proxy));
    return client;
  }

  void expireSession(Client client) throws Exception {
    ensemble().expire(connection(client).coordination());
  }

  void cut(Client client) {
    connection(client).proxy().cut();
  }

  void restore(Client client) {
    connection(client).proxy().restore();
  }

  /** Loses the next transaction of a client that is connected. */
  void lose(Client client, TcpProxy.Loss loss) {
    settle(client);
    connection(client).proxy().lose(loss);
  }

  /** As {@link #lose}; the client stays cut off from then on, until it is restored. */
  void loseAndCut(Client client, TcpProxy.Loss loss) {
    settle(client);
    connection(client).proxy().loseAndCut(loss);
  }

  /** A new session begins with a transaction of its own, which is not the one meant. */
  private void settle(Client client) {
    connection(client).coordination().clusterId(PATIENCE);
    var unused = client.stateStore().readAll(StateStore.Table.HOST, PATIENCE);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    for (TcpProxy proxy : proxies) {
      proxy.close();
    }
    if (ensemble != null) {
      ensemble.close();
    }
  }

  Ensemble ensemble() {
    return Objects.requireNonNull(ensemble, "the tests have begun");
  }

  ZooKeeperCoordination coordination(Client client) {
    return connection(client).coordination();
  }

  TcpProxy proxy(Client client) {
    return connection(client).proxy();
  }

  private synchronized Connection connection(Client client) {
    return Objects.requireNonNull(connections.get(client));
  }
}
