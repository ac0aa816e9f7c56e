package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterStatus;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.Host;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.HostConfig;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Hosts that are taken out of the cluster. */
class UnregisteringTest {

  private static void unregister(ControllerScript script, String host) {
    Key key = new Key(Table.HOST, host);
    script.store.remove(key);
    script.reread(key);
  }

  private static List<String> shown(ControllerScript script) {
    return script.status().hosts().stream()
        .map(ClusterStatus.HostInfo::host)
        .map(Object::toString)
        .toList();
  }

  @Test
  void nothingWaitsForAHostThatIsGoneForGood() {
    ControllerScript script = Scenes.threeHosts();
    script.fallsSilent("host2");
    script.passes(Duration.ofMinutes(1));
    script.put(Scenes.workload("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.asked(OFF)).as("for what may be running on it").isNotEmpty();
    unregister(script, "host2");
    script.passes(Duration.ofSeconds(1));
    script.allReport("host1", "host3");
    assertThat(script.orderedOn("vm:1")).hasSize(1).doesNotContain("host2");
  }

  @Test
  void itIsShownUntilItIsSilentAndNothingDependsOnIt() {
    ControllerScript script = Scenes.threeHosts();
    unregister(script, "host2");
    assertThat(shown(script)).containsExactly("host1", "host2", "host3");
    script.fallsSilent("host2");
    script.passes(Duration.ofMinutes(1));
    assertThat(shown(script)).containsExactly("host1", "host3");
  }

  @Test
  void whatIsPlacedThereStillNeedsEvidence() {
    ControllerScript script = Scenes.vmOnHost1();
    unregister(script, "host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(script.orderedOn("vm:1")).as("it runs on there").containsExactly("host1");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    script.passes(Duration.ofSeconds(1));
    assertThat(script.orderedOn("vm:1")).hasSize(2);
    assertThat(shown(script)).doesNotContain("host1");
  }

  @Test
  void whatStayedThereTakesRoomAgainWhenItIsRegisteredAgain() {
    ControllerScript script = Scenes.vmOnHost1();
    List.of("host1", "host2", "host3").forEach(host -> unregister(script, host));
    script.put(Scenes.newWorkload("vm:2")).reread(new Key(Table.WORKLOAD, "vm:2"));
    HostConfig full = new HostConfig(Host.of("host1", Capacity.of(1, 1024)));
    script.put(full).reread(full.key());
    assertThat(script.orderedOn("vm:2")).isEmpty();
    HostConfig larger = new HostConfig(Host.of("host1", Capacity.of(2, 2048)));
    script.put(larger).reread(larger.key());
    assertThat(script.orderedOn("vm:2")).containsExactly("host1");
  }

  @Test
  void noShareCountsIt() {
    String[] hosts = IntStream.rangeClosed(1, 8).mapToObj(i -> "host" + i).toArray(String[]::new);
    ControllerScript script =
        new ControllerScript(hosts)
            .put(new ClusterConfig(ClusterPolicy.DEFAULT))
            .seesLeases()
            .leads(1)
            .allReport(hosts);
    for (int i = 1; i <= 3; i++) {
      script.put(Scenes.newWorkload("vm:" + i)).reread(new Key(Table.WORKLOAD, "vm:" + i));
      script.allReport(hosts);
    }
    List<String> used =
        IntStream.rangeClosed(1, 3).mapToObj(i -> script.orderedOn("vm:" + i).get(0)).toList();
    assertThat(used).doesNotHaveDuplicates();
    // A quarter of eight is two; of seven, one.
    String spare =
        List.of(hosts).stream().filter(host -> !used.contains(host)).findFirst().orElseThrow();
    unregister(script, spare);
    script.fallsSilent(used.get(0), used.get(1));
    script.silencePasses();
    script.passes(Duration.ofSeconds(1));
    assertThat(script.asked(OFF).stream().map(ControllerEffect.AskDevice::host).distinct().toList())
        .hasSize(1);
  }
}
