package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.assertFailed;
import static io.holdfast.testkit.CoordinationFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Incarnations and leases. */
interface LeaseRules extends MembershipRules {
  @Test
  default void incarnationsGrow() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    List<Incarnation> incarnations = new ArrayList<>();
    incarnations.add(done(a.join(H1, timeout())));
    incarnations.add(done(a.join(H1, timeout())));
    incarnations.add(done(b.join(H1, timeout())));
    incarnations.add(done(a.join(H1, timeout())));
    assertThat(incarnations).isSorted().doesNotHaveDuplicates();
  }

  @Test
  default void joinEndsTheFormerIncarnationOfTheSameClient() throws Exception {
    Membership a = newClient().membership();
    Incarnation former = done(a.join(H1, timeout()));
    Incarnation current = done(a.join(H1, timeout()));
    assertFailed(a.renew(H1, former, 1, timeout()), Cause.EXPIRED);
    done(a.renew(H1, current, 1, timeout()));
    assertThat(observe(a, H1)).isEqualTo(new Lease(H1, current, 1, true));
  }

  @Test
  default void joinEndsTheFormerIncarnationOfAnotherClient() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Incarnation former = done(a.join(H1, timeout()));
    done(a.renew(H1, former, 1, timeout()));
    Incarnation current = done(b.join(H1, timeout()));
    assertFailed(a.renew(H1, former, 2, timeout()), Cause.EXPIRED);
    done(b.renew(H1, current, 7, timeout()));
    assertFailed(a.renew(H1, former, 3, timeout()), Cause.EXPIRED);
    assertThat(observe(a, H1)).isEqualTo(new Lease(H1, current, 7, true));
  }

  @Test
  default void oneClientMayBeSeveralHosts() throws Exception {
    Membership a = newClient().membership();
    Incarnation first = done(a.join(H1, timeout()));
    Incarnation second = done(a.join(H2, timeout()));
    done(a.renew(H1, first, 1, timeout()));
    done(a.renew(H2, second, 5, timeout()));
    assertThat(observe(a, H1).sequence()).isEqualTo(1);
    assertThat(observe(a, H2).sequence()).isEqualTo(5);
  }

  @Test
  default void anIncarnationThatNeverWasCannotBeRenewed() throws Exception {
    Membership a = newClient().membership();
    assertFailed(a.renew(H1, new Incarnation(1), 1, timeout()), Cause.EXPIRED);
    Incarnation current = done(a.join(H1, timeout()));
    assertFailed(a.renew(H1, new Incarnation(current.value() + 1), 1, timeout()), Cause.EXPIRED);
  }

  @Test
  default void observeSeesEveryAcknowledgedRenewal() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Incarnation incarnation = done(a.join(H1, timeout()));
    assertThat(observe(b, H1).incarnation()).isEqualTo(incarnation);
    for (long sequence = 1; sequence <= 30; sequence++) {
      done(a.renew(H1, incarnation, sequence, timeout()));
      assertThat(observe(b, H1)).isEqualTo(new Lease(H1, incarnation, sequence, true));
    }
  }

  @Test
  default void nothingIsObservedOfAHostThatNeverJoined() throws Exception {
    assertThat(done(newClient().membership().observe(H1, timeout()))).isEmpty();
    assertThat(done(newClient().membership().observeAll(timeout()))).isEmpty();
  }

  @Test
  default void leavingEndsTheIncarnationAndKeepsTheRecord() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Incarnation incarnation = done(a.join(H1, timeout()));
    done(a.renew(H1, incarnation, 3, timeout()));
    done(a.leave(H1, incarnation, timeout()));
    assertThat(observe(b, H1)).isEqualTo(new Lease(H1, incarnation, 3, false));
    assertFailed(a.renew(H1, incarnation, 4, timeout()), Cause.EXPIRED);
    done(a.leave(H1, incarnation, timeout()));
  }

  @Test
  default void leavingLeavesALaterIncarnationAlone() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Incarnation former = done(a.join(H1, timeout()));
    Incarnation current = done(b.join(H1, timeout()));
    done(a.leave(H1, former, timeout()));
    done(b.renew(H1, current, 1, timeout()));
    assertThat(observe(a, H1)).isEqualTo(new Lease(H1, current, 1, true));
  }

  @Test
  default void observeAllGivesEveryHost() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Incarnation first = done(a.join(H1, timeout()));
    Incarnation second = done(b.join(H2, timeout()));
    done(b.renew(H2, second, 2, timeout()));
    List<Lease> expected = List.of(new Lease(H1, first, 0, true), new Lease(H2, second, 2, true));
    eventually("all leases", () -> done(a.observeAll(timeout())).equals(expected));
  }

  @Test
  default void closeEndsTheSessionAndKeepsTheLease() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Incarnation incarnation = done(a.join(H1, timeout()));
    done(a.renew(H1, incarnation, 1, timeout()));
    done(a.campaign("a", timeout()));
    a.close();
    eventually("the session's end", () -> !observe(b, H1).sessionPresent());
    assertThat(observe(b, H1)).isEqualTo(new Lease(H1, incarnation, 1, false));
    assertThat(done(b.campaign("b", timeout()))).isInstanceOf(Election.Elected.class);
    assertThat(a.renew(H1, incarnation, 2, timeout())).isInstanceOf(Outcome.Failed.class);
    a.close();
  }
}
