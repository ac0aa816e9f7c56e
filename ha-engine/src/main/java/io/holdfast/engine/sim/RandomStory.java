package io.holdfast.engine.sim;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.time.Duration;
import java.util.List;

/**
 * Plays the random world of a seed and writes down what happens in it, for people who want to know
 * why it fails. Plays once; not safe for use by several threads.
 */
public final class RandomStory {
  private final SimConfig config;
  private final SimWorld world;
  private final SimHistory history;

  public RandomStory(SimConfig config) {
    this.config = config;
    world = new SimWorld(config, true);
    history = new SimHistory(world);
    world.physical().observe(history);
    world.listen(history::told);
    world.onFault(history::step);
  }

  /** When it was over, since its beginning. */
  public Duration end() {
    return world.now();
  }

  /** With everything that the seed has in store. */
  public ScenarioResult play() {
    return play(world.strikes());
  }

  /** With these of its strikes only, as {@link SimShrink} finds them. */
  public ScenarioResult play(List<SimStrike> strikes) {
    world.run(strikes);
    return new SimOutcome(world, history)
        .of("seed " + config.seed(), List.copyOf(world.machines().keySet()), List.of());
  }
}
