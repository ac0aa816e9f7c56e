package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanChecker;
import io.holdfast.engine.planning.PlanChecker.Promise;
import io.holdfast.engine.planning.PlanOptions;
import io.holdfast.engine.planning.PlanOptions.Moves;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/**
 * What a plan promises, as jqwik properties: for those who bring a placement of their own. Extend
 * this class and say how to plan; Holdfast's own {@link Placement} keeps all of it. A planner that
 * cannot do everything narrows {@link #options} and {@link #clusters}.
 *
 * <p>Whether a plan that does not call itself optimal is a good one is not judged.
 */
public abstract class PlacementProperties {
  private static final Duration SHORT = Duration.ofMillis(50);

  /** The plan of the planner under test; may be called any number of times, by one thread. */
  protected abstract Plan plan(ClusterSnapshot cluster, PlanOptions options);

  /** What is planned for; every cluster is planned for up to a dozen times. */
  protected Arbitrary<ClusterSnapshot> clusters() {
    return Clusters.small();
  }

  /** What plans may do. */
  protected Arbitrary<PlanOptions> options() {
    return Clusters.options();
  }

  /** What is planned for in a hurry. */
  protected Arbitrary<ClusterSnapshot> largeClusters() {
    return Clusters.large();
  }

  /** How much longer than its time budget a plan may take on a busy machine. */
  protected Duration grace() {
    return Duration.ofSeconds(1);
  }

  @Provide
  Arbitrary<PlacementCase> cases() {
    return Combinators.combine(clusters(), options()).as(PlacementCase::new);
  }

  @Provide
  Arbitrary<PlacementCase> largeCases() {
    return Combinators.combine(largeClusters(), options())
        .as((cluster, options) -> new PlacementCase(cluster, options.within(SHORT)));
  }

  @Property(tries = 1000)
  void strictRulesHoldAfterEveryStep(@ForAll("cases") PlacementCase sample) {
    assertKept(sample, Promise.RULES);
  }

  @Property(tries = 1000)
  void noHostIsGivenMoreThanItCanCarryAtAnyMoment(@ForAll("cases") PlacementCase sample) {
    assertKept(sample, Promise.CAPACITY);
  }

  @Property(tries = 1000)
  void survivorsStayUnlessTheyMayMoveOrStop(@ForAll("cases") PlacementCase sample) {
    assertKept(sample, Promise.SURVIVORS);
  }

  @Property(tries = 1000)
  void workloadsComeOnlyToHostsThatMayRunThem(@ForAll("cases") PlacementCase sample) {
    assertKept(sample, Promise.PLACES);
  }

  @Property(tries = 1000)
  void nothingRunsTwiceAndEveryStepCanBeDone(@ForAll("cases") PlacementCase sample) {
    assertKept(sample, Promise.NEVER_TWO, Promise.ORDER);
  }

  @Property(tries = 1000)
  void whatComesOfTheStepsIsWhatThePlanSays(@ForAll("cases") PlacementCase sample) {
    assertKept(sample, Promise.WORDS);
  }

  @Property(tries = 1000)
  void everyHostSaysWhyItDoesNotTakeWhatIsLeftOut(@ForAll("cases") PlacementCase sample) {
    assertKept(sample, Promise.REASONS);
  }

  private void assertKept(PlacementCase sample, Promise... promises) {
    Plan plan = plan(sample);
    for (int order = 0; order < 4; order++) {
      assertThat(PlanChecker.check(sample.cluster(), sample.options(), plan, order))
          .as("broken by %s", plan.steps())
          .filteredOn(broken -> List.of(promises).contains(broken.promise()))
          .isEmpty();
    }
  }

  /** Measured with a plan of Holdfast's own, which can be carried out. */
  @Property(tries = 1000)
  void noPlanIsBetterThanTheBoundOrTheOneThatIsCalledTheBest(
      @ForAll("cases") PlacementCase sample) {
    Plan plan = plan(sample);
    assertThat(plan.upperBound()).as("bound").isGreaterThanOrEqualTo(plan.worth());
    Plan other = Placement.plan(sample.cluster(), sample.options(), System::nanoTime);
    assertThat(plan.upperBound())
        .as("bound, with %s", other.steps())
        .isGreaterThanOrEqualTo(other.worth());
    if (plan.optimal()) {
      assertThat(Worth.of(sample, plan))
          .as("worth of what is called the best, against %s", other.steps())
          .isGreaterThanOrEqualTo(Worth.of(sample, other));
    }
  }

  @Property(tries = 1000)
  void moreCapacityNeverLosesWorth(
      @ForAll("cases") PlacementCase sample,
      @ForAll @IntRange(max = 100) int host,
      @ForAll @IntRange(min = 1, max = 8) int more) {
    Plan plan = plan(sample);
    PlacementCase grown =
        new PlacementCase(CaseChanges.grown(sample.cluster(), host, more), sample.options());
    Plan other = plan(grown);
    if (plan.optimal() && other.optimal()) {
      assertThat(Worth.of(grown, other))
          .as("worth with more capacity: %s", grown)
          .isGreaterThanOrEqualTo(Worth.of(sample, plan));
    }
  }

  @Property(tries = 1000)
  void otherNamesChangeNothing(@ForAll("cases") PlacementCase sample, @ForAll long seed) {
    PlacementCase renamed =
        new PlacementCase(CaseChanges.renamed(sample.cluster(), seed), sample.options());
    assertThat(plan(renamed).value()).as("value of %s", renamed).isEqualTo(plan(sample).value());
  }

  /** One that may move or stop survivors and is not the best may be followed by a better one. */
  @Property(tries = 1000)
  void aPlanThatIsCarriedOutLeavesNothingToDo(@ForAll("cases") PlacementCase sample) {
    Plan plan = plan(sample);
    PlanOptions options = sample.options();
    if (plan.optimal() || (options.moves() == Moves.NONE && !options.eviction())) {
      ClusterSnapshot after = CaseChanges.carriedOut(sample.cluster(), plan);
      assertThat(plan(after, options).steps()).as("after %s", plan.steps()).isEmpty();
    }
  }

  @Property(tries = 1000)
  void theSameSeedGivesTheSamePlan(@ForAll("cases") PlacementCase sample) {
    assertThat(plan(sample)).isEqualTo(plan(sample));
  }

  @Property(tries = 10, shrinking = ShrinkingMode.OFF)
  void theTimeBudgetIsKept(@ForAll("largeCases") PlacementCase sample) {
    Punctuality.within(SHORT.plus(grace()), () -> plan(sample));
  }

  private Plan plan(PlacementCase sample) {
    return plan(sample.cluster(), sample.options());
  }
}
