package io.holdfast.fence.ipmi;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.PowerState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way to a BMC's host for one operation: opens a session when it needs one, keeps it while it
 * works, opens another when it does not.
 */
final class IpmiLink implements PowerLink, AutoCloseable {
  private static final Duration FIRST_STEP = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private interface Exchange<T> {
    T with(IpmiSession session) throws IpmiFailure, InterruptedException;
  }

  private final IpmiTarget target;
  private @Nullable InetSocketAddress peer;
  private volatile @Nullable IpmiSession session;
  private volatile boolean aborted;
  private Duration step = FIRST_STEP;

  IpmiLink(IpmiTarget target) {
    this.target = target;
  }

  @Override
  public FenceOutcome read(Deadline deadline) throws InterruptedException {
    while (true) {
      try {
        return new Confirmed(exchange(s -> s.power(deadline), deadline));
      } catch (IpmiFailure e) {
        if (!e.isPassing() || deadline.passed() || aborted) {
          return e.outcome();
        }
      } catch (UnknownHostException e) {
        return new Unreachable("the address " + target.address() + " cannot be resolved");
      }
      deadline.pause(PAUSE);
    }
  }

  @Override
  public Optional<FenceOutcome> command(PowerState wanted, Deadline deadline)
      throws InterruptedException {
    try {
      exchange(
          s -> {
            s.command(wanted, deadline);
            return wanted;
          },
          deadline);
      return Optional.empty();
    } catch (IpmiFailure e) {
      return Optional.of(e.outcome());
    } catch (UnknownHostException e) {
      return Optional.of(
          new Unreachable("the address " + target.address() + " cannot be resolved"));
    }
  }

  private <T> T exchange(Exchange<T> exchange, Deadline deadline)
      throws IpmiFailure, InterruptedException, UnknownHostException {
    if (aborted) {
      throw IpmiFailure.silent(true, "given up", new SocketTimeoutException("given up"));
    }
    boolean done = false;
    try {
      T result = exchange.with(openSession(deadline));
      done = true;
      return result;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private IpmiSession openSession(Deadline deadline)
      throws IpmiFailure, InterruptedException, UnknownHostException {
    IpmiSession open = session;
    if (open != null) {
      return open;
    }
    InetSocketAddress to = peer;
    if (to == null) {
      to = new InetSocketAddress(InetAddress.getByName(target.address()), target.port());
      peer = to;
    }
    IpmiSession fresh = IpmiSession.to(target, to);
    session = fresh;
    Duration patience = deadline.remaining(step);
    // A BMC that is only slow gets twice the time at the next attempt.
    step = step.multipliedBy(2);
    fresh.open(patience, deadline);
    return fresh;
  }

  /** Ends the operation from another thread: what it waits for fails now, and nothing follows. */
  void abort(IOException why) {
    aborted = true;
    IpmiSession open = session;
    if (open != null) {
      open.abort(why);
    }
  }

  @Override
  public void close() {
    IpmiSession open = session;
    session = null;
    if (open != null) {
      open.close();
    }
  }
}
