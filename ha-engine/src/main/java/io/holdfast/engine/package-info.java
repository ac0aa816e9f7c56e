/**
 * What a platform embeds: {@link io.holdfast.engine.HaEngine}, one of which leads the cluster, and
 * {@link io.holdfast.engine.HostAgent} on every host. They drive the pure cores: events are queued,
 * one thread decides, others carry out.
 */
@NullMarked
package io.holdfast.engine;

import org.jspecify.annotations.NullMarked;
