package io.holdfast.engine.sim;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.sim.scenario.ScenarioResult.Fenced;
import io.holdfast.engine.sim.scenario.ScenarioResult.Happening;
import io.holdfast.engine.sim.scenario.ScenarioResult.Happening.Kind;
import io.holdfast.engine.sim.scenario.ScenarioResult.Move;
import io.holdfast.engine.sim.scenario.ScenarioResult.Recovery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes down what happens in a world, physically and in the words of its engine. */
final class SimHistory implements PhysicalWorld.Observer {

  /** Where a copy ended last, when and how. */
  private record LastCopy(HostId host, Duration ended, StopReason end) {}

  private final SimWorld world;
  final List<Happening> happenings = new ArrayList<>();
  final List<Fenced> fenced = new ArrayList<>();
  final List<Recovery> recoveries = new ArrayList<>();
  final List<Move> moves = new ArrayList<>();
  private final SortedMap<WorkloadId, LastCopy> lastCopies = new TreeMap<>();
  private final SortedMap<WorkloadId, HostId> recovering = new TreeMap<>();

  SimHistory(SimWorld world) {
    this.world = world;
  }

  void step(String text) {
    add(Kind.STEP, Optional.empty(), Optional.empty(), text);
  }

  void cable(HostId host, boolean in) {
    add(
        in ? Kind.NETWORK_ON : Kind.NETWORK_OFF,
        Optional.of(host),
        Optional.empty(),
        in ? "is plugged in" : "is unplugged");
  }

  @Override
  public void onSelfFence(HostId host) {
    add(Kind.SELF_FENCED, host, "is reset by its watchdog");
  }

  void violated(String what) {
    add(Kind.VIOLATION, Optional.empty(), Optional.empty(), what);
  }

  @Override
  public void onPower(HostId host, boolean on) {
    add(on ? Kind.POWER_ON : Kind.POWER_OFF, host, on ? "has power" : "has no power");
  }

  @Override
  public void onUp(HostId host, boolean up) {
    add(up ? Kind.UP : Kind.DOWN, host, up ? "boots" : "is down");
  }

  @Override
  public void onMigration(WorkloadId workload, HostId source, HostId target, boolean underWay) {
    if (underWay) {
      add(Kind.MIGRATES, Optional.of(source), Optional.of(workload), "migrates to " + target);
    }
  }

  @Override
  public void onCopyStarted(WorkloadId workload, HostId host) {
    add(Kind.RUNS, Optional.of(host), Optional.of(workload), "runs");
    LastCopy last = lastCopies.remove(workload);
    boolean recovered = recovering.remove(workload) != null;
    if (last == null || last.host().equals(host)) {
      return;
    }
    Duration now = world.now();
    if (last.end() == StopReason.MIGRATED) {
      moves.add(new Move(now, workload, last.host(), host, true));
    } else if (recovered
        || last.end() == StopReason.UNKNOWN
        || last.end() == StopReason.HOST_SHUTDOWN) {
      recoveries.add(new Recovery(now, workload, last.host(), host, now.minus(last.ended())));
    } else {
      moves.add(new Move(now, workload, last.host(), host, false));
    }
  }

  @Override
  public void onCopyStopped(WorkloadId workload, HostId host, StopReason reason) {
    lastCopies.put(workload, new LastCopy(host, world.now(), reason));
    add(Kind.ENDS, Optional.of(host), Optional.of(workload), "ends: " + words(reason.name()));
  }

  /** A core told its listeners something. */
  void told(HaEvent event) {
    if (event instanceof HaEvent.ControllerElected e) {
      add(Kind.ELECTED, new HostId(e.candidate()), "is the controller, epoch " + e.epoch());
    } else if (event instanceof HaEvent.Alarm e) {
      add(Kind.ALARM, Optional.empty(), Optional.empty(), e.subject() + ": " + e.reason());
    } else if (event instanceof HaEvent.RecordRejected e) {
      add(Kind.ALARM, Optional.empty(), Optional.empty(), e.record() + ": " + e.reason());
    } else {
      toldOfHost(event);
      toldOfWorkload(event);
    }
  }

  private void toldOfHost(HaEvent event) {
    if (event instanceof HaEvent.HostFenced e) {
      fenced(e.host(), e.evidence());
    } else if (event instanceof HaEvent.HostStateChanged e) {
      add(Kind.HOST_STATE, e.host(), "%s: %s".formatted(e.to(), e.reason()));
    } else if (event instanceof HaEvent.FenceBegun e) {
      add(Kind.FENCING, e.host(), "is to be fenced by " + e.devices());
    } else if (event instanceof HaEvent.FenceAnswered e) {
      add(Kind.FENCING, e.host(), "%s %s: %s".formatted(e.device(), e.operation(), e.outcome()));
    } else if (event instanceof HaEvent.FenceFailed e) {
      add(Kind.ALARM, e.host(), "could not be fenced: " + e.reason());
    } else if (event instanceof HaEvent.FenceDeviceTested e && !e.works()) {
      add(Kind.ALARM, e.host(), "%s does not work: %s".formatted(e.device(), e.detail()));
    } else if (event instanceof HaEvent.DepartureAnnounced e) {
      add(Kind.DEPARTURE, e.host(), "announces: " + words(e.departure().name()));
    } else if (event instanceof HaEvent.DepartureReady e) {
      String trouble = e.trouble().map(why -> ", but " + why).orElse("");
      add(Kind.DEPARTURE, e.host(), "is ready: " + words(e.departure().name()) + trouble);
    }
  }

  private void toldOfWorkload(HaEvent event) {
    if (event instanceof HaEvent.StartIntended e) {
      e.evidence()
          .filter(evidence -> !(evidence instanceof Evidence.StoppedByHypervisor))
          .ifPresent(evidence -> recovering.put(e.workload(), e.host()));
    } else if (event instanceof HaEvent.WorkloadStatusChanged e) {
      add(Kind.STATUS, e.host(), Optional.of(e.workload()), word(e.to()) + ": " + e.reason());
    } else if (event instanceof HaEvent.WorkloadTrouble e) {
      add(Kind.TROUBLE, Optional.of(e.host()), Optional.of(e.workload()), e.detail());
    } else if (event instanceof HaEvent.MoveBegun e) {
      String how = e.live() ? "is to migrate to " : "is to be stopped, and started on ";
      move(e.workload(), e.from(), how + e.to() + ": " + e.why());
    } else if (event instanceof HaEvent.MoveEnded e && !e.arrived()) {
      move(e.workload(), e.from(), "did not get to %s: %s".formatted(e.to(), e.why()));
    } else if (event instanceof HaEvent.EvictionBegun e) {
      move(
          e.workload(),
          e.host(),
          "is to be stopped for %s: %s".formatted(e.beneficiary(), e.why()));
    } else if (event instanceof HaEvent.MoveRefused e) {
      move(e.workload(), e.to(), "is not moved here: " + e.reason());
    }
  }

  private void move(WorkloadId workload, HostId host, String text) {
    add(Kind.MOVE, Optional.of(host), Optional.of(workload), text);
  }

  private static String words(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private void fenced(HostId host, Evidence evidence) {
    Optional<String> device =
        evidence instanceof Evidence.PoweredOff off ? Optional.of(off.device()) : Optional.empty();
    fenced.add(new Fenced(world.now(), host, evidence.getClass().getSimpleName(), device));
    add(Kind.FENCED, host, "is down for certain: " + evidence.describe());
  }

  /** As people write it: {@code Started}. */
  static String word(WorkloadStatus status) {
    String name = status.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }

  private void add(Kind kind, HostId host, String text) {
    add(kind, Optional.of(host), Optional.empty(), text);
  }

  private void add(Kind kind, Optional<HostId> host, Optional<WorkloadId> workload, String text) {
    happenings.add(new Happening(world.now(), kind, host, workload, text));
  }
}
