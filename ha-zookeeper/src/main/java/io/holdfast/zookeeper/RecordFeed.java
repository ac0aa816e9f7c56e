package io.holdfast.zookeeper;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.ChangeListener;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.Subscription;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.zookeeper.AddWatchMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One watch of a table, or of one record, and the listener that is told. */
final class RecordFeed implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(RecordFeed.class);

  private final Link link;
  private final Table table;
  private final Mailbox<ChangeListener> mailbox;
  private final TreeWatch watch;
  private final Consumer<RecordFeed> onClose;

  RecordFeed(
      Link link,
      Table table,
      Optional<String> name,
      ChangeListener listener,
      Consumer<RecordFeed> onClose) {
    this.link = link;
    this.table = table;
    this.onClose = onClose;
    this.mailbox = new Mailbox<>(listener, link.listeners(), box -> {});
    // One record's own watch costs the server nothing when others change.
    this.watch =
        new TreeWatch(
            link,
            name.map(n -> link.layout().record(new StateStore.Key(table, n)))
                .orElseGet(() -> link.layout().table(table)),
            name.isPresent() ? AddWatchMode.PERSISTENT : AddWatchMode.PERSISTENT_RECURSIVE,
            this::onChange,
            zooKeeper -> mailbox.post(ChangeListener.class, ChangeListener::onResync));
  }

  void start() {
    link.register(watch);
  }

  @Override
  public void close() {
    if (!link.isClosed()) {
      watch.close();
    }
    mailbox.close();
    onClose.accept(this);
  }

  private void onChange(String path) {
    String[] parts = path.substring(link.layout().table(table).length()).split("/", -1);
    if (parts.length == Layout.depth(table) + 1) { // The first is empty.
      key(table, parts[parts.length - 1])
          .ifPresent(key -> mailbox.post(key, listener -> listener.onDirty(key)));
    }
  }

  /** The key of a node, unless it is none that Holdfast wrote. */
  static Optional<StateStore.Key> key(Table table, String name) {
    try {
      return Optional.of(new StateStore.Key(table, name));
    } catch (InvalidConfigException e) {
      log.warn("Ignored in table {}: {}", table, e.getMessage());
      return Optional.empty();
    }
  }
}
