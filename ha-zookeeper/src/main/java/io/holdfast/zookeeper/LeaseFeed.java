package io.holdfast.zookeeper;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.spi.Membership.Listener;
import io.holdfast.zookeeper.ZNodes.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a lease anew when something below its host has changed, at most one reading per host at a
 * time, and tells what it read. Runs on ZooKeeper's event thread and never blocks it.
 */
final class LeaseFeed implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LeaseFeed.class);

  private final Link link;
  private final BiConsumer<Object, Consumer<Listener>> news;
  private final TreeWatch hosts;
  private final TreeWatch controller;

  /** Hosts that are being read; true if they are to be read once more. */
  private final Map<HostId, Boolean> reading = new HashMap<>();

  /**
   * @param news takes a subject and what to tell about it
   */
  LeaseFeed(Link link, BiConsumer<Object, Consumer<Listener>> news) {
    this.link = link;
    this.news = news;
    String root = link.layout().hosts();
    hosts =
        new TreeWatch(
            link, root, AddWatchMode.PERSISTENT_RECURSIVE, this::onHostChange, this::readAll);
    controller =
        new TreeWatch(
            link,
            link.layout().controller(),
            AddWatchMode.PERSISTENT,
            path -> tellController(),
            zooKeeper -> tellController());
  }

  void start() {
    link.register(hosts);
    link.register(controller);
  }

  @Override
  public void close() {
    hosts.close();
    controller.close();
  }

  private void tellController() {
    news.accept(Listener.class, Listener::onControllerChanged);
  }

  private void onHostChange(String path) {
    String below = path.substring(link.layout().hosts().length());
    String[] parts = below.split("/", -1); // "", host, node
    if (parts.length == 3) {
      hostId(parts[1])
          .ifPresent(host -> link.current().ifPresent(zooKeeper -> read(zooKeeper, host)));
    }
  }

  private void readAll(ZooKeeper zooKeeper) {
    var unused =
        ZNodes.children(zooKeeper, link.layout().hosts())
            .whenComplete(
                (names, failure) -> {
                  if (failure == null) {
                    names.forEach(name -> hostId(name).ifPresent(host -> read(zooKeeper, host)));
                  } else {
                    log.debug(
                        "Hosts not listed: {}; tried again when connected", failure.toString());
                  }
                });
  }

  private void read(ZooKeeper zooKeeper, HostId host) {
    synchronized (reading) {
      if (reading.putIfAbsent(host, false) != null) {
        reading.put(host, true);
        return;
      }
    }
    CompletableFuture<Optional<Stat>> session =
        ZNodes.exists(zooKeeper, link.layout().session(host));
    CompletableFuture<Optional<Node>> lease = ZNodes.get(zooKeeper, link.layout().lease(host));
    var unused =
        session
            .thenCombine(lease, (s, l) -> Leases.readable(host, s, l))
            .whenComplete(
                (found, failure) -> {
                  boolean again;
                  synchronized (reading) {
                    again = Boolean.TRUE.equals(reading.remove(host));
                  }
                  if (failure != null) {
                    log.debug("Lease of {} not read: {}", host, failure.toString());
                  } else {
                    found.ifPresent(read -> news.accept(host, listener -> listener.onLease(read)));
                    if (again) {
                      read(zooKeeper, host);
                    }
                  }
                });
  }

  private static Optional<HostId> hostId(String name) {
    try {
      return Optional.of(new HostId(name));
    } catch (InvalidConfigException e) {
      log.debug("Not a host: {}", e.getMessage());
      return Optional.empty();
    }
  }
}
