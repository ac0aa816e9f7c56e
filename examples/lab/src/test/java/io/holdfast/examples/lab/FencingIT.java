package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens when there is no evidence to be had. */
@NeedsLab
class FencingIT {

  @Test
  void aHostWhoseBmcIsMuteKeepsItsGuestsDownAndSaysWhy(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId victim = cluster.busiestBut(lab.controller());
    List<LabNetwork.Guest> guests = cluster.guestsOn(victim);
    assertThat(guests).isNotEmpty();

    lab.run("bmc", victim.value(), "mute");
    lab.run("crash", victim.value());
    int at = lab.moments.size();
    Duration before = Duration.ZERO;
    for (int attempt = 0; attempt < 3; attempt++) {
      Moment failed =
          cluster.awaitAfter(at, "an attempt fails", Cluster.of("FenceFailed", "host", victim));
      at = lab.moments.all().indexOf(failed) + 1;
      assertThat(failed.text("reason")).contains("bmc-" + victim);
      Duration pause = Duration.parse(failed.text("nextTryIn"));
      assertThat(pause).as("the pause grows").isGreaterThan(before);
      before = pause;
      assertThat(cluster.startsOf(guests)).as("no evidence, no start").isEmpty();
      if (attempt < 2) {
        Moment again =
            cluster.awaitAfter(at, "the next attempt", Cluster.of("FenceBegun", "host", victim));
        assertThat(again.atMillis() - failed.atMillis())
            .as("not retried before the pause of %s is over", pause)
            .isGreaterThanOrEqualTo(pause.toMillis() - 50);
      }
      System.out.println("lab: why they are down: " + failed.text("reason") + "; next in " + pause);
    }
    assertEveryGuestSaysWhy(cluster, victim, guests);
    for (LabNetwork.Guest guest : guests) {
      assertThat(lab.hostsRunning(guest.name())).isEmpty();
      assertThat(cluster.boots().get(guest.name())).isEmpty();
    }

    lab.run("bmc", victim.value(), "ok");
    cluster.awaitRebooted(guests);
    FailoverIT.assertFencedBeforeStarts(cluster, victim, guests);
    cluster.report(
        cluster.await("it answers", Cluster.of("bmc-ok", "host", victim)),
        cluster.await("the evidence", Cluster.of("HostFenced", "host", victim)),
        cluster.startsOf(guests).get(0));
  }

  /** Never stuck, always explained: the status of each guest names what it waits for. */
  private static void assertEveryGuestSaysWhy(
      Cluster cluster, HostId victim, List<LabNetwork.Guest> guests) {
    for (LabNetwork.Guest guest : guests) {
      List<Moment> statuses =
          cluster.since(Cluster.of("WorkloadStatusChanged", "workload", guest.workload().id()));
      assertThat(statuses).as(guest.name()).isNotEmpty();
      Moment last = statuses.get(statuses.size() - 1);
      assertThat(last.text("to")).as(guest.name()).isEqualTo("RECOVERING");
      assertThat(last.text("reason")).contains(victim.value());
    }
    assertThat(
            cluster.since(
                m ->
                    m.is("WorkloadStatusChanged")
                        && Cluster.isOneOf(guests, m)
                        && m.text("reason").contains("bmc-" + victim)))
        .as("statuses that name the device")
        .isNotEmpty();
  }
}
