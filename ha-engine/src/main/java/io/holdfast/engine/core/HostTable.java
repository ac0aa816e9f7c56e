package io.holdfast.engine.core;

import static io.holdfast.api.HostState.FENCED;
import static io.holdfast.api.HostState.FENCING;
import static io.holdfast.api.HostState.ISOLATED;
import static io.holdfast.api.HostState.JOINING;
import static io.holdfast.api.HostState.LOST;
import static io.holdfast.api.HostState.MAINTENANCE;
import static io.holdfast.api.HostState.ONLINE;
import static io.holdfast.api.HostState.SHUTTING_DOWN;
import static io.holdfast.api.HostState.STORAGE_LOST;
import static io.holdfast.api.HostState.SUSPECT;

import io.holdfast.api.HostState;

/** A host's transitions, total: every state and signal has its line. */
final class HostTable {
  private HostTable() {}

  static HostState next(HostState state, HostSignal signal) {
    return switch (state) {
      case JOINING ->
          switch (signal) {
            case REPORTED, HEARD -> ONLINE;
            case SUSPICION_DUE -> SUSPECT;
            case OFF_PROVEN, LEFT -> FENCED;
            case JOINED,
                HEARD_UNREPORTED,
                SILENCE_CONFIRMED,
                FENCE_STORED,
                FENCE_EXHAUSTED,
                ORDINARY,
                MAINTENANCE_WANTED,
                SHUTDOWN_ANNOUNCED,
                STORAGE_FAILED,
                SEEN_ALIVE,
                ISOLATION_OVER ->
                JOINING;
          };
      case ONLINE, MAINTENANCE, SHUTTING_DOWN, STORAGE_LOST -> heard(state, signal);
      case SUSPECT ->
          switch (signal) {
            case JOINED, HEARD_UNREPORTED -> JOINING;
            case HEARD -> ONLINE;
            case SEEN_ALIVE -> ISOLATED;
            case SILENCE_CONFIRMED -> LOST;
            case OFF_PROVEN, LEFT -> FENCED;
            // A report alone is not a renewal: the lease is the judge.
            case REPORTED,
                SUSPICION_DUE,
                FENCE_STORED,
                FENCE_EXHAUSTED,
                ORDINARY,
                MAINTENANCE_WANTED,
                SHUTDOWN_ANNOUNCED,
                STORAGE_FAILED,
                ISOLATION_OVER ->
                SUSPECT;
          };
      case ISOLATED ->
          switch (signal) {
            case JOINED, HEARD_UNREPORTED -> JOINING;
            case HEARD -> ONLINE;
            case ISOLATION_OVER -> LOST;
            case OFF_PROVEN, LEFT -> FENCED;
            // Its silence is known and explained; only the end of the explanation counts.
            case REPORTED,
                SUSPICION_DUE,
                SILENCE_CONFIRMED,
                FENCE_STORED,
                FENCE_EXHAUSTED,
                ORDINARY,
                MAINTENANCE_WANTED,
                SHUTDOWN_ANNOUNCED,
                STORAGE_FAILED,
                SEEN_ALIVE ->
                ISOLATED;
          };
      case LOST ->
          switch (signal) {
            case JOINED, HEARD_UNREPORTED -> JOINING;
            case HEARD -> ONLINE;
            case FENCE_STORED -> FENCING;
            case OFF_PROVEN, LEFT -> FENCED;
            case SEEN_ALIVE -> ISOLATED;
            case REPORTED,
                SUSPICION_DUE,
                SILENCE_CONFIRMED,
                FENCE_EXHAUSTED,
                ORDINARY,
                MAINTENANCE_WANTED,
                SHUTDOWN_ANNOUNCED,
                STORAGE_FAILED,
                ISOLATION_OVER ->
                LOST;
          };
      case FENCING ->
          switch (signal) {
            case OFF_PROVEN, LEFT -> FENCED;
            case FENCE_EXHAUSTED -> LOST;
            // The power may go off at any moment now: whoever is heard is not relied upon.
            case JOINED,
                REPORTED,
                HEARD,
                HEARD_UNREPORTED,
                SUSPICION_DUE,
                SILENCE_CONFIRMED,
                FENCE_STORED,
                ORDINARY,
                MAINTENANCE_WANTED,
                SHUTDOWN_ANNOUNCED,
                STORAGE_FAILED,
                SEEN_ALIVE,
                ISOLATION_OVER ->
                FENCING;
          };
      case FENCED ->
          switch (signal) {
            case JOINED, HEARD_UNREPORTED -> JOINING;
            // never two: a fenced incarnation stays fenced, whatever it says.
            case REPORTED,
                HEARD,
                SUSPICION_DUE,
                SILENCE_CONFIRMED,
                FENCE_STORED,
                OFF_PROVEN,
                LEFT,
                FENCE_EXHAUSTED,
                ORDINARY,
                MAINTENANCE_WANTED,
                SHUTDOWN_ANNOUNCED,
                STORAGE_FAILED,
                SEEN_ALIVE,
                ISOLATION_OVER ->
                FENCED;
          };
    };
  }

  private static HostState heard(HostState state, HostSignal signal) {
    return switch (signal) {
      case JOINED, HEARD_UNREPORTED -> JOINING;
      case SUSPICION_DUE -> SUSPECT;
      case ORDINARY -> ONLINE;
      case MAINTENANCE_WANTED -> MAINTENANCE;
      case SHUTDOWN_ANNOUNCED -> SHUTTING_DOWN;
      case STORAGE_FAILED -> STORAGE_LOST;
      // never two: its own last word, of this incarnation; a renewal on its way says nothing new.
      case LEFT -> FENCED;
      // An answer about the power that came after the host was heard again is out of date.
      case REPORTED,
          HEARD,
          SILENCE_CONFIRMED,
          FENCE_STORED,
          OFF_PROVEN,
          FENCE_EXHAUSTED,
          SEEN_ALIVE,
          ISOLATION_OVER ->
          state;
    };
  }
}
