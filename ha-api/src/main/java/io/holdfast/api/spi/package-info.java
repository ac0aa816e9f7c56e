/**
 * What a platform plugs in: coordination ({@link io.holdfast.api.spi.Membership}, {@link
 * io.holdfast.api.spi.StateStore}), hypervisors, fence devices and watchdogs; and what can be asked
 * besides: hosts for a sign of life ({@link io.holdfast.api.spi.HostCheck}), a third party for its
 * vote ({@link io.holdfast.api.spi.TieBreaker}), a host for what it knows of its own storage and
 * networks ({@link io.holdfast.api.spi.HostFacts}), and guests whether they serve ({@link
 * io.holdfast.api.spi.GuestProbe}). How hosts compare that would all do, a {@link
 * io.holdfast.api.spi.HostPreference} may say.
 *
 * <p>A call that is given a time-out answers within that time plus one second, in which what cannot
 * be interrupted is given up. Holdfast waits no longer: an answer that comes later is not heard and
 * counts as unknown. Calls without a time-out answer at once, except {@code close}, that of a
 * subscription too, which may wait for a listener that is being called.
 *
 * <p>A call after {@code close} does nothing, and its answer claims nothing: it is {@code Failed}
 * or {@code Unknown}, of a hypervisor always {@code Unknown}, and of a fence device {@code
 * Unreachable}. Closing twice is closing once. Where there is nothing to close, {@code close} does
 * nothing and calls go on as before.
 *
 * <p>They answer with values; an exception is a broken contract. Holdfast never calls one object
 * from two threads at once unless the interface says so, and never from the thread that decides; a
 * {@code HostPreference}, which is a function and no service, is called by no other.
 */
@NullMarked
package io.holdfast.api.spi;

import org.jspecify.annotations.NullMarked;
