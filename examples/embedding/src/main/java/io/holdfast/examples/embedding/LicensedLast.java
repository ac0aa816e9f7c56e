package io.holdfast.examples.embedding;

import io.holdfast.api.HostUse;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.HostPreference;

/**
 * Keeps hosts with the licence of a database free for databases, for as long as others have room.
 * That a database runs nowhere else is said by its policy ({@code requires}), and among hosts that
 * are the same to it the cluster's own mode decides.
 */
public final class LicensedLast implements HostPreference {
  static final String LICENCE = "licence";

  @Override
  public String name() {
    return "licensed-last";
  }

  @Override
  public long cost(Workload workload, HostUse host) {
    boolean needs = workload.policy().requires().containsKey(LICENCE);
    boolean has = host.host().labels().containsKey(LICENCE);
    return has && !needs ? 1 : 0;
  }
}
