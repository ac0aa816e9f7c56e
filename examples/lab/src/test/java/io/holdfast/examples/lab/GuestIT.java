package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** What happens to one guest while all hosts are well. */
@NeedsLab
class GuestIT {
  private static final LabNetwork.Guest GUEST = LabNetwork.GUESTS.get(0);

  @Test
  void aGuestThatRunsCannotBeStartedOnAnotherHost(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId home = cluster.whereabouts().get(GUEST.name());
    String boot = cluster.boots().get(GUEST.name());
    cluster.provokedTwinsOf(GUEST);
    for (HostId other : LabNetwork.HOSTS) {
      if (!other.equals(home)) {
        Lab.Result second =
            lab.attempt("exec", other.value(), "virsh", "create", lab.definition(GUEST).toString());
        assertThat(second.status()).as(second.output()).isNotZero();
        assertThat(second.output()).containsIgnoringCase("lock");
        System.out.println("lab: a second start on " + other + ": " + second.output().strip());
      }
    }
    assertThat(cluster.whereabouts()).containsEntry(GUEST.name(), home);
    assertThat(cluster.boots()).containsEntry(GUEST.name(), boot);
  }

  @Test
  void aKilledGuestComesBackInPlace(Cluster cluster) throws Exception {
    SortedMap<String, HostId> before = cluster.whereabouts();
    assertThat(LabProcesses.emulatorOf(GUEST).destroyForcibly()).isTrue();
    Moment stopped =
        cluster.await(
            "its stop is noticed",
            Cluster.of("WorkloadStopped", "workload", GUEST.workload().id()));
    cluster.awaitRebooted(List.of(GUEST));
    Moment started =
        cluster.await("its start", Cluster.of("StartIssued", "workload", GUEST.workload().id()));
    Moment answers =
        cluster.await("its answer", Cluster.of("GuestAnswers", "workload", GUEST.workload().id()));
    assertThat(stopped.text("reason")).isEqualTo("CRASHED");
    assertThat(cluster.whereabouts()).isEqualTo(before);
    assertThat(cluster.since(m -> m.is("StartIntended") || m.is("FenceBegun"))).isEmpty();
    cluster.report(stopped, started, answers);
  }
}
