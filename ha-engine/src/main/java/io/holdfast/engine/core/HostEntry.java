package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.Evidence;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.OpId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostIntent.Guard;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostIntent.Parting;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice;
import io.holdfast.engine.record.HostReturns;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the controller knows of one host. Confined to the core. */
final class HostEntry {
  static final String HYPERVISOR_SILENT = "its hypervisor does not answer";

  final HostId id;

  /** Said of everything that runs here: one text for all of it. */
  final String runsHere;

  @Nullable Host config;

  /** Registered, but its registration cannot be read. */
  boolean configUnreadable;

  HostState state = HostState.JOINING;
  String reason = "has not been seen yet";

  /** When it became so, in this core's time. */
  long since;

  // Detection
  @Nullable Lease lease;
  long lastHeard;

  /** When this core first saw its present incarnation. */
  long joinedAt = Long.MIN_VALUE / 2;

  /** When its silence was confirmed last. */
  long lostSince;

  /** Whether this core saw it alive, and not only its record. */
  boolean heard;

  /** Silent on every channel there is, since it was heard last. */
  boolean deadSilent;

  /** Why it is not left running any longer although it was cut off, while that is so. */
  Optional<String> isolationOver = Optional.empty();

  /** Until when the other channels are given to answer for the first time; past: they have been. */
  long askedForLifeUntil = Long.MIN_VALUE;

  final Flapping flapping = new Flapping();

  // Records
  @Nullable HostReport report;
  @Nullable HostIntent intent;
  boolean intentUnreadable;

  /** Whether an operator may have wanted anything of it: it could never be read what. */
  boolean directiveUnreadable;

  /**
   * Whether the intent to this incarnation has been compared with the placements since leadership
   * began.
   */
  boolean intentCompared;

  @Nullable FenceRecord fence;

  /** Whether the store has acknowledged it. */
  boolean fenceStored;

  /** How often it came back, as it is stored. */
  @Nullable HostReturns returns;

  /** Whether something is stored there that must be left as it is. */
  boolean returnsUnreadable;

  /** What an operator wants of it. */
  HostDirective directive;

  /** What its watchdog is to be told with the next intent. */
  GuardOrder guardWanted = GuardOrder.REQUIRED;

  // What is placed on it
  final SortedSet<WorkloadId> placed = new TreeSet<>();

  /** Workloads that go nowhere because they may be running on it. */
  final SortedSet<WorkloadId> awaitedBy = new TreeSet<>();

  /** What belongs here, and runs nowhere. */
  final SortedSet<WorkloadId> homes = new TreeSet<>();

  /** What goes back here when it may. */
  final SortedSet<WorkloadId> comingBack = new TreeSet<>();

  /** What is on its way here: it needs room here, too. */
  final SortedSet<WorkloadId> expected = new TreeSet<>();

  /** Whether it could be used when that was last looked at. */
  boolean wasUsable;

  /** Since when it can be used, if it can. */
  long usableSince = Long.MIN_VALUE / 2;

  /** The last operation of a device that read its power as off. */
  @Nullable OpId offReadBy;

  /** The cluster's, as it is now. */
  private final Supplier<ShutdownPolicy> shutdownPolicy;

  /** Whether it had workloads when its present incarnation said that it is about to leave. */
  boolean leftBehind;

  HostEntry(HostId id, Supplier<ShutdownPolicy> shutdownPolicy) {
    this.id = id;
    runsHere = "runs on " + id;
    this.shutdownPolicy = shutdownPolicy;
    directive = HostDirective.none(id);
  }

  @Nullable Incarnation incarnation() {
    return lease == null ? null : lease.incarnation();
  }

  /** Whether this is the last renewal of it that was seen: it is as silent as it was then. */
  boolean renewedLast(Incarnation of, long renewal) {
    return lease != null && lease.incarnation().equals(of) && lease.sequence() == renewal;
  }

  /** Whether the present incarnation has reported. */
  boolean hasReported() {
    return report != null && report.incarnation().equals(incarnation());
  }

  /** Whether its present incarnation runs it without an order, as far as it has said. */
  boolean hasFound(WorkloadId workload) {
    return report != null && hasReported() && report.unassigned().contains(workload);
  }

  /**
   * Whether it was told last that the workload has left, is leaving, or was found without an order:
   * whatever was ordered since, it may be elsewhere by now.
   */
  boolean leavesOpenWhetherItLeft(WorkloadId workload) {
    if (report == null) {
      return false;
    }
    HostReport.Entry entry = report.assigned().get(workload);
    return entry == null
        ? report.unassigned().contains(workload)
        : entry.condition() == Condition.GONE || entry.condition() == Condition.MIGRATING;
  }

  /** Whether its present incarnation could ask its hypervisor when it reported last. */
  boolean hypervisorAnswers() {
    return report != null && hasReported() && report.inventoryKnown();
  }

  /** Whether that its storage refuses it is what its workloads were taken from it for. */
  boolean isProvenCutOff() {
    return isCutOff()
        && fence != null
        && fence.evidence().filter(Evidence.StorageFenced.class::isInstance).isPresent();
  }

  /** Whether it was cut off from the storage when it was fenced, and is so still. */
  boolean isCutOff() {
    return !cutBy().isEmpty();
  }

  /** The devices that cut it off and have not given it its storage back. */
  List<String> cutBy() {
    return fence == null ? List.of() : fence.cut();
  }

  /** Why nothing new may be given to it now. */
  Optional<String> whyNotReady() {
    if (isCutOff()) {
      return Optional.of("is cut off from the storage since it was fenced");
    }
    return state == HostState.ONLINE ? trouble() : Optional.of("is " + state);
  }

  /** As {@link #whyNotReady}, and whether it can be told anything at all. */
  Optional<String> whyNotUsable() {
    if (intentUnreadable) {
      return Optional.of("cannot be told, its intent cannot be read");
    }
    return directiveUnreadable
        ? Optional.of("may be in maintenance, its directive cannot be read")
        : whyNotReady();
  }

  /** Whether what runs there is to be moved away. */
  boolean isToBeLeft() {
    boolean leaves = state.isHeard() && plan().equals(Optional.of(LeavePlan.MIGRATE));
    return isMaintained() || leaves;
  }

  /** Whether it is to be empty, whatever is heard of it at this moment. */
  boolean isWantedEmpty() {
    return directive.maintenance() || plan().equals(Optional.of(LeavePlan.MIGRATE));
  }

  String whyToBeLeft() {
    return isMaintained() ? "is in maintenance" : whyLeaving();
  }

  /** Also where that it has lost its storage is told first. */
  private boolean isMaintained() {
    return state == HostState.MAINTENANCE
        || (state == HostState.STORAGE_LOST && directive.maintenance());
  }

  // Leaving

  /** What its present incarnation has announced. */
  Optional<Notice> leaving() {
    return report != null && hasReported() ? report.leaving() : Optional.empty();
  }

  /** What becomes of its workloads; empty if it is not about to leave, and has not left. */
  Optional<LeavePlan> plan() {
    return leaving()
        .map(l -> LeavePlan.of(l.departure(), directive.maintenance(), shutdownPolicy.get()));
  }

  Optional<Parting> parting() {
    return leaving().flatMap(l -> LeavePlan.parting(l.departure(), plan().orElseThrow()));
  }

  /**
   * Whether its workloads wait for it, whatever becomes of it. An agent that does not come back
   * from its restart is waited for unless the policy is never to wait.
   */
  boolean isFrozen() {
    boolean restartInVain =
        isSilent()
            && shutdownPolicy.get() == ShutdownPolicy.FAILOVER
            && leaving().filter(l -> l.departure() == Departure.AGENT_RESTART).isPresent();
    return plan().equals(Optional.of(LeavePlan.FREEZE)) && !restartInVain;
  }

  /** Whether it ends what it runs, for it to be started elsewhere. */
  boolean isFailingOver() {
    return !isFrozen() && leaving().filter(Notice::ends).isPresent();
  }

  String whyLeaving() {
    String what =
        switch (leaving().map(Notice::departure).orElse(Departure.SHUTDOWN)) {
          case SHUTDOWN -> "is shut down as planned";
          case REBOOT -> "is rebooted as planned";
          case AGENT_RESTART -> "has its agent restarted as planned";
        };
    return what + plan().map(plan -> ", policy " + plan).orElse("");
  }

  /** Whether its last word is that it runs nothing at all, and never will. */
  boolean hasLeftEmpty() {
    HostReport last = report;
    return last != null
        && leaving().filter(l -> l.ends() && l.stage() == Notice.Stage.READY).isPresent()
        && last.unassigned().isEmpty();
  }

  /** What keeps it from following new orders, in its own words. */
  Optional<String> trouble() {
    if (report != null && hasReported() && report.trouble().isPresent()) {
      return report.trouble();
    }
    return hypervisorAnswers() ? Optional.empty() : Optional.of(HYPERVISOR_SILENT);
  }

  /** Whether this incarnation is proven down by its own last word. */
  boolean hasLeft(Incarnation incarnation) {
    return isProvenDown(incarnation)
        && fence != null
        && fence.evidence().filter(Evidence.StoppedByHypervisor.class::isInstance).isPresent();
  }

  boolean isProvenDown(Incarnation incarnation) {
    return fence != null && fence.covers(incarnation);
  }

  /** Whether it is registered, be that readable or not. */
  boolean isRegistered() {
    return config != null || configUnreadable;
  }

  /** Whether it is a host of the cluster, or anything still depends on it. */
  boolean counts() {
    return isRegistered()
        || !placed.isEmpty()
        || !awaitedBy.isEmpty()
        || (lease != null && !isSilent() && state != HostState.FENCED);
  }

  boolean isSuspectOrSilent() {
    return state == HostState.SUSPECT || state == HostState.ISOLATED || isSilent();
  }

  /** Whether nothing is heard of it, and it is not known to be down. */
  boolean isSilent() {
    return state == HostState.LOST || state == HostState.FENCING;
  }

  /** What the present incarnation is told of its watchdog with the next intent. */
  Guard guard() {
    return orderedGuard().with(guardWanted);
  }

  private Guard orderedGuard() {
    HostIntent told = intent;
    return told != null && told.incarnation().equals(incarnation()) ? told.guard() : Guard.INITIAL;
  }

  /** Whether its present incarnation has to keep its watchdog armed, as far as it was told. */
  boolean isToldToGuard() {
    return orderedGuard().order() == GuardOrder.REQUIRED;
  }

  /**
   * never two: whether its present incarnation is certainly reset when its lease has expired. What
   * it said before it was last told to keep its watchdog armed does not count.
   */
  boolean isGuarded(LeaseTiming timing) {
    if (report == null || !hasReported() || intentUnreadable) {
      return false;
    }
    Guard ordered = orderedGuard();
    return ordered.order() == GuardOrder.REQUIRED
        && report
            .guarded()
            .filter(guarded -> guarded.turn() == ordered.turn())
            .filter(guarded -> timing.covers(guarded.validity(), guarded.period()))
            .isPresent();
  }

  /** How often its present incarnation was asked to look anew at what it runs. */
  long look() {
    HostIntent told = intent;
    return told != null && told.incarnation().equals(incarnation()) ? told.look() : 0;
  }

  /**
   * Whether its present incarnation has read anew what it runs since it was asked to, and has
   * reported that.
   *
   * @param look as {@link ControllerState#askToLook} gave it, for this very incarnation
   */
  boolean hasLooked(long look) {
    return report != null && hypervisorAnswers() && report.looked() >= look;
  }

  /**
   * Whether it is known that this workload does not run on it. Its report has to answer the last
   * intent: an earlier one may have ordered a start that the report does not know of yet.
   */
  boolean isWithout(WorkloadId workload) {
    Incarnation present = incarnation();
    if (present == null) {
      return false;
    }
    if (isProvenDown(present)) {
      return true;
    }
    return state.isHeard()
        && report != null
        && hypervisorAnswers()
        && hasAnswered(report, present)
        && !report.assigned().containsKey(workload)
        && !report.unassigned().contains(workload);
  }

  private boolean hasAnswered(HostReport answer, Incarnation present) {
    if (intent == null || !intent.incarnation().equals(present)) {
      return true;
    }
    int byEpoch = answer.intentEpoch().compareTo(intent.epoch());
    return byEpoch > 0 || (byEpoch == 0 && answer.intentGeneration() >= intent.generation());
  }

  /** Whether its report answers the last intent that its present incarnation was given. */
  boolean hasAnsweredIntent() {
    Incarnation present = incarnation();
    return report != null && present != null && hasReported() && hasAnswered(report, present);
  }

  /** Whether its power was read as off by an operation that was begun after this one. */
  boolean isOffSince(OpId op) {
    OpId read = offReadBy;
    return (read != null && read.sequence() > op.sequence()) || isDownByAPersonsWord();
  }

  /** Whoever says that it is down has looked at what has become of it. */
  boolean isDownByAPersonsWord() {
    Incarnation present = incarnation();
    return fence != null
        && present != null
        && fence.covers(present)
        && fence.evidence().filter(Evidence.ConfirmedByOperator.class::isInstance).isPresent();
  }

  /** A move to it is under way: it holds room for that. */
  void expects(WorkloadEntry workload) {
    expected.add(workload.id);
  }

  /** The move has ended, one way or another. */
  void expectsNot(WorkloadEntry workload) {
    expected.remove(workload.id);
  }

  void addPlaced(Workload workload) {
    placed.add(workload.id());
  }

  void removePlaced(WorkloadId workload) {
    placed.remove(workload);
  }

  /** Drops what only a controller may rely on; what was seen of its lease stays. */
  void forgetRecords() {
    directiveUnreadable = false;
    config = null;
    configUnreadable = false;
    report = null;
    intent = null;
    intentUnreadable = false;
    intentCompared = false;
    fence = null;
    fenceStored = false;
    returns = null;
    returnsUnreadable = false;
    directive = HostDirective.none(id);
    guardWanted = GuardOrder.REQUIRED;
    deadSilent = false;
    isolationOver = Optional.empty();
    leftBehind = false;
    placed.clear();
    expected.clear();
    comingBack.clear();
    homes.clear();
    state = HostState.JOINING;
  }
}
