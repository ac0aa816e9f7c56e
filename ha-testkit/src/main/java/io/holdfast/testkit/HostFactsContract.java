package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Fact;
import io.holdfast.api.Names;
import io.holdfast.api.spi.HostFacts;
import java.time.Duration;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What {@link HostFacts} promises, as tests. An implementer extends this class and says how to make
 * one of its conditions hold, fail, and impossible to find out; what cannot be arranged answers
 * {@link #notSupported}, and the tests that need it are skipped with that reason. Set up and clean
 * up with the usual JUnit annotations.
 */
public abstract class HostFactsContract {

  /** A new object for the host under test. */
  protected abstract HostFacts facts();

  /** The one of its conditions that the methods below are about. */
  protected abstract String condition();

  /** Makes the condition hold. */
  protected abstract void makeItHold();

  /** Makes the condition fail in truth, as by taking the storage away. */
  protected abstract void makeItFail();

  /** Makes it impossible to find out how the condition stands. */
  protected void makeItUnknowable() {
    notSupported("the implementer has no way to keep it from finding out");
  }

  /** A time-out that a look keeps easily. */
  protected Duration timeout() {
    return Duration.ofSeconds(20);
  }

  /** Skips a test that cannot be arranged. */
  protected static void notSupported(String reason) {
    Assumptions.abort(reason);
  }

  private static Fact look(HostFacts facts, String condition, Duration timeout) {
    return facts.look(timeout).getOrDefault(condition, Fact.UNKNOWN);
  }

  @Test
  void itHasANameAndSaysOfWhatItCanTell() {
    try (HostFacts facts = facts()) {
      Names.check("facts", facts.name());
      assertThat(facts.conditions()).isNotEmpty().contains(condition());
      facts.conditions().forEach(condition -> Names.checkCondition("facts", condition));
      assertThat(facts.conditions()).isEqualTo(facts.conditions());
    }
  }

  @Test
  void aLookTellsOfAllItsConditionsAndOfNoOthers() {
    try (HostFacts facts = facts()) {
      SortedSet<String> told = new TreeSet<>(facts.look(timeout()).keySet());
      assertThat(told).isEqualTo(facts.conditions());
    }
  }

  @Test
  void whatHoldsHoldsAndWhatFailsFails() {
    try (HostFacts facts = facts()) {
      makeItHold();
      assertThat(look(facts, condition(), timeout())).isEqualTo(Fact.HOLDS);
      makeItFail();
      assertThat(look(facts, condition(), timeout())).isEqualTo(Fact.FAILS);
      makeItHold();
      assertThat(look(facts, condition(), timeout())).isEqualTo(Fact.HOLDS);
    }
  }

  @Test
  void anotherObjectSeesTheSame() {
    try (HostFacts one = facts();
        HostFacts other = facts()) {
      makeItFail();
      assertThat(look(one, condition(), timeout())).isEqualTo(Fact.FAILS);
      assertThat(look(other, condition(), timeout())).isEqualTo(Fact.FAILS);
    }
  }

  @Test
  void whatCannotBeFoundOutIsUnknown() {
    try (HostFacts facts = facts()) {
      makeItHold();
      makeItUnknowable();
      assertThat(look(facts, condition(), timeout())).isEqualTo(Fact.UNKNOWN);
    }
  }

  @Test
  void aLookReturnsInItsTime() {
    try (HostFacts facts = facts()) {
      makeItFail();
      long begun = System.nanoTime();
      facts.look(timeout());
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(timeout());
    }
  }
}
