package io.holdfast.engine.core;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostState;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.placement.Choice;
import java.util.Optional;

/**
 * Where workloads belong that run nowhere and are to stay so: they stay where they were. When that
 * host is proven down, those that are kept stopped go with the rest of its workloads, in the books
 * alone; those that are disabled, or failed, are left where they are.
 */
final class Homes {
  private final ControllerState state;
  private final Books books;
  private final Recovery recovery;

  Homes(ControllerState state, Books books, Recovery recovery) {
    this.state = state;
    this.books = books;
    this.recovery = recovery;
  }

  /**
   * Whether it goes elsewhere when its host is lost: only then is that host worth being fenced.
   * never two: what does not go elsewhere is told to nobody else, so nothing has to be proven.
   */
  static boolean isRecovered(ControllerState state, WorkloadEntry workload) {
    Workload spec = workload.spec;
    boolean kept =
        spec != null
            && (spec.desired() == DesiredState.DISABLED
                || spec.desired() == DesiredState.IGNORED
                || OnlyHost.isAwaitedBy(state, workload));
    return !kept && workload.placement.trials().failed().isEmpty();
  }

  /** Whether it runs nowhere, is to stay so, and goes elsewhere when its home is lost. */
  static boolean isKeptAtHome(ControllerState state, WorkloadEntry workload) {
    return workload.spec != null
        && isRecovered(state, workload)
        && WorkloadFacts.wishOf(workload) == WorkloadTable.Wish.STOP;
  }

  /** Whether a workload is placed on it, or is not started because it may be running there. */
  static boolean isDependedOn(ControllerState state, HostEntry host) {
    if (host.isFrozen()) {
      return false; // it is waited for
    }
    return host.placed.stream()
            .map(state::workload)
            .anyMatch(workload -> isRecovered(state, workload))
        || host.homes.stream()
            .map(state::workload)
            .anyMatch(workload -> isKeptAtHome(state, workload))
        || host.awaitedBy.stream()
            .map(state::workload)
            .anyMatch(workload -> WorkloadFacts.wishOf(workload) == WorkloadTable.Wish.RUN);
  }

  /** It is wanted not running, and is placed nowhere. */
  void rest(WorkloadEntry workload, Workload spec) {
    if (spec.desired() == DesiredState.DISABLED) {
      books.become(workload, WorkloadStatus.DISABLED, "kept stopped, and left where it is");
      return;
    }
    String moved = followHost(workload).orElse("");
    if (workload.placement.shutDown()) {
      books.become(
          workload,
          WorkloadStatus.STOPPED,
          "its user shut it down from inside, which its policy honours; a cleanup, or STOPPED and"
              + " then STARTED, has it started again"
              + moved);
    } else if (!moved.isEmpty() || workload.status != WorkloadStatus.STOPPED) {
      books.become(workload, WorkloadStatus.STOPPED, "kept stopped" + moved);
    }
  }

  private Optional<String> followHost(WorkloadEntry workload) {
    Optional<HostEntry> home = workload.placement.home().map(state::host);
    if (home.isEmpty()
        || !isRecovered(state, workload)
        || home.get().state != HostState.FENCED
        || !state.mayAct()) {
      return Optional.empty();
    }
    HostEntry from = home.get();
    if (recovery.chooseAny(workload) instanceof Choice.Chosen chosen) {
      books.write(workload, workload.placement.atHome(chosen.host()));
      return Optional.of(
          "; moved in the books from %s, which is down, to %s".formatted(from.id, chosen.host()));
    }
    return Optional.of("; " + from.id + " is down, and no other host can take it");
  }
}
