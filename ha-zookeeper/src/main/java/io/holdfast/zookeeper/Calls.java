package io.holdfast.zookeeper;

import io.holdfast.zookeeper.ZNodes.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Requests of one call on one session, awaited until the call's deadline. They are sent in the
 * order in which they are made without waiting for each other, and ZooKeeper answers a session's
 * requests in order: a read that follows a write sees at least that write.
 */
final class Calls {
  private final ZooKeeper zooKeeper;
  private final Layout layout;
  private final Deadline deadline;

  Calls(ZooKeeper zooKeeper, Layout layout, Deadline deadline) {
    this.zooKeeper = zooKeeper;
    this.layout = layout;
    this.deadline = deadline;
  }

  long sessionId() {
    return zooKeeper.getSessionId();
  }

  Deadline deadline() {
    return deadline;
  }

  CompletableFuture<Optional<Stat>> exists(String path) {
    return ZNodes.exists(zooKeeper, path);
  }

  CompletableFuture<Optional<Node>> get(String path) {
    return ZNodes.get(zooKeeper, path);
  }

  /** Names of the children, none if there is no such node. */
  CompletableFuture<List<String>> children(String path) {
    return ZNodes.children(zooKeeper, path);
  }

  /** One transaction; awaiting it throws {@link RejectedException} if it was refused. */
  CompletableFuture<List<OpResult>> multi(List<Op> ops) {
    CompletableFuture<List<OpResult>> future = new CompletableFuture<>();
    zooKeeper.multi(
        ops,
        (rc, path, ctx, results) -> {
          if (rc == Code.OK.intValue()) {
            future.complete(results);
          } else {
            future.completeExceptionally(failure(rc, results));
          }
        },
        null);
    return future;
  }

  /**
   * A transaction that writes nothing: when it has come back, a majority has agreed on it, and what
   * is read after it is at least as new as everything acknowledged before. ZooKeeper's own {@code
   * sync} asks only the leader, which may have been deposed without having noticed.
   */
  CompletableFuture<List<OpResult>> barrier() {
    return multi(List.of(Op.check(layout.meta(), -1)));
  }

  private static Exception failure(int rc, List<OpResult> results) {
    KeeperException cause = KeeperException.create(Code.get(rc));
    if (results != null) {
      for (int i = 0; i < results.size(); i++) {
        if (results.get(i) instanceof OpResult.ErrorResult error && error.getErr() != 0) {
          return new RejectedException(i, Code.get(error.getErr()), cause);
        }
      }
    }
    return cause;
  }

  <T> T await(CompletableFuture<T> future)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    try {
      return future.get(Math.max(0, deadline.nanosLeft()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KeeperException failed) {
        throw failed;
      }
      if (e.getCause() instanceof RejectedException rejected) {
        throw rejected;
      }
      throw new IllegalStateException(e);
    }
  }

  <T> List<T> awaitAll(List<CompletableFuture<T>> futures)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    List<T> results = new ArrayList<>(futures.size());
    for (CompletableFuture<T> future : futures) {
      results.add(await(future));
    }
    return results;
  }
}
