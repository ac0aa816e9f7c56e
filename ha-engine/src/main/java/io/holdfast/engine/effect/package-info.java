/**
 * Carries the cores' effects out: one call of an SPI each, one event in answer. The engine runs
 * them on threads, the simulator in virtual time; the translation is the same.
 */
@NullMarked
package io.holdfast.engine.effect;

import org.jspecify.annotations.NullMarked;
