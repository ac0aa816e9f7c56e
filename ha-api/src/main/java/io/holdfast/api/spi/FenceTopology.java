package io.holdfast.api.spi;

import io.holdfast.api.InvalidConfigException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * How one host is fenced: the levels are tried in order, until one has cut it off. When none has,
 * its watchdog may have, or a person has to say so.
 */
public record FenceTopology(List<Level> levels) {

  /**
   * Devices that are asked at the same time, and must all confirm: the two outlets of a host with
   * two power supplies, say.
   *
   * @param devices at least one, all of the same {@link FenceDevice#target}, with names that differ
   *     from those of all other levels
   * @param deadline how long one operation of each may take; empty: {@link
   *     io.holdfast.api.Timings#fenceTimeout}
   */
  public record Level(List<FenceDevice> devices, Optional<Duration> deadline) {
    public Level {
      devices = List.copyOf(devices);
      if (devices.isEmpty()) {
        throw new InvalidConfigException("fenceTopology.level", "no device", "at least one");
      }
      if (devices.stream().map(FenceDevice::target).distinct().count() > 1) {
        throw new InvalidConfigException(
            "fenceTopology.level",
            "devices for the power and for the storage",
            "levels of their own for each");
      }
      deadline.ifPresent(Level::requireAllowed);
    }

    /** What its devices take away. */
    public FenceDevice.Target target() {
      return devices.get(0).target();
    }

    /** These devices, with the usual deadline. */
    public static Level of(FenceDevice... devices) {
      return new Level(List.of(devices), Optional.empty());
    }

    private static void requireAllowed(Duration deadline) {
      if (deadline.compareTo(Duration.ofMillis(10)) < 0
          || deadline.compareTo(Duration.ofHours(1)) > 0) {
        throw new InvalidConfigException("fenceTopology.deadline", deadline, "PT0.01S to PT1H");
      }
    }
  }

  public FenceTopology {
    levels = List.copyOf(levels);
    TreeSet<String> names = new TreeSet<>();
    for (Level level : levels) {
      for (FenceDevice device : level.devices()) {
        if (!names.add(device.name())) {
          throw new InvalidConfigException(
              "fenceTopology", device.name() + " twice", "names that differ, one for each device");
        }
      }
    }
  }

  /** One device after another. */
  public static FenceTopology inOrder(List<FenceDevice> devices) {
    return new FenceTopology(devices.stream().map(Level::of).toList());
  }

  /** All devices, level by level. */
  public List<FenceDevice> devices() {
    return levels.stream().flatMap(level -> level.devices().stream()).toList();
  }
}
