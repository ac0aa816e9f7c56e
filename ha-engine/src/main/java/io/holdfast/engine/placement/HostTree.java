package io.holdfast.engine.placement;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Usable hosts of about the same size, as the leaves of a binary tree whose nodes hold bounds on
 * what is below them. A search goes to the more promising side first and leaves out what cannot be
 * better than what it has; with hosts that are alike it reads few nodes more than the tree is high.
 * A change of one host rewrites the nodes above it as far as they become others.
 *
 * <p>Bounds are tight where the hosts below a node are about as full. So the leaves stand along a
 * Z-order curve through the hosts' used shares, and are put in order again when as many changes
 * have come as there are hosts. The order has no influence on what is found.
 *
 * <p>Source: Morton, A Computer Oriented Geodetic Data Base and a New Technique in File Sequencing
 * (1966).
 */
final class HostTree {
  /** Of each coordinate: hosts that differ by less are as good as alike. */
  private static final int MOST_BITS = 12;

  private final Scale scale;
  private final int dimensions;

  /** Bounds on fullness of a node: the least number, then shares, then shares per unit. */
  private final int stride;

  private int width = 1;
  private int size;

  /** Since the leaves were put in order. */
  private int changes;

  // By node: the root is 1, the children of n are 2n and 2n+1, the leaves begin at width.
  private double[] least = {};
  private long[] mostFree = {};

  /** The host that is taken of several that are as good; and the {@link Scale#tie} of it. */
  private @Nullable HostSlot[] first = {};

  private int[] tie = {};

  HostTree(Scale scale) {
    this.scale = scale;
    this.dimensions = scale.dimensions();
    this.stride = 1 + 2 * dimensions;
    allocate();
  }

  int size() {
    return size;
  }

  void add(HostSlot host) {
    if (size == width) {
      HostSlot[] before = leaves();
      width *= 2;
      allocate();
      for (HostSlot old : before) {
        refresh(old);
      }
    }
    host.tree = this;
    host.leaf = size++;
    refresh(host);
  }

  /** The last leaf takes the place of the one that goes. */
  void remove(HostSlot host) {
    HostSlot last = first[width + --size];
    if (last != null && last != host) {
      last.leaf = host.leaf;
      refresh(last);
    }
    clear(width + size);
    climb(width + size);
    host.tree = null;
  }

  /** The host has changed. */
  void refresh(HostSlot host) {
    changes++;
    write(host);
    climb(width + host.leaf);
  }

  /** The most room that one of them has. */
  long mostFree(int dimension) {
    return mostFree[dimensions + dimension];
  }

  void search(Search search) {
    if (changes > size) {
      sort();
    }
    if (size > 0) {
      visit(1, bound(1, search), search);
    }
  }

  private void visit(int node, double bound, Search search) {
    HostSlot host = first[node];
    if (host == null || !search.canBeat(bound, tie[node], host) || isTooSmall(node, search)) {
      return;
    }
    if (node >= width) {
      search.offer(host, scale.withRoom(host, bound, search.demand()));
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
    return scale.with(least, node * stride, search.load);
  }

  private boolean isTooSmall(int node, Search search) {
    if (!search.capacityIsHard) {
      return false;
    }
    long[] demand = search.demand();
    for (int d = 0; d < dimensions; d++) {
      if (demand[d] > 0 && demand[d] > mostFree[node * dimensions + d]) {
        return true;
      }
    }
    return false;
  }

  // Changes

  private void write(HostSlot host) {
    int node = width + host.leaf;
    first[node] = host;
    tie[node] = scale.tie(host);
    scale.write(host, least, node * stride);
    for (int d = 0; d < dimensions; d++) {
      mostFree[node * dimensions + d] = host.free(d);
    }
  }

  private void climb(int leaf) {
    int node = leaf / 2;
    while (node > 0 && sum(node)) {
      node /= 2;
    }
  }

  /** Makes a node of its two children; says whether it has become another. */
  private boolean sum(int node) {
    int left = 2 * node;
    int right = left + 1;
    int best = isBefore(right, left) ? right : left;
    boolean changed = first[node] != first[best] || tie[node] != tie[best];
    first[node] = first[best];
    tie[node] = tie[best];
    for (int i = 0; i < stride; i++) {
      double lower = Math.min(least[left * stride + i], least[right * stride + i]);
      changed |= lower != least[node * stride + i];
      least[node * stride + i] = lower;
    }
    for (int d = 0; d < dimensions; d++) {
      long more = Math.max(mostFree[left * dimensions + d], mostFree[right * dimensions + d]);
      changed |= more != mostFree[node * dimensions + d];
      mostFree[node * dimensions + d] = more;
    }
    return changed;
  }

  private boolean isBefore(int one, int other) {
    HostSlot a = first[one];
    HostSlot b = first[other];
    if (a == null || b == null) {
      return b == null && a != null;
    }
    return tie[one] != tie[other] ? tie[one] < tie[other] : a.compareTo(b) < 0;
  }

  private void sort() {
    HostSlot[] hosts = leaves();
    double[] from = new double[stride];
    double[] to = new double[stride];
    double[] values = new double[stride];
    Arrays.fill(from, Double.POSITIVE_INFINITY);
    for (HostSlot host : hosts) {
      scale.write(host, values, 0);
      for (int i = 0; i < stride; i++) {
        from[i] = Math.min(from[i], values[i]);
        to[i] = Math.max(to[i], values[i]);
      }
    }
    int axes = Math.min(Long.SIZE - 1, dimensions + 1);
    int bits = Math.min(MOST_BITS, (Long.SIZE - 1) / axes);
    int[] cells = new int[axes];
    for (HostSlot host : hosts) {
      scale.write(host, values, 0);
      for (int i = 0; i < axes; i++) {
        double span = Math.max(to[i] - from[i], Double.MIN_NORMAL);
        cells[i] = (int) ((values[i] - from[i]) / span * ((1 << bits) - 1));
      }
      host.onCurve = 0;
      for (int bit = bits - 1; bit >= 0; bit--) {
        for (int cell : cells) {
          host.onCurve = host.onCurve << 1 | (cell >> bit & 1);
        }
      }
    }
    Arrays.sort(hosts, (a, b) -> Long.compare(a.onCurve, b.onCurve));
    for (int leaf = 0; leaf < hosts.length; leaf++) {
      hosts[leaf].leaf = leaf;
      write(hosts[leaf]);
    }
    for (int node = width - 1; node > 0; node--) {
      sum(node);
    }
    changes = 0;
  }

  /** The hosts, in the order of their leaves. */
  private HostSlot[] leaves() {
    return Arrays.copyOfRange(first, width, width + size, HostSlot[].class);
  }

  private void allocate() {
    least = new double[2 * width * stride];
    mostFree = new long[2 * width * dimensions];
    first = new HostSlot[2 * width];
    tie = new int[2 * width];
    for (int node = 1; node < 2 * width; node++) {
      clear(node);
    }
  }

  /** Nothing is there: no bound of it is ever the better one. */
  private void clear(int node) {
    first[node] = null;
    tie[node] = Integer.MAX_VALUE;
    Arrays.fill(least, node * stride, (node + 1) * stride, Double.POSITIVE_INFINITY);
    Arrays.fill(mostFree, node * dimensions, (node + 1) * dimensions, Long.MIN_VALUE);
  }
}
