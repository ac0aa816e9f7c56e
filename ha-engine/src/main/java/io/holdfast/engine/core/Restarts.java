package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What is started again where it was, because its host has booted. It belongs to that host already,
 * so no evidence is asked for; but it is started after what it depends on, the most important
 * first, and no more at once than the policy allows. It comes before what has no host.
 */
final class Restarts {

  private record Turn(Priority priority, WorkloadId id) {}

  private static final Comparator<Turn> MOST_IMPORTANT_FIRST =
      Comparator.comparing(Turn::priority).reversed().thenComparing(Turn::id);

  private final ControllerState state;
  private final Books books;
  private final Starts starts;
  private final Dependencies dependencies;
  private final MoveRequests requests;

  private final SortedSet<Turn> waiting = new TreeSet<>(MOST_IMPORTANT_FIRST);
  private final SortedMap<WorkloadId, Turn> queued = new TreeMap<>();

  /** Those of which it has not been said what they wait for. */
  private final SortedSet<WorkloadId> fresh = new TreeSet<>();

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
    queued.clear();
    fresh.clear();
  }

  /** It waits for its turn. */
  void add(WorkloadEntry workload) {
    Turn turn = new Turn(workload.priority(), workload.id);
    queued.put(workload.id, turn);
    waiting.add(turn);
    fresh.add(workload.id);
  }

  /** It is looked at anew. */
  void forget(WorkloadEntry workload) {
    Turn turn = queued.remove(workload.id);
    if (turn != null) {
      waiting.remove(turn);
      fresh.remove(workload.id);
    }
  }

  /**
   * Starts those whose turn it is.
   *
   * @param order has its host told to run it
   */
  void run(Consumer<WorkloadEntry> order) {
    boolean worthIt = !fresh.isEmpty() || (state.worthPlacing && !waiting.isEmpty());
    // never two: what was announced and is not read yet may say that it runs elsewhere.
    if (!worthIt || !state.mayAct() || state.holdsStill() || state.reads.areOwed()) {
      return;
    }
    Optional<Wait> full = Optional.empty();
    for (Turn turn : List.copyOf(waiting)) {
      full = starts.whyNotNow(turn.priority());
      if (full.isPresent()) {
        break;
      }
      WorkloadEntry workload = state.workload(turn.id());
      if (dependencies.missing(workload).isEmpty() || isToLeave(workload)) {
        forget(workload);
        order.accept(workload);
      }
    }
    for (WorkloadId id : fresh) {
      say(state.workload(id), full);
    }
    fresh.clear();
  }

  /** never stuck: what is to leave its host is moved, and what is moved has to run. */
  private boolean isToLeave(WorkloadEntry workload) {
    return state.host(placeOf(workload)).isToBeLeft();
  }

  private static HostId placeOf(WorkloadEntry workload) {
    return workload.placement.place().orElseThrow();
  }

  private void say(WorkloadEntry workload, Optional<Wait> full) {
    SortedSet<WorkloadId> missing = dependencies.missing(workload);
    Wait[] waits =
        missing.isEmpty()
            ? full.map(wait -> new Wait[] {wait}).orElse(new Wait[0])
            : Wait.forAll(missing);
    HostId host = placeOf(workload);
    String why =
        "its host %s has booted; %s"
            .formatted(
                host,
                missing.isEmpty()
                    ? "waiting for its turn to be started"
                    : "waiting for " + missing + " to run, on which it depends");
    answer(workload, host, why);
    books.become(workload, WorkloadStatus.RECOVERING, why, waits);
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
