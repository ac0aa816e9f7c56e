package io.holdfast.engine.sim;

import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.StateRecord;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Whether an agent has no more starts under way than it was ever told it may. It need not have
 * followed the last intent that it has read.
 */
final class SimStartsAtOnce {
  private final SortedSet<OpId> underWay = new TreeSet<>();
  private int most = 1;

  void told(AgentEvent event) {
    if (event instanceof AgentEvent.IntentRead read
        && read.outcome() instanceof Outcome.Done<Optional<StateRecord>> done
        && done.value().orElse(null) instanceof HostIntent intent) {
      most = Math.max(most, intent.startsAtOnce());
    } else if (event instanceof AgentEvent.ActionEnded ended) {
      underWay.remove(ended.op());
    }
  }

  /**
   * @return what is wrong with it
   */
  Optional<String> issued(List<AgentEffect> effects) {
    int before = underWay.size();
    for (AgentEffect effect : effects) {
      if (effect instanceof AgentEffect.Start start) {
        underWay.add(start.op());
      }
    }
    return underWay.size() > most && underWay.size() > before
        ? Optional.of("PACE: starts %s are under way, and %d may be".formatted(underWay, most))
        : Optional.empty();
  }
}
