package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * With what hosts are fenced.
 *
 * @param steps of each host, in order; a name stands for one device of its host
 * @param testInterval how often each device is asked whether it would work
 * @param raceDelay in a cluster of two hosts: how long the one with the more important workloads is
 *     spared, so that of two that accuse each other it survives
 */
public record FenceSettings(
    SortedMap<HostId, List<FenceStep>> steps, Duration testInterval, Duration raceDelay) {
  public static final Duration TEST_INTERVAL = Duration.ofMinutes(10);

  public FenceSettings {
    TreeMap<HostId, List<FenceStep>> copy = new TreeMap<>();
    steps.forEach((host, list) -> copy.put(host, distinct(host, list)));
    steps = Collections.unmodifiableSortedMap(copy);
  }

  /** One device after another, the usual interval and no delay. */
  public static FenceSettings inOrder(SortedMap<HostId, List<String>> devices, Duration deadline) {
    TreeMap<HostId, List<FenceStep>> steps = new TreeMap<>();
    devices.forEach(
        (host, names) ->
            steps.put(
                host, names.stream().map(name -> new FenceStep(List.of(name), deadline)).toList()));
    return new FenceSettings(steps, TEST_INTERVAL, Duration.ZERO);
  }

  private static List<FenceStep> distinct(HostId host, List<FenceStep> steps) {
    List<String> names = namesOf(steps);
    if (new TreeSet<>(names).size() < names.size()) {
      throw new InvalidConfigException(
          "engine.fenceDevices." + host,
          names,
          "names that differ, one for each device of the host");
    }
    return List.copyOf(steps);
  }

  /** What this host is fenced with, in order; empty where there is nothing. */
  public List<FenceStep> stepsOf(HostId host) {
    return steps.getOrDefault(host, List.of());
  }

  List<String> devicesOf(HostId host) {
    return namesOf(stepsOf(host));
  }

  private static List<String> namesOf(List<FenceStep> steps) {
    return steps.stream().flatMap(step -> step.devices().stream()).toList();
  }
}
