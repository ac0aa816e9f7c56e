package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostReport;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Gives hosts that were cut off from the storage their access back. never two: what ran there may
 * run still, unable to write. So it takes a new incarnation, the time in which the former one could
 * still begin something, and a look after that which finds nothing there that is protected. What is
 * left there keeps the host cut off until somebody ends it, or reboots the host.
 */
final class StorageRestore {

  /** How far it has come for one incarnation. */
  private static final class Step {
    final Incarnation incarnation;
    long look;
    boolean told;
    final SortedMap<String, OpId> open = new TreeMap<>();

    Step(Incarnation incarnation) {
      this.incarnation = incarnation;
    }
  }

  private final ControllerState state;
  private final Detection detection;
  private final SortedMap<HostId, Step> steps = new TreeMap<>();

  StorageRestore(ControllerState state, Detection detection) {
    this.state = state;
    this.detection = detection;
  }

  void reset() {
    steps.clear();
  }

  /** Something changed about this host, or it has reported. */
  void consider(HostEntry host) {
    Incarnation present = host.incarnation();
    boolean may =
        host.isCutOff()
            && isRecorded(host)
            && present != null
            && !host.isProvenDown(present)
            && host.state.isHeard()
            && host.hasReported()
            && !host.intentUnreadable
            && !state.holdsStill()
            && state.mayAct();
    if (!may || present == null) {
      steps.remove(host.id);
      return;
    }
    long safeAt = host.joinedAt + state.timings().leaseValidity().multipliedBy(2).toNanos();
    if (state.now < safeAt) {
      state.timer(TimerKind.STORAGE_RESTORE, host.id.value(), safeAt);
      return;
    }
    Step step = steps.get(host.id);
    if (step == null || !step.incarnation.equals(present)) {
      step = new Step(present);
      step.look = state.askToLook(host);
      steps.put(host.id, step);
    }
    if (step.open.isEmpty() && host.hasLooked(step.look) && isEmpty(host, step)) {
      ask(host, step);
    }
  }

  private boolean isEmpty(HostEntry host, Step step) {
    SortedSet<WorkloadId> left = new TreeSet<>();
    HostReport report = host.report;
    if (report != null) {
      report.unassigned().stream().filter(id -> isLeft(id, host)).forEach(left::add);
    }
    if (!left.isEmpty() && !step.told) {
      step.told = true;
      state.publish(
          new HaEvent.Alarm(
              host.id.value(),
              "stays cut off from the storage, %s may still run there: end them, or reboot the host"
                  .formatted(left)));
    }
    return left.isEmpty();
  }

  /**
   * never two: not this host's to run, or not any more. What is not protected may have been, and
   * may run elsewhere.
   */
  private boolean isLeft(WorkloadId id, HostEntry host) {
    WorkloadEntry workload = state.workloads.get(id);
    if (workload == null || (workload.spec == null && !workload.known)) {
      return true;
    }
    if (workload.placement.owner().isEmpty()
        && workload.mayBeAnywhere()
        && !host.isProvenCutOff()) {
      // Nobody else has been given it since, nor is while it is seen there.
      return workload.seenOn.stream().anyMatch(seen -> !seen.equals(host.id));
    }
    return workload
        .placement
        .owner()
        .filter(o -> o.host().equals(host.id) && !host.isProvenDown(o.incarnation()))
        .isEmpty();
  }

  /** Evidence is stored before anything is done on account of it; without any there is none. */
  private static boolean isRecorded(HostEntry host) {
    return host.fenceStored || (host.fence != null && host.fence.evidence().isEmpty());
  }

  private void ask(HostEntry host, Step step) {
    FenceRecord fence = host.fence;
    if (fence == null) {
      return;
    }
    for (FenceStep level : state.config.fencing().stepsOf(host.id)) {
      for (String device : level.devices()) {
        if (fence.cut().contains(device)) {
          OpId op = state.nextOp();
          long latest = state.now + level.deadline().toNanos() / 2;
          step.open.put(device, op);
          state.emit(
              new AskDevice(op, host.id, device, DeviceOperation.ON, level.deadline(), latest));
        }
      }
    }
    // Should nobody answer, or the devices not be configured any more.
    long again = state.timings().fenceTimeout().plus(state.timings().fenceRetryMin()).toNanos();
    state.timer(TimerKind.STORAGE_RESTORE, host.id.value(), state.now + again);
  }

  void retryDue(HostEntry host) {
    steps.remove(host.id);
    consider(host);
  }

  /**
   * Takes an answer in.
   *
   * @return whether it was to a question of this class
   */
  boolean answered(ControllerEvent.DeviceAnswered event) {
    Step step = steps.get(event.host());
    if (step == null || !step.open.remove(event.device(), event.op())) {
      return false;
    }
    HostEntry host = state.host(event.host());
    @Nullable FenceRecord fence = host.fence;
    state.publish(new HaEvent.FenceAnswered(host.id, event.device(), "on", event.outcome()));
    if (fence != null && event.outcome().proves(PowerState.ON)) {
      host.fence = fence.givenBack(event.device(), state.epoch);
      state.commits.put(host.fence);
      detection.changed.add(host.id);
    }
    return true;
  }
}
