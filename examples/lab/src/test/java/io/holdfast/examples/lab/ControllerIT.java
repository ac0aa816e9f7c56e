package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** What happens when an engine's own process ends. */
@NeedsLab
class ControllerIT {

  /**
   * The killed process held its host's agent, too, so in the end two of three hosts are fenced. The
   * first of them gets its power back, as soon as it is known to be off, because its server of the
   * store is needed for a majority.
   */
  @Test
  void anotherControllerFinishesTheFailover(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId controller = lab.controller();
    HostId victim = cluster.busiestBut(controller);
    List<LabNetwork.Guest> guests = cluster.guestsOn(victim);
    List<LabNetwork.Guest> controllersGuests = cluster.guestsOn(controller);
    ProcessHandle engine = LabProcesses.engineOf(controller);
    assertThat(guests).isNotEmpty();

    lab.run("crash", victim.value());
    Moment begun = cluster.await("fencing begins", Cluster.of("FenceBegun", "host", victim));
    assertThat(engine.destroyForcibly()).isTrue();
    int killed = lab.moments.size();
    Moment elected =
        cluster.awaitAfter(killed, "another is elected", m -> m.is("ControllerElected"));
    assertThat(elected.text("candidate")).isNotEqualTo(controller.value());
    Moment fenced =
        cluster.awaitAfter(
            killed,
            "the new one fences the crashed host",
            Cluster.of("HostFenced", "host", victim).and(m -> !m.by().equals(controller.value())));
    lab.run("power-on", victim.value());

    cluster.awaitRebooted(guests);
    FailoverIT.assertFencedBeforeStarts(cluster, victim, guests);
    cluster.awaitAfter(
        killed, "the silent engine's host is fenced", Cluster.of("HostFenced", "host", controller));
    cluster.awaitRebooted(controllersGuests);
    assertThat(cluster.whereabouts().values()).doesNotContain(controller);
    assertThat(cluster.ranTwice()).isEmpty();
    cluster.report(begun, elected, fenced, cluster.startsOf(guests).get(0));
  }

  /** An agent that died while its host lives is not a dead host, if it is back in time. */
  @Test
  void guestsRunOnWhileTheirEngineRestarts(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId host = cluster.busiestBut(lab.controller());
    SortedMap<String, HostId> before = cluster.whereabouts();
    SortedMap<String, String> boots = cluster.boots();

    assertThat(LabProcesses.engineOf(host).destroyForcibly()).isTrue();
    LabProcesses.startEngine(lab, host);
    Moment joined = cluster.await("it joins again", Cluster.of("HostJoined", "host", host));
    cluster.settle();
    assertThat(cluster.since(m -> m.is("FenceBegun") || m.is("StartIssued"))).isEmpty();
    assertThat(cluster.whereabouts()).isEqualTo(before);
    assertThat(cluster.boots()).isEqualTo(boots);
    assertThat(joined.text("incarnation")).isNotEmpty();
  }
}
