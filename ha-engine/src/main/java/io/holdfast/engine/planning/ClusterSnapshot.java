package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Names;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A cluster at the moment of planning: what there is, where it is, and the rules. Immutable.
 *
 * <p>The order of hosts and workloads breaks ties; nothing else hangs on it.
 *
 * @param dimensions the names of what is counted, at least one, in the order of all {@link Amounts}
 * @param hosts with different names
 * @param workloads with different names, each on one of the hosts or on none
 * @param rules with different names; what they name and is not there is passed over
 */
public record ClusterSnapshot(
    List<String> dimensions,
    List<HostSnapshot> hosts,
    List<WorkloadSnapshot> workloads,
    List<Rule> rules) {

  /** The greatest sum of amounts over all hosts or workloads, and of weights. */
  static final long MOST_IN_ALL = Long.MAX_VALUE / 4;

  /**
   * @throws InvalidConfigException naming the first thing that is wrong
   */
  public ClusterSnapshot {
    dimensions = List.copyOf(dimensions);
    hosts = List.copyOf(hosts);
    workloads = List.copyOf(workloads);
    rules = List.copyOf(rules);
    checkDimensions(dimensions);
    SortedSet<HostId> names = checkHosts(hosts, dimensions.size());
    checkWorkloads(workloads, dimensions.size(), names);
    checkSums(dimensions, hosts, workloads);
    SortedSet<String> ruleNames = new TreeSet<>();
    for (int i = 0; i < rules.size(); i++) {
      if (!ruleNames.add(rules.get(i).id())) {
        throw twice("rules[" + i + "]", rules.get(i).id());
      }
    }
  }

  private static void checkDimensions(List<String> dimensions) {
    if (dimensions.isEmpty()) {
      throw new InvalidConfigException("dimensions", "none", "at least one");
    }
    SortedSet<String> names = new TreeSet<>();
    for (int d = 0; d < dimensions.size(); d++) {
      Names.check("dimensions[" + d + "]", dimensions.get(d));
      if (!names.add(dimensions.get(d))) {
        throw twice("dimensions[" + d + "]", dimensions.get(d));
      }
    }
  }

  private static SortedSet<HostId> checkHosts(List<HostSnapshot> hosts, int size) {
    SortedSet<HostId> names = new TreeSet<>();
    for (int h = 0; h < hosts.size(); h++) {
      HostSnapshot host = hosts.get(h);
      if (!names.add(host.id())) {
        throw twice("hosts[" + h + "].id", host.id());
      }
      checkSize("hosts[" + h + "].capacity", host.capacity(), size);
    }
    return names;
  }

  private static void checkWorkloads(
      List<WorkloadSnapshot> workloads, int size, SortedSet<HostId> hosts) {
    SortedSet<WorkloadId> names = new TreeSet<>();
    for (int w = 0; w < workloads.size(); w++) {
      WorkloadSnapshot workload = workloads.get(w);
      String path = "workloads[" + w + "]";
      if (!names.add(workload.id())) {
        throw twice(path + ".id", workload.id());
      }
      checkSize(path + ".demand", workload.demand(), size);
      workload.load().ifPresent(load -> checkSize(path + ".load", load, size));
      workload
          .host()
          .filter(host -> !hosts.contains(host))
          .ifPresent(
              host -> {
                throw new InvalidConfigException(path + ".host", host, "one of the hosts");
              });
    }
  }

  private static void checkSums(
      List<String> dimensions, List<HostSnapshot> hosts, List<WorkloadSnapshot> workloads) {
    for (int d = 0; d < dimensions.size(); d++) {
      double capacity = 0;
      for (HostSnapshot host : hosts) {
        capacity += host.limit(d);
      }
      double demand = 0;
      for (WorkloadSnapshot workload : workloads) {
        demand += workload.demand().get(d);
      }
      checkSum("hosts", "capacities in " + dimensions.get(d), capacity);
      checkSum("workloads", "demands in " + dimensions.get(d), demand);
    }
    double weight = 0;
    for (WorkloadSnapshot workload : workloads) {
      weight += workload.weight();
    }
    checkSum("workloads", "weights", weight);
  }

  /**
   * @param whose the list of those that have them
   */
  static void checkSum(String whose, String what, double sum) {
    if (sum > MOST_IN_ALL) {
      throw new InvalidConfigException(
          whose, "%s that come to %.3g".formatted(what, sum), "in all at most 2.3e18");
    }
  }

  static void checkSize(String path, Amounts amounts, int size) {
    if (amounts.size() != size) {
      throw new InvalidConfigException(
          path,
          amounts.size() + " amounts",
          size + (size == 1 ? " amount, for the one dimension" : " amounts, one per dimension"));
    }
  }

  private static InvalidConfigException twice(String path, Object name) {
    return new InvalidConfigException(path, name + " a second time", "a name of its own");
  }
}
