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
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Short ways to say what a cluster is made of. */
final class Clusters {
  private Clusters() {}

  static Placer placer(PlacementMode mode, boolean hard) {
    return new Placer(new PlacementPolicy(mode, hard));
  }

  static HostId h(String name) {
    return new HostId(name);
  }

  static WorkloadId w(String name) {
    return WorkloadId.parse(name.contains(":") ? name : "vm:" + name);
  }

  static void host(Placer placer, String name, long cpu, long memory) {
    host(placer, Host.of(name, Capacity.of(cpu, memory)));
  }

  static void host(Placer placer, Host host) {
    placer.putHost(host);
    placer.setUsable(host.id());
  }

  static Host inDomain(String name, Capacity capacity, String... domain) {
    return new Host(h(name), capacity, List.of(domain), new TreeMap<>(), new TreeSet<>());
  }

  static void workload(Placer placer, String name, long cpu, long memory) {
    placer.putWorkload(Need.of(w(name), Capacity.of(cpu, memory)));
  }

  static void workload(Placer placer, String name, long cpu, long memory, String host) {
    workload(placer, name, cpu, memory);
    placer.place(w(name), h(host));
  }

  static SortedSet<WorkloadId> ids(String... names) {
    SortedSet<WorkloadId> ids = new TreeSet<>();
    Arrays.stream(names).forEach(name -> ids.add(w(name)));
    return ids;
  }

  static Rule together(String id, String... names) {
    return new WorkloadAffinity(id, ids(names), Kind.POSITIVE, Level.HOST, true);
  }

  static Rule apart(String id, String... names) {
    return new WorkloadAffinity(id, ids(names), Kind.NEGATIVE, Level.HOST, true);
  }

  static Rule apart(String id, Level level, String... names) {
    return new WorkloadAffinity(id, ids(names), Kind.NEGATIVE, level, true);
  }

  static Rule soft(WorkloadAffinity rule) {
    return new WorkloadAffinity(rule.id(), rule.workloads(), rule.kind(), rule.level(), false);
  }

  /**
   * @param hosts each a name, or {@code name=priority}
   */
  static Rule on(String id, boolean strict, SortedSet<WorkloadId> workloads, String... hosts) {
    SortedMap<HostId, Integer> priorities = new TreeMap<>();
    for (String host : hosts) {
      int sign = host.indexOf('=');
      String name = sign < 0 ? host : host.substring(0, sign);
      priorities.put(h(name), sign < 0 ? 0 : Integer.parseInt(host.substring(sign + 1)));
    }
    return new HostAffinity(id, workloads, priorities, strict);
  }

  static String chosen(Placer placer, String workload, Wish wish) {
    Choice choice = placer.choose(w(workload), wish);
    return choice instanceof Choice.Chosen there ? there.host().value() : "-";
  }

  static String best(Placer placer, String workload) {
    return chosen(placer, workload, Wish.BEST);
  }

  static String whyNowhere(Placer placer, String workload) {
    return ((Choice.NoHost) placer.choose(w(workload), Wish.BEST)).describe();
  }

  /** Chooses and places. */
  static String settle(Placer placer, String workload, Wish wish) {
    String host = chosen(placer, workload, wish);
    if (!host.equals("-")) {
      placer.place(w(workload), h(host));
    }
    return host;
  }
}
