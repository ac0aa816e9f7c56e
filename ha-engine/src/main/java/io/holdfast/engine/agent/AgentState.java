package io.holdfast.engine.agent;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.spi.Membership.Connection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The state that the parts of an agent's core share. Confined to the core. */
final class AgentState {
  final AgentConfig config;
  final List<AgentEffect> effects = new ArrayList<>();
  long now = Long.MIN_VALUE;
  Connection connection = Connection.SUSPENDED;
  @Nullable Incarnation incarnation;
  long leaseValidUntil = Long.MIN_VALUE;
  Epoch highestEpoch;
  private long sequence;

  AgentState(AgentConfig config) {
    this.config = config;
    this.highestEpoch = config.highestEpoch();
  }

  OpId nextOp() {
    return new OpId(incarnation == null ? 0 : incarnation.value(), ++sequence);
  }

  /** The number of the last operation: facts are ordered by it. */
  long latestOp() {
    return sequence;
  }

  /** Whether anything may be started now. */
  boolean mayStart() {
    return incarnation != null && connection == Connection.CONNECTED && now < leaseValidUntil;
  }

  void emit(AgentEffect effect) {
    effects.add(effect);
  }

  void publish(HaEvent event) {
    effects.add(new AgentEffect.Publish(event));
  }
}
