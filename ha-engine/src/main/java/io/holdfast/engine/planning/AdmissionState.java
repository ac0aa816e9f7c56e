package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission.Answer;
import io.holdfast.engine.planning.Admission.Effort;
import io.holdfast.engine.planning.Evacuation.Verdict;
import io.holdfast.engine.planning.HostSnapshot.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The answer of {@link Admission#survives} for one number of failures, kept current as workloads
 * and hosts change: only sets of hosts whose packing a change can have spoiled are looked at again,
 * and what still fits of it stays. For each set the packing that proves it is kept; where that
 * would be too many every answer is worked out anew. An answer whose effort ends before the last
 * set is a yes only if sums over all sets prove it; the next one goes on with the other sets.
 *
 * <p>Deterministic. For use by one thread at a time.
 */
public final class AdmissionState {
  private static final long MOST_SETS = 50_000;
  private static final long MOST_PLACES = 10_000_000;

  /** To look at so many sets takes some milliseconds. */
  private static final long FEW_SETS = 1_000;

  private enum Known {
    NOTHING,
    SURVIVES,
    FAILS,
    UNDECIDED
  }

  /** A set of hosts, and what is known of it. */
  private static final class FailureSet {
    final int[] hosts;
    Known known = Known.NOTHING;
    Packed packed = Packed.NOTHING;
    Optional<Admission.CounterExample> example = Optional.empty();

    FailureSet(int[] hosts) {
      this.hosts = hosts;
    }
  }

  private final List<String> dimensions;
  private final int failures;
  private final Rule.Level level;
  private final Effort effort;
  private final Map<HostId, HostSnapshot> hosts = new TreeMap<>();
  private final Map<WorkloadId, WorkloadSnapshot> workloads = new TreeMap<>();
  private List<Rule> rules;

  /** What all workloads demand together, by dimension, and weigh. */
  private final long[] demand;

  private long weight;

  private Inventory inventory;
  private Evacuation evacuation;

  /** The most dangerous first; {@code null}: too many to be kept. */
  private @Nullable List<FailureSet> sets;

  /** Where no sets are kept: the answer, until something changes. */
  private @Nullable Answer whole;

  /** By host: the sets that it is in. */
  private final List<List<FailureSet>> setsOf = new ArrayList<>();

  /** What can fail at once. */
  private List<int[]> units = List.of();

  private boolean changed;
  private boolean cutShort;
  private long examined;

  /** Whether all is worked out anew before the next answer. */
  private boolean outdated;

  /**
   * Begins with a cluster.
   *
   * @param failures how many hosts, or failure domains, are to be survived; 0 or greater
   */
  public AdmissionState(ClusterSnapshot cluster, int failures, Rule.Level level, Effort effort) {
    if (failures < 0) {
      throw new InvalidConfigException("failures", failures, "0 or greater");
    }
    this.dimensions = cluster.dimensions();
    this.failures = failures;
    this.level = level;
    this.effort = effort;
    cluster.hosts().forEach(host -> hosts.put(host.id(), host));
    this.demand = new long[dimensions.size()];
    for (WorkloadSnapshot workload : cluster.workloads()) {
      workloads.put(workload.id(), workload);
      count(workload, 1);
    }
    this.rules = cluster.rules();
    this.inventory = new Inventory(cluster);
    this.evacuation = new Evacuation(inventory);
    begin();
  }

  /** The cluster as it is now. */
  public ClusterSnapshot cluster() {
    return cluster(rules);
  }

  private ClusterSnapshot cluster(List<Rule> with) {
    return new ClusterSnapshot(
        dimensions, List.copyOf(hosts.values()), List.copyOf(workloads.values()), with);
  }

  /**
   * A workload is new, or has changed in any way.
   *
   * @throws InvalidConfigException if its host is unknown, its dimensions are others, or all
   *     together would be too much; then nothing has changed
   */
  public void put(WorkloadSnapshot workload) {
    if (workload.equals(workloads.get(workload.id()))) {
      return;
    }
    ClusterSnapshot.checkSize("workload.demand", workload.demand(), dimensions.size());
    workload
        .load()
        .ifPresent(load -> ClusterSnapshot.checkSize("workload.load", load, dimensions.size()));
    workload
        .host()
        .filter(host -> !hosts.containsKey(host))
        .ifPresent(
            host -> {
              throw new InvalidConfigException("workload.host", host, "one of the hosts");
            });
    recount(workload);
    workloads.put(workload.id(), workload);
    if (outdated) {
      return;
    }
    touch(inventory.find(workload.id()));
    Tenant tenant = inventory.put(workload);
    touch(tenant);
    shrunk(tenant.host);
    spoil();
  }

  /** A workload is gone; nothing if it is unknown. */
  public void remove(WorkloadId workload) {
    WorkloadSnapshot gone = workloads.remove(workload);
    if (gone == null) {
      return;
    }
    count(gone, -1);
    if (!outdated) {
      touch(inventory.remove(workload));
      spoil();
    }
  }

  /**
   * A host is new, or has changed in any way. Another capacity, maintenance or standby is cheap;
   * with all else everything is worked out anew before the next answer.
   *
   * @throws InvalidConfigException if its dimensions are others, or the capacities of all hosts
   *     would be too much; then nothing has changed
   */
  public void put(HostSnapshot host) {
    if (host.equals(hosts.get(host.id()))) {
      return;
    }
    ClusterSnapshot.checkSize("host.capacity", host.capacity(), dimensions.size());
    checkCapacities(host);
    HostSnapshot before = hosts.put(host.id(), host);
    outdated |= before == null || !isAlmost(before, host);
    if (outdated) {
      return;
    }
    int index = inventory.indexOf(host.id());
    inventory.update(index, host);
    shrunk(index);
    spoil();
  }

  /** Whether this host is known so, so that to put it would change nothing. */
  public boolean isAs(HostSnapshot host) {
    return host.equals(hosts.get(host.id()));
  }

  /**
   * A host is gone; nothing if it is unknown.
   *
   * @throws InvalidConfigException if workloads are on it
   */
  public void remove(HostId host) {
    if (!hosts.containsKey(host)) {
      return;
    }
    for (WorkloadSnapshot workload : workloads.values()) {
      if (workload.host().filter(host::equals).isPresent()) {
        throw new InvalidConfigException(
            "host", host + " with " + workload.id(), "a host without workloads");
      }
    }
    hosts.remove(host);
    outdated = true;
  }

  /**
   * Other rules; all is worked out anew before the next answer.
   *
   * @throws InvalidConfigException if two of them have the same name; then nothing has changed
   */
  public void putRules(List<Rule> others) {
    ClusterSnapshot next = cluster(others);
    rules = next.rules();
    outdated = true;
  }

  /** Whether the next answer takes as long as the first one, as everything is worked out anew. */
  public boolean isOutdated() {
    return outdated;
  }

  /**
   * Whether what is known of each set is kept, or will be from the next answer on; else every
   * answer after a change takes as long as the first one.
   */
  public boolean isKept() {
    return outdated
        ? canKeep(List.copyOf(hosts.values()), workloads.size(), failures, level)
        : sets != null;
  }

  /** Whether only few sets are left to be looked at for the next answer, if nothing changes. */
  public boolean isNearlyKnown() {
    List<FailureSet> all = sets;
    return !outdated
        && all != null
        && all.stream().filter(set -> set.known == Known.NOTHING).limit(FEW_SETS + 1).count()
            <= FEW_SETS;
  }

  /** Whether the last answer did not get to the last set; the next one goes on from there. */
  public boolean isCutShort() {
    return cutShort;
  }

  /** How many sets were looked at, for tests. */
  long examined() {
    return examined;
  }

  /** Whether any so many failures are survived now; see {@link Admission}. */
  public Answer answer() {
    if (outdated) {
      begin(cluster());
      outdated = false;
    }
    cutShort = false;
    List<FailureSet> all = sets;
    if (all == null) {
      return answerAnew();
    }
    if (changed) {
      evacuation.order();
      changed = false;
    }
    for (FailureSet set : all) {
      if (set.known == Known.FAILS) {
        return new Answer(false, true, set.example);
      }
    }
    return examine(all);
  }

  private Answer answerAnew() {
    Answer known = whole;
    if (known == null || changed) {
      known = new Admission(cluster(), level).survives(failures, effort);
      whole = known;
      changed = false;
    }
    return known;
  }

  private Answer examine(List<FailureSet> all) {
    long looks = effort.looks();
    long setsLeft = effort.sets();
    Optional<Admission.CounterExample> doubtful = Optional.empty();
    for (FailureSet set : all) {
      if (set.known == Known.NOTHING) {
        setsLeft -= 1 + evacuation.count / 100;
        if (setsLeft < 0) {
          cutShort = true;
          return isProvenForAllSets() ? Answer.YES : new Answer(false, false, doubtful);
        }
        examine(set, Math.min(looks, effort.looksPerSet()));
        looks = Math.max(0, looks - evacuation.looks());
      }
      if (set.known == Known.FAILS) {
        return new Answer(false, true, set.example);
      }
      if (set.known == Known.UNDECIDED && doubtful.isEmpty()) {
        doubtful = set.example;
      }
    }
    return doubtful.isEmpty() ? Answer.YES : new Answer(false, false, doubtful);
  }

  private boolean isProvenForAllSets() {
    return new AllSets(inventory, units).provenFor() >= Math.min(failures, units.size());
  }

  private void examine(FailureSet set, long looks) {
    examined++;
    Verdict verdict = evacuation.examineAgain(set.hosts, set.packed, looks);
    if (verdict == Verdict.SURVIVES) {
      set.known = Known.SURVIVES;
      set.packed = evacuation.packed();
      return;
    }
    set.known = verdict == Verdict.FAILS ? Known.FAILS : Known.UNDECIDED;
    set.example = Optional.of(Admission.example(inventory, evacuation, set.hosts));
  }

  private void begin(ClusterSnapshot cluster) {
    inventory = new Inventory(cluster);
    evacuation = new Evacuation(inventory);
    begin();
  }

  private void begin() {
    whole = null;
    setsOf.clear();
    inventory.hosts.forEach(host -> setsOf.add(new ArrayList<>()));
    units = FailureUnits.of(inventory, level);
    sets = canKeep(inventory.hosts, workloads.size(), failures, level) ? new ArrayList<>() : null;
    if (sets == null) {
      return;
    }
    int size = Math.min(failures, units.size());
    FailureSets all = new FailureSets(inventory, units, false);
    for (int s = size; s >= 0; s--) {
      FailureSets.Steps steps = all.of(s);
      for (int[] next = steps.next(); next != null; next = steps.next()) {
        FailureSet set = new FailureSet(all.hosts(next));
        sets.add(set);
        for (int host : set.hosts) {
          setsOf.get(host).add(set);
        }
      }
    }
  }

  /**
   * Whether what is known of each set of failures would be kept, so that a change costs little;
   * else every answer is worked out anew. Hosts that have failed count, so that this does not
   * become another when one fails or comes back.
   */
  public static boolean canKeep(
      List<HostSnapshot> hosts, int workloads, int failures, Rule.Level level) {
    int units = FailureUnits.places(hosts, level, new int[hosts.size()]);
    return canKeep(units, Math.min(failures, units), workloads);
  }

  private static boolean canKeep(int units, int size, int workloads) {
    double count = 1;
    double all = 1;
    for (int s = 1; s <= size; s++) {
      count = count * (units - s + 1) / s;
      all += count;
    }
    double perSet = workloads * (double) size / Math.max(1, units) + 1;
    return all <= MOST_SETS && all * perSet <= MOST_PLACES;
  }

  /**
   * A workload comes, or goes: the sets that have to place it, and those it stands in the way of.
   */
  private void touch(@Nullable Tenant tenant) {
    if (tenant == null || !matters(tenant)) {
      return;
    }
    forget(tenant.host);
    for (Bond bond : tenant.bonds) {
      bond.members.stream().filter(AdmissionState::matters).forEach(member -> forget(member.host));
    }
  }

  /** What is nowhere and is not to run takes no room, and need not be placed. */
  private static boolean matters(Tenant tenant) {
    return tenant.host >= 0 || tenant.mustRun;
  }

  /** What is placed when a host fails has changed; -1: whatever fails. */
  private void forget(int host) {
    List<FailureSet> spoiled = host >= 0 ? setsOf.get(host) : sets;
    if (spoiled != null) {
      spoiled.forEach(set -> set.known = Known.NOTHING);
    }
  }

  /** A host may have less room. */
  private void shrunk(int host) {
    if (sets != null && host >= 0) {
      for (FailureSet set : sets) {
        if (set.known == Known.SURVIVES && !set.packed.fits(host, inventory)) {
          set.known = Known.NOTHING;
        }
      }
    }
  }

  /** What did not survive may do so now. */
  private void spoil() {
    changed = true;
    if (sets != null) {
      for (FailureSet set : sets) {
        if (set.known != Known.SURVIVES) {
          set.known = Known.NOTHING;
        }
      }
    }
  }

  private static boolean isAlmost(HostSnapshot before, HostSnapshot after) {
    return (before.state() == State.FAILED) == (after.state() == State.FAILED)
        && before.domain().equals(after.domain())
        && before.labels().equals(after.labels())
        && before.kinds().equals(after.kinds())
        && before.conditions().equals(after.conditions());
  }

  private void count(WorkloadSnapshot workload, int sign) {
    for (int d = 0; d < demand.length; d++) {
      demand[d] += sign * workload.demand().get(d);
    }
    weight += sign * workload.weight();
  }

  /**
   * Counts a workload instead of what it was; throws, and counts as before, if that is too much.
   */
  private void recount(WorkloadSnapshot workload) {
    WorkloadSnapshot before = workloads.get(workload.id());
    count(workload, 1);
    if (before != null) {
      count(before, -1);
    }
    try {
      for (int d = 0; d < demand.length; d++) {
        ClusterSnapshot.checkSum(
            "workloads", "demands in " + dimensions.get(d), (double) demand[d]);
      }
      ClusterSnapshot.checkSum("workloads", "weights", (double) weight);
    } catch (InvalidConfigException tooMuch) {
      count(workload, -1);
      if (before != null) {
        count(before, 1);
      }
      throw tooMuch;
    }
  }

  private void checkCapacities(HostSnapshot changed) {
    for (int d = 0; d < dimensions.size(); d++) {
      double sum = changed.limit(d);
      for (HostSnapshot host : hosts.values()) {
        sum += host.id().equals(changed.id()) ? 0 : host.limit(d);
      }
      ClusterSnapshot.checkSum("hosts", "capacities in " + dimensions.get(d), sum);
    }
  }
}
