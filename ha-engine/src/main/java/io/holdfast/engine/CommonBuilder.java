package io.holdfast.engine;

import io.holdfast.api.HaListener;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Timings;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * What the builders of engines and agents share.
 *
 * @param <B> the builder itself
 */
abstract class CommonBuilder<B extends CommonBuilder<B>> {
  private final String part;
  private Optional<Membership> membership = Optional.empty();
  private Optional<StateStore> store = Optional.empty();
  private Timings timings = Timings.DEFAULT;
  private Optional<LeaseTiming> leaseTiming = Optional.empty();
  private final List<HaListener> listeners = new ArrayList<>();
  private Optional<Executor> executor = Optional.empty();
  private LongSupplier clock = System::nanoTime;
  private InstantSource wallClock = InstantSource.system();

  /**
   * @param part the first word of the fields that are refused
   */
  CommonBuilder(String part) {
    this.part = part;
  }

  abstract B self();

  /**
   * Who is in the cluster and who leads it. Required; no default. It is used by several threads and
   * never closed here; an engine and an agent of one process may share it.
   */
  public B membership(Membership value) {
    membership = Optional.of(value);
    return self();
  }

  /**
   * Where the records of the cluster are kept. Required; no default. It is used by several threads
   * and never closed here. An engine refuses one that does not check the epoch within its
   * transactions ({@link StateStore#guardsEpoch}).
   */
  public B store(StateStore value) {
    store = Optional.of(value);
    return self();
  }

  /**
   * The time-outs, the same for all engines and agents of a cluster. Default: {@link
   * Timings#DEFAULT}, with which a host is lost after six seconds of silence. {@link Timings} has
   * the ranges and refuses what lies outside.
   */
  public B timings(Timings value) {
    timings = value;
    return self();
  }

  /**
   * The arithmetic of the hosts' leases and watchdogs, the same for all engines and agents of a
   * cluster. Default: none, and then an expired lease is never evidence. {@link LeaseTiming#of}
   * gives one that goes with the time-outs; one that does not is refused when the engine or agent
   * is made.
   */
  public B leaseTiming(LeaseTiming value) {
    leaseTiming = Optional.of(value);
    return self();
  }

  /**
   * Adds a listener; may be called several times. Default: none. Listeners are told in order on a
   * thread of their own and may block. At most 10,000 events wait for them: further ones are
   * dropped, counted, and told of in the log once per burst.
   */
  public B listener(HaListener value) {
    listeners.add(value);
    return self();
  }

  /**
   * Runs the blocking calls of the SPIs, never on the calling thread; as many at a time as there
   * are devices, workloads and kinds of records to call for, or calls wait for each other. Default:
   * daemon threads of its own. It is never shut down here.
   */
  public B executor(Executor value) {
    executor = Optional.of(value);
    return self();
  }

  /**
   * Replaces the clocks. Default: {@link System#nanoTime} and the system's wall clock.
   *
   * @param monotonicNanos nanoseconds from any origin, never going back; all decisions are timed by
   *     it. Calls are timed out by the system's own clock
   * @param wall for the times that listeners are told, and for nothing else
   */
  public B clock(LongSupplier monotonicNanos, InstantSource wall) {
    clock = monotonicNanos;
    wallClock = wall;
    return self();
  }

  Optional<LeaseTiming> leaseTiming() {
    return leaseTiming;
  }

  /** Refuses what does not fit together. */
  void requireConsistent() {
    leaseTiming.ifPresent(lease -> lease.requireConsistent(timings));
  }

  Settings settings() {
    return new Settings(timings, listeners, executor, clock, wallClock);
  }

  Membership requireMembership() {
    return membership.orElseThrow(() -> missing("membership", "a Membership"));
  }

  StateStore requireStore() {
    return store.orElseThrow(() -> missing("store", "a StateStore"));
  }

  InvalidConfigException missing(String field, String allowed) {
    return new InvalidConfigException(part + '.' + field, "nothing", allowed);
  }
}
