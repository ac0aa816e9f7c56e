package io.holdfast.engine.lease.io;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.LockBlock;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockConfig;
import io.holdfast.engine.lease.LockCore;
import io.holdfast.engine.lease.LockEffect;
import io.holdfast.engine.lease.LockEffect.Answer;
import io.holdfast.engine.lease.LockEvent;
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
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * The locks of workloads on files or block devices, as one host asks for them: drives a {@link
 * LockCore} for each with one thread, beside the one that each device has. May be called from any
 * thread; requests for one lock are answered one after another.
 *
 * <p>Works only while this host's lease on the same devices is held, see {@link LockCore}. Its
 * guarantee is one owner at a time, by word: it does not keep a former owner that lives from
 * writing.
 */
public final class DiskPaxosLock implements AutoCloseable {
  private static final long LONGEST_WAIT = TimeUnit.HOURS.toNanos(1);

  /** A request that has not been answered. */
  private record Request(LongFunction<LockEvent> event, CompletableFuture<Answer> answer) {}

  /** One lock, and who waits for it. */
  private static final class Entry {
    final LockConfig config;
    final LockCore core;
    final Queue<Request> requests = new ArrayDeque<>();

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
  private final List<Disk> disks;
  private final List<Optional<DiskQueue>> queues = new ArrayList<>();
  private final SortedMap<Integer, Entry> entries = new TreeMap<>();
  private final BooleanSupplier hostLease;
  private final LongSupplier clock;
  private final long origin;
  private final BlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean closed;

  private DiskPaxosLock(
      Owner me,
      long writer,
      List<Disk> disks,
      Layout layout,
      Duration patience,
      Duration backOff,
      BooleanSupplier hostLease,
      LongSupplier clock) {
    this.me = me;
    this.writer = writer;
    this.disks = List.copyOf(disks);
    this.layout = layout;
    this.patience = patience;
    this.backOff = backOff;
    this.hostLease = hostLease;
    this.clock = clock;
    origin = clock.getAsLong();
    for (Disk disk : disks) {
      queues.add(disk.sound().map(sound -> new DiskQueue(sound.device(), hostLease, work::add)));
    }
    thread = new Thread(this::run, "holdfast-locks-" + me.host());
    thread.setDaemon(true);
  }

  /**
   * Opens the devices.
   *
   * @param writer drawn at random by every process
   * @param paths more than half of them have to be sound
   * @param caches what is known of those between this host and the devices
   * @param patience how long a request may take before its outcome is unknown
   * @param backOff see {@link LockConfig}
   * @param hostLease whether this host's lease on the same devices is held, such as {@code () ->
   *     lease.heldUntil().isPresent()}: asked before each write and before each answer. Without it
   *     nothing is written, and nothing is owned
   * @param clock monotonic, in nanoseconds, such as {@code System::nanoTime}
   * @param timeout for opening each of the devices
   * @return {@code Failed} with what is wrong with too many of them
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
    List<Disk> disks =
        paths.stream().map(path -> Disk.open(cluster, path, me.slot(), caches, timeout)).toList();
    Optional<String> refusal = Disk.refusal(disks);
    if (refusal.isPresent()) {
      disks.forEach(Disk::close);
      return Outcome.failed(Cause.INVALID, refusal.get());
    }
    Layout layout =
        disks.stream()
            .flatMap(disk -> disk.sound().stream())
            .map(sound -> sound.format().superblock().layout())
            .findFirst()
            .orElseThrow();
    DiskPaxosLock locks =
        new DiskPaxosLock(me, writer, disks, layout, patience, backOff, hostLease, clock);
    locks.thread.start();
    return Outcome.done(locks);
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
    if (lock < 0 || lock >= layout.locks()) {
      throw new InvalidConfigException("lock", lock, "0 to " + (layout.locks() - 1));
    }
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    work.add(() -> begin(lock, workload, new Request(event, answer)));
    if (closed) {
      answer.complete(new Answer.Unknown("closed"));
    }
    return answer;
  }

  /** Ends its threads; owners stay owners, and what was not answered is unknown. */
  @Override
  public void close() {
    closed = true;
    work.add(
        () ->
            entries
                .values()
                .forEach(
                    entry ->
                        entry.requests.forEach(
                            request -> request.answer().complete(new Answer.Unknown("closed")))));
    disks.forEach(Disk::close);
  }

  private void run() {
    while (!closed || !work.isEmpty()) {
      try {
        long wait = Math.min(LONGEST_WAIT, nextWakeup() - now());
        Runnable next = wait > 0 ? work.poll(wait, TimeUnit.NANOSECONDS) : work.poll();
        if (next == null) {
          List.copyOf(entries.values()).forEach(entry -> step(entry, LockEvent.Tick::new));
        } else {
          next.run();
        }
      } catch (InterruptedException e) {
        return; // its thread is nobody else's: whoever did that wants it to end
      }
    }
  }

  private long now() {
    return clock.getAsLong() - origin;
  }

  private long nextWakeup() {
    return entries.values().stream()
        .mapToLong(entry -> entry.core.nextWakeup())
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private void begin(int lock, WorkloadId workload, Request request) {
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
    for (LockEffect effect : entry.core.step(event.apply(now()))) {
      if (effect instanceof LockEffect.Read read) {
        read(entry, read);
      } else if (effect instanceof LockEffect.Write write) {
        write(entry, write);
      } else if (effect instanceof LockEffect.Answered answered) {
        answered(entry, answered.answer());
      }
    }
  }

  private void answered(Entry entry, Answer answer) {
    Request request = entry.requests.remove();
    // never two: another process may have this slot by now, or this host be called dead.
    boolean tooLate = answer instanceof Answer.Acquired && !hostLease.getAsBoolean();
    request
        .answer()
        .complete(tooLate ? new Answer.Unknown("this host's lease is not held any more") : answer);
    if (!entry.requests.isEmpty()) {
      LongFunction<LockEvent> next = entry.requests.element().event();
      work.add(() -> step(entry, next));
    }
  }

  private void read(Entry entry, LockEffect.Read read) {
    Optional<DiskQueue> queue = queues.get(read.device());
    if (queue.isEmpty()) {
      work.add(() -> blocksRead(entry, read, List.of()));
      return;
    }
    LeaseFormat format = disks.get(read.device()).sound().orElseThrow().format();
    Layout own = format.superblock().layout();
    queue
        .get()
        .read(
            own.lockOffset(entry.config.lock()),
            own.hosts() * own.slotSize(),
            outcome ->
                blocksRead(
                    entry,
                    read,
                    outcome instanceof Outcome.Done<byte[]> done
                        ? blocks(format, entry.config.lock(), done.value())
                        : List.of()));
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
    Optional<DiskQueue> queue = queues.get(write.device());
    if (queue.isEmpty()) {
      work.add(() -> written(entry, write, false));
      return;
    }
    LeaseFormat format = disks.get(write.device()).sound().orElseThrow().format();
    long offset =
        format.superblock().layout().blockOffset(entry.config.lock(), write.block().slot());
    queue
        .get()
        .write(
            offset,
            format.encode(write.block()),
            outcome -> written(entry, write, outcome.isDone()));
  }

  private void written(Entry entry, LockEffect.Write write, boolean done) {
    step(entry, now -> new LockEvent.WriteEnded(now, write.device(), write.op(), done));
  }
}
