package io.holdfast.engine.core;

import io.holdfast.api.Explanation;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
  private final Workloads workloads;
  private final DeviceTests deviceTests;

  Explaining(
      ControllerState state,
      Detection detection,
      Fencing fencing,
      Recovery recovery,
      Isolation isolation,
      Workloads workloads,
      DeviceTests deviceTests) {
    this.deviceTests = deviceTests;
    this.workloads = workloads;
    this.isolation = isolation;
    this.state = state;
    this.detection = detection;
    this.fencing = fencing;
    this.recovery = recovery;
  }

  Explanation of(HostEntry host) {
    return explanation(
        host.id.value(), host.state.toString(), reasonOf(host), host.since, waitsOf(host));
  }

  /** Why it is as it is, and what else is to be known of it. */
  String reasonOf(HostEntry host) {
    String reason = host.reason;
    if (host.isCutOff()) {
      reason += "; cut off from the storage by %s".formatted(host.cutBy());
    }
    if (state.quarantined.contains(host.id)) {
      reason += "; quarantined: " + host.flapping.describe(state.now);
    }
    for (Map.Entry<String, String> device : deviceTests.failing(host.id).entrySet()) {
      reason += "; fence device %s %s".formatted(device.getKey(), device.getValue());
    }
    return reason;
  }

  Explanation of(WorkloadEntry workload) {
    return explanation(
        workload.id.toString(),
        workload.status.toString(),
        reasonOf(workload),
        workload.since,
        waitsOf(workload));
  }

  /** Why it is as it is, and what becomes of a request to move it. */
  static String reasonOf(WorkloadEntry workload) {
    String request = MoveRequests.describe(workload);
    return request.isEmpty() ? workload.reason : workload.reason + "; " + request;
  }

  private List<Wait> waitsOf(WorkloadEntry workload) {
    if (!workload.unreadable.isEmpty()) {
      String record = workload.unreadable.firstKey() + "/" + workload.id;
      return List.of(Wait.of(Kind.RECORD, record));
    }
    Placement placement = workload.placement;
    if (placement.trials().failed().isPresent() || placement.shutDown()) {
      return List.of(Wait.of(Kind.OWNER, workload.id.toString()));
    }
    if (state.disarmed) {
      boolean waits = !isAsWanted(workload) || MoveRequests.open(workload).isPresent();
      return waits ? List.of(Wait.UNTIL_ARMED) : List.of();
    }
    if (state.holdsStill() && workload.waits.contains(Wait.UNTIL_ARMED)) {
      return List.of(Wait.UNTIL_ARMED);
    }
    if (state.policyUnreadable) {
      return List.of(Wait.FOR_THE_POLICY);
    }
    List<Wait> waits = new ArrayList<>(recovery.waitsOf(workload));
    Optional<HostEntry> host = placement.owner().map(owner -> state.hosts.get(owner.host()));
    if (host.isPresent()) {
      waits.addAll(workload.waits);
      waits.addAll(workloads.waitsOf(workload));
      addWhatItsHostOwes(waits, workload, host.get());
    }
    if (waits.isEmpty() && MoveRequests.open(workload).isPresent()) {
      host.map(this::waitsOf).ifPresent(waits::addAll);
    }
    return waits;
  }

  /** Whether nothing is to be done with it, as far as it is known. */
  private boolean isAsWanted(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return switch (facts.wish()) {
      case RUN ->
          facts.isSeenRunning()
              && facts.goal() == Goal.RUN
              && !facts.isPaused()
              && workload.placement.move().isEmpty();
      case STOP -> facts.owner().isEmpty() && workload.seenOn.isEmpty();
      case FORGET -> true;
    };
  }

  private void addWhatItsHostOwes(List<Wait> waits, WorkloadEntry workload, HostEntry host) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    if (host.isFrozen()) {
      waits.add(Wait.of(Kind.FROZEN, host.id));
      return;
    }
    if (facts.stand() == Stand.REJOINED
        && facts.wish() == WorkloadTable.Wish.RUN
        && !waits.isEmpty()) {
      return; // it owes nothing yet, see Restarts
    }
    if (facts.stand() == Stand.UNHEARD) {
      if (host.isSilent() && OnlyHost.isAwaitedBy(state, workload)) {
        waits.add(Wait.of(Kind.HOME, host.id));
      } else if (host.state.isHeard()) {
        waits.add(Wait.of(Kind.REPORT, host.id));
      } else {
        // What a host waits for before there is evidence is what its workloads wait for.
        waits.add(Wait.of(Kind.EVIDENCE, host.id));
        waits.addAll(waitsOf(host));
      }
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
          waits.add(startOf(workload, host, facts).orElse(Wait.of(Kind.BEGIN, host.id)));
      case STARTING, STOPPING, MIGRATING, STOP_FAILED -> waits.add(Wait.of(Kind.ACTION, host.id));
      case STOPPED -> {
        if (facts.goal() == Goal.RUN) {
          waits.add(startOf(workload, host, facts).orElse(pauseOf(workload, host, facts)));
        }
      }
      case UNKNOWN -> waits.add(Wait.of(Kind.HYPERVISOR, host.id));
      case GIVEN_UP, SHUT_DOWN, GONE -> {
        // Observed not running: what comes next is decided already, or is its owner's business.
      }
    }
  }

  /** What keeps its host from starting it, as far as that is known here. */
  private Optional<Wait> startOf(WorkloadEntry workload, HostEntry host, WorkloadFacts facts) {
    Workload spec = workload.spec;
    if (spec == null || facts.goal() != Goal.RUN) {
      return Optional.empty();
    }
    if (workload.lock().isPresent()) {
      return workload.lock().map(lock -> Wait.of(Kind.LOCK, lock));
    }
    if (HostConditions.missing(host, spec).isPresent()) {
      return Optional.of(Wait.of(Kind.CONDITION, host.id));
    }
    HostReport report = host.report;
    boolean busy =
        report != null
            && report.assigned().values().stream()
                    .filter(entry -> entry.condition() == HostReport.Condition.STARTING)
                    .count()
                >= state.policy.startsPerHost();
    return busy ? Optional.of(Wait.of(Kind.LIMIT, "starts on " + host.id)) : Optional.empty();
  }

  /** Its host counts as its policy says, from about when it said so. */
  private static Wait pauseOf(WorkloadEntry workload, HostEntry host, WorkloadFacts facts) {
    Workload spec = workload.spec;
    if (spec == null) {
      return Wait.of(Kind.BACKOFF, host.id);
    }
    RestartPolicy policy = spec.policy().restart();
    Duration pause =
        Failures.backoff(policy.interval(), policy.maxInterval(), facts.entry().restarts());
    return new Wait(Kind.BACKOFF, host.id.value(), workload.since + pause.toNanos());
  }

  private List<Wait> waitsOf(HostEntry host) {
    List<Wait> waits = new ArrayList<>();
    if (!state.mayAct()) {
      waits.add(state.toAct());
    }
    switch (host.state) {
      case JOINING -> waits.add(Wait.of(Kind.REPORT, host.id));
      case SUSPECT -> waits.add(detection.silenceOf(host));
      case LOST, FENCING -> waits.addAll(fencing.waitsOf(host));
      case FENCED -> waits.add(Wait.of(host.isProvenCutOff() ? Kind.REPORT : Kind.POWER, host.id));
      case ISOLATED -> waits.add(isolation.waitOf(host));
      case STORAGE_LOST -> {
        waits.add(Wait.of(Kind.CONDITION, host.id));
        state
            .timers
            .at(new TimerKey(TimerKind.LATE_CUT, host.id.value()))
            .ifPresent(at -> waits.add(new Wait(Kind.DEVICE, host.id + "/storage", at)));
      }
      case MAINTENANCE -> waits.add(Wait.of(Kind.FROZEN, host.id));
      case SHUTTING_DOWN -> waits.add(Wait.of(Kind.ACTION, host.id));
      case ONLINE -> {
        if (host.isCutOff()) {
          waits.add(Wait.of(Kind.EVIDENCE, host.id));
        }
        host.trouble().ifPresent(trouble -> waits.add(troubleOf(host, trouble)));
      }
    }
    if (host.config == null && host.configUnreadable) {
      waits.add(Wait.of(Kind.RECORD, Table.HOST + "/" + host.id));
    }
    if (host.directiveUnreadable) {
      waits.add(Wait.of(Kind.RECORD, Table.DIRECTIVE + "/" + host.id));
    }
    if (host.intentUnreadable) {
      waits.add(Wait.of(Kind.RECORD, Table.INTENT + "/" + host.id));
    }
    if (state.quarantined.contains(host.id)) {
      waits.add(new Wait(Kind.QUARANTINE, host.id.value(), host.flapping.until()));
    }
    for (String device : deviceTests.failing(host.id).keySet()) {
      waits.add(Wait.of(Kind.DEVICE, host.id + "/" + device));
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
