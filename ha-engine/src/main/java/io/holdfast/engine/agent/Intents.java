package io.holdfast.engine.agent;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.StateRecord;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which of the controller's intents is followed: only one for the present incarnation, newer than
 * the one before, and of an epoch that no other one that this host has seen is above. An epoch that
 * is new has to be on the disk first.
 */
final class Intents {
  private final AgentState state;
  private final EpochKeeper epochs;
  private @Nullable HostIntent adopted;
  private @Nullable HostIntent waitingForDisk;
  private long due = Long.MAX_VALUE;

  Intents(AgentState state, EpochKeeper epochs) {
    this.state = state;
    this.epochs = epochs;
  }

  /** The incarnation has ended, and its orders with it. */
  void forget() {
    adopted = null;
    waitingForDisk = null;
  }

  /** Of the intent that is followed, {@link Epoch#NONE} while none is. */
  Epoch epoch() {
    return adopted == null ? Epoch.NONE : adopted.epoch();
  }

  /** Of the intent that is followed, 0 while none is. */
  long generation() {
    return adopted == null ? 0 : adopted.generation();
  }

  // Reading

  void run() {
    if (state.now >= due) {
      read();
    }
  }

  long nextWakeup() {
    return due;
  }

  /** Now, and again every so often: being told of changes is the rule, not a promise. */
  void read() {
    due = Long.MAX_VALUE;
    if (state.incarnation != null) {
      due = state.now + state.config.timings().resyncInterval().toNanos();
      state.emit(new AgentEffect.ReadIntent());
    }
  }

  /**
   * Takes the answer in.
   *
   * @return what is to be followed from now on, empty if nothing changes
   */
  Optional<HostIntent> answered(AgentEvent.IntentRead event) {
    if (!(event.outcome() instanceof Outcome.Done<Optional<StateRecord>> done)) {
      if (state.incarnation != null) {
        due = state.now + state.config.timings().renewInterval().toNanos();
      }
      return Optional.empty();
    }
    StateRecord record = done.value().orElse(null);
    if (record instanceof HostIntent intent) {
      return consider(intent);
    }
    if (record instanceof StateRecord.Unreadable unreadable) {
      refuse("the intent cannot be read: " + unreadable.reason());
    }
    return Optional.empty();
  }

  // Deciding

  private Optional<HostIntent> consider(HostIntent intent) {
    if (!intent.incarnation().equals(state.incarnation)) {
      return Optional.empty(); // for a former incarnation: void
    }
    if (intent.epoch().compareTo(state.highestEpoch) < 0) {
      refuse("epoch " + intent.epoch() + " is older than " + state.highestEpoch);
      return Optional.empty();
    }
    if (adopted != null && !isNewer(intent, adopted)) {
      return Optional.empty();
    }
    if (intent.epoch().compareTo(state.highestEpoch) > 0) {
      waitingForDisk = intent;
      epochs.persist(intent.epoch());
      return Optional.empty();
    }
    adopted = intent;
    return Optional.of(intent);
  }

  private static boolean isNewer(HostIntent intent, HostIntent before) {
    int byEpoch = intent.epoch().compareTo(before.epoch());
    return byEpoch > 0 || (byEpoch == 0 && intent.generation() > before.generation());
  }

  /**
   * An epoch is on the disk, or could not be written.
   *
   * @return what is to be followed from now on, empty if nothing changes
   */
  Optional<HostIntent> persisted(AgentEvent.EpochPersisted event) {
    epochs.persisted(event);
    HostIntent intent = waitingForDisk;
    if (intent == null || intent.epoch().compareTo(state.highestEpoch) > 0) {
      return Optional.empty();
    }
    waitingForDisk = null;
    return consider(intent);
  }

  private void refuse(String reason) {
    state.publish(new HaEvent.IntentRefused(state.config.host(), reason));
  }
}
