package io.holdfast.zookeeper;

import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Optional;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.client.StaticHostProvider;

/**
 * Which server to try next: the preferred one, if there is one, before all others, and these in
 * random order. Where every host runs a server of the ensemble, a client that prefers its own
 * host's does not notice when another host dies.
 */
final class ServerChoice implements HostProvider {
  /**
   * The client asks to wait for a second when all servers have been tried, which is longer than the
   * ensemble takes to elect a leader. It also waits a random time before each try, so trying sooner
   * does not make a stampede.
   */
  private static final long MAX_DELAY_MILLIS = 100;

  private final Optional<InetSocketAddress> preferred;
  private final HostProvider all;
  private boolean preferredIsNext = true;

  ServerChoice(Optional<String> preferred, String servers) {
    this.preferred =
        preferred.map(server -> new ConnectStringParser(server).getServerAddresses().get(0));
    this.all = new StaticHostProvider(new ConnectStringParser(servers).getServerAddresses());
  }

  @Override
  public synchronized int size() {
    return all.size();
  }

  @Override
  public synchronized InetSocketAddress next(long spinDelay) {
    if (preferred.isPresent() && preferredIsNext) {
      preferredIsNext = false;
      return new InetSocketAddress(preferred.get().getHostString(), preferred.get().getPort());
    }
    return all.next(Math.min(spinDelay, MAX_DELAY_MILLIS));
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
