/** How a platform embeds Holdfast. The README shows {@link Embedding}. */
@NullMarked
package io.holdfast.examples.embedding;

import org.jspecify.annotations.NullMarked;
