package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Names;
import io.holdfast.api.Timings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What a controller's core is given for its whole life.
 *
 * @param candidate its name; where a host of that name exists, the controller is taken to live on
 *     it
 * @param leaseTiming with which an expired lease is evidence; empty: it never is
 * @param fencing with what hosts are fenced
 * @param hostChecks the names of the channels on which silent hosts are asked whether they live
 * @param tieBreaker its name, if there is one
 * @param preference the name of what compares hosts before the policy's mode does, if there is one
 */
public record ControllerConfig(
    String candidate,
    Timings timings,
    Optional<LeaseTiming> leaseTiming,
    FenceSettings fencing,
    List<String> hostChecks,
    Optional<String> tieBreaker,
    Optional<String> preference) {
  /** How long a start that its host does not begin holds up less important ones. */
  public static final Duration START_HOLD = Duration.ofMillis(500);

  /**
   * How long a move that its host does not begin is waited for, if that is longer than twice the
   * interval at which its agent looks for what it missed.
   */
  public static final Duration MOVE_HOLD = Duration.ofMinutes(1);

  public ControllerConfig {
    Names.check("engine.candidate", candidate);
    hostChecks = List.copyOf(hostChecks);
  }

  /** Where the policy's mode compares hosts. */
  public ControllerConfig(
      String candidate,
      Timings timings,
      Optional<LeaseTiming> leaseTiming,
      FenceSettings fencing,
      List<String> hostChecks,
      Optional<String> tieBreaker) {
    this(candidate, timings, leaseTiming, fencing, hostChecks, tieBreaker, Optional.empty());
  }

  /** Without a tie-breaker. */
  public ControllerConfig(
      String candidate,
      Timings timings,
      Optional<LeaseTiming> leaseTiming,
      FenceSettings fencing,
      List<String> hostChecks) {
    this(candidate, timings, leaseTiming, fencing, hostChecks, Optional.empty());
  }

  /** Without another channel than the coordination service. */
  public ControllerConfig(
      String candidate, Timings timings, Optional<LeaseTiming> leaseTiming, FenceSettings fencing) {
    this(candidate, timings, leaseTiming, fencing, List.of());
  }

  /** With fence devices that are tried one after another. */
  public ControllerConfig(
      String candidate,
      Timings timings,
      Optional<LeaseTiming> leaseTiming,
      SortedMap<HostId, List<String>> fenceDevices) {
    this(
        candidate,
        timings,
        leaseTiming,
        FenceSettings.inOrder(fenceDevices, timings.fenceTimeout()));
  }

  /** How long the tie-breaker has to answer. */
  public Duration tieBreakerPatience() {
    return TieBreaking.patience(timings);
  }
}
