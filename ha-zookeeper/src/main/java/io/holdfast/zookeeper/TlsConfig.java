package io.holdfast.zookeeper;

import io.holdfast.api.InvalidConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;

/**
 * How to speak TLS with the ensemble. Key stores may be PEM, JKS, PKCS12 or BCFKS, told by the
 * file's extension ({@code .pem, .jks, .p12, .bcfks}).
 *
 * <p>Passwords are asked for whenever a connection is made, and the arrays are wiped after use.
 * They are never logged nor printed by this class; ZooKeeper keeps its own copy in memory.
 */
public final class TlsConfig {
  private record Store(Path file, Supplier<char[]> password) {}

  private final Store trust;
  private final Optional<Store> key;
  private final boolean verifyHostname;

  private TlsConfig(Store trust, Optional<Store> key, boolean verifyHostname) {
    this.trust = trust;
    this.key = key;
    this.verifyHostname = verifyHostname;
  }

  /**
   * Trusts servers whose certificates this store vouches for, and checks their names.
   *
   * @param password gives a new array each time
   */
  public static TlsConfig trusting(Path trustStore, Supplier<char[]> password) {
    return new TlsConfig(store("tls.trustStore", trustStore, password), Optional.empty(), true);
  }

  /**
   * Shows the servers a certificate of its own.
   *
   * @param password gives a new array each time
   */
  public TlsConfig presenting(Path keyStore, Supplier<char[]> password) {
    return new TlsConfig(
        trust, Optional.of(store("tls.keyStore", keyStore, password)), verifyHostname);
  }

  /** Accepts a trusted certificate whatever name is in it. */
  public TlsConfig withoutHostnameVerification() {
    return new TlsConfig(trust, key, false);
  }

  void applyTo(ZKClientConfig config) {
    config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
    config.setProperty(
        ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
    try (ClientX509Util names = new ClientX509Util()) {
      config.setProperty(names.getSslTruststoreLocationProperty(), trust.file().toString());
      config.setProperty(names.getSslTruststorePasswdProperty(), read(trust));
      key.ifPresent(
          store -> {
            config.setProperty(names.getSslKeystoreLocationProperty(), store.file().toString());
            config.setProperty(names.getSslKeystorePasswdProperty(), read(store));
          });
      config.setProperty(
          names.getSslHostnameVerificationEnabledProperty(), Boolean.toString(verifyHostname));
    }
  }

  private static Store store(String field, Path file, Supplier<char[]> password) {
    if (!Files.isReadable(file)) {
      throw new InvalidConfigException(field, file, "a file that can be read");
    }
    return new Store(file, password);
  }

  private static String read(Store store) {
    char[] password = store.password().get();
    try {
      return new String(password);
    } finally {
      Arrays.fill(password, '\0');
    }
  }

  /** The files; never the passwords. */
  @Override
  public String toString() {
    return "TlsConfig[trustStore="
        + trust.file()
        + ", keyStore="
        + key.map(store -> store.file().toString()).orElse("none")
        + ", verifyHostname="
        + verifyHostname
        + ']';
  }
}
