package io.holdfast.engine.sim;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Move.Phase;
import io.holdfast.engine.record.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether what one controller decides comes in its order and its pace, by what that controller has
 * been told: nothing is started before what it depends on is ready, or while it is locked, and no
 * more starts and moves are under way than the policy allows. Counts only what certainly is: what
 * may have ended, or may be held up, is left out.
 */
final class SimPace {
  /** A place that one commit changes. */
  record Change(Placement before, Placement after) {}

  private record Start(WorkloadId workload, HostId host) {}

  private final SimHardRules books;

  /** What the commit that is looked at changes, as it was before. */
  private final SortedMap<WorkloadId, Placement> before = new TreeMap<>();

  /** Starts of this controller that were under way all the time since. */
  private final SortedMap<OpId, Start> underWay = new TreeMap<>();

  SimPace(SimHardRules books) {
    this.books = books;
  }

  void reset() {
    underWay.clear();
  }

  /** A host is something else for the controller. */
  void stands(HostId host) {
    underWay.values().removeIf(start -> start.host().equals(host));
  }

  /** The controller was told of a record, or that there is none any more. */
  void changed(Key key) {
    switch (key.table()) {
      case HOST, FENCE -> underWay.values().removeIf(s -> s.host().value().equals(key.name()));
      case WORKLOAD -> underWay.values().removeIf(s -> s.workload().toString().equals(key.name()));
      default -> {}
    }
  }

  /**
   * A host has reported: what is not just beginning there is not counted any more. Nor is anything
   * there once its agent is another one, of which the controller may not have seen the lease yet.
   */
  void reported(HostReport report, Optional<HostReport> before) {
    boolean sameFacts =
        before.map(HostReport::incarnation).equals(Optional.of(report.incarnation()))
            && before.map(HostReport::facts).orElse(new TreeMap<>()).equals(report.facts())
            && report.trouble().isEmpty()
            && report.inventoryKnown()
            && report.leaving().isEmpty();
    underWay
        .entrySet()
        .removeIf(
            start -> {
              if (!start.getValue().host().equals(report.host())) {
                return false;
              }
              HostReport.Entry entry = report.assigned().get(start.getValue().workload());
              boolean begins =
                  entry == null
                      || !entry.assignment().equals(start.getKey())
                      || entry.condition() == Condition.PENDING
                      || entry.condition() == Condition.STARTING;
              return !sameFacts || !begins;
            });
  }

  /**
   * A commit that is in the books already.
   *
   * @param starts workloads that are given to another host than before, to be started there
   */
  List<String> decided(List<Change> changes, SortedSet<WorkloadId> starts) {
    List<String> broken = new ArrayList<>();
    SortedSet<WorkloadId> moves = new TreeSet<>();
    before.clear();
    changes.forEach(change -> before.put(change.before().workload(), change.before()));
    for (Change change : changes) {
      WorkloadId id = change.after().workload();
      change.before().owner().ifPresent(owner -> underWay.remove(owner.assignment()));
      if (starts.contains(id)) {
        started(change).ifPresent(why -> broken.add("PACE: %s is started, %s".formatted(id, why)));
      }
      Optional<HostId> target = change.after().move().map(Placement.Move::target);
      if (target.isPresent()
          && !target.equals(change.before().move().map(Placement.Move::target))) {
        moves.add(id);
      }
    }
    if (!starts.isEmpty()) {
      tooManyStarts().ifPresent(broken::add);
    }
    if (!moves.isEmpty()) {
      tooManyMoves(moves).ifPresent(broken::add);
    }
    return broken;
  }

  // Starts

  private Optional<String> started(Change change) {
    Placement after = change.after();
    Placement.Owner owner = after.owner().orElseThrow();
    Optional<Workload> spec = books.specOf(after.workload());
    boolean known = spec.isPresent() && books.isSettled(keyOf(after.workload()));
    if (known
        && books.isStandKnown(owner.host())
        && books.isUsable(owner.host())
        && mayBegin(spec.get(), owner.host())) {
      underWay.put(owner.assignment(), new Start(after.workload(), owner.host()));
    }
    // What was stopped to be moved is started again whatever has changed since.
    if (!known || change.before().move().isPresent()) {
      return Optional.empty();
    }
    Optional<String> lock = spec.get().lock().filter(l -> !after.voidLock().equals(Optional.of(l)));
    return lock.map(l -> "and is locked: " + l)
        .or(
            () ->
                spec.get().policy().dependsOn().stream()
                    .filter(other -> !leadsTo(other, after.workload(), new TreeSet<>()))
                    .filter(this::isNotReady)
                    .map(other -> "and " + other + " is not ready, on which it depends")
                    .findFirst());
  }

  /** What cannot begin where it is placed holds nobody up. */
  private boolean mayBegin(Workload spec, HostId host) {
    return spec.lock().isEmpty()
        && books
            .reportOf(host)
            .filter(
                report ->
                    spec.policy().conditions().stream()
                        .allMatch(name -> report.facts().getOrDefault(name, false)))
            .isPresent();
  }

  /** Whether one depends on the other, as far as that is known. */
  private boolean leadsTo(WorkloadId from, WorkloadId to, SortedSet<WorkloadId> seen) {
    if (from.equals(to) || !books.isSettled(keyOf(from))) {
      return true;
    }
    return seen.add(from)
        && books
            .specOf(from)
            .filter(spec -> spec.policy().dependsOn().stream().anyMatch(o -> leadsTo(o, to, seen)))
            .isPresent();
  }

  /** Certainly: it was not when the controller had committed last, and is not now. */
  private boolean isNotReady(WorkloadId id) {
    if (books.specOf(id).isEmpty()) {
      return true;
    }
    // One that was ready may be moved, or stopped, by the same commit.
    Optional<Placement.Owner> owner =
        Optional.ofNullable(before.get(id))
            .or(() -> books.placementOf(id))
            .flatMap(Placement::owner);
    if (owner.isEmpty()) {
      return books.isSettled(new Key(Table.PLACEMENT, id.toString()));
    }
    if (!books.isSettled(new Key(Table.REPORT, owner.get().host().value()))) {
      return false;
    }
    return entryOf(id, owner.get())
        .filter(entry -> entry.condition() == Condition.RUNNING && entry.ready())
        .isEmpty();
  }

  private Optional<HostReport.Entry> entryOf(WorkloadId id, Placement.Owner owner) {
    return books
        .reportOf(owner.host())
        .filter(report -> report.incarnation().equals(owner.incarnation()))
        .map(report -> report.assigned().get(id))
        .filter(entry -> entry.assignment().equals(owner.assignment()));
  }

  private Optional<String> tooManyStarts() {
    int most = policy().startsInCluster();
    return underWay.size() > most && isPolicyKnown()
        ? Optional.of(
            "PACE: starts %s are under way, and %d may be".formatted(underWay.values(), most))
        : Optional.empty();
  }

  // Moves

  private Optional<String> tooManyMoves(SortedSet<WorkloadId> begun) {
    if (!isPolicyKnown()) {
      return Optional.empty();
    }
    // Those that have to be together go together, also beyond the limits.
    boolean together = begun.stream().anyMatch(this::hasPartners);
    int all = 0;
    SortedMap<HostId, Integer> at = new TreeMap<>();
    SortedSet<HostId> ends = new TreeSet<>();
    for (Placement placement : books.placements()) {
      Placement.Move move = placement.move().orElse(null);
      if (move == null || !isUnderWay(placement, move)) {
        continue;
      }
      boolean isNew = begun.contains(placement.workload());
      if (isNew) {
        ends.add(move.source());
        ends.add(move.target());
      }
      if (!isNew || !together) {
        all++;
        at.merge(move.source(), 1, Integer::sum);
        at.merge(move.target(), 1, Integer::sum);
      }
    }
    int more = together ? 1 : 0;
    if (!ends.isEmpty() && all + more > policy().movesInCluster()) {
      return Optional.of(
          "PACE: %s are moved, and %d may be in the cluster"
              .formatted(begun, policy().movesInCluster()));
    }
    return ends.stream()
        .filter(host -> at.getOrDefault(host, 0) + more > policy().movesPerHost())
        .findFirst()
        .map(
            host ->
                "PACE: %s are moved, and %d may be from and to %s"
                    .formatted(begun, policy().movesPerHost(), host));
  }

  private boolean isUnderWay(Placement placement, Placement.Move move) {
    Optional<Placement.Owner> owner = placement.owner();
    boolean heard =
        owner.isPresent()
            && books.isStandKnown(owner.get().host())
            && books.isHeard(owner.get().host())
            && books
                .reportOf(owner.get().host())
                .filter(report -> report.incarnation().equals(owner.get().incarnation()))
                .isPresent();
    return heard && move.phase() == Phase.LIVE;
  }

  private boolean hasPartners(WorkloadId id) {
    return books.rules().stream()
        .anyMatch(
            rule ->
                rule instanceof Rule.WorkloadAffinity affinity
                    && affinity.kind() == Rule.Kind.POSITIVE
                    && affinity.workloads().contains(id));
  }

  private ClusterPolicy policy() {
    return books.policy();
  }

  private boolean isPolicyKnown() {
    return books.isSettled(StateRecord.ClusterConfig.KEY);
  }

  private static Key keyOf(WorkloadId id) {
    return new Key(Table.WORKLOAD, id.toString());
  }
}
