package io.holdfast.zookeeper;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.curator.framework.AuthInfo;
import org.apache.curator.framework.api.ACLProvider;

/**
 * A connection to a ZooKeeper ensemble, and the two SPIs on it. Several in one JVM do not know of
 * each other.
 *
 * <p>The connection is made in the background and kept up: calls while there is none answer {@code
 * Unknown} when their time is over. A session that was lost is replaced by a new one, without the
 * incarnations and the controller's place of the former: join and campaign again.
 *
 * <p>Nothing that is safe depends on a session. Its time-out decides how soon a server that went
 * silent is given up for another (two thirds of it, unless the server's host says no at once), how
 * long an interruption or an election within the ensemble may last without every host having to
 * join again, and how long a dead controller keeps its place from those who do not {@link
 * Membership#takeOver take it over}. The servers' {@code tickTime} bounds it: 2 to 20 ticks.
 *
 * <p>While the ensemble elects a leader nothing is answered, and ZooKeeper's client waits a random
 * time of up to a second before it connects again: about a second in which no host renews its lease
 * and no controller can tell. Silence that ends with {@link Membership.Connection#CONNECTED} was
 * the ensemble's, not the hosts'.
 *
 * <p>The ensemble must be ZooKeeper 3.6 or later. The layout is made by the first client; what is
 * found there and is not Holdfast's is refused: every call then answers {@code Failed} with one
 * line that says what was found.
 */
public final class ZooKeeperCoordination implements AutoCloseable {
  final Link link;
  private final ZooKeeperMembership membership;
  private final ZooKeeperStateStore stateStore;

  private ZooKeeperCoordination(Settings settings) {
    link = new Link(settings);
    ControllerPlace place = new ControllerPlace(link);
    membership = new ZooKeeperMembership(link, place);
    stateStore = new ZooKeeperStateStore(link, place);
    link.start();
  }

  /**
   * @param connectString {@code host:port,host:port/chroot}; the chroot is made if it is absent.
   *     Clusters with different chroots do not see each other.
   */
  public static Builder builder(String connectString) {
    return new Builder(connectString);
  }

  /** Closing it ends the session, and with it the {@link #stateStore}. */
  public Membership membership() {
    return membership;
  }

  /** Closing it ends its feeds; the session is the {@link #membership}'s. */
  public StateStore stateStore() {
    return stateStore;
  }

  /**
   * Waits until the ensemble is reached and its content is known to be Holdfast's. Need not be
   * called; it tells early what would otherwise be told by the first call.
   *
   * @return the id that the cluster was given when its layout was made
   */
  public Outcome<UUID> clusterId(Duration timeout) {
    return link.clusterId(timeout);
  }

  /** Ends the session and all feeds. */
  @Override
  public void close() {
    stateStore.close();
    membership.close();
  }

  /** The options; every one but the connect string has a default. */
  public static final class Builder {
    final String connectString;
    Duration sessionTimeout = Duration.ofSeconds(6);
    Duration resyncInterval = Duration.ofSeconds(30);
    Optional<Duration> connectionTimeout = Optional.empty();
    int maxPacketBytes = 0xfffff;
    Optional<String> preferredServer = Optional.empty();
    Optional<UUID> clusterId = Optional.empty();
    Optional<Executor> executor = Optional.empty();
    Optional<TlsConfig> tls = Optional.empty();
    Optional<ACLProvider> acls = Optional.empty();
    final List<AuthInfo> authorizations = new ArrayList<>();

    private Builder(String connectString) {
      if (!connectString.matches("[^/\\s]+(/[A-Za-z0-9._-]+)*")) {
        throw new InvalidConfigException(
            "zookeeper.connectString", '"' + connectString + '"', "host:port,host:port/chroot");
      }
      this.connectString = connectString;
    }

    /**
     * How long the ensemble keeps the session without hearing of it.
     *
     * @param timeout 100 ms to 1 hour, default 6 s; the servers may impose narrower bounds
     */
    public Builder sessionTimeout(Duration timeout) {
      sessionTimeout = require("zookeeper.sessionTimeout", timeout);
      return this;
    }

    /**
     * How long Curator waits for a connection before it makes a new client.
     *
     * @param timeout 100 ms to 1 hour, default the session's time-out
     */
    public Builder connectionTimeout(Duration timeout) {
      connectionTimeout = Optional.of(require("zookeeper.connectionTimeout", timeout));
      return this;
    }

    /**
     * How often feeds put their watches in place anew and tell everything again.
     *
     * @param interval 100 ms to 1 hour, default 30 s
     */
    public Builder resyncInterval(Duration interval) {
      resyncInterval = require("zookeeper.resyncInterval", interval);
      return this;
    }

    /**
     * The largest packet, as set in {@code jute.maxbuffer} of every server; limits values and
     * commits.
     *
     * @param bytes 128 KiB or more, default ZooKeeper's 1 MiB less one byte
     */
    public Builder maxPacketBytes(int bytes) {
      if (bytes < 128 * 1024) {
        throw new InvalidConfigException("zookeeper.maxPacketBytes", bytes, "131072 or greater");
      }
      maxPacketBytes = bytes;
      return this;
    }

    /**
     * A server to try before the others, as a host's own where each host runs one: then the death
     * of another host does not interrupt this one's connection.
     *
     * @param server {@code host:port}, also named in the connect string
     */
    public Builder preferredServer(String server) {
      preferredServer = Optional.of(server);
      return this;
    }

    /** Refuses an ensemble with another cluster's id; a layout made anew gets this one. */
    public Builder clusterId(UUID id) {
      clusterId = Optional.of(id);
      return this;
    }

    /** Calls listeners through this executor instead of a thread of its own. */
    public Builder executor(Executor listeners) {
      executor = Optional.of(listeners);
      return this;
    }

    public Builder tls(TlsConfig config) {
      tls = Optional.of(config);
      return this;
    }

    /**
     * Authenticates to the servers; may be called more than once. Unless {@link #acls} says
     * otherwise, everything this client makes is then accessible to the same identity only.
     *
     * @param scheme for example {@code digest}
     * @param secret asked for once, here; its array is wiped
     */
    public Builder authorization(String scheme, Supplier<byte[]> secret) {
      byte[] given = secret.get();
      authorizations.add(new AuthInfo(scheme, given.clone()));
      Arrays.fill(given, (byte) 0);
      return this;
    }

    /** Who may do what with which node. Without it, and without authorization, everybody all. */
    public Builder acls(ACLProvider provider) {
      acls = Optional.of(provider);
      return this;
    }

    /** Starts to connect and returns at once. */
    public ZooKeeperCoordination build() {
      return new ZooKeeperCoordination(new Settings(this));
    }

    private static Duration require(String field, Duration value) {
      Duration least = Duration.ofMillis(100);
      Duration most = Duration.ofHours(1);
      if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
        throw new InvalidConfigException(field, value, least + " to " + most);
      }
      return value;
    }
  }
}
