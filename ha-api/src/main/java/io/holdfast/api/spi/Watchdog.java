package io.holdfast.api.spi;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import java.time.Duration;

/**
 * A host's watchdog: once opened, it resets the host unless it is fed. It is what makes an expired
 * lease evidence: who may not feed it any more is down soon after, whatever his processes do.
 *
 * <p><b>Guarantees asked for:</b>
 *
 * <ul>
 *   <li>After {@link #open} was {@code Done} with a period, the host is reset, or loses its power,
 *       as soon as the watchdog has not been fed for that period by the watchdog's own clock,
 *       whatever becomes of this process, of the thread that feeds, and of the operating system.
 *   <li>Only {@link #open} and {@link #feed} feed it: neither a timer of its own nor {@link
 *       #close}. A call that is carried out late feeds it late, if it has not fired before.
 *   <li>What a call does, it does before the next one is carried out: at most one feed is ever
 *       late.
 *   <li>Only {@link #release} disarms it: neither {@link #close} nor the end of the process.
 *   <li>The reset ends every workload of the host at once. An orderly shutdown would be too late.
 * </ul>
 *
 * <p><b>Not asked for:</b> that the host comes up again after the reset.
 *
 * <p>All methods are called by one thread at a time. A call whose outcome is {@code Unknown} may
 * have worked, or may work later.
 */
public interface Watchdog extends AutoCloseable {

  /** A name for logs and events, such as {@code /dev/watchdog0}. */
  String name();

  /**
   * Arms the watchdog, and feeds it. One that is armed already, by this process or by one that has
   * ended, is fed, and has the new period from then on.
   *
   * @param period the longest time without being fed
   * @return {@code Done} with the period that holds, the same or shorter; {@code Failed} when it is
   *     certainly not armed by this call: with {@link Outcome.Cause#UNSUPPORTED} if it cannot have
   *     so short a period
   */
  Outcome<Duration> open(Duration period, Duration timeout);

  /**
   * Puts the reset off by one period from now.
   *
   * @return {@code Failed} if it is not open: then this call has armed nothing
   */
  Outcome<Ack> feed(Duration timeout);

  /**
   * Disarms it (the "magic close"): the host is not reset any more.
   *
   * @return {@code Done} when it is disarmed, also if it was not armed; {@code Failed} when it is
   *     still armed, for example because it was made to be so for good
   */
  Outcome<Ack> release(Duration timeout);

  /** Gives the device back as it is: one that is armed stays armed. */
  @Override
  void close();
}
