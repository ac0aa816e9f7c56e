package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.placement.BestHost;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.Placement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Gives workloads without an owner to hosts, the most important first. A less important one waits
 * until the more important ones decided before it have been begun by their hosts, but not for ever.
 */
final class Recovery {

  /** How long a start that its host does not begin holds up less important ones. */
  static final Duration START_HOLD = Duration.ofMillis(500);

  private record Waiting(Priority priority, WorkloadId id) {}

  private record NotBegun(Priority priority, WorkloadId workload) {}

  private static final Comparator<Waiting> MOST_IMPORTANT_FIRST =
      Comparator.comparing(Waiting::priority).reversed().thenComparing(Waiting::id);

  private final ControllerState state;
  private final SortedSet<Waiting> waiting = new TreeSet<>(MOST_IMPORTANT_FIRST);
  private final SortedMap<OpId, NotBegun> notBegun = new TreeMap<>();
  private final SortedMap<OpId, HaEvent.StartIntended> unannounced = new TreeMap<>();

  /** The hosts that a workload without a host waits for, because it may be running there. */
  private final SortedMap<WorkloadId, SortedSet<HostId>> waitsFor = new TreeMap<>();

  private final SortedSet<HostId> awaitedAnew = new TreeSet<>();

  /** Set when something changed that may let a waiting workload start. */
  private boolean worthTrying;

  Recovery(ControllerState state) {
    this.state = state;
  }

  void reset() {
    waiting.clear();
    notBegun.clear();
    unannounced.clear();
    waitsFor.clear();
    awaitedAnew.clear();
    worthTrying = false;
  }

  void add(WorkloadEntry workload) {
    if (waiting.add(new Waiting(workload.priority(), workload.id))) {
      worthTrying = true;
    }
  }

  void remove(WorkloadEntry workload) {
    waiting.removeIf(w -> w.id().equals(workload.id));
    waitsForNobody(workload);
  }

  void waitsForNobody(WorkloadEntry workload) {
    waitsFor.remove(workload.id);
  }

  /** It goes nowhere before these hosts have been heard, or are known to be off. */
  void waitFor(WorkloadEntry workload, SortedSet<HostId> hosts) {
    SortedSet<HostId> now = new TreeSet<>(hosts);
    if (!now.equals(waitsFor.put(workload.id, now))) {
      awaitedAnew.addAll(now);
    }
  }

  /** Whether a workload goes nowhere because it may be running on this host. */
  boolean isAwaited(HostId host) {
    return waitsFor.values().stream().anyMatch(hosts -> hosts.contains(host));
  }

  /** Hosts that are awaited since this was last asked, by one workload more. */
  SortedSet<HostId> takeAwaitedAnew() {
    SortedSet<HostId> hosts = new TreeSet<>(awaitedAnew);
    awaitedAnew.clear();
    return hosts;
  }

  void roomMayHaveChanged() {
    worthTrying = true;
  }

  /** The host has begun this start, or will never. */
  void begun(OpId assignment) {
    if (notBegun.remove(assignment) != null) {
      state.cancel(TimerKind.START_HOLD, assignment.toString());
      worthTrying = true;
    }
  }

  void holdPassed(String assignment) {
    notBegun.keySet().stream()
        .filter(op -> op.toString().equals(assignment))
        .findFirst()
        .ifPresent(this::begun);
  }

  /** Decides where waiting workloads go. */
  void placeWaiting() {
    if (!worthTrying || !state.mayAct()) {
      return;
    }
    worthTrying = false;
    List<Waiting> placed = new ArrayList<>();
    for (Waiting next : waiting) {
      if (isHeldBack(next.priority())) {
        break;
      }
      WorkloadEntry workload = state.workload(next.id());
      Workload spec = workload.spec;
      if (spec != null && place(workload, spec)) {
        placed.add(next);
      }
    }
    placed.forEach(waiting::remove);
  }

  /** The intent for this host is stored: its starts are now decided for good. */
  void intentStored(HostIntent intent) {
    intent
        .entries()
        .values()
        .forEach(
            entry ->
                Optional.ofNullable(unannounced.remove(entry.assignment()))
                    .ifPresent(state::publish));
  }

  private boolean isHeldBack(Priority priority) {
    return notBegun.values().stream().anyMatch(n -> n.priority().compareTo(priority) > 0);
  }

  private boolean place(WorkloadEntry workload, Workload spec) {
    SortedSet<HostId> unknown = notAccountedFor(workload, spec);
    if (!unknown.isEmpty()) {
      waitFor(workload, unknown);
      say(
          workload,
          "it may be running on %s, which has not reported and is not known to be off"
              .formatted(unknown));
      return false;
    }
    if (!workload.seenOn.isEmpty()) {
      boolean adopted = adopt(workload, spec, Placement.Goal.RUN);
      if (!adopted) {
        waitFor(workload, workload.seenOn);
      }
      return adopted;
    }
    waitsForNobody(workload);
    BestHost.Choice choice = choose(workload, spec, false);
    if (choice instanceof BestHost.Choice.NoHost && !isWorthWaiting(workload)) {
      choice = choose(workload, spec, true);
    }
    if (choice instanceof BestHost.Choice.Chosen chosen) {
      assign(workload, spec, state.host(chosen.host()), Placement.Goal.RUN, chosen.why());
      return true;
    }
    say(workload, ((BestHost.Choice.NoHost) choice).describe());
    return false;
  }

  /** Found running without an order: its place is taken there already, and nowhere else. */
  boolean adopt(WorkloadEntry workload, Workload spec, Placement.Goal goal) {
    for (HostId seen : workload.seenOn) {
      HostEntry host = state.host(seen);
      if (host.state.isHeard() && !host.intentUnreadable) {
        assign(workload, spec, host, goal, "it was found running there");
        return true;
      }
    }
    say(workload, "found running on " + workload.seenOn + ", which cannot be told now");
    return false;
  }

  private BestHost.Choice choose(WorkloadEntry workload, Workload spec, boolean failedToo) {
    List<BestHost.Candidate> candidates = new ArrayList<>();
    SortedMap<HostId, String> excluded = new TreeMap<>();
    for (HostEntry host : state.hosts.values()) {
      Host registered = host.config;
      if (registered != null) {
        whyNotThere(workload, host, failedToo)
            .ifPresentOrElse(
                why -> excluded.put(host.id, why),
                () -> candidates.add(host.candidate(registered)));
      }
    }
    return BestHost.choose(spec, candidates, excluded);
  }

  /** Whether a host that has not failed it yet may come back; else those that have are tried. */
  private boolean isWorthWaiting(WorkloadEntry workload) {
    return state.hosts.values().stream()
        .filter(host -> host.config != null && host.whyNotReady().isPresent())
        .anyMatch(host -> !workload.placement.failedHosts().contains(host.id));
  }

  /**
   * never two: a workload that has never been placed and may be running somewhere waits until every
   * registered host is accounted for.
   */
  private SortedSet<HostId> notAccountedFor(WorkloadEntry workload, Workload spec) {
    SortedSet<HostId> unknown = new TreeSet<>();
    if (workload.known || spec.origin() == Workload.Origin.NEW || !workload.seenOn.isEmpty()) {
      return unknown;
    }
    for (HostEntry host : state.hosts.values()) {
      boolean registered = host.config != null || host.configUnreadable;
      if (registered && !host.isWithout(workload.id)) {
        unknown.add(host.id);
      }
    }
    return unknown;
  }

  private static Optional<String> whyNotThere(
      WorkloadEntry workload, HostEntry host, boolean failedToo) {
    Optional<String> notReady = host.whyNotReady();
    if (notReady.isPresent()) {
      return notReady;
    }
    if (host.intentUnreadable) {
      return Optional.of("cannot be told, its intent cannot be read");
    }
    return !failedToo && workload.placement.failedHosts().contains(host.id)
        ? Optional.of("gave it up before")
        : Optional.empty();
  }

  /** Makes the host the owner and writes the order, both in one commit. */
  void assign(
      WorkloadEntry workload, Workload spec, HostEntry host, Placement.Goal goal, String why) {
    if (host.lease == null) {
      throw new IllegalStateException("cannot assign to a host that never joined: " + host.id);
    }
    waitsForNobody(workload);
    OpId assignment = state.nextOp();
    workload.placement =
        workload.placement.withOwner(
            new Placement.Owner(host.id, host.lease.incarnation(), assignment, goal));
    workload.known = true;
    state.commits.put(workload.placement);
    host.addPlaced(spec);
    SortedMap<WorkloadId, HostIntent.Entry> entries = state.intentOf(host);
    entries.put(workload.id, order(spec, assignment, goal));
    state.writeIntent(host, entries);
    if (goal == Placement.Goal.STOP) {
      return;
    }
    Optional<Evidence> evidence = Optional.ofNullable(workload.evidence);
    unannounced.put(
        assignment,
        new HaEvent.StartIntended(workload.id, spec.priority(), host.id, evidence, why));
    notBegun.put(assignment, new NotBegun(spec.priority(), workload.id));
    state.timer(TimerKind.START_HOLD, assignment.toString(), state.now + START_HOLD.toNanos());
    become(workload, WorkloadStatus.STARTING, "placed on " + host.id + ": " + why);
  }

  private static HostIntent.Entry order(Workload spec, OpId assignment, Placement.Goal goal) {
    return new HostIntent.Entry(
        assignment,
        goal,
        spec.priority(),
        spec.policy().restart(),
        spec.policy().startTimeout(),
        spec.policy().stopTimeout());
  }

  /** Its policy changed: the order in force is written anew, without becoming another order. */
  void refreshOrder(WorkloadEntry workload, Workload spec) {
    workload
        .placement
        .owner()
        .ifPresent(
            owner -> {
              HostEntry host = state.host(owner.host());
              SortedMap<WorkloadId, HostIntent.Entry> entries = state.intentOf(host);
              HostIntent.Entry renewed = order(spec, owner.assignment(), owner.goal());
              HostIntent.Entry before = entries.get(workload.id);
              if (before != null && !before.equals(renewed)) {
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
        orders.put(id, order(spec, owner.get().assignment(), owner.get().goal()));
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
              host.removePlaced(workload.id, workload.demand());
              begun(owner.assignment());
              unannounced.remove(owner.assignment());
              state.withdraw(host, workload.id);
            });
    workload.placement = next;
    state.commits.put(next);
    worthTrying = true;
  }

  private void say(WorkloadEntry workload, String reason) {
    become(workload, workload.status, reason);
  }

  /** The only place where a workload's status changes. */
  void become(WorkloadEntry workload, WorkloadStatus status, String reason) {
    if (workload.status == status && workload.reason.equals(reason)) {
      return;
    }
    WorkloadStatus before = workload.status;
    workload.status = status;
    workload.reason = reason;
    state.publish(
        new HaEvent.WorkloadStatusChanged(
            workload.id,
            before,
            status,
            workload.placement.owner().map(Placement.Owner::host),
            reason));
  }
}
