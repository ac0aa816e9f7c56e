package io.holdfast.engine.effect;

import io.holdfast.api.HostId;
import io.holdfast.api.Timings;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.FenceTopology;
import io.holdfast.engine.core.FenceSettings;
import io.holdfast.engine.core.FenceStep;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Devices that can be called, as the names by which a core knows them. */
public final class Topologies {
  private Topologies() {}

  /** What topologies say, with the usual deadline where a level has none of its own. */
  public static FenceSettings settings(
      SortedMap<HostId, FenceTopology> topologies,
      Timings timings,
      Duration testInterval,
      Duration raceDelay) {
    TreeMap<HostId, List<FenceStep>> steps = new TreeMap<>();
    topologies.forEach(
        (host, topology) ->
            steps.put(
                host, topology.levels().stream().map(level -> stepOf(level, timings)).toList()));
    return new FenceSettings(steps, testInterval, raceDelay);
  }

  private static FenceStep stepOf(FenceTopology.Level level, Timings timings) {
    return new FenceStep(
        level.devices().stream().map(FenceDevice::name).toList(),
        level.deadline().orElse(timings.fenceTimeout()),
        level.target() == FenceDevice.Target.STORAGE);
  }
}
