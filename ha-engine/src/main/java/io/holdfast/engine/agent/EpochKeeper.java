package io.holdfast.engine.agent;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the highest epoch on this host's disk. One that could not be written is written again until
 * it is there, and meanwhile the reason is told: without it no order of that epoch is followed.
 */
final class EpochKeeper {
  private final AgentState state;

  /** Seen, and not known to be on disk. */
  private @Nullable Epoch wanted;

  private long dueAt = Long.MAX_VALUE;
  private Optional<String> trouble = Optional.empty();

  EpochKeeper(AgentState state) {
    this.state = state;
  }

  long nextWakeup() {
    return dueAt;
  }

  /** Why orders of a new epoch are not followed, in one line; empty if nothing is in their way. */
  Optional<String> trouble() {
    return trouble;
  }

  void persist(Epoch epoch) {
    wanted = epoch;
    dueAt = Long.MAX_VALUE; // goes on when the answer is there
    state.emit(new AgentEffect.PersistEpoch(epoch));
  }

  /** Tries again if it is time to. */
  void run() {
    Epoch epoch = wanted;
    if (epoch != null && state.now >= dueAt) {
      persist(epoch);
    }
  }

  void persisted(AgentEvent.EpochPersisted event) {
    Epoch epoch = event.epoch();
    if (event.outcome() instanceof Outcome.Done<Ack>) {
      if (epoch.compareTo(state.highestEpoch) > 0) {
        state.highestEpoch = epoch;
      }
      if (wanted != null && wanted.compareTo(state.highestEpoch) <= 0) {
        wanted = null;
        dueAt = Long.MAX_VALUE;
        trouble = Optional.empty();
      }
    } else if (epoch.equals(wanted)) {
      dueAt = state.now + state.config.timings().renewInterval().toNanos();
      failed("epoch %s is not on its disk: %s".formatted(epoch, detailOf(event.outcome())));
    }
  }

  private static String detailOf(Outcome<Ack> outcome) {
    return outcome instanceof Outcome.Failed<Ack> failed
        ? failed.detail()
        : ((Outcome.Unknown<Ack>) outcome).detail();
  }

  /** Told once, and again when it is for another reason. */
  private void failed(String reason) {
    if (!trouble.equals(Optional.of(reason))) {
      trouble = Optional.of(reason);
      state.publish(new HaEvent.IntentRefused(state.config.host(), reason));
    }
  }
}
