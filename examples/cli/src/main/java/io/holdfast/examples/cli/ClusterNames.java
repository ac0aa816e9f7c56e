package io.holdfast.examples.cli;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.json.JsonField;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** What a cluster's file has named so far. */
final class ClusterNames {
  private static final String A_HOST = "1 to 64 letters, digits, '.', '_' or '-'";
  private static final String A_WORKLOAD = "kind:name, such as vm:101";

  private final SortedSet<HostId> hosts = new TreeSet<>();
  private final SortedSet<WorkloadId> workloads = new TreeSet<>();

  HostId newHost(JsonField in) {
    HostId id = host(in, in.text());
    if (!hosts.add(id)) {
      throw in.refuse("a second time", "a name that no other host has");
    }
    return id;
  }

  HostId knownHost(JsonField in) {
    return knownHost(in, in.text());
  }

  /**
   * @param in where it is named
   */
  HostId knownHost(JsonField in, String name) {
    HostId id = host(in, name);
    if (!hosts.contains(id)) {
      throw in.refuse("(host " + name + ", which is unknown)", "one of " + shortened(hosts));
    }
    return id;
  }

  WorkloadId newWorkload(JsonField in) {
    WorkloadId id = workload(in);
    if (!workloads.add(id)) {
      throw in.refuse("a second time", "a name that no other workload has");
    }
    return id;
  }

  WorkloadId knownWorkload(JsonField in) {
    WorkloadId id = workload(in);
    if (!workloads.contains(id)) {
      throw in.refuse(
          "(which is unknown)",
          workloads.isEmpty() ? "no workload, as there is none" : "one of " + shortened(workloads));
    }
    return id;
  }

  private static HostId host(JsonField in, String name) {
    try {
      return new HostId(name);
    } catch (InvalidConfigException e) {
      throw in.refuse(A_HOST);
    }
  }

  private static WorkloadId workload(JsonField in) {
    try {
      return WorkloadId.parse(in.text());
    } catch (InvalidConfigException e) {
      throw in.refuse(A_WORKLOAD);
    }
  }

  private static String shortened(SortedSet<?> names) {
    List<String> first = names.stream().limit(8).map(Object::toString).toList();
    return String.join(", ", first) + (names.size() > 8 ? ", …" : "");
  }
}
