package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.DecisionReplay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** A cluster whose platform compares hosts itself. */
class PreferenceScriptsTest {
  private final InMemoryHostPreference own = preferring(0, 1, 2, 3);
  private final List<List<String>> logs = new ArrayList<>();

  private static InMemoryHostPreference preferring(long... costs) {
    SortedMap<HostId, Long> all = new TreeMap<>();
    for (int i = 0; i < costs.length; i++) {
      all.put(new HostId("host" + (i + 1)), costs[i]);
    }
    return new InMemoryHostPreference("own", all);
  }

  private Scripts running() {
    Scripts s = Scripts.with(SimConfig.scripted(4, 8));
    s.world.machines().values().forEach(host -> host.preference = Optional.of(own));
    s.world.logDecisions(
        host -> {
          List<String> log = new ArrayList<>();
          logs.add(log);
          return log::add;
        });
    s.await("everything runs", s::everythingRuns);
    return s;
  }

  /** The first of these that runs something loses its power, and that is recovered. */
  private static HostId fails(Scripts s, Predicate<HostId> of) {
    HostId victim =
        s.world.physical().hosts().stream()
            .filter(host -> of.test(host) && !s.workloadsOn(host).isEmpty())
            .findFirst()
            .orElseThrow();
    s.world.faults().cutPower(victim);
    s.await("recovered", () -> s.everythingRuns() && s.workloadsOn(victim).isEmpty());
    return victim;
  }

  @Test
  void whatAHostRanGoesWhereThePlatformPrefersIt() {
    Scripts s = running();
    SortedMap<HostId, List<WorkloadId>> before = new TreeMap<>();
    s.world.physical().hosts().forEach(host -> before.put(host, s.workloadsOn(host)));
    HostId victim = fails(s, host -> true);
    HostId best = new HostId(victim.value().equals("host1") ? "host2" : "host1");
    assertThat(s.workloadsOn(best)).containsAll(before.getOrDefault(victim, List.of()));
  }

  @Test
  void whileItThrowsEverythingIsRecoveredAllTheSameAndThatIsToldOnce() {
    own.setBroken(true);
    Scripts s = running();
    HostId leader = s.leader();
    fails(s, host -> !host.equals(leader));
    assertThat(
            s.toldSince(Duration.ZERO, HaEvent.Alarm.class).stream()
                .filter(alarm -> alarm.subject().equals("host preference own")))
        .hasSize(1);
  }

  @Test
  void itsDecisionsAreReplayedWithTheSamePreferenceOnly() {
    Scripts s = running();
    fails(s, host -> true);
    assertThat(logs).hasSize(4);
    for (List<String> log : logs) {
      assertThat(DecisionReplay.of(log.iterator(), preferring(0, 1, 2, 3)).difference()).isEmpty();
    }
    List<String> leading =
        logs.stream().max(Comparator.comparing(PreferenceScriptsTest::size)).orElseThrow();
    assertThat(DecisionReplay.of(leading.iterator(), preferring(3, 2, 1, 0)).difference())
        .isPresent();
    assertThatThrownBy(() -> DecisionReplay.of(leading.iterator()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "line 1: decided with the host preference own, and is replayed with no host preference");
  }

  private static long size(List<String> log) {
    return log.stream().mapToLong(String::length).sum();
  }
}
