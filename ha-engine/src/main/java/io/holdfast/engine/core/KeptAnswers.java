package io.holdfast.engine.core;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission;
import io.holdfast.engine.planning.Admission.Answer;
import io.holdfast.engine.planning.Admission.Effort;
import io.holdfast.engine.planning.AdmissionState;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether the failures that a policy names would be survived, without what is left out, and with it
 * while anything is: what is known of either stays known as the cluster changes.
 */
final class KeptAnswers {
  /** For one answer: some tens of milliseconds. */
  private static final Effort EFFORT = new Effort(20_000, 2_000_000, 200_000);

  /** For one number of failures more. */
  private static final Effort LITTLE = new Effort(2_000, 500_000, 100_000);

  private final AdmissionSnapshots snapshots;
  private final AdmissionPolicy policy;

  /** Without what is left out. */
  private final AdmissionState counted;

  /** With it; {@code null} where nothing was left out at the last look. */
  private @Nullable AdmissionState all;

  KeptAnswers(AdmissionSnapshots snapshots, ClusterSnapshot cluster, AdmissionPolicy policy) {
    this.snapshots = snapshots;
    this.policy = policy;
    counted = begin(cluster);
  }

  private AdmissionState begin(ClusterSnapshot cluster) {
    return new AdmissionState(cluster, policy.failures(), policy.level(), EFFORT);
  }

  // What has changed

  void put(HostSnapshot host) {
    counted.put(host);
    AdmissionState other = all;
    if (other != null) {
      other.put(host);
    }
  }

  /** A workload is new, has changed, or is gone. */
  void update(WorkloadId id) {
    put(counted, id, snapshots.workload(id));
    AdmissionState other = all;
    if (other != null) {
      put(other, id, snapshots.whole(id));
    }
  }

  private static void put(AdmissionState to, WorkloadId id, Optional<WorkloadSnapshot> workload) {
    workload.ifPresentOrElse(to::put, () -> to.remove(id));
  }

  // What is known

  /** What counts now. It may be changed to ask what would be with something else. */
  AdmissionState counted() {
    return counted;
  }

  /** Whether the last answers did not get to the end; the next ones go on from there. */
  boolean isCutShort() {
    AdmissionState other = all;
    return counted.isCutShort() || (other != null && other.isCutShort());
  }

  /**
   * What is found when all is looked at.
   *
   * @param tolerated so many failures are survived for certain, -1: not even none; empty where that
   *     is not looked at
   */
  record Found(Answer answer, Optional<Integer> tolerated) {}

  /**
   * With what is left out, unless that may be refused; where not even none, an example of that.
   *
   * @param counts whether it is told how many are survived
   */
  Found look(boolean counts) {
    AdmissionState asked = asked();
    Answer answer = asked.answer();
    if (!counts) {
      return new Found(answer, Optional.empty());
    }
    Admission admission = new Admission(asked.cluster(), policy.level());
    int tolerated = toleratedBy(admission);
    return !answer.survives() && tolerated < 0
        ? new Found(admission.survives(0, LITTLE), Optional.of(tolerated))
        : new Found(answer, Optional.of(tolerated));
  }

  private AdmissionState asked() {
    if (policy.action() != Action.WARN || !snapshots.isAnyLeftOut()) {
      all = null;
      return counted;
    }
    AdmissionState other = all;
    if (other == null) {
      other = begin(snapshots.withLeftOut(counted.cluster()));
      all = other;
    }
    return other;
  }

  private static int toleratedBy(Admission admission) {
    int tolerated = -1;
    while (tolerated < admission.units() && admission.survives(tolerated + 1, LITTLE).survives()) {
      tolerated++;
    }
    return tolerated;
  }
}
