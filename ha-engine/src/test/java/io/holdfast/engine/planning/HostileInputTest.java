package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.PlanOptions.Objective;
import io.holdfast.engine.planning.PlanOptions.Strategy;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.junit.jupiter.api.Test;

/** Large and nasty inputs: the time budget holds, no stack overflows, no number is rounded. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class HostileInputTest {
  private static final long MILLI = 1_000_000;

  /** A machine on which a millisecond passes with every question. */
  private static final class Clock implements LongSupplier {
    int asked;

    @Override
    public long getAsLong() {
      return asked++ * MILLI;
    }
  }

  private static PlanOptions options(long seed) {
    return new PlanOptions(
        (seed & 1) == 0 ? Moves.NONE : Moves.ALLOWED,
        (seed & 2) == 0,
        (seed & 4) == 0 ? Objective.WEIGHT : Objective.PRIORITY,
        List.of(Strategy.values()).get((int) Math.floorMod(seed >> 3, 5L)),
        Duration.ofMillis(50),
        seed);
  }

  @Property(tries = 16, shrinking = ShrinkingMode.OFF)
  void theTimeBudgetHolds(@ForAll long seed) {
    ClusterSnapshot cluster = new HostileClusters(seed, 1000, 20_000).cluster();
    Clock clock = new Clock();
    Plan plan = Placement.plan(cluster, options(seed), clock);
    assertThat(plan.value()).isLessThanOrEqualTo(plan.upperBound());
    assertThat(clock.asked).as("questions, the last of them by each stage").isLessThan(60);
  }

  @Property(tries = 6, shrinking = ShrinkingMode.OFF)
  void theTimeBudgetHoldsWherePricesAreLookedAt(@ForAll long seed) {
    ClusterSnapshot cluster = new HostileClusters(seed, 1000, 20_000).cluster();
    Clock clock = new Clock();
    PlanOptions options =
        options(seed).with(Objective.WEIGHT).with(Moves.ALLOWED).pricing(1 + (seed & 7), seed & 3);
    Plan plan = Placement.plan(cluster, options, clock);
    assertThat(plan.worth()).isBetween(0L, plan.upperBound());
    assertThat(clock.asked).as("questions, the last of them by each stage").isLessThan(60);
  }

  /**
   * Between two questions there is little: with some of them it takes hardly more than with none.
   */
  @Test
  void theClockIsAskedOften() {
    for (long seed = 0; seed < 8; seed++) {
      ClusterSnapshot cluster = new HostileClusters(seed, 500, 10_000).cluster();
      PlanOptions options = options(seed);
      long without = Long.MAX_VALUE;
      long with = Long.MAX_VALUE;
      for (int i = 0; i < 3; i++) {
        without = Math.min(without, cost(cluster, options.within(Duration.ZERO)));
        with = Math.min(with, cost(cluster, options));
      }
      assertThat(with)
          .as("ns for 50 questions and all that has to be done anyway, seed %d", seed)
          .isLessThan(10 * without + 1000 * MILLI);
    }
  }

  private static long cost(ClusterSnapshot cluster, PlanOptions options) {
    long before = System.nanoTime();
    Plan plan = Placement.plan(cluster, options, new Clock());
    assertThat(plan.steps().size()).isGreaterThanOrEqualTo(plan.placed().size());
    return System.nanoTime() - before;
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF)
  void whatIsFoundInLittleTimeCanBeCarriedOut(
      @ForAll long seed, @ForAll @LongRange(min = 0, max = 300) long millis) {
    ClusterSnapshot cluster = new HostileClusters(seed, 30, 500).cluster();
    PlanOptions options = options(seed).within(Duration.ofMillis(millis));
    Plan plan = Placement.plan(cluster, options, new Clock());
    assertThat(PlanChecker.check(cluster, options, plan, seed)).isEmpty();
  }

  private static void onSmallStack(Runnable task) throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    Thread thread = new Thread(null, task, "small stack", 192 * 1024);
    thread.setUncaughtExceptionHandler((t, e) -> thrown.add(e));
    thread.start();
    thread.join();
    assertThat(thrown).isEmpty();
  }

  private static List<WorkloadSnapshot> manyOn(String host, int count) {
    List<WorkloadSnapshot> many = new ArrayList<>();
    for (int w = 0; w < count; w++) {
      many.add(WorkloadSnapshot.of("vm:" + w, host, 1, 1));
    }
    return many;
  }

  private static final List<HostSnapshot> THREE =
      List.of(
          HostSnapshot.of("h1", 20_000, 20_000),
          HostSnapshot.of("h2", 10_000, 10_000),
          HostSnapshot.of("h3", 10_000, 9_999));

  @Test
  void thousandsThatAreTriedOutInDepthDoNotFillTheStack() throws InterruptedException {
    List<HostSnapshot> hosts = new ArrayList<>(THREE);
    hosts.set(0, hosts.get(0).with(HostSnapshot.State.FAILED));
    ClusterSnapshot cluster =
        new ClusterSnapshot(List.of("a", "b"), hosts, manyOn("h1", 20_000), List.of());
    PlanOptions options = PlanOptions.DEFAULT;
    Board board = BoardCompiler.compile(cluster, options);
    onSmallStack(
        () -> {
          int[] nowhere = new int[20_000];
          Arrays.fill(nowhere, -1);
          Exact exact =
              new Exact(
                  board,
                  new Packing(board),
                  new Assignment(board),
                  board.lostOnes(),
                  nowhere,
                  0,
                  20_500,
                  Budget.unlimited());
          exact.run();
          assertThat(exact.bestValue()).isEqualTo(19_999);
        });
  }

  @Test
  void thousandsThatAreEvacuatedInDepthDoNotFillTheStack() throws InterruptedException {
    Inventory inventory =
        new Inventory(
            new ClusterSnapshot(List.of("a", "b"), THREE, manyOn("h1", 19_999), List.of()));
    onSmallStack(
        () -> {
          Evacuation evacuation = new Evacuation(inventory);
          evacuation.begin(new int[] {0});
          EvacuationSearch search = new EvacuationSearch(evacuation, 1_000_000);
          assertThat(search.decide()).isEqualTo(Evacuation.Verdict.SURVIVES);
          evacuation.end();
        });
  }

  @Property
  void sharesAreExact(
      @ForAll @LongRange(min = 0, max = 1L << 60) long value,
      @ForAll @LongRange(min = 1, max = 1L << 61) long whole,
      @ForAll @LongRange(min = 0, max = 1_000_000) long millionths) {
    long part = (long) (whole / 1e6 * millionths * (1 - 1e-9));
    assertThat(BigInteger.valueOf(Exact.share(value, part, whole)))
        .isEqualTo(
            BigInteger.valueOf(value)
                .multiply(BigInteger.valueOf(part))
                .divide(BigInteger.valueOf(whole)));
  }
}
