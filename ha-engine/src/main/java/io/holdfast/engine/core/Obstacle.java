package io.holdfast.engine.core;

import io.holdfast.api.Waiting;

/** What is in the way of a move, for people and as data. */
record Obstacle(String why, Wait waits) {

  /** Whether it is not merely a pause after which it is tried again. */
  boolean stands() {
    return waits.kind() != Waiting.Kind.BACKOFF;
  }
}
