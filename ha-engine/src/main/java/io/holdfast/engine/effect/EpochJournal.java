package io.holdfast.engine.effect;

import io.holdfast.api.Epoch;
import java.io.IOException;

/** Keeps the highest epoch that a host has followed. */
@FunctionalInterface
public interface EpochJournal {
  /** Returns when the epoch is durable. */
  void persist(Epoch epoch) throws IOException;
}
