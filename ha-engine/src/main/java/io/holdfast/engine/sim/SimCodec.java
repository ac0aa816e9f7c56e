package io.holdfast.engine.sim;

import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.record.StateRecord;
import java.util.IdentityHashMap;
import java.util.function.Consumer;

/**
 * Writes every record once and reads every text once, however many processes do so: records cannot
 * be changed, so that all can share one. What was written here is known already; one of some texts
 * is read nevertheless, and has to give the record that it was made of. For one thread.
 */
final class SimCodec extends RecordCodec {
  private static final int MOST_REMEMBERED = 4096;
  private static final int READ_ONE_OF = 16;
  private static final RecordCodec SHARED = new RecordCodec();

  private record Known(Key key, StateRecord record) {}

  private final IdentityHashMap<String, Known> records = new IdentityHashMap<>();
  private final IdentityHashMap<StateRecord, String> texts = new IdentityHashMap<>();
  private final Consumer<String> differs;

  /**
   * @param differs told when a record is not what it was written as
   */
  SimCodec(Consumer<String> differs) {
    super(SHARED);
    this.differs = differs;
  }

  @Override
  public String encode(StateRecord record) {
    String before = texts.get(record);
    if (before != null) {
      return before;
    }
    String text = super.encode(record);
    remember(text, record.key(), record);
    return text;
  }

  @Override
  public StateRecord decode(Stored stored) {
    Known before = records.get(stored.value());
    if (before != null && before.key().equals(stored.key())) {
      return before.record();
    }
    StateRecord record = super.decode(stored);
    remember(stored.value(), stored.key(), record);
    return record;
  }

  private void remember(String text, Key key, StateRecord record) {
    if (records.size() >= MOST_REMEMBERED) {
      records.clear();
      texts.clear();
    }
    records.put(text, new Known(key, record));
    texts.put(record, text);
    if (text.hashCode() % READ_ONE_OF == 0) {
      StateRecord read = super.decode(new Stored(key, text, 0));
      if (!read.equals(record)) {
        differs.accept("%s is read as %s".formatted(record, read));
      }
    }
  }
}
