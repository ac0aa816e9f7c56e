package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.assertFailed;
import static io.holdfast.testkit.CoordinationFixture.done;
import static io.holdfast.testkit.StateStoreRules.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Expected;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.testkit.CoordinationFixture.Client;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Only the controller of the current epoch writes as one. */
interface EpochGuardRules extends StateStoreRules {
  @Test
  default void theEpochIsChecked() throws Exception {
    Client client = newClient();
    StateStore store = client.stateStore();
    assertThat(store.guardsEpoch()).isTrue();
    Epoch epoch = campaign(client, "a");
    done(guarded(store, epoch, Write.put(K1, "one")));
    done(guarded(store, epoch));
    for (Epoch wrong : List.of(new Epoch(epoch.value() - 1), new Epoch(epoch.value() + 1))) {
      assertFailed(guarded(store, wrong, Write.put(K1, "two")), Cause.DEPOSED);
      assertFailed(guarded(store, wrong), Cause.DEPOSED);
    }
    assertThat(value(store, K1)).hasValue("one");
    done(commit(store, Write.put(K1, "unguarded")));
  }

  @Test
  default void nothingOfADeposedControllersCommitIsWritten() throws Exception {
    Client old = newClient();
    Client current = newClient();
    Epoch deposed = campaign(old, "old");
    done(guarded(old.stateStore(), deposed, Write.put(K1, "old")));
    Election taken = done(current.membership().takeOver("new", deposed, timeout()));
    Epoch epoch = ((Election.Elected) taken).epoch();
    // Deposed before it conflicts: the controller has to know that it is none any more.
    Write conflicting = write(K3, "x", new Expected.Version(1));
    Write[] writes = {Write.put(K1, "stale"), Write.delete(K2), conflicting};
    assertFailed(guarded(old.stateStore(), deposed, writes), Cause.DEPOSED);
    assertFailed(guarded(current.stateStore(), deposed, writes), Cause.DEPOSED);
    assertThat(value(old.stateStore(), K1)).hasValue("old");
    done(guarded(current.stateStore(), epoch, Write.put(K1, "new")));
    assertThat(value(current.stateStore(), K1)).hasValue("new");
  }

  @Test
  default void anEpochOutlivesNoElection() throws Exception {
    Client a = newClient();
    Client b = newClient();
    Epoch first = campaign(a, "a");
    done(a.membership().resign(timeout()));
    campaign(b, "b");
    assertFailed(guarded(a.stateStore(), first, Write.put(K1, "stale")), Cause.DEPOSED);
  }
}
