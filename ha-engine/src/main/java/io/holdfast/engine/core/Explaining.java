package io.holdfast.engine.core;

import io.holdfast.api.Explanation;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers why a host or a workload is as it is. Both follow from what the other parts know at that
 * moment, so that nothing has to be kept for those who never ask.
 */
final class Explaining {
  private final ControllerState state;
  private final Detection detection;
  private final Fencing fencing;
  private final Recovery recovery;
  private final Isolation isolation;

  Explaining(
      ControllerState state,
      Detection detection,
      Fencing fencing,
      Recovery recovery,
      Isolation isolation) {
    this.isolation = isolation;
    this.state = state;
    this.detection = detection;
    this.fencing = fencing;
    this.recovery = recovery;
  }

  Explanation of(HostEntry host) {
    return explanation(
        host.id.value(), host.state.toString(), host.reason, host.since, waitsOf(host));
  }

  Explanation of(WorkloadEntry workload) {
    return explanation(
        workload.id.toString(),
        workload.status.toString(),
        workload.reason,
        workload.since,
        waitsOf(workload));
  }

  private List<Wait> waitsOf(WorkloadEntry workload) {
    List<Wait> waits = new ArrayList<>(workload.waits);
    if (!workload.unreadable.isEmpty()) {
      waits.add(Wait.of(Kind.RECORD, workload.unreadable.firstKey() + "/" + workload.id));
      return waits;
    }
    Placement placement = workload.placement;
    if (placement.trials().failed().isPresent() || placement.shutDown()) {
      waits.add(Wait.of(Kind.OWNER, workload.id.toString()));
      return waits;
    }
    waits.addAll(recovery.waitsOf(workload));
    workload
        .placement
        .owner()
        .map(owner -> state.hosts.get(owner.host()))
        .ifPresent(host -> addWhatItsHostOwes(waits, workload, host));
    return waits;
  }

  private void addWhatItsHostOwes(List<Wait> waits, WorkloadEntry workload, HostEntry host) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    if (host.isFrozen()) {
      waits.add(Wait.of(Kind.FROZEN, host.id));
      return;
    }
    if (facts.stand() == Stand.UNHEARD) {
      // What a host waits for before there is evidence is what its workloads wait for.
      waits.add(Wait.of(Kind.EVIDENCE, host.id));
      waits.addAll(waitsOf(host));
      return;
    }
    switch (facts.entry().condition()) {
      case RUNNING -> {
        if (facts.goal() == Goal.STOP) {
          waits.add(Wait.of(Kind.ACTION, host.id));
        } else if (facts.isPaused()) {
          waits.add(Wait.of(Kind.OWNER, workload.id.toString()));
        }
      }
      case PENDING ->
          waits.add(Wait.of(lacksCondition(workload, host) ? Kind.CONDITION : Kind.BEGIN, host.id));
      case STARTING, STOPPING, MIGRATING, STOP_FAILED -> waits.add(Wait.of(Kind.ACTION, host.id));
      case STOPPED -> {
        if (facts.goal() == Goal.RUN) {
          waits.add(Wait.of(Kind.BACKOFF, host.id));
        }
      }
      case UNKNOWN -> waits.add(Wait.of(Kind.HYPERVISOR, host.id));
      case GIVEN_UP, SHUT_DOWN, GONE -> {
        // Observed not running: what comes next is decided already, or is its owner's business.
      }
    }
  }

  private static boolean lacksCondition(WorkloadEntry workload, HostEntry host) {
    return workload.spec != null && HostConditions.missing(host, workload.spec).isPresent();
  }

  private List<Wait> waitsOf(HostEntry host) {
    List<Wait> waits = new ArrayList<>();
    if (!state.mayAct()) {
      waits.add(Wait.of(Kind.STORE, "the coordination service"));
    }
    switch (host.state) {
      case JOINING -> waits.add(Wait.of(Kind.REPORT, host.id));
      case SUSPECT -> waits.add(detection.silenceOf(host));
      case LOST, FENCING -> waits.addAll(fencing.waitsOf(host));
      case FENCED -> waits.add(Wait.of(Kind.POWER, host.id));
      case ISOLATED -> waits.add(isolation.waitOf(host));
      case STORAGE_LOST -> waits.add(Wait.of(Kind.CONDITION, host.id));
      case MAINTENANCE -> waits.add(Wait.of(Kind.FROZEN, host.id));
      case SHUTTING_DOWN -> waits.add(Wait.of(Kind.ACTION, host.id));
      case ONLINE -> host.trouble().ifPresent(trouble -> waits.add(troubleOf(host, trouble)));
    }
    return waits;
  }

  private static Wait troubleOf(HostEntry host, String trouble) {
    return Wait.of(
        trouble.equals(HostEntry.HYPERVISOR_SILENT) ? Kind.HYPERVISOR : Kind.CONDITION, host.id);
  }

  private Explanation explanation(
      String subject, String is, String reason, long since, List<Wait> waits) {
    List<Waiting> waitsFor = waits.stream().distinct().map(wait -> wait.at(state.now)).toList();
    Duration lasted = Duration.ofNanos(Math.max(0, state.now - since));
    return new Explanation(subject, is, reason, lasted, waitsFor);
  }
}
