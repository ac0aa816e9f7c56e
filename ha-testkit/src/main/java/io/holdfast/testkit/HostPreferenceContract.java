package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostUse;
import io.holdfast.api.Names;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.spi.HostPreference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * What {@link HostPreference} promises, as jqwik properties. An implementer extends this class and
 * says how to make one; one that goes by labels or dimensions of its own says with {@link #hosts}
 * and {@link #workloads} what they are like.
 *
 * <p>That it answers for whatever may be asked, and never throws, is part of each property.
 */
public abstract class HostPreferenceContract {
  private static final long MOST_DEMAND = 1_000_000_000_000_000L;
  private static final int MANY = 1_000;

  /** A new object, as each engine of a cluster has its own. */
  protected abstract HostPreference preference();

  /** What is to be placed. */
  protected Arbitrary<Workload> workloads() {
    Arbitrary<WorkloadId> ids =
        Combinators.combine(
                Arbitraries.of("vm", "ct", "iscsi"), Arbitraries.integers().between(1, 20))
            .as((kind, number) -> new WorkloadId(kind, Integer.toString(number)));
    return Combinators.combine(
            ids,
            Arbitraries.integers().map(Priority::new),
            amounts(MOST_DEMAND),
            Arbitraries.of(DesiredState.class),
            Arbitraries.of(Workload.Origin.class),
            labels(),
            Arbitraries.of("backup").optional())
        .as(HostPreferenceContract::workload);
  }

  /** What hosts are like, whatever is taken of them. */
  protected Arbitrary<HostUse> hosts() {
    Arbitrary<Host> hosts =
        Combinators.combine(
                Arbitraries.integers().between(1, 50).map(number -> new HostId("host" + number)),
                amounts(Long.MAX_VALUE),
                Arbitraries.of("dc1", "rack1", "rack2").list().ofMaxSize(3),
                labels(),
                Arbitraries.of("vm", "ct").set().ofMaxSize(2))
            .as(
                (id, capacity, domain, labels, kinds) ->
                    new Host(id, capacity, domain, labels, new TreeSet<>(kinds)));
    return Combinators.combine(
            hosts, amounts(MANY * MOST_DEMAND), Arbitraries.integers().between(0, MANY))
        .as(HostUse::new);
  }

  /** How long it may take to compare a thousand hosts. */
  protected Duration forAThousand() {
    return Duration.ofSeconds(1);
  }

  private static Workload workload(
      WorkloadId id,
      Priority priority,
      Capacity demand,
      DesiredState desired,
      Workload.Origin origin,
      SortedMap<String, String> requires,
      Optional<String> lock) {
    WorkloadPolicy policy = WorkloadPolicy.DEFAULT.toBuilder().requires(requires).build();
    return new Workload(id, priority, demand, desired, origin, policy, lock);
  }

  private static Arbitrary<Capacity> amounts(long most) {
    return Arbitraries.maps(
            Arbitraries.of("cpu", "memory", "disk"), Arbitraries.longs().between(0, most))
        .ofMaxSize(3)
        .map(Capacity::of);
  }

  private static Arbitrary<SortedMap<String, String>> labels() {
    return Arbitraries.maps(
            Arbitraries.of("standby", "zone", "licence"), Arbitraries.of("true", "a", "b"))
        .ofMaxSize(3)
        .map(TreeMap::new);
  }

  @Provide
  Arbitrary<Workload> anyWorkload() {
    return workloads();
  }

  @Provide
  Arbitrary<List<HostUse>> anyHosts() {
    return hosts().list().ofMinSize(1).ofMaxSize(8);
  }

  @Example
  void itHasAName() {
    HostPreference preference = preference();
    Names.check("hostPreference", preference.name());
    assertThat(preference.name()).isEqualTo(preference.name()).isEqualTo(preference().name());
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void theSameCostsTheSameForWhoeverAsks(
      @ForAll("anyWorkload") Workload workload, @ForAll("anyHosts") List<HostUse> hosts) {
    HostPreference preference = preference();
    List<Long> costs = costs(preference, workload, hosts);
    assertThat(costs(preference, workload, hosts)).as("once more").isEqualTo(costs);
    assertThat(costs(preference(), workload, hosts)).as("another engine").isEqualTo(costs);
    List<HostUse> copies = hosts.stream().map(HostPreferenceContract::copy).toList();
    assertThat(costs(preference, copy(workload), copies)).as("equal values").isEqualTo(costs);
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void whatWasAskedBeforeDoesNotMatter(
      @ForAll("anyWorkload") Workload workload,
      @ForAll("anyWorkload") Workload other,
      @ForAll("anyHosts") List<HostUse> hosts) {
    List<Long> costs = costs(preference(), workload, hosts);
    HostPreference busy = preference();
    List<Long> backwards = new ArrayList<>();
    for (int i = hosts.size() - 1; i >= 0; i--) {
      long unused = busy.cost(other, hosts.get(i));
      backwards.add(0, busy.cost(workload, hosts.get(i)));
    }
    assertThat(backwards).isEqualTo(costs);
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void hostsHaveOneOrderHoweverTheyStand(
      @ForAll("anyWorkload") Workload workload,
      @ForAll("anyHosts") List<HostUse> hosts,
      @ForAll long seed) {
    HostPreference preference = preference();
    List<HostUse> shuffled = new ArrayList<>(hosts);
    Collections.shuffle(shuffled, new Random(seed));
    Comparator<HostUse> order = Comparator.comparingLong(host -> preference.cost(workload, host));
    Comparator<HostUse> whole = order.thenComparing(HostUse::toString);
    assertThat(shuffled.stream().sorted(whole)).containsExactlyElementsOf(sorted(hosts, whole));
  }

  @Property(tries = 5, edgeCases = EdgeCasesMode.NONE)
  void itIsQuick(
      @ForAll("anyWorkload") Workload workload, @ForAll("anyHosts") List<HostUse> hosts) {
    HostPreference preference = preference();
    long begun = System.nanoTime();
    for (int i = 0; i < MANY; i++) {
      long unused = preference.cost(workload, hosts.get(i % hosts.size()));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(forAThousand());
  }

  private static List<HostUse> sorted(List<HostUse> hosts, Comparator<HostUse> order) {
    return hosts.stream().sorted(order).toList();
  }

  private static List<Long> costs(
      HostPreference preference, Workload workload, List<HostUse> hosts) {
    return hosts.stream().map(host -> preference.cost(workload, host)).toList();
  }

  private static HostUse copy(HostUse use) {
    Host host = use.host();
    return new HostUse(
        new Host(
            new HostId(host.id().value()),
            Capacity.of(host.capacity().amounts()),
            host.domain(),
            host.labels(),
            host.kinds()),
        Capacity.of(use.taken().amounts()),
        use.workloads());
  }

  private static Workload copy(Workload workload) {
    return workload(
        new WorkloadId(workload.id().kind(), workload.id().name()),
        new Priority(workload.priority().value()),
        Capacity.of(workload.demand().amounts()),
        workload.desired(),
        workload.origin(),
        workload.policy().requires(),
        workload.lock());
  }
}
