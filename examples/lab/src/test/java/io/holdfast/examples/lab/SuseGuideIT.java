package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import io.holdfast.api.HostId;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The four tests that SUSE's guide to highly available virtual machines has its readers do, with
 * one guest: a second start, a live migration, a reboot of its host, a crash of its host.
 */
@NeedsLab
class SuseGuideIT {
  private static final LabNetwork.Guest GUEST = LabNetwork.GUESTS.get(0);
  private static final String ID = GUEST.workload().id().toString();

  @Test
  void aGuestThatRunsIsHeldByItsLockAgainstAStartOnAnotherHost(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId home = home(cluster);
    String boot = cluster.boots().get(GUEST.name());
    cluster.provokedTwinsOf(GUEST);
    for (HostId other : LabNetwork.HOSTS) {
      if (!other.equals(home)) {
        String reply = lab.tell("start " + other + " " + ID);
        assertThat(reply).contains("Failed", "HELD");
        System.out.println("lab: a start on " + other + ": " + reply);
      }
    }
    assertThat(cluster.whereabouts()).containsEntry(GUEST.name(), home);
    assertThat(cluster.boots()).containsEntry(GUEST.name(), boot);
  }

  @Test
  void anOpenConnectionSurvivesALiveMigration(Cluster cluster) throws Exception {
    cluster.despiteTheEmulator(() -> migrateByHand(cluster));
  }

  private static void migrateByHand(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId home = home(cluster);
    HostId target = otherThan(home);
    String boot = cluster.boots().get(GUEST.name());
    // The engine is not to see to a guest that leaves behind its back.
    assertThat(lab.tell("unprotect " + ID)).isEqualTo("done");
    assertThat(lab.tell("connect " + ID)).isEqualTo("done");
    long begin = System.nanoTime();
    String moved = lab.tell("migrate " + home + " " + ID + " " + target);
    cluster.report("migrated", System.nanoTime() - begin);
    String session = lab.tell("disconnect " + ID);
    assertThat(session).containsAnyOf("alive ", "broken ");
    assertThat(moved).isEqualTo("done");
    assertThat(lab.hostsRunning(GUEST.name())).containsExactly(target.value());
    cluster.keepsAnswering(List.of(GUEST));
    lab.protectGuests();
    Cluster.keeps(GUEST, () -> assertSurvived(session));
    Cluster.keeps(GUEST, () -> assertThat(cluster.boots()).containsEntry(GUEST.name(), boot));
  }

  @Test
  void anOpenConnectionSurvivesAMoveByTheEngine(Cluster cluster) throws Exception {
    cluster.despiteTheEmulator(() -> moveByTheEngine(cluster));
  }

  private static void moveByTheEngine(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId home = home(cluster);
    HostId target = otherThan(home);
    String boot = cluster.boots().get(GUEST.name());
    assertThat(lab.tell("connect " + ID)).isEqualTo("done");
    assertThat(lab.tell("move " + ID + " " + target)).isEqualTo("done");
    Moment begun = cluster.await("the move begins", Cluster.of("MoveBegun", "workload", ID));
    Moment ended = cluster.await("the move ends", Cluster.of("MoveEnded", "workload", ID));
    String session = lab.tell("disconnect " + ID);
    assertThat(session).containsAnyOf("alive ", "broken ");
    assertThat(ended.text("arrived")).as("%s", ended).isEqualTo("true");
    assertThat(lab.hostsRunning(GUEST.name())).containsExactly(target.value());
    cluster.keepsAnswering(List.of(GUEST));
    assertThat(cluster.startsOf(List.of(GUEST))).isEmpty();
    cluster.report(begun, ended);
    Cluster.keeps(GUEST, () -> assertSurvived(session));
    Cluster.keeps(GUEST, () -> assertThat(cluster.boots()).containsEntry(GUEST.name(), boot));
  }

  @Test
  void theGuestsOfAHostThatIsResetRunAgain(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId home = home(cluster);
    List<LabNetwork.Guest> guests = cluster.guestsOn(home);
    long begin = System.nanoTime();
    lab.run("reset", home.value());
    cluster.awaitRebooted(guests);
    cluster.report("all guests answer after the reset of " + home, System.nanoTime() - begin);
    assertThat(lab.hostsRunning(GUEST.name())).hasSize(1);
  }

  @Test
  void theGuestsOfAHostThatIsRebootedAsPlannedRunOn(Cluster cluster) throws Exception {
    cluster.despiteTheEmulator(() -> rebootAsPlanned(cluster));
  }

  private static void rebootAsPlanned(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId home = home(cluster);
    List<LabNetwork.Guest> guests = cluster.guestsOn(home);
    SortedMap<String, String> boots = cluster.boots();
    assertThat(lab.tell("shutdown MIGRATE")).isEqualTo("done");
    assertThat(lab.tell("connect " + ID)).isEqualTo("done");
    long begin = System.nanoTime();
    ProcessHandle engine = LabProcesses.engineOf(home);
    assertThat(engine.destroy()).as("asked to end, as before a reboot").isTrue();
    engine.onExit().get(Cluster.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    cluster.report(home + " is ready to reboot", System.nanoTime() - begin);
    assertThat(cluster.guestsOn(home)).as("left there when it may go").isEmpty();
    assertThat(lab.hostsRunning(GUEST.name())).hasSize(1);
    int gone = lab.moments.size();
    lab.run("reset", home.value());
    String session = lab.tell("disconnect " + ID);
    assertThat(session).containsAnyOf("alive ", "broken ");
    cluster.awaitAfter(gone, "it is back", Cluster.of("HostJoined", "host", home));
    cluster.report(home + " has joined again", System.nanoTime() - begin);
    for (LabNetwork.Guest guest : guests) {
      String id = guest.workload().id().toString();
      cluster.awaitAfter(gone, id + " is moved back", Cluster.of("MoveEnded", "workload", id));
    }
    assertThat(cluster.guestsOn(home)).as("on its own host again").isEqualTo(guests);
    assertThat(lab.tell("shutdown CONDITIONAL")).isEqualTo("done");
    cluster.keepsAnswering(LabNetwork.GUESTS);
    assertThat(cluster.startsOf(guests)).isEmpty();
    assertThat(cluster.since(m -> m.is("FenceBegun"))).isEmpty();
    Cluster.keeps(GUEST, () -> assertSurvived(session));
    for (LabNetwork.Guest guest : LabNetwork.GUESTS) {
      Cluster.keeps(
          guest,
          () ->
              assertThat(cluster.boots().get(guest.name()))
                  .as("it was not started anew")
                  .isEqualTo(boots.get(guest.name())));
    }
  }

  @Test
  void theGuestOfAHostThatCrashesRunsOnAnother(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId home = home(cluster);
    List<LabNetwork.Guest> guests = cluster.guestsOn(home);
    long begin = System.nanoTime();
    lab.run("crash", home.value());
    cluster.awaitRebooted(guests);
    cluster.report("all guests answer after the crash of " + home, System.nanoTime() - begin);
    FailoverIT.assertFencedBeforeStarts(cluster, home, guests);
    assertThat(lab.hostsRunning(GUEST.name())).hasSize(1).doesNotContain(home.value());
  }

  private static HostId home(Cluster cluster) throws Exception {
    HostId home = cluster.whereabouts().get(GUEST.name());
    return Objects.requireNonNull(home, "it runs when a test begins");
  }

  private static void assertSurvived(String session) {
    List<String> words = Splitter.on(' ').splitToList(session);
    assertThat(words.get(0)).as(session).isEqualTo("alive");
    System.out.printf(
        "lab: the connection was used %s times, the longest wait was %s ms%n",
        words.get(1), words.get(2));
  }

  private static HostId otherThan(HostId home) {
    return LabNetwork.HOSTS.stream().filter(host -> !host.equals(home)).findFirst().orElseThrow();
  }
}
