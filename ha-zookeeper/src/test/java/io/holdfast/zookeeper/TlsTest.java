package io.holdfast.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that speaks TLS only to clients whose certificates it trusts. */
class TlsTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String PASSWORD = "correct horse";

  private final Path directory;

  TlsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  // ZooKeeper's server takes what it does not know in its configuration for system properties.
  @AfterEach
  void forgetServerSettings() {
    System.getProperties().keySet().removeIf(key -> key.toString().startsWith("zookeeper.ssl."));
    System.clearProperty("zookeeper.serverCnxnFactory");
  }

  @Test
  void certificatesAreShownAndChecked() throws Exception {
    Path cluster = keyStore("cluster");
    Path stranger = keyStore("stranger");
    int securePort = Ensemble.freePort();
    Path trust = trustIn(cluster);
    try (TestingServer server = server(cluster, trust, securePort)) {
      assertThat(server.getPort()).isNotEqualTo(securePort);
      TlsConfig trusted = TlsConfig.trusting(trust, PASSWORD::toCharArray);
      try (ZooKeeperCoordination client =
          connect(securePort, trusted.presenting(cluster, PASSWORD::toCharArray))) {
        assertThat(client.membership().join(new HostId("h1"), TIMEOUT))
            .isInstanceOf(Outcome.Done.class);
      }
      Duration brief = Duration.ofSeconds(1);
      try (ZooKeeperCoordination untrusted =
          connect(securePort, trusted.presenting(stranger, PASSWORD::toCharArray))) {
        assertThat(untrusted.clusterId(brief)).isInstanceOf(Outcome.Unknown.class);
      }
      TlsConfig deceived =
          TlsConfig.trusting(trustIn(stranger), PASSWORD::toCharArray)
              .presenting(cluster, PASSWORD::toCharArray);
      try (ZooKeeperCoordination client = connect(securePort, deceived)) {
        assertThat(client.clusterId(brief)).isInstanceOf(Outcome.Unknown.class);
      }
    }
  }

  @Test
  void passwordsAreNotShownAndFilesMustExist() throws Exception {
    Path store = keyStore("cluster");
    TlsConfig config =
        TlsConfig.trusting(store, PASSWORD::toCharArray).presenting(store, PASSWORD::toCharArray);
    assertThat(config.toString()).contains("cluster.p12").doesNotContain(PASSWORD);
    Path missing = directory.resolve("missing.p12");
    assertThatThrownBy(() -> TlsConfig.trusting(missing, PASSWORD::toCharArray))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("tls.trustStore")
        .hasMessageNotContaining(PASSWORD);
  }

  private static ZooKeeperCoordination connect(int port, TlsConfig tls) {
    return ZooKeeperCoordination.builder("localhost:" + port + "/tls")
        .tls(tls)
        .sessionTimeout(Ensemble.LONG_SESSION)
        .build();
  }

  private static TestingServer server(Path store, Path trust, int securePort) throws Exception {
    Map<String, Object> settings = new HashMap<>(Ensemble.LONG_SESSIONS);
    settings.put("secureClientPort", Integer.toString(securePort));
    settings.put("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory");
    settings.put("ssl.keyStore.location", store.toString());
    settings.put("ssl.keyStore.password", PASSWORD);
    settings.put("ssl.trustStore.location", trust.toString());
    settings.put("ssl.trustStore.password", PASSWORD);
    return new TestingServer(
        new InstanceSpec(null, -1, -1, -1, true, -1, Ensemble.TICK_MILLIS, -1, settings), true);
  }

  /** A key with a certificate that it signed itself. */
  private Path keyStore(String name) throws Exception {
    Path file = directory.resolve(name + ".p12");
    keytool(
        file,
        List.of(
            "-genkeypair",
            "-alias",
            name,
            "-keyalg",
            "EC",
            "-dname",
            "CN=localhost",
            "-ext",
            "SAN=DNS:localhost,IP:127.0.0.1",
            "-validity",
            "2"));
    return file;
  }

  /** A store that vouches for the certificate in a key store. */
  private Path trustIn(Path keyStore) throws Exception {
    String name = keyStore.getFileName().toString().replace(".p12", "");
    Path file = directory.resolve(name + "-trust.p12");
    Path certificate = directory.resolve(name + ".crt");
    keytool(keyStore, List.of("-exportcert", "-alias", name, "-file", certificate.toString()));
    keytool(
        file, List.of("-importcert", "-noprompt", "-alias", name, "-file", certificate.toString()));
    return file;
  }

  private void keytool(Path store, List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(arguments);
    command.addAll(
        List.of(
            "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass:env", "STOREPASS"));
    File output = directory.resolve("keytool.log").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
    builder.environment().put("STOREPASS", PASSWORD);
    Process keytool = builder.start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).as("%s", output).isZero();
  }
}
