package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.Priority;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Searches for room, each of which looks at all that runs, do not hold up all else. */
class RoomSearchesTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Known known = new Known();
  private final RoomSearches searches = new RoomSearches(known.state);

  private int begun() {
    int begun = 0;
    while (begun < 100 && searches.begin()) {
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
  void theOthersHaveTheirTurnAMomentLater() {
    FullHosts hosts = new FullHosts("host1", "host2", "host3", "host4", "host5", "host6", "host7");
    for (int i = 0; i < 12; i++) {
      hosts.on("host1", "vm:" + (100 + i), 4, Priority.HIGH);
      hosts.on("host" + (2 + i / 2), "vm:" + (200 + i), 4, Priority.LOW);
    }
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).hasSize(10);
    hosts.reports("host2", Condition.STOPPING, "vm:200");
    hosts.reports("host2", Condition.STOPPING, "vm:200", "vm:201");
    assertThat(hosts.evicted()).hasSize(10);
    hosts.script.passes(FullHosts.MOMENT.multipliedBy(2));
    assertThat(hosts.evicted()).hasSize(12);
  }
}
