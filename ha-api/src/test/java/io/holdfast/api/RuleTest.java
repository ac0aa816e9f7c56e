package io.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.Rule.WorkloadAffinity;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RuleTest {
  private static final HostId H1 = new HostId("h1");
  private static final HostId H2 = new HostId("h2");

  @Test
  void whatARuleSaysIsOneLine() {
    assertThat(new HostAffinity("r1", ids("vm:1"), hosts(H1, H2), true).describe())
        .isEqualTo("vm:1 must run on h1 or h2");
    assertThat(new HostAffinity("r1", ids("vm:1", "vm:2"), hosts(H1), false).describe())
        .isEqualTo("vm:1, vm:2 should run on h1");
    assertThat(affinity(Kind.NEGATIVE, Level.HOST, true).describe())
        .isEqualTo("vm:1, vm:2 must run on different hosts");
    assertThat(affinity(Kind.POSITIVE, Level.domain(1), false).describe())
        .isEqualTo("vm:1, vm:2 should run in one domain of level 1");
  }

  @Test
  void whatNamesNothingOrIsOutOfRangeIsRefusedInOneLine() {
    refused(
        () -> new HostAffinity("a b", ids("vm:1"), hosts(H1), true),
        "rule.id: found \"a b\", allowed: 1 to 64 letters, digits, '.', '_' or '-', starting with a"
            + " letter or digit");
    refused(
        () -> new HostAffinity("r", ids(), hosts(H1), true),
        "rule.workloads: found none, allowed: at least one workload");
    refused(
        () -> new HostAffinity("r", ids("vm:1"), hosts(), true),
        "rule.hosts: found none, allowed: at least one host");
    refused(
        () -> new WorkloadAffinity("r", ids(), Kind.NEGATIVE, Level.HOST, true),
        "rule.workloads: found none, allowed: at least one workload");
    refused(() -> Level.domain(-1), "rule.level: found -1, allowed: 0 to 63");
    refused(() -> new Level(64), "rule.level: found 64, allowed: host, or 0 to 63");
  }

  @Test
  void aRuleDoesNotChangeWithWhatItWasMadeFrom() {
    SortedSet<WorkloadId> workloads = ids("vm:1");
    SortedMap<HostId, Integer> hosts = hosts(H1);
    HostAffinity rule = new HostAffinity("r", workloads, hosts, true);
    workloads.clear();
    hosts.clear();
    assertThat(rule.workloads()).containsExactly(WorkloadId.parse("vm:1"));
    assertThat(rule.hosts()).containsEntry(H1, 0);
  }

  @Test
  void levelsAreWrittenAsInFiles() {
    assertThat(Level.HOST).hasToString("host");
    assertThat(Level.domain(1)).hasToString("1").isGreaterThan(Level.domain(0));
    assertThat(Level.HOST.isHost()).isTrue();
    assertThat(Level.domain(0).isHost()).isFalse();
  }

  private static void refused(ThrowingCallable made, String message) {
    assertThatThrownBy(made).isInstanceOf(InvalidConfigException.class).hasMessage(message);
  }

  private static WorkloadAffinity affinity(Kind kind, Level level, boolean strict) {
    return new WorkloadAffinity("r", ids("vm:1", "vm:2"), kind, level, strict);
  }

  private static SortedSet<WorkloadId> ids(String... names) {
    SortedSet<WorkloadId> ids = new TreeSet<>();
    for (String name : names) {
      ids.add(WorkloadId.parse(name));
    }
    return ids;
  }

  private static SortedMap<HostId, Integer> hosts(HostId... ids) {
    SortedMap<HostId, Integer> hosts = new TreeMap<>();
    for (HostId id : ids) {
      hosts.put(id, 0);
    }
    return hosts;
  }
}
