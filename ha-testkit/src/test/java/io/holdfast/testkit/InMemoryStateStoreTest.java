package io.holdfast.testkit;

class InMemoryStateStoreTest extends StateStoreContract {
  private final InMemoryClients clients = new InMemoryClients();

  @Override
  protected Client connect() {
    return clients.connect(
        connection -> new Client(connection.membership(), connection.stateStore()));
  }

  @Override
  public void expireSession(Client client) {
    clients.connection(client).expireSession();
  }

  @Override
  public void cut(Client client) {
    clients.connection(client).cutOff();
  }

  @Override
  public void restore(Client client) {
    clients.connection(client).restore();
  }

  @Override
  public void restartService() {
    clients.restartService();
  }

  @Override
  public void loseNextAnswer(Client client) {
    clients.connection(client).loseNextAnswer();
  }

  @Override
  public void loseNextCommit(Client client) {
    clients.connection(client).loseNextCommit();
  }
}
