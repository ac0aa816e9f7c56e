/**
 * The records that controllers and agents share through the store, and their JSON. Each carries a
 * format number; one that cannot be read is kept and skipped.
 */
@NullMarked
package io.holdfast.engine.record;

import org.jspecify.annotations.NullMarked;
