package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Few moves that make uneven hosts even. Each is the one that makes the most difference then, and
 * only made if it is worth its cost. Strict partners move together; no rule and no room is broken
 * by any of the moves in their order, and none leads to a host that host affinities like less.
 *
 * <p>When to ask, and how often in a row it has to be worth it, is for the caller to say.
 */
public final class Rebalance {
  /** Of a large cluster the hosts with the most load and those with the least are looked at. */
  private static final int ENDS = 32;

  /** In larger clusters one move makes less of a difference, and is worth as much. */
  private static final double USUAL_HOSTS = 10;

  /** Gains that differ by less are equal: the first by name is taken. */
  private static final double EQUAL = 1e-9;

  /**
   * When moves are worth it.
   *
   * @param threshold with no more imbalance than this nothing is moved, 0 or greater
   * @param margin the least share of the imbalance that a move must take away, above 0, at most 1;
   *     for up to ten hosts, and of so many times more as much less: what one move makes of a
   *     hundred hosts is a tenth of what it makes of ten
   * @param mostMoves the most moves, 0 or greater
   */
  public record Options(double threshold, double margin, int mostMoves) {
    /** An imbalance of 0.3, of which a move takes away a tenth; at most 100 moves. */
    public static final Options DEFAULT = new Options(0.3, 0.1, 100);

    public Options {
      if (!(threshold >= 0) || Double.isInfinite(threshold)) {
        throw new InvalidConfigException("rebalance.threshold", threshold, "0 or greater");
      }
      if (!(margin > 0 && margin <= 1)) {
        throw new InvalidConfigException("rebalance.margin", margin, "above 0, at most 1");
      }
      if (mostMoves < 0) {
        throw new InvalidConfigException("rebalance.mostMoves", mostMoves, "0 or greater");
      }
    }
  }

  /**
   * What is proposed.
   *
   * @param before the imbalance now: the coefficient of variation of the hosts' loads
   * @param after what it will be
   * @param moves in an order in which each can be made when those before it are done
   * @param gains by how much each move lowers the imbalance
   */
  public record Proposal(double before, double after, List<Move> moves, List<Double> gains) {}

  private record Candidate(
      List<WorkloadSlot> members, HostSlot from, HostSlot to, double imbalance) {}

  private final PlacementState state;
  private final Options options;
  private final Predicate<WorkloadId> movable;

  private Rebalance(PlacementState state, Options options, Predicate<WorkloadId> movable) {
    this.state = state;
    this.options = options;
    this.movable = movable;
  }

  /** The imbalance of the hosts that are usable and not on standby. */
  public static double imbalance(Placer placer) {
    return new Loads(inUse(placer.state())).imbalance();
  }

  /**
   * Proposes moves; the placer is left as it was.
   *
   * @param movable workloads that may be moved now
   */
  public static Proposal propose(Placer placer, Options options, Predicate<WorkloadId> movable) {
    return new Rebalance(placer.state(), options, movable).propose();
  }

  private Proposal propose() {
    double before = new Loads(inUse(state)).imbalance();
    double now = before;
    List<Move> moves = new ArrayList<>();
    List<Double> gains = new ArrayList<>();
    try (Trial trial = new Trial(state)) {
      while (moves.size() < options.mostMoves() && now > options.threshold()) {
        Candidate best = best(now);
        if (best == null) {
          break;
        }
        moves.add(move(best, now));
        gains.add(now - best.imbalance());
        best.members().forEach(member -> trial.move(member, best.to()));
        now = best.imbalance();
      }
    }
    return new Proposal(before, now, List.copyOf(moves), List.copyOf(gains));
  }

  private static Move move(Candidate best, double now) {
    String why =
        String.format(
            Locale.ROOT,
            "imbalance %.2f to %.2f: %s is at %.0f %%, %s at %.0f %%",
            now,
            best.imbalance(),
            best.from().id,
            100 * Loads.of(best.from()),
            best.to().id,
            100 * Loads.of(best.to()));
    return new Move(ids(best.members()), best.from().id, best.to().id, why);
  }

  /** The move that leaves the least imbalance, if it is worth it; ties by names. */
  private @Nullable Candidate best(double now) {
    SortedSet<HostSlot> inUse = inUse(state);
    Loads loads = new Loads(inUse);
    List<HostSlot> byLoad = Loads.byLoad(inUse);
    SortedSet<HostSlot> targets =
        new TreeSet<>(byLoad.subList(Math.max(0, byLoad.size() - ENDS), byLoad.size()));
    double share = options.margin() * Math.min(1, USUAL_HOSTS / loads.hosts());
    double least = now * (1 - share) + EQUAL;
    Candidate best = null;
    for (List<WorkloadSlot> members :
        bundlesOn(byLoad.subList(0, Math.min(ENDS, byLoad.size()))).values()) {
      HostSlot from = members.get(0).host;
      if (from == null) {
        continue;
      }
      long[] load = loadOf(members);
      Search search = null;
      for (HostSlot to : targets) {
        double imbalance = to == from ? now : loads.after(from, to, load);
        if (imbalance < least - EQUAL || (best == null && imbalance <= least)) {
          search = search == null ? search(members) : search;
          if (isAllowed(search, from, to)) {
            best = new Candidate(members, from, to, imbalance);
            least = imbalance;
          }
        }
      }
    }
    return best;
  }

  /** Stationary bundles that are on one host as a whole, by the name of their first member. */
  private SortedMap<WorkloadId, List<WorkloadSlot>> bundlesOn(List<HostSlot> hosts) {
    SortedMap<WorkloadId, List<WorkloadSlot>> bundles = new TreeMap<>();
    for (HostSlot host : hosts) {
      for (WorkloadSlot workload : host.residents) {
        List<WorkloadSlot> members = state.placedBundle(workload);
        if (members.get(0) == workload
            && members.stream()
                .allMatch(m -> m.host == host && m.target == null && movable.test(m.id))) {
          bundles.put(workload.id, members);
        }
      }
    }
    return bundles;
  }

  private static long[] loadOf(List<WorkloadSlot> members) {
    long[] load = members.get(0).load.clone();
    for (WorkloadSlot member : members.subList(1, members.size())) {
      for (int d = 0; d < load.length; d++) {
        load[d] += member.load[d];
      }
    }
    return load;
  }

  private Search search(List<WorkloadSlot> members) {
    Search search = state.search(members.get(0), new TreeMap<HostId, String>());
    search.goTogether(members);
    return search;
  }

  private static boolean isAllowed(Search search, HostSlot from, HostSlot to) {
    return search.refusal(to) == null
        && search.rankOf(to) <= search.rankOf(from)
        && search.broken(to) <= search.broken(from);
  }

  private static SortedSet<HostSlot> inUse(PlacementState state) {
    SortedSet<HostSlot> hosts = new TreeSet<>(state.usable());
    hosts.removeIf(host -> host.standby);
    return hosts;
  }

  private static SortedSet<WorkloadId> ids(List<WorkloadSlot> members) {
    SortedSet<WorkloadId> ids = new TreeSet<>();
    members.forEach(member -> ids.add(member.id));
    return ids;
  }
}
