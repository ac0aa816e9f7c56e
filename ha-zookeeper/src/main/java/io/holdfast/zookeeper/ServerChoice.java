package io.holdfast.zookeeper;

import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
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
   * ensemble takes to elect a leader.
   */
  private static final long MAX_DELAY_MILLIS = 100;

  /** How many tries after a lost connection are made without the client's own random pause. */
  private static final int QUICK_TRIES = 5;

  private final Optional<InetSocketAddress> preferred;
  private final HostProvider all;
  private boolean preferredIsNext = true;
  private boolean everConnected;
  private int triesSinceConnected;

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
    skipPause();
    if (preferred.isPresent() && preferredIsNext) {
      preferredIsNext = false;
      return new InetSocketAddress(preferred.get().getHostString(), preferred.get().getPort());
    }
    return all.next(Math.min(spinDelay, MAX_DELAY_MILLIS));
  }

  /**
   * Before each try but a client's first, ZooKeeper's client sleeps for up to a second, without a
   * setting: long enough for a host to be lost because another host's death broke its connection.
   * The sleep ends at once where its thread is already interrupted (the client logs that, and goes
   * on), so the first few tries come after a short pause of our own instead.
   */
  private void skipPause() {
    Thread thread = Thread.currentThread();
    triesSinceConnected++;
    boolean quick = everConnected && triesSinceConnected <= QUICK_TRIES;
    if (!quick || !thread.getName().contains("-SendThread")) {
      return;
    }
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(MAX_DELAY_MILLIS));
    } catch (InterruptedException e) {
      thread.interrupt();
      return;
    }
    thread.interrupt();
  }

  @Override
  public synchronized void onConnected() {
    everConnected = true;
    triesSinceConnected = 0;
    preferredIsNext = true;
    all.onConnected();
  }

  @Override
  public synchronized boolean updateServerList(
      Collection<InetSocketAddress> servers, InetSocketAddress current) {
    return all.updateServerList(servers, current);
  }
}
