package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Timings;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What no controller may be given. */
class ControllerConfigTest {
  private static final HostId HOST = new HostId("host1");

  @Test
  void twoDevicesOfOneNameAreRefused() {
    assertThatThrownBy(() -> config(List.of("bmc", "pdu", "bmc")))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("engine.fenceDevices.host1: found [bmc, pdu, bmc], allowed: names");
  }

  @Test
  void aCandidateThatBreaksTheRuleForNamesIsToldTheRule() {
    assertThatThrownBy(
            () -> new ControllerConfig("-a", Timings.DEFAULT, Optional.empty(), new TreeMap<>()))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "engine.candidate: found \"-a\", allowed: 1 to 64 letters, digits, '.', '_' or '-',"
                + " starting with a letter or digit");
  }

  @Test
  void devicesOfDifferentHostsMayShareAName() {
    SortedMap<HostId, List<String>> devices = new TreeMap<>();
    devices.put(HOST, List.of("bmc"));
    devices.put(new HostId("host2"), List.of("bmc"));
    ControllerConfig config =
        new ControllerConfig("c1", Timings.DEFAULT, Optional.empty(), devices);
    assertThat(config.fencing().devicesOf(HOST)).containsExactly("bmc");
  }

  private static ControllerConfig config(List<String> devices) {
    SortedMap<HostId, List<String>> all = new TreeMap<>();
    all.put(HOST, devices);
    return new ControllerConfig("c1", Timings.DEFAULT, Optional.empty(), all);
  }
}
