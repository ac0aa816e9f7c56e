package io.holdfast.api;

import java.util.List;
import java.util.Optional;

/**
 * What one engine knows of the cluster at one moment. Only the controller knows hosts and
 * workloads; other engines give empty lists.
 *
 * @param leading whether this engine is the controller
 * @param epoch its epoch if it leads, else {@link Epoch#NONE}
 * @param ledBy the candidate that leads, as far as this engine knows: its own name if it does, the
 *     one it was told of last if not; empty if it has been told of none
 * @param reason why this engine leads or not, one line for people; also whether what it knows may
 *     be out of date, because it does not reach the coordination service
 * @param admission whether the failures that are to be survived would be; empty where this engine
 *     does not lead, or the policy does not ask
 * @param disarm how far the cluster is disarmed; empty where this engine does not lead, or nobody
 *     wants it disarmed
 */
public record ClusterStatus(
    boolean leading,
    Epoch epoch,
    Optional<String> ledBy,
    String reason,
    List<HostInfo> hosts,
    List<WorkloadInfo> workloads,
    Optional<AdmissionStatus> admission,
    Optional<DisarmInfo> disarm) {

  /**
   * The cluster is to be disarmed, or is.
   *
   * @param mode what its policy says
   * @param inForce whether it is disarmed; if not, nothing new is begun any more, and what is under
   *     way is ended first
   * @param waitsFor what is under way before it is in force, with the time after which it is not
   *     waited for any longer; then the hosts whose agents have not said yet that they follow, and
   *     those whose watchdogs are not released. In force and empty: work by hand may begin
   */
  public record DisarmInfo(ClusterPolicy.DisarmMode mode, boolean inForce, List<Waiting> waitsFor) {
    public DisarmInfo {
      waitsFor = List.copyOf(waitsFor);
    }
  }

  /**
   * @param reason why it is in this state, and what it waits for
   */
  public record HostInfo(
      HostId host, HostState state, Optional<Incarnation> incarnation, String reason) {}

  /**
   * @param host where it is placed
   * @param desired what is wanted of it; empty while its record cannot be read
   * @param priority who comes first when not all can; empty while its record cannot be read
   * @param reason why it has this status, and what it waits for
   */
  public record WorkloadInfo(
      WorkloadId workload,
      WorkloadStatus status,
      Optional<HostId> host,
      Optional<DesiredState> desired,
      Optional<Priority> priority,
      String reason) {}

  /** What an engine knows that does not lead. */
  public static ClusterStatus notLeading(Optional<String> ledBy, String reason) {
    return new ClusterStatus(
        false, Epoch.NONE, ledBy, reason, List.of(), List.of(), Optional.empty(), Optional.empty());
  }

  public ClusterStatus {
    hosts = List.copyOf(hosts);
    workloads = List.copyOf(workloads);
  }
}
