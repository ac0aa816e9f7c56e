package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import io.holdfast.engine.sim.scenario.ScenarioResult.Happening;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All that a scenario came to, in one line without times: two that differ in nothing are equal. */
final class ScenarioStory {
  private final ScenarioResult result;

  private ScenarioStory(ScenarioResult result) {
    this.result = result;
  }

  static String of(ScenarioResult result) {
    return new ScenarioStory(result).line();
  }

  /** Workloads, hosts to which something happened, changes of the controller, what went wrong. */
  private String line() {
    Stream<String> workloads =
        result.workloads().entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue().status() + ":" + life(e.getKey()));
    Stream<String> hosts = result.hosts().keySet().stream().filter(this::isTouched).map(this::fate);
    long elected = of(h -> h.kind() == Happening.Kind.ELECTED).count();
    Stream<String> led = elected == 1 ? Stream.empty() : Stream.of(elected + " elected");
    Stream<String> failed = result.errors().stream().map(e -> e.substring(e.indexOf(": ") + 2));
    return Stream.of(workloads, hosts, led, failed, result.violations().stream())
        .flatMap(parts -> parts)
        .collect(Collectors.joining("; "));
  }

  private Stream<Happening> of(Predicate<Happening> which) {
    return result.history().stream().filter(which);
  }

  /** Where it ran, and how each copy ended; {@code >} is a live move of the engine's. */
  private String life(WorkloadId workload) {
    StringBuilder life = new StringBuilder();
    of(h -> h.workload().filter(workload::equals).isPresent())
        .forEach(
            h -> {
              String host = h.host().map(HostId::value).orElse("?");
              switch (h.kind()) {
                case RUNS -> life.append(' ').append(host);
                case MIGRATES -> life.append(" >");
                case ENDS -> life.append(h.text().replace("ends: ", " (")).append(')');
                default -> {}
              }
            });
    return life.toString();
  }

  private boolean isTouched(HostId host) {
    return states(host).size() > 1 || departures(host).findAny().isPresent();
  }

  /**
   * What it was for the engine, one after the other; how often it was tried to fence it is not
   * told.
   */
  private List<String> states(HostId host) {
    List<String> states = new ArrayList<>();
    of(h -> h.kind() == Happening.Kind.HOST_STATE && h.host().filter(host::equals).isPresent())
        .map(h -> h.text().substring(0, h.text().indexOf(':')))
        .filter(state -> !state.equals(HostState.JOINING.name()) || !states.isEmpty())
        .filter(state -> !state.equals(HostState.FENCING.name()))
        .filter(state -> states.isEmpty() || !state.equals(states.get(states.size() - 1)))
        .forEach(states::add);
    return states;
  }

  private Stream<String> departures(HostId host) {
    return of(h ->
            h.kind() == Happening.Kind.DEPARTURE
                && h.host().filter(host::equals).isPresent()
                && h.text().startsWith("announces"))
        .map(h -> h.text().replace("announces: ", ""));
  }

  private String fate(HostId host) {
    Stream<String> fate =
        Stream.of(
                departures(host),
                states(host).stream(),
                result.selfFenced().stream()
                    .filter(reset -> reset.host().equals(host))
                    .map(reset -> "self-fenced"),
                result.fenced().stream()
                    .filter(fenced -> fenced.host().equals(host))
                    .map(ScenarioResult.Fenced::evidence))
            .flatMap(parts -> parts);
    return host + " " + fate.collect(Collectors.joining(" "));
  }
}
