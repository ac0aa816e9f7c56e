/**
 * What a platform plugs in: coordination ({@link io.holdfast.api.spi.Membership}, {@link
 * io.holdfast.api.spi.StateStore}), hypervisors and fence devices.
 *
 * <p>All calls of these interfaces may block up to the time-out they are given and no longer. They
 * answer with values; an exception is a broken contract. Holdfast never calls one object from two
 * threads at once unless the interface says so, and never from the thread that decides.
 */
@NullMarked
package io.holdfast.api.spi;

import org.jspecify.annotations.NullMarked;
