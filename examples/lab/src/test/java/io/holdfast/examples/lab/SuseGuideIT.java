package io.holdfast.examples.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import io.holdfast.api.HostId;
import java.util.List;
import java.util.Objects;
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
    Lab lab = cluster.lab();
    HostId home = home(cluster);
    HostId target = otherThan(home);
    String boot = cluster.boots().get(GUEST.name());
    cluster.provokedTwinsOf(GUEST);
    // The engine is not to see to a guest that leaves behind its back.
    assertThat(lab.tell("unprotect " + ID)).isEqualTo("done");
    assertThat(lab.tell("connect " + ID)).isEqualTo("done");
    long begin = System.nanoTime();
    String moved = lab.tell("migrate " + home + " " + ID + " " + target);
    cluster.report("migrated", System.nanoTime() - begin);
    assertSurvived(lab.tell("disconnect " + ID));
    assertThat(moved).isEqualTo("done");
    assertThat(lab.hostsRunning(GUEST.name())).containsExactly(target.value());
    assertThat(lab.awaitAnswers(Cluster.PATIENCE, List.of(GUEST))).isTrue();
    assertThat(cluster.boots()).containsEntry(GUEST.name(), boot);
    lab.protectGuests();
  }

  @Test
  void anOpenConnectionSurvivesAMoveByTheEngine(Cluster cluster) throws Exception {
    Lab lab = cluster.lab();
    HostId home = home(cluster);
    HostId target = otherThan(home);
    String boot = cluster.boots().get(GUEST.name());
    cluster.provokedTwinsOf(GUEST);
    assertThat(lab.tell("connect " + ID)).isEqualTo("done");
    assertThat(lab.tell("move " + ID + " " + target)).isEqualTo("done");
    Moment begun = cluster.await("the move begins", Cluster.of("MoveBegun", "workload", ID));
    Moment ended = cluster.await("the move ends", Cluster.of("MoveEnded", "workload", ID));
    assertSurvived(lab.tell("disconnect " + ID));
    assertThat(ended.text("arrived")).as("%s", ended).isEqualTo("true");
    assertThat(lab.hostsRunning(GUEST.name())).containsExactly(target.value());
    assertThat(lab.awaitAnswers(Cluster.PATIENCE, List.of(GUEST))).isTrue();
    assertThat(cluster.boots()).containsEntry(GUEST.name(), boot);
    assertThat(cluster.startsOf(List.of(GUEST))).isEmpty();
    cluster.report(begun, ended);
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
