package io.holdfast.engine.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the few strikes that a failing random run needs: halves, quarters and so on are left out as
 * long as some promise is broken without them.
 */
public final class SimShrink {
  private final SimConfig config;
  private int runsLeft;

  private SimShrink(SimConfig config, int mostRuns) {
    this.config = config;
    runsLeft = mostRuns;
  }

  /**
   * Strikes of the run with which it still fails; every one of them is needed, unless the number of
   * runs did not suffice to see that.
   *
   * @param mostRuns how often the world may be played to find them
   * @return all of its strikes if it does not fail
   */
  public static List<SimStrike> fewest(SimConfig config, int mostRuns) {
    return new SimShrink(config, mostRuns).shrink(new SimWorld(config).strikes());
  }

  private List<SimStrike> shrink(List<SimStrike> all) {
    List<SimStrike> kept = all;
    int parts = 2;
    while (kept.size() > 1 && parts <= kept.size() && runsLeft > 0) {
      List<SimStrike> smaller = leaveOnePartOut(kept, parts);
      if (smaller.size() < kept.size()) {
        kept = smaller;
        parts = Math.max(2, parts - 1);
      } else if (parts == kept.size()) {
        return kept;
      } else {
        parts = Math.min(kept.size(), parts * 2);
      }
    }
    return kept;
  }

  private List<SimStrike> leaveOnePartOut(List<SimStrike> from, int parts) {
    for (int part = 0; part < parts && runsLeft > 0; part++) {
      int begin = from.size() * part / parts;
      int end = from.size() * (part + 1) / parts;
      List<SimStrike> rest = new ArrayList<>(from.subList(0, begin));
      rest.addAll(from.subList(end, from.size()));
      runsLeft--;
      if (!new SimWorld(config).run(rest).isClean()) {
        return rest;
      }
    }
    return from;
  }
}
