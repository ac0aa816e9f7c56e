package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What happens when the controller's own process ends. */
@NeedsLab
class ControllerIT {

  /**
   * The killed process held its host's agent, too, so that host is silent although it lives. Its
   * BMC is mute meanwhile: were the host fenced as well, the store would be left without a majority
   * of its servers, and no controller could finish anything.
   */
  @Test
  void anotherControllerFinishesTheFailover(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId controller = lab.controller();
    HostId victim = cluster.busiestBut(controller);
    List<LabNetwork.Guest> guests = cluster.guestsOn(victim);
    List<LabNetwork.Guest> controllersGuests = cluster.guestsOn(controller);
    SortedMap<String, String> boots = cluster.boots();
    ProcessHandle engine = LabProcesses.engineOf(controller);
    assertThat(guests).isNotEmpty();

    lab.run("bmc", controller.value(), "mute");
    lab.run("crash", victim.value());
    Moment begun = cluster.await("fencing begins", Cluster.of("FenceBegun", "host", victim));
    assertThat(engine.destroyForcibly()).isTrue();
    int killed = lab.moments.size();
    Predicate<Moment> byAnother = moment -> !moment.by().equals(controller.value());
    Moment elected =
        cluster.awaitAfter(
            killed, "another is elected", byAnother.and(moment -> moment.is("ControllerElected")));
    cluster.awaitRebooted(guests);
    Moment start = cluster.startsOf(guests).get(0);
    FailoverIT.assertFencedBeforeStarts(cluster, victim, guests);
    Moment fenced =
        cluster.await(
            "the new one has the evidence",
            Cluster.of("HostFenced", "host", victim).and(byAnother));
    cluster.report(begun, elected, fenced, start);

    // never two: it is silent, but nothing says that it is down.
    assertThat(cluster.startsOf(controllersGuests)).isEmpty();
    LabProcesses.startEngine(lab, controller);
    Moment joined =
        cluster.awaitAfter(killed, "it joins again", Cluster.of("HostJoined", "host", controller));
    // Only then does its BMC answer again: what is under way must not hit the host that is back.
    Moment online =
        cluster.awaitAfter(
            killed,
            "it is online again",
            Cluster.of("HostStateChanged", "host", controller)
                .and(moment -> moment.text("to").equals("ONLINE")));
    cluster.settle();
    assertThat(cluster.startsOf(controllersGuests)).as("found running, and adopted").isEmpty();
    for (LabNetwork.Guest guest : controllersGuests) {
      assertThat(cluster.whereabouts()).containsEntry(guest.name(), controller);
      assertThat(cluster.boots()).containsEntry(guest.name(), boots.get(guest.name()));
    }
    cluster.report(begun, joined, online);
  }
}
