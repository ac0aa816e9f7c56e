package io.holdfast.engine.record;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How often a host has come back lately: for the next controller, which may not have seen it.
 * Clocks of two controllers are never compared: each counts from when it knows an incarnation to
 * have joined.
 *
 * <p>Kept beside the fence records, under a name that no host has. Earlier versions tell that they
 * cannot read it, and know less.
 *
 * @param incarnation the one that had joined last when this was written
 * @param returns the oldest first
 */
public record HostReturns(HostId host, Incarnation incarnation, List<Return> returns)
    implements StateRecord {
  private static final String SUFFIX = ":returns";
  private static final Duration LONGEST = Duration.ofDays(1);

  /**
   * One time.
   *
   * @param ago how long before {@link HostReturns#incarnation} joined, zero for itself; a day at
   *     most
   */
  public record Return(Incarnation incarnation, Duration ago) {
    public Return {
      if (ago.isNegative() || ago.compareTo(LONGEST) > 0) {
        throw new InvalidConfigException("returns.ago", ago, "PT0S to " + LONGEST);
      }
    }
  }

  public HostReturns {
    returns = List.copyOf(returns);
  }

  /** Where that of a host is kept. */
  public static Key keyOf(HostId host) {
    return new Key(Table.FENCE, host + SUFFIX);
  }

  /** The name of the host whose returns are kept there; empty if it is another record's place. */
  public static Optional<String> hostOf(Key key) {
    String name = key.name();
    return key.table() == Table.FENCE && name.endsWith(SUFFIX)
        ? Optional.of(name.substring(0, name.length() - SUFFIX.length()))
        : Optional.empty();
  }

  @Override
  public Key key() {
    return keyOf(host);
  }
}
