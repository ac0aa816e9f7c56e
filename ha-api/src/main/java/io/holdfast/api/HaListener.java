package io.holdfast.api;

import java.time.Instant;

/**
 * Hears what an engine or an agent notices and does. Called in order on one thread that does
 * nothing else, never on the thread that decides; a listener that is slow delays other events, not
 * decisions, and where too many events wait for it, further ones are dropped and told of in the
 * log. What a listener throws is logged and otherwise ignored.
 */
@FunctionalInterface
public interface HaListener {

  /**
   * @param at wall-clock time at which the event was decided, for display only
   */
  void onEvent(Instant at, HaEvent event);
}
