package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/**
 * Whatever changes, one thing or several before the next answer, the answer that is kept is the one
 * that would be worked out anew.
 */
@AddLifecycleHook(SeedsOfThisBuild.class)
class AdmissionStatePropertiesTest {
  private static final int CHANGES = 18;
  private static final int MOST_HOSTS = 6;

  @Property(tries = 500)
  void theAnswerIsKeptCurrent(@ForAll long seed, @ForAll @IntRange(min = 0, max = 2) int failures) {
    TinyClusters dice = new TinyClusters(seed);
    Level level = dice.below(3) == 0 ? Level.domain(0) : Level.HOST;
    AdmissionState state =
        new AdmissionState(dice.cluster(), failures, level, Admission.Effort.DEFAULT);
    for (int change = 0; change < CHANGES; change++) {
      change(state, dice);
      if (dice.below(2) == 0) {
        continue;
      }
      Admission.Answer kept = state.answer();
      Admission.Answer anew = Admission.survives(state.cluster(), failures, level);
      assertThat(kept.exact()).isTrue();
      assertThat(kept.survives()).isEqualTo(anew.survives());
      kept.counterExample()
          .ifPresent(
              example ->
                  assertThat(
                          TriedOut.survives(
                              state.cluster(), new java.util.TreeSet<>(example.hosts())))
                      .isFalse());
    }
  }

  private static void change(AdmissionState state, TinyClusters dice) {
    List<HostSnapshot> hosts = state.cluster().hosts();
    List<WorkloadSnapshot> workloads = state.cluster().workloads();
    HostSnapshot host = hosts.get(dice.below(hosts.size()));
    int what = dice.below(13);
    if (what < 4 || workloads.isEmpty()) {
      state.put(dice.workload(dice.below(9), hosts.size()));
    } else if (what < 6) {
      WorkloadSnapshot one = workloads.get(dice.below(workloads.size()));
      state.put(one.on(Optional.of(host.id())));
    } else if (what == 6) {
      state.remove(new WorkloadId("vm", Integer.toString(dice.below(9))));
    } else if (what == 7) {
      WorkloadSnapshot one = workloads.get(dice.below(workloads.size()));
      WorkloadSnapshot stopped = one.wanted(DesiredState.STOPPED);
      state.put(dice.below(2) == 0 ? stopped : stopped.on(Optional.empty()));
    } else if (what == 8) {
      state.putRules(List.of(dice.rule("other", workloads, hosts.size())));
    } else if (what == 9 && hosts.size() < MOST_HOSTS) {
      state.put(dice.host(hosts.size(), 8));
    } else if (what == 10 && hosts.size() > 1) {
      removeLast(state, hosts, workloads);
    } else {
      State[] all = State.values();
      state.put(host.with(all[dice.below(all.length)]));
    }
  }

  /** The names of the others are still those of so many hosts. */
  private static void removeLast(
      AdmissionState state, List<HostSnapshot> hosts, List<WorkloadSnapshot> workloads) {
    HostId last = hosts.get(hosts.size() - 1).id();
    for (WorkloadSnapshot one : workloads) {
      if (one.host().filter(last::equals).isPresent()) {
        state.put(one.on(Optional.empty()));
      }
    }
    state.remove(last);
  }
}
