package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.placement.Refusal;
import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.PlanOptions.Objective;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.junit.jupiter.api.Test;

/** Plans against everything that can be done to a tiny cluster, and against their own words. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class PlacementPropertiesTest {
  /** Every look at it costs. */
  private static LongSupplier clock() {
    long[] now = {0};
    return () -> now[0] += 200_000;
  }

  @Property(tries = 4000, shrinking = ShrinkingMode.OFF)
  void neverBeyondWhatCanBeAndTheBestWhereItSaysSo(@ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 4, 5);
    ClusterSnapshot cluster = random.cluster();
    PlanOptions options = random.options();
    Plan plan = Placement.plan(cluster, options, clock());
    assertThat(PlanChecker.check(cluster, options, plan, seed)).isEmpty();
    TinyModel model = new TinyModel(cluster, options);
    TinyModel.Best best = model.best();
    assertThat(plan.upperBound()).as("bound").isGreaterThanOrEqualTo(best.worth());
    assertThat(plan.worth()).as("worth").isLessThanOrEqualTo(best.worth());
    if (plan.optimal()) {
      assertThat(model.isBest(plan, best)).as("is the best: %s", best).isTrue();
    }
  }

  @Property(tries = 4000, shrinking = ShrinkingMode.OFF)
  void whereMovesAndEvictionsHaveAPriceNothingIsBetterThanTheBoundAndNothingDoneInVain(
      @ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 4, 5);
    ClusterSnapshot cluster = random.cluster();
    PlanOptions options = RandomClusters.priced(random.options(), seed);
    Plan plan = Placement.plan(cluster, options, clock());
    assertThat(PlanChecker.check(cluster, options, plan, seed)).isEmpty();
    TinyModel model = new TinyModel(cluster, options);
    TinyModel.Best best = model.best();
    assertThat(plan.upperBound()).as("bound").isGreaterThanOrEqualTo(best.worth());
    assertThat(plan.worth()).as("worth").isLessThanOrEqualTo(best.worth());
    if (plan.optimal()) {
      assertThat(model.isBest(plan, best)).as("is the best: %s", best).isTrue();
    }
    PlanOptions nobody = options.with(Moves.NONE).withEviction(false);
    long staying = Placement.plan(cluster, nobody, clock()).value();
    assertThat(plan.worth())
        .as("at least what moving nobody comes to")
        .isGreaterThanOrEqualTo(staying);
    if (plan.price() > 0) {
      assertThat(plan.worth()).as("what is paid for").isGreaterThan(staying);
    }
  }

  /** Nearly every time, and what is missing then is little: it is a search and no proof. */
  @Test
  void withPricesTheBestIsFoundNearlyAlways() {
    int found = 0;
    int proven = 0;
    int paid = 0;
    int cases = 1_000;
    for (long seed = 0; seed < cases; seed++) {
      RandomClusters random = new RandomClusters(seed, 4, 5);
      ClusterSnapshot cluster = random.cluster();
      PlanOptions options =
          RandomClusters.priced(random.options(), seed).with(Moves.ALLOWED).withEviction(true);
      Plan plan = Placement.plan(cluster, options, clock());
      TinyModel model = new TinyModel(cluster, options);
      found += model.isBest(plan, model.best()) ? 1 : 0;
      proven += plan.optimal() ? 1 : 0;
      paid += plan.price() > 0 ? 1 : 0;
    }
    assertThat(found).as("found").isGreaterThan(cases * 98 / 100);
    assertThat(proven).as("proven").isGreaterThan(cases / 2);
    assertThat(paid).as("paid for").isGreaterThan(cases / 50);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void everyPlanCanBeCarriedOut(@ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 8, 40);
    ClusterSnapshot cluster = random.cluster();
    PlanOptions options = random.options();
    Plan plan = Placement.plan(cluster, options, clock());
    for (int order = 0; order < 5; order++) {
      assertThat(PlanChecker.check(cluster, options, plan, order)).isEmpty();
    }
    assertThat(Placement.plan(cluster, options, clock())).isEqualTo(plan);
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void everyPlanWithPricesCanBeCarriedOutAndGivesTrueReasons(@ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 8, 40);
    ClusterSnapshot cluster = random.cluster();
    PlanOptions options = RandomClusters.priced(random.options(), seed);
    Plan plan = Placement.plan(cluster, options, clock());
    for (int order = 0; order < 5; order++) {
      assertThat(PlanChecker.check(cluster, options, plan, order)).isEmpty();
    }
    WhyChecker.check(cluster, options, plan);
    ObjectionChecker.check(cluster, plan);
    assertThat(plan.worth()).isNotNegative();
    assertThat(Placement.plan(cluster, options, clock())).isEqualTo(plan);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void greatPricesAreNumbersToo(@ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 4, 5);
    ClusterSnapshot cluster = Scaling.up(random.cluster());
    PlanOptions small = RandomClusters.priced(random.options(), seed);
    PlanOptions options =
        small.pricing(small.movePrice() * Scaling.WEIGHTS, small.evictionPrice() * Scaling.WEIGHTS);
    Plan plan = Placement.plan(cluster, options, clock());
    assertThat(PlanChecker.check(cluster, options, plan, seed)).isEmpty();
    TinyModel model = new TinyModel(cluster, options);
    TinyModel.Best best = model.best();
    assertThat(plan.upperBound()).as("bound").isGreaterThanOrEqualTo(best.worth());
    if (plan.optimal()) {
      assertThat(model.isBest(plan, best)).as("is the best: %s", best).isTrue();
    }
  }

  @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
  void everyReasonIsTrueOfThePlan(@ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 6, 25);
    ClusterSnapshot cluster = random.cluster();
    PlanOptions options = random.options();
    WhyChecker.check(cluster, options, Placement.plan(cluster, options, clock()));
  }

  @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
  void everyObjectionIsTrueAndNoneIsLeftOut(@ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 6, 25);
    ClusterSnapshot cluster = random.cluster();
    ObjectionChecker.check(cluster, Placement.plan(cluster, random.options(), clock()));
  }

  @Test
  void noKindOfObjectionIsForNothing() {
    SortedMap<Refusal.Code, Integer> seen = new TreeMap<>();
    for (long seed = 0; seed < 1_000; seed++) {
      RandomClusters random = new RandomClusters(seed, 6, 25);
      ClusterSnapshot cluster = random.cluster();
      ObjectionChecker.check(cluster, Placement.plan(cluster, random.options(), clock()))
          .forEach((code, times) -> seen.merge(code, times, Integer::sum));
    }
    assertThat(seen.keySet())
        .as("%s", seen)
        .containsExactlyElementsOf(
            Stream.of(Refusal.Code.values()).filter(c -> c != Refusal.Code.EXCLUDED).toList());
  }

  /** Each kind of reason comes up among so many clusters; only an unlucky search gives the last. */
  @Test
  void noKindOfReasonIsForNothing() {
    SortedMap<Why.Code, Integer> seen = new TreeMap<>();
    for (long seed = 0; seed < 2_000; seed++) {
      RandomClusters random = new RandomClusters(seed, 6, 25);
      ClusterSnapshot cluster = random.cluster();
      PlanOptions options = random.options();
      WhyChecker.check(cluster, options, Placement.plan(cluster, options, clock()))
          .forEach((code, times) -> seen.merge(code, times, Integer::sum));
    }
    seen.remove(Why.Code.NO_OTHER_WAY);
    assertThat(seen.keySet())
        .as("%s", seen)
        .containsExactlyElementsOf(
            Stream.of(Why.Code.values()).filter(c -> c != Why.Code.NO_OTHER_WAY).toList());
  }

  /** Amounts and weights as great as they can be: nothing overflows or is rounded. */
  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void greatNumbersAreNumbersToo(@ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 4, 5);
    ClusterSnapshot cluster = Scaling.up(random.cluster());
    PlanOptions options = random.options();
    Plan plan = Placement.plan(cluster, options, clock());
    assertThat(PlanChecker.check(cluster, options, plan, seed)).isEmpty();
    TinyModel model = new TinyModel(cluster, options);
    TinyModel.Best best = model.best();
    assertThat(plan.upperBound()).as("bound").isGreaterThanOrEqualTo(best.worth());
    if (plan.optimal()) {
      assertThat(model.isBest(plan, best)).as("is the best: %s", best).isTrue();
    }
  }

  @Property(tries = 50, shrinking = ShrinkingMode.OFF)
  void movesWithEvictionAreNotWorseThanEitherAlone(@ForAll long seed) {
    isNotWorseThanEither(new RandomClusters(seed, 5, 30));
  }

  /** What moves alone found with more runs than they had beside eviction. */
  @Test
  void theyAreNotWorseWhereOneAloneTakesItsTime() {
    isNotWorseThanEither(new RandomClusters(1086, 9, 70));
  }

  /** Where no time passes every search goes on until it has come to its end. */
  private static void isNotWorseThanEither(RandomClusters random) {
    ClusterSnapshot cluster = random.cluster();
    PlanOptions both =
        random.options().with(Moves.ALLOWED).withEviction(true).with(Objective.WEIGHT);
    LongSupplier still = () -> 0;
    Plan plan = Placement.plan(cluster, both, still);
    for (PlanOptions alone : List.of(both.with(Moves.NONE), both.withEviction(false))) {
      long value = Placement.plan(cluster, alone, still).value();
      assertThat(plan.value()).as("%s", alone).isGreaterThanOrEqualTo(value);
    }
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void otherNamesChangeNothingButNames(@ForAll long seed) {
    RandomClusters random = new RandomClusters(seed, 5, 20);
    ClusterSnapshot cluster = random.cluster();
    PlanOptions options = random.options();
    ClusterSnapshot renamed = Renaming.of(cluster);
    Plan plan = Placement.plan(cluster, options, clock());
    Plan other = Placement.plan(renamed, options, clock());
    assertThat(other.value()).isEqualTo(plan.value());
    assertThat(other.placed().stream().map(p -> Renaming.back(p.host())).toList())
        .isEqualTo(plan.placed().stream().map(Plan.Placed::host).toList());
    assertThat(other.steps()).hasSameSizeAs(plan.steps());
  }
}
