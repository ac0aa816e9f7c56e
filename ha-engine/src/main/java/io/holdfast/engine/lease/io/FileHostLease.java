package io.holdfast.engine.lease.io;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.HostLeaseConfig;
import io.holdfast.engine.lease.HostLeaseCore;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseEffect;
import io.holdfast.engine.lease.LeaseEvent;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.Reading;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host's lease on files or block devices: drives a {@link HostLeaseCore} with one thread, beside
 * the one that each device has. {@link #heldUntil} may be asked from any thread.
 *
 * <p>Whoever relies on the lease compares {@link #heldUntil} with the clock right before each act;
 * that the listener has not been told of its end proves nothing.
 */
public final class FileHostLease implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FileHostLease.class);
  private static final long NOT_HELD = Long.MIN_VALUE;
  private static final long LONGEST_WAIT = TimeUnit.HOURS.toNanos(1);

  /** Told by the lease's own thread; must not block. */
  public interface Listener {
    /** It is held until then, by the clock given; told with every renewal. */
    void onHeld(long until);

    /** It is over for good; told once. */
    void onEnded(LeaseEffect.End end, String detail);

    /** A device does not do what it should. */
    void onTrouble(String device, String detail);
  }

  private final HostLeaseConfig config;
  private final HostLeaseCore core;
  private final Disks disks;
  private final LongSupplier clock;
  private final long origin;
  private final Listener listener;
  private final BlockingQueue<LongFunction<LeaseEvent>> events = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile long heldUntil = NOT_HELD;
  private volatile boolean givenUp;
  private volatile boolean closed;

  private FileHostLease(
      HostLeaseConfig config, Disks disks, LongSupplier clock, Listener listener) {
    this.config = config;
    this.disks = disks;
    this.clock = clock;
    this.listener = listener;
    origin = clock.getAsLong();
    core = new HostLeaseCore(config);
    thread = new Thread(this::run, "holdfast-lease-" + config.host());
    thread.setDaemon(true);
  }

  /**
   * Opens the devices and begins to acquire the lease.
   *
   * @param cluster whose devices they have to be
   * @param paths as many as {@code config} says; more than half of them have to be sound, the
   *     others are told of and tried again in every round
   * @param caches what is known of those between this host and the devices
   * @param clock monotonic, in nanoseconds, such as {@code System::nanoTime}
   * @param timeout for opening each of them
   * @return {@code Failed} with what is wrong with too many of them
   */
  public static Outcome<FileHostLease> open(
      HostLeaseConfig config,
      String cluster,
      List<Path> paths,
      Caches caches,
      LongSupplier clock,
      Listener listener,
      Duration timeout) {
    return open(config, cluster, paths, Disks.FOR_WRITING, caches, clock, listener, timeout);
  }

  static Outcome<FileHostLease> open(
      HostLeaseConfig config,
      String cluster,
      List<Path> paths,
      Disks.Opener opener,
      Caches caches,
      LongSupplier clock,
      Listener listener,
      Duration timeout) {
    if (paths.size() != config.devices()) {
      throw new InvalidConfigException("lease.devices", paths.size(), "" + config.devices());
    }
    return Disks.open(cluster, paths, config.slot(), opener, caches, clock, timeout)
        .map(
            disks -> {
              FileHostLease lease = new FileHostLease(config, disks, clock, listener);
              lease.thread.start();
              return lease;
            });
  }

  /** Until when it is held, by the clock given; empty if it is not. */
  public OptionalLong heldUntil() {
    long until = heldUntil;
    // what was given up stays so, though a renewal that was under way ends just now
    return givenUp || until == NOT_HELD || clock.getAsLong() - until >= 0
        ? OptionalLong.empty()
        : OptionalLong.of(until);
  }

  /** Gives it up: whatever rests on it has ended. The listener is told when it is over. */
  public void release() {
    givenUp = true;
    heldUntil = NOT_HELD;
    events.add(LeaseEvent.Release::new);
  }

  /**
   * Ends its threads and leaves the slot as it is: nobody renews it any more. The next for this
   * slot, also in the same process, is opened with a greater incarnation, and only once {@link
   * #ended}.
   */
  @Override
  public void close() {
    closed = true;
    givenUp = true;
    heldUntil = NOT_HELD;
    events.add(LeaseEvent.Tick::new);
    disks.close();
  }

  /** Completes once it was closed and nothing is under way any more; that may take for ever. */
  public CompletionStage<Void> ended() {
    return disks.ended();
  }

  private void run() {
    try {
      step(LeaseEvent.Tick::new);
      while (!closed && core.state() != HostLeaseCore.State.ENDED) {
        long wait = Math.min(LONGEST_WAIT, core.nextWakeup() - now());
        LongFunction<LeaseEvent> event =
            wait > 0 ? events.poll(wait, TimeUnit.NANOSECONDS) : events.poll();
        step(event == null ? LeaseEvent.Tick::new : event);
      }
    } catch (
        Throwable
            e) { // also if it is interrupted: whoever rests on it must not go on without a word
      log.error("the lease of {} is given up", config.host(), e);
      givenUp = true;
      heldUntil = NOT_HELD;
      listener.onEnded(LeaseEffect.End.EXPIRED, "nobody renews it any more: " + e);
    }
  }

  private long now() {
    return clock.getAsLong() - origin;
  }

  private void step(LongFunction<LeaseEvent> event) {
    // the time is read when the event is looked at: late is later, never earlier
    for (LeaseEffect effect : core.step(event.apply(now()))) {
      try {
        carryOut(effect);
      } catch (Throwable e) { // of a listener, or because memory has run out
        log.warn("lease of {}: {} went wrong", config.host(), effect, e);
        wentWrong(effect, e);
      }
    }
  }

  /** Nothing was asked of the device, so it answers nothing: then we do. */
  private void wentWrong(LeaseEffect effect, Throwable why) {
    if (effect instanceof LeaseEffect.Read read) {
      Outcome<byte[]> failed = Outcome.failed(Cause.ERROR, String.valueOf(why));
      Finding finding = disks.get(read.device()).noAnswer(0, failed);
      ended(read, new Reading.Unsound<>(finding));
    } else if (effect instanceof LeaseEffect.Write write) {
      ended(write, false, String.valueOf(why));
    }
  }

  private void carryOut(LeaseEffect effect) {
    if (effect instanceof LeaseEffect.Read read) {
      read(read);
    } else if (effect instanceof LeaseEffect.Write write) {
      write(write);
    } else if (effect instanceof LeaseEffect.Held held) {
      heldUntil = held.until() + origin;
      if (!givenUp) {
        listener.onHeld(held.until() + origin);
      }
    } else if (effect instanceof LeaseEffect.Ended ended) {
      heldUntil = NOT_HELD;
      listener.onEnded(ended.end(), ended.detail());
    } else if (effect instanceof LeaseEffect.Trouble trouble) {
      listener.onTrouble(disks.get(trouble.device()).path(), trouble.detail());
    }
  }

  private void read(LeaseEffect.Read read) {
    Disk disk = disks.get(read.device());
    if (disk.sound().isEmpty()) {
      disks.retry(read.device());
      ended(read, new Reading.Unsound<>(disk.finding().orElseThrow()));
      return;
    }
    Disk.Sound sound = disk.sound().get();
    Layout layout = sound.format().superblock().layout();
    long offset = layout.hostOffset(config.slot());
    sound
        .device()
        .read(
            offset,
            layout.slotSize(),
            outcome -> {
              try {
                disks.readEnded(read.device(), outcome);
                ended(read, reading(disk, sound.format(), offset, outcome));
              } catch (Throwable e) { // or the device would count as busy for ever
                wentWrong(read, e);
              }
            });
  }

  private Reading<HostSlot> reading(
      Disk disk, LeaseFormat format, long offset, Outcome<byte[]> outcome) {
    return outcome instanceof Outcome.Done<byte[]> done
        ? format.host(config.slot(), done.value(), 0)
        : new Reading.Unsound<>(disk.noAnswer(offset, outcome));
  }

  private void ended(LeaseEffect.Read read, Reading<HostSlot> reading) {
    events.add(now -> new LeaseEvent.ReadEnded(now, read.device(), read.op(), reading));
  }

  private void write(LeaseEffect.Write write) {
    Disk disk = disks.get(write.device());
    Disk.Sound sound = disk.sound().orElseThrow();
    long offset = sound.format().superblock().layout().hostOffset(config.slot());
    sound
        .device()
        .write(
            offset,
            sound.format().encode(write.slot()),
            outcome -> ended(write, outcome.isDone(), disk.why(offset, outcome)));
  }

  private void ended(LeaseEffect.Write write, boolean done, String detail) {
    events.add(now -> new LeaseEvent.WriteEnded(now, write.device(), write.op(), done, detail));
  }
}
