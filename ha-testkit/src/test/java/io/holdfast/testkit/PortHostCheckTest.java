package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.spi.HostCheck;
import io.holdfast.engine.PortHostCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Real ports on the loopback device. */
class PortHostCheckTest extends HostCheckContract {
  private static final HostId HOST = new HostId("host1");
  private static final HostId OTHER = new HostId("host2");
  private static final Duration SHORT = Duration.ofMillis(800);

  private final List<AutoCloseable> open = new ArrayList<>();
  private final SortedMap<HostId, InetSocketAddress> ports = new TreeMap<>();
  private final ServerSocket server = listening(50);

  PortHostCheckTest() {
    ports.put(HOST, addressOf(server));
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
  }

  private ServerSocket listening(int backlog) {
    try {
      ServerSocket listening = new ServerSocket(0, backlog, InetAddress.getLoopbackAddress());
      open.add(listening);
      return listening;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InetSocketAddress addressOf(ServerSocket server) {
    return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
  }

  /** A port that answers nobody, as that of a host without power: its queue is full. */
  private InetSocketAddress silent() throws IOException {
    InetSocketAddress address = addressOf(listening(1));
    for (int i = 0; i < 20; i++) {
      Socket queued = new Socket();
      open.add(queued);
      try {
        queued.connect(address, 200);
      } catch (SocketTimeoutException full) {
        return address;
      }
    }
    Assumptions.abort("a full queue does not silence a port on this system");
    return address;
  }

  @Override
  protected HostCheck check() {
    return new PortHostCheck("port", ports);
  }

  @Override
  protected HostId host() {
    return HOST;
  }

  @Override
  protected void bringUp() {
    assertThat(server.isClosed()).isFalse(); // it listens from the beginning
  }

  @Override
  protected void cutDown() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aHostThatIsSilentWhereAnotherAnswersIsSilent() throws IOException {
    ports.put(HOST, silent());
    ports.put(OTHER, addressOf(server));
    assertThat(check().ask(HOST, SHORT)).isEqualTo(SignOfLife.DEAD_SILENT);
    assertThat(check().ask(OTHER, SHORT)).isEqualTo(SignOfLife.ALIVE);
  }

  @Test
  void whereNobodyAnswersItMayBeTheNetwork() throws IOException {
    ports.put(HOST, silent());
    assertThat(check().ask(HOST, SHORT)).isEqualTo(SignOfLife.UNKNOWN);
    ports.put(OTHER, silent());
    assertThat(check().ask(HOST, SHORT)).isEqualTo(SignOfLife.UNKNOWN);
  }

  @Test
  void aRefusalSaysNothing() throws IOException {
    ports.put(OTHER, addressOf(listening(50)));
    cutDown();
    assertThat(check().ask(HOST, SHORT)).isEqualTo(SignOfLife.UNKNOWN);
  }

  @Test
  void ofOthersNothingIsKnown() {
    assertThat(check().ask(OTHER, SHORT)).isEqualTo(SignOfLife.UNKNOWN);
  }

  @Test
  void aNameWithoutAnAddressIsRefused() {
    ports.put(OTHER, InetSocketAddress.createUnresolved("no-such-host", 22));
    assertThatThrownBy(this::check)
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("check.ports.host2");
  }
}
