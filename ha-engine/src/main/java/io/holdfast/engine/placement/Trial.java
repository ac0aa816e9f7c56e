package io.holdfast.engine.placement;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Moves tried out in the books, and taken back when it is closed. */
final class Trial implements AutoCloseable {
  private record Before(
      WorkloadSlot workload, @Nullable HostSlot host, @Nullable HostSlot target) {}

  private final PlacementState state;
  private final Deque<Before> undo = new ArrayDeque<>();

  Trial(PlacementState state) {
    this.state = state;
  }

  void move(WorkloadSlot workload, HostSlot to) {
    locate(workload, to);
  }

  void vacate(WorkloadSlot workload) {
    locate(workload, null);
  }

  private void locate(WorkloadSlot workload, @Nullable HostSlot to) {
    undo.push(new Before(workload, workload.host, workload.target));
    state.locate(workload, to, null);
  }

  /** Takes back the last moves, down to a number of them. */
  void backTo(int moves) {
    while (undo.size() > moves) {
      Before before = undo.pop();
      state.locate(before.workload(), before.host(), before.target());
    }
  }

  int moves() {
    return undo.size();
  }

  @Override
  public void close() {
    backTo(0);
  }
}
