package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import io.holdfast.engine.placement.Refusal.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a host for one workload that takes no room now. What is given up first, when not all can
 * be had: that strict partners without a host find room too, then that those on a host that cannot
 * be used do, then the higher priorities of host affinities, then that standby hosts stay free,
 * then workload affinities that are not strict.
 */
final class Chooser {
  /** Up to so many usable hosts, the effect on the whole cluster decides. */
  static final int WHOLE_CLUSTER = 32;

  /** With more named hosts than these the index is the quicker way. */
  private static final int FEW_NAMED = 256;

  private final PlacementState state;
  private final Search search;
  private final Wish wish;
  private final @Nullable HostSlot current;
  private final boolean whole;

  /** Whether hosts have been scored for those that go together now. */
  private boolean scored;

  /** Whether the scores are those of the platform's own preference. */
  private boolean preferred;

  Chooser(PlacementState state, Search search, Wish wish, @Nullable HostSlot current) {
    this.state = state;
    this.search = search;
    this.wish = wish;
    this.current = current;
    this.whole = state.scale().evens() && state.usable().size() <= WHOLE_CLUSTER;
  }

  /** The host, or {@code null}. */
  @Nullable HostSlot choose() {
    List<HostSlot> withPartners = partnerHosts();
    if (!withPartners.isEmpty()) {
      for (HostSlot host : withPartners) {
        if (host == current ? mayStay(host) : search.refusal(host) == null) {
          return host;
        }
      }
      return null;
    }
    if (wish.kind() == Wish.Kind.STICK && current != null && mayStay(current)) {
      return current;
    }
    List<WorkloadSlot> all = state.withThoseToCome(search.workload, search.bundle);
    List<WorkloadSlot> displaced = state.withThoseDisplaced(search.workload, search.bundle);
    HostSlot host = together(all);
    if (host == null && displaced.size() < all.size()) {
      host = together(displaced);
    }
    return host == null ? byRank() : host;
  }

  private @Nullable HostSlot together(List<WorkloadSlot> members) {
    List<WorkloadSlot> alone = search.members();
    if (members.size() <= alone.size()) {
      return null;
    }
    goTogether(members);
    HostSlot host = byRank();
    goTogether(alone);
    return host;
  }

  /** Other hosts may be chosen for them than for those before. */
  private void goTogether(List<WorkloadSlot> members) {
    search.goTogether(members);
    scored = false;
  }

  /** Hosts of strict partners that may be chosen, those of the most first. */
  List<HostSlot> partnerHosts() {
    List<HostSlot> hosts = state.partnerHosts(search.workload, search.bundle);
    hosts.removeIf(host -> search.excluded.containsKey(host.id));
    return hosts;
  }

  /** Staying is no decision about room. */
  private boolean mayStay(HostSlot host) {
    Code refusal = search.refusal(host);
    return refusal == null || refusal == Code.CAPACITY;
  }

  private @Nullable HostSlot byRank() {
    Bundle bundle = search.bundle;
    if (bundle != null) {
      for (Map.Entry<Integer, List<HostId>> named : bundle.ranks().entrySet()) {
        search.rank = named.getKey();
        HostSlot host = ofThisRank(() -> amongNamed(named.getValue()));
        if (host != null) {
          return host;
        }
      }
      if (bundle.onlyNamedHosts()) {
        return null;
      }
      search.rank = bundle.otherRank();
    }
    return ofThisRank(this::amongAll);
  }

  private @Nullable HostSlot ofThisRank(Runnable offers) {
    HostSlot home = wish.home().map(state::host).orElse(null);
    if (home != null && search.rankOf(home) == search.rank && search.refusal(home) == null) {
      return home;
    }
    if (wish.kind() != Wish.Kind.BEST
        && current != null
        && search.rankOf(current) == search.rank
        && mayStay(current)) {
      return current;
    }
    search.forgetBest();
    score();
    offers.run();
    return search.best();
  }

  /** Gives each host that may be chosen its score, where all of them are compared. */
  private void score() {
    if (!scored) {
      scored = true;
      if (whole) {
        ClusterEffect.score(state.usable(), search.load, state.scale());
      }
      preferred = state.preference.filter(this::scores).isPresent();
    }
  }

  private boolean scores(Preference preference) {
    List<HostSlot> allowed = new ArrayList<>();
    for (HostSlot host : state.usable()) {
      if (search.refusal(host) == null) {
        host.score = whole ? host.score : byItself(host);
        allowed.add(host);
      }
    }
    return preference.score(search.workload.id, allowed, state.dimensions());
  }

  /** Who says that this host is the best, if it is not the policy's mode that does. */
  Optional<String> preferring(HostSlot chosen) {
    return preferred && search.best() == chosen
        ? state.preference.map(Preference::name)
        : Optional.empty();
  }

  private void amongNamed(List<HostId> named) {
    search.slack = search.mostBroken();
    if (named.size() > FEW_NAMED) {
      amongAll();
      return;
    }
    for (HostId id : named) {
      HostSlot host = state.host(id);
      if (host != null) {
        search.offer(host, cost(host));
      }
    }
  }

  private void amongAll() {
    amongAll(false);
    if (search.best() == null && state.index().hasStandby()) {
      amongAll(true);
    }
  }

  private void amongAll(boolean standby) {
    search.slack = search.mostBroken();
    SortedSet<HostSlot> bound = search.bound();
    if (bound != null || whole || preferred) {
      offer(bound != null ? bound : state.usable(), standby);
      return;
    }
    offer(search.attractive(), standby);
    HostSlot attractive = search.best();
    int most = attractive == null ? search.mostBroken() : search.bestBroken() - 1;
    // The index knows nothing of affinities: it is asked for hosts that break none, then one, ...
    for (int broken = search.leastBrokenElsewhere(); broken <= most; broken++) {
      search.slack = broken;
      search.forgetBest();
      state.index().search(search, standby);
      if (search.best() != null) {
        return;
      }
    }
    if (attractive != null) {
      search.slack = search.mostBroken();
      search.offer(attractive, cost(attractive));
    }
  }

  private void offer(SortedSet<HostSlot> hosts, boolean standby) {
    for (HostSlot host : hosts) {
      if (host.standby == standby) {
        search.offer(host, cost(host));
      }
    }
  }

  private double cost(HostSlot host) {
    return whole || preferred ? host.score : byItself(host);
  }

  private double byItself(HostSlot host) {
    return state.scale().with(host, search.load, search.demand());
  }
}
