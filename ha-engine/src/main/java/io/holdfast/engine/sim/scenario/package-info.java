/**
 * Scripted scenarios: what a simulated cluster is made of, what happens to it, and what comes of
 * it.
 */
@NullMarked
package io.holdfast.engine.sim.scenario;

import org.jspecify.annotations.NullMarked;
