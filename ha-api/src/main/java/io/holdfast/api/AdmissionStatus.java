package io.holdfast.api;

import java.util.List;
import java.util.Optional;

/**
 * Whether the failures that {@link AdmissionPolicy} asks for would be survived, when it was looked
 * at last: everything that is to run would find a host. It is looked at when something has changed,
 * about as often as the controller compares what it knows with the store. Immutable.
 *
 * @param policy what was asked
 * @param answer whether they would be survived
 * @param tolerated so many failures of that kind are survived for certain, -1: what is to run has
 *     no room now already; empty if that was not looked at
 * @param failing with a no, hosts after whose failure not everything finds a host; empty if that is
 *     so already. With {@link Answer#UNKNOWN}, hosts of which it is not known, or empty
 * @param unplaced what would have no host then
 * @param reason one line for people
 */
public record AdmissionStatus(
    AdmissionPolicy policy,
    Answer answer,
    Optional<Integer> tolerated,
    List<HostId> failing,
    List<WorkloadId> unplaced,
    String reason) {

  /** Whether the failures would be survived. */
  public enum Answer {
    /** Proven: everything would find a host, whichever fail. */
    YES,
    /** Proven: there are hosts after whose failure something would have no host. */
    NO,
    /** Neither is known: not looked at yet, too large a cluster, or too hard a question. */
    UNKNOWN
  }

  public AdmissionStatus {
    failing = List.copyOf(failing);
    unplaced = List.copyOf(unplaced);
  }
}
