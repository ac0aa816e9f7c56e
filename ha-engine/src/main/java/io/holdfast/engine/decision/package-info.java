/**
 * The decision log: everything that a controller's core was told and a fingerprint of what it
 * decided, so that anybody can run the same decisions again.
 */
@NullMarked
package io.holdfast.engine.decision;

import org.jspecify.annotations.NullMarked;
