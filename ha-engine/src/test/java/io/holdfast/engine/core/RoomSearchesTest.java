package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Searches for room, each of which looks at all that runs, do not hold up all else. */
class RoomSearchesTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Known known = new Known();
  private final RoomSearches searches = new RoomSearches(known.state);

  private int asked;

  private int begun() {
    int begun = 0;
    while (begun < 100 && searches.begin(WorkloadId.parse("vm:" + ++asked))) {
      begun++;
    }
    return begun;
  }

  @Test
  void thereAreFewInASecondHoweverOftenSomethingHappens() {
    assertThat(begun()).isEqualTo(10);
    known.state.now += SECOND - 1;
    assertThat(begun()).isZero();
    known.state.now += 1;
    assertThat(begun()).isEqualTo(10);
  }

  @Test
  void whereMuchRunsThereAreFewerAndOneAtLeast() {
    for (int i = 0; i < JointPlan.MOST_PAIRS / 4; i++) {
      known.state.workload(Scenes.workload("vm:" + i).workload().id());
    }
    assertThat(begun()).isEqualTo(4);
    for (int i = 0; i < JointPlan.MOST_PAIRS; i++) {
      known.state.workload(Scenes.workload("vm:" + i).workload().id());
    }
    known.state.now += SECOND;
    assertThat(begun()).isEqualTo(1);
  }

  @Test
  void whereNobodyMayGoForOneNobodyIsSoughtForThoseThatAreNoMoreImportant() {
    WorkloadEntry workload = known.workload("vm:1");
    searches.nobodyMayGoFor(Priority.MEDIUM);
    assertThat(searches.isToWait(workload)).isTrue();
    searches.nobodyMayGoFor(Priority.LOW);
    known.state.now += MakingRoom.LOOK_EVERY.toNanos();
    searches.nobodyMayGoFor(Priority.LOW);
    assertThat(searches.isToWait(workload)).as("it is more important").isFalse();
    searches.nobodyMayGoFor(Priority.HIGH);
    known.host("host1");
    known.state.room.changed(known.host("host1"));
    assertThat(searches.isToWait(workload)).as("there is another host").isFalse();
  }

  @Test
  void aSearchThatLooksAtManyPairsIsTheOnlyOne() {
    assertThat(searches.begin(WorkloadId.parse("vm:1"))).isTrue();
    for (int i = 0; i < JointPlan.MOST_PAIRS + 1; i++) {
      searches.looksAtAnother();
    }
    assertThat(begun()).isZero();
  }

  @Test
  void theMoreASearchLooksAtTheLaterIsTheNextOne() {
    begun();
    for (int i = 0; i < 3 * JointPlan.MOST_PAIRS; i++) {
      searches.looksAtAnother();
    }
    known.state.now += 3 * SECOND - 1;
    assertThat(begun()).isZero();
    known.state.now += 1;
    assertThat(begun()).isEqualTo(10);
  }

  @Test
  void whatIsOnlyAskedIsNoReasonToSeekAgain() {
    WorkloadEntry running = known.on("vm:2", "host1", Condition.RUNNING);
    WorkloadEntry waiting = known.workload("vm:1");
    searches.nobodyMayGoFor(Priority.HIGH);
    assertThat(known.state.room.mayStartOn(running, known.host("host1"))).isTrue();
    assertThat(searches.isToWait(waiting)).isTrue();
  }

  @Test
  void whoeverWasNotSoughtForComesBeforeThoseForWhomItWas() {
    SortedMap<WorkloadId, Integer> sought = new TreeMap<>();
    for (int i = 0; i < 130; i++) {
      sought.put(known.workload("vm:" + (100 + i)).id, 0);
    }
    for (int second = 0; second < 60; second++) {
      for (WorkloadId id : List.copyOf(sought.keySet())) {
        if (!searches.isToWait(known.state.workload(id)) && searches.begin(id)) {
          searches.later(id);
          sought.merge(id, 1, Integer::sum);
        }
      }
      known.state.now += SECOND;
    }
    assertThat(sought.values()).allMatch(times -> times >= 4);
  }

  @Test
  void whoNeedsNoSearchAnyMoreHoldsNobodyUp() {
    begun();
    known.state.now += SECOND;
    assertThat(searches.begin(WorkloadId.parse("vm:1"))).as("vm:11 comes first").isFalse();
    known.state.now += SECOND;
    assertThat(searches.begin(WorkloadId.parse("vm:1"))).isTrue();
  }

  @Test
  void theOthersHaveTheirTurnAMomentLater() {
    FullHosts hosts = new FullHosts("host1", "host2", "host3", "host4", "host5", "host6", "host7");
    for (int i = 0; i < 12; i++) {
      hosts.on("host1", "vm:" + (100 + i), 4, Priority.HIGH);
      hosts.on("host" + (2 + i / 2), "vm:" + (200 + i), 4, Priority.LOW);
    }
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).hasSize(10);
    assertThat(hosts.reasonOf("vm:111"))
        .endsWith("; whether room can be made for it is looked at in its turn");
    hosts.reports("host2", Condition.STOPPING, "vm:200");
    hosts.reports("host2", Condition.STOPPING, "vm:200", "vm:201");
    assertThat(hosts.evicted()).hasSize(10);
    hosts.script.passes(FullHosts.MOMENT.multipliedBy(2));
    assertThat(hosts.evicted()).hasSize(12);
  }

  @Test
  void whereNothingIsAskedForAnyMoreNobodyWaitsForItsTurn() {
    FullHosts hosts = new FullHosts("host1", "host2", "host3", "host4", "host5", "host6", "host7");
    for (int i = 0; i < 12; i++) {
      hosts.on("host1", "vm:" + (100 + i), 4, Priority.HIGH);
      hosts.on("host" + (2 + i / 2), "vm:" + (200 + i), 4, Priority.LOW);
    }
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.reasonOf("vm:111")).endsWith("is looked at in its turn");
    hosts.asksFor(MakeRoom.NOTHING);
    assertThat(hosts.reasonOf("vm:111"))
        .startsWith("no host can take it")
        .doesNotContain("whether room can be made");
  }
}
