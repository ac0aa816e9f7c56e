package io.holdfast.engine.core;

import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.ImmutableSortedSet;
import io.holdfast.api.Capacity;
import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.WorkloadRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the controller knows of one workload. Confined to the core. */
final class WorkloadEntry {
  static final Comparator<WorkloadEntry> MOST_IMPORTANT_FIRST =
      Comparator.comparing(WorkloadEntry::priority).reversed().thenComparing(w -> w.id);

  final WorkloadId id;
  @Nullable Workload spec;
  Placement placement;

  /** Whether the store has a placement: it was placed once, so its history is known. */
  boolean known;

  /** Records of it that cannot be read, and why: while there is one, it is not touched. */
  ImmutableSortedMap<Table, String> unreadable = ImmutableSortedMap.of();

  /** What was asked for last, dealt with or not. */
  @Nullable WorkloadRequest request;

  /** When this core saw it first. */
  long requestSince;

  WorkloadStatus status = WorkloadStatus.UNDEFINED;
  String reason = "";

  /** When it became so, in this core's time. */
  long since;

  /** Where room is kept for it, while it has no host or is to be moved; see {@link KeptRoom}. */
  @Nullable HostId roomKeptOn;

  /** What it was last measured to use; {@code null} if it never was. */
  @Nullable Capacity load;

  /** Where it runs, and since when, as far as this core has seen. */
  @Nullable HostId runsOn;

  long runsSince = Long.MIN_VALUE / 2;

  /** What it waits for, as far as that is not known elsewhere. */
  List<Wait> waits = List.of();

  /** Whether the reason is that its host has not begun, so that it has to be said when it has. */
  boolean saidToWait;

  /** Why no other copy can be running, for its next start. */
  @Nullable Evidence evidence;

  /** Hosts that report it running without having been told to. */
  ImmutableSortedSet<HostId> seenOn = ImmutableSortedSet.of();

  boolean alarmed;

  /** Where the last move did not get to, and until when what that host reports may be older. */
  @Nullable HostId notArrivedOn;

  long notArrivedUntil = Long.MIN_VALUE;

  /** Whether it was told that it does not execute although it is to run. */
  boolean saidPaused;

  /** What is to be said of it besides while it runs, such as why it cannot leave its host. */
  String remark = "";

  /** What became of the last request to move it, where that is not to be seen from the rest. */
  String answer = "";

  /**
   * No move that nobody asked for before, after some that failed: to empty its host, for its rules'
   * sake, back where it was, or for balance's sake.
   */
  long moveNotBefore = Long.MIN_VALUE;

  /** What those were last told of who depend on it, or on whom it depends. */
  boolean wasReady;

  boolean wasPlaced;

  /** What those were last told of whom rules name together with it. */
  boolean heldUp;

  /** Until when hosts that gave it up are avoided, by this core's time. */
  ImmutableSortedMap<HostId, Long> avoidedUntil = ImmutableSortedMap.of();

  /** Before this it is not tried again on a host that gave it up. */
  long retryAt = Long.MIN_VALUE;

  WorkloadEntry(WorkloadId id) {
    this.id = id;
    this.placement = Placement.none(id);
  }

  // There are hundreds of thousands of these, and next to none has anything in its collections:
  // those are one shared empty one, and are replaced as a whole.

  void cannotRead(Table table, String reason) {
    SortedMap<Table, String> next = new TreeMap<>(unreadable);
    next.put(table, reason);
    unreadable = ImmutableSortedMap.copyOf(next);
  }

  void canRead(Table table) {
    unreadable = without(unreadable, table::equals);
  }

  void seenOn(HostId host) {
    SortedSet<HostId> next = new TreeSet<>(seenOn);
    next.add(host);
    seenOn = ImmutableSortedSet.copyOf(next);
  }

  void notSeenOn(HostId host) {
    SortedSet<HostId> next = new TreeSet<>(seenOn);
    next.remove(host);
    seenOn = ImmutableSortedSet.copyOf(next);
  }

  void avoid(HostId host, long until) {
    SortedMap<HostId, Long> next = new TreeMap<>(avoidedUntil);
    next.put(host, until);
    avoidedUntil = ImmutableSortedMap.copyOf(next);
  }

  void avoidNone() {
    avoidedUntil = ImmutableSortedMap.of();
  }

  void avoidOnly(Set<HostId> hosts) {
    avoidedUntil = without(avoidedUntil, host -> !hosts.contains(host));
  }

  private static <K extends Comparable<K>, V> ImmutableSortedMap<K, V> without(
      SortedMap<K, V> map, Predicate<K> dropped) {
    SortedMap<K, V> next = new TreeMap<>(map);
    next.keySet().removeIf(dropped);
    return ImmutableSortedMap.copyOf(next);
  }

  /** The lock that holds it, unless that one is void. */
  Optional<String> lock() {
    return spec == null
        ? Optional.empty()
        : spec.lock().filter(held -> !placement.voidLock().equals(Optional.of(held)));
  }

  /** Whether it goes nowhere before every host has said that it does not run there. */
  boolean mayBeAnywhere() {
    boolean isNew = spec != null && spec.origin() == Workload.Origin.NEW;
    return known ? placement.letGo() : !isNew;
  }

  Priority priority() {
    return spec == null ? Priority.LOW : spec.priority();
  }

  Capacity demand() {
    return spec == null ? Capacity.NONE : spec.demand();
  }
}
