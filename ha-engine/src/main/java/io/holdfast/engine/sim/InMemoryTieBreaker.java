package io.holdfast.engine.sim;

import io.holdfast.api.Fact;
import io.holdfast.api.spi.TieBreaker;
import java.time.Duration;

/** A tie-breaker that says what it is told to. Safe for use by several threads. */
public final class InMemoryTieBreaker implements TieBreaker {
  private final String name;
  private volatile Fact answer = Fact.HOLDS;
  private volatile Duration delay = Duration.ZERO;

  /** One that is on this side. */
  public InMemoryTieBreaker(String name) {
    this.name = name;
  }

  /** Says this from now on. */
  public void setAnswer(Fact next) {
    answer = next;
  }

  /** Takes so long to answer in a simulated world, 0 or more. */
  public void setDelay(Duration next) {
    delay = next;
  }

  Duration delay() {
    return delay;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Fact ask(Duration timeout) {
    return answer;
  }
}
