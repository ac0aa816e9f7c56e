package io.holdfast.engine.agent.offending;

import io.holdfast.engine.core.ControllerConfig;

/** Breaks, for {@code ArchitectureTest}: the two cores do not know each other. */
record KnowsTheController(ControllerConfig config) {}
