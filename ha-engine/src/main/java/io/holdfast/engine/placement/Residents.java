package io.holdfast.engine.placement;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is on a host or on its way there. It changes often and is rarely gone through: whoever does
 * that has it by name.
 */
final class Residents implements Iterable<WorkloadSlot> {
  private @Nullable WorkloadSlot[] present = {};
  private int size;

  int size() {
    return size;
  }

  /** Says whether it was not there yet. */
  boolean add(WorkloadSlot workload) {
    if (find(workload) >= 0) {
      return false;
    }
    if (size == present.length) {
      present = Arrays.copyOf(present, size + size / 4 + 2);
    }
    present[size++] = workload;
    return true;
  }

  /** Says whether it was there. */
  boolean remove(WorkloadSlot workload) {
    int at = find(workload);
    if (at < 0) {
      return false;
    }
    present[at] = present[--size];
    present[size] = null;
    return true;
  }

  private int find(WorkloadSlot workload) {
    for (int i = 0; i < size; i++) {
      if (present[i] == workload) {
        return i;
      }
    }
    return -1;
  }

  /** By name. */
  List<WorkloadSlot> sorted() {
    WorkloadSlot[] copy = Arrays.copyOf(present, size, WorkloadSlot[].class);
    Arrays.sort(copy);
    return List.of(copy);
  }

  @Override
  public Iterator<WorkloadSlot> iterator() {
    return sorted().iterator();
  }
}
