package io.holdfast.benchmarks;

import io.holdfast.api.Capacity;
import io.holdfast.api.Epoch;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerCore;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostIntent.Guard;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.record.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A controller's core that leads a cluster in which all is well: every host is online and runs
 * twenty workloads. What it has read from its store went through JSON, as in life, so that nothing
 * is shared by luck.
 */
final class Cluster {
  static final int WORKLOADS_PER_HOST = 20;
  static final Timings TIMINGS = Timings.DEFAULT;
  private static final Epoch FORMER = new Epoch(1);
  private static final RecordCodec CODEC = new RecordCodec();

  final int hosts;
  final ControllerCore core;
  long now = 1_000_000_000_000L;
  private final List<StateRecord> records = new ArrayList<>();
  private final long[] leases;
  private final long[] reports;

  /** Reads nothing yet, leads nothing yet. */
  Cluster(int hosts) {
    this.hosts = hosts;
    leases = new long[hosts];
    reports = new long[hosts];
    SortedMap<HostId, List<String>> devices = new TreeMap<>();
    for (int i = 0; i < hosts; i++) {
      devices.put(host(i), List.of("bmc"));
    }
    core =
        new ControllerCore(new ControllerConfig("controller", TIMINGS, Optional.empty(), devices));
  }

  /** One that leads. */
  static Cluster led(int hosts) {
    return led(hosts, 0);
  }

  /** One that leads, with so many rules. */
  static Cluster led(int hosts, int rules) {
    Cluster cluster = new Cluster(hosts);
    cluster.fill();
    cluster.fillRules(rules);
    cluster.standsBy();
    cluster.leads();
    cluster.records.clear();
    return cluster;
  }

  /** Writes what its store holds. */
  void fill() {
    for (int i = 0; i < hosts; i++) {
      keep(new StateRecord.HostConfig(registered(i)));
      SortedMap<WorkloadId, HostIntent.Entry> orders = new TreeMap<>();
      for (int n = 0; n < WORKLOADS_PER_HOST; n++) {
        Workload workload = workload(i, n);
        Placement.Owner owner =
            new Placement.Owner(host(i), incarnation(i), assignment(i, n), Goal.RUN);
        keep(new StateRecord.WorkloadConfig(workload));
        keep(Placement.none(workload.id()).withOwner(owner));
        orders.put(workload.id(), order(workload, owner.assignment()));
      }
      keep(
          new HostIntent(
              host(i), incarnation(i), FORMER, 1, Guard.INITIAL, 0, 4, Optional.empty(), orders));
      keep(report(i, Condition.RUNNING));
    }
  }

  /** Each keeps three workloads apart that are on different hosts; no two name the same one. */
  void fillRules(int rules) {
    for (int r = 0; r < rules; r++) {
      TreeSet<WorkloadId> members = new TreeSet<>();
      for (int n = 0; n < 3; n++) {
        members.add(id((r + n * hosts / 3) % hosts, n + 3 * (r / hosts)));
      }
      keep(
          new StateRecord.RuleConfig(
              new Rule.WorkloadAffinity(
                  "apart" + r, members, Rule.Kind.NEGATIVE, Rule.Level.HOST, r % 2 == 0)));
    }
  }

  private static HostIntent.Entry order(Workload workload, OpId assignment) {
    return new HostIntent.Entry(
        assignment,
        Goal.RUN,
        workload.priority(),
        workload.policy().restart(),
        workload.policy().startTimeout(),
        workload.policy().stopTimeout(),
        Optional.empty());
  }

  private void keep(StateRecord record) {
    records.add(CODEC.decode(new Stored(record.key(), CODEC.encode(record), 1)));
  }

  /** Sees all leases, and sees them change. */
  void standsBy() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < hosts; i++) {
        core.step(renewed(i));
      }
    }
  }

  /** Is elected, reads the store and follows up until it has nothing to do. */
  void leads() {
    leads(electedAndReads());
  }

  /** Is elected; the answer to this read of the store makes it lead. */
  ControllerEvent electedAndReads() {
    List<ControllerEffect> effects =
        core.step(new ControllerEvent.ConnectionChanged(now, Connection.CONNECTED));
    OpId campaign = one(effects, ControllerEffect.Campaign.class).op();
    Election won = new Election.Elected(new Epoch(2));
    effects = core.step(new ControllerEvent.CampaignEnded(now, campaign, Outcome.done(won)));
    OpId read = one(effects, ControllerEffect.ReadState.class).op();
    return new ControllerEvent.StateRead(now, read, Outcome.done(List.copyOf(records)));
  }

  void leads(ControllerEvent read) {
    commits(core.step(read));
    if (!core.isLeading()) {
      throw new IllegalStateException("does not lead");
    }
  }

  /**
   * Acknowledges commits until there is none.
   *
   * @return everything that was written
   */
  List<ControllerEffect.Change> commits(List<ControllerEffect> first) {
    List<ControllerEffect.Change> written = new ArrayList<>();
    List<ControllerEffect> effects = first;
    while (true) {
      ControllerEffect.Commit commit = null;
      for (ControllerEffect effect : effects) {
        if (effect instanceof ControllerEffect.Commit c) {
          commit = c;
        }
      }
      if (commit == null) {
        return written;
      }
      written.addAll(commit.changes());
      effects = core.step(new ControllerEvent.CommitEnded(now, commit.op(), Outcome.ok()));
    }
  }

  /** The host's next renewal. */
  ControllerEvent renewed(int host) {
    Lease lease = new Lease(new HostId(name(host)), incarnation(host), leases[host]++, true);
    return new ControllerEvent.LeaseSeen(now, lease);
  }

  /** A read of this record that the core has asked for. */
  ControllerEvent read(StateRecord record) {
    List<ControllerEffect> effects = core.step(new ControllerEvent.Dirtied(now, record.key()));
    OpId op = one(effects, ControllerEffect.ReadRecord.class).op();
    return new ControllerEvent.RecordRead(now, op, record.key(), Outcome.done(Optional.of(record)));
  }

  /**
   * The host's next report.
   *
   * @param condition of its first workload; all others run
   */
  StateRecord report(int host, Condition condition) {
    SortedMap<WorkloadId, HostReport.Entry> assigned = new TreeMap<>();
    for (int n = 0; n < WORKLOADS_PER_HOST; n++) {
      Condition one = n == 0 ? condition : Condition.RUNNING;
      assigned.put(id(host, n), new HostReport.Entry(assignment(host, n), one, 0, ""));
    }
    return new HostReport(
        host(host),
        incarnation(host),
        ++reports[host],
        FORMER,
        1,
        true,
        Optional.empty(),
        Optional.empty(),
        0,
        assigned,
        new TreeSet<>());
  }

  /** One that is protected and placed nowhere. */
  static Workload unplaced(int n, Capacity demand) {
    return Workload.of("vm:new" + n, Priority.MEDIUM, demand).withOrigin(Workload.Origin.NEW);
  }

  private static <T extends ControllerEffect> T one(List<ControllerEffect> effects, Class<T> type) {
    return effects.stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
  }

  private static Host registered(int host) {
    Host plain = Host.of(name(host), Capacity.of(64, 262_144));
    return new Host(
        plain.id(), plain.capacity(), List.of("rack" + host / 40), plain.labels(), plain.kinds());
  }

  private static Workload workload(int host, int n) {
    Priority priority = List.of(Priority.LOW, Priority.MEDIUM, Priority.HIGH).get(n % 3);
    return Workload.of(id(host, n).toString(), priority, Capacity.of(2, 4096 + 1024L * (n % 4)));
  }

  static HostId host(int host) {
    return new HostId(name(host));
  }

  private static String name(int host) {
    return "host%05d".formatted(host);
  }

  private static WorkloadId id(int host, int n) {
    return new WorkloadId("vm", "%05d-%02d".formatted(host, n));
  }

  private static Incarnation incarnation(int host) {
    return new Incarnation(1000L + host);
  }

  private static OpId assignment(int host, int n) {
    return new OpId(FORMER.value(), 1L + host * WORKLOADS_PER_HOST + n);
  }
}
