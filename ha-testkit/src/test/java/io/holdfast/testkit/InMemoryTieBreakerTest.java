package io.holdfast.testkit;

import io.holdfast.api.Fact;
import io.holdfast.api.spi.TieBreaker;
import io.holdfast.engine.sim.InMemoryTieBreaker;

class InMemoryTieBreakerTest extends TieBreakerContract {
  private final InMemoryTieBreaker tie = new InMemoryTieBreaker("gateway");

  @Override
  protected TieBreaker tieBreaker() {
    return tie;
  }

  @Override
  protected void putHere() {
    tie.setAnswer(Fact.HOLDS);
  }

  @Override
  protected void putElsewhere() {
    tie.setAnswer(Fact.FAILS);
  }

  @Override
  protected void cutOff() {
    tie.setAnswer(Fact.UNKNOWN);
  }
}
