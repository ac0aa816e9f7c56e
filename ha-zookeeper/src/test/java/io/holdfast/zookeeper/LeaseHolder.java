package io.holdfast.zookeeper;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A host and controller in a process of its own, for {@link PausedProcessTest} to stop and
 * continue. Says on its standard output what it believes, one line each. Ends when it has lost both
 * places, or after a minute.
 */
final class LeaseHolder {
  static final HostId HOST = new HostId("paused");
  static final StateStore.Key KEY = new StateStore.Key(Table.FENCE, "paused");
  static final Duration VALIDITY = Duration.ofMillis(800);
  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final Duration START = Duration.ofSeconds(20);
  private static final long RENEW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private LeaseHolder() {}

  public static void main(String[] args) {
    try (ZooKeeperCoordination coordination = PausedProcessTest.connect(args[0])) {
      Membership membership = coordination.membership();
      Incarnation incarnation = done(membership.join(HOST, START));
      Election election = done(membership.campaign("paused", START));
      Epoch epoch = ((Election.Elected) election).epoch();
      say("LEADS " + epoch + " AS " + incarnation);
      long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
      boolean host = true;
      boolean controller = true;
      long validFrom = System.nanoTime();
      boolean lapsed = false;
      for (long sequence = 1; (host || controller) && System.nanoTime() - end < 0; sequence++) {
        long sent = System.nanoTime();
        if (host) {
          say("RENEW asked");
          Outcome<Ack> renewed = membership.renew(HOST, incarnation, sequence, TIMEOUT);
          if (renewed.isDone()) {
            validFrom = sent;
          }
          host = !isFailed(renewed, Outcome.Cause.EXPIRED);
          say("RENEW " + renewed);
        }
        if (controller) {
          say("COMMIT asked");
          Outcome<Ack> committed =
              coordination
                  .stateStore()
                  .commit(Optional.of(epoch), List.of(Write.put(KEY, "by " + epoch)), TIMEOUT);
          controller = !isFailed(committed, Outcome.Cause.DEPOSED);
          say("COMMIT " + committed);
        }
        LockSupport.parkNanos(RENEW_NANOS);
        // Its own clock alone tells it.
        if (!lapsed && System.nanoTime() - validFrom > VALIDITY.toNanos()) {
          lapsed = true;
          say("LAPSED");
        }
      }
      say("END");
    }
  }

  private static boolean isFailed(Outcome<?> outcome, Outcome.Cause cause) {
    return outcome instanceof Outcome.Failed<?> failed && failed.cause() == cause;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static <T> T done(Outcome<T> outcome) {
    if (outcome instanceof Outcome.Done<T> done) {
      return done.value();
    }
    throw new IllegalStateException(outcome.toString());
  }
}
