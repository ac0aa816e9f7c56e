package io.holdfast.testkit;

import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import io.holdfast.testkit.CoordinationFixture.Client;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.function.Function;

/** The clients of one service in memory, and the connections to do them harm by. */
final class InMemoryClients {
  private final InMemoryCoordination coordination = new InMemoryCoordination(Runnable::run);
  private final IdentityHashMap<Client, InMemoryConnection> connections = new IdentityHashMap<>();

  Client connect(Function<InMemoryConnection, Client> client) {
    InMemoryConnection connection = coordination.connect("client " + connections.size());
    Client connected = client.apply(connection);
    connections.put(connected, connection);
    return connected;
  }

  InMemoryConnection connection(Client client) {
    return Objects.requireNonNull(connections.get(client));
  }

  /** It loses nothing and is back at once, so nobody gets to see more than an interruption. */
  void restartService() {
    coordination.connections().forEach(InMemoryConnection::cutOff);
    coordination.connections().forEach(InMemoryConnection::restore);
  }
}
