package io.holdfast.testkit;

import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import java.util.IdentityHashMap;
import java.util.Objects;

class InMemoryCoordinationTest extends CoordinationContract {
  private final InMemoryCoordination coordination = new InMemoryCoordination(Runnable::run);
  private final IdentityHashMap<Client, InMemoryConnection> connections = new IdentityHashMap<>();

  @Override
  protected Client connect() {
    InMemoryConnection connection = coordination.connect("client " + connections.size());
    Client client = new Client(connection.membership(), connection.stateStore());
    connections.put(client, connection);
    return client;
  }

  @Override
  public void expireSession(Client client) {
    connection(client).expireSession();
  }

  @Override
  public void cut(Client client) {
    connection(client).cutOff();
  }

  @Override
  public void restore(Client client) {
    connection(client).restore();
  }

  /** It loses nothing and is back at once, so nobody gets to see more than an interruption. */
  @Override
  public void restartService() {
    coordination.connections().forEach(InMemoryConnection::cutOff);
    coordination.connections().forEach(InMemoryConnection::restore);
  }

  @Override
  public void loseNextAnswer(Client client) {
    connection(client).loseNextAnswer();
  }

  @Override
  public void loseNextCommit(Client client) {
    connection(client).loseNextCommit();
  }

  private InMemoryConnection connection(Client client) {
    return Objects.requireNonNull(connections.get(client));
  }
}
