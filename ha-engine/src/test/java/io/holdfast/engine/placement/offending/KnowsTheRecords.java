package io.holdfast.engine.placement.offending;

import io.holdfast.engine.record.Placement;

/** Breaks, for {@code ArchitectureTest}: placement is usable without an engine. */
record KnowsTheRecords(Placement placement) {}
