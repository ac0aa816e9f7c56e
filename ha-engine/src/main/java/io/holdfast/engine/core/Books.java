package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who owns what, and the orders that follow from it: a placement and the order to its owner change
 * together, here and nowhere else.
 */
final class Books {
  private final ControllerState state;
  private final Starts starts;

  Books(ControllerState state, Starts starts) {
    this.state = state;
    this.starts = starts;
  }

  /** Makes the host the owner and writes the order, both in one commit. */
  void assign(WorkloadEntry workload, Workload spec, HostEntry host, Goal goal, String why) {
    if (host.lease == null) {
      throw new IllegalStateException("cannot assign to a host that never joined: " + host.id);
    }
    OpId assignment = state.nextOp();
    workload.placement.owner().ifPresent(owner -> starts.takenBack(owner.assignment()));
    workload.known = true;
    boolean coldMove = goal == Goal.RUN && Moves.isLeavingCold(workload);
    Placement before = coldMove ? workload.placement.moving(Optional.empty()) : workload.placement;
    Placement next =
        before.withOwner(new Placement.Owner(host.id, host.lease.incarnation(), assignment, goal));
    write(workload, staysOpen(workload.placement, goal) ? next.unaccounted() : next);
    host.addPlaced(spec);
    host.guardWanted = GuardOrder.REQUIRED;
    SortedMap<WorkloadId, HostIntent.Entry> entries = state.intentOf(host);
    entries.put(workload.id, order(workload, spec, assignment, goal));
    state.writeIntent(host, entries);
    if (goal == Goal.STOP) {
      return;
    }
    Optional<Evidence> evidence = Optional.ofNullable(workload.evidence);
    starts.decided(
        assignment,
        new HaEvent.StartIntended(workload.id, spec.priority(), host.id, evidence, why));
    become(workload, WorkloadStatus.STARTING, "placed on " + host.id + ": " + why);
  }

  /** never two: where it may be since it was in people's hands is settled once a host runs it. */
  private static boolean staysOpen(Placement before, Goal goal) {
    boolean wasGiven = before.owner().isPresent() || before.move().isPresent();
    return before.letGo() && (goal == Goal.KEEP || (goal == Goal.STOP && wasGiven));
  }

  /**
   * The cluster is armed again. never two: what was ordered before may have been taken elsewhere by
   * hand since, and what was down may have been started. So whoever owns it is asked to keep it if
   * it is there, never to start it, and until it is seen running it may be anywhere. The host's
   * intent is for the caller to write.
   */
  void askAnew(WorkloadEntry workload, Workload spec, boolean hasLeft) {
    Optional<Placement.Owner> owner = workload.placement.owner();
    if (owner.isEmpty() || hasLeft) {
      if (!workload.mayBeAnywhere()) {
        workload.known = true;
        write(workload, workload.placement.unaccounted());
      }
      return;
    }
    Placement.Owner before = owner.get();
    starts.takenBack(before.assignment());
    OpId assignment = state.nextOp();
    Placement next =
        workload
            .placement
            .ordered(
                new Placement.Owner(before.host(), before.incarnation(), assignment, Goal.KEEP))
            .unaccounted();
    write(
        workload,
        Moves.isUnsettled(workload) ? next.moving(next.move().map(Books::withdrawn)) : next);
    HostEntry host = state.host(before.host());
    HostIntent intent = host.intent;
    if (intent != null
        && intent.incarnation().equals(before.incarnation())
        && intent.entries().containsKey(workload.id)) {
      SortedMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>(intent.entries());
      entries.put(workload.id, order(workload, spec, assignment, Goal.KEEP));
      host.intent = intent.withEntries(entries);
    }
  }

  private static Placement.Move withdrawn(Placement.Move move) {
    return move.phase() == Placement.Move.Phase.ARRIVING
        ? move
        : move.withdrawn("the cluster was disarmed meanwhile");
  }

  /** Keeps the books: a move under way holds room on its target. */
  void write(WorkloadEntry workload, Placement next) {
    Optional<Placement.Move> before = workload.placement.move();
    Optional<Placement.Move> after = next.move();
    if (!before.map(Placement.Move::target).equals(after.map(Placement.Move::target))) {
      before.ifPresent(move -> state.host(move.target()).expectsNot(workload));
      after.ifPresent(move -> state.host(move.target()).expects(workload));
    }
    if (after.isPresent()) {
      state.moving.add(workload.id);
    } else {
      state.moving.remove(workload.id);
    }
    homeOf(workload.placement).ifPresent(host -> host.homes.remove(workload.id));
    homeOf(next).ifPresent(host -> host.homes.add(workload.id));
    workload.placement.wayBack().ifPresent(h -> state.host(h).comingBack.remove(workload.id));
    next.wayBack().ifPresent(h -> state.host(h).comingBack.add(workload.id));
    boolean moves = before.isPresent() != after.isPresent();
    if (moves || !goalOf(workload.placement).equals(goalOf(next))) {
      state.touched.addAll(state.room.relatedTo(workload.id));
    }
    workload.placement = next;
    state.commits.put(next);
    state.room.changed(workload);
  }

  private static Optional<HostId> goalOf(Placement placement) {
    return placement
        .move()
        .map(Placement.Move::target)
        .or(() -> placement.owner().map(Placement.Owner::host));
  }

  /** The host at which it is kept without an order. */
  private Optional<HostEntry> homeOf(Placement placement) {
    return placement.owner().isPresent() ? Optional.empty() : placement.home().map(state::host);
  }

  /** A record was read. */
  void load(WorkloadEntry workload) {
    workload.placement.wayBack().ifPresent(h -> state.host(h).comingBack.add(workload.id));
    homeOf(workload.placement).ifPresent(host -> host.homes.add(workload.id));
  }

  /**
   * Has a record of its own from now on. never two: one that may be running somewhere when it is
   * first written stays so, until every host is accounted for.
   */
  void keepAccount(WorkloadEntry workload) {
    Workload spec = workload.spec;
    if (!workload.known && spec != null) {
      boolean nowhere = spec.origin() == Workload.Origin.NEW;
      workload.known = true;
      write(workload, nowhere ? workload.placement : workload.placement.leftAlone());
    }
  }

  private static HostIntent.Entry order(
      WorkloadEntry workload, Workload spec, OpId assignment, Goal goal) {
    Optional<HostIntent.Migration> migration =
        workload
            .placement
            .move()
            .filter(move -> move.phase() == Placement.Move.Phase.LIVE && goal == Goal.RUN)
            .map(
                move ->
                    new HostIntent.Migration(
                        move.id(), move.target(), spec.policy().migrateTimeout()));
    return new HostIntent.Entry(
        assignment,
        goal,
        spec.priority(),
        spec.policy().restart(),
        spec.policy().startTimeout(),
        Requests.stopWithin(workload).orElse(spec.policy().stopTimeout()),
        spec.policy().onGuestShutdown(),
        workload.lock().isPresent(),
        spec.policy().conditions(),
        spec.policy().probe(),
        migration);
  }

  /** Its policy changed: the order in force is written anew, without becoming another order. */
  void refreshOrder(WorkloadEntry workload, Workload spec) {
    workload
        .placement
        .owner()
        .ifPresent(
            owner -> {
              HostEntry host = state.host(owner.host());
              HostIntent.Entry before = state.orderGiven(host, workload.id);
              if (before == null) {
                return;
              }
              HostIntent.Entry renewed = order(workload, spec, owner.assignment(), owner.goal());
              if (!before.equals(renewed)) {
                SortedMap<WorkloadId, HostIntent.Entry> entries = state.intentOf(host);
                entries.put(workload.id, renewed);
                state.writeIntent(host, entries);
              }
            });
  }

  /** The orders that follow from the placements on a host's present incarnation. */
  SortedMap<WorkloadId, HostIntent.Entry> ordersOf(HostEntry host) {
    SortedMap<WorkloadId, HostIntent.Entry> orders = new TreeMap<>();
    for (WorkloadId id : host.placed) {
      WorkloadEntry workload = state.workload(id);
      Workload spec = workload.spec;
      Optional<Placement.Owner> owner = workload.placement.owner();
      if (spec != null
          && owner.isPresent()
          && owner.get().incarnation().equals(host.incarnation())) {
        orders.put(id, order(workload, spec, owner.get().assignment(), owner.get().goal()));
      }
    }
    return orders;
  }

  /** Takes a workload from its owner, in the books and in the order. */
  void takeAway(WorkloadEntry workload, Placement next) {
    workload
        .placement
        .owner()
        .ifPresent(
            owner -> {
              HostEntry host = state.host(owner.host());
              host.removePlaced(workload.id);
              starts.takenBack(owner.assignment());
              state.withdraw(host, workload.id);
            });
    write(workload, next);
    state.worthPlacing = true;
  }

  /**
   * The only place where a workload's status changes.
   *
   * @param waits what it waits for, as far as {@link Explaining} cannot tell by itself
   */
  void become(WorkloadEntry workload, WorkloadStatus status, String reason, Wait... waits) {
    workload.waits = List.of(waits);
    if (workload.status == status && workload.reason.equals(reason)) {
      return;
    }
    WorkloadStatus before = workload.status;
    workload.status = status;
    workload.reason = reason;
    workload.since = state.now;
    workload.saidToWait = false;
    state.publish(
        new HaEvent.WorkloadStatusChanged(
            workload.id, before, status, workload.placement.place(), reason));
  }
}
