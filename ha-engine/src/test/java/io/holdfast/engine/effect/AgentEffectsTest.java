package io.holdfast.engine.effect;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Fact;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Timings;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import io.holdfast.engine.sim.InMemoryHostFacts;
import io.holdfast.engine.sim.InMemoryHypervisor;
import io.holdfast.engine.sim.PhysicalWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an agent is told of its own disk, and what it keeps of what it read. */
class AgentEffectsTest {
  private static final AgentEffect.PersistEpoch PERSIST =
      new AgentEffect.PersistEpoch(new Epoch(2));

  private static final HostId HOST = new HostId("h1");
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final OpId OP = new OpId(1, 1);

  private static final Duration TIMEOUT = Timings.DEFAULT.storeTimeout();

  private long now;
  private List<HostFacts> facts = List.of();
  private final PhysicalWorld world = new PhysicalWorld();
  private final InMemoryConnection connection =
      new InMemoryCoordination(Runnable::run).connect("h1");
  private final Records records =
      new Records(connection.stateStore(), Timings.DEFAULT.storeTimeout());

  @TempDir Path directory;

  @Test
  void anEpochOnDiskIsAnsweredWithDone() throws IOException {
    try (EpochFile file = new EpochFile(directory)) {
      assertThat(persist(file)).isEqualTo(Outcome.ok());
    }
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsAnswered() throws IOException {
    try (EpochFile file = new EpochFile(directory)) {
      Files.createDirectory(directory.resolve("epoch.next"));
      assertThat(persist(file))
          .isInstanceOfSatisfying(
              Outcome.Unknown.class,
              unknown -> assertThat(unknown.detail()).contains("epoch.next"));
    }
  }

  @Test
  void factsThatCannotBeHadInTimeAreUnknownAndHoldUpNobodyElse() {
    world.addHost(HOST);
    facts = List.of(new InMemoryHostFacts("nfs", HOST, world, new TreeSet<>(Set.of("storage"))));
    AgentEffects effects = effects(epoch -> {});
    AgentEffect.LookAtFacts look = new AgentEffect.LookAtFacts(OP, "nfs");
    assertThat(effects.perform(look).orElseThrow().apply(7))
        .isEqualTo(
            new AgentEvent.FactsSeen(7, OP, "nfs", new TreeMap<>(Map.of("storage", Fact.HOLDS))));
    assertThat(effects.givenUp(look, "hangs").orElseThrow().apply(8))
        .isEqualTo(new AgentEvent.FactsSeen(8, OP, "nfs", new TreeMap<>()));
    assertThat(AgentEffects.queueOf(look))
        .isNotEqualTo(AgentEffects.queueOf(new AgentEffect.LookAtFacts(OP, "net")));
  }

  @Test
  void aDiskThatHangsIsAnswered() {
    AgentEvent answer = effects(epoch -> {}).givenUp(PERSIST, "hangs").orElseThrow().apply(7);
    assertThat(answer)
        .isEqualTo(new AgentEvent.EpochPersisted(7, new Epoch(2), Outcome.unknown("hangs")));
  }

  @Test
  void whatTheDiskSaysIsToldInOneLine() {
    EpochJournal broken =
        epoch -> {
          throw new IOException("no space\nleft");
        };
    assertThat(persist(broken)).isEqualTo(Outcome.unknown("IOException: no space left"));
  }

  @Test
  void aDiskThatHangsKeepsNoOrderFromBeingRead() {
    assertThat(AgentEffects.queueOf(PERSIST))
        .isNotEqualTo(AgentEffects.queueOf(new AgentEffect.ReadIntent()));
  }

  @Test
  void aHypervisorOfTwoKindsIsAskedOnce() {
    IdleHypervisor both = new IdleHypervisor(Set.of("ct", "vm"), () -> {}, () -> {});
    assertThat(inventory(both, both)).isEqualTo(Outcome.done(new TreeMap<>()));
    assertThat(both.asked()).containsExactly(TIMEOUT);
  }

  @Test
  void twoHypervisorsThatAreEqualAreBothAsked() {
    IdleHypervisor one = new IdleHypervisor(Set.of("ct"), () -> {}, () -> {});
    IdleHypervisor other = new IdleHypervisor(Set.of("ct"), () -> {}, () -> {});
    assertThat(inventory(one, other)).isEqualTo(Outcome.done(new TreeMap<>()));
    assertThat(one.asked()).hasSize(1);
    assertThat(other.asked()).hasSize(1);
  }

  @Test
  void hypervisorsShareTheTimeForAnInventory() {
    IdleHypervisor slow = new IdleHypervisor(Set.of("ct"), () -> now += 1_000_000_000, () -> {});
    IdleHypervisor next = new IdleHypervisor(Set.of("vm"), () -> {}, () -> {});
    assertThat(inventory(slow, next)).isEqualTo(Outcome.done(new TreeMap<>()));
    assertThat(next.asked()).containsExactly(TIMEOUT.minusSeconds(1));
  }

  @Test
  void anInventoryWithoutTimeForAllIsUnknown() {
    IdleHypervisor hung =
        new IdleHypervisor(Set.of("ct"), () -> now += TIMEOUT.toNanos(), () -> {});
    IdleHypervisor next = new IdleHypervisor(Set.of("vm"), () -> {}, () -> {});
    assertThat(inventory(hung, next))
        .isEqualTo(Outcome.unknown("no time was left to ask the hypervisor of vm"));
    assertThat(next.asked()).isEmpty();
  }

  private Outcome<SortedMap<WorkloadId, RunState>> inventory(Hypervisor ct, Hypervisor vm) {
    TreeMap<String, Hypervisor> hypervisors = new TreeMap<>();
    hypervisors.put("ct", ct);
    hypervisors.put("vm", vm);
    AgentEvent answer =
        effects(epoch -> {}, hypervisors)
            .perform(new AgentEffect.ReadInventory(OP))
            .orElseThrow()
            .apply(0);
    return ((AgentEvent.InventoryRead) answer).outcome();
  }

  @Test
  void aDefinitionIsKeptWhileItsWorkloadIsPlacedHere() {
    world.addHost(HOST);
    AgentEffects effects = effects(epoch -> {});
    records.put(new StateRecord.WorkloadDefinition(VM, InMemoryHypervisor.definitionOf(VM)));
    assertThat(start(effects)).isEqualTo(Outcome.ok());
    report(effects, VM);
    connection.cutOff();
    assertThat(start(effects)).isEqualTo(Outcome.ok());

    report(effects);
    assertThat(start(effects))
        .isEqualTo(Outcome.failed(Outcome.Cause.EXPIRED, "its definition cannot be read now"));
  }

  @Test
  void aMigrationIsCarriedOutUnlessTheLeaseHasRunOut() {
    HostId other = new HostId("h2");
    world.addHost(HOST);
    world.addHost(other);
    AgentEffects effects = effects(epoch -> {});
    try (Hypervisor there = new InMemoryHypervisor(world, other, Set.of("vm"), Runnable::run)) {
      assertThat(there.inventory(TIMEOUT).isDone()).isTrue();
      world.startCopy(VM, HOST);
      now = 7;
      assertThat(act(effects, migrate(other, 7)))
          .isEqualTo(
              Outcome.failed(
                  Outcome.Cause.EXPIRED, "the lease ran out before it could be migrated"));
      assertThat(world.hostsRunning(VM)).containsExactly(HOST);
      assertThat(act(effects, migrate(other, 8))).isEqualTo(Outcome.ok());
      assertThat(world.hostsRunning(VM)).containsExactly(other);
    }
  }

  @Test
  void aMigrationUnderWayIsCancelled() {
    HostId other = new HostId("h2");
    world.addHost(HOST);
    world.addHost(other);
    AgentEffects effects = effects(epoch -> {});
    world.startCopy(VM, HOST);
    assertThat(world.beginMigration(VM, HOST, other)).isTrue();
    assertThat(act(effects, new AgentEffect.CancelMigration(OP, VM, TIMEOUT)))
        .isEqualTo(Outcome.ok());
    world.completeMigrations();
    assertThat(world.hostsRunning(VM)).containsExactly(HOST);
  }

  @Test
  void actionsOnAWorkloadWaitForEachOtherAndAreGivenUpAsUnknown() {
    AgentEffect.Migrate migrate = migrate(new HostId("h2"), 1);
    assertThat(AgentEffects.queueOf(migrate))
        .isEqualTo(AgentEffects.queueOf(new AgentEffect.Destroy(OP, VM, TIMEOUT)));
    AgentEffects effects = effects(epoch -> {}, new TreeMap<>());
    assertThat(effects.timeoutOf(migrate)).isEqualTo(TIMEOUT);
    assertThat(effects.givenUp(migrate, "hangs").orElseThrow().apply(3))
        .isEqualTo(new AgentEvent.ActionEnded(3, OP, VM, Outcome.unknown("hangs")));
  }

  private static AgentEffect.Migrate migrate(HostId target, long notAfter) {
    return new AgentEffect.Migrate(OP, VM, target, TIMEOUT, notAfter);
  }

  private static Outcome<Ack> start(AgentEffects effects) {
    return act(effects, new AgentEffect.Start(OP, VM, Duration.ofSeconds(1), Long.MAX_VALUE));
  }

  private static Outcome<Ack> act(AgentEffects effects, AgentEffect.Action action) {
    return ((AgentEvent.ActionEnded) effects.perform(action).orElseThrow().apply(0)).outcome();
  }

  private static void report(AgentEffects effects, WorkloadId... assigned) {
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    for (WorkloadId workload : assigned) {
      entries.put(workload, new HostReport.Entry(OP, HostReport.Condition.RUNNING, 0, ""));
    }
    HostReport report =
        new HostReport(
            HOST,
            new Incarnation(1),
            1,
            Epoch.NONE,
            0,
            true,
            Optional.empty(),
            Optional.empty(),
            0,
            entries,
            new TreeSet<>());
    effects.perform(new AgentEffect.WriteReport(OP, report));
  }

  private Outcome<Ack> persist(EpochJournal journal) {
    AgentEvent answer = effects(journal).perform(PERSIST).orElseThrow().apply(0);
    return ((AgentEvent.EpochPersisted) answer).outcome();
  }

  private AgentEffects effects(EpochJournal journal) {
    TreeMap<String, Hypervisor> hypervisors = new TreeMap<>();
    hypervisors.put("vm", new InMemoryHypervisor(world, HOST, Set.of("vm"), Runnable::run));
    return effects(journal, hypervisors);
  }

  private AgentEffects effects(EpochJournal journal, SortedMap<String, Hypervisor> hypervisors) {
    return new AgentEffects(
        HOST,
        connection.membership(),
        records,
        hypervisors,
        Optional.empty(),
        facts,
        List.of(),
        journal,
        Timings.DEFAULT,
        () -> now);
  }
}
