package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.zookeeper.ZNodes.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;

/**
 * Makes the layout where there is nothing yet, and refuses what is not ours: looked at once per
 * session, before anything else is read or written.
 */
final class ClusterMeta {
  private static final String FORMAT = "holdfast/1";
  private static final Pattern META = Pattern.compile(FORMAT + " ([0-9a-f-]{36})");

  private final Layout layout;
  private final ACLProvider acls;
  private final Optional<UUID> expected;
  private volatile Optional<UUID> seen = Optional.empty();

  ClusterMeta(Settings settings) {
    this.layout = settings.layout;
    this.acls = settings.acls;
    this.expected = settings.clusterId;
  }

  /** The cluster's id; the layout exists. */
  UUID prepare(Calls calls)
      throws KeeperException,
          RejectedException,
          RefusedException,
          TimeoutException,
          InterruptedException {
    while (true) {
      try {
        // A barrier: a new session may be with a server that has not caught up with what this
        // object has seen before.
        calls.await(calls.barrier());
        Optional<Node> meta = calls.await(calls.get(layout.meta()));
        if (meta.isPresent()) {
          return check(meta.get().text());
        }
      } catch (RejectedException e) {
        if (e.code() != Code.NONODE) {
          throw e;
        }
        create(calls);
      }
    }
  }

  private UUID check(String found) throws RefusedException {
    Matcher matcher = META.matcher(found);
    if (!matcher.matches()) {
      String shown = found.length() > 40 ? found.substring(0, 40) + "..." : found;
      throw new RefusedException(
          layout.meta(), '"' + shown.replaceAll("\\p{Cntrl}", "?") + '"', FORMAT + " CLUSTER-ID");
    }
    UUID id = UUID.fromString(matcher.group(1));
    Optional<UUID> wanted = expected.or(() -> seen);
    if (wanted.isPresent() && !wanted.get().equals(id)) {
      throw new RefusedException(
          layout.meta(), "cluster " + id, "cluster " + wanted.get() + ", which this client is of");
    }
    seen = Optional.of(id);
    return id;
  }

  private void create(Calls calls)
      throws KeeperException,
          RejectedException,
          RefusedException,
          TimeoutException,
          InterruptedException {
    for (int end = layout.chroot().indexOf('/', 1);
        !layout.chroot().isEmpty();
        end = layout.chroot().indexOf('/', end + 1)) {
      createIfAbsent(calls, end < 0 ? layout.chroot() : layout.chroot().substring(0, end));
      if (end < 0) {
        break;
      }
    }
    UUID id = expected.or(() -> seen).orElseGet(UUID::randomUUID);
    List<Op> ops = new ArrayList<>();
    ops.add(node(layout.root(), ""));
    ops.add(node(layout.meta(), FORMAT + " " + id));
    ops.add(node(layout.epoch(), "0"));
    layout.allDirectories().forEach(path -> ops.add(node(path, "")));
    try {
      calls.await(calls.multi(ops));
    } catch (RejectedException e) {
      // Another client was faster, or the root is somebody else's.
      if (e.code() != Code.NODEEXISTS) {
        throw e;
      }
      if (calls.await(calls.exists(layout.meta())).isEmpty()) {
        throw new RefusedException(layout.root(), "a node without meta", "none, or Holdfast's");
      }
    }
  }

  private void createIfAbsent(Calls calls, String path)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    if (calls.await(calls.exists(path)).isPresent()) {
      return;
    }
    try {
      calls.await(calls.multi(List.of(node(path, ""))));
    } catch (RejectedException e) {
      if (e.code() != Code.NODEEXISTS) {
        throw e;
      }
    }
  }

  private Op node(String path, String value) {
    return Op.create(path, value.getBytes(UTF_8), acls.getAclForPath(path), CreateMode.PERSISTENT);
  }
}
