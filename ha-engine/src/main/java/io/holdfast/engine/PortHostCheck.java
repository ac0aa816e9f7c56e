package io.holdfast.engine;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Names;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.spi.HostCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Connects to a TCP port of a silent host that only the living host itself answers: its
 * hypervisor's, or its secure shell's. So an agent that died is told from a host that did.
 *
 * <p>A connection that is made is {@link SignOfLife#ALIVE}. A host that is silent there while a
 * port of another host answers is {@link SignOfLife#DEAD_SILENT}. Everything else is {@link
 * SignOfLife#UNKNOWN}: a refused connection, too, for a firewall may have refused it. The port must
 * not stand behind a proxy, a load balancer or an address that moves to another host.
 *
 * <p>Nothing is sent. Safe for use by several threads.
 */
public final class PortHostCheck implements HostCheck {
  /** So many others are asked whether the network works; one answer is enough. */
  private static final int WITNESSES = 3;

  private final String name;
  private final SortedMap<HostId, InetSocketAddress> ports;

  /**
   * @param name unique within an engine, such as {@code libvirt-port}
   * @param ports of every host that can be asked about; others are unknown. With a single one,
   *     nobody tells that the network works, so it is never called silent
   * @throws InvalidConfigException if a name could not be resolved
   */
  public PortHostCheck(String name, SortedMap<HostId, InetSocketAddress> ports) {
    Names.check("check.name", name);
    this.name = name;
    this.ports = Collections.unmodifiableSortedMap(new TreeMap<>(ports));
    this.ports.forEach(
        (host, port) -> {
          if (port.isUnresolved()) {
            throw new InvalidConfigException(
                "check.ports." + host, port.toString(), "an address, or a name that has one");
          }
        });
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public SignOfLife ask(HostId host, Duration timeout) {
    InetSocketAddress port = ports.get(host);
    if (port == null) {
      return SignOfLife.UNKNOWN;
    }
    // Whoever is silent has to be given up before the caller does.
    long deadline = System.nanoTime() + timeout.toNanos() / 4 * 3;
    try (Selector selector = Selector.open()) {
      try {
        return ask(selector, host, port, deadline);
      } finally {
        for (SelectionKey key : selector.keys()) {
          key.channel().close();
        }
      }
    } catch (IOException e) {
      return SignOfLife.UNKNOWN; // this end cannot even try
    }
  }

  private SignOfLife ask(Selector selector, HostId host, InetSocketAddress port, long deadline)
      throws IOException {
    if (begin(selector, host, port)) {
      return SignOfLife.ALIVE;
    }
    boolean witnessed = false;
    for (HostId witness : witnesses(host)) {
      witnessed |= beginWitness(selector, witness);
    }
    for (long left = deadline - System.nanoTime(); left > 0; left = deadline - System.nanoTime()) {
      selector.select(Math.max(1, left / 1_000_000));
      for (SelectionKey key : selector.selectedKeys()) {
        boolean connected = isConnected(key);
        if (host.equals(key.attachment())) {
          return connected ? SignOfLife.ALIVE : SignOfLife.UNKNOWN;
        }
        witnessed |= connected;
      }
      selector.selectedKeys().clear();
    }
    return witnessed ? SignOfLife.DEAD_SILENT : SignOfLife.UNKNOWN;
  }

  private List<HostId> witnesses(HostId host) {
    return ports.keySet().stream().filter(other -> !other.equals(host)).limit(WITNESSES).toList();
  }

  /** Who cannot be asked bears no witness; the others may. */
  private boolean beginWitness(Selector selector, HostId witness) {
    try {
      return begin(selector, witness, Objects.requireNonNull(ports.get(witness)));
    } catch (IOException e) {
      return false;
    }
  }

  /** Says whether it was connected at once. */
  private static boolean begin(Selector selector, HostId host, InetSocketAddress port)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_CONNECT, host);
      return channel.connect(port);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static boolean isConnected(SelectionKey key) throws IOException {
    SocketChannel channel = (SocketChannel) key.channel();
    try {
      return channel.finishConnect();
    } catch (IOException refused) {
      return false;
    } finally {
      channel.close();
    }
  }
}
