package io.holdfast.zookeeper;

import java.io.IOException;
import java.util.Optional;
import org.apache.curator.utils.ZookeeperFactory;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;

/** Makes clients that go by a {@link ServerChoice}. */
record ClientFactory(Optional<String> preferredServer) implements ZookeeperFactory {
  @Override
  public ZooKeeper newZooKeeper(
      String servers, int sessionTimeout, Watcher watcher, boolean canBeReadOnly)
      throws IOException {
    return newZooKeeper(servers, sessionTimeout, watcher, canBeReadOnly, new ZKClientConfig());
  }

  @Override
  public ZooKeeper newZooKeeper(
      String servers,
      int sessionTimeout,
      Watcher watcher,
      boolean canBeReadOnly,
      ZKClientConfig config)
      throws IOException {
    return new ZooKeeper(
        servers,
        sessionTimeout,
        watcher,
        canBeReadOnly,
        new ServerChoice(preferredServer, servers),
        config);
  }
}
