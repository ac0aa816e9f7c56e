package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import java.util.Optional;

/**
 * Why a host cannot take a workload.
 *
 * @param code the kind of reason
 * @param detail one line, with what would have to change
 * @param partner the strict partner whose needs alone refuse the host; empty if it is the workload
 *     itself, or all of them together
 * @param rule the name of the strict rule that refuses; empty if it is none
 */
public record Refusal(
    Code code, String detail, Optional<WorkloadId> partner, Optional<String> rule) {
  /** The kinds, in the order in which they are looked at. */
  public enum Code {
    /** Nothing new may be given to the host now. */
    UNAVAILABLE,
    /** It was ruled out for this choice. */
    EXCLUDED,
    /** It does not run this kind of workload. */
    KIND,
    /** It lacks a label that is required. */
    LABEL,
    /** A condition that is required does not hold there, or is not known to. */
    CONDITION,
    /** A strict rule wants other hosts. */
    HOST_AFFINITY,
    /** A strict rule wants it away from what is there. */
    NEGATIVE_AFFINITY,
    /** A strict rule wants it where its partners are. */
    POSITIVE_AFFINITY,
    /** There is no room. */
    CAPACITY
  }

  /** Of the workload itself, or of all that go together, and by no rule. */
  public Refusal(Code code, String detail) {
    this(code, detail, Optional.empty(), Optional.empty());
  }

  /** The same, with the name of the host where the line does not begin with it. */
  public Refusal at(HostId host) {
    return detail.startsWith(host.value())
        ? this
        : new Refusal(code, host + " " + detail, partner, rule);
  }
}
