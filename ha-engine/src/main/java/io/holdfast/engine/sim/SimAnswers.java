package io.holdfast.engine.sim;

import io.holdfast.api.OpId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which answers about the store a controller takes in: each once, and only to its last question.
 */
final class SimAnswers {
  private final SortedMap<Key, OpId> reads = new TreeMap<>();
  private Optional<OpId> stateRead = Optional.empty();

  /** The core is about to take an event in: whether it tells it what is in the store. */
  boolean areNews(ControllerEvent event) {
    if (event instanceof ControllerEvent.RecordRead read) {
      return reads.remove(read.key(), read.op());
    }
    if (event instanceof ControllerEvent.StateRead read
        && stateRead.equals(Optional.of(read.op()))) {
      stateRead = Optional.empty();
      return true;
    }
    return false;
  }

  /** The core has asked for these. */
  void issued(List<ControllerEffect> effects) {
    for (ControllerEffect effect : effects) {
      if (effect instanceof ControllerEffect.ReadRecord read) {
        reads.put(read.key(), read.op());
      } else if (effect instanceof ControllerEffect.ReadState read) {
        stateRead = Optional.of(read.op());
      }
    }
  }
}
