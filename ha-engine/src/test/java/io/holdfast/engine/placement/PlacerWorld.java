package io.holdfast.engine.placement;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A placer that random steps change, beside plain maps that say what it should hold. */
final class PlacerWorld {
  /** What a step does depends on its number; its arguments are taken modulo what there is. */
  record Step(int what, int a, int b, int c) {}

  record At(HostId host, HostId target) {}

  final PlacementPolicy policy;
  final Placer placer;
  final SortedMap<HostId, Host> hosts = new TreeMap<>();
  final SortedSet<HostId> standby = new TreeSet<>();
  final SortedSet<HostId> usable = new TreeSet<>();
  final SortedMap<WorkloadId, Need> needs = new TreeMap<>();
  final SortedMap<WorkloadId, At> at = new TreeMap<>();
  final SortedMap<String, Rule> rules = new TreeMap<>();

  private final int hostCount;
  private final int workloadCount;

  PlacerWorld(PlacementMode mode, boolean hard, int hostCount, int workloadCount) {
    this.policy = new PlacementPolicy(mode, hard);
    this.placer = new Placer(policy);
    this.hostCount = hostCount;
    this.workloadCount = workloadCount;
    for (int i = 0; i < hostCount; i++) {
      put(host(i, 20 + i % 3, 20, i), false);
      use(host(i), true);
    }
    for (int i = 0; i < workloadCount; i++) {
      need(i, 1 + i % 4, 1 + i % 3);
    }
  }

  void apply(Step step) {
    HostId host = host(step.a());
    WorkloadId workload = workload(step.a());
    switch (step.what() % 10) {
      case 0 -> put(host(step.a(), step.b() % 30, step.c() % 30, step.c()), step.b() % 5 == 0);
      case 1 -> use(host, step.b() % 4 != 0);
      case 2 -> need(step.a(), step.b() % 7, step.c() % 7);
      case 3, 4, 5 -> settle(workload);
      case 6 -> locate(workload, new At(host(step.b()), host(step.c())));
      case 7 -> vacate(workload);
      case 8 -> rule(step);
      default -> {
        rules.remove("r" + step.a() % 6);
        placer.removeRule("r" + step.a() % 6);
      }
    }
  }

  /** Places a workload where the placer wants it. */
  void settle(WorkloadId workload) {
    if (placer.choose(workload, Wish.BEST) instanceof Choice.Chosen there) {
      locate(workload, new At(there.host(), there.host()));
    }
  }

  /** The same facts, told to another placer in another order. */
  Placer rebuilt(long seed) {
    return rebuilt(seed, Optional.empty());
  }

  /** As above, to one for which somebody else compares hosts. */
  Placer rebuilt(long seed, Optional<Preference> preference) {
    Placer other = new Placer(policy, preference);
    Random order = new Random(seed);
    List<Runnable> facts = new ArrayList<>();
    rules.values().forEach(rule -> facts.add(() -> other.putRule(rule)));
    needs.values().forEach(need -> facts.add(() -> other.putWorkload(need)));
    hosts
        .values()
        .forEach(host -> facts.add(() -> other.putHost(host, standby.contains(host.id()))));
    Collections.shuffle(facts, order);
    facts.forEach(Runnable::run);
    List<Runnable> later = new ArrayList<>();
    hosts.keySet().forEach(host -> later.add(() -> use(other, host, usable.contains(host))));
    at.forEach((workload, ends) -> later.add(() -> locate(other, workload, ends)));
    Collections.shuffle(later, order);
    later.forEach(Runnable::run);
    return other;
  }

  long used(HostId host, String dimension) {
    long sum = 0;
    for (Map.Entry<WorkloadId, At> entry : at.entrySet()) {
      if (entry.getValue().host().equals(host) || entry.getValue().target().equals(host)) {
        sum += need(entry.getKey(), dimension);
      }
    }
    return sum;
  }

  long need(WorkloadId workload, String dimension) {
    return Objects.requireNonNull(needs.get(workload)).demand().amount(dimension);
  }

  long limit(HostId host, String dimension) {
    return Objects.requireNonNull(hosts.get(host)).capacity().amount(dimension);
  }

  /** The place of a host at a level of its domain path. */
  List<String> domain(HostId host, int level) {
    return Objects.requireNonNull(hosts.get(host)).domain().subList(0, level + 1);
  }

  HostId host(int i) {
    return new HostId("h" + i % hostCount);
  }

  WorkloadId workload(int i) {
    return new WorkloadId("vm", Integer.toString(i % workloadCount));
  }

  private void put(Host host, boolean spare) {
    hosts.put(host.id(), host);
    if (spare) {
      standby.add(host.id());
    } else {
      standby.remove(host.id());
    }
    placer.putHost(host, spare);
  }

  private Host host(int i, long cpu, long memory, int place) {
    return new Host(
        host(i),
        Capacity.of(cpu, memory),
        List.of("dc" + place % 2, "rack" + place % 3),
        new TreeMap<>(),
        new TreeSet<>());
  }

  private void use(HostId host, boolean may) {
    if (may) {
      usable.add(host);
    } else {
      usable.remove(host);
    }
    use(placer, host, may);
  }

  private static void use(Placer placer, HostId host, boolean may) {
    if (may) {
      placer.setUsable(host);
    } else {
      placer.setUnusable(host, "is away");
    }
  }

  private void need(int i, long cpu, long memory) {
    Need need = Need.of(workload(i), Capacity.of(cpu, memory));
    needs.put(need.workload(), need);
    placer.putWorkload(need);
  }

  private void locate(WorkloadId workload, At ends) {
    at.put(workload, ends);
    locate(placer, workload, ends);
  }

  private static void locate(Placer placer, WorkloadId workload, At ends) {
    placer.place(workload, ends.host());
    if (!ends.target().equals(ends.host())) {
      placer.reserve(workload, ends.target());
    }
  }

  private void vacate(WorkloadId workload) {
    at.remove(workload);
    placer.vacate(workload);
  }

  private void rule(Step step) {
    String id = "r" + step.a() % 6;
    SortedSet<WorkloadId> members = new TreeSet<>(List.of(workload(step.b()), workload(step.c())));
    members.add(workload(step.b() + step.c()));
    boolean strict = step.c() % 3 != 0;
    Rule rule =
        switch (step.b() % 3) {
          case 0 -> new HostAffinity(id, members, priorities(step), strict);
          case 1 ->
              new WorkloadAffinity(id, members, Kind.POSITIVE, new Level(step.c() % 3 - 1), strict);
          default ->
              new WorkloadAffinity(id, members, Kind.NEGATIVE, new Level(step.c() % 3 - 1), strict);
        };
    rules.put(id, rule);
    placer.putRule(rule);
  }

  private SortedMap<HostId, Integer> priorities(Step step) {
    SortedMap<HostId, Integer> priorities = new TreeMap<>();
    priorities.put(host(step.b()), 1);
    priorities.put(host(step.c()), step.c() % 2);
    return priorities;
  }
}
