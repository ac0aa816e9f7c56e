package io.holdfast.engine.sim;

import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Fact;
import io.holdfast.api.HostId;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Rule;
import io.holdfast.api.StopReason;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Bad luck: faults at random times, each with the end that it would have in life. Every seed has
 * its own choice of kinds, so that some runs meet few kinds often and others meet many. All of it
 * is known beforehand, and each strike has luck of its own: a run with some of them left out is the
 * same run otherwise.
 */
final class SimChaos {
  private static final long SECOND = 1_000_000_000L;
  private static final Duration SHORT = Duration.ofMillis(100);
  private static final Duration LONG = Duration.ofHours(1);

  /** With dice of their own: what the others do in a run does not depend on these. */
  private static final List<SimStrike.Kind> ASIDE =
      List.of(
          SimStrike.Kind.STORAGE,
          SimStrike.Kind.CONDITION,
          SimStrike.Kind.HOST_CHECK,
          SimStrike.Kind.TIE_BREAKER,
          SimStrike.Kind.SHUTDOWN,
          SimStrike.Kind.REBOOT,
          SimStrike.Kind.AGENT_RESTART,
          SimStrike.Kind.FROZEN_GUEST,
          SimStrike.Kind.ONE_WAY,
          SimStrike.Kind.DISK);

  /** In most worlds, with dice of their own again. */
  private static final List<SimStrike.Kind> BY_PEOPLE =
      List.of(
          SimStrike.Kind.CONFIRM_DOWN,
          SimStrike.Kind.TAKE_OUT,
          SimStrike.Kind.CLUSTER_POLICY,
          SimStrike.Kind.WORKLOAD_POLICY);

  /** Where people move guests past the engine. */
  private static final List<SimStrike.Kind> BY_HAND =
      List.of(SimStrike.Kind.MOVE_BY_HAND, SimStrike.Kind.MOVE_BY_HAND);

  /** What came later still, each in every third world that has more of it, with its own dice. */
  private static final List<SimStrike.Kind> WIDE =
      List.of(
          SimStrike.Kind.FENCE_LIE,
          SimStrike.Kind.DISARMED_WORK,
          SimStrike.Kind.MOVE_UNSEEN,
          SimStrike.Kind.MAKE_ROOM);

  private final SimWorld world;
  private final long end;

  /** Of the strike that is being carried out. */
  private SplittableRandom dice = new SplittableRandom(0);

  SimChaos(SimWorld world) {
    this.world = world;
    end = world.schedule().now() + world.config().chaos().toNanos();
  }

  /** What the dice have in store for such a cluster. */
  static List<SimStrike> foresee(SimConfig config, SplittableRandom dice) {
    if (config.faults() == SimConfig.Faults.NONE) {
      return List.of();
    }
    List<SimStrike> strikes = usual(config, dice);
    addSome(ASIDE, strikes, config, new SplittableRandom(~config.seed()));
    SplittableRandom people = new SplittableRandom(13 * config.seed() + 5);
    if (people.nextInt(3) > 0) {
      addSome(BY_PEOPLE, strikes, config, people);
    }
    if (config.more() == SimConfig.More.HAND_MOVES) {
      addSome(BY_HAND, strikes, config, people);
    }
    if (config.more() == SimConfig.More.WIDE) {
      SplittableRandom wide = new SplittableRandom(53 * config.seed() + 29);
      for (SimStrike.Kind kind : WIDE) {
        if (wide.nextInt(3) == 0) {
          addSome(List.of(kind), strikes, config, wide);
        }
      }
    }
    strikes.sort(Comparator.comparing(SimStrike::at));
    return strikes;
  }

  private static void addSome(
      List<SimStrike.Kind> kinds, List<SimStrike> to, SimConfig config, SplittableRandom own) {
    for (SimStrike.Kind kind : kinds) {
      for (int left = own.nextInt(4); left > 0; left--) {
        long at = own.nextLong(Math.max(1, config.chaos().toNanos()));
        to.add(new SimStrike(Duration.ofNanos(at), kind, own.nextLong()));
      }
    }
  }

  private static List<SimStrike> usual(SimConfig config, SplittableRandom dice) {
    List<SimStrike> strikes = new ArrayList<>();
    boolean harsh = config.faults() == SimConfig.Faults.HARSH;
    long meanPause = harsh ? 1 * SECOND + dice.nextLong(5 * SECOND) : 20 * SECOND;
    List<SimStrike.Kind> kinds = chooseKinds(dice);
    long at = 0;
    while (true) {
      long pause = (long) (-Math.log(1 - dice.nextDouble()) * meanPause);
      at += Math.min(pause, 60 * SECOND);
      if (at >= config.chaos().toNanos()) {
        return strikes;
      }
      strikes.add(
          new SimStrike(
              Duration.ofNanos(at), kinds.get(dice.nextInt(kinds.size())), dice.nextLong()));
    }
  }

  private static List<SimStrike.Kind> chooseKinds(SplittableRandom dice) {
    Set<SimStrike.Kind> chosen = EnumSet.noneOf(SimStrike.Kind.class);
    for (SimStrike.Kind kind : SimStrike.Kind.values()) {
      if (isUsual(kind) && dice.nextInt(3) > 0) {
        chosen.add(kind);
      }
    }
    return chosen.isEmpty()
        ? Arrays.stream(SimStrike.Kind.values()).filter(SimChaos::isUsual).toList()
        : List.copyOf(chosen);
  }

  private static boolean isUsual(SimStrike.Kind kind) {
    return !ASIDE.contains(kind)
        && !BY_PEOPLE.contains(kind)
        && !BY_HAND.contains(kind)
        && !WIDE.contains(kind);
  }

  /** Of fence devices, in the order in which dice choose them. */
  private static InMemoryFenceDevice.Fault[] silences() {
    return EnumSet.range(InMemoryFenceDevice.Fault.NONE, InMemoryFenceDevice.Fault.EFFECT_LATER)
        .toArray(new InMemoryFenceDevice.Fault[0]);
  }

  void plan(List<SimStrike> strikes) {
    long begin = world.schedule().now();
    for (SimStrike strike : strikes) {
      world
          .schedule()
          .at(
              begin + strike.at().toNanos(),
              () -> {
                dice = new SplittableRandom(strike.luck());
                strike(strike.kind());
              });
    }
  }

  private void strike(SimStrike.Kind kind) {
    HostId host = anyHost();
    SimFaults faults = world.faults();
    switch (kind) {
      case CRASH -> {
        faults.crash(host);
        later(1, 60, () -> faults.bringUp(host));
      }
      case POWER_CUT -> {
        faults.cutPower(host);
        later(2, 60, () -> faults.bringUp(host));
      }
      case KILL_AGENT -> {
        faults.killAgent(host);
        later(1, 15, () -> faults.startAgent(host));
      }
      case KILL_CONTROLLER -> {
        faults.killController(host);
        later(1, 15, () -> faults.startController(host));
      }
      case PAUSE_AGENT -> {
        faults.pauseAgent(host);
        later(1, 25, () -> faults.resume(host));
      }
      case PAUSE_CONTROLLER -> {
        HostId paused = leaderOr(host);
        faults.pauseController(paused);
        later(1, 25, () -> faults.resume(paused));
      }
      case PARTITION -> {
        faults.partition(host);
        later(1, 40, () -> faults.rejoin(host));
      }
      case PARTITION_AGENT -> {
        faults.partitionAgent(host);
        later(1, 40, () -> faults.rejoin(host));
      }
      case PARTITION_CONTROLLER -> {
        HostId cut = leaderOr(host);
        faults.partitionController(cut);
        later(1, 40, () -> faults.rejoin(cut));
      }
      case ONE_WAY -> {
        HostId lame = leaderOr(host);
        faults.oneWay(lame, any(InMemoryConnection.Fault.values()));
        later(1, 40, () -> faults.rejoin(lame));
      }
      case DISK -> {
        faults.disk(host, any(SimDisk.Fault.values()));
        if (dice.nextBoolean()) {
          later(1, 10, () -> faults.killAgent(host));
          later(11, 20, () -> faults.startAgent(host));
        }
        later(2, 50, () -> faults.disk(host, SimDisk.Fault.NONE));
      }
      case EXPIRE_AGENT -> faults.expireAgent(host);
      case EXPIRE_CONTROLLER -> faults.expireController(leaderOr(host));
      case SERVICE_DOWN -> {
        faults.serviceDown();
        later(1, 20, faults::serviceUp);
      }
      case BMC -> {
        faults.fenceDevice(host, any(silences()));
        later(5, 60, () -> faults.fenceDevice(host, InMemoryFenceDevice.Fault.NONE));
        later(1, 60, () -> faults.settleFenceDevices(host));
      }
      case FENCE_DEVICES -> {
        faults.fenceDevices(host, any(silences()));
        later(5, 60, () -> faults.fenceDevices(host, InMemoryFenceDevice.Fault.NONE));
        later(1, 60, () -> faults.settleFenceDevices(host));
      }
      case OUTLET -> {
        faults.lastFenceDevice(host, any(silences()));
        later(5, 60, () -> faults.lastFenceDevice(host, InMemoryFenceDevice.Fault.NONE));
      }
      case WATCHDOG -> {
        faults.watchdog(host, any(InMemoryWatchdog.Fault.values()));
        if (dice.nextBoolean()) {
          faults.killAgent(host);
          later(1, 10, () -> faults.startAgent(host));
        }
        later(5, 60, () -> faults.watchdog(host, InMemoryWatchdog.Fault.NONE));
      }
      case STORAGE -> {
        faults.storage(host, false);
        later(2, 50, () -> faults.storage(host, true));
      }
      case CONDITION -> {
        faults.condition(host, SimHost.LOCKSPACE, any(Fact.values()));
        later(2, 50, () -> faults.condition(host, SimHost.LOCKSPACE, Fact.HOLDS));
      }
      case HOST_CHECK -> {
        faults.hostCheck(host, any(InMemoryHostCheck.Fault.values()));
        later(5, 60, () -> faults.hostCheck(host, InMemoryHostCheck.Fault.NONE));
      }
      case TIE_BREAKER -> {
        faults.tieBreaker(host, any(Fact.values()));
        later(2, 50, () -> faults.tieBreaker(host, Fact.HOLDS));
      }
      case FROZEN_GUEST ->
          withWorkload(
              w -> {
                faults.freezeGuest(w.id(), true);
                later(2, 40, () -> faults.freezeGuest(w.id(), false));
              });
      case HYPERVISOR_DOWN -> {
        faults.hypervisorDown(host);
        later(1, 30, () -> faults.hypervisorUp(host));
      }
      case FAULT_START ->
          withWorkload(
              w -> faults.faultStart(host, w.id(), any(InMemoryHypervisor.StartFault.values())));
      case DEAF_GUEST ->
          withWorkload(
              w -> {
                faults.ignoreStop(host, w.id(), true);
                later(5, 60, () -> faults.ignoreStop(host, w.id(), false));
              });
      case UNENDABLE_GUEST ->
          withWorkload(
              w -> {
                faults.refuseEnd(host, w.id(), true);
                later(5, 60, () -> faults.refuseEnd(host, w.id(), false));
              });
      case CRASH_GUEST ->
          withWorkload(
              w ->
                  faults.endGuest(
                      w.id(),
                      any(
                          StopReason.CRASHED,
                          StopReason.GUEST_SHUTDOWN,
                          StopReason.HOST_SHUTDOWN,
                          StopReason.UNKNOWN)));
      case LOSE_CALL ->
          faults.faultController(
              leaderOr(host),
              any(InMemoryConnection.Call.values()),
              any(InMemoryConnection.Fault.values()));
      case DESIRED ->
          withWorkload(
              w -> {
                DesiredState other =
                    any(DesiredState.STOPPED, DesiredState.DISABLED, DesiredState.IGNORED);
                world.platform().setDesired(w.id(), other);
                later(1, 30, () -> world.platform().setDesired(w.id(), DesiredState.STARTED));
              });
      case LOCK ->
          withWorkload(
              w -> {
                world.platform().lock(w.id(), Optional.of("backup"));
                later(1, 40, () -> world.platform().lock(w.id(), Optional.empty()));
              });
      case STOP_REQUEST ->
          withWorkload(
              w -> {
                world.platform().stop(w.id(), Duration.ofSeconds(dice.nextInt(4)));
                later(1, 20, () -> world.platform().setDesired(w.id(), DesiredState.STARTED));
              });
      case CLEANUP -> withWorkload(w -> world.platform().cleanUp(w.id()));
      case POLICY ->
          withWorkload(
              w -> world.platform().protect(w.withRestart(RestartPolicy.of(1, SHORT, LONG, 2))));
      case MOVE -> withWorkload(w -> world.platform().move(w.id(), anyHost(), dice.nextInt(4) > 0));
      case FAULT_MIGRATION ->
          withWorkload(
              w -> {
                faults.faultMigration(
                    host, w.id(), any(InMemoryHypervisor.MigrationFault.values()));
                world.platform().move(w.id(), anyHost(), true);
                later(1, 30, faults::settleMigrations);
              });
      case MAINTENANCE -> {
        world.platform().maintenance(host, true);
        later(5, 60, () -> world.platform().maintenance(host, false));
      }
      case RULE -> {
        Rule rule = anyRule();
        world.platform().putRule(rule);
        later(5, 60, () -> world.platform().removeRule(rule.id()));
      }
      case DISARM -> {
        world.platform().disarm(Optional.of(any(DisarmMode.values())));
        later(5, 40, () -> world.platform().disarm(Optional.empty()));
      }
      case SHUTDOWN -> {
        leave(host, Departure.SHUTDOWN);
        later(10, 90, () -> faults.bringUp(host));
      }
      case REBOOT -> leave(host, Departure.REBOOT);
      case AGENT_RESTART -> leave(host, Departure.AGENT_RESTART);
      case FENCE_LIE -> {
        faults.fenceDevices(
            host,
            any(
                InMemoryFenceDevice.Fault.SAYS_REFUSED,
                InMemoryFenceDevice.Fault.READS_ON,
                InMemoryFenceDevice.Fault.DOES_NOTHING));
        // Soon it matters what they say.
        if (dice.nextBoolean()) {
          later(0, 10, () -> faults.crash(host));
          later(20, 80, () -> faults.bringUp(host));
        }
        later(5, 60, () -> faults.fenceDevices(host, InMemoryFenceDevice.Fault.NONE));
      }
      case CONFIRM_DOWN,
          TAKE_OUT,
          CLUSTER_POLICY,
          WORKLOAD_POLICY,
          MOVE_BY_HAND,
          DISARMED_WORK,
          MOVE_UNSEEN,
          MAKE_ROOM ->
          new SimPeople(world, dice, end).strike(kind, host);
      case PROTECTION ->
          withWorkload(
              w -> {
                world.platform().unprotect(w.id());
                later(
                    1,
                    20,
                    () ->
                        world
                            .platform()
                            .protect(
                                w.withOrigin(Workload.Origin.EXISTING).withLock(Optional.empty())));
              });
    }
  }

  private void leave(HostId host, Departure departure) {
    world.platform().shutdownPolicy(any(ShutdownPolicy.values()));
    world.faults().leave(host, departure, Duration.ofSeconds(2 + dice.nextInt(180)));
  }

  private void later(int least, int most, Runnable action) {
    long at = world.schedule().now() + least * SECOND + dice.nextLong((most - least) * SECOND);
    world.schedule().at(Math.min(at, end), action);
  }

  private Rule anyRule() {
    List<Workload> all = world.platform().workloads();
    SortedSet<WorkloadId> some = new TreeSet<>();
    for (int i = 0; i < 1 + dice.nextInt(3); i++) {
      some.add(
          all.isEmpty() ? new WorkloadId("vm", "none") : all.get(dice.nextInt(all.size())).id());
    }
    String id = "rule" + dice.nextInt(4);
    if (dice.nextBoolean()) {
      SortedMap<HostId, Integer> hosts = new TreeMap<>();
      hosts.put(anyHost(), dice.nextInt(2));
      hosts.put(anyHost(), dice.nextInt(2));
      return new Rule.HostAffinity(id, some, hosts, dice.nextBoolean());
    }
    return new Rule.WorkloadAffinity(
        id,
        some,
        any(Rule.Kind.values()),
        dice.nextInt(3) > 0 ? Rule.Level.HOST : Rule.Level.domain(1),
        dice.nextBoolean());
  }

  private HostId anyHost() {
    return any(world.machines().keySet().toArray(new HostId[0]));
  }

  /** The hardest one to lose, half of the time. */
  private HostId leaderOr(HostId other) {
    return dice.nextBoolean() ? world.leader().orElse(other) : other;
  }

  private void withWorkload(Consumer<Workload> action) {
    List<Workload> all = world.platform().workloads();
    if (!all.isEmpty()) {
      action.accept(all.get(dice.nextInt(all.size())));
    }
  }

  @SafeVarargs
  private <T> T any(T... choices) {
    return choices[dice.nextInt(choices.length)];
  }
}
