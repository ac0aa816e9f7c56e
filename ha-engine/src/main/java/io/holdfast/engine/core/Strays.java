package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Owner;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Workloads that run where nobody told them to: followed there, never started beside it. */
final class Strays {
  private final ControllerState state;
  private final Books books;
  private final Recovery recovery;
  private final Whereabouts whereabouts;

  Strays(ControllerState state, Books books, Recovery recovery, Whereabouts whereabouts) {
    this.whereabouts = whereabouts;
    this.state = state;
    this.books = books;
    this.recovery = recovery;
  }

  /** It is wanted stopped and placed nowhere: where it is found running, it is stopped. */
  void stopWhereFound(WorkloadEntry workload, Workload spec) {
    if (recovery.adopt(workload, spec, Goal.STOP)) {
      books.become(workload, WorkloadStatus.STOPPING, "found running on " + workload.seenOn);
    }
  }

  /**
   * It was migrated by hand. The host that runs it now becomes its owner; if none does any more, it
   * is free.
   */
  void gone(WorkloadEntry workload, HostId from, Wish wish) {
    whereabouts.ask(workload);
    if (adoptElsewhere(workload, from, "it was migrated there by hand")) {
      return;
    }
    SortedSet<HostId> others = new TreeSet<>(state.registered);
    others.addAll(workload.seenOn);
    others.remove(from);
    SortedSet<HostId> open = whereabouts.mayBeOn(workload, others);
    if (!open.isEmpty()) {
      recovery.waitFor(workload, open);
      books.become(
          workload,
          WorkloadStatus.RECOVERING,
          "migrated away from %s by hand, and it may be on %s".formatted(from, open));
      return;
    }
    if (whereabouts.mayBeBackOn(workload, state.host(from))) {
      recovery.waitFor(workload, new TreeSet<>(List.of(from)));
      books.become(
          workload,
          WorkloadStatus.RECOVERING,
          "migrated away from %s by hand, found nowhere, and it may be back there".formatted(from));
      return;
    }
    workload.evidence = new Evidence.StoppedByHypervisor(from);
    whereabouts.answered(workload);
    recovery.waitsForNobody(workload);
    books.takeAway(workload, workload.placement.released().accountedFor());
    if (wish == Wish.RUN) {
      books.become(workload, WorkloadStatus.RECOVERING, "it left " + from + " and runs nowhere");
      recovery.add(workload);
    } else {
      books.become(workload, WorkloadStatus.STOPPED, "it left " + from + " and runs nowhere");
    }
  }

  /**
   * never two: found running elsewhere, it is followed there and not started again by its owner.
   *
   * @return whether it is elsewhere, so that its owner is not to be told to run it
   */
  boolean isFollowed(WorkloadEntry workload, Owner owner) {
    boolean elsewhere = !workload.seenOn.isEmpty() && !workload.seenOn.contains(owner.host());
    if (!elsewhere) {
      return false;
    }
    HostEntry host = state.host(owner.host());
    if (!host.isWithout(workload.id)
        || !adoptElsewhere(workload, host.id, "it was found running there")) {
      recovery.waitFor(workload, workload.seenOn);
      books.become(
          workload,
          workload.status,
          "reported by " + workload.seenOn + ", waiting for the word of " + host.id);
    }
    return true;
  }

  private boolean adoptElsewhere(WorkloadEntry workload, HostId from, String why) {
    Workload spec = workload.spec;
    if (spec == null || workload.seenOn.contains(from)) {
      return false;
    }
    for (HostId seen : workload.seenOn) {
      HostEntry host = state.host(seen);
      if (host.state.isHeard() && !host.intentUnreadable) {
        workload.evidence = new Evidence.StoppedByHypervisor(from);
        books.takeAway(workload, workload.placement.released());
        whereabouts.answered(workload);
        books.assign(workload, spec, host, Goal.KEEP, why); // never two: it may have left again
        return true;
      }
    }
    return false;
  }

  /**
   * What the target of a live move lists is the same copy on its way, also for as long as that host
   * may not have looked since the move has come to nothing.
   */
  private boolean mayBeArriving(WorkloadEntry workload, HostId host) {
    boolean failed = host.equals(workload.notArrivedOn) && state.now < workload.notArrivedUntil;
    boolean onItsWay =
        Moves.isUnsettled(workload)
            && workload.placement.move().filter(m -> m.target().equals(host)).isPresent();
    return failed || onItsWay;
  }

  void warnIfRunningTwice(WorkloadEntry workload, WorkloadFacts facts) {
    SortedSet<HostId> running = new TreeSet<>(workload.seenOn);
    Optional<Owner> owner = facts.owner();
    owner.filter(o -> facts.isSeenRunning()).ifPresent(o -> running.add(o.host()));
    running.removeIf(host -> mayBeArriving(workload, host));
    boolean twice = workload.spec != null && running.size() > 1;
    if (twice && !workload.alarmed) {
      state.publish(
          new HaEvent.Alarm(workload.id.toString(), "reported running on " + running + " at once"));
    }
    workload.alarmed = twice;
  }
}
