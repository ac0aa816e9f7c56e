package io.holdfast.zookeeper;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What one client's connections go through, so that it alone can be cut off, or lose one particular
 * transaction. Understands just so much of ZooKeeper's protocol: frames with a length, and in them
 * a number and, in requests, a type.
 */
final class TcpProxy implements AutoCloseable {
  private static final int MULTI = 14;

  /** What happens to a transaction. */
  enum Loss {
    REQUEST,
    ANSWER
  }

  private static final class Pair {
    final Socket client;
    final Socket server;
    volatile int answerToLose = Integer.MIN_VALUE;

    Pair(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void close() {
      TcpProxy.close(client);
      TcpProxy.close(server);
    }
  }

  private final List<InetSocketAddress> targets;
  private final ServerSocket listening;
  private final List<Pair> open = new ArrayList<>();
  private final List<Loss> losses = new ArrayList<>();
  private int transactionsToSpare;
  private int next;
  private boolean cut;
  private boolean cutWithLoss;

  TcpProxy(List<InetSocketAddress> targets) throws IOException {
    this.targets = targets;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** Breaks all connections and takes no new ones. */
  synchronized void cut() {
    cut = true;
    open.forEach(Pair::close);
    open.clear();
  }

  /** Takes connections again, and loses nothing any more. */
  synchronized void restore() {
    cut = false;
    cutWithLoss = false;
    losses.clear();
  }

  /** Loses the next transaction, and breaks the connection with it. */
  synchronized void lose(Loss loss) {
    losses.add(loss);
  }

  /** As {@link #lose}, and then takes no new connections. */
  synchronized void loseAndCut(Loss loss) {
    cutWithLoss = true;
    lose(loss);
  }

  /** Lets this many transactions pass first. */
  synchronized void spare(int transactions) {
    transactionsToSpare = transactions;
  }

  @Override
  public void close() throws IOException {
    cut();
    listening.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        if (!connect(client)) {
          close(client);
        }
      }
    } catch (IOException e) {
      cut(); // Closed.
    }
  }

  private synchronized boolean connect(Socket client) {
    if (cut) {
      return false;
    }
    try {
      InetSocketAddress target = targets.get(next++ % targets.size());
      Socket server = new Socket(target.getAddress(), target.getPort());
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      Pair pair = new Pair(client, server);
      open.add(pair);
      start(() -> pump(pair, client, server, true));
      start(() -> pump(pair, server, client, false));
      return true;
    } catch (IOException e) {
      return false; // The server is down: the client tries again and gets the next.
    }
  }

  private void pump(Pair pair, Socket from, Socket to, boolean requests) {
    try (DataInputStream in = new DataInputStream(from.getInputStream());
        DataOutputStream out = new DataOutputStream(to.getOutputStream())) {
      boolean session = false; // The first frame in each direction makes the session.
      while (true) {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        if (session && (requests ? isLostRequest(pair, frame) : isLostAnswer(pair, frame))) {
          lost();
          return;
        }
        session = true;
        out.write(ByteBuffer.allocate(4 + frame.length).putInt(frame.length).put(frame).array());
        out.flush();
      }
    } catch (IOException e) {
      return; // Either side has closed.
    } finally {
      pair.close();
    }
  }

  private synchronized boolean isLostRequest(Pair pair, byte[] frame) {
    ByteBuffer header = ByteBuffer.wrap(frame);
    int number = header.getInt();
    if (losses.isEmpty() || header.getInt() != MULTI || transactionsToSpare-- > 0) {
      return false;
    }
    if (losses.remove(0) == Loss.REQUEST) {
      return true;
    }
    pair.answerToLose = number;
    return false;
  }

  private synchronized void lost() {
    cut |= cutWithLoss;
  }

  private static boolean isLostAnswer(Pair pair, byte[] frame) {
    return ByteBuffer.wrap(frame).getInt() == pair.answerToLose;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "proxy");
    thread.setDaemon(true);
    thread.start();
  }
}
