package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Capacity;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Timings;
import io.holdfast.engine.sim.InMemoryConnection;
import io.holdfast.engine.sim.InMemoryCoordination;
import io.holdfast.engine.sim.InMemoryHostPreference;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An engine from build to close, as its embedder sees it. */
class EngineLifeTest {
  private static final Instant BUILT_WITH = Instant.parse("2026-01-02T03:04:05Z");

  private final ExecutorService callbacks = Executors.newSingleThreadExecutor();
  private final CompletableFuture<Instant> elected = new CompletableFuture<>();
  private volatile boolean clockIsBroken;

  @AfterEach
  void end() {
    callbacks.shutdownNow();
  }

  @Test
  void whatIsChangedInTheBuilderAfterwardsDoesNotReachTheEngine() throws Exception {
    HaEngine.Builder builder = builder();
    try (HaEngine engine = builder.build()) {
      builder.clock(System::nanoTime, () -> Instant.EPOCH);
      engine.start();
      assertThat(elected.get(60, TimeUnit.SECONDS)).isEqualTo(BUILT_WITH);
    }
  }

  @Test
  void aHostPreferenceIsNamedWhereItsDecisionsAreWrittenDown() {
    List<String> lines = new CopyOnWriteArrayList<>();
    HaEngine.Builder builder = builder().decisionLog(lines::add);
    builder.hostPreference(new InMemoryHostPreference("own", Map.of())).build().close();
    assertThat(lines).singleElement().asString().contains("\"preference\":\"own\"");
    assertThatThrownBy(() -> builder.hostPreference(new InMemoryHostPreference("", Map.of())))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("engine.hostPreference: found \"\"");
  }

  @Test
  void statusIsEmptyBeforeTheStartAndAfterTheClose() {
    HaEngine engine = builder().build();
    assertThat(engine.status().leading()).isFalse();
    assertThat(engine.status().reason()).isEqualTo("not started yet, or closed");
    engine.start();
    assertThatThrownBy(engine::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("started already");
    engine.close();
    engine.close();
    assertThat(engine.status().leading()).isFalse();
    assertThatThrownBy(engine::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("closed");
  }

  @Test
  void statusThrowsOnceTheEngineHasStoppedDeciding() throws Exception {
    try (HaEngine engine = builder().build()) {
      engine.start();
      elected.get(60, TimeUnit.SECONDS);
      clockIsBroken = true;
      assertThatStatusThrows(engine);
    }
  }

  @Test
  void anEngineWithABrokenInvariantSaysSoAndAnotherLeadsAtOnce() throws Exception {
    CompletableFuture<HaEvent.Alarm> alarm = new CompletableFuture<>();
    CompletableFuture<Instant> successor = new CompletableFuture<>();
    InMemoryCoordination coordination = new InMemoryCoordination(callbacks);
    HaEngine.Builder first =
        builder(coordination, "c1")
            .listener(
                (at, event) -> {
                  if (event instanceof HaEvent.Alarm raised) {
                    alarm.complete(raised);
                  }
                });
    HaEngine.Builder second =
        builder(coordination, "c2")
            .listener(
                (at, event) -> {
                  if (event instanceof HaEvent.ControllerElected) {
                    successor.complete(at);
                  }
                });
    try (HaEngine engine = first.build();
        HaEngine other = second.build()) {
      engine.start();
      elected.get(60, TimeUnit.SECONDS);
      other.start();
      clockIsBroken = true;
      assertThatStatusThrows(engine);

      HaEvent.Alarm raised = alarm.get(60, TimeUnit.SECONDS);
      assertThat(raised.subject()).isEqualTo("c1");
      assertThat(raised.reason()).startsWith("stops deciding").contains("the clock is broken");
      // The session of the first goes on: nobody follows it unless it has given its place up.
      successor.get(60, TimeUnit.SECONDS);
      assertThat(other.status().leading()).isTrue();
      assertThat(engine.register(Host.of("h1", Capacity.NONE))).isEqualTo(Outcome.ok());
    }
  }

  private static void assertThatStatusThrows(HaEngine engine) {
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 10_000; i++) {
                engine.status();
              }
            })
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("c1 does not decide any more");
  }

  private HaEngine.Builder builder() {
    return builder(new InMemoryCoordination(callbacks), "c1");
  }

  private HaEngine.Builder builder(InMemoryCoordination coordination, String candidate) {
    InMemoryConnection connection = coordination.connect(candidate);
    return HaEngine.builder()
        .candidate(candidate)
        .membership(connection.membership())
        .store(connection.stateStore())
        .timings(Timings.forSilence(Duration.ofMillis(500)))
        .clock(this::nanos, () -> BUILT_WITH)
        .listener(this::hear);
  }

  private void hear(Instant at, HaEvent event) {
    if (event instanceof HaEvent.ControllerElected) {
      elected.complete(at);
    }
  }

  private long nanos() {
    if (clockIsBroken && Thread.currentThread().getName().equals("holdfast-c1")) {
      throw new IllegalStateException("the clock is broken");
    }
    return System.nanoTime();
  }
}
