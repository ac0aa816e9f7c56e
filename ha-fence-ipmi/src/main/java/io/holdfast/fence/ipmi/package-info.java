/**
 * Fence devices that reach real hardware: IPMI 2.0 spoken directly, and any ClusterLabs {@code
 * fence_*} agent run as a program.
 */
@NullMarked
package io.holdfast.fence.ipmi;

import org.jspecify.annotations.NullMarked;
