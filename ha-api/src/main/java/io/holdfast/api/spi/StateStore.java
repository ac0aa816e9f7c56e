package io.holdfast.api.spi;

import io.holdfast.api.Epoch;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Names;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Records with compare-and-set, guarded by the controller's epoch, and a feed of changes. Called
 * from several threads at once.
 *
 * <p><b>Guarantees asked for:</b> {@link #commit} is atomic and linearizable, and checks the epoch
 * in the same transaction as the writes. {@code Done} means durable. {@link #read} returns a state
 * at least as new as every write acknowledged to this object before.
 *
 * <p><b>Not asked for:</b> that feeds tell every change. They tell that a record is dirty.
 */
public interface StateStore extends AutoCloseable {

  /** What kinds of records there are, and who writes them. */
  enum Table {
    /** One per registered host; written by the platform. */
    HOST,
    /** One per protected workload: policy; written by the platform. May be many. */
    WORKLOAD,
    /**
     * One per protected workload: what to start; written by the platform. May be many and large.
     */
    DEFINITION,
    /** One per protected workload: where it is; written by the controller. May be many. */
    PLACEMENT,
    /** One per host: what it shall run; written by the controller. */
    INTENT,
    /**
     * One per host: intent to fence, evidence; written by the controller, and beside it how often
     * the host came back, while that was often.
     */
    FENCE,
    /** One per host: what it runs; written by the host's agent. */
    REPORT,
    /** One for the cluster: its policy; written by the platform. */
    CLUSTER,
    /** One per placement rule; written by the platform. */
    RULE,
    /** One per host that an operator wants something of; written by the platform. */
    DIRECTIVE,
    /** One per workload that was asked for something once; written by the platform. May be many. */
    REQUEST
  }

  /**
   * @param name 1 to 128 letters, digits, {@code . _ : -}, starting with a letter or digit
   */
  record Key(Table table, String name) implements Comparable<Key> {
    public Key {
      if (!Names.isName(name, 128, "._:-")) {
        throw new InvalidConfigException(
            "key.name", '"' + name + '"', "1 to 128 letters, digits, '.', '_', ':' or '-'");
      }
    }

    @Override
    public int compareTo(Key other) {
      int byTable = table.compareTo(other.table);
      return byTable != 0 ? byTable : name.compareTo(other.name);
    }

    @Override
    public String toString() {
      return table + "/" + name;
    }
  }

  /**
   * A stored record.
   *
   * @param version changes with every write of this record; compare with equality only
   */
  record Stored(Key key, String value, long version) {}

  /** What a write expects to find. */
  sealed interface Expected {
    /** Whatever is there. */
    record Any() implements Expected {}

    /** Nothing. */
    record Absent() implements Expected {}

    /** A record of this version. */
    record Version(long version) implements Expected {}
  }

  /**
   * One write of a commit.
   *
   * @param value the new value; empty deletes (deleting what is absent is no error with {@link
   *     Expected.Any})
   */
  record Write(Key key, Optional<String> value, Expected expected) {
    public static Write put(Key key, String value) {
      return new Write(key, Optional.of(value), new Expected.Any());
    }

    public static Write delete(Key key) {
      return new Write(key, Optional.empty(), new Expected.Any());
    }
  }

  /**
   * Told that a record may have changed, or been deleted, on a thread of the implementation; must
   * not block.
   */
  interface ChangeListener {
    void onDirty(Key key);

    /** Changes may have been missed: everything subscribed to is to be read again. */
    void onResync();
  }

  /**
   * Whether the epoch is checked in the same transaction as the writes. The engine refuses a store
   * that says no.
   */
  boolean guardsEpoch();

  /** The largest value accepted, in bytes of UTF-8. */
  int maxValueBytes();

  /** The most writes accepted in one commit, at least 100. */
  int maxWritesPerCommit();

  /**
   * Reads one record.
   *
   * @return {@code Done} with nothing when there is no such record; {@code Unknown} when the
   *     service did not answer
   */
  Outcome<Optional<Stored>> read(Key key, Duration timeout);

  /** All records of a table, in the order of their names; not a snapshot of one instant. */
  Outcome<List<Stored>> readAll(Table table, Duration timeout);

  /**
   * Writes all or nothing.
   *
   * @param guard the epoch that must be current, or empty for writers that are not the controller
   * @param writes each key at most once
   * @return {@code Failed} with {@link Outcome.Cause#DEPOSED} when the epoch is not current, {@link
   *     Outcome.Cause#CONFLICT} when a record is not as expected, {@link Outcome.Cause#TOO_LARGE}
   *     when a limit is exceeded, {@link Outcome.Cause#INVALID} when a key is written twice; {@code
   *     Unknown} when it may have been written. With several causes the first of: INVALID or
   *     TOO_LARGE, DEPOSED, CONFLICT
   */
  Outcome<Ack> commit(Optional<Epoch> guard, List<Write> writes, Duration timeout);

  /**
   * Feeds changes of some tables from now on.
   *
   * @param name only the record of this name, or empty for all of the table
   */
  Subscription watch(Table table, Optional<String> name, ChangeListener listener);

  /**
   * Ends all feeds; records stay. Calls answer {@code Failed} from now on. The session is the
   * {@link Membership}'s and goes on. Closing again does nothing.
   */
  @Override
  void close();
}
