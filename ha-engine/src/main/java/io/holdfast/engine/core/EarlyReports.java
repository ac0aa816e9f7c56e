package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.engine.record.HostReport;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reports that were seen before the lease of the agent that wrote them. Until that is seen as well,
 * what the former agent said last stands: half of the news would look like a host that is heard,
 * and of which nothing is known any more.
 */
final class EarlyReports {
  private final SortedMap<HostId, HostReport> kept = new TreeMap<>();

  /** Whether this report is early, and is kept until it is not. */
  boolean keeps(HostEntry host, HostReport report) {
    if (!isEarly(host, report)) {
      return false;
    }
    kept.merge(host.id, report, (a, b) -> Detection.isNewer(b, a) ? b : a);
    return true;
  }

  /** Those that are early no more, which are kept no longer. */
  List<HostReport> due(ControllerState state) {
    if (kept.isEmpty()) {
      return List.of(); // as after most events
    }
    List<HostReport> due = new ArrayList<>();
    kept.values()
        .removeIf(report -> !isEarly(state.host(report.host()), report) && due.add(report));
    return due;
  }

  void clear() {
    kept.clear();
  }

  private static boolean isEarly(HostEntry host, HostReport report) {
    Incarnation present = host.incarnation();
    return present != null && report.incarnation().compareTo(present) > 0;
  }
}
