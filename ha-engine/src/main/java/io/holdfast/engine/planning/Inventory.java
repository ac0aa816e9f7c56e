package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A cluster in numbers: what is free, who is where, and what binds them. Mutable. */
final class Inventory {
  final int dimensions;
  final List<HostSnapshot> hosts;

  /** By host and dimension: what all that is there leaves; less than nothing counts as nothing. */
  final long[] room;

  /** Hosts that may be given workloads. */
  final boolean[] open;

  /** Hosts that have not failed. */
  final boolean[] alive;

  /** By host: everything that is there. */
  final List<List<Tenant>> residents = new ArrayList<>();

  /** By host: what has to be placed when it fails, the hardest first. */
  final Tenant[][] evacuees;

  /** What has to be placed whatever fails, the hardest first. */
  final List<Tenant> waiting = new ArrayList<>();

  final List<Bond> bonds = new ArrayList<>();

  /** The different {@link Tenant#allowed}. */
  final List<boolean[]> shapes = new ArrayList<>();

  private final Bond[] unbound = {};
  private final long[] capacity;
  private final long[] used;
  private final double[] perUnit;
  private final Map<HostId, Integer> hostIndex = new TreeMap<>();
  private final Map<WorkloadId, Tenant> tenants = new TreeMap<>();
  private final Map<WorkloadId, List<Bond>> bondsOf = new TreeMap<>();
  private final Map<WorkloadId, List<Rule.HostAffinity>> pinsOf = new TreeMap<>();
  private final Map<String, boolean[]> byShape = new TreeMap<>();
  private final boolean kindsMatter;
  private int added;

  Inventory(ClusterSnapshot cluster) {
    dimensions = cluster.dimensions().size();
    hosts = new ArrayList<>(cluster.hosts());
    int size = hosts.size();
    room = new long[size * dimensions];
    used = new long[size * dimensions];
    capacity = new long[size * dimensions];
    open = new boolean[size];
    alive = new boolean[size];
    evacuees = new Tenant[size][];
    perUnit = new double[dimensions];
    for (int h = 0; h < size; h++) {
      HostSnapshot host = hosts.get(h);
      hostIndex.put(host.id(), h);
      residents.add(new ArrayList<>());
      evacuees[h] = new Tenant[0];
      open[h] = host.isUsable();
      alive[h] = host.state() != HostSnapshot.State.FAILED;
      for (int d = 0; d < dimensions; d++) {
        capacity[h * dimensions + d] = host.room(d);
        perUnit[d] += host.room(d);
      }
    }
    for (int d = 0; d < dimensions; d++) {
      perUnit[d] = perUnit[d] == 0 ? 0 : size / perUnit[d];
    }
    kindsMatter = hosts.stream().anyMatch(host -> !host.kinds().isEmpty());
    cluster.rules().stream().filter(Rule::strict).forEach(this::bind);
    for (WorkloadSnapshot workload : cluster.workloads()) {
      settle(add(workload));
    }
    for (int h = 0; h < size; h++) {
      refresh(h);
    }
    Collections.sort(waiting);
  }

  private void bind(Rule rule) {
    if (rule instanceof Rule.HostAffinity pins) {
      for (WorkloadId id : rule.workloads()) {
        pinsOf.computeIfAbsent(id, i -> new ArrayList<>()).add(pins);
      }
    } else if (rule instanceof Rule.WorkloadAffinity affinity && rule.workloads().size() > 1) {
      int[] placeOf = new int[hosts.size()];
      int places = FailureUnits.places(hosts, affinity.level(), placeOf);
      Bond bond =
          new Bond(
              affinity.kind() == Rule.Kind.POSITIVE,
              affinity.level().isHost(),
              placeOf,
              places,
              dimensions);
      bonds.add(bond);
      for (WorkloadId id : rule.workloads()) {
        bondsOf.computeIfAbsent(id, i -> new ArrayList<>()).add(bond);
      }
    }
  }

  @Nullable Tenant find(WorkloadId id) {
    return tenants.get(id);
  }

  /** The index of a host, -1 if it is unknown. */
  int indexOf(HostId id) {
    return hostIndex.getOrDefault(id, -1);
  }

  /** Registers a workload where it is; a host that it names must be known. */
  Tenant put(WorkloadSnapshot workload) {
    remove(workload.id());
    Tenant tenant = add(workload);
    settle(tenant);
    refresh(tenant.host);
    Collections.sort(waiting);
    return tenant;
  }

  /** Another capacity, or another state other than failed. */
  void update(int h, HostSnapshot host) {
    hosts.set(h, host);
    open[h] = host.isUsable();
    for (int d = 0; d < dimensions; d++) {
      capacity[h * dimensions + d] = host.room(d);
    }
    refresh(h);
  }

  private Tenant add(WorkloadSnapshot workload) {
    long[] demand = workload.demand().toArray();
    double size = 0;
    for (int d = 0; d < dimensions; d++) {
      size = Math.max(size, demand[d] * perUnit[d]);
    }
    int host = workload.host().map(this::indexOf).orElse(-1);
    boolean mustRun = workload.desired() == DesiredState.STARTED;
    Tenant tenant =
        new Tenant(
            workload.id(),
            demand,
            allowed(workload),
            bondsOf(workload.id(), mustRun),
            mustRun,
            size,
            added++,
            host >= 0 && alive[host] ? host : -1);
    tenants.put(workload.id(), tenant);
    return tenant;
  }

  /** Others keep apart from what is kept stopped, which can be started; none is drawn to it. */
  private Bond[] bondsOf(WorkloadId id, boolean mustRun) {
    List<Bond> bound = bondsOf.get(id);
    return bound == null
        ? unbound
        : bound.stream().filter(bond -> mustRun || !bond.together).toArray(Bond[]::new);
  }

  private void settle(Tenant tenant) {
    for (Bond bond : tenant.bonds) {
      bond.members.add(tenant);
    }
    if (tenant.host < 0) {
      if (tenant.mustRun) {
        waiting.add(tenant);
      }
      return;
    }
    residents.get(tenant.host).add(tenant);
    charge(tenant, 1);
  }

  private void charge(Tenant tenant, int sign) {
    for (int d = 0; d < dimensions; d++) {
      used[tenant.host * dimensions + d] += sign * tenant.demand[d];
    }
    for (Bond bond : tenant.bonds) {
      bond.stays(tenant.host, sign);
    }
  }

  /** Forgets a workload; nothing if it is unknown. */
  @Nullable Tenant remove(WorkloadId id) {
    Tenant tenant = tenants.remove(id);
    if (tenant == null) {
      return null;
    }
    for (Bond bond : tenant.bonds) {
      bond.members.remove(tenant);
    }
    if (tenant.host < 0) {
      waiting.remove(tenant);
    } else {
      residents.get(tenant.host).remove(tenant);
      charge(tenant, -1);
      refresh(tenant.host);
    }
    return tenant;
  }

  private void refresh(int host) {
    if (host < 0) {
      return;
    }
    for (int d = 0; d < dimensions; d++) {
      int at = host * dimensions + d;
      room[at] = Math.max(0, capacity[at] - used[at]);
    }
    List<Tenant> leaving = new ArrayList<>();
    for (Tenant tenant : residents.get(host)) {
      if (tenant.mustRun) {
        leaving.add(tenant);
      }
    }
    Tenant[] sorted = leaving.toArray(new Tenant[0]);
    Arrays.sort(sorted);
    evacuees[host] = sorted;
  }

  /** What a host's room is, as a share of a usual host's in the scarcer dimension. */
  double spare(int host) {
    double least = Double.POSITIVE_INFINITY;
    for (int d = 0; d < dimensions; d++) {
      if (perUnit[d] > 0) {
        least = Math.min(least, room[host * dimensions + d] * perUnit[d]);
      }
    }
    return least;
  }

  /** The share of a usual host that one unit takes. */
  double perUnit(int dimension) {
    return perUnit[dimension];
  }

  private boolean @Nullable [] allowed(WorkloadSnapshot workload) {
    List<Rule.HostAffinity> pins = pinsOf.getOrDefault(workload.id(), List.of());
    if (!kindsMatter
        && pins.isEmpty()
        && workload.requires().isEmpty()
        && workload.conditions().isEmpty()) {
      return null;
    }
    StringBuilder text = new StringBuilder(kindsMatter ? workload.id().kind() : "");
    workload
        .requires()
        .forEach(
            (label, value) ->
                text.append(
                    "|%d:%s=%d:%s".formatted(label.length(), label, value.length(), value)));
    workload.conditions().forEach(name -> text.append('&').append(name));
    pins.forEach(pin -> text.append('|').append(pin.hosts().keySet()));
    String key = text.toString();
    boolean[] known = byShape.get(key);
    if (known != null) {
      return known;
    }
    boolean[] shape = new boolean[hosts.size()];
    for (int h = 0; h < shape.length; h++) {
      HostSnapshot host = hosts.get(h);
      shape[h] =
          (host.kinds().isEmpty() || host.kinds().contains(workload.id().kind()))
              && host.labels().entrySet().containsAll(workload.requires().entrySet())
              && host.conditions().containsAll(workload.conditions())
              && pins.stream().allMatch(pin -> pin.hosts().containsKey(host.id()));
    }
    byShape.put(key, shape);
    shapes.add(shape);
    return shape;
  }
}
