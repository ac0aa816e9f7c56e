package io.holdfast.engine.agent;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Timings;

/**
 * What an agent's core is given for its whole life.
 *
 * @param highestEpoch the highest epoch this host has ever followed, from its disk
 */
public record AgentConfig(HostId host, Timings timings, Epoch highestEpoch) {}
