package io.holdfast.examples.cli;

import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.PlanOptions;

/** What a file of a cluster says: what there is, and what a plan may do. */
record ClusterInput(ClusterSnapshot cluster, PlanOptions options) {}
