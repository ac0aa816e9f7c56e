package io.holdfast.engine.core;

import static io.holdfast.api.HostState.FENCED;
import static io.holdfast.api.HostState.FENCING;
import static io.holdfast.api.HostState.JOINING;
import static io.holdfast.api.HostState.LOST;
import static io.holdfast.api.HostState.ONLINE;
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
            case OFF_PROVEN -> FENCED;
            case JOINED, HEARD_UNREPORTED, SILENCE_CONFIRMED, FENCE_STORED, FENCE_EXHAUSTED ->
                JOINING;
          };
      case ONLINE ->
          switch (signal) {
            case JOINED, HEARD_UNREPORTED -> JOINING;
            case SUSPICION_DUE -> SUSPECT;
            // An answer about the power that came after the host was heard again is out of date.
            case REPORTED, HEARD, SILENCE_CONFIRMED, FENCE_STORED, OFF_PROVEN, FENCE_EXHAUSTED ->
                ONLINE;
          };
      case SUSPECT ->
          switch (signal) {
            case JOINED, HEARD_UNREPORTED -> JOINING;
            case HEARD -> ONLINE;
            case SILENCE_CONFIRMED -> LOST;
            case OFF_PROVEN -> FENCED;
            // A report alone is not a renewal: the lease is the judge.
            case REPORTED, SUSPICION_DUE, FENCE_STORED, FENCE_EXHAUSTED -> SUSPECT;
          };
      case LOST ->
          switch (signal) {
            case JOINED, HEARD_UNREPORTED -> JOINING;
            case HEARD -> ONLINE;
            case FENCE_STORED -> FENCING;
            case OFF_PROVEN -> FENCED;
            case REPORTED, SUSPICION_DUE, SILENCE_CONFIRMED, FENCE_EXHAUSTED -> LOST;
          };
      case FENCING ->
          switch (signal) {
            case OFF_PROVEN -> FENCED;
            case FENCE_EXHAUSTED -> LOST;
            // The power may go off at any moment now: whoever is heard is not relied upon.
            case JOINED,
                REPORTED,
                HEARD,
                HEARD_UNREPORTED,
                SUSPICION_DUE,
                SILENCE_CONFIRMED,
                FENCE_STORED ->
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
                FENCE_EXHAUSTED ->
                FENCED;
          };
    };
  }
}
