package io.holdfast.engine.placement;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a host for one workload: among those that have room in every dimension, the one that is
 * the least full afterwards (its fullest dimension counts; then the fewest workloads, then the
 * name). Linear in the number of hosts.
 */
public final class BestHost {

  /**
   * A host that may be chosen.
   *
   * @param used what is taken on it, starts under way included
   * @param workloads how many workloads that is
   */
  public record Candidate(Host host, Capacity used, int workloads) {}

  /** The answer, with its reasons. */
  public sealed interface Choice {
    /**
     * @param why one line
     */
    record Chosen(HostId host, String why) implements Choice {}

    /**
     * @param reasons for every candidate, why not
     */
    record NoHost(SortedMap<HostId, String> reasons) implements Choice {
      /** One line. */
      public String describe() {
        if (reasons.isEmpty()) {
          return "no host is registered";
        }
        StringBuilder line = new StringBuilder("no host can take it: ");
        String separator = "";
        for (Map.Entry<HostId, String> reason : reasons.entrySet()) {
          line.append(separator).append(reason.getKey()).append(' ').append(reason.getValue());
          separator = ", ";
        }
        return line.toString();
      }
    }
  }

  private BestHost() {}

  /**
   * Chooses.
   *
   * @param excluded hosts that are no candidates, and why
   */
  public static Choice choose(
      Workload workload, Iterable<Candidate> candidates, SortedMap<HostId, String> excluded) {
    SortedMap<HostId, String> refused = new TreeMap<>(excluded);
    Candidate best = null;
    double bestFullness = 0;
    for (Candidate candidate : candidates) {
      String refusal = refusal(workload, candidate);
      if (refusal != null) {
        refused.put(candidate.host().id(), refusal);
        continue;
      }
      double fullness = fullnessWith(workload, candidate);
      if (best == null || isBetter(fullness, candidate, bestFullness, best)) {
        best = candidate;
        bestFullness = fullness;
      }
    }
    if (best == null) {
      return new Choice.NoHost(refused);
    }
    String why =
        "%d %% full with it, %d workloads before"
            .formatted(Math.round(bestFullness * 100), best.workloads());
    return new Choice.Chosen(best.host().id(), why);
  }

  private static boolean isBetter(
      double fullness, Candidate candidate, double bestFullness, Candidate best) {
    if (fullness != bestFullness) {
      return fullness < bestFullness;
    }
    if (candidate.workloads() != best.workloads()) {
      return candidate.workloads() < best.workloads();
    }
    return candidate.host().id().compareTo(best.host().id()) < 0;
  }

  private static @Nullable String refusal(Workload workload, Candidate candidate) {
    Host host = candidate.host();
    if (!host.kinds().isEmpty() && !host.kinds().contains(workload.id().kind())) {
      return "does not run kind " + workload.id().kind();
    }
    for (Map.Entry<String, Long> need : workload.demand().amounts().entrySet()) {
      Long limit = host.capacity().amounts().get(need.getKey());
      if (limit != null && need.getValue() > 0) {
        long free = limit - candidate.used().amount(need.getKey());
        if (need.getValue() > free) {
          return "%s: needs %d, free %d"
              .formatted(need.getKey(), need.getValue(), Math.max(0, free));
        }
      }
    }
    return null;
  }

  private static double fullnessWith(Workload workload, Candidate candidate) {
    double fullest = 0;
    for (Map.Entry<String, Long> limit : candidate.host().capacity().amounts().entrySet()) {
      if (limit.getValue() > 0) {
        double used =
            candidate.used().amount(limit.getKey()) + workload.demand().amount(limit.getKey());
        fullest = Math.max(fullest, used / limit.getValue());
      }
    }
    return fullest;
  }
}
