package io.holdfast.engine.sim;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Whether no more than a share of the hosts is fenced at once, with a pause between two where that
 * is one host, whichever controller does it. What a deposed one does that does not know it yet is
 * not looked at: nobody can wait for that.
 */
final class SimFenceGuards {
  /** Clocks run at rates that differ by less: pauses are measured by the world's. */
  private static final long PERCENT_OF_PAUSE = 90;

  private record Act(HostId host, String by, long at) {}

  private final SimWorld world;
  private final SortedMap<String, Long> epochs = new TreeMap<>();
  private long newest;
  private Optional<Act> last = Optional.empty();

  /** Hosts that are being fenced, and until when they count. */
  private final SortedMap<HostId, Long> underWay = new TreeMap<>();

  SimFenceGuards(SimWorld world) {
    this.world = world;
  }

  /** A controller does this, in this order. */
  void issued(String controller, List<ControllerEffect> effects) {
    for (ControllerEffect effect : effects) {
      if (effect instanceof ControllerEffect.Publish publish
          && publish.event() instanceof HaEvent.ControllerElected elected) {
        elected(controller, elected.epoch().value());
      } else if (epochs.getOrDefault(controller, 0L) == newest) {
        issued(controller, effect);
      }
    }
  }

  private void elected(String controller, long epoch) {
    epochs.put(controller, epoch);
    if (epoch > newest) {
      newest = epoch;
      long until = world.schedule().now() + world.timings().fenceTimeout().toNanos();
      underWay.replaceAll((host, before) -> Math.min(before, until));
    }
  }

  private void issued(String controller, ControllerEffect effect) {
    if (effect instanceof AskDevice ask && ask.operation() == DeviceOperation.OFF) {
      acts(controller, ask.host(), "fences");
    } else if (effect instanceof ControllerEffect.Publish publish) {
      told(controller, publish.event());
    }
  }

  private void told(String controller, HaEvent event) {
    if (event instanceof HaEvent.FenceBegun begun) {
      takesItsTurn(controller, begun.host(), "fences");
      underWay.put(begun.host(), Long.MAX_VALUE);
    } else if (event instanceof HaEvent.HostStateChanged changed
        && changed.from() == HostState.FENCING) {
      underWay.remove(changed.host());
    } else if (event instanceof HaEvent.HostFenced fenced) {
      underWay.remove(fenced.host());
      if (fenced.evidence() instanceof Evidence.AssumedByPolicy) {
        takesItsTurn(controller, fenced.host(), "assumes the end of");
        acts(controller, fenced.host(), "assumes the end of");
      }
    }
  }

  private void takesItsTurn(String controller, HostId host, String does) {
    long now = world.schedule().now();
    List<HostId> others =
        underWay.entrySet().stream()
            .filter(other -> !other.getKey().equals(host) && other.getValue() > now)
            .map(Map.Entry::getKey)
            .toList();
    if (others.size() >= atOnce()) {
      world.violated("%s %s %s while it fences %s".formatted(controller, does, host, others));
    }
  }

  private void acts(String controller, HostId host, String does) {
    long now = world.schedule().now();
    long pause = 2 * world.timings().renewInterval().toNanos() / 100 * PERCENT_OF_PAUSE;
    last.filter(act -> atOnce() == 1 && !act.host().equals(host) && now - act.at() < pause)
        .ifPresent(
            act ->
                world.violated(
                    "%s %s %s without a pause after %s, by %s"
                        .formatted(controller, does, host, act.host(), act.by())));
    last = Optional.of(new Act(host, controller, now));
  }

  private int atOnce() {
    return Math.max(1, world.machines().size() * world.platform().mostFenced() / 100);
  }
}
