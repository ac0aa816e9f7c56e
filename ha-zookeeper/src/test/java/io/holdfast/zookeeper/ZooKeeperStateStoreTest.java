package io.holdfast.zookeeper;

import io.holdfast.testkit.StateStoreContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ZooKeeperStateStoreTest extends StateStoreContract {
  private Ensemble ensemble;
  private ZooKeeperFixture fixture;

  @BeforeAll
  void startEnsemble() throws Exception {
    ensemble = new Ensemble();
    fixture = new ZooKeeperFixture(ensemble);
  }

  @AfterAll
  void stopEnsemble() throws Exception {
    fixture.close();
    ensemble.close();
  }

  @BeforeEach
  void freshChroot() {
    fixture.fresh();
  }

  @Override
  protected Client connect() throws Exception {
    return fixture.connect();
  }

  @Override
  protected void expireSession(Client client) throws Exception {
    fixture.expireSession(client);
  }

  @Override
  protected void cut(Client client) {
    fixture.cut(client);
  }

  @Override
  protected void restore(Client client) {
    fixture.restore(client);
  }

  @Override
  protected void restartService() throws Exception {
    ensemble.restartAll();
  }

  @Override
  protected void loseNextAnswer(Client client) {
    fixture.lose(client, TcpProxy.Loss.ANSWER);
  }

  @Override
  protected void loseNextCommit(Client client) {
    fixture.lose(client, TcpProxy.Loss.REQUEST);
  }
}
