package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.engine.record.HostDirective;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What operators write reaches the controller, before and while it leads. */
class DirectivesTest {
  private static final HostDirective MAINTENANCE =
      new HostDirective(new HostId("host1"), true, Optional.empty());

  @Test
  void aHostIsInMaintenanceForTheControllerThatReadsIt() {
    ControllerScript script = new ControllerScript("host1", "host2").put(MAINTENANCE).leads(1);
    script.allReport("host1", "host2");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.MAINTENANCE);
    assertThat(script.stateOf("host2")).isEqualTo(HostState.ONLINE);
  }

  @Test
  void maintenanceBeginsAndEndsWhileItLeads() {
    ControllerScript script = new ControllerScript("host1", "host2").leads(1);
    script.allReport("host1", "host2");
    script.put(MAINTENANCE).reread(MAINTENANCE.key());
    assertThat(script.stateOf("host1")).isEqualTo(HostState.MAINTENANCE);
    script.store.remove(MAINTENANCE.key());
    script.reread(MAINTENANCE.key());
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
  }

  @Test
  void aHostInMaintenanceThatFallsSilentIsSuspectedAsEveryOther() {
    ControllerScript script = new ControllerScript("host1", "host2").put(MAINTENANCE).leads(1);
    script.allReport("host1", "host2");
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.renews("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.MAINTENANCE);
  }
}
