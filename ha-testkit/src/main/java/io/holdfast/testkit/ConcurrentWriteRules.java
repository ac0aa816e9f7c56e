package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.assertFailed;
import static io.holdfast.testkit.CoordinationFixture.done;
import static io.holdfast.testkit.StateStoreRules.expecting;
import static io.holdfast.testkit.StateStoreRules.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Expected;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No update is lost, and many commits together are what a map would be. */
interface ConcurrentWriteRules extends StateStoreRules {
  @Test
  default void concurrentIncrementsAddUp() throws Exception {
    int increments = 15;
    List<Callable<Integer>> writers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      StateStore store = newClient().stateStore();
      writers.add(
          () -> {
            for (int n = 0; n < increments; n++) {
              increment(store);
            }
            return increments;
          });
    }
    atOnce(writers);
    assertThat(value(newClient().stateStore(), K1)).hasValue(String.valueOf(4 * increments));
  }

  /** Counter by compare-and-set: a lost update would make the sum too small. */
  private void increment(StateStore store) {
    for (int attempt = 0; attempt < 1_000; attempt++) {
      Optional<Stored> found = done(store.read(K1, timeout()));
      Write write =
          found
              .map(s -> expecting(K1, "" + (Integer.parseInt(s.value()) + 1), s.version()))
              .orElseGet(() -> write(K1, "1", new Expected.Absent()));
      Outcome<Ack> outcome = commit(store, write);
      if (outcome.isDone()) {
        return;
      }
      assertFailed(outcome, Cause.CONFLICT);
    }
    throw new AssertionError("no increment in 1000 attempts");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  default void behavesAsAMapWould(long seed) throws Exception {
    StateStore store = newClient().stateStore();
    TreeMap<StateStore.Key, String> model = new TreeMap<>();
    Random random = new Random(seed);
    for (int step = 0; step < 60; step++) {
      List<Write> writes = randomWrites(store, random);
      boolean expected = writes.stream().allMatch(write -> holds(store, write));
      Outcome<Ack> outcome = store.commit(UNGUARDED, writes, timeout());
      assertThat(outcome.isDone())
          .as("seed %s, step %s: %s", seed, step, writes)
          .isEqualTo(expected);
      if (expected) {
        for (Write write : writes) {
          write
              .value()
              .ifPresentOrElse(v -> model.put(write.key(), v), () -> model.remove(write.key()));
        }
      }
      for (StateStore.Key key : List.of(K1, K2, K3)) {
        assertThat(value(store, key))
            .as("seed %s, step %s: %s", seed, step, writes)
            .isEqualTo(Optional.ofNullable(model.get(key)));
      }
    }
  }

  private List<Write> randomWrites(StateStore store, Random random) {
    List<Write> writes = new ArrayList<>();
    for (StateStore.Key key : List.of(K1, K2, K3)) {
      if (random.nextInt(3) > 0) {
        String value = random.nextInt(3) == 0 ? null : "v" + random.nextInt(100);
        Expected expected =
            switch (random.nextInt(4)) {
              case 0 -> new Expected.Absent();
              case 1 ->
                  new Expected.Version(
                      done(store.read(key, timeout())).map(Stored::version).orElse(7L));
              default -> new Expected.Any();
            };
        writes.add(write(key, value, expected));
      }
    }
    return writes;
  }

  private boolean holds(StateStore store, Write write) {
    Optional<Stored> found = done(store.read(write.key(), timeout()));
    return write.expected() instanceof Expected.Any
        || (write.expected() instanceof Expected.Version version
            ? found.map(s -> s.version() == version.version()).orElse(false)
            : found.isEmpty());
  }
}
