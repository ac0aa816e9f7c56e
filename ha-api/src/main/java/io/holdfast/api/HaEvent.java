package io.holdfast.api;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Something that was noticed, decided or done, or a decision not to act, as data. Events tell what
 * happened; state is read from {@code HaEngine.status()}. Text fields are one line for people and
 * never hold secrets.
 */
public sealed interface HaEvent {

  // Controller

  /** This engine became the controller. */
  record ControllerElected(String candidate, Epoch epoch) implements HaEvent {}

  /** This engine stopped deciding; workloads stay as they are. */
  record ControllerStoodDown(Epoch epoch, String reason) implements HaEvent {}

  /** The controller believes something new of a host. */
  record HostStateChanged(HostId host, HostState from, HostState to, String reason)
      implements HaEvent {}

  /** The intent to fence is stored; the devices are about to act. */
  record FenceBegun(HostId host, Incarnation incarnation, List<String> devices)
      implements HaEvent {}

  /** One device answered one operation. */
  record FenceAnswered(HostId host, String device, String operation, FenceOutcome outcome)
      implements HaEvent {}

  /** There is evidence that this incarnation of the host runs nothing. */
  record HostFenced(HostId host, Incarnation incarnation, Evidence evidence) implements HaEvent {}

  /** A fence operation ended without evidence. Its workloads stay down until there is some. */
  record FenceFailed(HostId host, String reason, Duration nextTryIn) implements HaEvent {}

  /**
   * A fence device that is asked now and then whether it would work does not any more, or does
   * again.
   */
  record FenceDeviceTested(HostId host, String device, boolean works, String detail)
      implements HaEvent {}

  /** The controller believes something new of a workload. */
  record WorkloadStatusChanged(
      WorkloadId workload,
      WorkloadStatus from,
      WorkloadStatus to,
      Optional<HostId> host,
      String reason)
      implements HaEvent {}

  /**
   * A start was decided and its intent is stored.
   *
   * @param evidence why the former owner's copy cannot be running; empty when the workload is taken
   *     from nobody by this controller: no host owns it (an owner loses it only with evidence,
   *     which an earlier controller may have told), or its owner is ordered to start it again
   * @param why why this host
   */
  record StartIntended(
      WorkloadId workload, Priority priority, HostId host, Optional<Evidence> evidence, String why)
      implements HaEvent {}

  /**
   * A workload is being moved to another host.
   *
   * @param live while it runs; if not, it is stopped first and started there
   */
  record MoveBegun(WorkloadId workload, HostId from, HostId to, boolean live, String why)
      implements HaEvent {}

  /**
   * A move has ended.
   *
   * @param arrived whether it is on the target now; if not, it stays where it was
   */
  record MoveEnded(WorkloadId workload, HostId from, HostId to, boolean arrived, String why)
      implements HaEvent {}

  /** A move that was asked for is not made. */
  record MoveRefused(WorkloadId workload, HostId to, String reason) implements HaEvent {}

  /**
   * A workload is being stopped so that a more important one that lost its host finds room, as the
   * cluster's policy asks ({@link ClusterPolicy#makeRoom}).
   *
   * @param host where it is stopped
   * @param beneficiary for whom
   */
  record EvictionBegun(WorkloadId workload, HostId host, WorkloadId beneficiary, String why)
      implements HaEvent {}

  /**
   * Whether the failures that are to be survived would be is another answer than before, or a bad
   * one the first time that it was looked at; or the answer is the same, and fewer failures than
   * before would be survived.
   */
  record AdmissionChanged(AdmissionStatus.Answer from, AdmissionStatus.Answer to, String reason)
      implements HaEvent {}

  /**
   * A workload is to be started for the first time, and the failures that are to be survived would
   * be survived without it and not with it; the policy only warns of that. Told at most once for a
   * start: when it is decided, or later if that could not be looked into then, as when many were
   * decided at once or something failed. What starts while they would not be survived anyway is not
   * told of; nor is what was to be looked into later when another controller takes over, for which
   * all that is started counts alike.
   *
   * @param host where it is to be started, or is by now
   * @param reason what would not be survived with it, and what would find no host then
   */
  record AdmissionWarned(WorkloadId workload, HostId host, String reason) implements HaEvent {}

  /** How long the core took over the step that decided these starts. */
  record DecisionTimed(List<WorkloadId> starts, Duration took) implements HaEvent {}

  /** A record that cannot be read. It is kept and skipped. */
  record RecordRejected(String record, String reason) implements HaEvent {}

  /** Something a person should look at. */
  record Alarm(String subject, String reason) implements HaEvent {}

  // Host agent

  /** The host joined the cluster. */
  record HostJoined(HostId host, Incarnation incarnation) implements HaEvent {}

  /** The host's lease ran out or was lost; the agent starts nothing until it has joined again. */
  record LeaseLost(HostId host, Incarnation incarnation, String reason) implements HaEvent {}

  /** The host's agent was told that it is about to be away, as planned. */
  record DepartureAnnounced(HostId host, Departure departure) implements HaEvent {}

  /**
   * An announced departure may take place.
   *
   * @param trouble why it is not as safe as it should be, and what follows; empty if all is well
   */
  record DepartureReady(HostId host, Departure departure, Optional<String> trouble)
      implements HaEvent {}

  /** The hypervisor was told to start a workload. */
  record StartIssued(WorkloadId workload, HostId host) implements HaEvent {}

  /** The hypervisor reports the workload running. */
  record WorkloadRunning(WorkloadId workload, HostId host) implements HaEvent {}

  /** The hypervisor reports the workload stopped. */
  record WorkloadStopped(WorkloadId workload, HostId host, StopReason reason) implements HaEvent {}

  /** A start or stop did not work; the detail says why and what follows. */
  record WorkloadTrouble(WorkloadId workload, HostId host, String detail) implements HaEvent {}

  /** An intent that the agent will not follow, for example of an older epoch. */
  record IntentRefused(HostId host, String reason) implements HaEvent {}
}
