package io.holdfast.engine.core;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Hosts of 8 processors each, on which workloads run from the beginning. */
final class FullHosts {
  static final Duration MOMENT = Duration.ofSeconds(1);

  final ControllerScript script;
  private final List<String> hosts;
  private int placed;

  FullHosts(String... hosts) {
    this(new ControllerScript(hosts), hosts);
  }

  private FullHosts(ControllerScript script, String... hosts) {
    this.script = script;
    this.hosts = List.of(hosts);
  }

  // Before it begins

  void on(String host, String id, long processors, Priority priority) {
    Workload spec = Scenes.newWorkload(id).workload();
    script.put(
        new WorkloadConfig(
            new Workload(
                spec.id(),
                priority,
                Capacity.of(processors, 16),
                spec.desired(),
                spec.origin(),
                spec.policy(),
                spec.lock())));
    script.put(Placement.none(spec.id()).withOwner(owner(host)));
  }

  private Placement.Owner owner(String host) {
    return new Placement.Owner(
        new HostId(host), new Incarnation(1), new OpId(1, ++placed), Goal.RUN);
  }

  void changed(String id, UnaryOperator<Workload> change) {
    WorkloadConfig config = (WorkloadConfig) script.stored(new Key(Table.WORKLOAD, id));
    script.put(new WorkloadConfig(change.apply(config.workload())));
  }

  void with(String id, UnaryOperator<WorkloadPolicy.Builder> change) {
    changed(id, spec -> spec.withPolicy(change.apply(spec.policy().toBuilder()).build()));
  }

  void begin(MakeRoom makeRoom) {
    begin(ClusterPolicy.DEFAULT.toBuilder().makeRoom(makeRoom));
  }

  void begin(ClusterPolicy.Builder policy) {
    script.put(new ClusterConfig(policy.build()));
    script.seesLeases().leads(2).allReport(hosts.toArray(String[]::new));
    hosts.forEach(host -> script.reports(host));
  }

  /** The others are silent from the beginning. */
  void beginHearing(MakeRoom makeRoom, String... heard) {
    script.put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().makeRoom(makeRoom).build()));
    hosts.stream().filter(host -> !List.of(heard).contains(host)).forEach(script::fallsSilent);
    script.seesLeases().leads(2).allReport(heard);
    List.of(heard).forEach(host -> script.reports(host));
  }

  // What happens

  void isLost(String host) {
    script.fallsSilent(host);
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
  }

  void joinsAgain(String host) {
    script.joinsAgain(host);
    script.reports(host);
  }

  void asksFor(MakeRoom makeRoom) {
    ClusterConfig now =
        new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().makeRoom(makeRoom).build());
    script.put(now).reread(now.key());
  }

  /** The host reports these so, and all else that it was told as running. */
  void reports(String host, Condition condition, String... ids) {
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, host)
        .entries()
        .forEach(
            (id, order) -> {
              boolean so = List.of(ids).contains(id.toString());
              Condition its = so ? condition : Condition.RUNNING;
              entries.put(id, new HostReport.Entry(order.assignment(), its, 0, ""));
            });
    script.reports(host, entries);
  }

  /** The next controller, which hears these hosts renew their leases. */
  FullHosts successorHearing(String... heard) {
    return successorWithReports(List.of(heard), heard);
  }

  /** As {@link #successorHearing}, and has reports of some of them only. */
  FullHosts successorWithReports(List<String> reporting, String... heard) {
    FullHosts next = new FullHosts(hosts.toArray(String[]::new));
    script.store.values().stream()
        .filter(
            record ->
                !(record instanceof HostReport report) || reporting.contains(report.host().value()))
        .forEach(next.script::put);
    hosts.stream().filter(host -> !List.of(heard).contains(host)).forEach(next.script::fallsSilent);
    for (String host : hosts) {
      next.script.holds(host, script.incarnationOf(host).value(), script.leaseOf(host).sequence());
    }
    next.script.seesLeases().leads(3);
    for (String host : heard) {
      next.script.renews(host);
    }
    reporting.forEach(host -> next.script.reports(host));
    return next;
  }

  // What came of it

  List<String> evicted() {
    return script.told(HaEvent.EvictionBegun.class).stream()
        .map(told -> told.workload() + " " + told.host() + " " + told.beneficiary())
        .toList();
  }

  List<String> moves() {
    return script.told(HaEvent.MoveBegun.class).stream()
        .map(move -> move.workload() + " " + move.from() + " " + move.to())
        .toList();
  }

  Optional<String> ownerOf(String id) {
    return Scenes.placement(script, id).owner().map(owner -> owner.host().value());
  }

  Goal goalOf(String id) {
    return Scenes.placement(script, id).owner().orElseThrow().goal();
  }

  Optional<Stage> phaseOf(String id) {
    return Scenes.placement(script, id).eviction().map(Placement.Eviction::phase);
  }

  String reasonOf(String id) {
    return script.statusOf(id).reason();
  }
}
