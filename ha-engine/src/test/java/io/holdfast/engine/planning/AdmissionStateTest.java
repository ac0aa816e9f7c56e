package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission.Effort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is looked at again after a change: any two of ten hosts, two workloads on each. */
class AdmissionStateTest {
  private static final WorkloadSnapshot NOWHERE =
      WorkloadSnapshot.of("vm:new", "h0", 1).on(Optional.empty()).wanted(DesiredState.STOPPED);
  private static final WorkloadSnapshot THERE =
      NOWHERE.on(Optional.of(new HostId("h3"))).wanted(DesiredState.STARTED);

  private static ClusterSnapshot cluster(int size, Rule... rules) {
    List<HostSnapshot> hosts = new ArrayList<>();
    List<WorkloadSnapshot> workloads = new ArrayList<>(List.of(NOWHERE));
    for (int h = 0; h < size; h++) {
      hosts.add(HostSnapshot.of("h" + h, 100));
      workloads.add(WorkloadSnapshot.of("vm:a" + h, "h" + h, 1));
      workloads.add(WorkloadSnapshot.of("vm:b" + h, "h" + h, 1));
    }
    return new ClusterSnapshot(List.of("cpu"), hosts, workloads, List.of(rules));
  }

  private static AdmissionState anyTwoOf(ClusterSnapshot cluster, Effort effort) {
    return new AdmissionState(cluster, 2, Rule.Level.HOST, effort);
  }

  private static AdmissionState state(Rule... rules) {
    AdmissionState state = anyTwoOf(cluster(10, rules), Effort.DEFAULT);
    assertThat(state.answer().survives()).isTrue();
    assertThat(state.examined()).isEqualTo(45 + 10 + 1);
    return state;
  }

  private static long examinedAfter(AdmissionState state, WorkloadSnapshot change) {
    long before = state.examined();
    state.put(change);
    assertThat(state.answer().survives()).isTrue();
    return state.examined() - before;
  }

  @Test
  void forWhatStartsOnlySetsWithItsHostAreLookedAt() {
    AdmissionState state = state();
    assertThat(examinedAfter(state, THERE)).isEqualTo(9 + 1);
    assertThat(examinedAfter(state, NOWHERE)).isEqualTo(9 + 1);
  }

  @Test
  void alsoWhereOthersThatAreNowhereAreToBeApartFromIt() {
    TreeSet<WorkloadId> members = new TreeSet<>(List.of(NOWHERE.id(), WorkloadId.parse("vm:c")));
    AdmissionState state =
        state(
            new Rule.WorkloadAffinity("apart", members, Rule.Kind.NEGATIVE, Rule.Level.HOST, true));
    state.put(
        WorkloadSnapshot.of("vm:c", "h0", 1).on(Optional.empty()).wanted(DesiredState.STOPPED));
    assertThat(examinedAfter(state, THERE)).isEqualTo(9 + 1);
  }

  @Test
  void whereTheEffortEndsBeforeTheLastSetSumsMayProveAllAndTheNextAnswerGoesOn() {
    AdmissionState state = anyTwoOf(cluster(10), new Effort(40, 0, 0));
    assertThat(state.answer()).isEqualTo(Admission.Answer.YES);
    assertThat(state.isCutShort()).isTrue();
    assertThat(state.examined()).isEqualTo(40);
    assertThat(state.answer()).isEqualTo(Admission.Answer.YES);
    assertThat(state.isCutShort()).isFalse();
    assertThat(state.examined()).isEqualTo(45 + 10 + 1);
  }

  /** Of the 1,830 sets of one or two of sixty hosts each host is in 60. */
  @Test
  void itIsNearlyKnownWhenFewSetsAreLeft() {
    AdmissionState state = anyTwoOf(cluster(60), new Effort(800, 0, 0));
    assertThat(state.isNearlyKnown()).isFalse();
    state.answer();
    assertThat(state.isNearlyKnown()).isFalse();
    state.answer();
    assertThat(state.isCutShort()).isTrue();
    assertThat(state.isNearlyKnown()).as("231 are left").isTrue();
    state.answer();
    state.put(THERE);
    assertThat(state.isNearlyKnown()).isTrue();
    state.put(NOWHERE.wanted(DesiredState.STARTED));
    assertThat(state.isNearlyKnown()).isFalse();
  }

  @Test
  void whetherItIsKeptIsKnownBeforeAllIsWorkedOutAnew() {
    AdmissionState state = anyTwoOf(cluster(315), new Effort(0, 0, 0));
    assertThat(state.isKept()).isTrue();
    state.put(HostSnapshot.of("h315", 100));
    assertThat(state.isOutdated()).isTrue();
    assertThat(state.isKept()).isFalse();
    state.answer();
    assertThat(state.isOutdated()).isFalse();
    assertThat(state.isKept()).isFalse();
    state.remove(new HostId("h315"));
    assertThat(state.isKept()).isTrue();
  }

  @Test
  void whatWaitsConcernsAllSets() {
    assertThat(examinedAfter(state(), NOWHERE.wanted(DesiredState.STARTED))).isEqualTo(56);
  }
}
