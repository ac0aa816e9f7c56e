package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The physical truth of a simulated cluster: which host has power, and which copy of which workload
 * really runs where. The in-memory SPIs act on it, the checkers look at it, the engine never sees
 * it. Safe for use by several threads.
 */
public final class PhysicalWorld {

  /**
   * Told of every change, in order, under the world's lock: must be quick and must not call back.
   */
  public interface Observer {
    /** Its power is there from now on, or is not. */
    default void onPower(HostId host, boolean on) {}

    /** Its operating system runs from now on, or does not. */
    default void onUp(HostId host, boolean up) {}

    /** Its watchdog was not fed in time and is about to reset it. */
    default void onSelfFence(HostId host) {}

    /** The storage refuses what this host writes from now on, or does not. */
    default void onCutOff(HostId host, boolean cut) {}

    /** A copy runs on this host from now on. */
    default void onCopyStarted(WorkloadId workload, HostId host) {}

    /** A copy runs no more on this host. */
    default void onCopyStopped(WorkloadId workload, HostId host, StopReason reason) {}

    /** A copy that runs is on its way to another host from now on, or it is not. */
    default void onMigration(WorkloadId workload, HostId source, HostId target, boolean underWay) {}
  }

  /** What becomes of a host that its watchdog has reset. */
  public enum AfterWatchdog {
    /** It boots. */
    REBOOT,
    /** It stays off until somebody switches it on. */
    STAY_OFF
  }

  private static final class Machine {
    boolean powered = true;
    boolean up = true;
    boolean storage = true;
    boolean cutOff;
    long boots = 1;
    int feeds = 1;
    final SortedSet<Integer> deadFeeds = new TreeSet<>();
    final SortedSet<WorkloadId> copies = new TreeSet<>();
  }

  private final SortedMap<HostId, Machine> machines = new TreeMap<>();
  private final SortedSet<WorkloadId> frozenOnes = new TreeSet<>();
  private final Migrations migrations = new Migrations(this);
  private final List<Observer> observers = new CopyOnWriteArrayList<>();
  private AfterWatchdog afterWatchdog = AfterWatchdog.REBOOT;

  /** An empty world. */
  public PhysicalWorld() {}

  /** Adds a host that has power and runs nothing. */
  public void addHost(HostId host) {
    addHost(host, true);
  }

  /** Adds a host that runs nothing, with power or without. */
  public synchronized void addHost(HostId host, boolean powered) {
    Machine machine = new Machine();
    machine.powered = powered;
    machine.up = powered;
    if (machines.putIfAbsent(host, machine) != null) {
      throw new IllegalArgumentException("host " + host + " exists");
    }
  }

  /** Tells it of every change from now on. */
  public void observe(Observer observer) {
    observers.add(observer);
  }

  /** Undoes {@link #observe}. A change that is just being told may still reach it. */
  public void stopObserving(Observer observer) {
    observers.remove(observer);
  }

  /** Every host there is, with power or without. */
  public synchronized SortedSet<HostId> hosts() {
    return new TreeSet<>(machines.keySet());
  }

  /** Whether it has power; a crashed host has. */
  public synchronized boolean isPowered(HostId host) {
    return machine(host).powered;
  }

  /** Whether its operating system runs: it has power and has not crashed. */
  public synchronized boolean isUp(HostId host) {
    return machine(host).up;
  }

  /** How often its operating system has come up: what was begun under another number is gone. */
  public synchronized long boots(HostId host) {
    return machine(host).boots;
  }

  /** Has a workload serve nobody until its copy ends, although it runs; or undoes that. */
  public synchronized void freeze(WorkloadId workload, boolean frozen) {
    if (!frozen) {
      frozenOnes.remove(workload);
    } else if (!hostsRunning(workload).isEmpty()) {
      frozenOnes.add(workload);
    }
  }

  /** Whether a copy of it runs on this host, and serves. */
  public synchronized boolean serves(WorkloadId workload, HostId host) {
    return machine(host).copies.contains(workload) && !frozenOnes.contains(workload);
  }

  /** Whether the storage of its workloads works there. */
  public synchronized boolean hasStorage(HostId host) {
    return machine(host).storage && !machine(host).cutOff;
  }

  /** Whether the storage itself refuses what the host writes. */
  public synchronized boolean isCutOff(HostId host) {
    return machine(host).cutOff;
  }

  /** Has the storage refuse what the host writes, or take it again; no reboot changes that. */
  public synchronized void cutOff(HostId host, boolean cut) {
    if (machine(host).cutOff != cut) {
      machine(host).cutOff = cut;
      observers.forEach(o -> o.onCutOff(host, cut));
    }
  }

  /**
   * Breaks a host's way to the storage, or mends it. What runs there goes on and cannot write until
   * it is mended; nothing can be started there.
   */
  public synchronized void setStorage(HostId host, boolean works) {
    machine(host).storage = works;
  }

  /** Cuts the power: every copy on the host is gone at once, and nobody is told but observers. */
  public synchronized void powerOff(HostId host) {
    Machine machine = machine(host);
    if (!machine.powered) {
      return;
    }
    goDown(host, machine);
    machine.powered = false;
    observers.forEach(o -> o.onPower(host, false));
  }

  /**
   * Gives the host so many power supplies, each with an outlet of its own: one is enough to run.
   */
  public synchronized void setFeeds(HostId host, int feeds) {
    machine(host).feeds = feeds;
  }

  /** Whether there is power at this outlet of the host. */
  public synchronized boolean isFed(HostId host, int feed) {
    return machine(host).powered && !machine(host).deadFeeds.contains(feed);
  }

  /** Switches one outlet off; the host loses its power with the last one. */
  public synchronized void cutFeed(HostId host, int feed) {
    Machine machine = machine(host);
    machine.deadFeeds.add(feed);
    if (machine.deadFeeds.size() >= machine.feeds) {
      powerOff(host);
    }
  }

  /** A silent death: everything on the host ends as in a power cut, but its power reads on. */
  public synchronized void crash(HostId host) {
    goDown(host, machine(host));
  }

  /** Gives power. Nothing runs until somebody starts it. Does not revive a crashed host. */
  public synchronized void powerOn(HostId host) {
    Machine machine = machine(host);
    machine.deadFeeds.clear();
    if (!machine.powered) {
      machine.powered = true;
      observers.forEach(o -> o.onPower(host, true));
      comeUp(host, machine);
    }
  }

  /** Presses the reset button: what runs ends, and the host comes up if it has power. */
  public synchronized void reset(HostId host) {
    Machine machine = machine(host);
    goDown(host, machine);
    if (machine.powered) {
      comeUp(host, machine);
    }
  }

  /** What its power settings make of a host that its watchdog has reset; at first, it boots. */
  public synchronized void setAfterWatchdog(AfterWatchdog after) {
    afterWatchdog = after;
  }

  /** The host's watchdog resets it, whatever runs there. */
  public synchronized void watchdogFires(HostId host) {
    Machine machine = machine(host);
    if (!machine.powered) {
      return;
    }
    if (machine.up) {
      observers.forEach(o -> o.onSelfFence(host));
    }
    if (afterWatchdog == AfterWatchdog.REBOOT) {
      reset(host);
    } else {
      powerOff(host);
    }
  }

  private void goDown(HostId host, Machine machine) {
    migrations.sourceGoesDown(host);
    for (WorkloadId workload : List.copyOf(machine.copies)) {
      stopCopy(workload, host, StopReason.UNKNOWN);
    }
    if (machine.up) {
      machine.up = false;
      observers.forEach(o -> o.onUp(host, false));
    }
    migrations.targetIsDown(host);
  }

  private void comeUp(HostId host, Machine machine) {
    machine.up = true;
    machine.boots++;
    observers.forEach(o -> o.onUp(host, true));
  }

  /**
   * Starts a copy.
   *
   * @return false if the host is not up, or holds the workload for a migration
   */
  public synchronized boolean startCopy(WorkloadId workload, HostId host) {
    Machine machine = machine(host);
    if (!machine.up || machine.cutOff || migrations.heldFor(host).contains(workload)) {
      return false;
    }
    if (machine.copies.add(workload)) {
      observers.forEach(o -> o.onCopyStarted(workload, host));
    }
    return true;
  }

  /** Ends a copy, if there is one, and its migration to elsewhere. */
  public synchronized void stopCopy(WorkloadId workload, HostId host, StopReason reason) {
    migrations.copyEnds(workload, host);
    halt(workload, host, reason);
  }

  /** Ends a copy, whatever is under way with it. */
  void halt(WorkloadId workload, HostId host, StopReason reason) {
    if (machine(host).copies.remove(workload)) {
      frozenOnes.remove(workload);
      observers.forEach(o -> o.onCopyStopped(workload, host, reason));
    }
  }

  /** What runs on a host. */
  public synchronized SortedSet<WorkloadId> copiesOn(HostId host) {
    return new TreeSet<>(machine(host).copies);
  }

  /** Every host on which a copy of the workload runs: more than one is what must never be. */
  public synchronized List<HostId> hostsRunning(WorkloadId workload) {
    List<HostId> running = new ArrayList<>();
    machines.forEach(
        (host, machine) -> {
          if (machine.copies.contains(workload)) {
            running.add(host);
          }
        });
    return running;
  }

  /**
   * Has a copy begin to move: the target holds the workload from now on, and the source runs it.
   *
   * @return false if it does not run on the source, the target is not up or holds it already, or it
   *     is on its way already
   */
  public synchronized boolean beginMigration(WorkloadId workload, HostId source, HostId target) {
    boolean can =
        machine(source).copies.contains(workload)
            && machine(target).up
            && !source.equals(target)
            && !machine(target).copies.contains(workload);
    return can && migrations.begin(workload, source, target);
  }

  /** Has the source let go: the workload runs nowhere until {@link #completeMigration}. */
  public synchronized void handOver(WorkloadId workload) {
    migrations.handOver(workload);
  }

  /**
   * Ends a migration: what is complete runs at the target, also when the source has died meanwhile,
   * and what cannot become complete is discarded there.
   *
   * @return whether it runs at the target on account of this
   */
  public synchronized boolean completeMigration(WorkloadId workload) {
    return migrations.complete(workload);
  }

  /** {@link #completeMigration} for all that are under way. */
  public synchronized void completeMigrations() {
    migrations.completeAll();
  }

  /** Gives a migration up: what lies at the target is discarded, and the source goes on. */
  public synchronized void cancelMigration(WorkloadId workload) {
    migrations.cancel(workload);
  }

  /** Where a workload of this host is on its way to, if it is. */
  public synchronized Optional<HostId> migratingTo(WorkloadId workload, HostId source) {
    return migrations.to(workload, source);
  }

  /** What is asked about migrations under this object's lock. */
  Migrations migrations() {
    return migrations;
  }

  void tell(Consumer<Observer> news) {
    observers.forEach(news);
  }

  private Machine machine(HostId host) {
    Machine machine = machines.get(host);
    if (machine == null) {
      throw new IllegalArgumentException("no host " + host);
    }
    return machine;
  }
}
