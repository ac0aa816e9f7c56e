package io.holdfast.testkit;

import io.holdfast.api.HostId;
import io.holdfast.api.spi.HostPreference;
import io.holdfast.engine.sim.InMemoryHostPreference;
import java.util.Map;

class InMemoryHostPreferenceTest extends HostPreferenceContract {
  @Override
  protected HostPreference preference() {
    return new InMemoryHostPreference(
        "by-name", Map.of(new HostId("host1"), Long.MAX_VALUE, new HostId("host2"), -1L));
  }
}
