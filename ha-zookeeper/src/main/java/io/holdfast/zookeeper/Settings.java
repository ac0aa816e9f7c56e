package io.holdfast.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.apache.curator.framework.AuthInfo;
import org.apache.curator.framework.api.ACLProvider;

/** What {@link ZooKeeperCoordination.Builder} was told; not a record, so that nothing prints it. */
final class Settings {
  final String servers;
  final Layout layout;
  final Duration sessionTimeout;
  final Duration connectionTimeout;
  final Duration resyncInterval;
  final int maxPacketBytes;
  final Optional<String> preferredServer;
  final Optional<UUID> clusterId;
  final Optional<Executor> executor;
  final Optional<TlsConfig> tls;
  final List<AuthInfo> authorizations;
  final ACLProvider acls;

  Settings(ZooKeeperCoordination.Builder builder) {
    int slash = builder.connectString.indexOf('/');
    servers = slash < 0 ? builder.connectString : builder.connectString.substring(0, slash);
    layout = new Layout(slash < 0 ? "" : builder.connectString.substring(slash));
    sessionTimeout = builder.sessionTimeout;
    connectionTimeout = builder.connectionTimeout.orElse(sessionTimeout);
    resyncInterval = builder.resyncInterval;
    maxPacketBytes = builder.maxPacketBytes;
    preferredServer = builder.preferredServer;
    clusterId = builder.clusterId;
    executor = builder.executor;
    tls = builder.tls;
    authorizations = List.copyOf(builder.authorizations);
    acls = builder.acls.orElseGet(() -> DefaultAcls.of(!authorizations.isEmpty()));
  }
}
