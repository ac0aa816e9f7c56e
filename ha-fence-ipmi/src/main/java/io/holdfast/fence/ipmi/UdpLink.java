package io.holdfast.fence.ipmi;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.metricshub.ipmi.core.transport.Messenger;
import org.metricshub.ipmi.core.transport.UdpListener;
import org.metricshub.ipmi.core.transport.UdpMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one IPMI session on its own connected socket and receiving thread. The library's own
 * messenger is not used: it waits after each packet, and its socket, not being connected, never
 * hears that a port is closed.
 */
final class UdpLink implements Messenger {
  private static final Logger LOG = LoggerFactory.getLogger(UdpLink.class);
  private static final int LARGEST_PACKET = 1024;

  private final InetSocketAddress peer;
  private final DatagramSocket socket;
  private final Consumer<IOException> onBroken;
  private final Thread receiver;
  private final ReentrantLock codec = new ReentrantLock();
  private volatile @Nullable UdpListener listener;
  private volatile boolean heard;

  /**
   * Opens the socket; receiving starts with {@link #register}.
   *
   * @param onBroken told, by whichever thread learns it, that the network says nothing is there
   */
  UdpLink(InetSocketAddress peer, String name, Consumer<IOException> onBroken)
      throws SocketException {
    this.peer = peer;
    this.onBroken = onBroken;
    this.socket = new DatagramSocket();
    this.socket.connect(peer);
    this.receiver = new Thread(this::receive, "holdfast-ipmi-receive-" + name);
    this.receiver.setDaemon(true);
  }

  InetSocketAddress peer() {
    return peer;
  }

  /** Whether the peer has sent anything. */
  boolean heard() {
    return heard;
  }

  /**
   * Held while a received packet is decoded. The library's ciphers are not safe for two threads, so
   * whoever encodes within a session holds it too.
   */
  ReentrantLock codec() {
    return codec;
  }

  private void receive() {
    byte[] buffer = new byte[LARGEST_PACKET];
    while (!socket.isClosed()) {
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      try {
        socket.receive(packet);
      } catch (IOException e) {
        if (!socket.isClosed()) {
          onBroken.accept(e);
        }
        return;
      }
      heard = true;
      deliver(Arrays.copyOf(packet.getData(), packet.getLength()));
    }
  }

  private void deliver(byte[] content) {
    UdpListener current = listener;
    if (current == null) {
      return;
    }
    UdpMessage message = new UdpMessage();
    message.setAddress(peer.getAddress());
    message.setPort(peer.getPort());
    message.setMessage(content);
    codec.lock();
    try {
      current.notifyMessage(message);
    } catch (RuntimeException e) {
      // Anything may arrive on a UDP port; what cannot be read is no answer.
      LOG.debug("unreadable packet from {}", peer, e);
    } finally {
      codec.unlock();
    }
  }

  @Override
  public void send(UdpMessage message) throws IOException {
    byte[] content = message.getMessage();
    try {
      socket.send(new DatagramPacket(content, content.length));
    } catch (IOException e) {
      onBroken.accept(e);
      throw e;
    }
  }

  @Override
  public void register(UdpListener newListener) {
    listener = newListener;
    receiver.start();
  }

  @Override
  public void unregister(UdpListener oldListener) {
    listener = null;
  }

  @Override
  public void closeConnection() {
    socket.close();
  }
}
