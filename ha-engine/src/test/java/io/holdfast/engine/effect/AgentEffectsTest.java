package io.holdfast.engine.effect;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Timings;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an agent is told of its own disk. */
class AgentEffectsTest {
  private static final AgentEffect.PersistEpoch PERSIST =
      new AgentEffect.PersistEpoch(new Epoch(2));

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
  void aDiskThatHangsIsAnswered() {
    AgentEvent answer = effects(epoch -> {}).givenUp(PERSIST, "hangs").orElseThrow().apply(7);
    assertThat(answer)
        .isEqualTo(new AgentEvent.EpochPersisted(7, new Epoch(2), Outcome.unknown("hangs")));
  }

  private static Outcome<Ack> persist(EpochJournal journal) {
    AgentEvent answer = effects(journal).perform(PERSIST).orElseThrow().apply(0);
    return ((AgentEvent.EpochPersisted) answer).outcome();
  }

  private static AgentEffects effects(EpochJournal journal) {
    InMemoryConnection connection = new InMemoryCoordination(Runnable::run).connect("h1");
    Timings timings = Timings.DEFAULT;
    return new AgentEffects(
        new HostId("h1"),
        connection.membership(),
        new Records(connection.stateStore(), timings.storeTimeout()),
        new TreeMap<>(),
        journal,
        timings,
        () -> 0);
  }
}
