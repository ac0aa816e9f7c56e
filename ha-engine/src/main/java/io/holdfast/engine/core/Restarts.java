package io.holdfast.engine.core;

import io.holdfast.api.HostId;
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
  private final MoveRequests requests;
  private final SortedSet<WorkloadId> waiting = new TreeSet<>();
  private boolean anew;

  Restarts(
      ControllerState state,
      Books books,
      Starts starts,
      Dependencies dependencies,
      MoveRequests requests) {
    this.requests = requests;
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
      HostId host = workload.placement.place().orElseThrow();
      SortedSet<WorkloadId> missing = dependencies.missing(workload);
      if (!missing.isEmpty()) {
        waits(
            workload,
            host,
            "waiting for " + missing + " to run, on which it depends",
            Wait.forAll(missing));
        continue;
      }
      full = full.or(() -> starts.whyNotNow(workload.priority()));
      if (full.isPresent()) {
        waits(workload, host, "waiting for its turn to be started", full.get());
      } else {
        waiting.remove(workload.id);
        order.accept(workload);
      }
    }
  }

  private void waits(WorkloadEntry workload, HostId host, String why, Wait... waits) {
    String all = "its host " + host + " has booted; " + why;
    answer(workload, host, all);
    books.become(workload, WorkloadStatus.RECOVERING, all, waits);
  }

  /** never two: it stays that host's, so it is moved only when it runs there. */
  private void answer(WorkloadEntry workload, HostId host, String why) {
    MoveRequests.open(workload)
        .ifPresent(
            request -> {
              if (MoveRequests.targetOf(request).equals(Optional.of(host))) {
                requests.done(workload, request.number());
              } else {
                requests.refuse(workload, request, why);
              }
            });
  }
}
