package io.holdfast.testkit;

/** Without a store: the contract of the one SPI asks for nothing of the other. */
class InMemoryMembershipTest extends MembershipContract {
  private final InMemoryClients clients = new InMemoryClients();

  @Override
  protected Client connect() {
    return clients.connect(connection -> Client.of(connection.membership()));
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
}
