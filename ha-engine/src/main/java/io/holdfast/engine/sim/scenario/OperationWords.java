package io.holdfast.engine.sim.scenario;

import io.holdfast.engine.sim.scenario.Scenario.WorkloadSpec;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Operations as people say them: the name, then what it is done to. */
final class OperationWords {
  private OperationWords() {}

  static String of(Record operation) {
    List<String> words = new ArrayList<>();
    words.add(
        operation
            .getClass()
            .getSimpleName()
            .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
            .toLowerCase(Locale.ROOT));
    for (RecordComponent component : operation.getClass().getRecordComponents()) {
      words.add(word(component.getName(), valueOf(component, operation)));
    }
    return String.join(" ", words);
  }

  private static String word(String name, Object value) {
    if (value instanceof Boolean on) {
      String word = on ? "on" : "off";
      return name.equals("on") ? word : name + " " + word;
    }
    if (value instanceof WorkloadSpec workload) {
      return workload.id() + workload.host().map(host -> " on " + host).orElse("");
    }
    if (value instanceof Enum<?> state) {
      return state.name().toLowerCase(Locale.ROOT);
    }
    return name.equals("to") ? "to " + value : value.toString();
  }

  private static Object valueOf(RecordComponent component, Record operation) {
    try {
      return component.getAccessor().invoke(operation);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a record's component can be read", e);
    }
  }
}
