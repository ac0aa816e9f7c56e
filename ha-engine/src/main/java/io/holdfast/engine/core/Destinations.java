package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.WorkloadRequest;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where a workload that runs should be instead: where somebody asked for it, elsewhere when it is
 * to leave its host, where rules prefer it, or where it was before maintenance. Says why it stays
 * when it should not.
 */
final class Destinations {
  private final ControllerState state;
  private final Books books;
  private final MoveRequests requests;
  private final Mobility mobility;
  private final Obstacles obstacles;
  private final EvacuationPlan evacuation;
  private final Failback failback;

  /** Those that are to be elsewhere, or rather would be, and cannot go there for now. */
  private final SortedMap<WorkloadId, Wait> stuck = new TreeMap<>();

  /** Those that rules bind, and that may keep them better where another host can be used. */
  private final SortedSet<WorkloadId> unsettled = new TreeSet<>();

  Destinations(
      ControllerState state,
      Books books,
      MoveRequests requests,
      Mobility mobility,
      Obstacles obstacles) {
    this.state = state;
    this.books = books;
    this.requests = requests;
    this.mobility = mobility;
    this.obstacles = obstacles;
    evacuation = new EvacuationPlan(state, mobility, obstacles);
    failback = new Failback(state, mobility);
  }

  void reset() {
    evacuation.reset();
    stuck.clear();
    failback.reset();
    unsettled.clear();
  }

  /** It is looked at anew. */
  void forget(WorkloadEntry workload, WorkloadFacts facts) {
    Failback.follow(workload, facts, state.now);
    stuck.remove(workload.id);
    failback.forget(workload);
    if (workload.placement.owner().isPresent() && state.room.isBound(workload.id)) {
      unsettled.add(workload.id);
    } else {
      unsettled.remove(workload.id);
    }
  }

  /** It is nothing that moves now. */
  void cannotMove(WorkloadEntry workload) {
    evacuation.cannotGo(workload);
  }

  /** Worth a look whenever another host can be used. */
  SortedSet<WorkloadId> unsettled() {
    return new TreeSet<>(unsettled);
  }

  /** Worth a look whenever a host may have become one that takes them. */
  SortedSet<WorkloadId> stuck() {
    return new TreeSet<>(stuck.keySet());
  }

  Optional<Relocation> wanted(WorkloadEntry workload) {
    Optional<WorkloadRequest> request = MoveRequests.open(workload);
    if (request.isPresent()) {
      return asRequested(workload, request.get());
    }
    return byRules(workload);
  }

  /** What runs where it was to go back to has come back. */
  void forgetWayBack(WorkloadEntry workload) {
    Optional<HostId> back = workload.placement.wayBack();
    Optional<HostId> here = workload.placement.owner().map(Placement.Owner::host);
    if (back.isPresent() && back.equals(here) && !state.host(back.get()).isToBeLeft()) {
      books.write(workload, workload.placement.goingBack(Optional.empty()));
    }
  }

  private Optional<Relocation> asRequested(WorkloadEntry workload, WorkloadRequest request) {
    Workload spec = workload.spec;
    HostId target = MoveRequests.targetOf(request).orElseThrow();
    HostId from = workload.placement.owner().map(Placement.Owner::host).orElseThrow();
    if (spec == null || target.equals(from)) {
      requests.done(workload, request.number());
      return Optional.empty();
    }
    if (!mobility.begunWithOthers(workload).isEmpty()) {
      return Optional.empty(); // they go along once they run, or are in nobody's way
    }
    boolean live =
        request.action() instanceof Action.Move && spec.policy().migration() == Migration.LIVE;
    Relocation wanted = new Relocation(target, live, "asked for", Optional.of(request.number()));
    Optional<Obstacle> against = obstacles.whyNotAsAsked(workload, wanted);
    against.ifPresent(obstacle -> requests.refuse(workload, request, obstacle.why()));
    return against.isPresent() ? Optional.empty() : Optional.of(wanted);
  }

  /** It is to leave its host, or rules prefer another, or the one it came from is there again. */
  private Optional<Relocation> byRules(WorkloadEntry workload) {
    Workload spec = workload.spec;
    HostEntry host = state.host(workload.placement.owner().orElseThrow().host());
    Optional<HostId> back = workload.placement.wayBack().filter(h -> !h.equals(host.id));
    Optional<Leaving> leaving =
        spec == null ? Optional.empty() : Leaving.of(host, spec, WorkloadFacts.of(state, workload));
    boolean leaves = leaving.isPresent();
    if (!leaves) {
      remark(workload, "");
      evacuation.isKept(host);
    }
    if (spec == null || !(leaves || back.isPresent() || state.room.isBound(workload.id))) {
      return Optional.empty();
    }
    Optional<Obstacle> against = obstacles.whyNotMoved(workload, spec, leaving);
    if (against.isPresent()) {
      if (against.get().waits().equals(Wait.UNTIL_ARMED)) {
        stuck.put(workload.id, Wait.UNTIL_ARMED); // that may be taken back before it comes to it
      }
      if (leaves) {
        if (EvacuationPlan.isKeptFrom(workload, against.get())) {
          evacuation.cannotGo(workload);
        }
        cannotLeave(workload, host, against.get());
      }
      return Optional.empty();
    }
    boolean waits =
        !leaves
            && (state.whyNotUsable(host).isPresent()
                || areOthersOnTheirWay(workload)
                || isHostComingUp(workload));
    return waits ? Optional.empty() : elsewhere(workload, spec, host, leaving, back);
  }

  /** One that comes up may be a better place than any that is there already. */
  private boolean isHostComingUp(WorkloadEntry workload) {
    Optional<HostId> coming = state.comingUp();
    if (coming.isPresent()) {
      stuck.put(workload.id, new Wait(Kind.REPORT, coming.get().value(), state.startsSettled()));
      state.timer(TimerKind.PLACE_AGAIN, "hosts that come up", state.startsSettled());
    }
    return coming.isPresent();
  }

  private Optional<Relocation> elsewhere(
      WorkloadEntry workload,
      Workload spec,
      HostEntry host,
      Optional<Leaving> leaving,
      Optional<HostId> back) {
    SortedMap<HostId, String> gaveUp = givenUpBefore(workload);
    Wish usual = usual(workload);
    Wish wish = back.map(usual::withHome).orElse(usual).without(gaveUp);
    SortedSet<HostId> avoided = new TreeSet<>(gaveUp.keySet());
    boolean evacuates = host.isToBeLeft();
    Optional<Obstacle> notYet =
        evacuates ? evacuation.whyNotYet(workload, host, avoided) : Optional.empty();
    if (notYet.isPresent()) {
      stuck.put(workload.id, notYet.get().waits());
      cannotLeave(workload, host, notYet.get());
      return Optional.empty();
    }
    Optional<Choice.Chosen> planned =
        evacuates ? evacuation.adviceFor(workload, avoided) : Optional.empty();
    Choice choice = planned.isPresent() ? planned.get() : state.room.choose(workload, wish);
    Obstacle none;
    if (choice instanceof Choice.Chosen chosen) {
      if (chosen.host().equals(host.id)) {
        if (!spec.policy().failback() || state.room.keepsRulesBest(workload)) {
          unsettled.remove(workload.id);
        }
        if (mayHaveRoomLater(workload, spec, host)) {
          stuck.put(workload.id, Wait.FOR_ROOM);
        }
        return Optional.empty();
      }
      Relocation wanted = toThere(spec, leaving, back, chosen, planned.isPresent());
      Optional<Obstacle> partners = obstacles.whyNotThere(workload, wanted, leaving);
      if (partners.isEmpty()) {
        return leaving.isPresent()
                || failback.isWorthIt(workload, wanted, Wish.STICK.without(gaveUp))
            ? Optional.of(wanted)
            : Optional.empty();
      }
      none = partners.get();
      stuck.put(workload.id, none.waits());
    } else {
      none = new Obstacle(((Choice.NoHost) choice).describe(), Wait.FOR_ROOM);
      stuck.put(workload.id, none.waits());
    }
    if (leaving.isPresent()) {
      if (none.stands()) {
        evacuation.cannotGo(workload);
      }
      cannotLeave(workload, host, none);
      return Optional.empty();
    }
    return mending(workload, spec);
  }

  /** What is looked for where nothing else is known of it. */
  static Wish usual(WorkloadEntry workload) {
    return workload.spec != null && workload.spec.policy().failback() ? Wish.STAY : Wish.STICK;
  }

  /**
   * Whether it would rather be on a host that can be used, and does not take it now. One that
   * becomes usable is looked at by itself.
   */
  private boolean mayHaveRoomLater(WorkloadEntry workload, Workload spec, HostEntry host) {
    return failback
        .wouldRatherBeOn(workload, spec, host)
        .anyMatch(other -> state.whyNotUsable(other).isEmpty());
  }

  private static Relocation toThere(
      Workload spec,
      Optional<Leaving> leaving,
      Optional<HostId> back,
      Choice.Chosen chosen,
      boolean isPlanned) {
    boolean returns = back.equals(Optional.of(chosen.host()));
    String why =
        leaving
            .map(l -> isPlanned ? l.why() + ", " + chosen.why() : l.why())
            .orElse(returns ? "back where it was before its host was to be left" : chosen.why());
    boolean live = Leaving.isLive(spec, leaving);
    return new Relocation(chosen.host(), live, why, Optional.empty());
  }

  /** Hosts that gave it, or a partner that is elsewhere now, up: the others follow that one. */
  private SortedMap<HostId, String> givenUpBefore(WorkloadEntry workload) {
    SortedMap<HostId, String> hosts = new TreeMap<>();
    SortedSet<WorkloadId> bundle = state.room.partnersOf(workload.id);
    bundle.add(workload.id);
    for (WorkloadId id : bundle) {
      Placement placement = state.workload(id).placement;
      for (HostId host : placement.trials().gaveUp().keySet()) {
        if (placement.owner().isPresent() && !placement.isOn(host)) {
          hosts.put(host, "gave " + id + " up before");
        }
      }
    }
    return hosts;
  }

  /** What they leave behind may be all that is in the way, and where they come is not certain. */
  private boolean areOthersOnTheirWay(WorkloadEntry workload) {
    return state.room.relatedTo(workload.id).stream()
        .anyMatch(id -> state.moving.contains(id) || mobility.isAboutToStart(state.workload(id)));
  }

  /** Where it is rules are broken, and it alone cannot mend that: with others it may. */
  private Optional<Relocation> mending(WorkloadEntry workload, Workload spec) {
    return state
        .room
        .mending(workload, id -> mobility.isFree(state.workload(id)))
        .map(move -> Relocation.of(spec, move));
  }

  /**
   * What keeps it where it is although it is to leave, was asked to, is to go back, or would rather
   * be elsewhere.
   */
  List<Wait> waitsOf(WorkloadEntry workload, Workload spec, WorkloadFacts facts) {
    if (MoveRequests.open(workload).isPresent()) {
      return List.of(Wait.forAll(mobility.begunWithOthers(workload)));
    }
    HostEntry host = state.host(facts.owner().orElseThrow().host());
    Optional<Leaving> leaving = Leaving.of(host, spec, facts);
    boolean returns = workload.placement.wayBack().filter(h -> !h.equals(host.id)).isPresent();
    Optional<Wait> against =
        leaving.isPresent() || returns
            ? obstacles.whyNotMoved(workload, spec, leaving).map(Obstacle::waits)
            : Optional.empty();
    return against
        .or(() -> failback.waitOf(workload))
        .or(() -> Optional.ofNullable(stuck.get(workload.id)))
        .or(
            () ->
                leaving.isPresent()
                    ? Optional.empty()
                    : failback.waitForSteadiness(workload, spec, host))
        .stream()
        .toList();
  }

  private void cannotLeave(WorkloadEntry workload, HostEntry host, Obstacle obstacle) {
    remark(workload, "it cannot leave " + host.id + ": " + obstacle.why());
  }

  private void remark(WorkloadEntry workload, String remark) {
    if (!remark.equals(workload.remark)) {
      workload.remark = remark;
      state.touched.add(workload.id);
    }
  }
}
