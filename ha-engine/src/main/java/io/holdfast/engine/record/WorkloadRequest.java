package io.holdfast.engine.record;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;

/**
 * Something that was asked for once. It stays in the store; the number that was dealt with last is
 * kept with the workload's placement, so that nothing is done twice and nothing is lost when the
 * controller changes.
 *
 * @param number greater than that of the request before
 */
public record WorkloadRequest(WorkloadId workload, long number, Action action)
    implements StateRecord {

  /** What was asked for. */
  public sealed interface Action {
    /** Move it there, live where that is possible. */
    record Move(HostId target) implements Action {}

    /** Stop it where it is and start it there. */
    record Relocate(HostId target) implements Action {}

    /** Stop it, given this long to shut itself down; the desired state is changed with it. */
    record Stop(Duration timeout) implements Action {}

    /** Forget that it failed, and try again. */
    record Cleanup() implements Action {}
  }

  @Override
  public Key key() {
    return new Key(Table.REQUEST, workload.toString());
  }
}
