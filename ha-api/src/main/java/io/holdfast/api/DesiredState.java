package io.holdfast.api;

/** What the owner of a workload wants of it. */
public enum DesiredState {
  /** Run it, and bring it back when it or its host fails. */
  STARTED,
  /**
   * Keep it stopped where it is; it stays protected, is stopped where it runs, and goes with its
   * host's other workloads when that host is lost, which is fenced for its sake, too.
   */
  STOPPED,
  /**
   * Keep it stopped and leave it where it is, whatever becomes of its host. Also the way out of
   * {@link WorkloadStatus#FAILED}.
   */
  DISABLED,
  /** Leave it alone, running or not, as if it were not protected, but keep its policy. */
  IGNORED
}
