package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.spi.Subscription;
import io.holdfast.engine.effect.EpochFile;
import io.holdfast.engine.effect.IdleHypervisor;
import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent from build to close, as its embedder sees it. */
class AgentLifeTest {
  private final ExecutorService callbacks = Executors.newSingleThreadExecutor();

  @TempDir Path directory;

  @AfterEach
  void end() {
    callbacks.shutdownNow();
  }

  @Test
  void theStateDirectoryIsUnlockedAlsoWhenAFeedCannotBeEnded() throws Exception {
    Subscription broken =
        () -> {
          throw new IllegalStateException("the driver is broken");
        };
    HostAgent agent =
        builder().hypervisor(new IdleHypervisor(Set.of("vm"), () -> {}, broken)).build();
    agent.start();
    assertThatThrownBy(() -> new EpochFile(directory)).isInstanceOf(InvalidConfigException.class);

    agent.close();

    try (EpochFile again = new EpochFile(directory)) {
      assertThat(again.highest()).isEqualTo(Epoch.NONE);
    }
  }

  @Test
  void aHypervisorThatIsRefusedReplacesNone() throws Exception {
    IdleHypervisor first = new IdleHypervisor(Set.of("vm"), () -> {}, () -> {});
    IdleHypervisor second = new IdleHypervisor(Set.of("ct", "vm"), () -> {}, () -> {});
    HostAgent.Builder builder = builder().hypervisor(first);
    assertThatThrownBy(() -> builder.hypervisor(second))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("agent.hypervisor: found two for kind vm, allowed: one hypervisor per kind");

    try (HostAgent agent = builder.build()) {
      agent.start();
    }

    assertThat(first.feeds()).isOne();
    assertThat(second.feeds()).isZero();
  }

  private HostAgent.Builder builder() {
    InMemoryConnection connection = new InMemoryCoordination(callbacks).connect("h1");
    return HostAgent.builder()
        .host(new HostId("h1"))
        .membership(connection.membership())
        .store(connection.stateStore())
        .stateDirectory(directory);
  }
}
