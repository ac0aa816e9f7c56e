package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Incarnation;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.Subscription;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What listeners are told. */
interface MembershipNewsRules extends MembershipRules {
  @Test
  default void listenersAreToldOfLeasesAndOfTheController() throws Exception {
    Membership a = newClient().membership();
    MembershipRecorder recorder = new MembershipRecorder();
    newClient().membership().subscribe(recorder);
    Incarnation incarnation = done(a.join(H1, timeout()));
    recorder.awaitLease("a join", patience(), l -> l.incarnation().equals(incarnation));
    done(a.renew(H1, incarnation, 1, timeout()));
    recorder.awaitLease("a renewal", patience(), l -> l.sequence() == 1);
    done(a.renew(H1, incarnation, 2, timeout()));
    recorder.awaitLease("another", patience(), l -> l.sequence() == 2 && l.sessionPresent());
    done(a.leave(H1, incarnation, timeout()));
    recorder.awaitLease("the leaving", patience(), l -> !l.sessionPresent());
    awaitControllerNews(recorder, () -> elected(a.campaign("a", timeout())));
    awaitControllerNews(recorder, () -> done(a.resign(timeout())));
  }

  @Test
  default void aListenerThatIsClosedIsToldNothingMore() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    MembershipRecorder closed = new MembershipRecorder();
    MembershipRecorder open = new MembershipRecorder();
    Incarnation incarnation = done(a.join(H1, timeout()));
    Subscription first = b.subscribe(closed);
    b.subscribe(open);
    done(a.renew(H1, incarnation, 1, timeout()));
    closed.awaitLease("a renewal", patience(), l -> l.sequence() == 1);
    first.close();
    closed.clear();
    done(a.renew(H1, incarnation, 2, timeout()));
    open.awaitLease("a renewal", patience(), l -> l.sequence() == 2);
    assertThat(closed.news()).isEmpty();
  }

  @Test
  default void aListenerMayCloseItself() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    CountDownLatch closedItself = new CountDownLatch(1);
    AtomicReference<Subscription> own = new AtomicReference<>();
    MembershipRecorder after = new MembershipRecorder();
    own.set(
        b.subscribe(
            new Membership.Listener() {
              @Override
              public void onLease(Lease lease) {
                Subscription subscription = own.get();
                if (subscription != null) {
                  subscription.close();
                  closedItself.countDown();
                }
              }

              @Override
              public void onControllerChanged() {}

              @Override
              public void onConnection(Connection connection) {}
            }));
    b.subscribe(after);
    Incarnation incarnation = done(a.join(H1, timeout()));
    done(a.renew(H1, incarnation, 1, timeout()));
    after.awaitLease("a renewal", patience(), l -> l.sequence() == 1);
    assertThat(closedItself.await(patience().toMillis(), TimeUnit.MILLISECONDS)).isTrue();
  }

  private void awaitControllerNews(MembershipRecorder recorder, Callable<?> cause)
      throws Exception {
    recorder.clear();
    cause.call();
    recorder.awaitControllerChanged(patience());
  }
}
