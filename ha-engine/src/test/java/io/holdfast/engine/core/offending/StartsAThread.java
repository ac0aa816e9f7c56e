package io.holdfast.engine.core.offending;

import java.util.concurrent.atomic.AtomicLong;

/** Breaks, for {@code ArchitectureTest}: a core is confined to one thread that is not its own. */
final class StartsAThread {
  private final AtomicLong count = new AtomicLong();

  synchronized Thread begin() {
    return new Thread(count::incrementAndGet);
  }
}
