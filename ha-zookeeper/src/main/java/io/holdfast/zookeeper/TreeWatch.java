package io.holdfast.zookeeper;

import java.util.function.Consumer;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A persistent watch. Events during a disconnection are lost, so it is put in place anew after each
 * and now and then besides, and says so: whoever follows it then reads everything again. Both
 * callbacks run on ZooKeeper's event thread and must not block.
 */
final class TreeWatch implements Watcher, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TreeWatch.class);

  private final Link link;
  private final String path;
  private final AddWatchMode mode;
  private final Consumer<String> onChange;
  private final Consumer<ZooKeeper> onArmed;
  private volatile boolean closed;

  TreeWatch(
      Link link,
      String path,
      AddWatchMode mode,
      Consumer<String> onChange,
      Consumer<ZooKeeper> onArmed) {
    this.link = link;
    this.path = path;
    this.mode = mode;
    this.onChange = onChange;
    this.onArmed = onArmed;
  }

  void arm(ZooKeeper zooKeeper) {
    zooKeeper.addWatch(path, this, mode, (rc, p, ctx) -> armed(zooKeeper, rc), null);
  }

  void disarm(ZooKeeper zooKeeper) {
    zooKeeper.removeWatches(
        path, this, WatcherType.Any, true, (rc, p, ctx) -> log.trace("{}: {}", p, rc), null);
  }

  @Override
  public void process(WatchedEvent event) {
    String changed = event.getPath();
    if (changed != null && !closed) {
      onChange.accept(changed);
    }
  }

  @Override
  public void close() {
    closed = true;
    link.unregister(this);
  }

  private void armed(ZooKeeper zooKeeper, int rc) {
    if (closed) {
      return;
    }
    if (rc == Code.OK.intValue()) {
      onArmed.accept(zooKeeper);
    } else if (rc == Code.NOAUTH.intValue()) {
      log.warn("No permission to watch {}: changes are found by reading only", path);
    } else {
      log.debug("Watch of {} not in place: {}; tried again when connected", path, Code.get(rc));
    }
  }
}
