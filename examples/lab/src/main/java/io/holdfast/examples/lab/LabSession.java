package io.holdfast.examples.lab;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/**
 * One TCP connection to a guest, kept busy: a number is sent, and has to come back, again and
 * again.
 */
final class LabSession {
  private static final Duration ASK_EVERY = Duration.ofMillis(20);
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;
  private final Thread thread;
  private volatile boolean ending;
  private volatile String broken = "";
  private long echoes;
  private long longestNanos;

  private LabSession(Socket socket) {
    this.socket = socket;
    thread = new Thread(this::talk, "session");
    thread.setDaemon(true);
  }

  static LabSession open(LabNetwork.Guest guest) throws IOException {
    Socket socket = new Socket();
    socket.connect(
        new InetSocketAddress(guest.address(), LabNetwork.ECHO_PORT), PATIENCE_MILLIS / 10);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    LabSession session = new LabSession(socket);
    session.thread.start();
    return session;
  }

  private void talk() {
    try {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      while (!ending) {
        long sent = System.nanoTime();
        out.writeLong(echoes);
        long echo = in.readLong();
        if (echo != echoes) {
          throw new IOException("%d was said, %d came back".formatted(echoes, echo));
        }
        echoes++;
        longestNanos = Math.max(longestNanos, System.nanoTime() - sent);
        Thread.sleep(ASK_EVERY.toMillis());
      }
    } catch (IOException e) {
      broken = e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Ends it. {@code alive}, how often something came back, and the longest wait in ms; or why not.
   */
  String end() throws IOException {
    ending = true;
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    socket.close();
    return broken.isEmpty()
        ? "alive %d %d".formatted(echoes, longestNanos / 1_000_000)
        : "broken " + broken;
  }
}
