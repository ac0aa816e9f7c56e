package io.holdfast.engine.core.offending;

import io.holdfast.engine.effect.EpochJournal;

/** Breaks, for {@code ArchitectureTest}: a core does not know who carries its effects out. */
record KnowsItsDriver(EpochJournal journal) {}
