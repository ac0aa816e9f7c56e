package io.holdfast.engine.planning;

import java.util.List;

/** From assignments that are worth reaching to the steps that reach the best of them. */
final class Reaching {
  private static final int ROUNDS = 20;

  private final Board board;
  private final Budget budget;
  private final Search search;
  private final boolean priced;
  private Sequencer best;

  /**
   * @param priced whether moves or stops of survivors cost anything
   */
  Reaching(Board board, Search search, boolean priced, Budget budget) {
    this.board = board;
    this.priced = priced;
    this.search = search;
    this.budget = budget;
    best = new Sequencer(board, search.start(), new int[0], budget);
  }

  /** The steps to the best that can be reached. */
  Sequencer of(List<Aim> aims) {
    Sequencer nothing = best;
    for (Aim aim : aims) {
      if (aim.value > best.worth()) {
        reach(aim);
      }
    }
    if (best == nothing) {
      best.fill(search.lost(), search.taste()); // what is worth nothing runs where there is room
    }
    return best;
  }

  private void reach(Aim aim) {
    Assignment end = search.start();
    end.become(aim.at);
    Homing homing = new Homing(board, end, budget);
    homing.keepWhatMay();
    homing.run(ROUNDS);
    if (priced) {
      new Thrift(board, end, homing, budget).run(search.lost());
    }
    search.taste().refine(search.lost(), end, budget);
    Sequencer direct = new Sequencer(board, search.start(), end.at, budget);
    boolean all = direct.run();
    direct.fill(search.lost(), search.taste());
    keep(direct);
    if (!all && aim.trail.length() > 0) {
      Sequencer along = new Sequencer(board, search.start(), aim.at, budget);
      along.run(new Shortening(board, search.start(), aim, budget).run());
      along.fill(search.lost(), search.taste());
      keep(along);
    }
  }

  private void keep(Sequencer other) {
    if (other.worth() > best.worth()) {
      best = other;
    }
  }
}
