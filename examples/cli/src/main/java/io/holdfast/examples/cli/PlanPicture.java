package io.holdfast.examples.cli;

import io.holdfast.api.HostId;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.WorkloadSnapshot;
import io.holdfast.examples.cli.PlanChanges.Fate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A picture of what a plan does: for every host a bar of what it carries before, and one of what it
 * carries after, each as long as the share of its capacity that is used. Where there are few hosts,
 * one pair of bars per dimension, else the dimension that is used the most.
 */
final class PlanPicture {
  private static final int MARGIN = 30;
  private static final int NAME = 120;
  private static final int SHARE = 92;
  private static final int TOP = 128;
  private static final int PAGE = 1240;
  private static final int MOST_ROWS_OF_ALL_DIMENSIONS = 60;
  private static final int MOST_HOSTS_IN_ONE_COLUMN = 40;
  private static final int MOST_REMARKS = 25;

  /** Shorter beginnings of names tell nothing. */
  private static final int FEWEST_LETTERS = 10;

  /** A bar that is longer is cut there. */
  private static final double LONGEST_SHARE = 1.3;

  /** The colour of room that is kept for workloads on their way. */
  private static final String PROMISED = "#ce93d8";

  /** What stays is drawn as one where each would be narrower. */
  private static final double NARROWEST = 3;

  private final ClusterSnapshot cluster;
  private final PlanChanges changes;
  private final SortedMap<HostId, List<WorkloadSnapshot>> before = new TreeMap<>();
  private final SortedMap<HostId, List<WorkloadSnapshot>> after = new TreeMap<>();
  private final SvgText svg = new SvgText();
  private final boolean allDimensions;
  private final int columns;
  private final int rowHeight;
  private final double barWidth;
  private final double fullWidth;

  private PlanPicture(ClusterSnapshot cluster, PlanChanges changes) {
    this.cluster = cluster;
    this.changes = changes;
    int hosts = cluster.hosts().size();
    allDimensions = hosts * cluster.dimensions().size() <= MOST_ROWS_OF_ALL_DIMENSIONS;
    columns = hosts > MOST_HOSTS_IN_ONE_COLUMN ? 2 : 1;
    rowHeight = hosts > MOST_HOSTS_IN_ONE_COLUMN ? 15 : 20;
    barWidth = ((double) columnWidth() - NAME - 2 * SHARE) / 2;
    List<WorkloadSnapshot> sorted = new ArrayList<>(cluster.workloads());
    sorted.sort(Comparator.comparing(changes::fate));
    for (WorkloadSnapshot workload : sorted) {
      workload.host().ifPresent(host -> on(before, host).add(workload));
      changes.after(workload).ifPresent(host -> on(after, host).add(workload));
    }
    double longest = 1;
    for (HostSnapshot host : cluster.hosts()) {
      for (int d : dimensions(host)) {
        longest = Math.max(longest, tightness(host, d));
      }
    }
    fullWidth = barWidth / Math.min(LONGEST_SHARE, longest);
  }

  /**
   * The picture as an SVG document.
   *
   * @param note one line on what comes of it
   */
  static String svg(String title, String note, ClusterSnapshot cluster, PlanChanges changes) {
    return new PlanPicture(cluster, changes).draw(title, note);
  }

  private static List<WorkloadSnapshot> on(
      SortedMap<HostId, List<WorkloadSnapshot>> hosts, HostId host) {
    return hosts.computeIfAbsent(host, h -> new ArrayList<>());
  }

  private int columnWidth() {
    return (PAGE - MARGIN * (columns + 1)) / columns;
  }

  private String draw(String title, String note) {
    svg.text(MARGIN, 34, "title", SvgText.shortened(title, 90));
    svg.text(MARGIN, 56, "note", SvgText.shortened(note, 180));
    legend();
    int inColumn = (cluster.hosts().size() + columns - 1) / columns;
    int bottom = TOP;
    for (int column = 0; column < columns; column++) {
      double left = MARGIN + column * (columnWidth() + (double) MARGIN);
      heads(left);
      int y = TOP;
      int last = Math.min(cluster.hosts().size(), (column + 1) * inColumn);
      for (int h = column * inColumn; h < last; h++) {
        y = host(cluster.hosts().get(h), left, y);
      }
      bottom = Math.max(bottom, y);
    }
    return svg.document(PAGE, remarks(bottom + 16));
  }

  private void legend() {
    double x = MARGIN;
    SortedSet<Fate> seen = new TreeSet<>();
    cluster.workloads().forEach(workload -> seen.add(changes.fate(workload)));
    for (Fate fate : seen) {
      svg.bar(x, 72, 14, 12, fate.colour, fate.words);
      svg.text(x + 19, 82, "note", fate.words);
      x += 44 + 6.3 * fate.words.length();
    }
  }

  private void heads(double left) {
    svg.text(left + NAME, TOP - 12, "head", "before");
    svg.text(left + NAME + barWidth + SHARE, TOP - 12, "head", "after");
  }

  private int host(HostSnapshot host, double left, int top) {
    List<Integer> dimensions = dimensions(host);
    svg.text(
        left + NAME - 10,
        top + dimensions.size() * rowHeight / 2.0 + 3,
        rowHeight < 20 ? "smallhost" : "host",
        SvgText.shortened(host.id().value(), 14));
    int y = top;
    for (int d : dimensions) {
      side(host, d, on(before, host.id()), left + NAME, y);
      side(host, d, on(after, host.id()), left + NAME + barWidth + SHARE, y);
      y += rowHeight;
    }
    return y + (dimensions.size() > 1 ? 10 : 4);
  }

  private List<Integer> dimensions(HostSnapshot host) {
    List<Integer> dimensions = new ArrayList<>();
    int tightest = 0;
    for (int d = 0; d < cluster.dimensions().size(); d++) {
      dimensions.add(d);
      tightest = tightness(host, d) > tightness(host, tightest) ? d : tightest;
    }
    return allDimensions ? dimensions : List.of(tightest);
  }

  private double tightness(HostSnapshot host, int d) {
    return Math.max(share(host, d, on(before, host.id())), share(host, d, on(after, host.id())));
  }

  private static double share(HostSnapshot host, int d, List<WorkloadSnapshot> workloads) {
    long used = host.promised().get(d);
    for (WorkloadSnapshot workload : workloads) {
      used += workload.demand().get(d);
    }
    return share(used, host.limit(d));
  }

  private static double share(long used, long limit) {
    return limit > 0 ? (double) used / limit : used > 0 ? LONGEST_SHARE : 0;
  }

  private void side(HostSnapshot host, int d, List<WorkloadSnapshot> all, double left, int y) {
    int height = rowHeight - 2;
    boolean usable = host.isUsable();
    String state = host.state().name().toLowerCase(Locale.ROOT);
    svg.box(left, y, fullWidth, height, usable ? "lane" : "off", host.id() + " is " + state);
    long limit = host.limit(d);
    double x = left;
    List<WorkloadSnapshot> staying = new ArrayList<>();
    for (WorkloadSnapshot workload : all) {
      if (changes.fate(workload) == Fate.STAYS) {
        staying.add(workload);
      }
    }
    double kept = Math.min(LONGEST_SHARE, share(host.promised().get(d), limit)) * fullWidth;
    if (kept > 0) {
      segment(x, y, kept, PROMISED, "promised to what is on its way", "");
      x += kept;
    }
    double stays = Math.min(LONGEST_SHARE, share(host, d, staying)) * fullWidth - kept;
    boolean asOne = stays < NARROWEST * staying.size();
    if (asOne) {
      segment(x, y, stays, Fate.STAYS.colour, staying.size() + " stay", "");
      x += stays;
    }
    for (WorkloadSnapshot workload : all) {
      Fate fate = changes.fate(workload);
      double rest = left + barWidth - x;
      double width = Math.min(rest, share(workload.demand().get(d), limit) * fullWidth);
      if (!(asOne && fate == Fate.STAYS) && width > 0) {
        segment(x, y, width, fate.colour, told(workload, d), workload.id().toString());
        x += width;
      }
    }
    told(host, d, share(host, d, all), all.isEmpty(), left, y);
  }

  /** How full it is; a host that is not simply up says so instead where it carries nothing. */
  private void told(HostSnapshot host, int d, double share, boolean empty, double left, int y) {
    String dimension = cluster.dimensions().size() == 1 ? "" : cluster.dimensions().get(d) + " ";
    String state = host.state().name().toLowerCase(Locale.ROOT);
    boolean odd = host.state() != State.UP;
    svg.text(
        left + barWidth + 5,
        y + rowHeight / 2.0 + 3,
        share > 1 ? "alarm" : "small",
        odd && empty ? state : SvgText.shortened(dimension, 9) + Math.round(share * 100) + " %");
  }

  private String told(WorkloadSnapshot workload, int d) {
    String from = workload.host().map(host -> " from " + host).orElse("");
    String to = changes.after(workload).map(host -> " to " + host).orElse("");
    Fate fate = changes.fate(workload);
    return "%s %s%s, %s %d, weight %d"
        .formatted(
            workload.id(),
            fate.words,
            fate == Fate.STAYS ? "" : from + to,
            cluster.dimensions().get(d),
            workload.demand().get(d),
            workload.weight());
  }

  private void segment(double x, int y, double width, String colour, String title, String label) {
    double gap = width > NARROWEST ? 1 : 0;
    svg.fill(x, y + 2, width - gap, rowHeight - 6, colour, title);
    int letters = (int) ((width - 8) / 6.6);
    if (rowHeight >= 20
        && !label.isEmpty()
        && letters >= Math.min(FEWEST_LETTERS, label.length())) {
      svg.text(x + 4, y + rowHeight / 2.0 + 3, "bar", SvgText.shortened(label, letters));
    }
  }

  private int remarks(int top) {
    int y = top;
    List<String> remarks = changes.remarks();
    for (String remark : remarks.subList(0, Math.min(MOST_REMARKS, remarks.size()))) {
      y += 18;
      svg.text(MARGIN, y, "note", SvgText.shortened(remark, 190));
    }
    if (remarks.size() > MOST_REMARKS) {
      y += 18;
      svg.text(MARGIN, y, "note", "and " + (remarks.size() - MOST_REMARKS) + " more");
    }
    return y + 24;
  }
}
