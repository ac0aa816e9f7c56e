package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.testkit.CoordinationFixture.Client;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Lost calls, closed clients, and a service that starts anew. */
interface StoreFaultRules extends StateStoreRules {
  @Test
  default void aLostAnswerIsUnknownAndTheWriteIsThere() throws Exception {
    Client client = newClient();
    StateStore store = client.stateStore();
    done(commit(store, Write.put(K1, "zero")));
    loseNextAnswer(client);
    assertThat(commit(store, Write.put(K1, "one"))).isInstanceOf(Outcome.Unknown.class);
    assertThat(eventuallyDone(() -> store.read(K1, timeout())).map(Stored::value)).hasValue("one");
  }

  @Test
  default void aLostRequestIsUnknownAndTheWriteIsNot() throws Exception {
    Client client = newClient();
    StateStore store = client.stateStore();
    done(commit(store, Write.put(K1, "zero")));
    loseNextCommit(client);
    assertThat(commit(store, Write.put(K1, "one"))).isInstanceOf(Outcome.Unknown.class);
    assertThat(eventuallyDone(() -> store.read(K1, timeout())).map(Stored::value)).hasValue("zero");
    done(commit(store, Write.put(K1, "two")));
  }

  @Test
  default void closingLeavesTheRecords() throws Exception {
    Client a = newClient();
    done(commit(a.stateStore(), Write.put(K1, "one")));
    a.stateStore().close();
    a.membership().close();
    assertThat(a.stateStore().read(K1, timeout())).isInstanceOf(Outcome.Failed.class);
    assertThat(commit(a.stateStore(), Write.delete(K1))).isInstanceOf(Outcome.Failed.class);
    StateStore b = newClient().stateStore();
    eventually("the record at another client", () -> value(b, K1).equals(Optional.of("one")));
  }

  @Test
  default void aRestartOfTheServiceLosesNoRecord() throws Exception {
    Client client = newClient();
    StateStore store = client.stateStore();
    Epoch epoch = campaign(client, "a");
    done(guarded(store, epoch, Write.put(K1, "one"), Write.put(K2, "two")));
    long version = version(store, K1);
    restartService();
    Stored found = eventuallyDone(() -> store.read(K1, timeout())).orElseThrow();
    assertThat(found).isEqualTo(new Stored(K1, "one", version));
    // The epoch stays until somebody else is elected.
    assertThat(eventuallyDone(() -> guarded(store, epoch, Write.put(K2, "three"))))
        .isEqualTo(Ack.OK);
  }
}
