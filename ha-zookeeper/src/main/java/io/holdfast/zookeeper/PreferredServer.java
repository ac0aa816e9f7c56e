package io.holdfast.zookeeper;

import java.net.InetSocketAddress;
import java.util.Collection;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.client.StaticHostProvider;

/**
 * Tries one server before all others. Where every host runs a server of the ensemble, a client that
 * prefers its own host's does not notice when another host dies.
 */
final class PreferredServer implements HostProvider {
  private final InetSocketAddress preferred;
  private final HostProvider all;
  private boolean preferredIsNext = true;

  PreferredServer(String preferred, String servers) {
    this.preferred = new ConnectStringParser(preferred).getServerAddresses().get(0);
    this.all = new StaticHostProvider(new ConnectStringParser(servers).getServerAddresses());
  }

  @Override
  public synchronized int size() {
    return all.size();
  }

  @Override
  public synchronized InetSocketAddress next(long spinDelay) {
    if (preferredIsNext) {
      preferredIsNext = false;
      return new InetSocketAddress(preferred.getHostString(), preferred.getPort());
    }
    return all.next(spinDelay);
  }

  @Override
  public synchronized void onConnected() {
    preferredIsNext = true;
    all.onConnected();
  }

  @Override
  public synchronized boolean updateServerList(
      Collection<InetSocketAddress> servers, InetSocketAddress current) {
    return all.updateServerList(servers, current);
  }
}
