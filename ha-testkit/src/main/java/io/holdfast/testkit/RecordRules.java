package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.assertFailed;
import static io.holdfast.testkit.CoordinationFixture.done;
import static io.holdfast.testkit.StateStoreRules.expecting;
import static io.holdfast.testkit.StateStoreRules.key;
import static io.holdfast.testkit.StateStoreRules.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Expected;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records, what is expected of them, and limits. */
interface RecordRules extends StateStoreRules {
  @ParameterizedTest
  @EnumSource(Table.class)
  default void recordsAreWrittenReadAndDeleted(Table table) throws Exception {
    StateStore store = newClient().stateStore();
    StateStore.Key key = key(table, "h1");
    assertThat(done(store.read(key, timeout()))).isEmpty();
    done(commit(store, Write.put(key, "one")));
    assertThat(value(store, key)).hasValue("one");
    done(commit(store, Write.put(key, "two")));
    assertThat(value(store, key)).hasValue("two");
    done(commit(store, Write.delete(key)));
    assertThat(value(store, key)).isEmpty();
    done(commit(store, Write.delete(key)));
    assertThat(done(store.readAll(table, timeout()))).isEmpty();
  }

  @Test
  default void everyWriteChangesTheVersionAlsoAfterADeletion() throws Exception {
    StateStore store = newClient().stateStore();
    Set<Long> versions = new LinkedHashSet<>();
    for (int i = 0; i < 3; i++) {
      for (String value : List.of("a", "b", "b")) {
        done(commit(store, Write.put(K1, value)));
        assertThat(versions.add(version(store, K1))).as("%s", versions).isTrue();
      }
      done(commit(store, Write.delete(K1)));
    }
    Stored stored = new Stored(K1, "b", versions.iterator().next());
    done(commit(store, Write.put(K1, "a")));
    assertFailed(commit(store, expecting(K1, "c", stored.version())), Cause.CONFLICT);
    assertThat(version(store, K1)).isEqualTo(version(store, K1));
  }

  @Test
  default void expectationsAreChecked() throws Exception {
    StateStore store = newClient().stateStore();
    Expected absent = new Expected.Absent();
    Expected never = new Expected.Version(Long.MAX_VALUE);
    assertFailed(commit(store, write(K1, "x", never)), Cause.CONFLICT);
    assertFailed(commit(store, write(K1, null, never)), Cause.CONFLICT);
    done(commit(store, write(K1, null, absent)));
    assertThat(value(store, K1)).isEmpty();
    done(commit(store, write(K1, "one", absent)));
    assertFailed(commit(store, write(K1, "two", absent)), Cause.CONFLICT);
    assertFailed(commit(store, write(K1, null, absent)), Cause.CONFLICT);
    assertFailed(commit(store, write(K1, "two", never)), Cause.CONFLICT);
    assertThat(value(store, K1)).hasValue("one");
    Expected current = new Expected.Version(version(store, K1));
    done(commit(store, write(K1, "two", current)));
    assertFailed(commit(store, write(K1, "three", current)), Cause.CONFLICT);
    assertFailed(commit(store, write(K1, null, current)), Cause.CONFLICT);
    done(commit(store, write(K1, null, new Expected.Version(version(store, K1)))));
    assertThat(value(store, K1)).isEmpty();
  }

  @Test
  default void aCommitIsAllOrNothing() throws Exception {
    StateStore store = newClient().stateStore();
    done(commit(store, Write.put(K1, "one"), Write.put(K2, "one"), Write.delete(K3)));
    Expected absent = new Expected.Absent();
    for (Write failing : List.of(write(K3, "x", new Expected.Version(1)), write(K2, "x", absent))) {
      assertFailed(commit(store, Write.put(K1, "two"), failing), Cause.CONFLICT);
      assertFailed(commit(store, Write.delete(K1), failing), Cause.CONFLICT);
      assertThat(value(store, K1)).hasValue("one");
    }
    done(commit(store, Write.delete(K1), Write.put(K2, "two"), write(K3, "new", absent)));
    assertThat(value(store, K1)).isEmpty();
    assertThat(value(store, K2)).hasValue("two");
    assertThat(value(store, K3)).hasValue("new");
  }

  @Test
  default void aKeyIsWrittenOncePerCommit() throws Exception {
    StateStore store = newClient().stateStore();
    assertFailed(commit(store, Write.put(K1, "one"), Write.put(K1, "two")), Cause.INVALID);
    assertThat(value(store, K1)).isEmpty();
  }

  @Test
  default void anEmptyCommitIsNoError() throws Exception {
    done(commit(newClient().stateStore()));
  }

  @Test
  default void valuesAreAnyText() throws Exception {
    StateStore store = newClient().stateStore();
    for (String value :
        List.of("", " ", "\0\n\r\t", "Größe 測試 \uD83D\uDC27", "<domain type='kvm'/>", "\uFFFF")) {
      done(commit(store, Write.put(K1, value)));
      assertThat(value(store, K1)).hasValue(value);
    }
  }

  @Test
  default void namesAreWhateverAKeyAllows() throws Exception {
    StateStore store = newClient().stateStore();
    List<String> names = List.of("0", "A", "a.b_c-d:e", "iscsi:store-1", "z".repeat(128));
    for (String name : names) {
      done(commit(store, Write.put(key(Table.DEFINITION, name), name)));
    }
    assertThat(done(store.readAll(Table.DEFINITION, timeout())))
        .extracting(Stored::value)
        .isEqualTo(names);
  }

  @Test
  default void readAllGivesOneTableInOrder() throws Exception {
    StateStore store = newClient().stateStore();
    List<String> names = IntStream.range(0, 60).mapToObj(i -> "vm:" + i).sorted().toList();
    List<Write> writes = new ArrayList<>();
    names.forEach(name -> writes.add(0, Write.put(key(Table.PLACEMENT, name), "on " + name)));
    done(store.commit(UNGUARDED, writes, timeout()));
    done(commit(store, Write.put(K1, "another table")));
    List<Stored> all = done(store.readAll(Table.PLACEMENT, timeout()));
    assertThat(all).extracting(stored -> stored.key().name()).isEqualTo(names);
    assertThat(all).allMatch(stored -> stored.value().equals("on " + stored.key().name()));
    StateStore.Key first = key(Table.PLACEMENT, names.get(0));
    assertThat(all.get(0)).isEqualTo(done(store.read(first, timeout())).orElseThrow());
  }

  @Test
  default void readsSeeOnesOwnWrites() throws Exception {
    StateStore store = newClient().stateStore();
    for (int i = 0; i < 50; i++) {
      done(commit(store, Write.put(K1, "value " + i)));
      assertThat(value(store, K1)).hasValue("value " + i);
    }
  }

  @Test
  default void othersSeeWhatWasWritten() throws Exception {
    StateStore writer = newClient().stateStore();
    StateStore reader = newClient().stateStore();
    done(commit(writer, Write.put(K1, "one")));
    eventually("the record at another client", () -> value(reader, K1).equals(Optional.of("one")));
  }

  @Test
  default void limitsAreAskedForAndKept() throws Exception {
    StateStore store = newClient().stateStore();
    assertThat(store.maxWritesPerCommit()).isGreaterThanOrEqualTo(100);
    assertThat(store.maxValueBytes()).isGreaterThanOrEqualTo(64 * 1024);
    String largest = "x".repeat(store.maxValueBytes());
    done(commit(store, Write.put(K1, largest)));
    assertThat(value(store, K1)).hasValue(largest);
    assertFailed(commit(store, Write.put(K1, largest + "x")), Cause.TOO_LARGE);
    // Counted in bytes, not in characters.
    String wide = "\u00fc".repeat(store.maxValueBytes() / 2 + 1);
    assertFailed(commit(store, Write.put(K1, wide)), Cause.TOO_LARGE);
    assertThat(value(store, K1)).hasValue(largest);
  }

  @Test
  default void theMostWritesFitAndOneMoreDoesNot() throws Exception {
    StateStore store = newClient().stateStore();
    List<Write> most = new ArrayList<>();
    for (int i = 0; i < store.maxWritesPerCommit(); i++) {
      most.add(Write.put(key(Table.PLACEMENT, "vm:" + i), "h1"));
    }
    done(store.commit(UNGUARDED, most, timeout()));
    assertThat(done(store.readAll(Table.PLACEMENT, timeout()))).hasSize(most.size());
    most.add(Write.put(K1, "x"));
    assertFailed(store.commit(UNGUARDED, most, timeout()), Cause.TOO_LARGE);
    assertThat(value(store, K1)).isEmpty();
  }

  @Test
  default void aCommitThatIsTooLargeAltogetherEndsKnown() throws Exception {
    StateStore store = newClient().stateStore();
    String large = "x".repeat(store.maxValueBytes());
    List<Write> writes = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      writes.add(Write.put(key(Table.DEFINITION, "vm:" + i), large));
    }
    Outcome<Ack> outcome = store.commit(UNGUARDED, writes, timeout());
    if (!outcome.isDone()) {
      assertFailed(outcome, Cause.TOO_LARGE);
    }
    assertThat(done(store.readAll(Table.DEFINITION, timeout()))).hasSize(outcome.isDone() ? 8 : 0);
  }
}
