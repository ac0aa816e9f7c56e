package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Opens devices that fail or hang when the test says so, and again only if there is a thread. */
final class FaultyOpener implements Disks.Opener {
  /** All that were ever opened. */
  final List<FaultyMedium> media = new CopyOnWriteArrayList<>();

  /** How often there was no thread. */
  final AtomicInteger refused = new AtomicInteger();

  volatile boolean noThread;

  @Override
  public Outcome<BlockDevice> open(Path path, Duration timeout) {
    try {
      FaultyMedium medium = new FaultyMedium(path);
      media.add(medium);
      return Outcome.done(medium.device());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void begin(Runnable work, String name) {
    if (noThread) {
      refused.incrementAndGet();
      throw new OutOfMemoryError("unable to create native thread");
    }
    Disks.Opener.super.begin(work, name);
  }
}
