package io.holdfast.fence.ipmi;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a BMC on 127.0.0.1 and carries the packets of every client to it and back, except
 * those of the first: they are lost.
 */
final class MuteOnceRelay implements AutoCloseable {
  private static final int LARGEST_PACKET = 1024;

  private final InetSocketAddress bmc;
  private final DatagramSocket front = new DatagramSocket(0, InetAddress.getLoopbackAddress());
  private final Map<SocketAddress, DatagramSocket> backs = new HashMap<>();
  private final CountDownLatch lost = new CountDownLatch(1);
  private @Nullable SocketAddress first;

  MuteOnceRelay(int port) throws IOException {
    bmc = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    start(this::carryThere, "there");
  }

  int port() {
    return front.getLocalPort();
  }

  boolean awaitLost(long seconds) throws InterruptedException {
    return lost.await(seconds, TimeUnit.SECONDS);
  }

  private void carryThere() {
    DatagramPacket packet = packet();
    while (receive(front, packet)) {
      SocketAddress client = packet.getSocketAddress();
      if (first == null) {
        first = client;
      }
      if (client.equals(first)) {
        lost.countDown();
      } else {
        send(backOf(client), packet, bmc);
      }
    }
  }

  private void carryBack(DatagramSocket back, SocketAddress client) {
    DatagramPacket packet = packet();
    while (receive(back, packet)) {
      send(front, packet, client);
    }
  }

  private synchronized DatagramSocket backOf(SocketAddress client) {
    return backs.computeIfAbsent(
        client,
        c -> {
          try {
            DatagramSocket back = new DatagramSocket(0, InetAddress.getLoopbackAddress());
            start(() -> carryBack(back, client), "back");
            return back;
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static DatagramPacket packet() {
    return new DatagramPacket(new byte[LARGEST_PACKET], LARGEST_PACKET);
  }

  private static boolean receive(DatagramSocket socket, DatagramPacket packet) {
    packet.setLength(LARGEST_PACKET);
    try {
      socket.receive(packet);
      return true;
    } catch (IOException e) {
      if (socket.isClosed()) {
        return false;
      }
      throw new IllegalStateException(e);
    }
  }

  private static void send(DatagramSocket by, DatagramPacket packet, SocketAddress to) {
    try {
      by.send(new DatagramPacket(packet.getData(), packet.getLength(), to));
    } catch (IOException e) {
      if (!by.isClosed()) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void start(Runnable carry, String name) {
    Thread thread = new Thread(carry, "mute-once-relay-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public synchronized void close() {
    front.close();
    backs.values().forEach(DatagramSocket::close);
  }
}
