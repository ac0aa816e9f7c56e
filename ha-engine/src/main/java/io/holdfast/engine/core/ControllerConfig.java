package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Names;
import io.holdfast.api.Timings;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a controller's core is given for its whole life.
 *
 * @param candidate its name; where a host of that name exists, the controller is taken to live on
 *     it
 * @param leaseTiming with which an expired lease is evidence; empty: it never is
 * @param fenceDevices the names of each host's fence devices, in the order they are tried; a name
 *     stands for one device of its host
 */
public record ControllerConfig(
    String candidate,
    Timings timings,
    Optional<LeaseTiming> leaseTiming,
    SortedMap<HostId, List<String>> fenceDevices) {
  public ControllerConfig {
    Names.check("engine.candidate", candidate);
    TreeMap<HostId, List<String>> copy = new TreeMap<>();
    fenceDevices.forEach((host, devices) -> copy.put(host, distinct(host, devices)));
    fenceDevices = Collections.unmodifiableSortedMap(copy);
  }

  private static List<String> distinct(HostId host, List<String> devices) {
    List<String> copy = List.copyOf(devices);
    if (new TreeSet<>(copy).size() < copy.size()) {
      throw new InvalidConfigException(
          "engine.fenceDevices." + host,
          copy,
          "names that differ, one for each device of the host");
    }
    return copy;
  }

  List<String> devicesOf(HostId host) {
    return fenceDevices.getOrDefault(host, List.of());
  }
}
