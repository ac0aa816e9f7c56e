package io.holdfast.engine.lease;

import io.holdfast.engine.lease.HostSlot.Holder;
import java.time.Duration;

/** What an observer may say of a host's slot, by its own clock and by what it has seen itself. */
public sealed interface LeaseVerdict {

  /** One line for people. */
  String describe();

  /** Nobody has had it since the device was initialised. */
  record Free() implements LeaseVerdict {
    @Override
    public String describe() {
      return "free";
    }
  }

  /** Its holder has given it up. Only that one: of what still runs there it says nothing. */
  record Released(Holder holder) implements LeaseVerdict {
    @Override
    public String describe() {
      return holder.describe();
    }
  }

  /**
   * Nobody knows: it was not read, not long enough, or on too few devices.
   *
   * @param reason one line for people
   */
  record Unknown(String reason) implements LeaseVerdict {
    @Override
    public String describe() {
      return "unknown: " + reason;
    }
  }

  /**
   * Its holder renews it. That is no evidence about holders of earlier incarnations: of several
   * that were seen this is the greatest, and it may have claimed the slot without ever holding it.
   *
   * @param age since it was seen to change last
   */
  record Live(Holder holder, Duration age) implements LeaseVerdict {
    @Override
    public String describe() {
      return "%s, %s ago".formatted(holder.describe(), age);
    }
  }

  /**
   * Its holder has not renewed it for longer than it relies on it, and may yet run.
   *
   * @param reason what is missing to call it dead
   */
  record Failing(Holder holder, Duration age, String reason) implements LeaseVerdict {
    @Override
    public String describe() {
      return "%s, silent for %s: %s".formatted(holder.describe(), age, reason);
    }
  }

  /**
   * Its holder is reset, and everything that it wrote has landed. That holder alone: another one of
   * the same host may have come since.
   *
   * @param waited for how long nothing has changed
   * @param required H
   */
  record Dead(Holder holder, Duration waited, Duration required) implements LeaseVerdict {
    @Override
    public String describe() {
      return "%s, silent for %s (%s required): reset by its watchdog"
          .formatted(holder.describe(), waited, required);
    }
  }
}
