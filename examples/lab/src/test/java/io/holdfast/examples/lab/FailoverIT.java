package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What happens when a host is gone, or only out of reach. */
@NeedsLab
class FailoverIT {

  @Test
  void aCrashedHostsGuestsComeBackElsewhere(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId victim = cluster.busiestBut();
    List<LabNetwork.Guest> guests = cluster.guestsOn(victim);
    SortedMap<String, HostId> before = cluster.whereabouts();
    SortedMap<String, String> boots = cluster.boots();
    assertThat(guests).isNotEmpty();

    lab.run("crash", victim.value());
    cluster.awaitRebooted(guests);
    assertFencedBeforeStarts(cluster, victim, guests);
    assertDecidedByPriority(cluster, guests);
    for (Map.Entry<String, HostId> guest : cluster.whereabouts().entrySet()) {
      if (victim.equals(before.get(guest.getKey()))) {
        assertThat(guest.getValue()).as(guest.getKey()).isNotEqualTo(victim);
      } else {
        assertThat(guest.getValue()).as(guest.getKey()).isEqualTo(before.get(guest.getKey()));
        assertThat(cluster.boots().get(guest.getKey())).isEqualTo(boots.get(guest.getKey()));
      }
    }

    int off = lab.moments.size();
    lab.run("power-on", victim.value());
    Moment joined =
        cluster.awaitAfter(off, "it joins again", Cluster.of("HostJoined", "host", victim));
    Moment online =
        cluster.awaitAfter(
            off,
            "it is online",
            Cluster.of("HostStateChanged", "host", victim).and(m -> m.text("to").equals("ONLINE")));
    Moment fenced = cluster.await("the evidence", Cluster.of("HostFenced", "host", victim));
    assertThat(joined.text("incarnation")).isNotEqualTo(fenced.text("incarnation"));
    cluster.report(
        cluster.await("the cut", Cluster.of("power-cut", "host", victim)),
        fenced,
        cluster.startsOf(guests).get(0),
        joined,
        online);
  }

  @Test
  void aHostOutOfReachForAMomentKeepsItsGuests(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId victim = cluster.busiestBut(lab.controller(), new HostId(lab.storeLeader()));
    SortedMap<String, HostId> before = cluster.whereabouts();
    SortedMap<String, String> boots = cluster.boots();
    Predicate<Moment> anythingMoves =
        m -> Set.of("FenceBegun", "HostFenced", "StartIntended", "StartIssued").contains(m.event());

    lab.run("isolate", victim.value());
    Duration shorterThanTheSilence = Duration.ofSeconds(1);
    assertThat(lab.moments.awaitMoment(lab.moments.size(), shorterThanTheSilence, anythingMoves))
        .isEmpty();
    lab.run("rejoin", victim.value());
    assertThat(lab.moments.awaitMoment(lab.moments.size(), Duration.ofSeconds(15), anythingMoves))
        .isEmpty();
    assertThat(cluster.since(anythingMoves)).isEmpty();
    assertThat(cluster.whereabouts()).isEqualTo(before);
    assertThat(lab.awaitAnswers(Cluster.PATIENCE, LabNetwork.GUESTS)).isTrue();
    assertThat(cluster.boots()).isEqualTo(boots);
  }

  @Test
  void aHostOutOfReachForLongIsFencedBeforeItsGuestsStartElsewhere(Cluster cluster)
      throws Exception {
    Lab lab = cluster.lab();
    HostId victim = cluster.busiestBut();
    List<LabNetwork.Guest> guests = cluster.guestsOn(victim);
    assertThat(guests).isNotEmpty();

    lab.run("isolate", victim.value());
    cluster.awaitRebooted(guests);
    assertFencedBeforeStarts(cluster, victim, guests);
    for (LabNetwork.Guest guest : guests) {
      assertThat(lab.hostsRunning(guest.name())).hasSize(1).doesNotContain(victim.value());
    }
    assertThat(cluster.ranTwice()).isEmpty();
    cluster.report(
        cluster.await("isolation", Cluster.of("isolate", "host", victim)),
        cluster.await("the evidence", Cluster.of("HostFenced", "host", victim)),
        cluster.startsOf(guests).get(0));
  }

  /** never two: the BMC had confirmed that the host is off before the first of these starts. */
  static void assertFencedBeforeStarts(
      Cluster cluster, HostId victim, List<LabNetwork.Guest> guests) throws InterruptedException {
    Moment off = cluster.await("off confirmed", Cluster.of("bmc-off-confirmed", "host", victim));
    List<Moment> starts = cluster.startsOf(guests);
    assertThat(starts).isNotEmpty();
    assertThat(starts)
        .allSatisfy(start -> assertThat(start.atMillis()).isGreaterThanOrEqualTo(off.atMillis()));
    assertThat(starts).noneMatch(start -> start.text("host").equals(victim.value()));
  }

  /** The order in which starts were decided never puts a less important guest first. */
  static void assertDecidedByPriority(Cluster cluster, List<LabNetwork.Guest> guests) {
    Map<String, LabNetwork.Guest> byId =
        guests.stream().collect(Collectors.toMap(g -> "vm:" + g.name(), Function.identity()));
    Set<String> decided = new LinkedHashSet<>();
    cluster
        .since(m -> m.is("StartIntended") && Cluster.isOneOf(guests, m))
        .forEach(m -> decided.add(m.text("workload")));
    List<LabNetwork.Guest> order = new ArrayList<>();
    decided.forEach(id -> order.add(byId.get(id)));
    assertThat(order).hasSameSizeAs(guests);
    assertThat(order)
        .isSortedAccordingTo(
            Comparator.<LabNetwork.Guest, io.holdfast.api.Priority>comparing(
                    LabNetwork.Guest::priority)
                .reversed());
  }
}
