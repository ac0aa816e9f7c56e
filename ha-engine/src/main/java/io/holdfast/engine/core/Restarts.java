package io.holdfast.engine.core;

import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What is started again where it was, because its host has booted: it belongs to that host already,
 * but it is started in the order and at the pace in which anything is.
 */
final class Restarts {
  private final ControllerState state;
  private final Books books;
  private final Starts starts;
  private final Dependencies dependencies;
  private final SortedSet<WorkloadId> waiting = new TreeSet<>();
  private boolean anew;

  Restarts(ControllerState state, Books books, Starts starts, Dependencies dependencies) {
    this.state = state;
    this.books = books;
    this.starts = starts;
    this.dependencies = dependencies;
  }

  void reset() {
    waiting.clear();
  }

  /** It waits for its turn. */
  void add(WorkloadEntry workload) {
    anew |= waiting.add(workload.id);
  }

  /** It is looked at anew. */
  void forget(WorkloadId workload) {
    waiting.remove(workload);
  }

  /**
   * Starts those whose turn it is, the most important first.
   *
   * @param order has its host told to run it
   */
  void run(Consumer<WorkloadEntry> order) {
    boolean worthIt = (anew || state.worthPlacing) && !waiting.isEmpty();
    if (!worthIt || !state.mayAct() || state.holdsStill()) {
      return;
    }
    anew = false;
    List<WorkloadEntry> inOrder =
        waiting.stream().map(state::workload).sorted(WorkloadEntry.MOST_IMPORTANT_FIRST).toList();
    Optional<Wait> full = Optional.empty();
    for (WorkloadEntry workload : inOrder) {
      SortedSet<WorkloadId> missing = dependencies.missing(workload);
      if (!missing.isEmpty()) {
        waits(
            workload,
            "waiting for " + missing + " to run, on which it depends",
            Wait.forAll(missing));
        continue;
      }
      full = full.or(() -> starts.whyNotNow(workload.priority()));
      if (full.isPresent()) {
        waits(workload, "waiting for its turn to be started", full.get());
      } else {
        waiting.remove(workload.id);
        order.accept(workload);
      }
    }
  }

  private void waits(WorkloadEntry workload, String why, Wait... waits) {
    String host =
        workload.placement.place().map(id -> "its host " + id + " has booted; ").orElse("");
    books.become(workload, WorkloadStatus.RECOVERING, host + why, waits);
  }
}
