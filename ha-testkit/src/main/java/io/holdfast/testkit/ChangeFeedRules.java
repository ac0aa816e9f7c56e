package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.done;
import static io.holdfast.testkit.StateStoreRules.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.api.spi.Subscription;
import io.holdfast.testkit.CoordinationFixture.Client;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What watchers are told. */
interface ChangeFeedRules extends StateStoreRules {
  @Test
  default void watchersAreToldWhatIsDirty() throws Exception {
    StateStore writer = newClient().stateStore();
    ChangeRecorder table = new ChangeRecorder();
    ChangeRecorder one = new ChangeRecorder();
    StateStore watcher = newClient().stateStore();
    StateStore.Key other = key(Table.WORKLOAD, "vm:2");
    watcher.watch(Table.WORKLOAD, Optional.empty(), table);
    watcher.watch(Table.WORKLOAD, Optional.of("vm:1"), one);
    for (Write write : List.of(Write.put(K1, "new"), Write.put(K1, "x"), Write.delete(K1))) {
      table.clear();
      one.clear();
      done(commit(writer, Write.put(other, "noise"), Write.put(K2, "noise"), write));
      table.awaitDirty(K1, patience());
      one.awaitDirty(K1, patience());
      assertThat(one.dirty()).doesNotContain(other, K2);
      assertThat(table.dirty()).doesNotContain(K2);
      eventually(
          "the change read after it was told", () -> value(watcher, K1).equals(write.value()));
    }
  }

  @Test
  default void aWatcherThatIsClosedIsToldNothingMore() throws Exception {
    StateStore writer = newClient().stateStore();
    StateStore watcher = newClient().stateStore();
    ChangeRecorder closed = new ChangeRecorder();
    ChangeRecorder open = new ChangeRecorder();
    Subscription first = watcher.watch(Table.WORKLOAD, Optional.empty(), closed);
    watcher.watch(Table.WORKLOAD, Optional.empty(), open);
    done(commit(writer, Write.put(K1, "one")));
    closed.awaitDirty(K1, patience());
    first.close();
    closed.clear();
    open.clear();
    done(commit(writer, Write.put(K1, "two")));
    open.awaitDirty(K1, patience());
    assertThat(closed.dirty()).isEmpty();
    assertThat(closed.resyncs()).isZero();
  }

  @Test
  default void changesMissedWhileCutOffAreFollowedByAResync() throws Exception {
    Client client = newClient();
    StateStore writer = newClient().stateStore();
    ChangeRecorder recorder = new ChangeRecorder();
    client.stateStore().watch(Table.WORKLOAD, Optional.empty(), recorder);
    done(commit(writer, Write.put(K1, "one")));
    recorder.awaitDirty(K1, patience());
    cut(client);
    Outcome<Optional<Stored>> read = client.stateStore().read(K1, Duration.ofMillis(200));
    assertThat(read).isInstanceOf(Outcome.Unknown.class);
    done(commit(writer, Write.put(K1, "two")));
    recorder.clear();
    restore(client);
    recorder.awaitResync(patience());
    assertThat(eventuallyDone(() -> client.stateStore().read(K1, timeout())).map(Stored::value))
        .hasValue("two");
    recorder.clear();
    done(commit(writer, Write.put(K1, "three")));
    recorder.awaitDirty(K1, patience());
  }

  @Test
  default void anExpiredSessionIsFollowedByAResync() throws Exception {
    Client client = newClient();
    StateStore writer = newClient().stateStore();
    ChangeRecorder recorder = new ChangeRecorder();
    client.stateStore().watch(Table.WORKLOAD, Optional.empty(), recorder);
    done(commit(client.stateStore(), Write.put(K1, "one")));
    recorder.awaitDirty(K1, patience());
    recorder.clear();
    expireSession(client);
    recorder.awaitResync(patience());
    assertThat(eventuallyDone(() -> client.stateStore().read(K1, timeout()))).isPresent();
    recorder.clear();
    done(commit(writer, Write.put(K1, "two")));
    recorder.awaitDirty(K1, patience());
  }
}
