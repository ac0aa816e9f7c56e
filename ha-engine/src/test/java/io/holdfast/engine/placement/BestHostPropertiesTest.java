package io.holdfast.engine.placement;

import static io.holdfast.engine.placement.BestHostTest.NOBODY;
import static io.holdfast.engine.placement.BestHostTest.host;
import static io.holdfast.engine.placement.BestHostTest.hostOf;
import static io.holdfast.engine.placement.BestHostTest.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Workload;
import io.holdfast.engine.placement.BestHost.Candidate;
import io.holdfast.engine.placement.BestHost.Choice;
import io.holdfast.engine.placement.BestHost.Choice.NoHost;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The choice of a host against a plain reading of its rule, on tiny instances. */
class BestHostPropertiesTest {

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void itIsWhatThePlainRuleSays(
      @ForAll("workloads") Workload workload, @ForAll("candidates") List<Candidate> candidates) {
    List<Candidate> roomy = candidates.stream().filter(c -> hasRoom(workload, c)).toList();
    Choice choice = BestHost.choose(workload, candidates, NOBODY);
    if (roomy.isEmpty()) {
      assertThat(((NoHost) choice).reasons().keySet())
          .containsExactlyInAnyOrderElementsOf(
              candidates.stream().map(c -> c.host().id()).toList());
      return;
    }
    Candidate best =
        roomy.stream()
            .min(
                Comparator.comparing((Candidate c) -> fullness(workload, c))
                    .thenComparing(Candidate::workloads)
                    .thenComparing(c -> c.host().id()))
            .orElseThrow();
    assertThat(hostOf(choice)).isEqualTo(best.host().id().value());
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void theOrderOfTheCandidatesDoesNotMatter(
      @ForAll("workloads") Workload workload,
      @ForAll("candidates") List<Candidate> candidates,
      @ForAll long seed) {
    List<Candidate> shuffled = new ArrayList<>(candidates);
    Collections.shuffle(shuffled, new Random(seed));
    assertThat(BestHost.choose(workload, shuffled, NOBODY))
        .isEqualTo(BestHost.choose(workload, candidates, NOBODY));
  }

  @Provide
  Arbitrary<Workload> workloads() {
    return Combinators.combine(small(), small()).as(BestHostTest::needs);
  }

  @Provide
  Arbitrary<List<Candidate>> candidates() {
    Arbitrary<Candidate> one =
        Combinators.combine(
                Arbitraries.of("a", "b", "c", "d", "e"),
                small(),
                small(),
                small(),
                small(),
                Arbitraries.integers().between(0, 2))
            .as(
                (name, cpu, memory, usedCpu, usedMemory, count) ->
                    with(count, host(name, cpu, memory, usedCpu, usedMemory)));
    return one.list().ofMaxSize(5).uniqueElements(c -> c.host().id());
  }

  private static Arbitrary<Long> small() {
    return Arbitraries.longs().between(0, 8);
  }

  /** The rule itself: in no dimension more than there is, where more is asked for. */
  private static boolean hasRoom(Workload workload, Candidate candidate) {
    return candidate.host().capacity().amounts().entrySet().stream()
        .allMatch(
            limit -> {
              long need = workload.demand().amount(limit.getKey());
              return need == 0
                  || candidate.used().amount(limit.getKey()) + need <= limit.getValue();
            });
  }

  private static BigDecimal fullness(Workload workload, Candidate candidate) {
    BigDecimal fullest = BigDecimal.ZERO;
    for (Map.Entry<String, Long> limit : candidate.host().capacity().amounts().entrySet()) {
      if (limit.getValue() > 0) {
        long used =
            candidate.used().amount(limit.getKey()) + workload.demand().amount(limit.getKey());
        fullest =
            fullest.max(
                BigDecimal.valueOf(used)
                    .divide(BigDecimal.valueOf(limit.getValue()), MathContext.DECIMAL64));
      }
    }
    return fullest;
  }
}
