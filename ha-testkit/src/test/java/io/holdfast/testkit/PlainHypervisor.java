package io.holdfast.testkit;

import io.holdfast.api.Definition;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.Set;
import java.util.SortedMap;

/** Another hypervisor without its optional capabilities. */
record PlainHypervisor(Hypervisor whole) implements Hypervisor {
  @Override
  public Set<String> kinds() {
    return whole.kinds();
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of();
  }

  @Override
  public Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    return whole.inventory(timeout);
  }

  @Override
  public Outcome<Ack> start(WorkloadId workload, Definition definition, Duration timeout) {
    return whole.start(workload, definition, timeout);
  }

  @Override
  public Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    Outcome<Boolean> runs = whole.inventory(timeout).map(all -> all.containsKey(workload));
    return runs.equals(Outcome.done(true))
        ? Outcome.failed(Cause.UNSUPPORTED, "guests here cannot be asked to shut down")
        : runs.map(no -> Ack.OK);
  }

  @Override
  public Outcome<Ack> destroy(WorkloadId workload, Duration timeout) {
    return whole.destroy(workload, timeout);
  }

  @Override
  public Subscription subscribe(EventListener listener) {
    return whole.subscribe(event -> listener.onEvent(withoutReason(event)));
  }

  private static HypervisorEvent withoutReason(HypervisorEvent event) {
    return event instanceof HypervisorEvent.Stopped stopped
        ? new HypervisorEvent.Stopped(stopped.workload(), StopReason.UNKNOWN)
        : event;
  }

  @Override
  public void close() {
    whole.close();
  }
}
