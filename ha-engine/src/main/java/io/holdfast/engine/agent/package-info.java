/**
 * The host agent's pure core: keeps the lease, follows the controller's intent, restarts in place,
 * reports. Events in, effects out; no I/O, no threads, no clock, no randomness, no logging.
 *
 * <p>Start reading at {@link io.holdfast.engine.agent.AgentCore}.
 */
@NullMarked
package io.holdfast.engine.agent;

import org.jspecify.annotations.NullMarked;
