package io.holdfast.engine.record;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.util.Optional;

/**
 * What an operator wants of a host, and knows of it.
 *
 * @param maintenance whether it is to be emptied, and kept so
 * @param down a person's word that it is down
 */
public record HostDirective(HostId host, boolean maintenance, Optional<Confirmation> down)
    implements StateRecord {

  /**
   * A person's word that one incarnation of the host, and every earlier one, runs nothing.
   *
   * @param who the person, for the record
   */
  public record Confirmation(Incarnation incarnation, String who) {}

  /** Nothing is wanted of it. */
  public static HostDirective none(HostId host) {
    return new HostDirective(host, false, Optional.empty());
  }

  @Override
  public Key key() {
    return new Key(Table.DIRECTIVE, host.value());
  }
}
