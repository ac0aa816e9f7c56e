package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * No agent begins anything while the cluster is disarmed, once it has said in a report that it
 * follows an intent that says so, and before there is one that does not.
 */
final class SimHandsOff {

  /** Since the first intent of an unbroken row that says so; what the host itself has said. */
  private record Told(HostIntent first, boolean follows) {}

  private final SimWorld world;
  private final SortedMap<HostId, Told> told = new TreeMap<>();

  SimHandsOff(SimWorld world) {
    this.world = world;
  }

  /** It is stored. */
  void intended(HostIntent intent) {
    Told before = told.get(intent.host());
    if (!intent.disarmed()) {
      told.remove(intent.host());
    } else if (before == null || !before.first().incarnation().equals(intent.incarnation())) {
      told.put(intent.host(), new Told(intent, false));
    }
  }

  /** It is stored. */
  void reported(HostReport report) {
    Told before = told.get(report.host());
    if (before != null && report.incarnation().equals(before.first().incarnation())) {
      HostIntent first = before.first();
      int byEpoch = report.intentEpoch().compareTo(first.epoch());
      boolean answers =
          byEpoch > 0 || (byEpoch == 0 && report.intentGeneration() >= first.generation());
      told.put(report.host(), new Told(first, answers));
    }
  }

  /** What one step of a host's agent gave, before any of it is carried out. */
  void decided(SimAgent agent, HostId host, List<AgentEffect> effects) {
    Told now = told.get(host);
    if (now == null || !now.follows() || !agent.isJoinedAs(now.first().incarnation())) {
      return;
    }
    for (AgentEffect effect : effects) {
      if (effect instanceof AgentEffect.Action || effect instanceof AgentEffect.ProbeGuest) {
        world.violated(
            "HANDS OFF: %s is disarmed, and its agent begins %s".formatted(host, effect));
      }
    }
  }
}
