package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission.Answer;
import io.holdfast.engine.planning.Admission.Effort;
import io.holdfast.engine.planning.HostSnapshot.State;
import java.util.List;
import java.util.Map;
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

  private final List<String> dimensions;
  private final int failures;
  private final Rule.Level level;
  private final Effort effort;
  private final Map<HostId, HostSnapshot> hosts = new TreeMap<>();
  private final Map<WorkloadId, WorkloadSnapshot> workloads = new TreeMap<>();
  private List<Rule> rules;

  private final Totals totals;
  private Inventory inventory;
  private Evacuation evacuation;

  /** {@code null}: there are too many to be kept. */
  private @Nullable KeptSets sets;

  /** Where no sets are kept: the answer, until something changes. */
  private @Nullable Answer whole;

  private boolean changed;

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
    this.totals = new Totals(dimensions);
    for (WorkloadSnapshot workload : cluster.workloads()) {
      workloads.put(workload.id(), workload);
      totals.add(workload);
    }
    this.rules = cluster.rules();
    this.inventory = new Inventory(cluster);
    this.evacuation = new Evacuation(inventory);
    this.sets = beginSets();
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
    totals.replace(workloads.get(workload.id()), workload);
    workloads.put(workload.id(), workload);
    if (outdated) {
      return;
    }
    Tenant before = inventory.find(workload.id());
    Tenant tenant = inventory.put(workload);
    changed = true;
    KeptSets known = sets;
    if (known != null) {
      known.touch(before);
      known.touch(tenant);
      known.shrunk(tenant.host);
      known.spoil();
    }
  }

  /** A workload is gone; nothing if it is unknown. */
  public void remove(WorkloadId workload) {
    WorkloadSnapshot gone = workloads.remove(workload);
    if (gone == null) {
      return;
    }
    totals.remove(gone);
    if (outdated) {
      return;
    }
    Tenant before = inventory.remove(workload);
    changed = true;
    KeptSets known = sets;
    if (known != null) {
      known.touch(before);
      known.spoil();
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
    totals.check(host, hosts.values());
    HostSnapshot before = hosts.put(host.id(), host);
    outdated |= before == null || !isAlmost(before, host);
    if (outdated) {
      return;
    }
    int index = inventory.indexOf(host.id());
    inventory.update(index, host);
    changed = true;
    KeptSets known = sets;
    if (known != null) {
      known.shrunk(index);
      known.spoil();
    }
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
    KeptSets known = sets;
    return !outdated && known != null && known.isNearlyKnown();
  }

  /** Whether the last answer did not get to the last set; the next one goes on from there. */
  public boolean isCutShort() {
    KeptSets known = sets;
    return known != null && known.isCutShort();
  }

  /** How many sets were looked at since all was worked out anew, for tests. */
  long examined() {
    KeptSets known = sets;
    return known == null ? 0 : known.examined();
  }

  /** Whether any so many failures are survived now; see {@link Admission}. */
  public Answer answer() {
    if (outdated) {
      inventory = new Inventory(cluster());
      evacuation = new Evacuation(inventory);
      sets = null; // what was known may be large: never both at once
      sets = beginSets();
      whole = null;
      outdated = false;
    }
    KeptSets known = sets;
    if (known == null) {
      return answerAnew();
    }
    if (changed) {
      evacuation.order();
      changed = false;
    }
    return known.answer();
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

  private @Nullable KeptSets beginSets() {
    if (!canKeep(inventory.hosts, workloads.size(), failures, level)) {
      return null;
    }
    List<int[]> units = FailureUnits.of(inventory, level);
    return new KeptSets(evacuation, units, Math.min(failures, units.size()), effort);
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

  private static boolean isAlmost(HostSnapshot before, HostSnapshot after) {
    return (before.state() == State.FAILED) == (after.state() == State.FAILED)
        && before.domain().equals(after.domain())
        && before.labels().equals(after.labels())
        && before.kinds().equals(after.kinds())
        && before.conditions().equals(after.conditions());
  }
}
