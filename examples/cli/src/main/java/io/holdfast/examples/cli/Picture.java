package io.holdfast.examples.cli;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import io.holdfast.engine.sim.scenario.ScenarioResult.Happening;
import io.holdfast.examples.cli.PictureLanes.Lane;
import io.holdfast.examples.cli.PictureLanes.Span;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A picture of what came of a scenario: a lane for every host with the workloads that ran there as
 * bars, what the engine believed of the host as a ribbon below them, and faults and fences marked.
 */
final class Picture {
  private static final int LEFT = 118;
  private static final int WIDTH = 1040;
  private static final int RIGHT = 30;
  private static final int TOP = 84;
  private static final int ROW = 20;
  private static final int RIBBON = 7;
  private static final int GAP = 14;
  private static final List<String> COLOURS =
      List.of(
          "#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#76b7b2", "#edc948", "#ff9da7", "#9c755f",
          "#86bcb6", "#d37295");
  private static final Map<String, String> STATES =
      Map.of(
          "JOINING", "#cfd8dc",
          "ONLINE", "#7cb342",
          "SUSPECT", "#fdd835",
          "ISOLATED", "#ffb74d",
          "STORAGE_LOST", "#a1887f",
          "LOST", "#fb8c00",
          "FENCING", "#e53935",
          "FENCED", "#455a64",
          "MAINTENANCE", "#42a5f5",
          "SHUTTING_DOWN", "#9575cd");

  private final ScenarioResult result;
  private final PictureLanes lanes;
  private final Duration end;
  private final SvgText svg = new SvgText();
  private final SortedMap<WorkloadId, String> colours = new TreeMap<>();

  private Picture(ScenarioResult result, Duration end) {
    this.result = result;
    this.end = end.isZero() ? Duration.ofSeconds(1) : end;
    lanes = new PictureLanes(result, this.end);
    for (WorkloadId workload : lanes.workloads()) {
      colours.put(workload, COLOURS.get(colours.size() % COLOURS.size()));
    }
  }

  /** The picture as an SVG document. */
  static String svg(ScenarioResult result, Duration end) {
    return new Picture(result, end).draw();
  }

  private String draw() {
    int y = TOP;
    for (Map.Entry<HostId, Lane> entry : lanes.lanes().entrySet()) {
      y = lane(entry.getKey(), entry.getValue(), y);
    }
    int bottom = y - GAP;
    axis(bottom);
    List<String> steps = steps(bottom);
    violations(bottom);
    int height = legend(bottom + 44, steps);
    svg.text(LEFT, 30, "title", result.name());
    svg.text(
        LEFT,
        50,
        "note",
        "%d s · %d recovered · %d moved · %d fenced · %s"
            .formatted(
                end.toSeconds(),
                result.recoveries().size(),
                result.moves().size(),
                result.fenced().size(),
                result.isClean() ? "no promise broken" : "PROMISE BROKEN"));
    return svg.document(LEFT + WIDTH + RIGHT, height);
  }

  private double x(Duration at) {
    return LEFT + (double) at.toMillis() / end.toMillis() * WIDTH;
  }

  private int lane(HostId host, Lane lane, int y) {
    int rows = Math.max(1, lane.rows());
    int height = rows * ROW + RIBBON + 8;
    svg.box(LEFT, y, WIDTH, height, "lane", "");
    svg.text(LEFT - 12, y + rows * ROW / 2.0 + 8, "host", host.value());
    for (Span span : lane.off()) {
      svg.box(x(span.from()), y, x(span.to()) - x(span.from()), height, "off", "has no power");
    }
    for (Span span : lane.unplugged()) {
      double from = x(span.from());
      svg.box(from, y, x(span.to()) - from, 3, "cut", "network unplugged");
    }
    for (PictureLanes.Bar bar : lane.bars()) {
      bar(bar, y + 4 + bar.row() * ROW);
    }
    int ribbon = y + rows * ROW + 6;
    for (PictureLanes.Belief belief : lane.beliefs()) {
      double from = x(belief.span().from());
      svg.fill(
          from,
          ribbon,
          x(belief.span().to()) - from,
          RIBBON,
          STATES.getOrDefault(belief.state(), "#cfd8dc"),
          belief.state() + belief.reason());
    }
    for (Happening mark : lane.marks()) {
      boolean self = mark.kind() == Happening.Kind.SELF_FENCED;
      svg.mark(x(mark.at()), y + rows * ROW / 2.0 + 3, self ? "reset" : "fence", mark.text());
    }
    return y + height + GAP;
  }

  private void bar(PictureLanes.Bar bar, int y) {
    double from = x(bar.span().from());
    double width = Math.max(2, x(bar.span().to()) - from);
    svg.bar(
        from,
        y,
        width,
        ROW - 4,
        colours.getOrDefault(bar.workload(), "#90a4ae"),
        "%s runs from %.1f s to %.1f s"
            .formatted(
                bar.workload(),
                bar.span().from().toMillis() / 1e3,
                bar.span().to().toMillis() / 1e3));
    if (width > 8 * bar.workload().toString().length()) {
      svg.text(from + 6, y + 12, "bar", bar.workload().toString());
    }
  }

  private void axis(int bottom) {
    double step = niceStep();
    for (double at = 0; at <= end.toSeconds(); at += step) {
      double x = x(Duration.ofMillis((long) (at * 1000)));
      svg.line(x, bottom, x, bottom + 5, "tick");
      svg.text(x, bottom + 19, "time", "%.0f s".formatted(at));
    }
  }

  private double niceStep() {
    double rough = end.toSeconds() / 12.0;
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(1, rough))));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= rough) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  /** Numbers at the top; what they stand for is told below. */
  private List<String> steps(int bottom) {
    SortedMap<Duration, List<String>> byTime = new TreeMap<>();
    for (Happening happening : result.history()) {
      if (happening.kind() == Happening.Kind.STEP) {
        byTime.computeIfAbsent(happening.at(), at -> new ArrayList<>()).add(happening.text());
      }
    }
    List<String> told = new ArrayList<>();
    byTime.forEach(
        (at, texts) -> {
          int number = told.size() + 1;
          svg.line(x(at), TOP - 10, x(at), bottom, "step");
          svg.badge(x(at), TOP - 16, Integer.toString(number), String.join(", ", texts));
          told.add(
              "%d · at %.0f s: %s"
                  .formatted(number, at.toMillis() / 1e3, String.join(" · ", texts)));
        });
    return told;
  }

  private void violations(int bottom) {
    for (Happening happening : result.history()) {
      if (happening.kind() == Happening.Kind.VIOLATION) {
        svg.line(x(happening.at()), TOP - 10, x(happening.at()), bottom, "broken");
      }
    }
  }

  private int legend(int top, List<String> steps) {
    int y = top;
    double x = LEFT;
    for (String state : lanes.statesSeen()) {
      svg.fill(x, y - 9, 14, RIBBON + 2, STATES.getOrDefault(state, "#cfd8dc"), state);
      svg.text(x + 19, y, "note", state.toLowerCase(Locale.ROOT).replace('_', ' '));
      x += 40 + 7.2 * state.length();
    }
    y += 20;
    svg.mark(LEFT + 6, y - 4, "fence", "fenced");
    svg.text(LEFT + 19, y, "note", "down for certain");
    svg.mark(LEFT + 146, y - 4, "reset", "reset");
    svg.text(LEFT + 159, y, "note", "reset by its watchdog");
    svg.box(LEFT + 320, y - 6, 14, 3, "cut", "network unplugged");
    svg.text(LEFT + 339, y, "note", "network unplugged");
    svg.box(LEFT + 480, y - 9, 14, RIBBON + 2, "off", "has no power");
    svg.text(LEFT + 499, y, "note", "no power");
    y += 12;
    for (String step : steps) {
      y += 18;
      svg.text(LEFT, y, "note", SvgText.shortened(step, 150));
    }
    for (String violation : result.violations()) {
      y += 18;
      svg.text(LEFT, y, "alarm", SvgText.shortened(violation, 150));
    }
    return y + 24;
  }
}
