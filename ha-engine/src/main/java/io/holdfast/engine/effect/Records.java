package io.holdfast.engine.effect;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
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
import java.util.function.UnaryOperator;

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

  /** Changes a workload's policy if nobody else does at the same time. */
  public Outcome<Ack> updateWorkload(WorkloadId workload, UnaryOperator<Workload> change) {
    Key key = new Key(Table.WORKLOAD, workload.toString());
    Outcome<Optional<Stored>> read = store.read(key, timeout);
    if (!(read instanceof Outcome.Done<Optional<Stored>> done)) {
      return read.map(stored -> Ack.OK);
    }
    if (done.value().isEmpty()) {
      return Outcome.failed(Outcome.Cause.NOT_FOUND, workload + " is not protected");
    }
    Stored stored = done.value().get();
    if (!(codec.decode(stored) instanceof StateRecord.WorkloadConfig config)) {
      return Outcome.failed(Outcome.Cause.INVALID, key + " cannot be read");
    }
    String next = codec.encode(new StateRecord.WorkloadConfig(change.apply(config.workload())));
    return store.commit(
        Optional.empty(),
        List.of(new Write(key, Optional.of(next), new Expected.Version(stored.version()))),
        timeout);
  }

  public Outcome<Ack> write(Optional<Epoch> guard, List<StateRecord> puts, List<Key> deletes) {
    List<Write> writes = new ArrayList<>();
    puts.forEach(record -> writes.add(Write.put(record.key(), codec.encode(record))));
    deletes.forEach(key -> writes.add(Write.delete(key)));
    return store.commit(guard, writes, timeout);
  }
}
