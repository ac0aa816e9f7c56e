package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Reads whose answer may be that there is no such node. Never blocks. */
final class ZNodes {
  record Node(String text, Stat stat) {}

  private ZNodes() {}

  static CompletableFuture<Optional<Stat>> exists(ZooKeeper zooKeeper, String path) {
    CompletableFuture<Optional<Stat>> future = new CompletableFuture<>();
    zooKeeper.exists(
        path,
        false,
        (rc, p, ctx, stat) -> answer(future, rc, Optional.ofNullable(stat), Optional.empty()),
        null);
    return future;
  }

  static CompletableFuture<Optional<Node>> get(ZooKeeper zooKeeper, String path) {
    CompletableFuture<Optional<Node>> future = new CompletableFuture<>();
    zooKeeper.getData(
        path,
        false,
        (rc, p, ctx, data, stat) ->
            answer(
                future,
                rc,
                stat == null
                    ? Optional.empty()
                    : Optional.of(new Node(data == null ? "" : new String(data, UTF_8), stat)),
                Optional.empty()),
        null);
    return future;
  }

  static CompletableFuture<List<String>> children(ZooKeeper zooKeeper, String path) {
    CompletableFuture<List<String>> future = new CompletableFuture<>();
    zooKeeper.getChildren(
        path,
        false,
        (int rc, String p, Object ctx, List<String> names) ->
            answer(future, rc, names == null ? List.of() : names, List.of()),
        null);
    return future;
  }

  private static <T> void answer(CompletableFuture<T> future, int rc, T found, T absent) {
    if (rc == Code.OK.intValue()) {
      future.complete(found);
    } else if (rc == Code.NONODE.intValue()) {
      future.complete(absent);
    } else {
      future.completeExceptionally(KeeperException.create(Code.get(rc)));
    }
  }
}
