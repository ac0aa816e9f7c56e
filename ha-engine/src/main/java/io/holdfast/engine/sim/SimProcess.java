package io.holdfast.engine.sim;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.spi.Subscription;
import io.holdfast.engine.sim.SimCall.Fate;
import io.holdfast.engine.sim.SimCall.Target;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/**
 * One process that runs a real core: events come late, calls take time, answers get lost, and all
 * of it stops when the process is stopped or ends.
 *
 * @param <E> the core's events
 * @param <F> the core's effects
 */
abstract class SimProcess<E, F> {
  /** How much later than its own time-out a call is given up, as in production. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Who feeds a process with news. */
  enum Source {
    MEMBERSHIP,
    STORE,
    HYPERVISOR
  }

  private static final class Lane<F> {
    final Deque<F> waiting = new ArrayDeque<>();
    boolean busy;
  }

  /** An effect on its way, and what becomes of it. */
  private static final class Flight<F> {
    final Lane<F> lane;
    final F effect;
    final SimCall call;
    boolean settled;

    Flight(Lane<F> lane, F effect, SimCall call) {
      this.lane = lane;
      this.effect = effect;
      this.call = call;
    }
  }

  final SimWorld world;
  final HostId host;
  final SimLink link;
  final SimClock clock;
  final List<Subscription> subscriptions = new ArrayList<>();
  private final String name;
  private final SimCore<E, F> core;
  private final long boot;
  private final Map<String, Lane<F>> lanes = new HashMap<>();

  /** When the latest news of each feed are there. */
  private final Map<Source, Long> toldUntil = new EnumMap<>(Source.class);

  private final Deque<Runnable> held = new ArrayDeque<>();
  private boolean alive = true;
  private boolean paused;
  private long wakeAt = Long.MAX_VALUE;

  SimProcess(
      SimWorld world, HostId host, String name, SimLink link, SimClock clock, SimCore<E, F> core) {
    this.world = world;
    this.host = host;
    this.name = name;
    this.link = link;
    this.clock = clock;
    this.core = core;
    boot = world.machine(host).boot();
  }

  /** Looks at an event before the core takes it in. */
  abstract void told(E event);

  abstract Target targetOf(F effect);

  /** Whether nobody knows what came of it: such an answer is late too. */
  abstract boolean isUnknown(E answer);

  abstract Optional<HaEvent> published(F effect);

  /** Looks at a call before it is carried out. */
  abstract void beforePerform(F effect, Fate fate);

  /**
   * Begins what goes on by itself for a while.
   *
   * @return nanoseconds until it is to be carried out; 0 for everything that is done in one step
   */
  long begin(F effect) {
    return 0;
  }

  /** Ends what {@link #begin} has begun when there is no process any more that waits for it. */
  void endUnattended(F effect) {}

  /** An effect that has begun, which it is too late not to begin; empty if it has ended since. */
  Optional<F> stillUnderWay(F effect) {
    return Optional.of(effect);
  }

  /** Looks at what one step gave. */
  abstract void check(List<F> effects);

  final boolean isAlive() {
    return alive;
  }

  final boolean isPaused() {
    return paused;
  }

  final String name() {
    return name;
  }

  /** Has the core take an event in, as soon as the process runs. */
  final void deliver(LongFunction<? extends E> event) {
    whenRunning(() -> take(event.apply(clock.now())));
  }

  /** News from a feed: late, but in the order in which it was told. */
  final void feed(Source source, LongFunction<? extends E> event) {
    long at = world.schedule().now() + world.dice().feedLatency();
    at = Math.max(at, toldUntil.getOrDefault(source, 0L));
    toldUntil.put(source, at);
    world.schedule().at(at, () -> deliver(event));
  }

  /** SIGSTOP. */
  final void pause() {
    paused = true;
    link.mute(true);
  }

  /** SIGCONT: everything that waited happens now. */
  final void resume() {
    paused = false;
    link.mute(false);
    while (!paused && alive && !held.isEmpty()) {
      held.poll().run();
    }
  }

  /** Ends without a word. What it has sent already may still be carried out. */
  final void kill() {
    if (!alive) {
      return;
    }
    alive = false;
    subscriptions.forEach(Subscription::close);
    link.abandon();
    world.trace(name, "ends");
  }

  private void whenRunning(Runnable action) {
    if (!alive) {
      return;
    }
    if (paused) {
      held.add(action);
    } else {
      action.run();
    }
  }

  private void take(E event) {
    world.trace(name, "<- ", event);
    List<F> effects;
    try {
      told(event);
      effects = core.step().apply(event);
    } catch (RuntimeException e) {
      world.violated("the core of " + name + " threw " + e + " at " + firstFrames(e));
      return;
    }
    for (F effect : effects) {
      world.trace(name, "-> ", effect);
    }
    check(effects);
    for (F effect : effects) {
      carryOn(effect);
    }
    arm();
  }

  private static String firstFrames(RuntimeException e) {
    StackTraceElement[] frames = e.getStackTrace();
    return List.of(frames).subList(0, Math.min(6, frames.length)).toString();
  }

  private void arm() {
    long next = core.nextWakeup().getAsLong();
    long now = clock.now();
    if (next == Long.MAX_VALUE || (next >= wakeAt && wakeAt > now)) {
      return;
    }
    if (next <= now) {
      world.violated(name + " wants to be woken at once, again: its loop would spin");
      return;
    }
    wakeAt = next;
    world.schedule().at(clock.worldTimeOf(next) + world.dice().timerLatency(), () -> wake(next));
  }

  private void wake(long planned) {
    if (wakeAt == planned) {
      whenRunning(
          () -> {
            wakeAt = Long.MAX_VALUE;
            if (core.nextWakeup().getAsLong() > clock.now()) {
              arm(); // what was due has been put off
            } else {
              take(core.tick().apply(clock.now()));
            }
          });
    }
  }

  private void carryOn(F effect) {
    HaEvent event = published(effect).orElse(null);
    if (event != null) {
      world.published(name, event);
    } else {
      submit(effect);
    }
  }

  private void submit(F effect) {
    Lane<F> lane = lanes.computeIfAbsent(core.queueOf().apply(effect), q -> new Lane<>());
    lane.waiting.add(effect);
    if (!lane.busy) {
      lane.busy = true;
      next(lane);
    }
  }

  private void next(Lane<F> lane) {
    F effect = lane.waiting.poll();
    if (effect == null) {
      lane.busy = false;
      return;
    }
    long timeout = core.timeoutOf().apply(effect).toNanos() + GRACE_NANOS;
    SimCall call = world.dice().call(targetOf(effect), timeout);
    Flight<F> flight = new Flight<>(lane, effect, call);
    world.schedule().in(call.before(), () -> arrive(flight));
    if (call.fate() != Fate.ANSWERED && call.fate() != Fate.ANSWERED_TWICE) {
      world.schedule().in(timeout, () -> whenRunning(() -> giveUp(flight)));
    }
  }

  /** The call reaches whom it is made to, unless the process has died or stopped before. */
  private void arrive(Flight<F> flight) {
    if (alive) {
      whenRunning(() -> arrived(flight));
    } else {
      orphaned(flight.effect, flight.call);
    }
  }

  private void arrived(Flight<F> flight) {
    if (flight.call.fate() == Fate.REQUEST_LOST) {
      return;
    }
    beforePerform(flight.effect, flight.call.fate());
    long takes = begin(flight.effect);
    if (takes > 0) {
      world.schedule().in(takes, () -> carryOnOrOut(flight));
    } else {
      answered(flight, core.perform().apply(flight.effect));
    }
  }

  /** What was begun ends in its time, whether its process runs, is stopped or has ended. */
  private void carryOnOrOut(Flight<F> flight) {
    if (!alive || paused) {
      endUnattended(flight.effect);
    }
    whenRunning(
        () ->
            answered(
                flight,
                stillUnderWay(flight.effect)
                    .map(begun -> core.perform().apply(begun))
                    .orElseGet(
                        () -> core.givenUp().apply(flight.effect, "ended by somebody else"))));
  }

  private void answered(Flight<F> flight, Optional<LongFunction<E>> answer) {
    SimCall call = flight.call;
    boolean late = answer.isPresent() && isUnknown(answer.get().apply(clock.now()));
    long after =
        late ? world.dice().slowly(core.timeoutOf().apply(flight.effect).toNanos()) : call.after();
    if (call.fate() != Fate.ANSWER_LOST) {
      world.schedule().in(after, () -> whenRunning(() -> end(flight, answer)));
    }
  }

  /**
   * Sent by a process that has died since: some of it is carried out nevertheless. What was on its
   * way within the host is gone with the boot that it belonged to.
   */
  private void orphaned(F effect, SimCall call) {
    boolean arrives = !targetOf(effect).isWithinHost() || boot == world.machine(host).boot();
    if (call.fate() == Fate.ANSWERED && world.dice().orphanIsCarriedOut() && arrives) {
      world.trace(name, "(dead) carried out nevertheless: ", effect);
      beforePerform(effect, call.fate());
      var unused = core.perform().apply(effect);
    }
  }

  private void end(Flight<F> flight, Optional<LongFunction<E>> answer) {
    if (!flight.settled) {
      flight.settled = true;
      answer.ifPresent(event -> take(event.apply(clock.now())));
      if (flight.call.fate() == Fate.ANSWERED_TWICE) {
        answer.ifPresent(
            event -> world.schedule().in(world.dice().feedLatency() * 20, () -> deliver(event)));
      }
    }
    if (alive) {
      next(flight.lane);
    }
  }

  private void giveUp(Flight<F> flight) {
    if (!flight.settled) {
      flight.settled = true;
      core.givenUp()
          .apply(flight.effect, "no answer in time")
          .ifPresent(event -> take(event.apply(clock.now())));
    }
    // A call that hangs keeps its queue waiting until it returns; one without answer has returned.
    if (alive && flight.call.fate() != Fate.HUNG) {
      next(flight.lane);
    }
  }
}
