package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.Change;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** One commit at a time, evidence before placements before intents. */
class CommitQueueTest {
  private static final Epoch EPOCH = new Epoch(3);
  private final CommitQueue queue = new CommitQueue();
  private long sequence;

  @Test
  void withoutAWriteThereIsNoCommit() {
    assertThat(queue.wouldEmit()).isFalse();
    assertThat(next()).isEmpty();
  }

  @Test
  void evidenceComesBeforePlacementsBeforeIntents() {
    queue.put(intent("host1", 1));
    queue.put(placement("vm:1"));
    queue.put(evidence("host2"));
    queue.put(placement("ct:1"));
    assertThat(keys(next()))
        .containsExactly("FENCE/host2", "PLACEMENT/ct:1", "PLACEMENT/vm:1", "INTENT/host1");
  }

  @Test
  void aSplitKeepsThatOrderAcrossCommits() {
    for (int i = 0; i < 150; i++) {
      queue.put(intent("host" + i, 1));
      queue.put(placement("vm:" + i));
    }
    queue.put(evidence("zz"));
    List<String> tables = new ArrayList<>();
    for (Optional<Commit> commit = next(); commit.isPresent(); commit = next()) {
      assertThat(commit.get().changes()).hasSizeLessThanOrEqualTo(CommitQueue.MAX_CHANGES);
      commit.get().changes().forEach(change -> tables.add(change.key().table().name()));
      queue.complete(commit.get().op());
    }
    assertThat(tables).hasSize(301);
    assertThat(tables.get(0)).isEqualTo("FENCE");
    assertThat(tables.subList(1, 151)).containsOnly("PLACEMENT");
    assertThat(tables.subList(151, 301)).containsOnly("INTENT");
  }

  @Test
  void aHundredFitAndOneMoreDoesNot() {
    for (int i = 0; i < CommitQueue.MAX_CHANGES + 1; i++) {
      queue.put(placement("vm:" + i));
    }
    Commit first = next().orElseThrow();
    assertThat(first.changes()).hasSize(CommitQueue.MAX_CHANGES);
    queue.complete(first.op());
    assertThat(next().orElseThrow().changes()).hasSize(1);
  }

  @Test
  void whatIsTooLargeForTheStoreIsWrittenInHalvesUntilItFits() {
    for (int i = 0; i < 4; i++) {
      queue.put(placement("vm:" + i));
    }
    Commit all = next().orElseThrow();
    queue.complete(all.op());
    assertThat(queue.split(all)).isTrue();
    Commit half = next().orElseThrow();
    assertThat(keys(Optional.of(half))).containsExactly("PLACEMENT/vm:0", "PLACEMENT/vm:1");
    queue.complete(half.op());
    assertThat(queue.split(half)).isTrue();
    Commit one = next().orElseThrow();
    assertThat(keys(Optional.of(one))).containsExactly("PLACEMENT/vm:0");
    queue.complete(one.op());
    assertThat(queue.split(one)).as("it cannot be split any more").isFalse();
    assertThat(keys(next())).containsExactly("PLACEMENT/vm:1");
  }

  @Test
  void oneIsUnderWayAtATimeAndTheRestGathers() {
    queue.put(placement("vm:1"));
    Commit first = next().orElseThrow();
    queue.put(intent("host1", 1));
    queue.put(intent("host1", 2));
    assertThat(queue.wouldEmit()).isFalse();
    assertThat(next()).isEmpty();
    assertThat(queue.complete(first.op())).contains(first);
    Commit second = next().orElseThrow();
    assertThat(second.changes())
        .containsExactly(
            new Change(new Key(Table.INTENT, "host1"), Optional.of(intent("host1", 2))));
    assertThat(second.epoch()).isEqualTo(EPOCH);
  }

  @Test
  void theLastWriteOfAKeyCountsADeletionToo() {
    Key key = new Key(Table.PLACEMENT, "vm:1");
    queue.put(placement("vm:1"));
    queue.delete(key);
    assertThat(next().orElseThrow().changes()).containsExactly(new Change(key, Optional.empty()));
  }

  @Test
  void aLateOrDuplicateCompletionBelongsToNoCommit() {
    queue.put(placement("vm:1"));
    Commit first = next().orElseThrow();
    assertThat(queue.complete(new OpId(3, 99))).isEmpty();
    assertThat(queue.complete(first.op())).contains(first);
    assertThat(queue.complete(first.op())).isEmpty();
    queue.put(placement("vm:2"));
    Commit second = next().orElseThrow();
    queue.clear();
    assertThat(queue.complete(second.op())).isEmpty();
    assertThat(queue.wouldEmit()).isFalse();
  }

  @Test
  void whatOthersWriteIsRefused() {
    queue.put(placement("vm:1"));
    for (Table table : List.of(Table.HOST, Table.WORKLOAD, Table.DEFINITION, Table.REPORT)) {
      assertThatThrownBy(() -> queue.delete(new Key(table, "x")))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private Optional<Commit> next() {
    return queue.next(EPOCH, new OpId(EPOCH.value(), ++sequence));
  }

  private static List<String> keys(Optional<Commit> commit) {
    return commit.orElseThrow().changes().stream().map(c -> c.key().toString()).toList();
  }

  private static FenceRecord evidence(String host) {
    return new FenceRecord(
        new HostId(host),
        new Incarnation(1),
        EPOCH,
        Optional.of(new Evidence.PoweredOff("bmc-" + host)),
        List.of());
  }

  private static Placement placement(String workload) {
    return Placement.none(WorkloadId.parse(workload));
  }

  private static HostIntent intent(String host, long generation) {
    return new HostIntent(
        new HostId(host),
        new Incarnation(1),
        EPOCH,
        generation,
        HostIntent.Guard.INITIAL,
        0,
        new TreeMap<>());
  }
}
