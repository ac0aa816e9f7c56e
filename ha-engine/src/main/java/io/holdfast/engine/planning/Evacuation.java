package io.holdfast.engine.planning;

import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One set of hosts fails: do the others take what has to run? One after the other: packing, which
 * proves that they do; bounds, which prove that they do not; an exact search between the two.
 *
 * <p>Works on the inventory's room and leaves it as it was.
 */
final class Evacuation {
  /** What is known of a set of hosts. */
  enum Verdict {
    /** All finds room: there is a packing. */
    SURVIVES,
    /** Not all can find room: proven. */
    FAILS,
    /** The effort was spent before either was proven. */
    UNDECIDED
  }

  /** More hopeless ones than this are not worth making room for. */
  private static final int FEW = 8;

  final Inventory inventory;
  final int hosts;
  final int dimensions;
  final long[] room;

  /** What has to be placed, the hardest first. */
  Tenant[] items = new Tenant[64];

  int count;
  private int bound;
  private int[] failed = {};

  /** Hosts by their room, the emptiest first. */
  private final int[] emptiest;

  private int cursor;
  private long looks;
  private int stamps;
  private Packed packed = Packed.NOTHING;
  private final List<WorkloadId> unplaced = new ArrayList<>();

  Evacuation(Inventory inventory) {
    this.inventory = inventory;
    this.hosts = inventory.hosts.size();
    this.dimensions = inventory.dimensions;
    this.room = inventory.room;
    this.emptiest = new int[hosts];
    order();
  }

  /** To be called when the inventory has changed. */
  void order() {
    long[] keys = new long[hosts];
    for (int h = 0; h < hosts; h++) {
      // positive doubles sort like their bits
      long spare = Double.doubleToLongBits(Math.min(inventory.spare(h), 1e9));
      keys[h] = (spare >>> 20 << 20) | (hosts - 1 - h);
    }
    Arrays.sort(keys);
    for (int i = 0; i < hosts; i++) {
      emptiest[hosts - 1 - i] = hosts - 1 - (int) (keys[i] & 0xFFFFF);
    }
  }

  /**
   * Answers for a set.
   *
   * @param effort pairs of a workload and a host that the exact search may look at
   */
  Verdict examine(int[] hostsThatFail, long effort) {
    begin(hostsThatFail);
    try {
      return decide(effort);
    } finally {
      end();
    }
  }

  /** The same, where a packing is known that was one before something changed. */
  Verdict examineAgain(int[] hostsThatFail, Packed known, long effort) {
    begin(hostsThatFail);
    try {
      stamps++;
      for (int i = 0; i < count; i++) {
        items[i].stamp = stamps;
      }
      for (int i = 0; i < known.who().length; i++) {
        Tenant item = known.who()[i];
        if (item.stamp == stamps && fits(item, known.where()[i])) {
          place(item, known.where()[i]);
        }
      }
      if (packAround()) {
        looks = 0;
        unplaced.clear();
        packed = packing();
        return Verdict.SURVIVES;
      }
      clear();
      Verdict verdict = decide(effort);
      if (verdict == Verdict.SURVIVES) {
        packed = packing();
      }
      return verdict;
    } finally {
      end();
    }
  }

  /** The packing that {@link #examineAgain} found; of use only if that says it survives. */
  Packed packed() {
    return packed;
  }

  private Packed packing() {
    int[] where = new int[count];
    for (int i = 0; i < count; i++) {
      where[i] = items[i].target;
    }
    return new Packed(Arrays.copyOf(items, count), where);
  }

  /** How many pairs of a workload and a host the last examination's exact search looked at. */
  long looks() {
    return looks;
  }

  /** What found no host in the best attempt of the last examination; empty if it survives. */
  List<WorkloadId> unplaced() {
    return List.copyOf(unplaced);
  }

  void begin(int[] hostsThatFail) {
    failed = hostsThatFail;
    count = 0;
    for (int h : failed) {
      inventory.open[h] = false;
      collect(inventory.evacuees[h]);
      if (!inventory.bonds.isEmpty()) {
        stay(h, -1);
      }
    }
    int sorted = failed.length == 1 ? count : 0;
    if (!inventory.waiting.isEmpty()) {
      collect(inventory.waiting.toArray(new Tenant[0]));
      sorted = 0;
    }
    if (sorted == 0) {
      Arrays.sort(items, 0, count);
    }
    bound = 0;
    while (bound < count && items[bound].isBound()) {
      for (Bond bond : items[bound].bonds) {
        bond.awaits(items[bound], 1);
      }
      bound++;
    }
  }

  void end() {
    clear();
    for (int i = 0; i < bound; i++) {
      for (Bond bond : items[i].bonds) {
        bond.awaits(items[i], -1);
      }
    }
    for (int h : failed) {
      inventory.open[h] = inventory.hosts.get(h).isUsable();
      if (!inventory.bonds.isEmpty()) {
        stay(h, 1);
      }
    }
  }

  private void collect(Tenant[] more) {
    if (count + more.length > items.length) {
      items = Arrays.copyOf(items, Math.max(2 * items.length, count + more.length));
    }
    for (Tenant item : more) {
      items[count++] = item;
    }
  }

  private void stay(int host, int sign) {
    for (Tenant tenant : inventory.residents.get(host)) {
      for (Bond bond : tenant.bonds) {
        bond.stays(host, sign);
      }
    }
  }

  /** Whether a host is one of those that fail. */
  boolean hasFailed(int host) {
    for (int h : failed) {
      if (h == host) {
        return true;
      }
    }
    return false;
  }

  private Verdict decide(long effort) {
    unplaced.clear();
    looks = 0;
    if (count == 0 || packAround()) {
      return Verdict.SURVIVES;
    }
    remember();
    if (new EvacuationBounds(this).prove()) {
      return Verdict.FAILS;
    }
    for (FitOrder order : FitOrder.values()) {
      clear();
      if (order.pack(this) || makeRoom()) {
        unplaced.clear();
        return Verdict.SURVIVES;
      }
      remember();
    }
    clear();
    EvacuationSearch search = new EvacuationSearch(this, effort);
    Verdict verdict = search.decide();
    looks = effort - search.left();
    if (verdict == Verdict.SURVIVES) {
      unplaced.clear();
    }
    return verdict;
  }

  private void remember() {
    List<WorkloadId> left = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (items[i].target < 0) {
        left.add(items[i].id);
      }
    }
    if (unplaced.isEmpty() || left.size() < unplaced.size()) {
      unplaced.clear();
      unplaced.addAll(left);
    }
  }

  /** One after the other onto the emptiest hosts, in turns: quick, and enough most of the time. */
  boolean packAround() {
    boolean all = true;
    cursor = 0;
    for (int i = 0; i < count; i++) {
      if (items[i].target < 0 && !placeAround(items[i])) {
        all = false;
      }
    }
    return all;
  }

  private boolean placeAround(Tenant item) {
    for (int tried = 0; tried < hosts; tried++) {
      int host = emptiest[cursor];
      cursor = cursor + 1 == hosts ? 0 : cursor + 1;
      if (fits(item, host)) {
        place(item, host);
        return true;
      }
    }
    return false;
  }

  /** Whether an item may go to a host as things stand. */
  boolean fits(Tenant item, int host) {
    if (!inventory.open[host] || (item.allowed != null && !item.allowed[host])) {
      return false;
    }
    int at = host * dimensions;
    long[] demand = item.demand;
    for (int d = 0; d < demand.length; d++) {
      if (demand[d] > room[at + d]) {
        return false;
      }
    }
    for (Bond bond : item.bonds) {
      if (!bond.allows(host, room)) {
        return false;
      }
    }
    return true;
  }

  void place(Tenant item, int host) {
    item.target = host;
    settle(item, host, 1);
  }

  void unplace(Tenant item) {
    settle(item, item.target, -1);
    item.target = -1;
  }

  private void settle(Tenant item, int host, int sign) {
    int at = host * dimensions;
    for (int d = 0; d < dimensions; d++) {
      room[at + d] -= sign * item.demand[d];
    }
    for (Bond bond : item.bonds) {
      bond.place(host, sign);
    }
  }

  void clear() {
    for (int i = 0; i < count; i++) {
      if (items[i].target >= 0) {
        unplace(items[i]);
      }
    }
  }

  /** For the few without a host: one that is placed goes elsewhere, so that it finds room. */
  private boolean makeRoom() {
    int left = 0;
    for (int i = 0; i < count; i++) {
      left += items[i].target < 0 ? 1 : 0;
    }
    if (left > FEW) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      if (items[i].target < 0 && !makeRoomFor(items[i])) {
        return false;
      }
    }
    return true;
  }

  private boolean makeRoomFor(Tenant item) {
    for (int i = 0; i < count; i++) {
      Tenant other = items[i];
      int host = other.target;
      if (host < 0) {
        continue;
      }
      unplace(other);
      if (fits(item, host)) {
        place(item, host);
        if (placeAround(other)) {
          return true;
        }
        unplace(item);
      }
      place(other, host);
    }
    return placeAround(item);
  }
}
