package io.holdfast.engine.sim.scenario;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What came of a scenario. Times are since its beginning.
 *
 * @param workloads every workload that is protected in the end
 * @param hosts every host
 * @param fenced the evidence about hosts that went down, in order
 * @param recoveries copies that run again on another host after their own went down, in order
 * @param moves copies that were moved from a host that lived, in order
 * @param selfFenced hosts that their own watchdogs reset, in order
 * @param errors steps that could not be done as they stand
 * @param violations promises that were broken: none, if all is well
 * @param events how many events and effects the cores had
 * @param trace SHA-256 over all of them: equal for equal runs
 * @param history everything a person would tell of it, in order
 */
public record ScenarioResult(
    String name,
    SortedMap<WorkloadId, WorkloadOutcome> workloads,
    SortedMap<HostId, HostOutcome> hosts,
    List<Fenced> fenced,
    List<Recovery> recoveries,
    List<Move> moves,
    List<SelfFenced> selfFenced,
    List<String> errors,
    List<String> violations,
    long events,
    String trace,
    List<Happening> history) {

  public ScenarioResult {
    workloads = Collections.unmodifiableSortedMap(new TreeMap<>(workloads));
    hosts = Collections.unmodifiableSortedMap(new TreeMap<>(hosts));
    fenced = List.copyOf(fenced);
    recoveries = List.copyOf(recoveries);
    moves = List.copyOf(moves);
    selfFenced = List.copyOf(selfFenced);
    errors = List.copyOf(errors);
    violations = List.copyOf(violations);
    history = List.copyOf(history);
  }

  /** Whether no promise was broken. */
  public boolean isClean() {
    return violations.isEmpty();
  }

  /**
   * @param status what the engine says, as people write it: {@code Started}; {@code Ignored} for
   *     what it leaves alone because its owner wants that
   * @param host where the engine believes it to be
   * @param running where it really runs
   * @param reason why it is so, as the engine says
   */
  public record WorkloadOutcome(
      String status, Optional<HostId> host, List<HostId> running, String reason) {
    public WorkloadOutcome {
      running = List.copyOf(running);
    }
  }

  /**
   * @param state what the engine says
   * @param power whether it really has power
   */
  public record HostOutcome(HostState state, boolean power) {}

  /**
   * @param evidence its type
   * @param device which read it, where one did
   */
  public record Fenced(Duration at, HostId host, String evidence, Optional<String> device) {}

  /**
   * @param at when it runs again
   * @param outage since its last copy ended
   */
  public record Recovery(
      Duration at, WorkloadId workload, HostId from, HostId to, Duration outage) {}

  /**
   * @param live whether it ran all the time
   */
  public record Move(Duration at, WorkloadId workload, HostId from, HostId to, boolean live) {}

  /** A host that its own watchdog has reset. */
  public record SelfFenced(Duration at, HostId host) {}

  /**
   * Something that a person would tell.
   *
   * @param kind what it is, for those who draw it
   * @param text one line
   */
  public record Happening(
      Duration at, Kind kind, Optional<HostId> host, Optional<WorkloadId> workload, String text) {

    /** What happened. */
    public enum Kind {
      /** A step of the timeline, or a fault. */
      STEP,
      POWER_ON,
      POWER_OFF,
      /** Its operating system runs. */
      UP,
      /** Its operating system runs no more. */
      DOWN,
      NETWORK_ON,
      NETWORK_OFF,
      HOST_STATE,
      /** It is about to be away as planned. */
      DEPARTURE,
      ELECTED,
      /** On the way to {@link #FENCED}. */
      FENCING,
      FENCED,
      SELF_FENCED,
      STATUS,
      RUNS,
      /** A move is decided, refused, or has failed. */
      MOVE,
      MIGRATES,
      ENDS,
      /** Something could not be done with a workload. */
      TROUBLE,
      ALARM,
      VIOLATION
    }
  }
}
