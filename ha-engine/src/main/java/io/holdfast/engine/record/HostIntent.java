package io.holdfast.engine.record;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a host shall run. Addressed to one incarnation: a host that joined again owns nothing until
 * it gets a new one. An agent follows the greatest (epoch, generation) it has seen.
 */
public record HostIntent(
    HostId host,
    Incarnation incarnation,
    Epoch epoch,
    long generation,
    SortedMap<WorkloadId, Entry> entries)
    implements StateRecord {

  /** The order for one workload. */
  public record Entry(
      OpId assignment,
      Placement.Goal goal,
      Priority priority,
      RestartPolicy restart,
      Duration startTimeout,
      Duration stopTimeout) {}

  public HostIntent {
    entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
  }

  @Override
  public Key key() {
    return new Key(Table.INTENT, host.value());
  }
}
