package io.holdfast.api.spi;

import io.holdfast.api.HostUse;
import io.holdfast.api.Workload;

/**
 * How a platform of its own compares hosts: by the price of their power, by licences, by its own
 * forecast of load. It decides where {@link io.holdfast.api.PlacementMode} decides otherwise, and
 * nowhere else: who may be chosen at all, whether there is room, which hosts rules prefer, and that
 * standby hosts come last, is settled before, and cannot be changed by it. Where several workloads
 * have to be planned for together, because one after the other not all would find room, it is asked
 * for each when all of them have a place, with the others where they are planned to be: it decides
 * as far as they leave room.
 *
 * <p><b>Guarantees asked for:</b>
 *
 * <ul>
 *   <li>The cost follows from the arguments alone: the same for the same, in whatever order,
 *       however often, by whatever engine of the cluster, and when decisions are replayed. What it
 *       knows besides does not change during its life.
 *   <li>It answers at once, in microseconds: it is called <b>by the thread that decides</b>, once
 *       for each host that may be chosen, and everything waits for it. It does no I/O and takes no
 *       lock that others hold for longer.
 * </ul>
 *
 * <p>Where it throws, the hosts of that choice are compared by the policy's mode, and an {@link
 * io.holdfast.api.HaEvent.Alarm} tells of it: once, and anew only after 10 minutes without. One
 * that does not return is not survived.
 *
 * <p>Called by one thread at a time of each engine that it is given to.
 */
public interface HostPreference {

  /** A name for logs and reasons, such as {@code cheap-power}; never changes. */
  String name();

  /**
   * What it costs to have this workload there: any number, the lower the better. Hosts of the same
   * cost are compared by the policy's mode.
   *
   * @param workload which is not among those that are there
   * @param host one that may be chosen
   */
  long cost(Workload workload, HostUse host);
}
