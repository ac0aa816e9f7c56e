package io.holdfast.engine.sim;

import io.holdfast.api.DesiredState;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which placements one controller may forget, by what it has asked and was told: that a workload is
 * not protected, or is to be left alone, lets it take the workload off the books, once, in the
 * first commit after that: at once, or when those before it are answered, the connection is there
 * and it knows that it leads. What it is told later takes nothing back: the workload may be
 * protected anew while the commit waits.
 */
final class SimForgetting {
  private Optional<OpId> commit = Optional.empty();

  /** One that stood still decides nothing before the store has told it that it leads. */
  private Optional<OpId> campaign = Optional.empty();

  private boolean connected;

  /** Placed by it, whether or not the store has it already. */
  private final SortedSet<WorkloadId> placed = new TreeSet<>();

  /** Told to be unprotected; forgetting them may not have been sent yet. */
  private final SortedSet<WorkloadId> mayForget = new TreeSet<>();

  /** To be left alone, as far as it was told: each as soon as a move of it is settled. */
  private final SortedSet<WorkloadId> ignored = new TreeSet<>();

  /**
   * The core is about to take an event in.
   *
   * @param news whether it takes it for what is in the store
   */
  void told(ControllerEvent event, boolean news) {
    if (news && event instanceof ControllerEvent.RecordRead read) {
      if (read.outcome() instanceof Outcome.Done<Optional<StateRecord>> done
          && read.key().table() == Table.WORKLOAD) {
        WorkloadId workload = workloadOf(read.key());
        if (done.value().filter(SimForgetting::isLookedAfter).isEmpty()) {
          mayForget.add(workload);
        }
        SortedSet<WorkloadId> before = new TreeSet<>(ignored);
        ignored.remove(workload);
        done.value().ifPresent(this::noteIgnored);
        keepWhatWaits(before);
      }
    } else if (news && event instanceof ControllerEvent.StateRead read) {
      if (read.outcome() instanceof Outcome.Done<List<StateRecord>> done) {
        mayForget.addAll(placedAndUnprotected(done.value(), placed));
        SortedSet<WorkloadId> before = new TreeSet<>(ignored);
        ignored.clear();
        done.value().forEach(this::noteIgnored);
        keepWhatWaits(before);
      }
    } else if (event instanceof ControllerEvent.CommitEnded ended
        && commit.equals(Optional.of(ended.op()))) {
      commit = Optional.empty();
    } else if (event instanceof ControllerEvent.CampaignEnded ended
        && campaign.equals(Optional.of(ended.op()))) {
      campaign = Optional.empty();
    } else if (event instanceof ControllerEvent.ConnectionChanged changed) {
      connected = changed.connection() == Connection.CONNECTED;
    }
  }

  /** What is not to be left alone any more may be forgotten by a commit that still waits. */
  private void keepWhatWaits(SortedSet<WorkloadId> before) {
    if (commit.isPresent() || campaign.isPresent() || !connected) {
      before.stream().filter(workload -> !ignored.contains(workload)).forEach(mayForget::add);
    }
  }

  /**
   * The core has answered that event.
   *
   * @return the workloads whose placements it forgets with good reason
   */
  List<WorkloadId> issued(List<ControllerEffect> effects) {
    List<WorkloadId> forgotten = new ArrayList<>();
    for (ControllerEffect effect : effects) {
      if (effect instanceof ControllerEffect.Campaign asked) {
        campaign = Optional.of(asked.op());
      } else if (effect instanceof ControllerEffect.Commit sent) {
        commit = Optional.of(sent.op());
        sent.changes().stream()
            .filter(change -> change.value().orElse(null) instanceof Placement)
            .forEach(change -> placed.add(workloadOf(change.key())));
        sent.changes().stream()
            .map(ControllerEffect.Change::key)
            .filter(key -> key.table() == Table.PLACEMENT)
            .map(SimForgetting::workloadOf)
            .filter(workload -> mayForget.remove(workload) || ignored.contains(workload))
            .forEach(forgotten::add);
      }
    }
    if (commit.isEmpty() && campaign.isEmpty() && connected) {
      mayForget.clear(); // Nothing waits for anything.
    }
    return forgotten;
  }

  private static SortedSet<WorkloadId> placedAndUnprotected(
      List<StateRecord> records, SortedSet<WorkloadId> placed) {
    SortedSet<WorkloadId> found = new TreeSet<>(placed);
    for (StateRecord record : records) {
      if (record instanceof Placement placement) {
        found.add(placement.workload());
      }
    }
    for (StateRecord record : records) {
      if (record.key().table() == Table.WORKLOAD && isLookedAfter(record)) {
        found.remove(workloadOf(record.key()));
      }
    }
    return found;
  }

  private void noteIgnored(StateRecord record) {
    if (record.key().table() == Table.WORKLOAD && !isLookedAfter(record)) {
      ignored.add(workloadOf(record.key()));
    }
  }

  private static boolean isLookedAfter(StateRecord record) {
    return !(record instanceof StateRecord.WorkloadConfig config)
        || config.workload().desired() != DesiredState.IGNORED;
  }

  private static WorkloadId workloadOf(Key key) {
    return WorkloadId.parse(key.name());
  }
}
