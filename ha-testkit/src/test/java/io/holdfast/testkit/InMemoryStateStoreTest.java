package io.holdfast.testkit;

class InMemoryStateStoreTest extends StateStoreContract {
  private final InMemoryService service = new InMemoryService();

  @Override
  protected Client connect() {
    return service.connect();
  }

  @Override
  protected void expireSession(Client client) {
    service.connection(client).expireSession();
  }

  @Override
  protected void cut(Client client) {
    service.connection(client).cutOff();
  }

  @Override
  protected void restore(Client client) {
    service.connection(client).restore();
  }

  @Override
  protected void restartService() {
    service.restart();
  }

  @Override
  protected void loseNextAnswer(Client client) {
    service.connection(client).loseNextAnswer();
  }

  @Override
  protected void loseNextCommit(Client client) {
    service.connection(client).loseNextCommit();
  }
}
