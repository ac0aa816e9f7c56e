package io.holdfast.zookeeper;

import io.holdfast.testkit.CoordinationContract;
import org.junit.jupiter.api.extension.RegisterExtension;

class ZooKeeperCoordinationTest extends CoordinationContract {
  @RegisterExtension private static final ZooKeeperFixture fixture = new ZooKeeperFixture();

  @Override
  protected Client connect() throws Exception {
    return fixture.connect();
  }

  @Override
  public void expireSession(Client client) throws Exception {
    fixture.expireSession(client);
  }

  @Override
  public void cut(Client client) {
    fixture.cut(client);
  }

  @Override
  public void restore(Client client) {
    fixture.restore(client);
  }

  @Override
  public void restartService() throws Exception {
    fixture.ensemble().restartAll();
  }

  @Override
  public void loseNextAnswer(Client client) {
    fixture.lose(client, TcpProxy.Loss.ANSWER);
  }

  @Override
  public void loseNextCommit(Client client) {
    fixture.lose(client, TcpProxy.Loss.REQUEST);
  }
}
