package io.holdfast.engine.core;

import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.WorkloadRequest;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.Optional;

/** What was asked for once and is not a move: each is dealt with once, by whichever controller. */
final class Requests {
  /** The two calls of the store of which a stop consists take no longer. */
  private static final Duration SECOND_HALF = Duration.ofMinutes(1);

  private final Books books;
  private final Failures failures;

  Requests(Books books, Failures failures) {
    this.books = books;
    this.failures = failures;
  }

  /** A request that has not been dealt with. */
  static Optional<WorkloadRequest> open(WorkloadEntry workload) {
    return Optional.ofNullable(workload.request)
        .filter(request -> request.number() > workload.placement.handled());
  }

  /**
   * How long the stop that was asked for gives it to shut itself down; empty also if it is wanted
   * running, and stopped for something else.
   */
  static Optional<Duration> stopWithin(WorkloadEntry workload) {
    return open(workload)
        .filter(request -> WorkloadFacts.ownersWishOf(workload) == Wish.STOP)
        .filter(request -> request.action() instanceof Action.Stop)
        .map(request -> ((Action.Stop) request.action()).timeout());
  }

  /**
   * Something else is wanted of it than before. Whoever has a workload stopped asks for it and then
   * wants it stopped: a stop that was asked for is over when it is wanted running after that, and
   * when it is wanted stopped only much later, for then the second half never came.
   *
   * @param before whether it was wanted stopped
   */
  void wishChanged(WorkloadEntry workload, boolean before, long now) {
    boolean stopped = WorkloadFacts.ownersWishOf(workload) == Wish.STOP;
    boolean late = now - workload.requestSince > SECOND_HALF.toNanos();
    open(workload)
        .filter(request -> workload.unreadable.isEmpty())
        .filter(request -> request.action() instanceof Action.Stop)
        .filter(request -> before ? !stopped : stopped && late)
        .ifPresent(
            request -> {
              books.keepAccount(workload); // never two: it may be running somewhere
              books.write(workload, workload.placement.handled(request.number()));
            });
  }

  /** Deals with what can be dealt with now. */
  void take(WorkloadEntry workload, WorkloadFacts facts) {
    Optional<WorkloadRequest> open = open(workload);
    if (open.isEmpty() || workload.spec == null) {
      return;
    }
    if (open.get().action() instanceof Action.Cleanup) {
      books.keepAccount(workload);
      failures.cleanUp(workload);
      books.write(workload, workload.placement.shutDown(false).handled(open.get().number()));
      return;
    }
    boolean stopped = facts.wish() == Wish.STOP && facts.owner().isEmpty();
    if (open.get().action() instanceof Action.Stop && stopped) {
      books.keepAccount(workload);
      books.write(workload, workload.placement.handled(open.get().number()));
    }
  }
}
