package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.HaEngine;
import io.holdfast.engine.HostAgent;
import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The engine moves a real guest between two real libvirtds, and it does not notice. */
@Tag("lab")
@EnabledIfSystemProperty(
    named = "holdfast.lab",
    matches = "true",
    disabledReason = "needs root, libvirtd and QEMU: run with -Dholdfast.lab=true")
class LibvirtdMoveTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final Timings TIMINGS = Timings.forSilence(Duration.ofSeconds(20));
  private static final HostId ONE = new HostId("one");
  private static final HostId TWO = new HostId("two");
  private static final WorkloadId VM = WorkloadId.parse("vm:moved");

  @RegisterExtension private static final RunningLibvirtd first = new RunningLibvirtd();
  @RegisterExtension private static final RunningLibvirtd second = new RunningLibvirtd();

  private final ExecutorService callbacks = Executors.newSingleThreadExecutor();
  private final InMemoryCoordination coordination = new InMemoryCoordination(callbacks);
  private final BlockingQueue<HaEvent> events = new LinkedBlockingQueue<>();
  private final SortedMap<HostId, Hypervisor> hypervisors = new TreeMap<>();
  private final List<AutoCloseable> parts = new ArrayList<>();
  private final TinyGuest guest = new TinyGuest(VM.name(), first.get().home());
  private final HaEngine engine = engine();

  @TempDir Path directory;

  @BeforeEach
  void startCluster() throws Exception {
    guest.install();
    for (HostId host : Set.of(ONE, TWO)) {
      hypervisors.put(host, hypervisorOf(host));
      assertThat(engine.register(Host.of(host.value(), Capacity.of(1, 16))))
          .isEqualTo(Outcome.ok());
      HostAgent agent = agentOf(host);
      parts.add(agent);
      agent.start();
    }
    parts.add(engine);
    engine.start();
  }

  @AfterEach
  void endCluster() throws Exception {
    for (AutoCloseable part : parts) {
      part.close();
    }
    for (Hypervisor hypervisor : hypervisors.values()) {
      assertThat(hypervisor.destroy(VM, TIMEOUT)).isEqualTo(Outcome.ok());
      hypervisor.close();
    }
    callbacks.shutdownNow();
  }

  @Test
  void aGuestIsMovedThereAndBackAndNeverBootsAgain() throws Exception {
    Workload workload = Workload.of(VM.toString(), Priority.HIGH, Capacity.of(1, 16));
    assertThat(engine.protect(workload, guest.definition())).isEqualTo(Outcome.ok());
    HaEvent.WorkloadRunning running = await(HaEvent.WorkloadRunning.class, e -> true);
    first.get().await("guest", guest::isReady);

    HostId home = running.host();
    HostId other = home.equals(ONE) ? TWO : ONE;
    move(home, other);
    move(other, home);
  }

  private void move(HostId from, HostId to) throws Exception {
    assertThat(engine.move(VM, to)).isEqualTo(Outcome.ok());
    HaEvent.MoveEnded ended = await(HaEvent.MoveEnded.class, e -> true);
    assertThat(ended.arrived()).as("%s", ended).isTrue();
    assertThat(inventoryOf(to)).containsEntry(VM, RunState.RUNNING);
    assertThat(inventoryOf(from)).doesNotContainKey(VM);
    // Its emulator there has begun the file anew, and only a guest that boots writes to it.
    assertThat(guest.isReady()).isFalse();
  }

  private SortedMap<WorkloadId, RunState> inventoryOf(HostId host) {
    Outcome<SortedMap<WorkloadId, RunState>> inventory = at(host).inventory(TIMEOUT);
    if (inventory instanceof Outcome.Done<SortedMap<WorkloadId, RunState>> done) {
      return done.value();
    }
    throw new AssertionError("expected Done, got " + inventory);
  }

  private Hypervisor at(HostId host) {
    return Objects.requireNonNull(hypervisors.get(host), "it was opened");
  }

  private HaEngine engine() {
    InMemoryConnection connection = coordination.connect("engine");
    return HaEngine.builder()
        .candidate("engine")
        .membership(connection.membership())
        .store(connection.stateStore())
        .timings(TIMINGS)
        .listener((at, event) -> events.add(event))
        .build();
  }

  private HostAgent agentOf(HostId host) throws IOException {
    InMemoryConnection connection = coordination.connect(host.value());
    return HostAgent.builder()
        .host(host)
        .membership(connection.membership())
        .store(connection.stateStore())
        .stateDirectory(directory.resolve(host.value()))
        .hypervisor(at(host))
        .timings(TIMINGS)
        .listener((at, event) -> events.add(event))
        .build();
  }

  private static Hypervisor hypervisorOf(HostId host) {
    Map<HostId, Path> homes = Map.of(ONE, first.get().home(), TWO, second.get().home());
    PrivateLibvirtd daemon = host.equals(ONE) ? first.get() : second.get();
    return LibvirtHypervisor.builder(daemon.uri())
        .liveMigration(PrivateLibvirtd.migration(homes))
        .build();
  }

  private <E extends HaEvent> E await(Class<E> type, Predicate<E> wanted) throws Exception {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (System.nanoTime() < deadline) {
      HaEvent event = events.poll(1, TimeUnit.SECONDS);
      if (type.isInstance(event) && wanted.test(type.cast(event))) {
        return type.cast(event);
      }
    }
    throw new AssertionError("no " + type.getSimpleName() + " within " + TIMEOUT);
  }
}
