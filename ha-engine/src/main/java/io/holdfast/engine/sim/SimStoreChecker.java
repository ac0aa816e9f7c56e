package io.holdfast.engine.sim;

import io.holdfast.api.DesiredState;
import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.WorkloadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Watches every commit: who may write what, and that no workload is taken from its owner without
 * evidence that was stored before or is stored with it.
 */
final class SimStoreChecker implements InMemoryCoordination.CommitObserver {
  private record Fenced(HostId host, long epoch) implements Comparable<Fenced> {
    @Override
    public int compareTo(Fenced other) {
      int byHost = host.compareTo(other.host);
      return byHost != 0 ? byHost : Long.compare(epoch, other.epoch);
    }
  }

  private record Seen(WorkloadId workload, HostId host) implements Comparable<Seen> {
    @Override
    public int compareTo(Seen other) {
      int byWorkload = workload.compareTo(other.workload);
      return byWorkload != 0 ? byWorkload : host.compareTo(other.host);
    }
  }

  private record Forgotten(Epoch epoch, WorkloadId workload) implements Comparable<Forgotten> {
    @Override
    public int compareTo(Forgotten other) {
      int byEpoch = epoch.compareTo(other.epoch);
      return byEpoch != 0 ? byEpoch : workload.compareTo(other.workload);
    }
  }

  private final SimWorld world;
  private final SimFenceLevels levels;
  private final SortedMap<WorkloadId, Placement> placements = new TreeMap<>();
  private final SortedMap<WorkloadId, WorkloadRequest> requests = new TreeMap<>();
  private final SortedSet<WorkloadId> protectedOnes = new TreeSet<>();

  /** Not protected at some time since the last placement: starts of before may be under way. */
  private final SortedSet<WorkloadId> setFree = new TreeSet<>();

  /** Placements whose controller knows them to be of no protected workload, in its last commits. */
  private final SortedSet<Forgotten> forgotten = new TreeSet<>();

  private final SortedSet<Fenced> intended = new TreeSet<>();
  private final SortedMap<HostId, Incarnation> provenDown = new TreeMap<>();
  private final SortedMap<HostId, Optional<Evidence>> evidence = new TreeMap<>();

  /** Kept from the storage, as far as controllers know. */
  private final SortedSet<HostId> cutOff = new TreeSet<>();

  /** Until when each host may release its watchdog. */
  private final SortedMap<HostId, Long> toldToLetGo = new TreeMap<>();

  private final SortedSet<OpId> reportedStopped = new TreeSet<>();
  private final SortedSet<OpId> reportedGivenUp = new TreeSet<>();

  /** Every move that was ever intended. */
  private final SortedSet<Seen> moves = new TreeSet<>();

  private final SortedSet<OpId> reportedGone = new TreeSet<>();
  private final SortedSet<Seen> seenRunning = new TreeSet<>();
  private final SortedMap<HostId, HostReport> reports = new TreeMap<>();

  SimStoreChecker(SimWorld world) {
    this.world = world;
    levels = new SimFenceLevels(world);
  }

  Optional<Placement.Owner> ownerOf(WorkloadId workload) {
    return Optional.ofNullable(placements.get(workload)).flatMap(Placement::owner);
  }

  boolean isProtected(WorkloadId workload) {
    return protectedOnes.contains(workload) && !setFree.contains(workload);
  }

  /** Whether it is placed nowhere, and looked for everywhere before it is started. */
  boolean mayBeAnywhere(WorkloadId workload) {
    Placement placement = placements.get(workload);
    return placement == null || (placement.owner().isEmpty() && placement.letGo());
  }

  /** Whether the host's last report has it, whatever it says of it. */
  boolean isReported(WorkloadId workload, HostId host) {
    HostReport report = reports.get(host);
    return report != null
        && (report.unassigned().contains(workload) || report.assigned().containsKey(workload));
  }

  /** Whether the books ever said that it is to be moved there. */
  boolean wasMoveIntended(WorkloadId workload, HostId target) {
    return moves.contains(new Seen(workload, target));
  }

  /** Whether this host was told a moment ago that its watchdog is to be released. */
  boolean wasToldToLetGo(HostId host) {
    Long until = toldToLetGo.get(host);
    return until != null && world.schedule().now() <= until;
  }

  private void guardOrdered(HostIntent intent) {
    if (intent.guard().order() == HostIntent.GuardOrder.RELEASED) {
      toldToLetGo.put(intent.host(), Long.MAX_VALUE);
    } else if (toldToLetGo.containsKey(intent.host())) {
      // An agent that has read the former order may still be about to follow it.
      long soon = world.schedule().now() + world.timings().silence().multipliedBy(10).toNanos();
      toldToLetGo.merge(intent.host(), soon, Math::min);
    }
  }

  /** Whether there is evidence about some incarnation of this host. */
  boolean isProvenDown(HostId host) {
    return provenDown.containsKey(host);
  }

  boolean wasFenceIntended(HostId host, long epoch) {
    return intended.contains(new Fenced(host, epoch));
  }

  /**
   * A controller sends a commit that changes these placements, and has good reason to: it was told
   * that the workloads are not protected. Holds for one commit of that epoch.
   */
  void mayBeForgotten(Epoch epoch, List<WorkloadId> workloads) {
    workloads.forEach(workload -> forgotten.add(new Forgotten(epoch, workload)));
  }

  @Override
  public void onCommit(Optional<Epoch> guard, List<Write> writes) {
    List<StateRecord> records = new ArrayList<>();
    for (Write write : writes) {
      Table table = write.key().table();
      boolean controllers =
          table == Table.FENCE || table == Table.PLACEMENT || table == Table.INTENT;
      if (controllers && guard.isEmpty()) {
        world.violated(write.key() + " is written without the epoch being checked");
      }
      write
          .value()
          .ifPresentOrElse(
              value -> records.add(world.anyVersion().decode(new Stored(write.key(), value, 0))),
              () -> deleted(guard, write));
    }
    // Evidence first: it may be in the same commit as what it allows.
    records.forEach(record -> learn(guard, record));
    records.forEach(record -> judge(guard, record));
  }

  private void deleted(Optional<Epoch> guard, Write write) {
    if (write.key().table() == Table.WORKLOAD) {
      WorkloadId workload = WorkloadId.parse(write.key().name());
      notLookedAfter(workload);
    } else if (write.key().table() == Table.PLACEMENT) {
      Placement before = placements.remove(WorkloadId.parse(write.key().name()));
      if (before != null) {
        judgeChange(guard, before, Optional.empty());
      }
    }
  }

  private void notLookedAfter(WorkloadId workload) {
    protectedOnes.remove(workload);
    setFree.add(workload);
  }

  /** Whether it was moved lately to make hosts more even. */
  boolean isEvened(WorkloadId workload) {
    Placement placement = placements.get(workload);
    return placement != null && placement.evened();
  }

  /** Whether it was stopped lately so that another finds room, or is to be. */
  boolean isEvicted(WorkloadId workload) {
    Placement placement = placements.get(workload);
    return placement != null && placement.eviction().isPresent();
  }

  /** Whether its user has shut it down and that is honoured, so that its owner has to act. */
  boolean isShutDown(WorkloadId workload) {
    Placement placement = placements.get(workload);
    return placement != null && placement.shutDown();
  }

  /** What was asked for last, if that is to be done by the controller and is not answered. */
  Optional<WorkloadRequest> unanswered(WorkloadId workload) {
    Placement placement = placements.get(workload);
    long answered = placement == null ? 0 : placement.handled();
    return Optional.ofNullable(requests.get(workload))
        .filter(request -> request.number() > answered)
        .filter(request -> !(request.action() instanceof WorkloadRequest.Action.Stop));
  }

  /** Whether it does not get its storage back before what is left there has ended. */
  boolean isCutOff(HostId host) {
    return cutOff.contains(host);
  }

  private void learn(Optional<Epoch> guard, StateRecord record) {
    if (record instanceof FenceRecord fence) {
      requireEpoch(guard, fence.epoch(), fence);
      levels.written(fence);
      if (fence.intends()) {
        intended.add(new Fenced(fence.host(), fence.epoch().value()));
      }
      if (fence.asFound().cut().isEmpty()) {
        cutOff.remove(fence.host());
      } else {
        cutOff.add(fence.host());
      }
      boolean isNew =
          !fence.evidence().equals(evidence.get(fence.host()))
              || !fence.incarnation().equals(provenDown.get(fence.host()));
      fence.evidence().ifPresent(given -> proven(fence, given, isNew));
    } else if (record instanceof HostIntent intent) {
      requireEpoch(guard, intent.epoch(), intent);
      guardOrdered(intent);
      world.handsOff().intended(intent);
    } else if (record instanceof StateRecord.WorkloadConfig config) {
      if (config.workload().desired() == DesiredState.IGNORED) {
        notLookedAfter(config.workload().id());
      } else {
        protectedOnes.add(config.workload().id());
      }
    } else if (record instanceof WorkloadRequest request) {
      requests.put(request.workload(), request);
    } else if (record instanceof HostReport report) {
      reported(report);
    } else if (record instanceof StateRecord.Unreadable unreadable) {
      world.violated("a record was written that cannot be read: " + unreadable);
    }
  }

  /** Evidence is the truth: what it says is down runs nothing. */
  private void proven(FenceRecord fence, Evidence given, boolean isNew) {
    if (given instanceof Evidence.LeaseExpired) {
      world.checkers().leaseExpired(fence.host(), fence.incarnation());
    }
    Incarnation before = provenDown.get(fence.host());
    if (before != null && before.compareTo(fence.incarnation()) > 0) {
      world.violated(
          "what is known of incarnation %s of %s is replaced by %s"
              .formatted(before, fence.host(), fence));
    }
    provenDown.put(fence.host(), fence.incarnation());
    evidence.put(fence.host(), fence.evidence());
    if (given instanceof Evidence.StorageFenced) {
      if (isNew && !world.physical().isCutOff(fence.host())) {
        world.violated("evidence '%s' is stored, and it is not so".formatted(given.describe()));
      }
      return;
    }
    for (WorkloadId workload : world.physical().copiesOn(fence.host())) {
      ownerOf(workload)
          .filter(owner -> owner.host().equals(fence.host()))
          .filter(owner -> fence.covers(owner.incarnation()))
          .ifPresent(
              owner ->
                  world.violated(
                      "evidence '%s' is stored, and %s still runs there"
                          .formatted(given.describe(), workload)));
    }
  }

  private void reported(HostReport report) {
    reports.put(report.host(), report);
    world.handsOff().reported(report);
    Epoch durable = world.machine(report.host()).disk.durable();
    if (report.intentEpoch().compareTo(durable) > 0) {
      world.violated(
          "%s follows orders of epoch %s, and what is safe on its disk is %s"
              .formatted(report.host(), report.intentEpoch(), durable));
    }
    report
        .assigned()
        .values()
        .forEach(
            entry -> {
              if (entry.condition() == Condition.GONE) {
                reportedGone.add(entry.assignment());
              } else if (entry.condition() == Condition.STOPPED) {
                reportedStopped.add(entry.assignment());
              } else if (entry.condition() == Condition.GIVEN_UP
                  || entry.condition() == Condition.SHUT_DOWN) {
                reportedGivenUp.add(entry.assignment());
              }
            });
    report.unassigned().forEach(id -> seenRunning.add(new Seen(id, report.host())));
  }

  private void requireEpoch(Optional<Epoch> guard, Epoch epoch, StateRecord record) {
    if (guard.isPresent() && !guard.get().equals(epoch)) {
      world.violated(record.key() + " of epoch " + epoch + " is written under " + guard.get());
    }
  }

  private void judge(Optional<Epoch> guard, StateRecord record) {
    if (record instanceof Placement placement) {
      placement.move().ifPresent(move -> moves.add(new Seen(placement.workload(), move.target())));
      Placement before = placements.put(placement.workload(), placement);
      if (before != null) {
        judgeChange(guard, before, placement.owner());
      }
      if (protectedOnes.contains(placement.workload()) && placement.owner().isPresent()) {
        setFree.remove(placement.workload());
      }
    }
  }

  /** never two: an owner is replaced only with evidence. */
  private void judgeChange(
      Optional<Epoch> guard, Placement before, Optional<Placement.Owner> next) {
    boolean dropped =
        guard.isPresent() && forgotten.remove(new Forgotten(guard.get(), before.workload()));
    if (before.owner().isEmpty()) {
      return;
    }
    Placement.Owner owner = before.owner().get();
    boolean sameHost = next.isPresent() && next.get().host().equals(owner.host());
    boolean down =
        provenDown.containsKey(owner.host())
            && provenDown.get(owner.host()).compareTo(owner.incarnation()) >= 0;
    boolean stopped =
        reportedGivenUp.contains(owner.assignment())
            || (owner.goal() == Placement.Goal.STOP
                && reportedStopped.contains(owner.assignment()));
    boolean foundThere =
        next.isPresent() && seenRunning.contains(new Seen(before.workload(), next.get().host()));
    boolean gone = reportedGone.contains(owner.assignment());
    if (!sameHost && !down && !gone && !stopped && !foundThere && !dropped) {
      world.violated(
          "%s is taken from %s and given to %s without evidence"
              .formatted(before.workload(), owner, next));
    }
  }
}
