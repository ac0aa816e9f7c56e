package io.holdfast.engine.core;

import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.WorkloadId;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** For whom room could be made if as many could be stopped or moved at once as it takes. */
final class RoomLimits {
  /** What is wanted wrongly does not stop a whole cluster at once. */
  static final int MOST_STOPPED_AT_ONCE = 20;

  enum Limit {
    STOPS(
        "room is made for it when fewer are being stopped for others: there are %d at most"
            .formatted(MOST_STOPPED_AT_ONCE),
        "those that are being stopped for others"),
    MOVES(
        "room is made for it when fewer wait to be moved for others",
        "those that are to be moved for others"),
    /** More would have to be stopped than may ever be at once. */
    ALL_STOPS("", "");

    private final String why;
    private final String what;

    Limit(String why, String what) {
      this.why = why;
      this.what = what;
    }
  }

  /** As it was when each was last looked at. */
  private final SortedMap<WorkloadId, Limit> limits = new TreeMap<>();

  void clear() {
    limits.clear();
  }

  void put(WorkloadEntry workload, Limit limit) {
    limits.put(workload.id, limit);
  }

  void remove(WorkloadEntry workload) {
    limits.remove(workload.id);
  }

  boolean has(WorkloadEntry workload, Limit limit) {
    return limits.get(workload.id) == limit;
  }

  /** More would have to be stopped for it than may be now. */
  void areTooMany(WorkloadEntry workload, int stopped) {
    put(workload, stopped <= MOST_STOPPED_AT_ONCE ? Limit.STOPS : Limit.ALL_STOPS);
  }

  // For people

  /** What it waits for until room is made for it, as a line says it. */
  Optional<String> whyLater(WorkloadEntry workload) {
    return passing(workload).map(limit -> limit.why);
  }

  Optional<Wait> waitOf(WorkloadEntry workload) {
    return passing(workload).map(limit -> Wait.of(Kind.LIMIT, limit.what));
  }

  private Optional<Limit> passing(WorkloadEntry workload) {
    return Optional.ofNullable(limits.get(workload.id)).filter(one -> one != Limit.ALL_STOPS);
  }

  /** Why no room is made for it, as the end of a line; empty if it may be. */
  String whyNever(WorkloadEntry workload) {
    return has(workload, Limit.ALL_STOPS)
        ? "; no room is made for it, as more than %d would have to be stopped"
            .formatted(MOST_STOPPED_AT_ONCE)
        : "";
  }
}
