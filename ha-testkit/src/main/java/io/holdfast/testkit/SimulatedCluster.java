package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.sim.ScenarioRunner;
import io.holdfast.engine.sim.SimConfig;
import io.holdfast.engine.sim.SimFaults;
import io.holdfast.engine.sim.SimPlatform;
import io.holdfast.engine.sim.SimResult;
import io.holdfast.engine.sim.SimWorld;
import io.holdfast.engine.sim.scenario.ScenarioReader;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * A whole simulated cluster in a JUnit test, for drills and what-if questions: the real cores, real
 * faults, virtual time. A test takes one as its parameter, see {@link SimulatedHosts}; when it
 * ends, and whenever it waits, no promise may have been broken, whatever the test asserts itself.
 *
 * <p>For one thread.
 */
public final class SimulatedCluster {
  private static final int SHOWN = 60;

  private final SimWorld world;

  /**
   * A cluster that has just been switched on.
   *
   * @param config its size, its fence devices, and what goes wrong by itself
   */
  public SimulatedCluster(SimConfig config) {
    world = new SimWorld(config);
  }

  /**
   * Plays a scenario file; every step has to be possible, and no promise may be broken.
   *
   * @return what came of it
   * @throws UncheckedIOException if the file cannot be read
   */
  public static ScenarioResult play(Path scenario) {
    String text;
    try {
      text = Files.readString(scenario);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ScenarioResult result = new ScenarioRunner(ScenarioReader.read(text)).run();
    assertThat(result.errors()).as("steps of %s that cannot be done", scenario).isEmpty();
    assertThat(result.violations()).as("%s", scenario).isEmpty();
    return result;
  }

  /**
   * Plays clusters of a size, and with faults, that follow from the seed.
   *
   * @param first the first seed
   * @param count how many; some hundred a second on one core
   */
  public static void playRandom(long first, int count) {
    for (long seed = first; seed < first + count; seed++) {
      SimResult result = new SimWorld(SimConfig.random(seed), true).run();
      assertThat(result.violations()).as(() -> describe(result.violations())).isEmpty();
    }
  }

  /** Everything that there is, physically and in the engine. */
  public SimWorld world() {
    return world;
  }

  /** What can be done to it. */
  public SimFaults faults() {
    return world.faults();
  }

  /** What its platform asks of the engine. */
  public SimPlatform platform() {
    return world.platform();
  }

  /**
   * Lets virtual time pass until this holds.
   *
   * @param what what is waited for, in the words of an error
   * @param atMost in virtual time
   * @return how long it took, in virtual time
   * @throws AssertionError if it does not come, or a promise is broken meanwhile; with the last
   *     lines of what happened
   */
  public Duration await(String what, BooleanSupplier condition, Duration atMost) {
    Duration begin = world.now();
    boolean holds = world.runUntil(condition, atMost);
    assertNothingIsBroken();
    List<String> trace = world.trace();
    List<String> last = trace.subList(Math.max(0, trace.size() - SHOWN), trace.size());
    assertThat(holds).as("%s within %s:%n%s", what, atMost, String.join("\n", last)).isTrue();
    return world.now().minus(begin);
  }

  /**
   * Lets virtual time pass.
   *
   * @throws AssertionError if a promise is broken meanwhile
   */
  public void pass(Duration time) {
    world.runFor(time);
    assertNothingIsBroken();
  }

  /**
   * Every checker is always on; this tells what they found.
   *
   * @throws AssertionError if a promise was broken, with what led to it
   */
  public void assertNothingIsBroken() {
    assertThat(world.violations()).as(() -> describe(world.violations())).isEmpty();
  }

  private static String describe(List<SimResult.Violation> violations) {
    return violations.stream().map(SimResult.Violation::describe).collect(Collectors.joining("\n"));
  }

  /** Whether every workload that is to run runs once, and the engine says so. */
  public boolean everythingRuns() {
    return world.platform().workloads().stream()
        .filter(workload -> workload.desired() == DesiredState.STARTED)
        .map(Workload::id)
        .allMatch(id -> hostsOf(id).size() == 1 && isStarted(id));
  }

  private boolean isStarted(WorkloadId id) {
    return world.statusOf(id).filter(info -> info.status() == WorkloadStatus.STARTED).isPresent();
  }

  /** Where it runs in truth, whatever anybody believes. */
  public List<HostId> hostsOf(WorkloadId workload) {
    return world.physical().hostsRunning(workload);
  }

  /** What runs there in truth. */
  public List<WorkloadId> workloadsOn(HostId host) {
    return List.copyOf(world.physical().copiesOn(host));
  }

  /** What the engine has told of this kind, in order. */
  public <T extends HaEvent> List<T> told(Class<T> kind) {
    return world.told().stream()
        .map(SimWorld.Told::event)
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }
}
