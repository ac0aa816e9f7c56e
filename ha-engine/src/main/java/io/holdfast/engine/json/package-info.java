/** Strict reading of JSON that people write: what is wrong is named by its path. */
@NullMarked
package io.holdfast.engine.json;

import org.jspecify.annotations.NullMarked;
