package io.holdfast.engine.planning.offending;

import io.holdfast.engine.record.Placement;

/** Breaks, for {@code ArchitectureTest}: placement is usable without an engine. */
record KnowsTheEngine(Placement placement) {}
