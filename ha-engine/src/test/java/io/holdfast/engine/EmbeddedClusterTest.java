package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterStatus;
import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import io.holdfast.engine.sim.InMemoryFenceDevice;
import io.holdfast.engine.sim.InMemoryHypervisor;
import io.holdfast.engine.sim.PhysicalWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real engine and agents, in real time, on in-memory SPIs. */
class EmbeddedClusterTest {
  private static final List<HostId> HOSTS =
      List.of(new HostId("host1"), new HostId("host2"), new HostId("host3"));

  /** Longer than a slow machine stands still, so that nobody is silent who was not cut off. */
  private static final Timings TIMINGS = Timings.forSilence(Duration.ofSeconds(5));

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final PhysicalWorld world = new PhysicalWorld();
  private final ExecutorService callbacks = Executors.newSingleThreadExecutor();
  private final InMemoryCoordination coordination = new InMemoryCoordination(callbacks);
  private final List<AutoCloseable> parts = new ArrayList<>();
  private final List<HaEngine> engines = new ArrayList<>();
  private final List<HostAgent> agents = new ArrayList<>();
  private final List<InMemoryConnection> connections = new ArrayList<>();
  private final LinkedBlockingQueue<HaEvent> events = new LinkedBlockingQueue<>();
  private final List<HaEvent> seen = new ArrayList<>();

  @TempDir Path directory;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable part : parts) {
      part.close();
    }
    callbacks.shutdownNow();
  }

  @Test
  void aHostThatDiesIsFencedAndItsWorkloadsRunElsewhereMostImportantFirst() throws Exception {
    startCluster();
    for (String name : List.of("a", "b", "c", "d", "e", "f")) {
      Priority priority = name.equals("a") ? Priority.CRITICAL : Priority.LOW;
      Workload workload = Workload.of("vm:" + name, priority, Capacity.of(1, 100));
      assertThat(
              engines
                  .get(0)
                  .protect(workload, InMemoryHypervisor.definitionOf(workload.id()))
                  .isDone())
          .isTrue();
    }
    for (int i = 0; i < 6; i++) {
      await(HaEvent.WorkloadStatusChanged.class, e -> e.to() == WorkloadStatus.STARTED);
    }
    WorkloadId critical = WorkloadId.parse("vm:a");
    HostId victim = world.hostsRunning(critical).get(0);

    cutOff(victim);

    HaEvent.HostFenced fenced = await(HaEvent.HostFenced.class, e -> e.host().equals(victim));
    assertThat(fenced.evidence()).isEqualTo(new Evidence.PoweredOff("bmc-" + victim));
    // Told by another thread than the fencing was, so perhaps before it.
    if (seen.stream().noneMatch(e -> runsElsewhere(e, critical, victim))) {
      await(HaEvent.WorkloadRunning.class, e -> runsElsewhere(e, critical, victim));
    }
    assertThat(world.hostsRunning(critical)).hasSize(1).doesNotContain(victim);
    assertThat(world.isPowered(victim)).isFalse();
    ClusterStatus status = statusOfLeaderBesides(victim);
    assertThat(status.hosts()).hasSize(3);
    assertThat(status.workloads()).hasSize(6).allMatch(w -> !w.reason().isEmpty());
    assertThat(engines.stream().map(HaEngine::snapshot).flatMap(Optional::stream))
        .as("of the one that leads")
        .anyMatch(cluster -> cluster.hosts().size() == 3 && cluster.workloads().size() == 6);
  }

  private static boolean runsElsewhere(HaEvent event, WorkloadId workload, HostId victim) {
    return event instanceof HaEvent.WorkloadRunning running
        && running.workload().equals(workload)
        && !running.host().equals(victim);
  }

  private ClusterStatus statusOfLeaderBesides(HostId victim) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Optional<ClusterStatus> status =
          engines.stream()
              .filter(engine -> engines.indexOf(engine) != HOSTS.indexOf(victim))
              .map(HaEngine::status)
              .filter(ClusterStatus::leading)
              .findFirst();
      if (status.isPresent()) {
        return status.get();
      }
      assertThat(System.nanoTime() - end).as("nobody leads").isNegative();
      Thread.onSpinWait();
    }
  }

  /** The host vanishes from the network; it has power until it is fenced. */
  private void cutOff(HostId host) {
    int index = HOSTS.indexOf(host);
    connections.get(index).cutOff();
  }

  private void startCluster() throws Exception {
    HOSTS.forEach(world::addHost);
    for (HostId host : HOSTS) {
      InMemoryConnection connection = coordination.connect(host.value());
      connections.add(connection);
      HaEngine.Builder engine =
          HaEngine.builder()
              .candidate(host.value())
              .membership(connection.membership())
              .store(connection.stateStore())
              .timings(TIMINGS)
              .listener((at, event) -> events.add(event));
      for (HostId other : HOSTS) {
        engine.fenceDevices(other, List.of(new InMemoryFenceDevice("bmc-" + other, other, world)));
      }
      engines.add(engine.build());
      agents.add(
          HostAgent.builder()
              .host(host)
              .membership(connection.membership())
              .store(connection.stateStore())
              .stateDirectory(directory.resolve(host.value()))
              .hypervisor(new InMemoryHypervisor(world, host, Set.of("vm"), callbacks))
              .timings(TIMINGS)
              .listener((at, event) -> events.add(event))
              .build());
    }
    parts.addAll(agents);
    parts.addAll(engines);
    for (HostId host : HOSTS) {
      assertThat(engines.get(0).register(Host.of(host.value(), Capacity.of(8, 1000))).isDone())
          .isTrue();
    }
    agents.forEach(HostAgent::start);
    engines.forEach(HaEngine::start);
    await(HaEvent.ControllerElected.class, e -> true);
  }

  private <T extends HaEvent> T await(Class<T> type, Predicate<T> wanted) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      HaEvent event = events.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(event).as("no %s among %s", type.getSimpleName(), seen).isNotNull();
      seen.add(event);
      if (type.isInstance(event) && wanted.test(type.cast(event))) {
        return type.cast(event);
      }
    }
  }
}
