/**
 * The controller's pure core: which host is what, which workload belongs where, what is to be
 * fenced. Events in, effects out; no I/O, no threads, no clock, no randomness, no logging. Same
 * events, same effects.
 *
 * <p>Start reading at {@link io.holdfast.engine.core.ControllerCore}. The line that decides to
 * fence is in {@link io.holdfast.engine.core.Fencing}.
 */
@NullMarked
package io.holdfast.engine.core;

import org.jspecify.annotations.NullMarked;
