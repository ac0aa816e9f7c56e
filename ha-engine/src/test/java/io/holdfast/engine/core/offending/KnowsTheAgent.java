package io.holdfast.engine.core.offending;

import io.holdfast.engine.agent.AgentConfig;

/** Breaks, for {@code ArchitectureTest}: the two cores do not know each other. */
record KnowsTheAgent(AgentConfig config) {}
