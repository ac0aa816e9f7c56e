package io.holdfast.engine.core;

import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.WorkloadSnapshot;
import io.holdfast.engine.record.Placement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The cluster as the books have it, as a question for the planner. */
final class Snapshots {
  /** A snapshot has at least one dimension; of this one nobody demands anything. */
  static final String NO_DIMENSION = "none";

  private final ControllerState state;

  Snapshots(ControllerState state) {
    this.state = state;
  }

  /**
   * Workloads without a host, and what is free on the hosts now. Of the others only those are in it
   * that rules bind to them: where they are, and with their room taken off already.
   *
   * @param lost protected; where they are placed does not count
   * @param left hosts that are not to be used, beside those that cannot
   */
  ClusterSnapshot ofRecovery(Collection<WorkloadId> lost, SortedSet<HostId> left) {
    SortedMap<String, Long> demands = new TreeMap<>();
    SortedSet<String> ruleNames = new TreeSet<>();
    for (WorkloadId id : lost) {
      demandOf(id).forEach((name, amount) -> demands.merge(name, amount, Snapshots::sum));
      ruleNames.addAll(state.room.rulesOf(id));
    }
    demands.values().removeIf(amount -> amount == 0);
    List<String> dimensions =
        demands.isEmpty() ? List.of(NO_DIMENSION) : List.copyOf(demands.keySet());
    List<HostSnapshot> hosts = new ArrayList<>();
    for (HostEntry host : state.hosts.values()) {
      Host config = host.config;
      if (config != null) {
        SortedMap<String, Long> free = state.room.freeOn(host.id);
        State use = left.contains(host.id) ? State.MAINTENANCE : usable(host, config);
        hosts.add(host(host, config, use, amounts(dimensions, free, demands)));
      }
    }
    List<Rule> rules =
        state.rules.values().stream().filter(rule -> ruleNames.contains(rule.id())).toList();
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    for (WorkloadId id : lost) {
      Workload spec = state.workload(id).spec;
      if (spec != null) {
        Amounts demand = amounts(dimensions, demandOf(id), new TreeMap<>());
        workloads.add(workload(spec, demand, Optional.empty(), DesiredState.STARTED));
      }
    }
    SortedSet<WorkloadId> named = new TreeSet<>();
    rules.forEach(rule -> named.addAll(rule.workloads()));
    named.removeAll(lost);
    for (WorkloadId id : named) {
      WorkloadEntry workload = state.workloads.get(id);
      Workload spec = workload == null ? null : workload.spec;
      if (workload != null
          && spec != null
          && goalOf(workload).filter(state::isRegistered).isPresent()) {
        Amounts nothing = amounts(dimensions, new TreeMap<>(), new TreeMap<>());
        workloads.add(workload(spec, nothing, goalOf(workload), DesiredState.STARTED));
      }
    }
    return new ClusterSnapshot(dimensions, hosts, workloads, inForce(rules, new TreeSet<>(lost)));
  }

  /**
   * All of it: hosts with what they can carry, failed ones among them, and workloads where they are
   * or are about to come. In the dimensions that limit anything.
   *
   * @return made and checked by whoever asks, on a thread of its own; it throws {@link
   *     io.holdfast.api.InvalidConfigException} if sums go beyond what the planner counts with
   */
  Supplier<ClusterSnapshot> ofAll() {
    List<String> dimensions = limited();
    List<HostSnapshot> hosts = new ArrayList<>();
    for (HostEntry host : state.hosts.values()) {
      Host config = host.config;
      if (config != null) {
        hosts.add(whole(host, config, dimensions));
      }
    }
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    for (WorkloadEntry workload : state.workloads.values()) {
      Workload spec = workload.spec;
      if (spec != null) {
        workloads.add(asItIs(workload, spec, dimensions));
      }
    }
    List<Rule> rules = List.copyOf(state.rules.values());
    return () -> new ClusterSnapshot(dimensions, hosts, workloads, rules);
  }

  /** The dimensions in which any host is limited, at least one. */
  List<String> limited() {
    SortedSet<String> names = new TreeSet<>();
    for (HostEntry host : state.hosts.values()) {
      if (host.config != null && state.policy.hardCapacity()) {
        names.addAll(host.config.capacity().amounts().keySet());
      }
    }
    return names.isEmpty() ? List.of(NO_DIMENSION) : List.copyOf(names);
  }

  /** A host with all that it can carry. What is only suspected has not failed. */
  HostSnapshot whole(HostEntry host, Host config, List<String> dimensions) {
    SortedMap<String, Long> unlimited = new TreeMap<>();
    dimensions.forEach(name -> unlimited.put(name, Amounts.MOST));
    Amounts capacity =
        amounts(
            dimensions,
            state.policy.hardCapacity() ? config.limit().amounts() : unlimited,
            unlimited);
    return host(host, config, stateOf(host, config), capacity);
  }

  private State stateOf(HostEntry host, Host config) {
    if (host.isSilent() || host.state == HostState.FENCED) {
      return State.FAILED;
    }
    if (host.state != HostState.SUSPECT && state.whyNotUsable(host).isPresent()) {
      return State.MAINTENANCE;
    }
    return isStandby(config) ? State.STANDBY : State.UP;
  }

  private WorkloadSnapshot asItIs(WorkloadEntry workload, Workload spec, List<String> dimensions) {
    boolean stays =
        workload.placement.trials().failed().isPresent() || workload.placement.shutDown();
    DesiredState desired =
        stays && spec.desired() == DesiredState.STARTED ? DesiredState.STOPPED : spec.desired();
    Optional<Amounts> load =
        Optional.ofNullable(workload.load)
            .map(used -> amounts(dimensions, inThousandths(used.amounts()), new TreeMap<>()));
    return new WorkloadSnapshot(
            spec.id(),
            amounts(dimensions, spec.demand().amounts(), new TreeMap<>()),
            1,
            spec.priority().value(),
            goalOf(workload).filter(state::isRegistered),
            desired,
            spec.policy().requires(),
            spec.policy().movable(),
            load)
        .needing(spec.policy().conditions());
  }

  private static SortedMap<String, Long> inThousandths(SortedMap<String, Long> amounts) {
    SortedMap<String, Long> all = new TreeMap<>();
    amounts.forEach((name, amount) -> all.put(name, Math.min(amount, Amounts.MOST / 1000) * 1000));
    return all;
  }

  /** Whoever must be together is not drawn to a host that cannot be used. */
  private List<Rule> inForce(List<Rule> given, SortedSet<WorkloadId> lost) {
    List<Rule> rules = new ArrayList<>();
    for (Rule rule : given) {
      if (rule.strict()
          && rule instanceof Rule.WorkloadAffinity affinity
          && affinity.kind() == Rule.Kind.POSITIVE) {
        SortedSet<WorkloadId> drawn = new TreeSet<>(affinity.workloads());
        drawn.removeIf(id -> !lost.contains(id) && isOnUnusableHost(id));
        if (drawn.size() > 1) {
          rules.add(
              new Rule.WorkloadAffinity(
                  affinity.id(), drawn, affinity.kind(), affinity.level(), true));
        }
      } else {
        rules.add(rule);
      }
    }
    return rules;
  }

  private boolean isOnUnusableHost(WorkloadId id) {
    WorkloadEntry workload = state.workloads.get(id);
    return workload != null
        && goalOf(workload).filter(host -> !isUsable(state.host(host))).isPresent();
  }

  private boolean isUsable(HostEntry host) {
    return host.config != null && state.whyNotUsable(host).isEmpty();
  }

  /** Where it is, or will be when its move is done. */
  static Optional<HostId> goalOf(WorkloadEntry workload) {
    return workload
        .placement
        .move()
        .map(Placement.Move::target)
        .or(() -> workload.placement.owner().map(Placement.Owner::host));
  }

  private State usable(HostEntry host, Host config) {
    if (!isUsable(host)) {
      return State.MAINTENANCE;
    }
    return isStandby(config) ? State.STANDBY : State.UP;
  }

  static boolean isStandby(Host config) {
    return "true".equals(config.labels().get(Host.STANDBY));
  }

  static HostSnapshot host(HostEntry host, Host config, State state, Amounts capacity) {
    return new HostSnapshot(
            config.id(), capacity, config.domain(), state, config.labels(), config.kinds())
        .meeting(HostConditions.met(host));
  }

  static WorkloadSnapshot workload(
      Workload spec, Amounts demand, Optional<HostId> host, DesiredState desired) {
    return new WorkloadSnapshot(
            spec.id(),
            demand,
            1,
            spec.priority().value(),
            host,
            desired,
            spec.policy().requires(),
            false,
            Optional.empty())
        .needing(spec.policy().conditions());
  }

  private SortedMap<String, Long> demandOf(WorkloadId id) {
    return state.workload(id).demand().amounts();
  }

  /**
   * @param others what counts where no amount is named, and the most that counts; zero if not named
   */
  static Amounts amounts(
      List<String> dimensions, SortedMap<String, Long> named, SortedMap<String, Long> others) {
    long[] amounts = new long[dimensions.size()];
    for (int d = 0; d < amounts.length; d++) {
      String name = dimensions.get(d);
      long most = others.getOrDefault(name, Amounts.MOST);
      long other = others.getOrDefault(name, 0L);
      amounts[d] = Math.min(Math.min(named.getOrDefault(name, other), most), Amounts.MOST);
    }
    return Amounts.of(amounts);
  }

  private static long sum(long one, long other) {
    return Math.min(Amounts.MOST, one) + Math.min(Amounts.MOST, other);
  }
}
