package io.holdfast.engine.core;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Asks every fence device now and then whether it would work, and tells before it is needed that
 * one would not. Two failures in a row count: a single lost packet is nobody's business.
 */
final class DeviceTests {
  private static final int FAILURES_THAT_COUNT = 2;

  private static final class Device {
    final HostId host;
    final String name;
    final Duration deadline;
    int failures;
    OpId asked = new OpId(0, 0);

    Device(HostId host, String name, Duration deadline) {
      this.host = host;
      this.name = name;
      this.deadline = deadline;
    }
  }

  private final ControllerState state;
  private final FenceOperations fences;
  private final SortedMap<String, Device> devices = new TreeMap<>();

  /** Those that do not work, as far as is known, and what is wrong with each. */
  private final SortedMap<HostId, SortedMap<String, String>> failing = new TreeMap<>();

  DeviceTests(ControllerState state, FenceOperations fences) {
    this.state = state;
    this.fences = fences;
    state
        .config
        .fencing()
        .steps()
        .forEach(
            (host, steps) ->
                steps.forEach(step -> step.devices().forEach(d -> add(host, d, step))));
  }

  private void add(HostId host, String name, FenceStep step) {
    devices.put(key(host, name), new Device(host, name, step.deadline()));
  }

  private static String key(HostId host, String device) {
    return host + "/" + device;
  }

  void reset() {
    devices.keySet().forEach(key -> state.cancel(TimerKind.DEVICE_TEST, key));
    devices.values().forEach(device -> device.failures = 0);
    failing.clear();
  }

  /** Leadership begins: all devices, one after another, within one interval. */
  void begin() {
    long interval = state.config.fencing().testInterval().toNanos();
    long i = 0;
    for (String key : devices.keySet()) {
      i++;
      state.timer(TimerKind.DEVICE_TEST, key, state.now + interval / devices.size() * i);
    }
  }

  void due(String key) {
    Device device = devices.get(key);
    if (device == null || !state.leading) {
      return;
    }
    // A device that never answers is tested again all the same, and the former answer is late.
    again(device, state.config.fencing().testInterval());
    if (state.mayAct() && !fences.isUnderWay(device.host)) {
      device.asked = state.nextOp();
      long latest = state.now + device.deadline.toNanos() / 2;
      state.emit(
          new AskDevice(
              device.asked,
              device.host,
              device.name,
              DeviceOperation.STATUS,
              device.deadline,
              latest));
    }
  }

  private void again(Device device, Duration pause) {
    state.timer(TimerKind.DEVICE_TEST, key(device.host, device.name), state.now + pause.toNanos());
  }

  void answered(ControllerEvent.DeviceAnswered event) {
    Device device = devices.get(key(event.host(), event.device()));
    if (device == null || !device.asked.equals(event.op())) {
      return;
    }
    boolean works =
        event.outcome() instanceof FenceOutcome.Confirmed
            || event.outcome() instanceof FenceOutcome.AlreadyThere;
    if (works) {
      if (device.failures >= FAILURES_THAT_COUNT) {
        worksAgain(device);
        tell(device, true, "works again: " + event.outcome().describe());
      }
      device.failures = 0;
      return;
    }
    device.failures++;
    if (device.failures < FAILURES_THAT_COUNT) {
      again(device, state.timings().fenceRetryMin());
    } else if (device.failures == FAILURES_THAT_COUNT) {
      failed(device, "could not be asked, twice in a row: " + event.outcome().describe());
    }
  }

  private void failed(Device device, String why) {
    failing.computeIfAbsent(device.host, host -> new TreeMap<>()).put(device.name, why);
    tell(device, false, why);
    state.publish(
        new HaEvent.Alarm(device.host.value(), "fence device " + device.name + " " + why));
  }

  private void worksAgain(Device device) {
    failing.computeIfPresent(
        device.host,
        (host, others) -> {
          others.remove(device.name);
          return others.isEmpty() ? null : others;
        });
  }

  /** The devices of a host that do not work, and what is wrong with each. */
  SortedMap<String, String> failing(HostId host) {
    return failing.getOrDefault(host, Collections.emptySortedMap());
  }

  private void tell(Device device, boolean works, String detail) {
    state.publish(new HaEvent.FenceDeviceTested(device.host, device.name, works, detail));
  }
}
