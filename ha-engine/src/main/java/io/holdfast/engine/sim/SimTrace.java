package io.holdfast.engine.sim;

import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * The timeline of a run: a hash of all of it, and its last lines, or all of them. The hash depends
 * on nothing but what happened: it is the same in every JVM.
 */
final class SimTrace {
  private static final int LAST = 60;
  private static final long FNV_PRIME = 0x100000001b3L;

  /**
   * @param what immutable: its text is made only when somebody reads it
   */
  private record Line(long at, String who, String prefix, Object what) {
    String text() {
      return String.format(Locale.ROOT, "%11.6f %-10s %s%s", at / 1e9, who, prefix, what);
    }
  }

  private final boolean keepAll;
  private final Deque<Line> lines = new ArrayDeque<>();
  private long hash = 0xcbf29ce484222325L;
  private long count;

  SimTrace(boolean keepAll) {
    this.keepAll = keepAll;
  }

  /**
   * @param what a text, or an event or an effect of a core
   */
  void add(long at, String who, String prefix, Object what) {
    count++;
    mix(at);
    mix(who.hashCode());
    mix(prefix.hashCode());
    mixAll(what);
    lines.addLast(new Line(at, who, prefix, what));
    if (!keepAll && lines.size() > LAST) {
      lines.removeFirst();
    }
  }

  /** All of it counts. What comes every second or so is most of a timeline: not as text. */
  private void mixAll(Object what) {
    if (what instanceof ControllerEvent.LeaseSeen seen) {
      Lease lease = seen.lease();
      mix(1);
      mix(seen.now());
      mix(lease.host().value().hashCode());
      mix(lease.incarnation().value());
      mix(lease.sequence());
      mix(lease.sessionPresent() ? 1 : 0);
    } else if (what instanceof ControllerEvent.Ticked ticked) {
      mix(2);
      mix(ticked.now());
    } else if (what instanceof AgentEvent.Ticked ticked) {
      mix(3);
      mix(ticked.now());
    } else if (what instanceof AgentEffect.Renew renew) {
      mix(4);
      mix(renew.op());
      mix(renew.incarnation().value());
      mix(renew.sequence());
    } else if (what instanceof AgentEvent.RenewEnded ended
        && ended.outcome() instanceof Outcome.Done) {
      mix(5);
      mix(ended.now());
      mix(ended.op());
      mix(ended.sentAt());
    } else if (what instanceof ControllerEffect.Campaign campaign) {
      mix(6);
      mix(campaign.op());
    } else if (what instanceof ControllerEvent.CampaignEnded ended
        && ended.outcome() instanceof Outcome.Done<Election> done
        && done.value() instanceof Election.LedBy led) {
      mix(7);
      mix(ended.now());
      mix(ended.op());
      mix(led.leader().hashCode());
      mix(led.epoch().value());
    } else {
      mix(what.toString().hashCode());
    }
  }

  private void mix(OpId op) {
    mix(op.epoch());
    mix(op.sequence());
  }

  private void mix(long value) {
    hash = (hash ^ value) * FNV_PRIME;
  }

  long hash() {
    return hash;
  }

  long count() {
    return count;
  }

  List<String> lines() {
    return lines.stream().map(Line::text).toList();
  }

  List<String> lastLines() {
    return lines.stream().skip(Math.max(0, lines.size() - LAST)).map(Line::text).toList();
  }
}
