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

  private static AdmissionState state(Rule... rules) {
    List<HostSnapshot> hosts = new ArrayList<>();
    List<WorkloadSnapshot> workloads = new ArrayList<>(List.of(NOWHERE));
    for (int h = 0; h < 10; h++) {
      hosts.add(HostSnapshot.of("h" + h, 100));
      workloads.add(WorkloadSnapshot.of("vm:a" + h, "h" + h, 1));
      workloads.add(WorkloadSnapshot.of("vm:b" + h, "h" + h, 1));
    }
    AdmissionState state =
        new AdmissionState(
            new ClusterSnapshot(List.of("cpu"), hosts, workloads, List.of(rules)),
            2,
            Rule.Level.HOST,
            Effort.DEFAULT);
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
  void whatWaitsConcernsAllSets() {
    assertThat(examinedAfter(state(), NOWHERE.wanted(DesiredState.STARTED))).isEqualTo(56);
  }
}
