package io.holdfast.engine.record;

import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.util.List;
import java.util.Optional;

/**
 * The intent to fence one incarnation of a host, and what came of it.
 *
 * @param epoch the controller that wrote it
 * @param evidence why this incarnation certainly runs nothing; empty while there is none
 * @param switchOn devices that took the host's power and are to give it back
 */
public record FenceRecord(
    HostId host,
    Incarnation incarnation,
    Epoch epoch,
    Optional<Evidence> evidence,
    List<String> switchOn)
    implements StateRecord {

  public FenceRecord {
    switchOn = List.copyOf(switchOn);
  }

  /** The intent alone. */
  public static FenceRecord intended(HostId host, Incarnation incarnation, Epoch epoch) {
    return new FenceRecord(host, incarnation, epoch, Optional.empty(), List.of());
  }

  /** The same, of a host that has its power back, or is not to be given it any more. */
  public FenceRecord restored(Epoch by) {
    return new FenceRecord(host, incarnation, by, evidence, List.of());
  }

  /** Whether it proves that this incarnation, and so every earlier one, runs nothing. */
  public boolean covers(Incarnation other) {
    return evidence.isPresent() && other.compareTo(incarnation) <= 0;
  }

  @Override
  public Key key() {
    return new Key(Table.FENCE, host.value());
  }
}
