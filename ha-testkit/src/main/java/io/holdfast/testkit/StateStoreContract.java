package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Expected;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every promise of {@link StateStore}. See {@link CoordinationContract} for what to override. */
public abstract class StateStoreContract extends CoordinationContract {
  private static final Optional<Epoch> UNGUARDED = Optional.empty();
  private static final StateStore.Key K1 = key(Table.WORKLOAD, "vm:1");
  private static final StateStore.Key K2 = key(Table.PLACEMENT, "vm:1");
  private static final StateStore.Key K3 = key(Table.INTENT, "h1");

  // Records

  @ParameterizedTest
  @EnumSource(Table.class)
  void recordsAreWrittenReadAndDeleted(Table table) throws Exception {
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
  void everyWriteChangesTheVersionAlsoAfterADeletion() throws Exception {
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
  void expectationsAreChecked() throws Exception {
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
  void aCommitIsAllOrNothing() throws Exception {
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
  void aKeyIsWrittenOncePerCommit() throws Exception {
    StateStore store = newClient().stateStore();
    assertFailed(commit(store, Write.put(K1, "one"), Write.put(K1, "two")), Cause.INVALID);
    assertThat(value(store, K1)).isEmpty();
  }

  @Test
  void anEmptyCommitIsNoError() throws Exception {
    done(commit(newClient().stateStore()));
  }

  @Test
  void valuesAreAnyText() throws Exception {
    StateStore store = newClient().stateStore();
    for (String value :
        List.of("", " ", "\0\n\r\t", "Größe 測試 \uD83D\uDC27", "<domain type='kvm'/>", "\uFFFF")) {
      done(commit(store, Write.put(K1, value)));
      assertThat(value(store, K1)).hasValue(value);
    }
  }

  @Test
  void namesAreWhateverAKeyAllows() throws Exception {
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
  void readAllGivesOneTableInOrder() throws Exception {
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
  void readsSeeOnesOwnWrites() throws Exception {
    StateStore store = newClient().stateStore();
    for (int i = 0; i < 50; i++) {
      done(commit(store, Write.put(K1, "value " + i)));
      assertThat(value(store, K1)).hasValue("value " + i);
    }
  }

  @Test
  void othersSeeWhatWasWritten() throws Exception {
    StateStore writer = newClient().stateStore();
    StateStore reader = newClient().stateStore();
    done(commit(writer, Write.put(K1, "one")));
    eventually("the record at another client", () -> value(reader, K1).equals(Optional.of("one")));
  }

  // Limits

  @Test
  void limitsAreAskedForAndKept() throws Exception {
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
  void theMostWritesFitAndOneMoreDoesNot() throws Exception {
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
  void aCommitThatIsTooLargeAltogetherEndsKnown() throws Exception {
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

  // The epoch's guard

  @Test
  void theEpochIsChecked() throws Exception {
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
  void nothingOfADeposedControllersCommitIsWritten() throws Exception {
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
  void anEpochOutlivesNoElection() throws Exception {
    Client a = newClient();
    Client b = newClient();
    Epoch first = campaign(a, "a");
    done(a.membership().resign(timeout()));
    campaign(b, "b");
    assertFailed(guarded(a.stateStore(), first, Write.put(K1, "stale")), Cause.DEPOSED);
  }

  // Many writers

  @Test
  void concurrentIncrementsAddUp() throws Exception {
    int increments = 15;
    List<Callable<Integer>> writers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      StateStore store = newClient().stateStore();
      writers.add(
          () -> {
            for (int n = 0; n < increments; n++) {
              increment(store);
            }
            return increments;
          });
    }
    atOnce(writers);
    assertThat(value(newClient().stateStore(), K1)).hasValue(String.valueOf(4 * increments));
  }

  /** Counter by compare-and-set: a lost update would make the sum too small. */
  private void increment(StateStore store) {
    for (int attempt = 0; attempt < 1_000; attempt++) {
      Optional<Stored> found = done(store.read(K1, timeout()));
      Write write =
          found
              .map(s -> expecting(K1, "" + (Integer.parseInt(s.value()) + 1), s.version()))
              .orElseGet(() -> write(K1, "1", new Expected.Absent()));
      Outcome<Ack> outcome = commit(store, write);
      if (outcome.isDone()) {
        return;
      }
      assertFailed(outcome, Cause.CONFLICT);
    }
    throw new AssertionError("no increment in 1000 attempts");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void behavesAsAMapWould(long seed) throws Exception {
    StateStore store = newClient().stateStore();
    TreeMap<StateStore.Key, String> model = new TreeMap<>();
    Random random = new Random(seed);
    for (int step = 0; step < 60; step++) {
      List<Write> writes = randomWrites(store, random);
      boolean expected = writes.stream().allMatch(write -> holds(store, write));
      Outcome<Ack> outcome = store.commit(UNGUARDED, writes, timeout());
      assertThat(outcome.isDone())
          .as("seed %s, step %s: %s", seed, step, writes)
          .isEqualTo(expected);
      if (expected) {
        for (Write write : writes) {
          write
              .value()
              .ifPresentOrElse(v -> model.put(write.key(), v), () -> model.remove(write.key()));
        }
      }
      for (StateStore.Key key : List.of(K1, K2, K3)) {
        assertThat(value(store, key))
            .as("seed %s, step %s: %s", seed, step, writes)
            .isEqualTo(Optional.ofNullable(model.get(key)));
      }
    }
  }

  private List<Write> randomWrites(StateStore store, Random random) {
    List<Write> writes = new ArrayList<>();
    for (StateStore.Key key : List.of(K1, K2, K3)) {
      if (random.nextInt(3) > 0) {
        String value = random.nextInt(3) == 0 ? null : "v" + random.nextInt(100);
        Expected expected =
            switch (random.nextInt(4)) {
              case 0 -> new Expected.Absent();
              case 1 ->
                  new Expected.Version(
                      done(store.read(key, timeout())).map(Stored::version).orElse(7L));
              default -> new Expected.Any();
            };
        writes.add(write(key, value, expected));
      }
    }
    return writes;
  }

  private boolean holds(StateStore store, Write write) {
    Optional<Stored> found = done(store.read(write.key(), timeout()));
    return write.expected() instanceof Expected.Any
        || (write.expected() instanceof Expected.Version version
            ? found.map(s -> s.version() == version.version()).orElse(false)
            : found.isEmpty());
  }

  // News

  @Test
  void watchersAreToldWhatIsDirty() throws Exception {
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
  void aWatcherThatIsClosedIsToldNothingMore() throws Exception {
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
  void changesMissedWhileCutOffAreFollowedByAResync() throws Exception {
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
  void anExpiredSessionIsFollowedByAResync() throws Exception {
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

  // Faults

  @Test
  void aLostAnswerIsUnknownAndTheWriteIsThere() throws Exception {
    Client client = newClient();
    StateStore store = client.stateStore();
    done(commit(store, Write.put(K1, "zero")));
    loseNextAnswer(client);
    assertThat(commit(store, Write.put(K1, "one"))).isInstanceOf(Outcome.Unknown.class);
    assertThat(eventuallyDone(() -> store.read(K1, timeout())).map(Stored::value)).hasValue("one");
  }

  @Test
  void aLostRequestIsUnknownAndTheWriteIsNot() throws Exception {
    Client client = newClient();
    StateStore store = client.stateStore();
    done(commit(store, Write.put(K1, "zero")));
    loseNextCommit(client);
    assertThat(commit(store, Write.put(K1, "one"))).isInstanceOf(Outcome.Unknown.class);
    assertThat(eventuallyDone(() -> store.read(K1, timeout())).map(Stored::value)).hasValue("zero");
    done(commit(store, Write.put(K1, "two")));
  }

  @Test
  void closingLeavesTheRecords() throws Exception {
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
  void aRestartOfTheServiceLosesNothing() throws Exception {
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

  private Outcome<Ack> commit(StateStore store, Write... writes) {
    return store.commit(UNGUARDED, List.of(writes), timeout());
  }

  private Outcome<Ack> guarded(StateStore store, Epoch epoch, Write... writes) {
    return store.commit(Optional.of(epoch), List.of(writes), timeout());
  }

  private Epoch campaign(Client client, String name) {
    Election election = done(client.membership().campaign(name, timeout()));
    assertThat(election).isInstanceOf(Election.Elected.class);
    return ((Election.Elected) election).epoch();
  }

  private Optional<String> value(StateStore store, StateStore.Key key) {
    return done(store.read(key, timeout())).map(Stored::value);
  }

  private long version(StateStore store, StateStore.Key key) {
    return done(store.read(key, timeout())).orElseThrow().version();
  }

  private static StateStore.Key key(Table table, String name) {
    return new StateStore.Key(table, name);
  }

  private static Write expecting(StateStore.Key key, String value, long version) {
    return write(key, value, new Expected.Version(version));
  }

  private static Write write(StateStore.Key key, @Nullable String value, Expected expected) {
    return new Write(key, Optional.ofNullable(value), expected);
  }
}
