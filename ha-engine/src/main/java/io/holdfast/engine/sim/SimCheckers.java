package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.record.Placement;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Watches the physical truth for as long as the world turns. Knows nothing of the cores: only what
 * runs where, and what stands in the store.
 */
final class SimCheckers implements PhysicalWorld.Observer {
  private final SimWorld world;
  private final SimStoreChecker store;
  private final SortedMap<WorkloadId, SortedSet<HostId>> running = new TreeMap<>();
  private final SortedSet<WorkloadId> unprotected = new TreeSet<>();
  private final SortedMap<HostId, SortedMap<Incarnation, Long>> bootOf = new TreeMap<>();

  /** The boot on which a host let its watchdog go while nothing ran there, and nothing does yet. */
  private final SortedMap<HostId, Long> emptyOn = new TreeMap<>();

  private final SortedSet<HostId> cutOff = new TreeSet<>();
  private final Set<Arrival> arrivals = new HashSet<>();
  private long starts;
  private long needlessFences;

  SimCheckers(SimWorld world, SimStoreChecker store) {
    this.world = world;
    this.store = store;
  }

  private record Arrival(WorkloadId workload, HostId target) {}

  /** Hosts that were fenced although their lease was being renewed: safe, and a pity. */
  long needlessFences() {
    return needlessFences;
  }

  long starts() {
    return starts;
  }

  /** Nobody has asked for this workload to be looked after: no action of the engine is on it. */
  void leaveAlone(WorkloadId workload) {
    unprotected.add(workload);
  }

  /** Somebody starts it there: once more than the engine is to answer for. */
  void isStartedByHand(WorkloadId workload, HostId host) {
    arrivals.add(new Arrival(workload, host));
  }

  /** A host's agent is about to act on it. */
  void actedOn(WorkloadId workload, HostId host) {
    if (unprotected.contains(workload)) {
      world.violated("unprotected " + workload + " is acted on by the agent of " + host);
    }
  }

  /**
   * A controller has a host's power cut.
   *
   * @param late whether the command was on its way for longer than anybody waits for it
   */
  void powerOffSent(AskDevice ask, boolean late) {
    if (!store.wasFenceIntended(ask.host(), ask.op().epoch())) {
      world.violated(
          "power off is sent to %s without a stored intent of epoch %d"
              .formatted(ask.host(), ask.op().epoch()));
    }
    SimAgent agent = world.machine(ask.host()).agent;
    long since = world.schedule().now() - world.timings().suspectAfter().toNanos();
    if (!late && agent != null && agent.renewedAt() > since) {
      needlessFences++;
      world.trace("CHECKER", "needless: " + ask.host() + " is alive and renews its lease");
    }
  }

  /** An agent of this host's present boot has joined. */
  void joined(HostId host, Incarnation incarnation) {
    bootOf
        .computeIfAbsent(host, h -> new TreeMap<>())
        .put(incarnation, world.physical().boots(host));
  }

  /** How often an agent of this host has joined. */
  int joins(HostId host) {
    return bootOf.getOrDefault(host, new TreeMap<>()).size();
  }

  /** An agent is about to disarm its host's watchdog: by order, or because nothing runs there. */
  void watchdogReleased(HostId host) {
    SortedSet<WorkloadId> owned = new TreeSet<>();
    for (WorkloadId workload : world.physical().copiesOn(host)) {
      store
          .ownerOf(workload)
          .filter(owner -> owner.host().equals(host) && store.isProtected(workload))
          .ifPresent(owner -> owned.add(workload));
    }
    if (owned.isEmpty()) {
      emptyOn.put(host, world.physical().boots(host));
    } else if (!store.wasToldToLetGo(host)) {
      world.violated(
          "the watchdog of %s is released unasked, and %s run there".formatted(host, owned));
    }
  }

  /** A controller stores that this incarnation's lease has expired and its watchdog reset it. */
  void leaseExpired(HostId host, Incarnation incarnation) {
    SimAgent agent = world.machine(host).agent;
    if (agent != null && agent.reliesOnLeaseOf(incarnation)) {
      world.violated(
          "LEASES OVERLAP: that of %s in incarnation %s counts as expired, and the host relies on it"
              .formatted(host, incarnation));
    }
    Long boot = bootOf.getOrDefault(host, new TreeMap<>()).get(incarnation);
    boolean wasReset =
        boot != null && (boot < world.physical().boots(host) || !world.physical().isUp(host));
    // One that let its watchdog go when nothing ran there runs nothing without being reset.
    boolean wasEmpty = boot != null && boot.equals(emptyOn.get(host));
    if (!wasReset && !wasEmpty) {
      world.violated(
          "the lease of %s in incarnation %s counts as expired, and the host was not reset since"
              .formatted(host, incarnation));
    }
  }

  /** A controller has a host's power given back. */
  void powerOnSent(AskDevice ask) {
    boolean power =
        world.machine(ask.host()).fenceDevices.stream()
            .filter(device -> device.name().equals(ask.device()))
            .allMatch(device -> device.target() == FenceDevice.Target.POWER);
    // Whether storage may be given back shows in who can write then.
    if (power && !store.isProvenDown(ask.host())) {
      world.violated("power on is sent to " + ask.host() + " without any evidence stored");
    }
  }

  @Override
  public void onSelfFence(HostId host) {
    world.trace(host.value(), "## reset by its watchdog");
    world.selfFenced(host);
  }

  @Override
  public void onPower(HostId host, boolean on) {
    world.trace(host.value(), on ? "## power on" : "## power off");
  }

  @Override
  public void onUp(HostId host, boolean up) {
    world.trace(host.value(), up ? "## up" : "## down");
    world.upChanged(host, up);
  }

  @Override
  public void onCopyStarted(WorkloadId workload, HostId host) {
    starts++;
    world.trace(host.value(), "## runs " + workload);
    running.computeIfAbsent(workload, w -> new TreeSet<>()).add(host);
    requireOneWriter(workload);
    if (world.platform().isByHand() || unprotected.contains(workload)) {
      return;
    }
    emptyOn.remove(host);
    if (!store.isProtected(workload)) {
      return; // its protection ended while the start that was ordered before was under way
    }
    if (arrivals.remove(new Arrival(workload, host))) {
      return; // it was running elsewhere, by right or not, and still runs once
    }
    Optional<Placement.Owner> owner = store.ownerOf(workload);
    if (owner.isEmpty() || !owner.get().host().equals(host)) {
      world.violated(
          "%s started on %s, but in the store its owner is %s".formatted(workload, host, owner));
    }
  }

  /** What runs on a host that the storage refuses writes nothing. */
  private void requireOneWriter(WorkloadId workload) {
    SortedSet<HostId> writing = new TreeSet<>(running.getOrDefault(workload, new TreeSet<>()));
    writing.removeAll(cutOff);
    if (writing.size() > 1) {
      world.violated("NEVER TWO: " + workload + " runs on " + writing);
    }
  }

  @Override
  public void onCutOff(HostId host, boolean cut) {
    world.trace(host.value(), cut ? "## cut off from the storage" : "## has its storage back");
    if (cut) {
      cutOff.add(host);
    } else {
      cutOff.remove(host);
      running.keySet().forEach(this::requireOneWriter);
    }
  }

  @Override
  public void onMigration(WorkloadId workload, HostId source, HostId target, boolean underWay) {
    if (underWay) {
      arrivals.add(new Arrival(workload, target));
      if (!store.wasMoveIntended(workload, target)
          && !world.handMoves().isUnderWay(workload, target)) {
        world.violated(
            "%s is on its way to %s, and nobody ordered that".formatted(workload, target));
      }
    }
    String what = underWay ? "## is sending " : "## sends no more ";
    world.trace(source.value(), what + workload + " to " + target);
  }

  @Override
  public void onCopyStopped(WorkloadId workload, HostId host, StopReason reason) {
    world.trace(host.value(), "## ends " + workload + " " + reason);
    SortedSet<HostId> hosts = running.get(workload);
    if (hosts != null) {
      hosts.remove(host);
    }
  }
}
