package io.holdfast.engine.placement;

import io.holdfast.api.HostUse;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BiFunction;

/**
 * How hosts are compared by somebody else than the policy's mode, where that would decide.
 *
 * @param name for reasons
 * @param cost of a workload on a host, the lower the better: the same for the same arguments;
 *     empty: it cannot be told, and the mode decides this choice
 */
public record Preference(String name, BiFunction<WorkloadId, HostUse, OptionalLong> cost) {
  private record Priced(HostSlot host, long cost, double byMode) {}

  /**
   * Gives each of these hosts its score, the lower the better: by what it costs, and where that is
   * the same by the score that it has from the mode.
   *
   * @return false if that cannot be told; then the scores are as they were
   */
  boolean score(WorkloadId workload, List<HostSlot> hosts, Dimensions dimensions) {
    List<Priced> priced = new ArrayList<>();
    for (HostSlot host : hosts) {
      OptionalLong price = cost.apply(workload, host.use(dimensions));
      if (price.isEmpty()) {
        return false;
      }
      priced.add(new Priced(host, price.getAsLong(), host.score));
    }
    priced.sort(Comparator.comparingLong(Priced::cost).thenComparingDouble(Priced::byMode));
    // Places in this order and not the costs themselves: a double does not tell all of those apart.
    int place = 0;
    for (int i = 0; i < priced.size(); i++) {
      Priced one = priced.get(i);
      boolean same =
          i > 0
              && one.cost() == priced.get(i - 1).cost()
              && one.byMode() == priced.get(i - 1).byMode();
      place += same ? 0 : 1;
      one.host().score = place;
    }
    return true;
  }
}
