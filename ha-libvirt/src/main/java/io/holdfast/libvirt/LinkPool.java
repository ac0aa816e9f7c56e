package io.holdfast.libvirt;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;

/**
 * Connections for calls, each lent to one call at a time. As many as there are calls at once; a few
 * are kept for the next.
 */
final class LinkPool {
  private static final int MOST_IDLE = 4;

  private final LibvirtConfig config;
  private final Deque<Link> idle = new ArrayDeque<>();
  private long generation;

  /**
   * A link, to be given back.
   *
   * @param generation of the pool when it was lent
   */
  record Lent(Link link, long generation) {}

  LinkPool(LibvirtConfig config) {
    this.config = config;
  }

  /** Blocks for as long as libvirt does. */
  Lent borrow() throws LibvirtException {
    long now;
    synchronized (this) {
      now = generation;
    }
    for (Link kept = keptOne(); kept != null; kept = keptOne()) {
      if (kept.alive()) {
        return new Lent(kept, now);
      }
      kept.closeSoon();
    }
    return new Lent(
        Link.open(config.uri(), config.keepAliveSeconds(), config.keepAliveCount()), now);
  }

  void giveBack(Lent lent) {
    boolean alive = lent.link().alive();
    synchronized (this) {
      if (alive && lent.generation() == generation && idle.size() < MOST_IDLE) {
        idle.push(lent.link());
        return;
      }
    }
    lent.link().closeSoon();
  }

  /** Keeps none of those that are there or lent. */
  void clear() {
    List<Link> gone;
    synchronized (this) {
      generation++;
      gone = new ArrayList<>(idle);
      idle.clear();
    }
    gone.forEach(Link::closeSoon);
  }

  private synchronized @Nullable Link keptOne() {
    return idle.poll();
  }
}
