package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.Placement;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Whether what does not fail over is started again on its host and nowhere else, by what the
 * controller has been told. Somebody may have asked for another, and one that is not registered any
 * more is not waited for.
 */
final class SimOnlyHost {
  private final SimHardRules books;

  SimOnlyHost(SimHardRules books) {
    this.books = books;
  }

  /**
   * A commit that is in the books already.
   *
   * @param starts workloads that are given to another host than before, to be started there
   */
  List<String> decided(List<SimPace.Change> changes, SortedSet<WorkloadId> starts) {
    return changes.stream()
        .filter(change -> starts.contains(change.after().workload()) && isBound(change))
        .map(
            change ->
                "ONLY HOST: %s is started on %s, and its policy has it started on %s alone"
                    .formatted(
                        change.after().workload(),
                        change.after().place().orElseThrow(),
                        change.before().place().orElseThrow()))
        .toList();
  }

  private boolean isBound(SimPace.Change change) {
    Placement before = change.before();
    WorkloadId id = before.workload();
    Optional<HostId> last = before.place();
    boolean asked = before.handled() != change.after().handled() || before.move().isPresent();
    return !asked
        && last.isPresent()
        && !last.equals(change.after().place())
        && books.isSettled(new Key(Table.WORKLOAD, id.toString()))
        && books.isSettled(new Key(Table.HOST, last.get().value()))
        && books.isRegistered(last.get())
        && books.specOf(id).filter(spec -> !spec.policy().failover()).isPresent();
  }
}
