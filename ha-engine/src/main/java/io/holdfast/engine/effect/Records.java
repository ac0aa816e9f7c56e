package io.holdfast.engine.effect;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The store as typed records. Safe for use by several threads. */
public final class Records {
  private final StateStore store;
  private final RecordCodec codec = new RecordCodec();
  private final Duration timeout;

  /**
   * @param timeout of each call
   */
  public Records(StateStore store, Duration timeout) {
    this.store = store;
    this.timeout = timeout;
  }

  public Outcome<Optional<StateRecord>> read(Key key) {
    return store.read(key, timeout).map(stored -> stored.map(codec::decode));
  }

  /** All records of these tables, in their order. */
  public Outcome<List<StateRecord>> readAll(List<Table> tables) {
    List<StateRecord> records = new ArrayList<>();
    for (Table table : tables) {
      Outcome<List<Stored>> stored = store.readAll(table, timeout);
      if (!(stored instanceof Outcome.Done<List<Stored>> done)) {
        return stored.map(list -> List.of());
      }
      done.value().forEach(one -> records.add(codec.decode(one)));
    }
    return Outcome.done(List.copyOf(records));
  }

  public Outcome<Ack> write(Optional<Epoch> guard, List<StateRecord> puts, List<Key> deletes) {
    List<Write> writes = new ArrayList<>();
    puts.forEach(record -> writes.add(Write.put(record.key(), codec.encode(record))));
    deletes.forEach(key -> writes.add(Write.delete(key)));
    return store.commit(guard, writes, timeout);
  }
}
