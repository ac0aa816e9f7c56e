package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import java.time.Duration;
import java.util.Optional;

/**
 * What is written in a host's slot. Others see that its holder lives by that it changes; none of it
 * is a time of day.
 *
 * @param slot its number, from 0 on
 * @param holder who wrote it; empty in a slot that nobody has had yet
 */
public record HostSlot(int slot, Optional<Holder> holder) {

  /**
   * Who has, or had, the slot.
   *
   * @param sequence of the renewal, 1 or greater; grows with every one
   * @param writer drawn anew by every process: two that believe to be the same host differ in it
   * @param released whether it was given up in an orderly way
   * @param validity F: for how long the holder relies on each renewal
   * @param watchdogPeriod with which its watchdog is armed; zero if it has none
   */
  public record Holder(
      HostId host,
      Incarnation incarnation,
      long sequence,
      long writer,
      boolean released,
      Duration validity,
      Duration watchdogPeriod) {
    private static final Duration LONGEST_VALIDITY = Duration.ofHours(1);
    private static final Duration LONGEST_PERIOD = Duration.ofMinutes(30);

    public Holder {
      if (sequence < 1) {
        throw new InvalidConfigException("slot.sequence", sequence, "1 or greater");
      }
      require("slot.validity", validity, Duration.ofNanos(1), LONGEST_VALIDITY);
      require("slot.watchdogPeriod", watchdogPeriod, Duration.ZERO, LONGEST_PERIOD);
    }

    private static void require(String field, Duration value, Duration least, Duration most) {
      if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
        throw new InvalidConfigException(field, value, least + " to " + most);
      }
    }

    /** Such as {@code h1, incarnation 4, renewal 17}. */
    public String describe() {
      return "%s, incarnation %s, %s %d"
          .formatted(host, incarnation, released ? "released with" : "renewal", sequence);
    }
  }

  public HostSlot {
    if (slot < 0) {
      throw new InvalidConfigException("slot", slot, "0 or greater");
    }
  }

  /** One that nobody has had yet. */
  public static HostSlot free(int slot) {
    return new HostSlot(slot, Optional.empty());
  }

  /** Whether nobody has had it since the device was initialised. */
  public boolean isFree() {
    return holder.isEmpty();
  }

  /** One line for people. */
  public String describe() {
    return holder.map(Holder::describe).orElse("free");
  }
}
