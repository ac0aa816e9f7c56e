package io.holdfast.engine.agent;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Timings;
import java.time.Duration;
import java.util.Optional;

/**
 * What an agent's core is given for its whole life.
 *
 * @param watchdogPeriod with which the host's watchdog is to be armed; empty if it has none
 * @param highestEpoch the highest epoch this host has ever followed, from its disk
 */
public record AgentConfig(
    HostId host, Timings timings, Optional<Duration> watchdogPeriod, Epoch highestEpoch) {}
