package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.Superblock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All devices of a set, as one user of them has opened them. One that could not be used is opened
 * again when its user asks for that, by a thread of its own: it may hang as long as it likes. So is
 * one that fails all reads: it may have been taken away, and be there again under the same path.
 * May be used by any thread.
 */
final class Disks {
  private static final Logger log = LoggerFactory.getLogger(Disks.class);
  static final Opener FOR_READING = (path, timeout) -> BlockDevice.open(path, false, timeout);
  static final Opener FOR_WRITING = (path, timeout) -> BlockDevice.open(path, true, timeout);

  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** How many reads in a row have failed before it is opened again. */
  private static final int FAILURES = 3;

  /** A device that hangs has its thread already: a second one would not help. */
  private static final Duration HOWEVER_LONG = Duration.ofDays(365);

  private final String cluster;
  private final List<Path> paths;
  private final int slot;
  private final Opener opener;
  private final Caches caches;
  private final LongSupplier clock;
  private final List<Disk> disks;
  private final boolean[] opening;
  private final long[] triedAt;
  private final int[] failures;

  /** What completes when nothing of a device is under way any more, of all that were ever used. */
  private final List<CompletableFuture<Void>> ends = new ArrayList<>();

  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private boolean closed;

  /** How a device is opened. */
  interface Opener {
    Outcome<BlockDevice> open(Path path, Duration timeout);

    /** Has a thread begin with what opens it again. */
    default void begin(Runnable work, String name) {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      thread.start();
    }
  }

  private Disks(
      String cluster,
      List<Path> paths,
      int slot,
      Opener opener,
      Caches caches,
      LongSupplier clock,
      List<Disk> opened) {
    this.cluster = cluster;
    this.paths = List.copyOf(paths);
    this.slot = slot;
    this.opener = opener;
    this.caches = caches;
    this.clock = clock;
    disks = new CopyOnWriteArrayList<>(opened);
    opening = new boolean[opened.size()];
    triedAt = new long[opened.size()];
    failures = new int[opened.size()];
    opened.forEach(this::used);
  }

  private void used(Disk disk) {
    ends.removeIf(CompletableFuture::isDone);
    disk.sound().ifPresent(found -> ends.add(found.device().ended().toCompletableFuture()));
  }

  /**
   * Opens them.
   *
   * @param slot that each has to have
   * @param opener {@link #FOR_READING} or {@link #FOR_WRITING}
   * @param clock monotonic, in nanoseconds
   * @param timeout for each of them
   * @return {@code Failed} if they cannot be used together, or too many cannot be used at all
   */
  static Outcome<Disks> open(
      String cluster,
      List<Path> paths,
      int slot,
      Opener opener,
      Caches caches,
      LongSupplier clock,
      Duration timeout) {
    List<Disk> opened =
        paths.stream()
            .map(path -> Disk.of(path, opener.open(path, timeout), cluster, slot, caches, timeout))
            .toList();
    Optional<String> refusal = Disk.refusal(opened);
    if (refusal.isPresent()) {
      opened.forEach(Disk::close);
      return Outcome.failed(Cause.INVALID, refusal.get());
    }
    return Outcome.done(new Disks(cluster, paths, slot, opener, caches, clock, opened));
  }

  int size() {
    return disks.size();
  }

  /**
   * How it was found when it was opened last. Once it is sound it stays so, and the superblock what
   * it was; but the device behind it may be opened anew.
   */
  Disk get(int index) {
    return disks.get(index);
  }

  /** One of those that are sound: what it says of the set holds for all. */
  Superblock superblock() {
    return disks.stream()
        .flatMap(disk -> disk.sound().stream())
        .map(sound -> sound.format().superblock())
        .findFirst()
        .orElseThrow();
  }

  /** Takes note of how a read has ended; one that hangs has not. */
  synchronized void readEnded(int index, Outcome<?> read) {
    boolean failed = read instanceof Outcome.Failed<?> how && how.cause() == Cause.ERROR;
    failures[index] = failed ? failures[index] + 1 : 0;
    if (failed) {
      retry(index);
    }
  }

  /** Opens it again, if it cannot be used and that was not just tried. */
  synchronized void retry(int index) {
    long now = clock.getAsLong();
    boolean tooSoon = triedAt[index] != 0 && now - triedAt[index] < PAUSE;
    boolean well = get(index).sound().isPresent() && failures[index] < FAILURES;
    if (closed || opening[index] || tooSoon || well) {
      return;
    }
    opening[index] = true;
    try {
      opener.begin(() -> reopens(index), "holdfast-open-" + get(index).path());
    } catch (Throwable e) { // no thread is to be had now: whoever asks waits for other devices
      log.warn("{} is not opened again now", get(index).path(), e);
      opening[index] = false;
      triedAt[index] = now;
    }
  }

  private void reopens(int index) {
    Disk disk = get(index);
    Path path = paths.get(index);
    try {
      Outcome<BlockDevice> opened = opener.open(path, HOWEVER_LONG);
      disk = Disk.of(path, opened, cluster, slot, caches, HOWEVER_LONG);
    } finally {
      reopened(index, disk);
    }
  }

  private synchronized void reopened(int index, Disk disk) {
    opening[index] = false;
    triedAt[index] = clock.getAsLong();
    Disk before = get(index);
    if (disk.equals(before)) {
      return;
    }
    if (closed || before.sound().isPresent()) {
      // never two: another set under the same path has other holders.
      if (closed || !disk.superblock().equals(before.superblock())) {
        disk.close();
        return;
      }
      before.close();
      failures[index] = 0;
      use(index, disk);
      return;
    }
    List<Disk> all = new ArrayList<>(disks);
    all.set(index, disk);
    Optional<String> refusal = Disk.refusal(all);
    if (refusal.isPresent()) {
      disk.close();
      Finding finding = new Finding(Kind.CONTRADICTORY, disk.path(), 0, refusal.get());
      disks.set(index, Disk.unsound(finding));
    } else {
      use(index, disk);
    }
  }

  private void use(int index, Disk disk) {
    used(disk);
    disks.set(index, disk);
  }

  synchronized void close() {
    closed = true;
    disks.forEach(Disk::close);
    CompletableFuture<Void> unused =
        CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new))
            .thenRun(() -> ended.complete(null));
  }

  /** Completes once they were closed and nothing is under way to any of them. */
  CompletionStage<Void> ended() {
    return ended.minimalCompletionStage();
  }
}
