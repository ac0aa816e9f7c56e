package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.engine.record.HostReport;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What hosts say of their conditions. One that a workload needs keeps it from being started where
 * it does not hold; of what runs already, its loss is only told.
 */
final class HostConditions {
  private HostConditions() {}

  /** What its present incarnation reported, and whether it holds. */
  static SortedMap<String, Boolean> of(HostEntry host) {
    HostReport report = host.report;
    return report != null && host.hasReported() ? report.facts() : Collections.emptySortedMap();
  }

  /** Those that hold there. */
  static SortedSet<String> met(HostEntry host) {
    SortedSet<String> met = new TreeSet<>();
    of(host)
        .forEach(
            (name, holds) -> {
              if (holds) {
                met.add(name);
              }
            });
    return met;
  }

  /** The first that this workload needs and that does not hold there, or is not known to. */
  static Optional<String> missing(HostEntry host, Workload spec) {
    SortedMap<String, Boolean> facts = of(host);
    return spec.policy().conditions().stream()
        .filter(name -> !Boolean.TRUE.equals(facts.get(name)))
        .findFirst();
  }

  /** Whether it says that the storage of its workloads does not work. */
  static boolean hasLostStorage(HostEntry host) {
    return Boolean.FALSE.equals(of(host).get(HostFacts.STORAGE));
  }

  /** Tells of what has been lost since the last report, and who runs there and asked for it. */
  static void tellLosses(ControllerState state, HostEntry host, @Nullable HostReport before) {
    boolean sameAgent = before != null && before.incarnation().equals(host.incarnation());
    if (before == null || !sameAgent || !host.hasReported()) {
      return;
    }
    SortedSet<String> met = met(host);
    before
        .facts()
        .forEach(
            (name, held) -> {
              if (held && !met.contains(name)) {
                tellLoss(state, host, name);
              }
            });
  }

  private static void tellLoss(ControllerState state, HostEntry host, String name) {
    SortedSet<WorkloadId> concerned = new TreeSet<>();
    for (WorkloadId id : host.placed) {
      Workload spec = state.workload(id).spec;
      if (spec != null && spec.policy().conditions().contains(name)) {
        concerned.add(id);
      }
    }
    if (!concerned.isEmpty()) {
      state.publish(
          new HaEvent.Alarm(
              host.id.value(),
              "condition %s does not hold any more, which %s need".formatted(name, concerned)));
    }
  }
}
