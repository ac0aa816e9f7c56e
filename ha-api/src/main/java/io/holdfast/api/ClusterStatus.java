package io.holdfast.api;

import java.util.List;
import java.util.Optional;

/**
 * What one engine knows of the cluster at one moment. Only the controller knows hosts and
 * workloads; other engines give empty lists.
 *
 * @param leading whether this engine is the controller
 * @param epoch its epoch if it leads, else {@link Epoch#NONE}
 */
public record ClusterStatus(
    boolean leading, Epoch epoch, List<HostInfo> hosts, List<WorkloadInfo> workloads) {

  /**
   * @param reason why it is in this state, and what it waits for
   */
  public record HostInfo(
      HostId host, HostState state, Optional<Incarnation> incarnation, String reason) {}

  /**
   * @param host where it is placed
   * @param reason why it has this status, and what it waits for
   */
  public record WorkloadInfo(
      WorkloadId workload, WorkloadStatus status, Optional<HostId> host, String reason) {}

  public ClusterStatus {
    hosts = List.copyOf(hosts);
    workloads = List.copyOf(workloads);
  }
}
