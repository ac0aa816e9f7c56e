package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.PlanOptions.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Makes a {@link Board} of a cluster. In time proportional to its size. */
final class BoardCompiler {
  private final ClusterSnapshot cluster;
  private final PlanOptions options;
  private final List<HostSnapshot> hosts;
  private final List<WorkloadSnapshot> workloads;
  private final int dimensions;
  private final IdIndex hostNumbers;
  private @Nullable IdIndex workloadNumbers;
  private final boolean[] usable;
  private final long[] usableBits;

  private BoardCompiler(ClusterSnapshot cluster, PlanOptions options) {
    this.cluster = cluster;
    this.options = options;
    hosts = cluster.hosts();
    workloads = cluster.workloads();
    dimensions = cluster.dimensions().size();
    String[] ids = new String[hosts.size()];
    String[] kinds = new String[ids.length];
    usable = new boolean[ids.length];
    usableBits = new long[(ids.length + 63) / 64];
    for (int h = 0; h < ids.length; h++) {
      ids[h] = hosts.get(h).id().value();
      kinds[h] = "";
      usable[h] = hosts.get(h).isUsable();
      if (usable[h]) {
        usableBits[h >> 6] |= 1L << h;
      }
    }
    hostNumbers = new IdIndex(kinds, ids);
  }

  static Board compile(ClusterSnapshot cluster, PlanOptions options) {
    return new BoardCompiler(cluster, options).board();
  }

  private Board board() {
    int n = workloads.size();
    int[] home = new int[n];
    boolean[] lost = new boolean[n];
    boolean[] ranBefore = new boolean[n];
    boolean[] movable = new boolean[n];
    boolean[] evictable = new boolean[n];
    long[] demand = new long[n * dimensions];
    long[][] allowed = new long[n][];
    long[][] bearable = new long[n][];
    Wants wants = new Wants();
    for (int w = 0; w < n; w++) {
      WorkloadSnapshot workload = workloads.get(w);
      boolean wanted = workload.desired() == DesiredState.STARTED;
      int at = workload.host().isPresent() ? number(workload.host().get()) : -1;
      boolean failed = at >= 0 && hosts.get(at).state() == State.FAILED;
      home[w] = failed ? -1 : at;
      lost[w] = home[w] < 0 && wanted;
      ranBefore[w] = failed && wanted;
      movable[w] = options.moves() == Moves.ALLOWED && home[w] >= 0 && wanted && workload.movable();
      evictable[w] = options.eviction() && home[w] >= 0 && wanted;
      for (int d = 0; d < dimensions; d++) {
        demand[w * dimensions + d] = workload.demand().get(d);
      }
      bearable[w] = wants.of(workload, Collections.emptySortedSet());
      allowed[w] =
          workload.conditions().isEmpty() ? bearable[w] : wants.of(workload, workload.conditions());
    }
    int[][] groupsOf = new int[n][];
    Arrays.fill(groupsOf, new int[0]);
    List<Board.Group> groups = rules(allowed, bearable, groupsOf);
    return new Board(
        cluster,
        capacities(HostSnapshot::room),
        capacities(HostSnapshot::limit),
        demand,
        home,
        lost,
        ranBefore,
        movable,
        evictable,
        values(lost, evictable),
        options.movePrice(),
        usable,
        standby(),
        allowed,
        bearable,
        groups.toArray(new Board.Group[0]),
        groupsOf);
  }

  private interface Amount {
    long of(HostSnapshot host, int dimension);
  }

  private long[] capacities(Amount amount) {
    long[] capacity = new long[hosts.size() * dimensions];
    for (int h = 0; h < hosts.size(); h++) {
      for (int d = 0; d < dimensions; d++) {
        capacity[h * dimensions + d] = amount.of(hosts.get(h), d);
      }
    }
    return capacity;
  }

  private boolean[] standby() {
    boolean[] standby = new boolean[hosts.size()];
    for (int h = 0; h < standby.length; h++) {
      standby[h] = hosts.get(h).state() == State.STANDBY;
    }
    return standby;
  }

  /** What workloads want of a host: those of the same kind, labels and conditions want the same. */
  private final class Wants {
    private final SortedMap<String, long[]> plain = new TreeMap<>();
    private final SortedMap<String, long[]> labelled = new TreeMap<>();
    private final boolean anyKinds;

    Wants() {
      boolean any = false;
      for (HostSnapshot host : hosts) {
        any |= !host.kinds().isEmpty();
      }
      anyKinds = any;
    }

    /** With lengths, for a label's value may be any text. */
    private static String keyOf(SortedMap<String, String> requires, SortedSet<String> conditions) {
      StringBuilder key = new StringBuilder();
      conditions.forEach(name -> key.append('&').append(name));
      requires.forEach(
          (label, value) ->
              key.append('/')
                  .append(label.length())
                  .append(':')
                  .append(label)
                  .append(value.length())
                  .append(':')
                  .append(value));
      return key.toString();
    }

    long[] of(WorkloadSnapshot workload, SortedSet<String> conditions) {
      SortedMap<String, String> requires = workload.requires();
      boolean isPlain = requires.isEmpty() && conditions.isEmpty();
      if (isPlain && !anyKinds) {
        return usableBits;
      }
      String kind = workload.id().kind();
      SortedMap<String, long[]> known = isPlain ? plain : labelled;
      String key = isPlain ? kind : kind.concat(keyOf(requires, conditions));
      long[] bits = known.get(key);
      if (bits == null) {
        bits = new long[usableBits.length];
        for (int h = 0; h < usable.length; h++) {
          HostSnapshot host = hosts.get(h);
          if (usable[h]
              && runs(host, kind)
              && has(host, requires)
              && host.conditions().containsAll(conditions)) {
            bits[h >> 6] |= 1L << h;
          }
        }
        known.put(key, bits);
      }
      return bits;
    }
  }

  static boolean runs(HostSnapshot host, String kind) {
    return host.kinds().isEmpty() || host.kinds().contains(kind);
  }

  static boolean has(HostSnapshot host, SortedMap<String, String> requires) {
    return host.labels().entrySet().containsAll(requires.entrySet());
  }

  private List<Board.Group> rules(long[][] allowed, long[][] bearable, int[][] groupsOf) {
    List<Board.Group> groups = new ArrayList<>();
    SortedMap<Rule.Level, int[]> places = new TreeMap<>();
    int number = 0;
    for (Rule rule : cluster.rules()) {
      if (!rule.strict()) {
        number++;
        continue;
      }
      if (rule instanceof Rule.HostAffinity affinity) {
        pin(affinity, allowed, bearable);
      } else if (rule instanceof Rule.WorkloadAffinity affinity && rule.workloads().size() > 1) {
        int[] members = members(affinity);
        if (members.length > 1) {
          int[] at = places.get(affinity.level());
          if (at == null) {
            at = places(hosts, affinity.level().index());
            places.put(affinity.level(), at);
          }
          boolean together = affinity.kind() == Rule.Kind.POSITIVE;
          for (int member : members) {
            int[] before = groupsOf[member];
            groupsOf[member] = Arrays.copyOf(before, before.length + 1);
            groupsOf[member][before.length] = groups.size();
          }
          groups.add(new Board.Group(together, at, max(at) + 1, members, number));
        }
      }
      number++;
    }
    return groups;
  }

  private static int max(int[] numbers) {
    int max = -1;
    for (int number : numbers) {
      max = Math.max(max, number);
    }
    return max;
  }

  /** What is kept stopped is never where the rule could matter: it does not bind the others. */
  private int[] members(Rule.WorkloadAffinity affinity) {
    int[] members = new int[affinity.workloads().size()];
    int count = 0;
    for (WorkloadId id : affinity.workloads()) {
      int w = number(id);
      if (w >= 0 && counts(affinity, workloads.get(w))) {
        members[count++] = w;
      }
    }
    return Arrays.copyOf(members, count);
  }

  /** Apart from what is kept stopped, too: it can be started. But not drawn to where it is. */
  private static boolean counts(Rule.WorkloadAffinity affinity, WorkloadSnapshot workload) {
    return affinity.kind() == Rule.Kind.NEGATIVE || workload.desired() == DesiredState.STARTED;
  }

  private int number(HostId id) {
    return hostNumbers.of("", id.value());
  }

  private int number(WorkloadId id) {
    IdIndex numbers = workloadNumbers;
    if (numbers == null) {
      String[] kinds = new String[workloads.size()];
      String[] names = new String[kinds.length];
      for (int w = 0; w < kinds.length; w++) {
        kinds[w] = workloads.get(w).id().kind();
        names[w] = workloads.get(w).id().name();
      }
      numbers = new IdIndex(kinds, names);
      workloadNumbers = numbers;
    }
    return numbers.of(id.kind(), id.name());
  }

  private void pin(Rule.HostAffinity affinity, long[][] allowed, long[][] bearable) {
    long[] bits = new long[usableBits.length];
    for (HostId id : affinity.hosts().keySet()) {
      int h = number(id);
      if (h >= 0) {
        bits[h >> 6] |= 1L << h;
      }
    }
    for (WorkloadId id : affinity.workloads()) {
      int w = number(id);
      if (w >= 0) {
        boolean same = allowed[w] == bearable[w];
        allowed[w] = both(allowed[w], bits);
        bearable[w] = same ? allowed[w] : both(bearable[w], bits);
      }
    }
  }

  private static long[] both(long[] some, long[] others) {
    long[] both = some.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] &= others[i];
    }
    return both;
  }

  /** By host: the number of the place it is in, as {@link Rule.Level} has it. */
  static int[] places(List<HostSnapshot> hosts, int level) {
    int[] places = new int[hosts.size()];
    SortedMap<String, Integer> byPath = new TreeMap<>();
    int next = 0;
    for (int h = 0; h < places.length; h++) {
      List<String> path = hosts.get(h).domain();
      if (level < 0 || path.size() <= level) {
        places[h] = next++;
        continue;
      }
      String place = String.join("/", path.subList(0, level + 1));
      Integer known = byPath.get(place);
      if (known == null) {
        known = next++;
        byPath.put(place, known);
      }
      places[h] = known;
    }
    return places;
  }

  /** So that sums stay numbers. */
  private void checkPrices() {
    double each = (double) options.movePrice() + options.evictionPrice();
    ClusterSnapshot.checkSum("options", "prices of all workloads", each * workloads.size());
  }

  private long[] values(boolean[] lost, boolean[] evictable) {
    long[] value = new long[workloads.size()];
    if (options.objective() == Objective.WEIGHT) {
      checkPrices();
      for (int w = 0; w < value.length; w++) {
        value[w] = workloads.get(w).weight() + (evictable[w] ? options.evictionPrice() : 0);
      }
      return value;
    }
    SortedMap<Integer, Long> count = new TreeMap<>();
    for (int w = 0; w < value.length; w++) {
      if (lost[w] || evictable[w]) {
        Long before = count.get(workloads.get(w).priority());
        count.put(workloads.get(w).priority(), before == null ? 1 : before + 1);
      }
    }
    SortedMap<Integer, Long> worth = Lexicographic.worth(count);
    for (int w = 0; w < value.length; w++) {
      Long of = worth.get(workloads.get(w).priority());
      value[w] = of == null ? 1 : of;
    }
    return value;
  }
}
