package io.holdfast.engine.record;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Where a workload is, as the controller decided. While it has an owner, no other host is told to
 * run it; an owner is replaced only with evidence.
 *
 * @param owner the host it is placed on
 * @param relocations how often it was given to another host since it last ran
 * @param failedHosts hosts that gave it up since it last ran
 * @param failed why it is left alone until its owner acts
 */
public record Placement(
    WorkloadId workload,
    Optional<Owner> owner,
    int relocations,
    SortedSet<HostId> failedHosts,
    Optional<String> failed)
    implements StateRecord {

  /** What the owner has been told. */
  public enum Goal {
    RUN,
    STOP
  }

  /**
   * @param assignment names this order to this host; reports refer to it
   */
  public record Owner(HostId host, Incarnation incarnation, OpId assignment, Goal goal) {}

  public Placement {
    failedHosts = Collections.unmodifiableSortedSet(new TreeSet<>(failedHosts));
  }

  public static Placement none(WorkloadId workload) {
    return new Placement(workload, Optional.empty(), 0, new TreeSet<>(), Optional.empty());
  }

  public Placement withOwner(Owner next) {
    return new Placement(workload, Optional.of(next), relocations, failedHosts, failed);
  }

  public Placement released() {
    return new Placement(workload, Optional.empty(), relocations, failedHosts, failed);
  }

  /**
   * Given up by a host. Once every registered host has, none is held against it any more but the
   * last one: the number of relocations is what ends it, not the number of hosts.
   */
  public Placement givenUpBy(HostId host, SortedSet<HostId> registered) {
    SortedSet<HostId> hosts = new TreeSet<>(failedHosts);
    hosts.add(host);
    if (hosts.containsAll(registered)) {
      hosts.clear();
      if (registered.size() > 1) {
        hosts.add(host);
      }
    }
    return new Placement(workload, Optional.empty(), relocations + 1, hosts, failed);
  }

  public Placement failedBecause(String reason) {
    return new Placement(workload, Optional.empty(), relocations, failedHosts, Optional.of(reason));
  }

  /** It runs: what failed before no longer counts. */
  public Placement succeeded() {
    return new Placement(workload, owner, 0, new TreeSet<>(), Optional.empty());
  }

  @Override
  public Key key() {
    return new Key(Table.PLACEMENT, workload.toString());
  }
}
