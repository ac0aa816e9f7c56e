package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Priority;
import io.holdfast.api.ProbePolicy;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Workload;
import io.holdfast.api.Workload.Origin;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.WorkloadPolicy.OnStorageLoss;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/** Fills a world: protected workloads, some of which run already, and some that are not ours. */
final class SimSetup {
  private static final List<Priority> PRIORITIES =
      List.of(Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.CRITICAL);

  /** Most are machines. */
  private static final List<String> KINDS = List.of("vm", "vm", "vm", "ct", "iscsi");

  private static final ProbePolicy PROBE =
      new ProbePolicy(Duration.ofSeconds(1), Duration.ofMillis(500), Duration.ofSeconds(5), 3);

  private final SimWorld world;
  private final SplittableRandom dice;

  /** For what was added later: what the others decide does not depend on it. */
  private final SplittableRandom own;

  /** For policies that are seldom set. */
  private final SplittableRandom seldom;

  /** Whether a workload fails over, and for how long it is to stay before it fails back. */
  private final SplittableRandom stays;

  /** Whether some are in this world: in most. */
  private final boolean variesPolicies;

  SimSetup(SimWorld world, SplittableRandom dice) {
    this.world = world;
    this.dice = dice;
    own = new SplittableRandom(~world.config().seed());
    seldom = new SplittableRandom(41 * world.config().seed() + 11);
    stays = new SplittableRandom(61 * world.config().seed() + 37);
    variesPolicies = world.config().faults() != SimConfig.Faults.NONE && seldom.nextInt(3) > 0;
  }

  /**
   * Every second random world has failure domains, every fourth of the larger ones a host to fall
   * back on.
   */
  void register() {
    SplittableRandom places = new SplittableRandom(17 * world.config().seed() + 3);
    boolean scripted = world.config().faults() == SimConfig.Faults.NONE;
    boolean domains = !scripted && places.nextBoolean();
    boolean standby = !scripted && world.machines().size() > 2 && places.nextInt(4) == 0;
    HostId last = world.machines().lastKey();
    for (HostId host : world.machines().keySet()) {
      List<String> domain =
          domains ? List.of("hall1", "rack" + (1 + places.nextInt(3))) : List.of();
      SortedMap<String, String> labels = new TreeMap<>();
      if (standby && host.equals(last)) {
        labels.put("standby", "true");
      }
      world
          .platform()
          .register(new Host(host, Capacity.of(16, 16), domain, labels, new TreeSet<>()));
    }
  }

  void populate() {
    List<HostId> hosts = List.copyOf(world.machines().keySet());
    boolean scripted = world.config().faults() == SimConfig.Faults.NONE;
    int room = Math.max(1, hosts.size() - 1) * 14;
    List<WorkloadId> wanted = new ArrayList<>();
    for (int i = 1; i <= world.config().workloads(); i++) {
      String kind = scripted ? "vm" : KINDS.get(dice.nextInt(KINDS.size()));
      WorkloadId id = new WorkloadId(kind, Integer.toString(100 + i));
      Priority priority = scripted ? PRIORITIES.get((i - 1) % 4) : PRIORITIES.get(dice.nextInt(4));
      int cpu = scripted ? 1 : Math.min(1 + dice.nextInt(3), Math.max(1, room));
      room -= cpu;
      boolean runs = !scripted && dice.nextInt(3) == 0;
      boolean stopped = !scripted && !runs && dice.nextInt(8) == 0;
      world
          .platform()
          .protect(
              new Workload(
                  id,
                  priority,
                  Capacity.of(cpu, 1),
                  stopped ? kept() : DesiredState.STARTED,
                  runs || dice.nextBoolean() ? Origin.EXISTING : Origin.NEW,
                  staying(seldom(migration(kind, scripted, policy(scripted, wanted)))),
                  Optional.empty()));
      if (!stopped) {
        wanted.add(id);
      }
      if (runs) {
        HostId host = hosts.get(dice.nextInt(hosts.size()));
        world.machine(host).hypervisor.startUnasked(id);
      }
    }
    if (!scripted) {
      ClusterPolicy balanced = balance(isolation());
      ClusterPolicy policy =
          dice.nextBoolean()
              ? balanced.toBuilder().powerOnAfterFence(dice.nextBoolean()).build()
              : balanced;
      ClusterPolicy varied = variesPolicies ? SimPolicies.vary(policy, seldom) : policy;
      ClusterPolicy admitting = places(SimAdmission.vary(varied, world.config().seed()));
      world.platform().setPolicy(SimEvictions.vary(admitting, world.config()));
    }
    for (int i = 0; i < 2 && !scripted; i++) {
      HostId host = hosts.get(dice.nextInt(hosts.size()));
      world.platform().runUnprotected(new WorkloadId("vm", "foreign" + i), host);
    }
  }

  private WorkloadPolicy seldom(WorkloadPolicy policy) {
    return variesPolicies && seldom.nextBoolean() ? SimPolicies.vary(policy, seldom) : policy;
  }

  /** In wider worlds, so that the others are what they were. */
  private WorkloadPolicy staying(WorkloadPolicy policy) {
    if (!variesPolicies || world.config().more() != SimConfig.More.WIDE) {
      return policy;
    }
    return SimPolicies.varyStay(policy, stays);
  }

  private ClusterPolicy isolation() {
    if (own.nextBoolean()) {
      world.useHostCheck();
    }
    ClusterPolicy policy =
        ClusterPolicy.DEFAULT.toBuilder()
            .isolationLimit(Duration.ofSeconds(own.nextInt(4) * 10L))
            .build();
    boolean two = world.machines().size() == 2 && own.nextBoolean();
    return two ? policy.toBuilder().quorum(ClusterPolicy.Quorum.TIE_BREAKER).build() : policy;
  }

  /** In every fourth world hosts are balanced by what workloads are measured to use. */
  private ClusterPolicy balance(ClusterPolicy policy) {
    SplittableRandom loads = new SplittableRandom(31 * world.config().seed() + 7);
    if (loads.nextInt(4) > 0) {
      return policy;
    }
    world.guests().measure();
    for (Workload workload : world.platform().workloads()) {
      world.guests().load(workload.id(), Capacity.of(loads.nextInt(5), 1));
    }
    return policy.toBuilder().placement(PlacementMode.DYNAMIC).autoRebalance(true).build();
  }

  /** In some of the wider worlds hosts are filled; in some the platform compares them itself. */
  private ClusterPolicy places(ClusterPolicy policy) {
    if (world.config().more() != SimConfig.More.WIDE) {
      return policy;
    }
    SplittableRandom places = new SplittableRandom(73 * world.config().seed() + 47);
    if (places.nextInt(6) == 0) {
      SortedMap<HostId, Long> costs = new TreeMap<>();
      world.machines().keySet().forEach(host -> costs.put(host, places.nextLong(3)));
      InMemoryHostPreference own = new InMemoryHostPreference("own", costs);
      own.setBroken(places.nextInt(4) == 0);
      world.machines().values().forEach(host -> host.preference = Optional.of(own));
    }
    boolean fills = policy.placement() != PlacementMode.DYNAMIC && places.nextInt(6) == 0;
    return fills ? policy.toBuilder().placement(PlacementMode.PACKED).build() : policy;
  }

  /** Some depend on one that was there before, so that there is no cycle. */
  private SortedSet<WorkloadId> dependencies(List<WorkloadId> wanted) {
    return wanted.isEmpty() || dice.nextInt(5) > 0
        ? new TreeSet<>()
        : new TreeSet<>(List.of(wanted.get(dice.nextInt(wanted.size()))));
  }

  /** What cannot be migrated live is mostly known to be so. */
  private WorkloadPolicy migration(String kind, boolean scripted, WorkloadPolicy policy) {
    boolean cold = !scripted && kind.equals("iscsi") && own.nextInt(4) > 0;
    return cold ? policy.toBuilder().migration(WorkloadPolicy.Migration.COLD).build() : policy;
  }

  private WorkloadPolicy policy(boolean scripted, List<WorkloadId> wanted) {
    return WorkloadPolicy.DEFAULT.toBuilder()
        .restart(scripted ? RestartPolicy.DEFAULT : restarts())
        .startTimeout(Duration.ofSeconds(20))
        .migrateTimeout(Duration.ofSeconds(20))
        .stopTimeout(Duration.ofSeconds(10))
        .migrateTimeout(Duration.ofSeconds(30))
        .dependsOn(scripted ? new TreeSet<>() : dependencies(wanted))
        .conditions(
            !scripted && own.nextInt(5) == 0
                ? new TreeSet<>(List.of(SimHost.LOCKSPACE))
                : new TreeSet<>())
        .probe(!scripted && own.nextInt(3) == 0 ? Optional.of(PROBE) : Optional.empty())
        .onStorageLoss(
            !scripted && own.nextBoolean() ? OnStorageLoss.RELOCATE : OnStorageLoss.LEAVE)
        .onGuestShutdown(
            !scripted && dice.nextBoolean() ? OnGuestShutdown.HONOR : OnGuestShutdown.RESTART)
        .build();
  }

  private DesiredState kept() {
    return dice.nextBoolean() ? DesiredState.STOPPED : DesiredState.DISABLED;
  }

  private RestartPolicy restarts() {
    return new RestartPolicy(
        dice.nextInt(4),
        Duration.ofMillis(dice.nextInt(3000)),
        Duration.ofSeconds(3),
        Duration.ofSeconds(10 + dice.nextInt(120)),
        dice.nextInt(5),
        Duration.ofMinutes(2));
  }
}
