package io.holdfast.engine.agent;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Timings;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What an agent's core is given for its whole life.
 *
 * @param watchdogPeriod with which the host's watchdog is to be armed; empty if it has none
 * @param highestEpoch the highest epoch this host has ever followed, from its disk
 * @param facts the names of what can tell of the host's conditions
 * @param probedKinds of workload of which it can be asked whether they serve
 * @param measuresLoad whether a hypervisor here can tell what workloads really use
 * @param again whether an earlier agent has run since the host booted, or may have
 */
public record AgentConfig(
    HostId host,
    Timings timings,
    Optional<Duration> watchdogPeriod,
    Epoch highestEpoch,
    List<String> facts,
    SortedSet<String> probedKinds,
    boolean measuresLoad,
    boolean again) {
  public AgentConfig {
    facts = List.copyOf(facts);
    probedKinds = Collections.unmodifiableSortedSet(new TreeSet<>(probedKinds));
  }

  /** Of a host that measures no loads. */
  public AgentConfig(
      HostId host,
      Timings timings,
      Optional<Duration> watchdogPeriod,
      Epoch highestEpoch,
      List<String> facts,
      SortedSet<String> probedKinds) {
    this(host, timings, watchdogPeriod, highestEpoch, facts, probedKinds, false, false);
  }

  /** Of a host that nothing is known of but what it runs. */
  public AgentConfig(
      HostId host, Timings timings, Optional<Duration> watchdogPeriod, Epoch highestEpoch) {
    this(host, timings, watchdogPeriod, highestEpoch, List.of(), new TreeSet<>());
  }
}
