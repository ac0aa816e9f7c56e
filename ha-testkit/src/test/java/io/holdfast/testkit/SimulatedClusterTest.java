package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Drills as an embedder writes them. */
class SimulatedClusterTest {
  private static final HostId HOST2 = new HostId("host2");

  @TempDir Path directory;

  @Test
  @SimulatedHosts(hosts = 3, workloads = 6)
  void aCrashIsOverInHalfAMinute(SimulatedCluster cluster) {
    List<WorkloadId> its = cluster.workloadsOn(HOST2);
    assertThat(its).isNotEmpty();
    cluster.faults().crash(HOST2);
    Duration took =
        cluster.await("everything runs again", cluster::everythingRuns, Duration.ofSeconds(30));
    assertThat(took).isPositive();
    assertThat(cluster.told(HaEvent.HostFenced.class))
        .extracting(HaEvent.HostFenced::host)
        .containsExactly(HOST2);
    assertThat(its).allSatisfy(id -> assertThat(cluster.hostsOf(id)).doesNotContain(HOST2));
  }

  @Test
  @SimulatedHosts(hosts = 2, workloads = 1)
  void whatDoesNotComeIsToldWithWhatHappened(SimulatedCluster cluster) {
    assertThatThrownBy(() -> cluster.await("a miracle", () -> false, Duration.ofMinutes(1)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("a miracle within PT1M")
        .hasMessageContaining("host1");
  }

  /** Not a test of its own: run by the test below. */
  static class Broken {
    @Test
    @SimulatedHosts(hosts = 2, workloads = 1)
    void startsASecondCopy(SimulatedCluster cluster) {
      WorkloadId id = cluster.platform().workloads().get(0).id();
      HostId other = new HostId(cluster.hostsOf(id).get(0).equals(HOST2) ? "host1" : "host2");
      cluster.world().physical().startCopy(id, other);
    }
  }

  @Test
  void aTestThatBreaksAPromiseFailsAlthoughItAssertsNothing() {
    SummaryGeneratingListener run = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request().selectors(selectClass(Broken.class)).build(),
            run);
    assertThat(run.getSummary().getTestsStartedCount()).isEqualTo(1);
    assertThat(run.getSummary().getFailures())
        .hasSize(1)
        .allSatisfy(failure -> assertThat(failure.getException()).hasMessageContaining("host2"));
  }

  @Test
  void randomClustersKeepTheirPromises() {
    SimulatedCluster.playRandom(1, 20);
  }

  @Test
  void aScenarioFileIsPlayed() throws IOException {
    Path file = directory.resolve("crash.json");
    Files.writeString(
        file,
        """
        {"name": "crash", "seed": 1, "cluster": {},
         "hosts": [{"id": "host1"}, {"id": "host2"}, {"id": "host3"}],
         "workloads": [{"id": "vm:1", "host": "host1"}], "rules": [],
         "timeline": [{"at": 60, "op": "power", "host": "host1", "on": false}], "end": 300}
        """);
    assertThat(SimulatedCluster.play(file).workloads())
        .hasEntrySatisfying(
            WorkloadId.parse("vm:1"),
            outcome ->
                assertThat(outcome.running()).isNotEmpty().doesNotContain(new HostId("host1")));
    Files.writeString(file, Files.readString(file).replace("\"op\": \"power\"", "\"op\": \"arm\""));
    assertThatThrownBy(() -> SimulatedCluster.play(file)).hasMessageContaining("timeline[0]");
  }
}
