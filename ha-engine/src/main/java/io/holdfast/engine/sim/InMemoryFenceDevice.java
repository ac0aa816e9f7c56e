package io.holdfast.engine.sim;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HostId;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Queue;

/**
 * The fence device of one host of a {@link PhysicalWorld}, with faults that can be switched at any
 * time. Has no threads and no clock: every call returns at once, and one that "times out" just says
 * so. It never reads off what is on: whoever takes its word for that is not deceived. Safe for use
 * by several threads; several devices may serve one host.
 */
public final class InMemoryFenceDevice implements FenceDevice {

  /** What is wrong with the device. */
  public enum Fault {
    /** Nothing: it reads, acts and reads back. */
    NONE,
    /** Reads, but says no to every command. */
    REFUSES,
    /** Nothing answers at its address, as when a power cut took it too. */
    UNREACHABLE,
    /** Answers, but does not accept the credentials. */
    WRONG_CREDENTIALS,
    /** Every call times out, also reading, and no command arrives. */
    SILENT,
    /** Reads; commands time out and never take effect. */
    COMMAND_LOST,
    /** Reads; commands take effect and time out nevertheless. */
    REPLY_LOST,
    /** Reads; commands time out and take effect at {@link #settleOne}. */
    EFFECT_LATER,
    /** Reads; commands take effect, and are said to be refused. */
    SAYS_REFUSED,
    /** Always reads on; commands take effect. */
    READS_ON,
    /** Reads; says that commands are done, and they are not: what it reads back shows it. */
    DOES_NOTHING
  }

  private final String name;
  private final HostId host;
  private final PhysicalWorld world;
  private final OptionalInt feed;
  private final Target target;
  private final Queue<PowerState> late = new ArrayDeque<>();
  private Fault fault = Fault.NONE;
  private long commands;

  /**
   * A device without faults.
   *
   * @throws IllegalArgumentException if the world has no such host
   */
  public InMemoryFenceDevice(String name, HostId host, PhysicalWorld world) {
    this(name, host, world, OptionalInt.empty(), Target.POWER);
  }

  /** One that has the storage refuse what the host writes. */
  public static InMemoryFenceDevice storage(String name, HostId host, PhysicalWorld world) {
    return new InMemoryFenceDevice(name, host, world, OptionalInt.empty(), Target.STORAGE);
  }

  /** A switched outlet, which controls one of the host's power supplies alone. */
  public static InMemoryFenceDevice outlet(
      String name, HostId host, PhysicalWorld world, int feed) {
    return new InMemoryFenceDevice(name, host, world, OptionalInt.of(feed), Target.POWER);
  }

  private InMemoryFenceDevice(
      String name, HostId host, PhysicalWorld world, OptionalInt feed, Target target) {
    this.target = target;
    this.name = Objects.requireNonNull(name, "name");
    this.host = host;
    this.world = world;
    this.feed = feed;
    world.isPowered(host);
  }

  /** Switches the fault for all calls from now on. Commands that are already late stay late. */
  public synchronized void setFault(Fault fault) {
    this.fault = Objects.requireNonNull(fault, "fault");
  }

  public synchronized Fault fault() {
    return fault;
  }

  /** The host whose power it controls. */
  public HostId host() {
    return host;
  }

  /** How many commands have been sent, whatever became of them. Reading is not a command. */
  public synchronized long commandsSent() {
    return commands;
  }

  /** How many commands taken under {@link Fault#EFFECT_LATER} have not had their effect yet. */
  public synchronized int lateCommands() {
    return late.size();
  }

  /**
   * Lets the oldest late command take effect, whatever was commanded since: that is what makes it
   * dangerous.
   *
   * @return false if there is none
   */
  public synchronized boolean settleOne() {
    PowerState wanted = late.poll();
    if (wanted == null) {
      return false;
    }
    apply(wanted);
    return true;
  }

  @Override
  public Target target() {
    return target;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized FenceOutcome status(Duration timeout) {
    return switch (fault) {
      case UNREACHABLE -> new FenceOutcome.Unreachable("no answer");
      case WRONG_CREDENTIALS -> new FenceOutcome.AuthenticationFailed("credentials not accepted");
      case SILENT -> new FenceOutcome.TimedOut("no answer within " + timeout);
      case NONE, REFUSES, COMMAND_LOST, REPLY_LOST, EFFECT_LATER, SAYS_REFUSED, DOES_NOTHING ->
          new FenceOutcome.Confirmed(read());
      case READS_ON -> new FenceOutcome.Confirmed(PowerState.ON);
    };
  }

  @Override
  public FenceOutcome off(Duration timeout) {
    return bring(PowerState.OFF, timeout);
  }

  @Override
  public FenceOutcome on(Duration timeout) {
    return bring(PowerState.ON, timeout);
  }

  private synchronized FenceOutcome bring(PowerState wanted, Duration timeout) {
    FenceOutcome reading = status(timeout);
    if (!(reading instanceof FenceOutcome.Confirmed before)) {
      return reading;
    }
    if (before.state() == wanted) {
      forgetOlderCommands();
      return new FenceOutcome.AlreadyThere(wanted);
    }
    commands++;
    return switch (fault) {
      case REFUSES -> new FenceOutcome.Refused("says no to power " + wanted);
      case COMMAND_LOST -> timedOut(wanted, timeout);
      case REPLY_LOST -> {
        apply(wanted);
        yield timedOut(wanted, timeout);
      }
      case EFFECT_LATER -> {
        late.add(wanted);
        yield timedOut(wanted, timeout);
      }
      case SAYS_REFUSED -> {
        apply(wanted);
        yield new FenceOutcome.Refused("says no to power " + wanted);
      }
      case READS_ON -> {
        apply(wanted);
        yield new FenceOutcome.Confirmed(PowerState.ON);
      }
      case DOES_NOTHING -> new FenceOutcome.Confirmed(read());
      case NONE -> {
        apply(wanted);
        forgetOlderCommands();
        yield new FenceOutcome.Confirmed(read());
      }
      case UNREACHABLE, WRONG_CREDENTIALS, SILENT ->
          throw new IllegalStateException("a device that is " + fault + " cannot have been read");
    };
  }

  /** What a device for the storage has confirmed is not undone by what came before. */
  private void forgetOlderCommands() {
    if (target == Target.STORAGE) {
      late.clear();
    }
  }

  private static FenceOutcome timedOut(PowerState wanted, Duration timeout) {
    return new FenceOutcome.TimedOut("power " + wanted + " not confirmed within " + timeout);
  }

  private PowerState read() {
    if (target == Target.STORAGE) {
      return world.isCutOff(host) ? PowerState.OFF : PowerState.ON;
    }
    boolean on = feed.isPresent() ? world.isFed(host, feed.getAsInt()) : world.isPowered(host);
    return on ? PowerState.ON : PowerState.OFF;
  }

  private void apply(PowerState wanted) {
    if (target == Target.STORAGE) {
      world.cutOff(host, wanted == PowerState.OFF);
    } else if (wanted == PowerState.OFF && feed.isPresent()) {
      world.cutFeed(host, feed.getAsInt());
    } else if (wanted == PowerState.OFF) {
      world.powerOff(host);
    } else {
      world.powerOn(host);
    }
  }

  @Override
  public String toString() {
    return "InMemoryFenceDevice[" + name + " of " + host + "]";
  }
}
