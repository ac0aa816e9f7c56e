/**
 * For implementers of the SPIs: a contract test per SPI. Extend it, say how to make the thing under
 * test and how to do it harm, and run it with JUnit 5.
 *
 * <ul>
 *   <li>{@link io.holdfast.testkit.MembershipContract} and {@link
 *       io.holdfast.testkit.StateStoreContract}, or for both at once {@link
 *       io.holdfast.testkit.CoordinationContract}
 *   <li>{@link io.holdfast.testkit.HypervisorContract}
 *   <li>{@link io.holdfast.testkit.FenceDeviceContract}
 *   <li>{@link io.holdfast.testkit.WatchdogContract}
 *   <li>{@link io.holdfast.testkit.HostCheckContract}
 *   <li>{@link io.holdfast.testkit.HostFactsContract}
 *   <li>{@link io.holdfast.testkit.GuestProbeContract}
 *   <li>{@link io.holdfast.testkit.TieBreakerContract}
 *   <li>{@link io.holdfast.testkit.HostPreferenceContract}
 * </ul>
 *
 * For those who plan placements themselves: {@link io.holdfast.testkit.PlacementProperties}, and
 * {@link io.holdfast.testkit.Clusters} for properties of their own.
 */
@NullMarked
package io.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
