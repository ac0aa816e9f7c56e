package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Watchdog;
import java.time.Duration;
import java.util.Objects;

/**
 * The watchdog of one host of a {@link PhysicalWorld}: hardware of the machine, not of a process.
 * Once armed it resets the host unless it is fed, with faults that can be switched at any time.
 * Safe for use by several threads; objects for later processes of the host are made with {@link
 * #reopened}.
 */
public final class InMemoryWatchdog implements Watchdog {

  /** What is wrong with it. */
  public enum Fault {
    /** Nothing. */
    NONE,
    /** It is not there: opening and feeding fail. One that is armed stays armed, and fires. */
    MISSING,
    /** Calls have their effect, and nobody is told. */
    REPLY_LOST,
    /** Feeds have their effect late: just before they would be too late. */
    FEEDS_LATE,
    /** It cannot be disarmed. */
    NO_WAY_OUT
  }

  /** The clock that it counts by. */
  public interface Countdown {
    /** Monotonic nanoseconds from any origin. */
    long now();

    /** Runs this when so much time has passed; never on the calling thread before returning. */
    void after(Duration time, Runnable action);
  }

  /** What outlives the processes that use it. */
  private static final class Machine implements PhysicalWorld.Observer {
    final HostId host;
    final PhysicalWorld world;
    final Countdown clock;
    Fault fault = Fault.NONE;
    boolean armed;
    boolean ticking;
    boolean feedUnderWay;
    Duration period = Duration.ZERO;
    long fedAt;

    Machine(HostId host, PhysicalWorld world, Countdown clock) {
      this.host = host;
      this.world = world;
      this.clock = clock;
    }

    synchronized void feed() {
      fedAt = clock.now();
      if (!ticking) {
        ticking = true;
        clock.after(period, this::tick);
      }
    }

    private void tick() {
      synchronized (this) {
        ticking = false;
        if (!armed) {
          return;
        }
        Duration left = period.minusNanos(clock.now() - fedAt);
        if (!left.isNegative() && !left.isZero()) {
          ticking = true;
          clock.after(left, this::tick);
          return;
        }
        armed = false;
      }
      world.watchdogFires(host); // not under the lock: the world tells this very object
    }

    synchronized void disarm() {
      armed = false;
    }

    @Override
    public void onPower(HostId changed, boolean on) {
      if (changed.equals(host)) {
        disarm();
      }
    }

    /** The firmware of a machine that starts disarms it; a crashed kernel does not. */
    @Override
    public void onUp(HostId changed, boolean up) {
      if (changed.equals(host) && up) {
        disarm();
      }
    }
  }

  private final Machine machine;

  /** A watchdog that is not armed. */
  public InMemoryWatchdog(HostId host, PhysicalWorld world, Countdown clock) {
    this(new Machine(host, world, clock));
    world.observe(machine);
  }

  private InMemoryWatchdog(Machine machine) {
    this.machine = machine;
  }

  /** The same device, as another process of the host opens it. */
  public InMemoryWatchdog reopened() {
    return new InMemoryWatchdog(machine);
  }

  /** Switches the fault for all calls from now on. */
  public void setFault(Fault fault) {
    synchronized (machine) {
      machine.fault = Objects.requireNonNull(fault, "fault");
    }
  }

  /** Whether it resets the host unless it is fed. */
  public boolean isArmed() {
    synchronized (machine) {
      return machine.armed;
    }
  }

  @Override
  public String name() {
    return "watchdog-" + machine.host;
  }

  @Override
  public Outcome<Duration> open(Duration period, Duration timeout) {
    synchronized (machine) {
      if (machine.fault == Fault.MISSING) {
        return Outcome.failed(Cause.NOT_FOUND, "no such device");
      }
      machine.armed = true;
      machine.period = period;
      machine.feed();
      return machine.fault == Fault.REPLY_LOST
          ? Outcome.unknown("no answer within " + timeout)
          : Outcome.done(period);
    }
  }

  @Override
  public Outcome<Ack> feed(Duration timeout) {
    synchronized (machine) {
      if (machine.fault == Fault.MISSING || !machine.armed) {
        return Outcome.failed(Cause.NOT_FOUND, "not armed, or not there any more");
      }
      if (machine.feedUnderWay) {
        return Outcome.unknown("an earlier feed has not come back");
      }
      if (machine.fault == Fault.FEEDS_LATE) {
        machine.feedUnderWay = true;
        machine.clock.after(machine.period.multipliedBy(3).dividedBy(4), this::feedLate);
        return Outcome.unknown("no answer within " + timeout);
      }
      machine.feed();
      return machine.fault == Fault.REPLY_LOST
          ? Outcome.unknown("no answer within " + timeout)
          : Outcome.ok();
    }
  }

  private void feedLate() {
    synchronized (machine) {
      machine.feedUnderWay = false;
      if (machine.armed) {
        machine.feed();
      }
    }
  }

  @Override
  public Outcome<Ack> release(Duration timeout) {
    synchronized (machine) {
      if (machine.fault == Fault.NO_WAY_OUT && machine.armed) {
        return Outcome.failed(Cause.DENIED, "made to stay armed");
      }
      machine.disarm();
      return machine.fault == Fault.REPLY_LOST
          ? Outcome.unknown("no answer within " + timeout)
          : Outcome.ok();
    }
  }

  @Override
  public void close() {
    // The machine's own: it stays as it is.
  }
}
