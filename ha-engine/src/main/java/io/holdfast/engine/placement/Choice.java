package io.holdfast.engine.placement;

import io.holdfast.api.HostId;

/** The answer to where a workload goes. */
public sealed interface Choice {
  /**
   * There.
   *
   * @param why one line
   */
  record Chosen(HostId host, String why) implements Choice {}

  /**
   * Nowhere now.
   *
   * @param describe one line: why not. With few hosts, each with its reason; {@link Placer#whyNot}
   *     has them all
   */
  record NoHost(String describe) implements Choice {}
}
