package io.holdfast.examples.cli;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import io.holdfast.engine.sim.scenario.ScenarioResult.Happening;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a picture shows of every host: from when to when, in which row. */
final class PictureLanes {
  record Span(Duration from, Duration to) {}

  record Bar(WorkloadId workload, Span span, int row) {}

  record Belief(String state, String reason, Span span) {}

  /** What is shown of one host. */
  static final class Lane {
    private final List<Bar> bars = new ArrayList<>();
    private final List<Span> off = new ArrayList<>();
    private final List<Span> unplugged = new ArrayList<>();
    private final List<Belief> beliefs = new ArrayList<>();
    private final List<Happening> marks = new ArrayList<>();
    private final SortedMap<WorkloadId, Integer> rows = new TreeMap<>();
    private final SortedMap<WorkloadId, Duration> running = new TreeMap<>();
    private Duration poweredOff = Duration.ofSeconds(-1);
    private Duration cutOff = Duration.ofSeconds(-1);
    private String state = "";
    private String reason = "";
    private Duration stateSince = Duration.ZERO;

    List<Bar> bars() {
      return bars;
    }

    List<Span> off() {
      return off;
    }

    List<Span> unplugged() {
      return unplugged;
    }

    List<Belief> beliefs() {
      return beliefs;
    }

    List<Happening> marks() {
      return marks;
    }

    int rows() {
      return rows.size();
    }

    private void starts(WorkloadId workload, Duration at) {
      rows.putIfAbsent(workload, rows.size());
      running.put(workload, at);
    }

    private void ends(WorkloadId workload, Duration at) {
      Duration since = running.remove(workload);
      if (since != null) {
        bars.add(new Bar(workload, new Span(since, at), rows.getOrDefault(workload, 0)));
      }
    }

    private void power(boolean on, Duration at) {
      if (!on) {
        poweredOff = at;
      } else if (!poweredOff.isNegative()) {
        off.add(new Span(poweredOff, at));
        poweredOff = Duration.ofSeconds(-1);
      }
    }

    private void cable(boolean in, Duration at) {
      if (!in) {
        cutOff = at;
      } else if (!cutOff.isNegative()) {
        unplugged.add(new Span(cutOff, at));
        cutOff = Duration.ofSeconds(-1);
      }
    }

    private void believed(String next, String why, Duration at) {
      if (!state.isEmpty()) {
        beliefs.add(new Belief(state, reason, new Span(stateSince, at)));
      }
      state = next;
      reason = why;
      stateSince = at;
    }

    private void over(Duration end) {
      List.copyOf(running.keySet()).forEach(workload -> ends(workload, end));
      power(true, end);
      cable(true, end);
      believed("", "", end);
    }
  }

  private final SortedMap<HostId, Lane> lanes = new TreeMap<>();
  private final SortedSet<WorkloadId> workloads = new TreeSet<>();
  private final SortedSet<String> states = new TreeSet<>();

  PictureLanes(ScenarioResult result, Duration end) {
    for (HostId host : result.hosts().keySet()) {
      lanes.put(host, new Lane());
    }
    for (Happening happening : result.history()) {
      happening.host().filter(lanes::containsKey).ifPresent(host -> add(lane(host), happening));
    }
    lanes.values().forEach(lane -> lane.over(end));
  }

  private Lane lane(HostId host) {
    return lanes.computeIfAbsent(host, h -> new Lane());
  }

  private void add(Lane lane, Happening happening) {
    Duration at = happening.at();
    switch (happening.kind()) {
      case RUNS ->
          happening
              .workload()
              .ifPresent(
                  workload -> {
                    workloads.add(workload);
                    lane.starts(workload, at);
                  });
      case ENDS -> happening.workload().ifPresent(workload -> lane.ends(workload, at));
      case POWER_ON -> lane.power(true, at);
      case POWER_OFF -> lane.power(false, at);
      case NETWORK_ON -> lane.cable(true, at);
      case NETWORK_OFF -> lane.cable(false, at);
      case HOST_STATE -> {
        String[] parts = happening.text().split(":", 2);
        states.add(parts[0]);
        lane.believed(parts[0], parts.length > 1 ? ":" + parts[1] : "", at);
      }
      case FENCED, SELF_FENCED -> lane.marks.add(happening);
      case STEP,
          UP,
          DOWN,
          DEPARTURE,
          ELECTED,
          FENCING,
          STATUS,
          MOVE,
          MIGRATES,
          TROUBLE,
          ALARM,
          VIOLATION -> {}
    }
  }

  SortedMap<HostId, Lane> lanes() {
    return lanes;
  }

  SortedSet<WorkloadId> workloads() {
    return workloads;
  }

  SortedSet<String> statesSeen() {
    return states;
  }
}
