package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Priority;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.record.Placement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Gives workloads without an owner to hosts, the most important first. A less important one waits
 * until the more important ones decided before it have been begun by their hosts, but not for ever.
 */
final class Recovery {

  private record Waiting(Priority priority, WorkloadId id) {}

  private static final Comparator<Waiting> MOST_IMPORTANT_FIRST =
      Comparator.comparing(Waiting::priority).reversed().thenComparing(Waiting::id);

  /** Who is not heard for longer is not waited for where others can be tried: it may be gone. */
  static final Duration COMES_BACK = Duration.ofMinutes(10);

  private final ControllerState state;
  private final Books books;
  private final Starts starts;
  private final Whereabouts whereabouts;
  private final Dependencies dependencies;
  private final MoveRequests requests;
  private final SortedSet<Waiting> waiting = new TreeSet<>(MOST_IMPORTANT_FIRST);
  private final SortedMap<WorkloadId, Waiting> queued = new TreeMap<>();

  /** The hosts that a workload without a host waits for, because it may be running there. */
  private final SortedMap<WorkloadId, SortedSet<HostId>> waitsFor = new TreeMap<>();

  private final SortedSet<HostId> awaitedAnew = new TreeSet<>();

  private final FailureWave wave;
  private final FailoverPlan plan;
  private final MakingRoom makingRoom;

  Recovery(
      ControllerState state,
      Books books,
      Starts starts,
      Whereabouts whereabouts,
      Dependencies dependencies,
      MoveRequests requests) {
    this.requests = requests;
    this.dependencies = dependencies;
    this.state = state;
    wave = new FailureWave(state);
    plan = new FailoverPlan(state);
    makingRoom = new MakingRoom(state, books, dependencies);
    this.books = books;
    this.starts = starts;
    this.whereabouts = whereabouts;
  }

  void reset() {
    waiting.clear();
    queued.clear();
    state.hosts.values().forEach(host -> host.awaitedBy.clear());
    waitsFor.clear();
    awaitedAnew.clear();
    wave.reset();
    plan.reset();
    makingRoom.reset();
  }

  /** What is done so that others find room. */
  MakingRoom makingRoom() {
    return makingRoom;
  }

  /** It was taken from a host that is proven down. */
  void recover(WorkloadEntry workload, HostEntry from) {
    wave.begins(from);
    add(workload);
  }

  /** Another host can be used. */
  void hostCameUp() {
    if (waiting.size() > 1) {
      plan.want();
    }
  }

  void add(WorkloadEntry workload) {
    Waiting wanted = new Waiting(workload.priority(), workload.id);
    if (!wanted.equals(queued.get(workload.id))) {
      leaveQueue(workload.id);
      queued.put(workload.id, wanted);
      waiting.add(wanted);
      state.worthPlacing = true;
      if (workload.status == WorkloadStatus.RECOVERING) {
        plan.want();
      }
    }
  }

  void remove(WorkloadEntry workload) {
    leaveQueue(workload.id);
    waitsForNobody(workload);
  }

  private void leaveQueue(WorkloadId id) {
    Waiting before = queued.remove(id);
    if (before != null) {
      waiting.remove(before);
      plan.forget(id);
    }
  }

  void waitsForNobody(WorkloadEntry workload) {
    SortedSet<HostId> before = waitsFor.remove(workload.id);
    if (before != null) {
      before.forEach(host -> state.host(host).awaitedBy.remove(workload.id));
    }
  }

  /** It goes nowhere before these hosts have been heard, or are known to be off. */
  void waitFor(WorkloadEntry workload, SortedSet<HostId> hosts) {
    SortedSet<HostId> now = new TreeSet<>(hosts);
    if (!now.equals(waitsFor.get(workload.id))) {
      waitsForNobody(workload);
      waitsFor.put(workload.id, now);
      now.forEach(host -> state.host(host).awaitedBy.add(workload.id));
      awaitedAnew.addAll(now);
    }
  }

  /** The hosts that it waits for. */
  SortedSet<HostId> awaited(WorkloadEntry workload) {
    return waitsFor.getOrDefault(workload.id, Collections.emptySortedSet());
  }

  /** Something depends on it that did not before. */
  void mayBeNeeded(HostId host) {
    awaitedAnew.add(host);
  }

  /** Hosts that are awaited since this was last asked, by one workload more. */
  SortedSet<HostId> takeAwaitedAnew() {
    if (awaitedAnew.isEmpty()) {
      return Collections.emptySortedSet();
    }
    SortedSet<HostId> hosts = new TreeSet<>(awaitedAnew);
    awaitedAnew.clear();
    return hosts;
  }

  /** Workloads that have lost their hosts and have no other yet. */
  SortedSet<WorkloadId> recovering() {
    SortedSet<WorkloadId> ids = new TreeSet<>();
    for (Waiting next : waiting) {
      if (state.workload(next.id()).status == WorkloadStatus.RECOVERING) {
        ids.add(next.id());
      }
    }
    return ids;
  }

  /** Whether anything is to be placed that does not wait for one certain host. */
  boolean isAnyoneWaiting() {
    return waiting.stream()
        .anyMatch(next -> OnlyHost.of(state, state.workload(next.id())).isEmpty());
  }

  /** Decides where waiting workloads go. */
  void placeWaiting() {
    if (!state.worthPlacing || !state.mayAct() || state.disarmed || wave.holds()) {
      return;
    }
    if (!waiting.isEmpty() && state.reads.areOwed()) {
      return;
    }
    state.worthPlacing = false;
    plan.make(queued.keySet());
    List<Waiting> placed = new ArrayList<>();
    for (Waiting next : inOrder()) {
      if (starts.whyNotNow(next.priority()).isPresent()) {
        break;
      }
      WorkloadEntry workload = state.workload(next.id());
      Workload spec = workload.spec;
      if (spec != null && Disarming.mayBePlaced(state, workload) && place(workload, spec)) {
        placed.add(next);
      }
    }
    placed.forEach(done -> leaveQueue(done.id()));
  }

  /** The most important first, of these what a plan has no place for last. */
  private Collection<Waiting> inOrder() {
    if (!plan.leavesOutAny()) {
      return waiting;
    }
    List<Waiting> order = new ArrayList<>(waiting);
    order.sort(
        Comparator.comparing(Waiting::priority)
            .reversed()
            .thenComparing(one -> plan.leavesOut(one.id()))
            .thenComparing(Waiting::id));
    return order;
  }

  private boolean place(WorkloadEntry workload, Workload spec) {
    SortedSet<HostId> unknown = notAccountedFor(workload);
    if (!unknown.isEmpty()) {
      waitFor(workload, unknown);
      say(workload, whyNotAccountedFor(workload, unknown));
      return false;
    }
    if (!workload.known && workload.seenOn.isEmpty()) {
      whereabouts.answered(workload);
    }
    if (workload.placement.letGo() && workload.seenOn.isEmpty()) {
      whereabouts.answered(workload);
      books.write(workload, workload.placement.accountedFor());
    }
    waitsForNobody(workload);
    if (!workload.seenOn.isEmpty()) {
      boolean adopted = adopt(workload, spec, Placement.Goal.KEEP);
      if (!adopted) {
        waitFor(workload, workload.seenOn);
      }
      return adopted;
    }
    requests.takeBeforeStart(workload);
    Optional<HostEntry> asMoved = whereMoved(workload);
    if (asMoved.isPresent()) {
      HostEntry host = asMoved.get();
      String why = workload.placement.move().map(Placement.Move::why).orElse("");
      books.assign(workload, spec, host, Placement.Goal.RUN, "moved: " + why);
      return true;
    }
    Optional<String> lock = workload.lock();
    if (lock.isPresent()) {
      waits(
          workload,
          "locked (" + lock.get() + "): it is not started before it is unlocked",
          Wait.of(Kind.LOCK, lock.get()));
      return false;
    }
    SortedSet<WorkloadId> missing = dependencies.missing(workload);
    if (!missing.isEmpty()) {
      waits(
          workload,
          "waiting for " + missing + " to run, on which it depends",
          Wait.forAll(missing));
      return false;
    }
    Optional<HostEntry> only = OnlyHost.of(state, workload);
    if (only.isPresent()) {
      return placeOnly(workload, spec, only.get());
    }
    Optional<HostEntry> home = homeOf(workload);
    if (home.isPresent() && belongsThere(workload, spec, home.get())) {
      books.assign(workload, spec, home.get(), Placement.Goal.RUN, "it was there before");
      return true;
    }
    if (home.isPresent() && mayStillCome(workload, home.get())) {
      waits(
          workload,
          "waiting for " + home.get().id + ", where it was before",
          new Wait(Kind.REPORT, home.get().id.value(), awaitedUntil(home.get())));
      return false;
    }
    Optional<HostEntry> coming = mayBeBetter(workload);
    if (coming.isPresent()) {
      waits(
          workload,
          "waiting for " + coming.get().id + ", which may be the best place",
          new Wait(Kind.REPORT, coming.get().id.value(), state.startsSettled()));
      return false;
    }
    Optional<Wait> kept = plan.keptForOthers(workload);
    Optional<Choice> own = kept.isPresent() ? whereRoomIsKept(workload) : Optional.empty();
    if (kept.isPresent() && own.isEmpty()) {
      state.timer(TimerKind.PLACE_AGAIN, workload.id.toString(), kept.get().until());
      waits(workload, "what is free is kept for others that were planned for", kept.get());
      return false;
    }
    SortedSet<HostId> gaveUp = gaveUp(workload);
    Choice choice =
        own.or(() -> plan.adviceFor(workload, gaveUp)).orElseGet(() -> choose(workload, gaveUp));
    Wish wish = Wish.BEST.without(excluded(gaveUp));
    if (choice instanceof Choice.NoHost && makingRoom.givingWay().to(workload, wish)) {
      choice = choose(workload, gaveUp);
    }
    if (choice instanceof Choice.NoHost && !gaveUp.isEmpty() && !isWorthWaiting(workload, gaveUp)) {
      if (state.now < workload.retryAt) {
        state.timer(TimerKind.PLACE_AGAIN, workload.id.toString(), workload.retryAt);
        waits(
            workload,
            "every host that could take it now gave it up; tried again after a pause that grows",
            new Wait(Kind.BACKOFF, workload.id.toString(), workload.retryAt));
        return false;
      }
      choice = chooseAmongFailed(workload);
    }
    if (choice instanceof Choice.Chosen chosen) {
      AdmissionControl.Admitted admitted =
          state.admission.admit(workload, chosen.host(), tried -> hostWithout(workload, tried));
      if (admitted.host().isEmpty()) {
        waits(workload, admitted.whyNot(), Wait.of(Kind.ADMISSION, "the cluster"));
        return false;
      }
      HostId there = admitted.host().get();
      String why =
          there.equals(chosen.host())
              ? chosen.why() + admitted.warning()
              : "on " + chosen.host() + " it would not be admitted";
      books.assign(workload, spec, state.host(there), Placement.Goal.RUN, why);
      return true;
    }
    String none = ((Choice.NoHost) choice).describe();
    Optional<String> made = makingRoom.makeRoom(workload, wish);
    String why = made.orElseGet(() -> none + makingRoom.whyNot(workload));
    waits(workload, why, makingRoom.waitOf(workload));
    return false;
  }

  /** Whatever is planned for others, what is kept for it is its own. */
  private Optional<Choice> whereRoomIsKept(WorkloadEntry workload) {
    return Optional.ofNullable(workload.roomKeptOn)
        .filter(host -> state.isRegistered(host) && !gaveUp(workload).contains(host))
        .filter(host -> state.room.mayStartOn(workload, state.host(host)))
        .map(host -> new Choice.Chosen(host, "room is kept for it there"));
  }

  private Optional<HostId> hostWithout(WorkloadEntry workload, SortedSet<HostId> tried) {
    SortedSet<HostId> avoided = gaveUp(workload);
    avoided.addAll(tried);
    return choose(workload, avoided) instanceof Choice.Chosen chosen
        ? Optional.of(chosen.host())
        : Optional.empty();
  }

  private boolean placeOnly(WorkloadEntry workload, Workload spec, HostEntry host) {
    if (gaveUp(workload).contains(host.id) && state.now < workload.retryAt) {
      state.timer(TimerKind.PLACE_AGAIN, workload.id.toString(), workload.retryAt);
      waits(
          workload,
          host.id + " gave it up; tried there again after a pause that grows",
          new Wait(Kind.BACKOFF, workload.id.toString(), workload.retryAt));
      return false;
    }
    Optional<OnlyHost.Missing> missing = OnlyHost.whyNotNow(state, workload, spec, host);
    if (missing.isPresent() && makingRoom.givingWay().to(workload, host)) {
      missing = OnlyHost.whyNotNow(state, workload, spec, host);
    }
    missing.ifPresent(what -> waits(workload, what.why(), what.waits()));
    if (missing.isEmpty()) {
      books.assign(workload, spec, host, Placement.Goal.RUN, OnlyHost.WHY);
    }
    return missing.isEmpty();
  }

  /** Where it was before, unless that host gave it up. */
  private Optional<HostEntry> homeOf(WorkloadEntry workload) {
    return workload
        .placement
        .home()
        .filter(host -> !gaveUp(workload).contains(host))
        .map(state::host);
  }

  /** By its rules, its home is as good as any; or it is not to go after what they prefer. */
  private boolean belongsThere(WorkloadEntry workload, Workload spec, HostEntry home) {
    if (state.policy.rebalanceOnStart()) {
      return false;
    }
    if (!spec.policy().failback()) {
      return state.room.mayStartOn(workload, home);
    }
    Choice choice = state.room.choose(workload, Wish.BEST.withHome(home.id));
    return choice instanceof Choice.Chosen chosen && chosen.host().equals(home.id);
  }

  /** A cluster that has just been switched on comes up host by host. */
  private boolean mayStillCome(WorkloadEntry workload, HostEntry home) {
    long until = state.startsSettled();
    boolean recovered = workload.evidence != null || workload.status == WorkloadStatus.RECOVERING;
    boolean coming =
        home.config != null
            && !recovered
            && (home.state == HostState.SUSPECT
                || (home.state == HostState.JOINING && state.now < until));
    if (coming && state.now < until) {
      state.timer(TimerKind.PLACE_AGAIN, workload.id.toString(), until);
    }
    return coming;
  }

  private long awaitedUntil(HostEntry home) {
    return home.state == HostState.JOINING ? state.startsSettled() : Wait.OPEN;
  }

  /** The best place is sought when those who have just been switched on can be compared. */
  private Optional<HostEntry> mayBeBetter(WorkloadEntry workload) {
    return state.policy.rebalanceOnStart()
        ? state.comingUp().map(state::host).filter(host -> mayStillCome(workload, host))
        : Optional.empty();
  }

  private static SortedSet<HostId> gaveUp(WorkloadEntry workload) {
    return new TreeSet<>(workload.placement.trials().gaveUp().keySet());
  }

  /** All have given it up: none is held against it any more but the last. */
  private Choice chooseAmongFailed(WorkloadEntry workload) {
    SortedSet<HostId> last = new TreeSet<>();
    workload.placement.home().filter(gaveUp(workload)::contains).ifPresent(last::add);
    Choice choice = choose(workload, last);
    return choice instanceof Choice.NoHost ? chooseAny(workload) : choice;
  }

  /** Where it could be, whoever gave it up. */
  Choice chooseAny(WorkloadEntry workload) {
    return choose(workload, new TreeSet<>());
  }

  /** Stopped only to be moved: it goes to the target, or back where it was. */
  private Optional<HostEntry> whereMoved(WorkloadEntry workload) {
    return workload
        .placement
        .move()
        .flatMap(
            move ->
                Stream.of(move.target(), move.source())
                    .map(state::host)
                    .filter(host -> state.room.mayStartOn(workload, host))
                    .findFirst());
  }

  /**
   * Found running without an order: it stays there. never two: what was said may be old, so it is
   * only kept, not started.
   */
  boolean adopt(WorkloadEntry workload, Workload spec, Placement.Goal goal) {
    boolean severalTell =
        workload.seenOn.stream().filter(seen -> state.host(seen).state.isHeard()).count() > 1;
    if (goal == Placement.Goal.KEEP && severalTell) {
      say(workload, "reported by " + workload.seenOn + " at once: it may be on its way");
      return false;
    }
    for (HostId seen : workload.seenOn) {
      HostEntry host = state.host(seen);
      if (host.state.isHeard() && !host.intentUnreadable) {
        books.assign(workload, spec, host, goal, "it was found running there");
        whereabouts.answered(workload); // never two: if it leaves, hosts look anew
        return true;
      }
    }
    say(workload, "found running on " + workload.seenOn + ", which cannot be told now");
    return false;
  }

  /** Hosts that come and go are a last choice. */
  private Choice choose(WorkloadEntry workload, SortedSet<HostId> avoided) {
    Wish wish = Wish.BEST.without(excluded(avoided));
    Choice choice = state.room.choose(workload, wish);
    return choice instanceof Choice.NoHost && !state.quarantined.isEmpty()
        ? state.room.chooseAlsoUnsteady(workload, wish)
        : choice;
  }

  private static SortedMap<HostId, String> excluded(SortedSet<HostId> avoided) {
    SortedMap<HostId, String> excluded = new TreeMap<>();
    avoided.forEach(host -> excluded.put(host, "gave it up before"));
    return excluded;
  }

  /**
   * Whether a host that has not failed it yet may come back, and could take it then; else those
   * that have are tried.
   */
  private boolean isWorthWaiting(WorkloadEntry workload, SortedSet<HostId> gaveUp) {
    SortedMap<HostId, String> excluded = excluded(gaveUp);
    for (HostEntry host : state.hosts.values()) {
      boolean mayComeBack = host.config != null && host.whyNotReady().isPresent();
      if (mayComeBack
          && !gaveUp.contains(host.id)
          && state.room.mightTake(workload, host, excluded)) {
        long until = Math.max(host.since, state.leadingSince) + COMES_BACK.toNanos();
        if (host.state.isHeard()) {
          return true;
        } else if (state.now < until) {
          state.timer(TimerKind.PLACE_AGAIN, workload.id.toString(), until);
          return true;
        }
      }
    }
    return false;
  }

  /**
   * never two: a workload that may be running anywhere, because it has never been placed or was
   * left alone since, waits until every registered host is accounted for.
   */
  private SortedSet<HostId> notAccountedFor(WorkloadEntry workload) {
    if (!workload.mayBeAnywhere()) {
      return new TreeSet<>();
    }
    whereabouts.ask(workload);
    if (!workload.seenOn.isEmpty()) {
      return new TreeSet<>();
    }
    SortedSet<HostId> unknown = new TreeSet<>();
    SortedSet<HostId> heard = new TreeSet<>();
    for (HostEntry host : state.hosts.values()) {
      boolean registered = host.isRegistered();
      if (registered && !host.isWithout(workload.id)) {
        unknown.add(host.id);
      } else if (registered && host.state.isHeard()) {
        heard.add(host.id);
      }
    }
    // It may just have been moved by hand: what was said before it was asked for does not count.
    unknown.addAll(whereabouts.mayBeOn(workload, heard));
    return unknown;
  }

  private String whyNotAccountedFor(WorkloadEntry workload, SortedSet<HostId> unknown) {
    return unknown.stream()
        .map(state::host)
        .filter(host -> host.isCutOff() && host.hasFound(workload.id))
        .findFirst()
        .map(host -> "it runs on %s, which is cut off from the storage".formatted(host.id))
        .orElseGet(
            () ->
                "it may be running on %s, which has not reported and is not known to be off%s"
                    .formatted(unknown, whoNeverJoined(unknown)));
  }

  /** Nobody can prove anything of such a host, so it is said what helps. */
  private String whoNeverJoined(SortedSet<HostId> unknown) {
    SortedSet<HostId> never = new TreeSet<>(unknown);
    never.removeIf(host -> state.host(host).incarnation() != null);
    return never.isEmpty()
        ? ""
        : "; of %s no agent has ever joined: it counts until one does, or until it is unregistered"
            .formatted(never);
  }

  /** It is to run, and does not yet. */
  private void waits(WorkloadEntry workload, String reason, Wait... waits) {
    boolean onItsWay =
        workload.status == WorkloadStatus.RECOVERING || workload.status == WorkloadStatus.MIGRATING;
    String stopped = Evictions.why(workload);
    books.become(
        workload,
        onItsWay ? workload.status : WorkloadStatus.STOPPED,
        stopped.isEmpty() ? reason : "stopped " + stopped + "; " + reason,
        waits);
  }

  private void say(WorkloadEntry workload, String reason) {
    books.become(workload, workload.status, reason);
  }

  /** What a workload waits for that is to be placed. */
  List<Wait> waitsOf(WorkloadEntry workload) {
    List<Wait> waits = new ArrayList<>();
    for (HostId host : waitsFor.getOrDefault(workload.id, new TreeSet<>())) {
      waits.add(Wait.of(Kind.REPORT, host));
    }
    Waiting entry = queued.get(workload.id);
    if (entry == null || !waits.isEmpty()) {
      return waits;
    }
    // Whatever holds all of them up comes before what was found when this one was looked at last.
    if (!state.mayAct()) {
      return List.of(state.toAct());
    }
    if (state.reads.areOwed()) {
      return List.of(Wait.FOR_THE_STORE);
    }
    if (wave.holds()) {
      return wave.waits();
    }
    List<Wait> own = workload.waits.isEmpty() ? List.of(Wait.FOR_ROOM) : workload.waits;
    return starts.whyNotNow(entry.priority()).map(List::of).orElse(own);
  }
}
