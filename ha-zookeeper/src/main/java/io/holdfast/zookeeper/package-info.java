/**
 * Membership and state store on Apache ZooKeeper: start with {@link
 * io.holdfast.zookeeper.ZooKeeperCoordination}.
 *
 * <p>To be used from the class path: ZooKeeper's own jars split packages, so they cannot be on the
 * module path.
 */
@NullMarked
package io.holdfast.zookeeper;

import org.jspecify.annotations.NullMarked;
