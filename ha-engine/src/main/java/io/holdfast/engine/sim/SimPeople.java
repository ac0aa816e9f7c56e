package io.holdfast.engine.sim;

import io.holdfast.api.ClusterStatus;
import io.holdfast.api.Departure;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What operators do in the middle of everything, each the way that the engine's documentation lets
 * them. Carries out one strike.
 */
final class SimPeople {
  private static final long SECOND = 1_000_000_000L;

  private final SimWorld world;
  private final SplittableRandom dice;
  private final long end;

  /**
   * @param dice of this strike
   * @param end when everything is mended
   */
  SimPeople(SimWorld world, SplittableRandom dice, long end) {
    this.world = world;
    this.dice = dice;
    this.end = end;
  }

  void strike(SimStrike.Kind kind, HostId host) {
    switch (kind) {
      case CONFIRM_DOWN -> confirmDown(host);
      case TAKE_OUT -> takeOut(host);
      case CLUSTER_POLICY -> {
        world.fault("the cluster's policy is changed");
        world.platform().updatePolicy(policy -> SimPolicies.vary(policy, dice));
      }
      case WORKLOAD_POLICY -> anotherPolicy();
      case MOVE_BY_HAND -> moveByHand();
      case DISARMED_WORK -> new SimDisarmedWork(world, dice, end).begin();
      case MOVE_UNSEEN -> moveUnseen();
      case MAKE_ROOM -> {
        world.fault("what is done where there is no room is changed");
        world.platform().updatePolicy(policy -> SimEvictions.another(policy, dice));
      }
      default -> throw new IllegalArgumentException("not done by people: " + kind);
    }
  }

  /** It goes down, stays so for a while, and a person who has looked says that it is. */
  private void confirmDown(HostId host) {
    if (dice.nextBoolean()) {
      world.faults().cutPower(host);
    } else {
      world.faults().crash(host);
    }
    later(1, 40, () -> confirmIfDown(host));
    later(20, 90, () -> world.faults().bringUp(host));
  }

  private void confirmIfDown(HostId host) {
    if (!world.physical().isUp(host)) {
      world
          .statusOf(host)
          .flatMap(ClusterStatus.HostInfo::incarnation)
          .ifPresent(
              incarnation -> {
                world.fault(host + " is confirmed to be down");
                world.platform().confirmDown(host, incarnation, "operator");
              });
    }
  }

  private void takeOut(HostId host) {
    if (world.platform().mayTakeOut(host)) {
      world.fault(host + " is taken out of the cluster");
      world.platform().unregister(host);
      later(3, 60, () -> world.platform().takeBack(host));
    }
  }

  /** While others restart agents and controllers, or end its protection and begin it anew. */
  private void moveByHand() {
    List<HostId> hosts = List.copyOf(world.machines().keySet());
    int meanwhile = dice.nextInt(8);
    boolean watched = meanwhile > 1;
    long longest = watched && dice.nextInt(4) == 0 ? 30 * SECOND : 4 * SECOND;
    for (int tries = 0; tries < 20; tries++) {
      HostId source = hosts.get(dice.nextInt(hosts.size()));
      HostId target = hosts.get(dice.nextInt(hosts.size()));
      List<WorkloadId> there = List.copyOf(world.physical().copiesOn(source));
      if (!there.isEmpty()) {
        WorkloadId id = there.get(dice.nextInt(there.size()));
        long takes = SECOND / 10 + dice.nextLong(longest);
        if (world.handMoves().begin(id, target, takes, watched)) {
          meanwhile(meanwhile, id, source, target);
          return;
        }
      }
    }
  }

  /** While its host's hypervisor cannot be asked. */
  private void moveUnseen() {
    List<HostId> hosts = List.copyOf(world.machines().keySet());
    HostId source = hosts.get(dice.nextInt(hosts.size()));
    for (int tries = 0; tries < 20 && world.physical().copiesOn(source).isEmpty(); tries++) {
      source = hosts.get(dice.nextInt(hosts.size()));
    }
    HostId from = source;
    HostId to = hosts.get(dice.nextInt(hosts.size()));
    world.faults().hypervisorDown(from);
    later(
        0,
        5,
        () -> {
          List<WorkloadId> there = List.copyOf(world.physical().copiesOn(from));
          if (!there.isEmpty()) {
            world.handMoves().moveUnseen(there.get(dice.nextInt(there.size())), to);
          }
          later(0, 10, () -> world.faults().hypervisorUp(from));
        });
  }

  private void meanwhile(int what, WorkloadId id, HostId source, HostId target) {
    switch (what) {
      case 0 -> {
        world.faults().killAgent(source);
        later(1, 12, () -> world.faults().startAgent(source));
      }
      case 1 -> world.faults().leave(source, Departure.AGENT_RESTART, Duration.ofSeconds(5));
      case 2 ->
          later(
              0,
              5,
              () -> {
                world.faults().killAgent(target);
                later(1, 12, () -> world.faults().startAgent(target));
              });
      case 3 ->
          world
              .leader()
              .ifPresent(
                  leader -> {
                    world.faults().killController(leader);
                    later(1, 15, () -> world.faults().startController(leader));
                  });
      case 4 -> protectAnew(id);
      case 5 -> later(0, 5, () -> protectAnew(id));
      default -> {}
    }
  }

  private void protectAnew(WorkloadId id) {
    world.platform().workloads().stream()
        .filter(w -> w.id().equals(id))
        .findAny()
        .ifPresent(
            w -> {
              world.platform().unprotect(id);
              later(
                  0,
                  8,
                  () ->
                      world
                          .platform()
                          .protect(
                              w.withOrigin(Workload.Origin.EXISTING).withLock(Optional.empty())));
            });
  }

  private void anotherPolicy() {
    List<Workload> all = world.platform().workloads();
    if (!all.isEmpty()) {
      Workload one = all.get(dice.nextInt(all.size()));
      world.fault("the policy of " + one.id() + " is changed");
      SplittableRandom own = dice.split();
      WorkloadPolicy next = SimPolicies.vary(one.policy(), own);
      boolean wide = world.config().more() == SimConfig.More.WIDE;
      WorkloadPolicy wider = wide ? SimPolicies.varyStay(next, own) : next;
      world.platform().update(one.id(), w -> w.withPolicy(wider));
    }
  }

  private void later(int least, int most, Runnable action) {
    long at = world.schedule().now() + least * SECOND + dice.nextLong((most - least) * SECOND);
    world.schedule().at(Math.min(at, end), action);
  }
}
