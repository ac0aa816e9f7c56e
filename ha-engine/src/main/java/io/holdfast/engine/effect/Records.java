package io.holdfast.engine.effect;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Expected;
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
import java.util.function.Function;

/** The store as typed records. Safe for use by several threads. */
public final class Records {
  private final StateStore store;
  private final RecordCodec codec;
  private final Duration timeout;

  /**
   * @param timeout of each call
   */
  public Records(StateStore store, Duration timeout) {
    this(store, new RecordCodec(), timeout);
  }

  /** With a codec that several stores share. */
  public Records(StateStore store, RecordCodec codec, Duration timeout) {
    this.store = store;
    this.codec = codec;
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

  /** Writes records that no controller guards, whatever is there. */
  public Outcome<Ack> put(StateRecord... puts) {
    return write(Optional.empty(), List.of(puts), List.of());
  }

  /** Deletes records that no controller guards. */
  public Outcome<Ack> delete(Key... deletes) {
    return write(Optional.empty(), List.of(), List.of(deletes));
  }

  /**
   * Changes one record if nobody else does at the same time.
   *
   * @param change from what is there to what shall be; empty: there is nothing to change, which is
   *     answered with {@code NOT_FOUND}
   * @param along written with it, whatever is there, or not at all
   */
  public <T extends StateRecord> Outcome<Ack> update(
      Key key, Class<T> type, Function<Optional<T>, Optional<T>> change, StateRecord... along) {
    Outcome<Optional<Stored>> read = store.read(key, timeout);
    if (!(read instanceof Outcome.Done<Optional<Stored>> done)) {
      return read.map(stored -> Ack.OK);
    }
    Optional<StateRecord> found = done.value().map(codec::decode);
    if (found.isPresent() && !type.isInstance(found.get())) {
      return Outcome.failed(Outcome.Cause.INVALID, key + " cannot be read");
    }
    Optional<T> next = change.apply(found.map(type::cast));
    if (next.isEmpty()) {
      return Outcome.failed(Outcome.Cause.NOT_FOUND, "there is no " + key);
    }
    Expected expected =
        done.value()
            .<Expected>map(stored -> new Expected.Version(stored.version()))
            .orElseGet(Expected.Absent::new);
    List<Write> writes = new ArrayList<>();
    writes.add(new Write(key, Optional.of(codec.encode(next.get())), expected));
    List.of(along).forEach(other -> writes.add(Write.put(other.key(), codec.encode(other))));
    return store.commit(Optional.empty(), writes, timeout);
  }

  public Outcome<Ack> write(Optional<Epoch> guard, List<StateRecord> puts, List<Key> deletes) {
    List<Write> writes = new ArrayList<>();
    puts.forEach(record -> writes.add(Write.put(record.key(), codec.encode(record))));
    deletes.forEach(key -> writes.add(Write.delete(key)));
    return store.commit(guard, writes, timeout);
  }
}
