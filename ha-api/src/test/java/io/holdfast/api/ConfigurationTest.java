package io.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is refused is refused in one line: the field, what was found, what is allowed. */
class ConfigurationTest {
  private static final String NAME =
      "1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit";
  private static final String LONG = "x".repeat(65);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration NEGATIVE = Duration.ofNanos(-1);
  private static final Duration TOO_LONG = Duration.ofDays(1).plusNanos(1);

  static Stream<Arguments> names() {
    return Stream.of(
        refused("host", "\"\"", NAME, () -> new HostId("")),
        refused("host", "\"-a\"", NAME, () -> new HostId("-a")),
        refused("host", "\"a b\"", NAME, () -> new HostId("a b")),
        refused("host", "\"a/b\"", NAME, () -> new HostId("a/b")),
        refused("host", "\"a\n\"", NAME, () -> new HostId("a\n")),
        refused("host", "\"hôte\"", NAME, () -> new HostId("hôte")),
        refused("host", '"' + LONG + '"', NAME, () -> new HostId(LONG)),
        refused("workload", "\"101\"", "kind:name, such as vm:101", () -> WorkloadId.parse("101")),
        refused("workload.kind", "\"\"", NAME, () -> WorkloadId.parse(":101")),
        refused("workload.name", "\"\"", NAME, () -> WorkloadId.parse("vm:")),
        refused("workload.name", "\"a:b\"", NAME, () -> WorkloadId.parse("vm:a:b")),
        refused(
            "workload.kind",
            '"' + "k".repeat(64) + '"',
            "1 to 63 characters",
            () -> new WorkloadId("k".repeat(64), "a")),
        refused(
            "key.name",
            "\"../x\"",
            "1 to 128 letters, digits, '.', '_', ':' or '-'",
            () -> new Key(Table.HOST, "../x")),
        refused("candidate", "\"a b\"", NAME, () -> Membership.requireCandidate("a b")),
        refused("candidate", "\"-a\"", NAME, () -> Membership.requireCandidate("-a")));
  }

  static Stream<Arguments> numbers() {
    return Stream.of(
        refused("incarnation", 0, "greater than 0", () -> new Incarnation(0)),
        refused("incarnation", -1, "greater than 0", () -> new Incarnation(-1)),
        refused("epoch", -1, "0 or greater", () -> new Epoch(-1)),
        refused("capacity.cpu", -1, "0 or greater", () -> Capacity.of(-1, 1)),
        refused("capacity.memory", -5, "0 or greater", () -> Capacity.of(1, -5)),
        refused(
            "capacity.dimension", "\"a b\"", NAME, () -> Capacity.of(Map.of("a b", 1L)).amounts()),
        refused("host.domain", "\"\"", NAME, () -> host(List.of("dc1", ""), List.of())),
        refused("host.kinds", "\"vm:\"", NAME, () -> host(List.of(), List.of("vm:"))),
        refused("restart.maxRestarts", -1, "0 to 1000", () -> restart(-1, SECOND, SECOND, 1)),
        refused("restart.maxRestarts", 1001, "0 to 1000", () -> restart(1001, SECOND, SECOND, 1)),
        refused(
            "restart.interval", NEGATIVE, "PT0S to PT1H", () -> restart(1, NEGATIVE, SECOND, 1)),
        refused(
            "restart.interval",
            "PT1H0.000000001S",
            "PT0S to PT1H",
            () -> restart(1, Duration.ofHours(1).plusNanos(1), SECOND, 1)),
        refused(
            "restart.window",
            "PT0S",
            "greater than zero, at most P365D",
            () -> restart(1, SECOND, Duration.ZERO, 1)),
        refused(
            "restart.window",
            Duration.ofSeconds(Long.MAX_VALUE),
            "greater than zero, at most P365D",
            () -> restart(1, SECOND, Duration.ofSeconds(Long.MAX_VALUE), 1)),
        refused("restart.maxRelocations", -1, "0 to 1000", () -> restart(1, SECOND, SECOND, -1)),
        refused(
            "restart.maxRelocations", 1001, "0 to 1000", () -> restart(1, SECOND, SECOND, 1001)),
        refused(
            "workload.startTimeout",
            "PT0S",
            "greater than zero, at most PT24H",
            () -> workload(Capacity.NONE, Duration.ZERO, SECOND)),
        refused(
            "workload.startTimeout",
            TOO_LONG,
            "greater than zero, at most PT24H",
            () -> workload(Capacity.NONE, TOO_LONG, SECOND)),
        refused(
            "workload.stopTimeout",
            NEGATIVE,
            "PT0S or more, at most PT24H",
            () -> workload(Capacity.NONE, SECOND, NEGATIVE)),
        refused(
            "workload.failbackAfter",
            TOO_LONG,
            "PT0S or more, at most PT24H",
            () -> staying(TOO_LONG)),
        refused(
            "workload.demand.cpu",
            Long.MAX_VALUE,
            "0 to 1000000000000000",
            () -> workload(Capacity.of(Long.MAX_VALUE, 1), SECOND, SECOND)));
  }

  static Stream<Arguments> texts() {
    String allowed = "1 to 524288, not blank";
    return Stream.of(
        refused("definition.text", "0 characters", allowed, () -> new Definition("")),
        refused("definition.text", "3 characters", allowed, () -> new Definition(" \n\t")),
        refused(
            "definition.text",
            "524289 characters",
            allowed,
            () -> new Definition("x".repeat(Definition.MAX_LENGTH + 1))));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource({"names", "numbers", "texts"})
  void aRefusalNamesTheFieldTheValueAndWhatIsAllowed(
      String field, Object found, String allowed, ThrowingCallable construction) {
    assertThatThrownBy(construction)
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(field + ": found " + found + ", allowed: " + allowed);
  }

  @Test
  void theLimitsThemselvesAreAccepted() {
    assertThatCode(
            () -> {
              new HostId("x".repeat(64));
              new Incarnation(1);
              new Epoch(0);
              restart(0, Duration.ZERO, Duration.ofNanos(1), 0);
              restart(1000, Duration.ofHours(1), Duration.ofDays(365), 1000);
              workload(Capacity.of(1_000_000_000_000_000L, 0), Duration.ofNanos(1), SECOND);
              workload(Capacity.NONE, Duration.ofDays(1), Duration.ofDays(1));
              new Definition("x".repeat(Definition.MAX_LENGTH));
            })
        .doesNotThrowAnyException();
  }

  @Test
  void everyWorkloadIdIsAKeyOfTheStore() {
    WorkloadId longest = new WorkloadId("k".repeat(63), "n".repeat(64));
    assertThat(new Key(Table.WORKLOAD, longest.toString()).name()).hasSize(128);
  }

  @Test
  void aWorkloadIdReadsWhatItWrites() {
    assertThat(WorkloadId.parse("iscsi:store-1")).isEqualTo(new WorkloadId("iscsi", "store-1"));
    assertThat(WorkloadId.parse("iscsi:store-1")).hasToString("iscsi:store-1");
  }

  @Test
  void aConfigurationKeepsItsOwnCopies() {
    TreeMap<String, Long> amounts = new TreeMap<>(Map.of("cpu", 4L));
    TreeSet<String> kinds = new TreeSet<>(List.of("vm"));
    Capacity capacity = new Capacity(amounts);
    Host host = new Host(new HostId("a"), capacity, List.of(), new TreeMap<>(), kinds);
    amounts.put("cpu", 8L);
    kinds.clear();
    assertThat(capacity.amount("cpu")).isEqualTo(4);
    assertThat(host.kinds()).containsExactly("vm");
    assertThatThrownBy(() -> capacity.amounts().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void aHostMayBeGivenMoreThanItHas() {
    Host host = Host.of("a", Capacity.of(16, 65_536));
    assertThat(host.limit()).isEqualTo(host.capacity());
    assertThat(host.overcommitted(Map.of("cpu", 400)).limit()).isEqualTo(Capacity.of(64, 65_536));
    assertThat(host.overcommitted(Map.of("cpu", 50, "memory", 125)).limit())
        .isEqualTo(Capacity.of(8, 81_920));
    Host odd = Host.of("a", Capacity.of(3, 1)).overcommitted(Map.of("cpu", 50));
    assertThat(odd.limit()).as("rounded down").isEqualTo(Capacity.of(1, 1));
  }

  @Test
  void anOvercommitmentThatMeansNothingIsRefusedWithOneLine() {
    Host host = Host.of("a", Capacity.of(16, 1));
    for (int percent : List.of(0, -1, Host.MOST_OVERCOMMIT + 1)) {
      assertThatThrownBy(() -> host.overcommitted(Map.of("cpu", percent)))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("host.overcommit.cpu")
          .hasMessageContaining(percent + " percent of 16");
    }
    assertThatThrownBy(() -> host.overcommitted(Map.of("disk", 200)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("host.overcommit.disk");
    Host large = Host.of("a", Capacity.of(Long.MAX_VALUE, 1));
    assertThatThrownBy(() -> large.overcommitted(Map.of("cpu", 200)))
        .isInstanceOf(InvalidConfigException.class);
    assertThat(host.overcommitted(Map.of("cpu", Host.MOST_OVERCOMMIT)).limit().amount("cpu"))
        .isEqualTo(16_000);
  }

  private static Host host(List<String> domain, List<String> kinds) {
    return new Host(new HostId("a"), Capacity.NONE, domain, new TreeMap<>(), new TreeSet<>(kinds));
  }

  private static WorkloadPolicy staying(Duration time) {
    return WorkloadPolicy.DEFAULT.toBuilder().failbackAfter(time).build();
  }

  private static RestartPolicy restart(
      int restarts, Duration interval, Duration window, int relocations) {
    return RestartPolicy.of(restarts, interval, window, relocations);
  }

  private static Workload workload(Capacity demand, Duration start, Duration stop) {
    return new Workload(
        WorkloadId.parse("vm:1"),
        Priority.LOW,
        demand,
        DesiredState.STARTED,
        Workload.Origin.NEW,
        WorkloadPolicy.DEFAULT.toBuilder().startTimeout(start).stopTimeout(stop).build(),
        Optional.empty());
  }

  private static Arguments refused(
      String field, Object found, String allowed, ThrowingCallable construction) {
    return arguments(field, found, allowed, construction);
  }

  @Test
  void aPolicyIsChangedValueByValueAndCheckedWhenItIsBuilt() {
    assertThat(ClusterPolicy.DEFAULT.toBuilder().build()).isEqualTo(ClusterPolicy.DEFAULT);
    ClusterPolicy changed = ClusterPolicy.DEFAULT.toBuilder().movesPerHost(2).build();
    assertThat(changed.movesPerHost()).isEqualTo(2);
    assertThat(changed.toBuilder().movesPerHost(4).build()).isEqualTo(ClusterPolicy.DEFAULT);
    assertThat(ClusterPolicy.DEFAULT.makeRoom()).isEqualTo(ClusterPolicy.MakeRoom.NOTHING);
    ClusterPolicy evicting =
        ClusterPolicy.DEFAULT.toBuilder().makeRoom(ClusterPolicy.MakeRoom.EVICT).build();
    assertThat(evicting.toBuilder().build()).isEqualTo(evicting);
    ClusterPolicy.Builder bad = ClusterPolicy.DEFAULT.toBuilder().fencedShare(101);
    assertThatThrownBy(bad::build)
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("cluster.fencedShare: found 101, allowed: 1 to 100");
  }
}
