package io.holdfast.engine.lease.io;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.LockBlock;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockConfig;
import io.holdfast.engine.lease.LockCore;
import io.holdfast.engine.lease.LockEffect;
import io.holdfast.engine.lease.LockEffect.Answer;
import io.holdfast.engine.lease.LockEvent;
import io.holdfast.engine.lease.LockEvent.Written;
import io.holdfast.engine.lease.Reading;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The locks of workloads on files or block devices, as one host asks for them: drives a {@link
 * LockCore} for each with one thread, beside the one that each device has. May be called from any
 * thread; requests for one lock are answered one after another.
 *
 * <p>Works only while this host's lease on the same devices is held, see {@link LockCore}. Its
 * guarantee is one owner at a time, by word: it does not keep a former owner that lives from
 * writing.
 *
 * <p>A device that has not acknowledged a write for a lock is not used for that lock any more, see
 * {@link LockCore}. Once that are too many, whatever is asked of the lock is {@code Spent}, until
 * this host begins anew with another lease.
 */
public final class DiskPaxosLock implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DiskPaxosLock.class);
  private static final long LONGEST_WAIT = TimeUnit.HOURS.toNanos(1);

  /** A request that has not been answered. */
  private record Request(LongFunction<LockEvent> event, CompletableFuture<Answer> answer) {}

  /** One lock, and who waits for it. */
  private static final class Entry {
    final LockConfig config;
    final LockCore core;
    final Queue<Request> requests = new ArrayDeque<>();

    /** Why nothing is done with it any more, if so: its core was left in the midst of a step. */
    Optional<Answer> broken = Optional.empty();

    Entry(LockConfig config) {
      this.config = config;
      core = new LockCore(config);
    }
  }

  private final Owner me;
  private final long writer;
  private final Duration patience;
  private final Duration backOff;
  private final Layout layout;
  private final Disks disks;
  private final SortedMap<Integer, DiskQueue> queues = new TreeMap<>();
  private final SortedMap<Integer, Entry> entries = new TreeMap<>();
  private final BooleanSupplier hostLease;
  private final LongSupplier clock;
  private final long origin;
  private final BlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean closed;

  /** What those are told who ask afterwards. */
  private volatile String whyClosed = "closed";

  private DiskPaxosLock(
      Owner me,
      long writer,
      Disks disks,
      Duration patience,
      Duration backOff,
      BooleanSupplier hostLease,
      LongSupplier clock) {
    this.me = me;
    this.writer = writer;
    this.disks = disks;
    layout = disks.superblock().layout();
    this.patience = patience;
    this.backOff = backOff;
    this.hostLease = () -> isHeld(hostLease);
    this.clock = clock;
    origin = clock.getAsLong();
    thread = new Thread(this::run, "holdfast-locks-" + me.host());
    thread.setDaemon(true);
  }

  /** What cannot be told is not held. */
  private boolean isHeld(BooleanSupplier lease) {
    try {
      return lease.getAsBoolean();
    } catch (RuntimeException | Error e) {
      log.warn("locks of {}: whether its host's lease is held cannot be told", me, e);
      return false;
    }
  }

  /**
   * Opens the devices.
   *
   * @param writer drawn at random by every process
   * @param paths more than half of them have to be sound; the others are tried again whenever a
   *     lock is asked for
   * @param caches what is known of those between this host and the devices
   * @param patience how long a request may take before its outcome is unknown
   * @param backOff see {@link LockConfig}
   * @param hostLease whether this host's lease on the same devices is held, such as {@code () ->
   *     lease.heldUntil().isPresent()}: asked before each request and each write, and before it is
   *     told that a lock is owned. Without it nothing is written, and nothing is owned
   * @param clock monotonic, in nanoseconds, such as {@code System::nanoTime}
   * @param timeout for opening each of the devices
   * @return {@code Failed} with what is wrong with too many of them
   * @throws InvalidConfigException if {@code patience} or {@code backOff} is too short or too long
   */
  public static Outcome<DiskPaxosLock> open(
      Owner me,
      long writer,
      String cluster,
      List<Path> paths,
      Caches caches,
      Duration patience,
      Duration backOff,
      BooleanSupplier hostLease,
      LongSupplier clock,
      Duration timeout) {
    return open(
        me,
        writer,
        cluster,
        paths,
        Disks.FOR_WRITING,
        caches,
        patience,
        backOff,
        hostLease,
        clock,
        timeout);
  }

  static Outcome<DiskPaxosLock> open(
      Owner me,
      long writer,
      String cluster,
      List<Path> paths,
      Disks.Opener opener,
      Caches caches,
      Duration patience,
      Duration backOff,
      BooleanSupplier hostLease,
      LongSupplier clock,
      Duration timeout) {
    LockConfig.check(patience, backOff);
    return Disks.open(cluster, paths, me.slot(), opener, caches, clock, timeout)
        .map(
            disks -> {
              DiskPaxosLock locks =
                  new DiskPaxosLock(me, writer, disks, patience, backOff, hostLease, clock);
              locks.thread.start();
              return locks;
            });
  }

  /**
   * Asks for a lock.
   *
   * @param lock the workload's number: no other workload has it
   * @param gone an owner that certainly does not run the workload any more, on evidence: only this
   *     one is replaced
   * @return completed on this object's thread
   */
  public CompletableFuture<Answer> acquire(int lock, WorkloadId workload, Optional<Owner> gone) {
    return ask(lock, workload, now -> new LockEvent.Acquire(now, gone));
  }

  /** Gives a lock up: the workload has stopped here. */
  public CompletableFuture<Answer> release(int lock, WorkloadId workload) {
    return ask(lock, workload, LockEvent.Release::new);
  }

  private CompletableFuture<Answer> ask(
      int lock, WorkloadId workload, LongFunction<LockEvent> event) {
    long unused = layout.lockOffset(lock); // refuses what is not there
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    work.add(
        () -> {
          try {
            begin(lock, workload, new Request(event, answer));
          } catch (Throwable e) { // whoever waits is answered
            log.warn("lock {} of {}: a request went wrong", lock, me, e);
            answer.complete(new Answer.Unknown("went wrong: " + e));
          }
        });
    if (closed) {
      answer.complete(new Answer.Spent(whyClosed));
    }
    return answer;
  }

  /**
   * Ends its threads; owners stay owners, and what was not answered is {@code Spent}. The next for
   * this slot, also in the same process, is opened only under another host lease, and only once
   * {@link #ended}: a write that hangs would undo a vote of its.
   */
  @Override
  public void close() {
    closed = true;
    work.add(this::answerAll);
    disks.close();
  }

  /** Completes once it was closed and nothing is under way any more; that may take for ever. */
  public CompletionStage<Void> ended() {
    return disks.ended();
  }

  private void answerAll() {
    for (Entry entry : entries.values()) {
      entry.requests.forEach(request -> request.answer().complete(new Answer.Spent(whyClosed)));
    }
  }

  private void run() {
    try {
      while (!closed || !work.isEmpty()) {
        runNext();
      }
    } catch (InterruptedException e) {
      // its thread is nobody else's: whoever did that wants it to end
    } catch (Throwable e) {
      whyClosed = "went wrong: " + e;
      log.error("the locks of {} are closed", me, e);
    } finally {
      closed = true;
      for (Runnable left = work.poll(); left != null; left = work.poll()) {
        try {
          left.run(); // every request that has just come is answered, too
        } catch (Throwable e) {
          log.error("the locks of {} are closed, and yet", me, e);
        }
      }
      answerAll();
    }
  }

  private void runNext() throws InterruptedException {
    long wait = Math.min(LONGEST_WAIT, nextWakeup() - now());
    Runnable next = wait > 0 ? work.poll(wait, TimeUnit.NANOSECONDS) : work.poll();
    if (next == null) {
      List.copyOf(entries.values()).forEach(entry -> step(entry, LockEvent.Tick::new));
    } else {
      next.run();
    }
  }

  private long now() {
    return clock.getAsLong() - origin;
  }

  private long nextWakeup() {
    return entries.values().stream()
        .filter(entry -> entry.broken.isEmpty())
        .mapToLong(entry -> entry.core.nextWakeup())
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private void begin(int lock, WorkloadId workload, Request request) {
    if (closed) {
      request.answer().complete(new Answer.Spent(whyClosed));
      return;
    }
    Entry entry =
        entries.computeIfAbsent(
            lock,
            number ->
                new Entry(
                    new LockConfig(
                        number,
                        workload,
                        me,
                        writer,
                        layout.hosts(),
                        disks.size(),
                        patience,
                        backOff)));
    if (!entry.config.workload().equals(workload)) {
      request
          .answer()
          .complete(
              new Answer.Refused("lock %d is that of %s".formatted(lock, entry.config.workload())));
      return;
    }
    if (entry.broken.isPresent()) {
      request.answer().complete(entry.broken.get());
      return;
    }
    if (!hostLease.getAsBoolean()) {
      request.answer().complete(new Answer.Refused("this host's lease is not held"));
      return;
    }
    entry.requests.add(request);
    if (entry.requests.size() == 1) {
      step(entry, request.event());
    }
  }

  private void step(Entry entry, LongFunction<LockEvent> event) {
    if (entry.broken.isPresent()) {
      return;
    }
    try {
      for (LockEffect effect : entry.core.step(event.apply(now()))) {
        if (effect instanceof LockEffect.Read read) {
          read(entry, read);
        } else if (effect instanceof LockEffect.Write write) {
          write(entry, write);
        } else if (effect instanceof LockEffect.Answered answered) {
          answered(entry, answered.answer());
        }
      }
    } catch (RuntimeException | Error e) {
      breaks(entry, e);
    }
  }

  /** Never two: what it has voted is not known for certain any more, so it votes no more. */
  private void breaks(Entry entry, Throwable why) {
    log.error("lock {} of {} is not used any more", entry.config.lock(), me, why);
    Answer told = new Answer.Spent("went wrong: " + why);
    entry.broken = Optional.of(told);
    entry.requests.forEach(request -> request.answer().complete(told));
    entry.requests.clear();
  }

  private void answered(Entry entry, Answer answer) {
    // never two: another process may have this slot by now, or this host be called dead.
    boolean tooLate = answer instanceof Answer.Acquired && !hostLease.getAsBoolean();
    entry
        .requests
        .remove()
        .answer()
        .complete(tooLate ? new Answer.Unknown("this host's lease is not held any more") : answer);
    if (!entry.requests.isEmpty()) {
      LongFunction<LockEvent> next = entry.requests.element().event();
      work.add(() -> step(entry, next));
    }
  }

  private void read(Entry entry, LockEffect.Read read) {
    Disk disk = disks.get(read.device());
    Optional<DiskQueue> queue = queue(read.device());
    if (queue.isEmpty()) {
      disks.retry(read.device());
      work.add(() -> blocksRead(entry, read, cannotBeRead(disk.finding().orElseThrow())));
      return;
    }
    LeaseFormat format = queue.get().disk().format();
    Layout own = format.superblock().layout();
    long offset = own.lockOffset(entry.config.lock());
    queue
        .get()
        .read(
            offset,
            own.hosts() * own.slotSize(),
            outcome -> {
              disks.readEnded(read.device(), outcome);
              blocksRead(
                  entry,
                  read,
                  outcome instanceof Outcome.Done<byte[]> done
                      ? blocks(format, entry.config.lock(), done.value())
                      : cannotBeRead(disk.noAnswer(offset, outcome)));
            });
  }

  private static List<Reading<LockBlock>> cannotBeRead(Finding why) {
    return List.of(new Reading.Unsound<>(why));
  }

  private static List<Reading<LockBlock>> blocks(LeaseFormat format, int lock, byte[] bytes) {
    Layout layout = format.superblock().layout();
    List<Reading<LockBlock>> blocks = new ArrayList<>();
    for (int slot = 0; slot < layout.hosts(); slot++) {
      blocks.add(format.lock(lock, slot, bytes, slot * layout.slotSize()));
    }
    return blocks;
  }

  private void blocksRead(Entry entry, LockEffect.Read read, List<Reading<LockBlock>> blocks) {
    step(entry, now -> new LockEvent.BlocksRead(now, read.device(), read.op(), blocks));
  }

  private void write(Entry entry, LockEffect.Write write) {
    Disk disk = disks.get(write.device());
    Optional<DiskQueue> queue = queue(write.device());
    if (queue.isEmpty()) {
      String why = disk.finding().orElseThrow().describe();
      work.add(() -> written(entry, write, Written.NOT_BEGUN, why));
      return;
    }
    LeaseFormat format = queue.get().disk().format();
    long offset =
        format.superblock().layout().blockOffset(entry.config.lock(), write.block().slot());
    queue
        .get()
        .write(
            offset,
            format.encode(write.block()),
            outcome -> written(entry, write, how(outcome), disk.why(offset, outcome)));
  }

  /** What has failed for certain was refused before anything was written. */
  private static Written how(Outcome<Ack> outcome) {
    return outcome.isDone()
        ? Written.DONE
        : outcome instanceof Outcome.Failed ? Written.NOT_BEGUN : Written.UNKNOWN;
  }

  private void written(Entry entry, LockEffect.Write write, Written how, String detail) {
    step(entry, now -> new LockEvent.WriteEnded(now, write.device(), write.op(), how, detail));
  }

  /** What is asked of a device; empty while it cannot be used. */
  private Optional<DiskQueue> queue(int device) {
    return disks
        .get(device)
        .sound()
        .map(
            sound ->
                queues.compute(
                    device,
                    (index, queue) ->
                        queue != null && queue.disk().equals(sound)
                            ? queue
                            : new DiskQueue(sound, hostLease, work::add)));
  }
}
