package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Expected;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.testkit.CoordinationFixture.Client;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the themes of {@link StateStore} have in common. */
interface StateStoreRules extends CoordinationRules {
  Optional<Epoch> UNGUARDED = Optional.empty();
  StateStore.Key K1 = key(Table.WORKLOAD, "vm:1");
  StateStore.Key K2 = key(Table.PLACEMENT, "vm:1");
  StateStore.Key K3 = key(Table.INTENT, "h1");

  default Outcome<Ack> commit(StateStore store, Write... writes) {
    return store.commit(UNGUARDED, List.of(writes), timeout());
  }

  default Outcome<Ack> guarded(StateStore store, Epoch epoch, Write... writes) {
    return store.commit(Optional.of(epoch), List.of(writes), timeout());
  }

  default Epoch campaign(Client client, String name) {
    Election election = done(client.membership().campaign(name, timeout()));
    assertThat(election).isInstanceOf(Election.Elected.class);
    return ((Election.Elected) election).epoch();
  }

  default Optional<String> value(StateStore store, StateStore.Key key) {
    return done(store.read(key, timeout())).map(Stored::value);
  }

  default long version(StateStore store, StateStore.Key key) {
    return done(store.read(key, timeout())).orElseThrow().version();
  }

  static StateStore.Key key(Table table, String name) {
    return new StateStore.Key(table, name);
  }

  static Write expecting(StateStore.Key key, String value, long version) {
    return write(key, value, new Expected.Version(version));
  }

  static Write write(StateStore.Key key, @Nullable String value, Expected expected) {
    return new Write(key, Optional.ofNullable(value), expected);
  }
}
