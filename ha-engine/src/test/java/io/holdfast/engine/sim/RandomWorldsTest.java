package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random worlds: every promise is checked all the time, and once everything is mended the cluster
 * has to converge. {@code -Dsim.seeds=N} runs N fresh seeds instead of the usual number, {@code
 * -Dsim.first=S} begins with S.
 */
@AddLifecycleHook(SeedsOfThisBuild.class)
class RandomWorldsTest {
  private static final int FIXED = 1000;
  private static final int FRESH = 1000;
  private static final int MOVED_BY_HAND = 250;

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void pitfall06AFixedRangeOfSeedsKeepsEveryPromise() {
    runAll(1, FIXED);
  }

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void aFreshRangeOfSeedsKeepsEveryPromise() {
    long first = Long.getLong("sim.first", System.currentTimeMillis() % 1_000_000_000L * 1000);
    runAll(first, Integer.getInteger("sim.seeds", FRESH));
  }

  /**
   * Each of these failed once, for the reason that it is named after. What a seed does follows from
   * the simulator too, so that few of them still meet it: that the reasons are found again by other
   * seeds is proven where faults are put into the core by hand.
   */
  @ParameterizedTest
  @ValueSource(
      longs = {
        1, // timers of the agent that nobody took out kept its loop spinning
        33, // a host that came back while it was being fenced stayed fenced for ever
        783, // the same
        178, // never two: a start of unknown result is made certain before another host has it
        356, // the same
        190, // never two: an inventory read before a start says nothing about it
        395, // the same
        700775, // never two: a start in doubt is reported although its order was withdrawn
        1330, // never two: an order to a former incarnation is void
        5005436L,
        6000150L,
        816, // a host was fenced without a pause after another that was proven down meanwhile
        6002801, // a workload that had left by hand was not looked at when other hosts reported
        20001370, // the same
        240820952906L,
        699703431132L, // forgetting a placement lands when its workload is protected anew
        693923577899L, // the same, of a placement whose own commit was still under way
        32000373L, // never two: what was migrated away while only its agent was to be away is gone
        33001697L, // the answer to an earlier join came after that to a later one
        35000329L, // never two: what was restarted once and then migrated away is gone
        35000591L, // never two: a start failed where the workload had been migrated to
        823, // evidence of a former incarnation took the place of the intent to fence the next one
        711211957116L, // the same
        990, // never two: what had left by a migration before its host went was started again
        80001700L, // an order to an incarnation that the next controller had not seen yet was lost
        70004476L, // never two: what was unprotected got its storage back where it had been left
        80000812L, // what was left alone and found running kept its host cut off from the storage
        91000504, // a start that was overruled held up all others for ever
        91002138, // the same
        120018413L, // what was stopped to be moved was started without its new partner
        120027014L, // what runs where the storage may be cut off was said to have no report
        301003970L, // evacuated was one with a partner that could not be where it went
        1004552270778L, // a start of an agent that had gone came late, and was not looked for
        1004552264320L, // a host was cut off by a controller that did not know that it was deposed
        1027932734310L, // partners were asked to move while one was on its way to them
        549238231410L, // what was only kept, and was leaving, was started where its host had booted
        961212993801L, // a move was asked for whose partner was locked before it ever started
        622867599102L, // partners went along to where a condition that they need does not hold
        805776785798L, // what two hosts reported at once was taken for the target's
        17586413758L, // what could not be ended for a while was tried again after minutes only
        523081, // a start was carried out on a host that had lost its power since it was asked for
        991, // of the checker: what was ready was moved by the commit that started what needs it
        1676, // the same
        4487, // the same, of what was stopped to be moved, and locked since
        6472 // what was lost, and forgotten for a while, was refused as if it had never run
      })
  void aSeedThatOnceFailedDoesNotFailAgain(long seed) {
    runAll(seed, 1);
  }

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void aFreshRangeOfLargerClustersKeepsEveryPromise() {
    long first = Long.getLong("sim.first", System.currentTimeMillis() % 1_000_000_000L * 1000);
    long count = Integer.getInteger("sim.seeds", FRESH) / 10;
    runAll(LongStream.range(first, first + count), RandomWorldsTest::larger);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        771782928996L, // a report is read before the lease of the agent that wrote it
        3001226 // never two: what was leaving its host was ordered anew there, which then failed
      })
  void aLargerClusterThatOnceFailedDoesNotFailAgain(long seed) {
    runAll(LongStream.of(seed), RandomWorldsTest::larger);
  }

  /** As {@code hactl simulate --random --hosts 3..9}. */
  private static SimConfig larger(SimConfig usual) {
    int hosts = 3 + (int) Math.floorMod(usual.seed(), 7L);
    return usual.with(hosts, usual.workloads(), usual.faults(), usual.chaos());
  }

  /** A history that is not covered is left: see what docs/safety.md says of moves by hand. */
  @Test
  void guestsThatAreMovedByHandAreFollowed() {
    runAll(LongStream.rangeClosed(1, MOVED_BY_HAND), SimConfig::withHandMoves);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        128, // never two: what was found running and left by hand was not looked for anew
        193, // never two: an order to run it knew nothing yet of that it had left by hand
        224, // as 128
        387, // the same
        299, // never two: it came back by hand to the host that had said that it left
        150003720L, // never two: a move by hand that came back was given up half way
        160003347L, // as 299
        400001248L, // the same
        600000043L, // never two: what had arrived was not reported, for the look that was due hung
        401001470L, // never two: a stop found nothing to stop, for it had left by hand
        401002033L, // never two: what was adopted while it arrived did not arrive
        140001164L, // never two: what had arrived by a live move had left again by hand
        140001561L, // the same
        140001602L, // the same
        150001382L, // never two: what was found running elsewhere had left again by hand
        620002347L // a move was asked for whose partner was being stopped
      })
  void aMoveByHandThatOnceWasNotFollowedIs(long seed) {
    runAll(LongStream.of(seed), SimConfig::withHandMoves);
  }

  @Test
  void widerWorldsKeepEveryPromise() {
    runAll(LongStream.rangeClosed(1, 200), usual -> usual.with(SimConfig.More.WIDE));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        6109, // never two: where it had been moved by hand was announced, and not read
        465 // what may run on one host only found that full
      })
  void aLargerWiderWorldThatOnceFailedDoesNotFailAgain(long seed) {
    runAll(LongStream.of(seed), usual -> larger(usual.with(SimConfig.More.WIDE)));
  }

  @Test
  void inWiderWorldsFenceDevicesLiePeopleWorkByHandAndMoveUnseen() {
    List<String> faults = Collections.synchronizedList(new ArrayList<>());
    LongStream.rangeClosed(1, 40)
        .parallel()
        .forEach(
            seed -> {
              SimWorld world = new SimWorld(SimConfig.random(seed).with(SimConfig.More.WIDE));
              world.onFault(faults::add);
              world.run();
            });
    assertThat(faults)
        .anyMatch(fault -> fault.contains("READS_ON"))
        .anyMatch(fault -> fault.contains("SAYS_REFUSED"))
        .anyMatch(fault -> fault.contains("DOES_NOTHING"))
        .anyMatch(fault -> fault.contains("is ended by hand"))
        .anyMatch(fault -> fault.contains("is started by hand"))
        .anyMatch(fault -> fault.endsWith("unseen"));
  }

  @Property(tries = 25)
  void theSameSeedGivesTheSameRun(@ForAll @LongRange(min = 1) long seed) {
    SimResult one = new SimWorld(SimConfig.random(seed)).run();
    SimResult other = new SimWorld(SimConfig.random(seed), true).run();
    assertThat(other).isEqualTo(one);
    assertThat(other.events()).isGreaterThan(100);
  }

  @Property(tries = 10)
  void anotherSeedGivesAnotherRun(@ForAll @IntRange(min = 1) int seed) {
    assertThat(new SimWorld(SimConfig.random(seed)).run().traceHash())
        .isNotEqualTo(new SimWorld(SimConfig.random(seed + 1L)).run().traceHash());
  }

  private static void runAll(long first, int count) {
    long begun = System.nanoTime();
    List<SimResult.Violation> violations =
        violations(LongStream.range(first, first + count), UnaryOperator.identity());
    System.out.printf(
        "simulated seeds %d to %d, %d failed, %.0f seeds/s%n",
        first, first + count - 1, violations.size(), count / ((System.nanoTime() - begun) / 1e9));
    violations.forEach(
        v -> System.out.printf("-Dsim.first=%d -Dsim.seeds=1 # %s%n", v.seed(), v.what()));
    assertNone(violations);
  }

  private static void runAll(LongStream seeds, UnaryOperator<SimConfig> with) {
    assertNone(violations(seeds, with));
  }

  private static List<SimResult.Violation> violations(
      LongStream seeds, UnaryOperator<SimConfig> with) {
    return seeds
        .parallel()
        .mapToObj(seed -> new SimWorld(with.apply(SimConfig.random(seed))).run())
        .flatMap(result -> result.violations().stream())
        .toList();
  }

  private static void assertNone(List<SimResult.Violation> violations) {
    assertThat(violations)
        .as(
            () ->
                violations.stream()
                    .limit(1)
                    .map(SimResult.Violation::describe)
                    .collect(Collectors.joining()))
        .isEmpty();
  }
}
