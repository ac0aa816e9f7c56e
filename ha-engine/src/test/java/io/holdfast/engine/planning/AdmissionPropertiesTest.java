package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Rule.Level;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against every set of failures and every placement tried out. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class AdmissionPropertiesTest {
  @Property(tries = 2000)
  void survivesIsNeverWrong(@ForAll long seed, @ForAll @IntRange(min = 0, max = 3) int failures) {
    ClusterSnapshot cluster = new TinyClusters(seed).cluster();
    for (Level level : new Level[] {Level.HOST, Level.domain(0)}) {
      Admission.Answer answer = Admission.survives(cluster, failures, level);
      assertThat(answer.exact()).isTrue();
      assertThat(answer.survives())
          .isEqualTo(TriedOut.survivesAny(cluster, failures, level))
          .isEqualTo(answer.counterExample().isEmpty());
      answer
          .counterExample()
          .ifPresent(
              example -> {
                assertThat(example.unplaced()).isNotEmpty();
                assertThat(TriedOut.survives(cluster, new TreeSet<>(example.hosts()))).isFalse();
              });
    }
  }

  @Property(tries = 500)
  void maxFailuresIsTheGreatestThatSurvives(@ForAll long seed) {
    ClusterSnapshot cluster = new TinyClusters(seed).cluster();
    Admission.Tolerance most = Admission.maxFailures(cluster, Level.HOST);
    assertThat(most.exact()).isTrue();
    int units = TriedOut.units(cluster, Level.HOST).size();
    for (int k = 0; k <= units; k++) {
      assertThat(TriedOut.survivesAny(cluster, k, Level.HOST)).isEqualTo(k <= most.failures());
    }
  }

  @Property(tries = 500)
  void withoutEffortAnAnswerIsStillNeverWrong(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 3) int failures) {
    ClusterSnapshot cluster = new TinyClusters(seed).cluster();
    Admission.Answer answer =
        new Admission(cluster, Level.HOST).survives(failures, new Admission.Effort(3, 20, 10));
    if (answer.exact()) {
      assertThat(answer.survives()).isEqualTo(TriedOut.survivesAny(cluster, failures, Level.HOST));
    } else {
      assertThat(answer.survives()).isFalse();
    }
  }

  @Property(tries = 1500)
  void whatIsProvenForAllSetsAtOnceHolds(@ForAll long seed) {
    ClusterSnapshot cluster = new TinyClusters(seed).cluster();
    Inventory inventory = new Inventory(cluster);
    int proven = new AllSets(inventory, FailureUnits.of(inventory, Level.HOST)).provenFor();
    assertThat(proven < 0 || TriedOut.survivesAny(cluster, proven, Level.HOST)).isTrue();
  }

  /** Of two equal sums one was greater by its rounding, and that counted as room. */
  @ParameterizedTest
  @ValueSource(longs = {-187824, 187334})
  void theRoundingOfSumsIsNoRoom(long seed) {
    ClusterSnapshot cluster = new TinyClusters(seed).cluster();
    assertThat(TriedOut.survivesAny(cluster, 0, Level.HOST)).isFalse();
    assertThat(Admission.maxFailures(cluster, Level.HOST))
        .isEqualTo(new Admission.Tolerance(-1, true));
  }
}
