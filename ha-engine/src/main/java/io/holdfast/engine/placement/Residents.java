package io.holdfast.engine.placement;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is on a host or on its way there, by name. */
final class Residents implements Iterable<WorkloadSlot> {
  private @Nullable WorkloadSlot[] sorted = {};
  private int size;

  int size() {
    return size;
  }

  /** Says whether it was not there yet. */
  boolean add(WorkloadSlot workload) {
    int found = find(workload);
    if (found >= 0) {
      return false;
    }
    int at = -found - 1;
    if (size == sorted.length) {
      sorted = Arrays.copyOf(sorted, size + size / 4 + 2);
    }
    for (int i = size++; i > at; i--) {
      sorted[i] = sorted[i - 1];
    }
    sorted[at] = workload;
    return true;
  }

  /** Says whether it was there. */
  boolean remove(WorkloadSlot workload) {
    int at = find(workload);
    if (at < 0) {
      return false;
    }
    size--;
    for (int i = at; i < size; i++) {
      sorted[i] = sorted[i + 1];
    }
    sorted[size] = null;
    return true;
  }

  private int find(WorkloadSlot workload) {
    return Arrays.binarySearch(sorted, 0, size, workload);
  }

  List<WorkloadSlot> copy() {
    return List.of(Arrays.copyOf(sorted, size, WorkloadSlot[].class));
  }

  @Override
  public Iterator<WorkloadSlot> iterator() {
    return Arrays.asList(sorted).subList(0, size).iterator();
  }
}
