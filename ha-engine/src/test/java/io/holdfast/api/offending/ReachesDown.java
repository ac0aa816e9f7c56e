package io.holdfast.api.offending;

import com.fasterxml.jackson.databind.JsonNode;

/** Breaks, for {@code ArchitectureTest}: the model depends on the JDK alone. */
public record ReachesDown(JsonNode names) {}
