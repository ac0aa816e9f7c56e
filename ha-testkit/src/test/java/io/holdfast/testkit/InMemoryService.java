package io.holdfast.testkit;

import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import io.holdfast.testkit.CoordinationContract.Client;
import java.util.IdentityHashMap;
import java.util.Objects;

/** The in-memory service as the contracts see it. */
final class InMemoryService {
  private final InMemoryCoordination coordination = new InMemoryCoordination(Runnable::run);
  private final IdentityHashMap<Client, InMemoryConnection> connections = new IdentityHashMap<>();

  Client connect() {
    InMemoryConnection connection = coordination.connect("client " + connections.size());
    Client client = new Client(connection.membership(), connection.stateStore());
    connections.put(client, connection);
    return client;
  }

  InMemoryConnection connection(Client client) {
    return Objects.requireNonNull(connections.get(client));
  }

  /** It loses nothing and is back at once, so nobody gets to see more than an interruption. */
  void restart() {
    coordination.connections().forEach(InMemoryConnection::cutOff);
    coordination.connections().forEach(InMemoryConnection::restore);
  }
}
