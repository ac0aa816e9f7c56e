package io.holdfast.engine.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.engine.placement.BestHost.Candidate;
import io.holdfast.engine.placement.BestHost.Choice;
import io.holdfast.engine.placement.BestHost.Choice.Chosen;
import io.holdfast.engine.placement.BestHost.Choice.NoHost;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The choice of a host, by example. */
class BestHostTest {
  static final SortedMap<HostId, String> NOBODY = Collections.emptySortedMap();

  @Test
  void theLeastFullHostIsChosen() {
    assertThat(choose(needs(2, 10), host("a", 10, 100, 5, 0), host("b", 10, 100, 1, 0)))
        .isEqualTo(new Chosen(new HostId("b"), "30 % full with it, 0 workloads before"));
  }

  @Test
  void itsFullestDimensionCounts() {
    assertThat(hostOf(choose(needs(1, 1), host("a", 10, 100, 1, 90), host("b", 10, 100, 5, 5))))
        .isEqualTo("b");
  }

  @Test
  void tiesGoToFewerWorkloadsThenToTheName() {
    assertThat(hostOf(choose(needs(1, 1), with(2, host("a", 4, 4, 1, 1)), host("b", 4, 4, 1, 1))))
        .isEqualTo("b");
    assertThat(hostOf(choose(needs(1, 1), host("b", 4, 4, 1, 1), host("a", 4, 4, 1, 1))))
        .isEqualTo("a");
  }

  @Test
  void exactlyTheRoomThatIsLeftIsEnough() {
    assertThat(hostOf(choose(needs(4, 1), host("a", 10, 100, 6, 0)))).isEqualTo("a");
  }

  @Test
  void everyRefusalIsExplained() {
    Choice choice =
        choose(
            needs(4, 8),
            host("a", 10, 100, 7, 0),
            host("b", 10, 4, 0, 0),
            host("c", 2, 100, 5, 0),
            ofKind("ct", host("d", 10, 100, 0, 0)));
    assertThat(((NoHost) choice).describe())
        .isEqualTo(
            "no host can take it: a cpu: needs 4, free 3, b memory: needs 8, free 4,"
                + " c cpu: needs 4, free 0, d does not run kind vm");
    assertThat(((NoHost) choose(needs(1, 1))).describe()).isEqualTo("no host is registered");
  }

  @Test
  void whoIsExcludedIsExplainedToo() {
    SortedMap<HostId, String> excluded = new TreeMap<>(Map.of(new HostId("b"), "is LOST"));
    Choice choice = BestHost.choose(needs(4, 8), List.of(host("a", 10, 100, 7, 0)), excluded);
    assertThat(((NoHost) choice).describe())
        .isEqualTo("no host can take it: a cpu: needs 4, free 3, b is LOST");
  }

  @Test
  void aDimensionThatAHostDoesNotNameIsUnlimited() {
    Candidate open = new Candidate(Host.of("a", Capacity.NONE), Capacity.of(99, 99), 7);
    assertThat(hostOf(choose(needs(1_000_000, 1_000_000), open))).isEqualTo("a");
  }

  @Test
  void aWorkloadThatNeedsNothingOfADimensionIsNotHeldUpByIt() {
    assertThat(hostOf(choose(needs(0, 1), host("a", 10, 100, 11, 0)))).isEqualTo("a");
  }

  private static Choice choose(Workload workload, Candidate... candidates) {
    return BestHost.choose(workload, List.of(candidates), NOBODY);
  }

  static String hostOf(Choice choice) {
    return ((Chosen) choice).host().value();
  }

  static Workload needs(long cpu, long memory) {
    return Workload.of("vm:1", Priority.MEDIUM, Capacity.of(cpu, memory));
  }

  static Candidate host(String id, long cpu, long memory, long usedCpu, long usedMemory) {
    return new Candidate(
        Host.of(id, Capacity.of(cpu, memory)), Capacity.of(usedCpu, usedMemory), 0);
  }

  static Candidate with(int workloads, Candidate candidate) {
    return new Candidate(candidate.host(), candidate.used(), workloads);
  }

  private static Candidate ofKind(String kind, Candidate candidate) {
    Host host =
        new Host(
            candidate.host().id(),
            candidate.host().capacity(),
            List.of(),
            new TreeMap<>(),
            new TreeSet<>(List.of(kind)));
    return new Candidate(host, candidate.used(), candidate.workloads());
  }
}
