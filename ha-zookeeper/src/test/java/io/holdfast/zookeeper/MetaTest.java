package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.LoggerFactory;

/** Whose tree it is: chroots, the cluster's id, what is not ours, who may read it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MetaTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final StateStore.Key KEY = new StateStore.Key(Table.HOST, "h1");

  private TestingServer server;

  @BeforeAll
  void startServer() throws Exception {
    server = new TestingServer();
  }

  @AfterAll
  void stopServer() throws IOException {
    server.close();
  }

  @Test
  void clustersWithDifferentChrootsDoNotSeeEachOther() {
    try (ZooKeeperCoordination a = builder("/one/a").build();
        ZooKeeperCoordination b = builder("/one/b").build();
        ZooKeeperCoordination again = builder("/one/a").build()) {
      UUID first = done(a.clusterId(TIMEOUT));
      assertThat(done(b.clusterId(TIMEOUT))).isNotEqualTo(first);
      assertThat(done(again.clusterId(TIMEOUT))).isEqualTo(first);
      done(a.membership().join(new HostId("h1"), TIMEOUT));
      done(commit(a, "a"));
      assertThat(done(a.membership().campaign("a", TIMEOUT))).isInstanceOf(Election.Elected.class);
      assertThat(done(b.membership().observeAll(TIMEOUT))).isEmpty();
      assertThat(done(b.stateStore().read(KEY, TIMEOUT))).isEmpty();
      assertThat(done(b.membership().campaign("b", TIMEOUT))).isInstanceOf(Election.Elected.class);
      assertThat(done(again.membership().campaign("b", TIMEOUT)))
          .isInstanceOf(Election.LedBy.class);
    }
  }

  @Test
  void anEnsembleOfItsOwnNeedsNoChroot() {
    try (ZooKeeperCoordination a = builder("").build()) {
      done(commit(a, "a"));
    }
  }

  @Test
  void anotherClustersIdIsRefused() {
    UUID mine = UUID.randomUUID();
    try (ZooKeeperCoordination made = builder("/id").clusterId(mine).build();
        ZooKeeperCoordination other = builder("/id").clusterId(UUID.randomUUID()).build()) {
      assertThat(done(made.clusterId(TIMEOUT))).isEqualTo(mine);
      assertRefused(commit(other, "x"), "/id/v1/meta: found cluster " + mine);
    }
  }

  @Test
  void whatIsNotHoldfastsIsRefusedAndLeftAlone() throws Exception {
    ZooKeeper raw = rawClient();
    create(raw, "/foreign", "");
    create(raw, "/foreign/v1", "somebody's");
    create(raw, "/later", "");
    create(raw, "/later/v1", "");
    create(raw, "/later/v1/meta", "holdfast/2 and more\n");
    try (ZooKeeperCoordination foreign = builder("/foreign").build();
        ZooKeeperCoordination later = builder("/later").build()) {
      assertRefused(commit(foreign, "x"), "/foreign/v1: found a node without meta");
      String line =
          "/later/v1/meta: found \"holdfast/2 and more?\", allowed: holdfast/1 CLUSTER-ID";
      assertRefused(commit(later, "x"), line);
      assertRefused(later.membership().join(new HostId("h1"), TIMEOUT), line);
      assertRefused(later.membership().campaign("a", TIMEOUT), line);
      assertThat(raw.getChildren("/foreign/v1", false)).isEmpty();
      assertThat(raw.getChildren("/later/v1", false)).containsExactly("meta");
    } finally {
      raw.close();
    }
  }

  @Test
  void corruptEpochsAndLeasesAreRefusedNotGuessed() throws Exception {
    ZooKeeper raw = rawClient();
    try (ZooKeeperCoordination a = builder("/corrupt").build()) {
      done(a.membership().join(new HostId("h1"), TIMEOUT));
      raw.setData("/corrupt/v1/hosts/h1/lease", "17 x".getBytes(UTF_8), -1);
      raw.setData("/corrupt/v1/epoch", "minus one".getBytes(UTF_8), -1);
      assertRefused(
          a.membership().observe(new HostId("h1"), TIMEOUT), "lease of host h1: found \"17 x\"");
      assertRefused(
          a.membership().campaign("a", TIMEOUT), "/corrupt/v1/epoch: found \"minus one\"");
    } finally {
      raw.close();
    }
  }

  @Test
  void leasesThatCannotBeReadHideNoOthers() throws Exception {
    ZooKeeper raw = rawClient();
    Logger logger = (Logger) LoggerFactory.getLogger(Leases.class);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    logger.addAppender(logged);
    try (ZooKeeperCoordination a = builder("/mixed").build()) {
      for (String host : List.of("h1", "h2", "h3", "h4", "h5")) {
        done(a.membership().join(new HostId(host), TIMEOUT));
      }
      String hosts = "/mixed/v1/hosts";
      raw.setData(hosts + "/h2/lease", "17\nx".getBytes(UTF_8), -1);
      raw.setData(hosts + "/h3/lease", ("17 -1" + "x".repeat(500)).getBytes(UTF_8), -1);
      raw.setData(hosts + "/h5/lease", "17 -1".getBytes(UTF_8), -1);
      create(raw, hosts + "/not a host", "");
      create(raw, hosts + "/empty", "");

      assertThat(hostsSeen(a)).containsExactly("h1", "h4");
      assertThat(logged.list)
          .allMatch(event -> event.getLevel() == Level.WARN)
          .extracting(ILoggingEvent::getFormattedMessage)
          .hasSize(4)
          .noneMatch(line -> line.contains("\n") || line.length() > 250)
          .anyMatch(line -> line.contains(hosts + "/not a host"))
          .anyMatch(line -> line.contains("lease of host h2: found \"17?x\""))
          .anyMatch(line -> line.contains("lease of host h3: found \"17 -1x"))
          .anyMatch(line -> line.contains("lease of host h5: found \"17 -1\""));
      assertRefused(
          a.membership().observe(new HostId("h2"), TIMEOUT), "lease of host h2: found \"17?x\"");
    } finally {
      logger.detachAppender(logged);
      raw.close();
    }
  }

  private static List<String> hostsSeen(ZooKeeperCoordination coordination) {
    return done(coordination.membership().observeAll(TIMEOUT)).stream()
        .map(lease -> lease.host().value())
        .toList();
  }

  @Test
  void whoDoesNotAuthenticateIsDenied() {
    try (ZooKeeperCoordination owner =
            builder("/secret")
                .authorization("digest", () -> "holdfast:pass-1".getBytes(UTF_8))
                .build();
        ZooKeeperCoordination stranger = builder("/secret").build()) {
      done(commit(owner, "mine"));
      assertThat(commit(stranger, "x"))
          .isInstanceOfSatisfying(
              Outcome.Failed.class, f -> assertThat(f.cause()).isEqualTo(Cause.DENIED));
    }
  }

  @Test
  void settingsAreChecked() {
    for (String wrong : List.of("", "/chroot", "host:1/", "host:1 /x", "host:1//x")) {
      assertThatThrownBy(() -> ZooKeeperCoordination.builder(wrong))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("zookeeper.connectString");
    }
    ZooKeeperCoordination.Builder builder = builder("");
    assertThatThrownBy(() -> builder.sessionTimeout(Duration.ofMillis(99)))
        .hasMessageContaining("zookeeper.sessionTimeout: found PT0.099S");
    assertThatThrownBy(() -> builder.maxPacketBytes(1024))
        .hasMessageContaining("zookeeper.maxPacketBytes");
  }

  @Test
  void aPreferredServerIsTriedFirstAfterEachConnection() {
    ServerChoice servers = new ServerChoice(Optional.of("127.0.0.1:3"), "127.0.0.1:1,127.0.0.1:2");
    assertThat(servers.size()).isEqualTo(2);
    assertThat(servers.next(0).getPort()).isEqualTo(3);
    assertThat(servers.next(0).getPort()).isIn(1, 2);
    assertThat(servers.next(0).getPort()).isIn(1, 2);
    servers.onConnected();
    assertThat(servers.next(0).getPort()).isEqualTo(3);
  }

  private ZooKeeperCoordination.Builder builder(String chroot) {
    return ZooKeeperCoordination.builder(server.getConnectString() + chroot);
  }

  private ZooKeeper rawClient() throws IOException {
    return new ZooKeeper(server.getConnectString(), 30_000, event -> {});
  }

  private static void create(ZooKeeper raw, String path, String value) throws Exception {
    raw.create(path, value.getBytes(UTF_8), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
  }

  private static Outcome<Outcome.Ack> commit(ZooKeeperCoordination coordination, String value) {
    return coordination
        .stateStore()
        .commit(Optional.empty(), List.of(Write.put(KEY, value)), TIMEOUT);
  }

  private static void assertRefused(Outcome<?> outcome, String line) {
    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    Outcome.Failed<?> failed = (Outcome.Failed<?>) outcome;
    assertThat(failed.cause()).isEqualTo(Cause.INVALID);
    assertThat(failed.detail()).startsWith(line).doesNotContain("\n");
  }

  private static <T> T done(Outcome<T> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<T>) outcome).value();
  }
}
