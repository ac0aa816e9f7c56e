/**
 * The model that applications and drivers share: hosts, workloads, capacities, states, outcomes,
 * evidence and events. Everything here is immutable and safe to share between threads.
 */
@NullMarked
package io.holdfast.api;

import org.jspecify.annotations.NullMarked;
