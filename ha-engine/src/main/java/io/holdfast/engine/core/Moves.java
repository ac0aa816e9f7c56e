package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Move;
import io.holdfast.engine.record.Placement.Owner;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Moves under way, until each is settled. never two: from the order to migrate on, a workload may
 * be at the target, whatever becomes of its owner. A move is settled when the living owner has
 * acknowledged an order without it and tells where the workload is; or when the owner is out of the
 * way, and the target takes the workload over or is known, by newer proof, not to have it.
 */
final class Moves {
  private static final int MOST_DOUBLINGS = 7;

  private final ControllerState state;
  private final Books books;
  private final Recovery recovery;
  private final Whereabouts whereabouts;

  /** Until when a move has to be further on. */
  private record Patience(OpId move, Move.Phase phase, long until) {}

  private final SortedMap<WorkloadId, Patience> patience = new TreeMap<>();

  Moves(ControllerState state, Books books, Recovery recovery, Whereabouts whereabouts) {
    this.state = state;
    this.books = books;
    this.recovery = recovery;
    this.whereabouts = whereabouts;
  }

  void reset() {
    patience.clear();
  }

  // Beginning

  /** Has it moved; whether it may be is for the caller to know. */
  void begin(
      WorkloadEntry workload,
      Workload spec,
      HostEntry target,
      boolean live,
      boolean evacuates,
      String why) {
    Owner owner = workload.placement.owner().orElseThrow();
    whereabouts.answered(workload);
    Move move =
        new Move(
            state.nextOp(),
            owner.host(),
            target.id,
            live ? Move.Phase.LIVE : Move.Phase.COLD,
            why,
            evacuates,
            Optional.empty());
    books.write(workload, workload.placement.moving(Optional.of(move)));
    if (live) {
      books.refreshOrder(workload, spec);
    }
    state.publish(new HaEvent.MoveBegun(workload.id, owner.host(), target.id, live, why));
    describe(workload, move);
  }

  // Settling

  /**
   * Brings the move of a workload closer to its end, if there is one.
   *
   * @return whether nothing else is to be done with the workload now
   */
  boolean settles(WorkloadEntry workload, WorkloadFacts facts) {
    Optional<Move> move = workload.placement.move();
    if (move.isEmpty()) {
      patience.remove(workload.id);
    }
    if (move.isEmpty() || facts.owner().isEmpty() || facts.wish() == Wish.FORGET) {
      return false;
    }
    return switch (move.get().phase()) {
      case COLD -> cold(workload, move.get(), facts);
      case LIVE, WITHDRAWN -> live(workload, move.get(), facts);
      case ARRIVING -> arriving(workload, move.get(), facts);
    };
  }

  /** It is stopped like any other; only if that makes no sense any more, it is not. */
  private boolean cold(WorkloadEntry workload, Move move, WorkloadFacts facts) {
    HostEntry target = state.host(move.target());
    boolean wanted = WorkloadFacts.wishOf(workload) == Wish.RUN;
    boolean ordered = facts.goal() == Goal.STOP;
    Optional<String> against =
        ordered
            ? Optional.empty()
            : target
                .whyNotReady()
                .filter(why -> !target.isYetToBeHeard())
                .map(why -> target.id + " " + why)
                .or(() -> whyNotNeeded(move))
                .or(this::whyNotNow)
                .or(() -> whyOverdue(workload, move, move.source() + " was not told to stop it"));
    if (!wanted || against.isPresent()) {
      end(workload, against.orElse("not wanted running"));
      return false;
    }
    if (!ordered && target.isYetToBeHeard()) {
      describe(workload, move);
      return true; // it runs on until a controller that has just begun has heard that one
    }
    return false;
  }

  private Optional<String> whyNotNeeded(Move move) {
    return move.evacuates() && !state.host(move.source()).isWantedEmpty()
        ? Optional.of(move.source() + " is not to be left any more")
        : Optional.empty();
  }

  private Optional<String> whyNotNow() {
    return Disarming.isWanted(state)
        ? Optional.of("the cluster is to be disarmed, and it had not begun")
        : Optional.empty();
  }

  /**
   * never stuck: whoever does not begin, or does not come to an end, is not waited for for ever.
   */
  private Optional<String> whyOverdue(WorkloadEntry workload, Move move, String what) {
    return isOverdue(workload, move)
        ? Optional.of(what + " within " + longest())
        : Optional.empty();
  }

  private boolean isOverdue(WorkloadEntry workload, Move move) {
    Patience now = patience.get(workload.id);
    if (now == null || !now.move().equals(move.id()) || now.phase() != move.phase()) {
      now = new Patience(move.id(), move.phase(), state.now + longest().toNanos());
      patience.put(workload.id, now);
      state.timer(TimerKind.MOVE_HOLD, workload.id.toString(), now.until());
    }
    return state.now >= now.until();
  }

  private Duration longest() {
    Duration unseen = state.timings().resyncInterval().multipliedBy(2);
    Duration usual = ControllerConfig.MOVE_HOLD;
    return unseen.compareTo(usual) > 0 ? unseen : usual;
  }

  /** Whether it is to be stopped here only to be started elsewhere. */
  static boolean isLeavingCold(WorkloadEntry workload) {
    return workload.placement.move().filter(m -> m.phase() == Move.Phase.COLD).isPresent();
  }

  /** Whether it may be at the target of a move, whatever its owner says. */
  static boolean isUnsettled(WorkloadEntry workload) {
    return workload.placement.move().filter(m -> m.phase() != Move.Phase.COLD).isPresent();
  }

  private boolean live(WorkloadEntry workload, Move move, WorkloadFacts facts) {
    recovery.remove(workload);
    Owner owner = facts.owner().orElseThrow();
    switch (facts.stand()) {
      case PRESENT -> {
        return present(workload, move, facts, owner);
      }
      case PROVEN_DOWN -> {
        HostEntry host = state.host(owner.host());
        Evidence evidence = host.fence == null ? null : host.fence.evidence().orElse(null);
        ownerIsOut(workload, move, facts, evidence);
      }
      case REJOINED -> rejoined(workload, move, owner);
      case UNHEARD, UNPLACED -> {
        HostEntry host = state.host(owner.host());
        say(
            workload,
            "its host "
                + host.id
                + " is "
                + host.state
                + ", and it may have arrived on "
                + move.target());
      }
    }
    return true;
  }

  private boolean present(WorkloadEntry workload, Move move, WorkloadFacts facts, Owner owner) {
    HostEntry host = state.host(owner.host());
    Condition condition = facts.entry().condition();
    if (condition == Condition.GONE && move.phase() == Move.Phase.LIVE) {
      if (facts.entry().moveFailed().equals(Optional.of(move.id()))) {
        end(workload, "it was migrated by hand before");
        return false; // never two: it is looked for, and not started at the target
      }
      if (!host.hasAnsweredIntent()) {
        say(workload, "has left " + host.id + ", which has not said whether by this move");
        return true;
      }
    }
    if (condition == Condition.GONE) {
      ownerIsOut(workload, move, facts, new Evidence.StoppedByHypervisor(owner.host()));
      return true;
    }
    if (move.phase() == Move.Phase.LIVE) {
      Optional<String> against = whyWithdraw(workload, move, facts);
      if (against.isEmpty()) {
        describe(workload, move);
        return true;
      }
      withdraw(workload, move, against.get());
    }
    boolean isHere =
        switch (condition) {
          case RUNNING, STARTING, STOPPING, STOPPED, GIVEN_UP, SHUT_DOWN, STOP_FAILED -> true;
          case PENDING, MIGRATING, UNKNOWN, GONE -> false;
        };
    if (isHere && host.hasAnsweredIntent()) {
      end(workload, move.why());
      return false;
    }
    say(
        workload,
        "waiting for "
            + host.id
            + " to say that it is not on its way to "
            + move.target()
            + ": "
            + move.why());
    return true;
  }

  private Optional<String> whyWithdraw(WorkloadEntry workload, Move move, WorkloadFacts facts) {
    HostReport.Entry entry = facts.entry();
    if (entry.moveFailed().filter(move.id()::equals).isPresent()) {
      return Optional.of("the move to " + move.target() + " failed: " + entry.detail());
    }
    if (facts.wish() != Wish.RUN) {
      return Optional.of("it is not wanted running any more");
    }
    boolean hasEnded =
        switch (entry.condition()) {
          case GIVEN_UP, SHUT_DOWN, STOP_FAILED -> true;
          case PENDING, STARTING, RUNNING, MIGRATING, STOPPING, STOPPED, GONE, UNKNOWN -> false;
        };
    if (hasEnded) {
      return Optional.of("it ended before it was moved");
    }
    boolean begun = entry.condition() == Condition.MIGRATING;
    HostEntry source = state.host(move.source());
    if (!begun && (source.isFrozen() || source.isFailingOver())) {
      return Optional.of(source.id + " " + source.whyLeaving());
    }
    Optional<String> against = begun ? Optional.empty() : whyNotBegun(workload, move, entry);
    if (against.isPresent()) {
      return against;
    }
    HostEntry target = state.host(move.target());
    if (target.isYetToBeHeard()) {
      return Optional.empty(); // a controller that has just begun hears one host after the other
    }
    return target
        .whyNotReady()
        .filter(why -> !begun || !target.state.isHeard())
        .map(why -> move.target() + " " + why);
  }

  private Optional<String> whyNotBegun(WorkloadEntry workload, Move move, HostReport.Entry entry) {
    if (entry.paused()) {
      return Optional.of("it does not execute on " + move.source() + ", and cannot be moved so");
    }
    return whyNotNeeded(move)
        .or(this::whyNotNow)
        .or(() -> whyOverdue(workload, move, move.source() + " has not begun it"));
  }

  private void withdraw(WorkloadEntry workload, Move move, String why) {
    Workload spec = workload.spec;
    books.write(workload, workload.placement.moving(Optional.of(move.withdrawn(why))));
    if (spec != null) {
      books.refreshOrder(workload, spec);
    }
  }

  /**
   * The owner has joined anew. A migration that its former agent asked for may begin until that
   * one's lease is over, and then it is seen; so it is only to be kept running if it is here.
   */
  private void rejoined(WorkloadEntry workload, Move move, Owner owner) {
    HostEntry host = state.host(owner.host());
    Workload spec = workload.spec;
    long safeAt = host.joinedAt + state.timings().leaseValidity().multipliedBy(2).toNanos();
    if (state.now < safeAt) {
      state.timer(TimerKind.MOVE_HOLD, workload.id.toString(), safeAt);
      say(workload, host.id + " has joined anew; what it was told before may still take effect");
    } else if (spec != null && !host.intentUnreadable) {
      books.write(
          workload,
          workload.placement.moving(Optional.of(move.withdrawn(host.id + " has joined anew"))));
      books.assign(workload, spec, host, Goal.KEEP, "it may have been moved");
      say(workload, "asking " + host.id + " whether it is still there");
    }
  }

  /** The owner does not run it and never will: it is at the target, or nowhere. */
  private void ownerIsOut(
      WorkloadEntry workload, Move move, WorkloadFacts facts, @Nullable Evidence evidence) {
    HostEntry target = state.host(move.target());
    Workload spec = workload.spec;
    whereabouts.ask(workload);
    boolean canBeTold = target.state.isHeard() && target.hasReported() && !target.intentUnreadable;
    if (canBeTold && spec != null) {
      // never two: it may have left again by hand, so it is only kept there, and started by nobody
      // before it was looked for.
      workload.evidence = evidence;
      books.takeAway(
          workload,
          workload.placement.released().moving(Optional.of(move.in(Move.Phase.ARRIVING))));
      books.assign(
          workload,
          spec,
          target,
          facts.wish() == Wish.RUN ? Goal.KEEP : Goal.STOP,
          "it was moved there: " + move.why());
      return;
    }
    SortedSet<HostId> open = whereabouts.mayBeOn(workload, only(target.id));
    if (open.isEmpty()) {
      workload.evidence = evidence;
      leaveTo(workload, facts.wish());
    } else {
      recovery.waitFor(workload, open);
      books.become(
          workload,
          WorkloadStatus.RECOVERING,
          ("it may have arrived on %s, which is %s: that host has to report, or be read as off, or"
                  + " be confirmed down")
              .formatted(target.id, target.state));
    }
  }

  private boolean arriving(WorkloadEntry workload, Move move, WorkloadFacts facts) {
    switch (facts.stand()) {
      case PRESENT -> {
        Condition condition = facts.entry().condition();
        if (condition == Condition.GONE && facts.goal() == Goal.KEEP) {
          missed(workload, move);
          return false;
        }
        boolean isThere = condition != Condition.PENDING && condition != Condition.UNKNOWN;
        // What is only just arriving looks like what is paused.
        if (isThere && (!facts.entry().paused() || isOverdue(workload, move))) {
          arrived(workload, move);
        }
        return false;
      }
      case PROVEN_DOWN -> {
        HostEntry target = state.host(move.target());
        Evidence evidence = target.fence == null ? null : target.fence.evidence().orElse(null);
        ownerIsOut(workload, move, facts, evidence);
        return true;
      }
      case UNPLACED, REJOINED, UNHEARD -> {
        return false;
      }
    }
    throw new IllegalStateException("not a stand: " + facts.stand());
  }

  /** It has left its source, and its target does not have it. */
  private void missed(WorkloadEntry workload, Move move) {
    whereabouts.answered(workload);
    books.write(workload, workload.placement.moving(Optional.empty()));
    state.publish(
        new HaEvent.MoveEnded(
            workload.id,
            move.source(),
            move.target(),
            false,
            "it is not on " + move.target() + ": " + move.why()));
  }

  private void arrived(WorkloadEntry workload, Move move) {
    workload.moveNotBefore = Long.MIN_VALUE;
    whereabouts.answered(workload);
    Placement settled = workload.placement.moving(Optional.empty());
    books.write(workload, settled.tried(settled.trials().withMovesFailed(0)));
    state.publish(
        new HaEvent.MoveEnded(workload.id, move.source(), move.target(), true, move.why()));
  }

  /** It stays where it is. */
  void end(WorkloadEntry workload, String why) {
    Move move = workload.placement.move().orElseThrow();
    Placement settled = workload.placement.moving(Optional.empty());
    books.write(workload, whyNotNeeded(move).isPresent() ? settled : failed(workload, settled));
    if (move.phase() != Move.Phase.COLD) {
      workload.notArrivedOn = move.target();
      workload.notArrivedUntil = state.now + longest().toNanos();
      state.timer(TimerKind.MOVE_HOLD, workload.id.toString(), workload.notArrivedUntil);
    }
    whereabouts.answered(workload);
    Workload spec = workload.spec;
    if (spec != null) {
      books.refreshOrder(workload, spec);
    }
    state.publish(new HaEvent.MoveEnded(workload.id, move.source(), move.target(), false, why));
  }

  /** The next one is made after a pause that doubles; its count is stored with the placement. */
  private Placement failed(WorkloadEntry workload, Placement settled) {
    int failed = Math.min(settled.trials().movesFailed() + 1, MOST_DOUBLINGS);
    pauseAfter(workload, failed);
    return settled.tried(settled.trials().withMovesFailed(failed));
  }

  private void pauseAfter(WorkloadEntry workload, int failed) {
    workload.moveNotBefore = state.now + (state.timings().silence().toNanos() << failed);
    state.timer(TimerKind.MOVE_AGAIN, workload.id.toString(), workload.moveNotBefore);
  }

  /** Read from the store: whoever leads now waits as long as the former one would have had to. */
  void loaded(WorkloadEntry workload) {
    int failed = workload.placement.trials().movesFailed();
    if (failed > 0) {
      pauseAfter(workload, Math.min(failed, MOST_DOUBLINGS));
    }
  }

  private void leaveTo(WorkloadEntry workload, Wish wish) {
    whereabouts.answered(workload);
    recovery.waitsForNobody(workload);
    books.takeAway(workload, workload.placement.released().moving(Optional.empty()));
    if (wish == Wish.RUN) {
      books.become(
          workload,
          WorkloadStatus.RECOVERING,
          "neither its host nor the target of its move has it");
      recovery.add(workload);
    } else {
      books.become(workload, WorkloadStatus.STOPPED, "it runs nowhere any more");
    }
  }

  /** What a live move waits for that its host has not begun, or that is taken back. */
  Optional<Wait> waitOf(WorkloadEntry workload) {
    Optional<Move> move = workload.placement.move();
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    boolean open = facts.stand() == Stand.PRESENT && facts.isSeenRunning() && isUnsettled(workload);
    return open
        ? move.filter(m -> m.phase() != Move.Phase.ARRIVING)
            .map(m -> new Wait(Kind.BEGIN, m.source().value(), untilOf(workload, m)))
        : Optional.empty();
  }

  private long untilOf(WorkloadEntry workload, Move move) {
    Patience now = patience.get(workload.id);
    boolean counts = now != null && now.move().equals(move.id()) && now.phase() == Move.Phase.LIVE;
    return counts && now != null && move.phase() == Move.Phase.LIVE ? now.until() : Wait.OPEN;
  }

  private void describe(WorkloadEntry workload, Move move) {
    books.become(
        workload,
        WorkloadStatus.MIGRATING,
        "from %s to %s: %s".formatted(move.source(), move.target(), move.why()));
  }

  private void say(WorkloadEntry workload, String reason) {
    books.become(workload, WorkloadStatus.MIGRATING, reason);
  }

  private static SortedSet<HostId> only(HostId host) {
    return new TreeSet<>(List.of(host));
  }
}
