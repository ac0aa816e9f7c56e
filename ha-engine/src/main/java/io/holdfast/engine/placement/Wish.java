package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is wanted of a choice, besides rules and room.
 *
 * @param kind whether the present host has an advantage
 * @param home the host to which it returns as soon as that is as good as any by the rules, from
 *     which maintenance drove it
 * @param excluded hosts that are not to be chosen this time, each with the reason; partners that
 *     run on one of them do not bind it
 */
public record Wish(Kind kind, Optional<HostId> home, SortedMap<HostId, String> excluded) {
  /** The weight of the present host. */
  public enum Kind {
    /** The best host, wherever it is now. */
    BEST,
    /** Stay, unless a host is available that host affinities prefer to the present one. */
    STAY,
    /** Stay wherever strict rules allow it: no failback. */
    STICK
  }

  /** The best host. */
  public static final Wish BEST =
      new Wish(Kind.BEST, Optional.empty(), Collections.emptySortedMap());

  /** Stay, unless another host is preferred. */
  public static final Wish STAY =
      new Wish(Kind.STAY, Optional.empty(), Collections.emptySortedMap());

  /** Stay wherever it may. */
  public static final Wish STICK =
      new Wish(Kind.STICK, Optional.empty(), Collections.emptySortedMap());

  public Wish {
    excluded =
        excluded.isEmpty()
            ? Collections.emptySortedMap()
            : Collections.unmodifiableSortedMap(new TreeMap<>(excluded));
  }

  /** The same, without these hosts. */
  public Wish without(SortedMap<HostId, String> hosts) {
    return new Wish(kind, home, hosts);
  }

  /** The same, with a host to return to. */
  public Wish withHome(HostId host) {
    return new Wish(kind, Optional.of(host), excluded);
  }
}
