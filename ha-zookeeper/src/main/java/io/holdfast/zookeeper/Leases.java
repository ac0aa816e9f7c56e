package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.zookeeper.ZNodes.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.OpResult.SetDataResult;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions and leases of hosts. An incarnation is the id of the transaction that created the host's
 * session node. Joining also writes the lease, so its version tells whoever held it before that
 * somebody has joined since: a renewal is one transaction that expects the last one's version.
 */
final class Leases {
  private static final Logger log = LoggerFactory.getLogger(Leases.class);

  /** What the lease says between joining and the first renewal: the incarnation is its mzxid. */
  private static final String JOINED = "joined";

  /** What is shown of a lease that cannot be read: enough to know whose it is. */
  private static final int SHOWN = 80;

  private record Held(Incarnation incarnation, long sessionId, int leaseVersion) {}

  private final Link link;
  private final Map<HostId, Held> held = new ConcurrentHashMap<>();

  Leases(Link link) {
    this.link = link;
  }

  Outcome<Incarnation> join(HostId host, Duration timeout) {
    return link.call(timeout, calls -> join(calls, host));
  }

  private Outcome<Incarnation> join(Calls calls, HostId host)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    String session = link.layout().session(host);
    while (true) {
      CompletableFuture<Optional<Stat>> lease = calls.exists(link.layout().lease(host));
      boolean sessionExists = calls.await(calls.exists(session)).isPresent();
      List<Op> ops = new ArrayList<>();
      if (calls.await(lease).isEmpty()) {
        ops.add(create(link.layout().host(host), CreateMode.PERSISTENT));
        ops.add(create(link.layout().lease(host), CreateMode.PERSISTENT));
      }
      if (sessionExists) {
        ops.add(Op.delete(session, -1));
      }
      ops.add(create(session, CreateMode.EPHEMERAL));
      ops.add(Op.setData(link.layout().lease(host), JOINED.getBytes(UTF_8), -1));
      try {
        Stat written = lastStat(calls.await(calls.multi(ops)));
        Incarnation incarnation = new Incarnation(written.getMzxid());
        held.put(host, new Held(incarnation, calls.sessionId(), written.getVersion()));
        return Outcome.done(incarnation);
      } catch (RejectedException e) {
        if (!e.isRace()) {
          throw e;
        }
        // The session ended or another client joined since it was looked at: look again.
      }
    }
  }

  Outcome<Ack> renew(HostId host, Incarnation incarnation, long sequence, Duration timeout) {
    byte[] data = (incarnation + " " + sequence).getBytes(UTF_8);
    return link.repeat(
        timeout,
        calls -> {
          Optional<Held> mine = current(calls, host, incarnation);
          while (mine.isPresent()) {
            List<Op> ops =
                List.of(
                    Op.check(link.layout().session(host), -1),
                    Op.setData(link.layout().lease(host), data, mine.get().leaseVersion()));
            try {
              keep(host, mine.get(), lastStat(calls.await(calls.multi(ops))).getVersion());
              return Outcome.ok();
            } catch (RejectedException e) {
              mine = reread(calls, host, mine.get(), e);
            }
          }
          return Outcome.failed(
              Cause.EXPIRED, "incarnation " + incarnation + " of host " + host + " has ended");
        });
  }

  Outcome<Ack> leave(HostId host, Incarnation incarnation, Duration timeout) {
    return link.repeat(
        timeout,
        calls -> {
          Optional<Held> mine = current(calls, host, incarnation);
          while (mine.isPresent()) {
            List<Op> ops =
                List.of(
                    Op.check(link.layout().lease(host), mine.get().leaseVersion()),
                    Op.delete(link.layout().session(host), -1));
            try {
              calls.await(calls.multi(ops));
              held.remove(host, mine.get());
              return Outcome.ok();
            } catch (RejectedException e) {
              mine = reread(calls, host, mine.get(), e);
            }
          }
          return Outcome.ok();
        });
  }

  /** The incarnation as it is held on this very session: another session has none. */
  private Optional<Held> current(Calls calls, HostId host, Incarnation incarnation) {
    return Optional.ofNullable(held.get(host))
        .filter(h -> h.incarnation().equals(incarnation) && h.sessionId() == calls.sessionId());
  }

  /**
   * After a refused write: the lease's version has moved because a former renewal of ours was
   * applied without its answer reaching us, or because this incarnation has ended.
   */
  private Optional<Held> reread(Calls calls, HostId host, Held mine, RejectedException refused)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    if (!refused.isRace()) {
      throw refused;
    }
    CompletableFuture<Optional<Stat>> lease = calls.exists(link.layout().lease(host));
    Optional<Stat> session = calls.await(calls.exists(link.layout().session(host)));
    Optional<Stat> leaseStat = calls.await(lease);
    if (leaseStat.isEmpty()
        || session.isEmpty()
        || session.get().getCzxid() != mine.incarnation().value()) {
      held.remove(host, mine);
      return Optional.empty();
    }
    return Optional.of(keep(host, mine, leaseStat.get().getVersion()));
  }

  private Held keep(HostId host, Held mine, int leaseVersion) {
    Held next = new Held(mine.incarnation(), mine.sessionId(), leaseVersion);
    held.replace(host, mine, next);
    return next;
  }

  Outcome<Optional<Lease>> observe(HostId host, Duration timeout) {
    return link.repeat(
        timeout,
        calls -> {
          CompletableFuture<List<OpResult>> barrier = calls.barrier();
          CompletableFuture<Optional<Stat>> session = calls.exists(link.layout().session(host));
          CompletableFuture<Optional<Node>> lease = calls.get(link.layout().lease(host));
          calls.await(barrier);
          return Outcome.done(decode(host, calls.await(session), calls.await(lease)));
        });
  }

  Outcome<List<Lease>> observeAll(Duration timeout) {
    return link.repeat(
        timeout,
        calls -> {
          List<HostId> hosts =
              calls.await(calls.children(link.layout().hosts())).stream()
                  .sorted()
                  .flatMap(name -> hostId(name).stream())
                  .toList();
          List<CompletableFuture<Optional<Stat>>> sessions = new ArrayList<>();
          List<CompletableFuture<Optional<Node>>> leases = new ArrayList<>();
          for (HostId host : hosts) {
            sessions.add(calls.exists(link.layout().session(host)));
            leases.add(calls.get(link.layout().lease(host)));
          }
          List<Lease> found = new ArrayList<>();
          for (int i = 0; i < hosts.size(); i++) {
            readable(hosts.get(i), calls.await(sessions.get(i)), calls.await(leases.get(i)))
                .ifPresent(found::add);
          }
          return Outcome.done(List.copyOf(found));
        });
  }

  private Optional<HostId> hostId(String name) {
    try {
      return Optional.of(new HostId(name));
    } catch (InvalidConfigException e) {
      log.warn("Ignored: {}/{}: {}", link.layout().hosts(), printable(name), e.getMessage());
      return Optional.empty();
    }
  }

  /** One lease that nobody can read must not hide the others. */
  static Optional<Lease> readable(HostId host, Optional<Stat> session, Optional<Node> lease) {
    try {
      return decode(host, session, lease);
    } catch (RefusedException e) {
      log.warn("Ignored: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private static String printable(String text) {
    String start = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    return start.replaceAll("[^\\p{Graph} ]", "?");
  }

  /** A lease from its two nodes, which need not be of one instant: the session is a hint only. */
  static Optional<Lease> decode(HostId host, Optional<Stat> session, Optional<Node> lease)
      throws RefusedException {
    if (lease.isEmpty()) {
      return Optional.empty();
    }
    String text = lease.get().text();
    long incarnation = lease.get().stat().getMzxid();
    long sequence = 0;
    if (!text.equals(JOINED)) {
      String[] parts = text.split(" ", -1);
      try {
        incarnation = Long.parseLong(parts[0]);
        sequence = Long.parseLong(parts[parts.length - 1]);
      } catch (NumberFormatException e) {
        incarnation = 0;
      }
      if (parts.length != 2 || incarnation <= 0 || sequence < 0) {
        throw new RefusedException(
            "lease of host " + host, '"' + printable(text) + '"', "two numbers");
      }
    }
    long writer = incarnation;
    boolean present = session.filter(stat -> stat.getCzxid() == writer).isPresent();
    return Optional.of(new Lease(host, new Incarnation(writer), sequence, present));
  }

  private Op create(String path, CreateMode mode) {
    return Op.create(path, new byte[0], link.settings().acls.getAclForPath(path), mode);
  }

  private static Stat lastStat(List<OpResult> results) {
    return ((SetDataResult) results.get(results.size() - 1)).getStat();
  }
}
