package io.holdfast.engine.planning;

/** An assignment that is worth reaching, and how survivors got there in the search. */
final class Aim {
  final int[] at;
  final long value;
  final Trail trail;

  Aim(int[] at, long value, Trail trail) {
    this.at = at;
    this.value = value;
    this.trail = trail;
  }
}
