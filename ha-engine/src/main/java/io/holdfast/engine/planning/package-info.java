/**
 * What to do for a whole cluster at once, as pure functions of a snapshot: what was lost is placed
 * again, survivors are moved or evicted for it where that is allowed. Usable without an engine.
 */
@NullMarked
package io.holdfast.engine.planning;

import org.jspecify.annotations.NullMarked;
