package io.holdfast.engine.placement;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Usable hosts of about the same size, as the leaves of a binary tree whose nodes hold bounds on
 * what is below them. A search goes to the more promising side first and leaves out what cannot be
 * better than what it has; with hosts that are alike it reads few nodes more than the tree is high.
 * A change of one host rewrites the nodes above it.
 */
final class HostTree {
  private final Scale scale;
  private final int dimensions;

  private int width = 1;
  private int size;

  // By node: the root is 1, the children of n are 2n and 2n+1, the leaves begin at width.
  // The least number, count and name, shares and shares per unit; the most room.
  private double[] least = {};
  private int[] count = {};
  private @Nullable HostSlot[] first = {};
  private double[] share = {};
  private double[] perUnit = {};
  private long[] free = {};

  HostTree(Scale scale) {
    this.scale = scale;
    this.dimensions = scale.dimensions();
    allocate();
  }

  int size() {
    return size;
  }

  void add(HostSlot host) {
    if (size == width) {
      grow();
    }
    host.tree = this;
    host.leaf = size++;
    first[width + host.leaf] = host;
    refresh(host);
  }

  /** The last leaf takes the place of the one that goes. */
  void remove(HostSlot host) {
    HostSlot last = first[width + --size];
    if (last != null && last != host) {
      last.leaf = host.leaf;
      first[width + last.leaf] = last;
      refresh(last);
    }
    clear(width + size);
    climb(width + size);
    host.tree = null;
  }

  /** The host has changed. */
  void refresh(HostSlot host) {
    int node = width + host.leaf;
    least[node] = scale.now(host);
    count[node] = host.residents.size();
    for (int d = 0; d < dimensions; d++) {
      share[node * dimensions + d] = host.share(d);
      perUnit[node * dimensions + d] = host.perUnit(d);
      free[node * dimensions + d] = host.free(d);
    }
    climb(node);
  }

  /** The most room that one of them has. */
  long mostFree(int dimension) {
    return free[dimensions + dimension];
  }

  void search(Search search) {
    if (size > 0) {
      visit(1, bound(1, search), search);
    }
  }

  private void visit(int node, double bound, Search search) {
    HostSlot host = first[node];
    if (host == null || !search.canBeat(bound, count[node], host) || isTooSmall(node, search)) {
      return;
    }
    if (node >= width) {
      search.offer(host, bound);
      return;
    }
    int left = 2 * node;
    int right = left + 1;
    double leftBound = bound(left, search);
    double rightBound = bound(right, search);
    if (leftBound <= rightBound) {
      visit(left, leftBound, search);
      visit(right, rightBound, search);
    } else {
      visit(right, rightBound, search);
      visit(left, leftBound, search);
    }
  }

  private double bound(int node, Search search) {
    return scale.with(least[node], share, perUnit, node * dimensions, search.load);
  }

  private boolean isTooSmall(int node, Search search) {
    if (!search.capacityIsHard) {
      return false;
    }
    for (int d = 0; d < dimensions; d++) {
      if (search.demand()[d] > 0 && search.demand()[d] > free[node * dimensions + d]) {
        return true;
      }
    }
    return false;
  }

  private void climb(int leaf) {
    for (int node = leaf / 2; node > 0; node /= 2) {
      int left = 2 * node;
      int right = left + 1;
      least[node] = Math.min(least[left], least[right]);
      count[node] = Math.min(count[left], count[right]);
      first[node] = earlier(first[left], first[right]);
      for (int d = 0; d < dimensions; d++) {
        int at = node * dimensions + d;
        int l = left * dimensions + d;
        int r = right * dimensions + d;
        share[at] = Math.min(share[l], share[r]);
        perUnit[at] = Math.min(perUnit[l], perUnit[r]);
        free[at] = Math.max(free[l], free[r]);
      }
    }
  }

  private static @Nullable HostSlot earlier(@Nullable HostSlot a, @Nullable HostSlot b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return a.compareTo(b) <= 0 ? a : b;
  }

  private void grow() {
    @Nullable HostSlot[] before = Arrays.copyOfRange(first, width, width + size);
    width *= 2;
    allocate();
    for (HostSlot host : before) {
      if (host != null) {
        first[width + host.leaf] = host;
        refresh(host);
      }
    }
  }

  private void allocate() {
    least = new double[2 * width];
    count = new int[2 * width];
    first = new HostSlot[2 * width];
    share = new double[2 * width * dimensions];
    perUnit = new double[2 * width * dimensions];
    free = new long[2 * width * dimensions];
    for (int node = 1; node < 2 * width; node++) {
      clear(node);
    }
  }

  /** Nothing is there: no bound of it is ever the better one. */
  private void clear(int node) {
    least[node] = Double.POSITIVE_INFINITY;
    count[node] = Integer.MAX_VALUE;
    first[node] = null;
    int from = node * dimensions;
    Arrays.fill(share, from, from + dimensions, Double.POSITIVE_INFINITY);
    Arrays.fill(perUnit, from, from + dimensions, Double.POSITIVE_INFINITY);
    Arrays.fill(free, from, from + dimensions, Long.MIN_VALUE);
  }
}
