package io.holdfast.engine.planning;

/**
 * A cluster with everything that has a name replaced by its number, as searches need it. Nothing
 * here changes after it was made. Arrays of amounts hold one dimension after the other for every
 * host or workload.
 */
final class Board {
  final ClusterSnapshot cluster;
  final int hosts;
  final int workloads;
  final int dimensions;

  /** By host and dimension: the room for workloads. */
  final long[] capacity;

  /** The same, with what is promised: of this a host can be so and so full. */
  final long[] limit;

  /** By workload and dimension. */
  final long[] demand;

  /** Where a workload is before the plan; -1: nowhere, or on a host that failed. */
  final int[] home;

  /** By workload: whether it has no host and is to have one. */
  final boolean[] lost;

  /** By workload: whether it was lost with its host, and is wanted again. */
  final boolean[] ranBefore;

  /** By workload: whether the plan may move it. */
  final boolean[] movable;

  /** By workload: whether the plan may stop it. */
  final boolean[] evictable;

  /** By workload: what its running is worth by the objective, and what stopping it costs. */
  final long[] value;

  /** What it costs that a survivor is not at home any more. */
  final long movePrice;

  /** By host: whether it may be given workloads. */
  final boolean[] usable;

  final boolean[] standby;

  /**
   * By workload: the hosts that may be given it as far as states, kinds, labels, conditions and
   * strict host affinities go, as bits. Workloads of the same wants share an array.
   */
  final long[][] allowed;

  /** The same, whatever conditions hold: where it may stay. */
  final long[][] bearable;

  /** The strict workload affinities that bind at least two workloads here. */
  final Group[] groups;

  /** By workload: the numbers of its groups, none for most. */
  final int[][] groupsOf;

  /** What a strict workload affinity says, and who stands where at its level. */
  static final class Group {
    final boolean together;

    /** By host: the number of the place it is in. */
    final int[] places;

    final int count;
    final int[] members;
    final int rule;

    Group(boolean together, int[] places, int count, int[] members, int rule) {
      this.together = together;
      this.places = places;
      this.count = count;
      this.members = members;
      this.rule = rule;
    }
  }

  Board(
      ClusterSnapshot cluster,
      long[] capacity,
      long[] limit,
      long[] demand,
      int[] home,
      boolean[] lost,
      boolean[] ranBefore,
      boolean[] movable,
      boolean[] evictable,
      long[] value,
      long movePrice,
      boolean[] usable,
      boolean[] standby,
      long[][] allowed,
      long[][] bearable,
      Group[] groups,
      int[][] groupsOf) {
    this.cluster = cluster;
    this.hosts = usable.length;
    this.workloads = home.length;
    this.dimensions = cluster.dimensions().size();
    this.capacity = capacity;
    this.limit = limit;
    this.demand = demand;
    this.home = home;
    this.lost = lost;
    this.ranBefore = ranBefore;
    this.movable = movable;
    this.evictable = evictable;
    this.value = value;
    this.movePrice = movePrice;
    this.usable = usable;
    this.standby = standby;
    this.allowed = allowed;
    this.bearable = bearable;
    this.groups = groups;
    this.groupsOf = groupsOf;
  }

  /** Whether what never changes lets the workload onto the host; room is not looked at. */
  boolean allows(int workload, int host) {
    return (allowed[workload][host >> 6] >>> host & 1) != 0;
  }

  /** The same for one that is there already, whatever conditions hold. */
  boolean bears(int workload, int host) {
    return (bearable[workload][host >> 6] >>> host & 1) != 0;
  }

  /** What it is worth there: less where it has to be moved for that. */
  long worth(int workload, int host) {
    int from = home[workload];
    return from < 0 || from == host ? value[workload] : value[workload] - movePrice;
  }

  /** The same cluster, planned with fewer liberties. */
  Board with(boolean moves, boolean eviction) {
    return new Board(
        cluster,
        capacity,
        limit,
        demand,
        home,
        lost,
        ranBefore,
        moves ? movable : new boolean[workloads],
        eviction ? evictable : new boolean[workloads],
        value,
        movePrice,
        usable,
        standby,
        allowed,
        bearable,
        groups,
        groupsOf);
  }

  /** The numbers of all workloads that are to have a host and have none. */
  int[] lostOnes() {
    int count = 0;
    for (boolean one : lost) {
      count += one ? 1 : 0;
    }
    int[] ones = new int[count];
    int next = 0;
    for (int w = 0; w < workloads; w++) {
      if (lost[w]) {
        ones[next++] = w;
      }
    }
    return ones;
  }
}
