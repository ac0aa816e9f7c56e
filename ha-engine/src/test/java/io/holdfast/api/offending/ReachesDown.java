package io.holdfast.api.offending;

import com.google.common.collect.ImmutableList;

/** Breaks, for {@code ArchitectureTest}: the model depends on the JDK alone. */
public record ReachesDown(ImmutableList<String> names) {}
