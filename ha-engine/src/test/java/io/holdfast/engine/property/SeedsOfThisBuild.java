package io.holdfast.engine.property;

import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/**
 * With {@code -Dsim.first=S} every property begins with a seed that follows from S and its name: a
 * build that is repeated tries the same again. Without it, each run tries something else.
 */
public final class SeedsOfThisBuild implements AroundPropertyHook {
  /** For jqwik. */
  public SeedsOfThisBuild() {}

  @Override
  public PropertyExecutionResult aroundProperty(
      PropertyLifecycleContext context, PropertyExecutor property) {
    Long first = Long.getLong("sim.first");
    if (first != null && context.attributes().seed().isEmpty()) {
      String name = context.containerClass().getName() + "." + context.targetMethod().getName();
      context.attributes().setSeed(Long.toString(seed(first, name)));
    }
    return property.execute();
  }

  @Override
  public PropagationMode propagateTo() {
    return PropagationMode.ALL_DESCENDANTS;
  }

  static long seed(long first, String property) {
    return 31 * first + property.hashCode();
  }
}
