package io.holdfast.engine.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.WorkloadId;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** Beside a sorted map, whatever is added and removed. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class IdTableTest {
  private record Entry(WorkloadId id, int number) {}

  /** Three in four share their hash with others: they stand behind each other. */
  private static WorkloadId id(int number) {
    String pairs =
        number % 4 == 0 ? "x" : number % 4 == 1 ? "AaAa" : number % 4 == 2 ? "BBBB" : "AaBB";
    return new WorkloadId("vm", pairs + number / 4);
  }

  @Property(tries = 2000)
  void itHoldsWhatASortedMapHolds(
      @ForAll @Size(max = 120) List<@IntRange(min = 0, max = 59) Integer> steps) {
    IdTable<Entry> table = new IdTable<>(Entry::id);
    SortedMap<WorkloadId, Entry> model = new TreeMap<>();
    for (int step = 0; step < steps.size(); step++) {
      WorkloadId id = id(steps.get(step));
      if (model.containsKey(id)) {
        assertThat(table.remove(id)).isSameAs(model.remove(id));
      } else {
        assertThat(table.remove(id)).isNull();
        Entry entry = new Entry(id, step);
        table.add(entry);
        model.put(id, entry);
      }
      for (int number = 0; number < 60; number++) {
        assertThat(table.get(id(number))).isSameAs(model.get(id(number)));
      }
      assertThat(table.sorted()).containsExactlyElementsOf(model.values());
    }
  }
}
