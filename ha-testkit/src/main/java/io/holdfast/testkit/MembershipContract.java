package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Every promise of {@link Membership}. See {@link CoordinationContract} for what to override. */
public abstract class MembershipContract extends CoordinationContract {
  private static final HostId H1 = new HostId("h1");
  private static final HostId H2 = new HostId("h2");

  // Incarnations and leases

  @Test
  void incarnationsGrow() throws Exception {
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
  void joinEndsTheFormerIncarnationOfTheSameClient() throws Exception {
    Membership a = newClient().membership();
    Incarnation former = done(a.join(H1, timeout()));
    Incarnation current = done(a.join(H1, timeout()));
    assertFailed(a.renew(H1, former, 1, timeout()), Cause.EXPIRED);
    done(a.renew(H1, current, 1, timeout()));
    assertThat(observe(a, H1)).isEqualTo(new Lease(H1, current, 1, true));
  }

  @Test
  void joinEndsTheFormerIncarnationOfAnotherClient() throws Exception {
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
  void oneClientMayBeSeveralHosts() throws Exception {
    Membership a = newClient().membership();
    Incarnation first = done(a.join(H1, timeout()));
    Incarnation second = done(a.join(H2, timeout()));
    done(a.renew(H1, first, 1, timeout()));
    done(a.renew(H2, second, 5, timeout()));
    assertThat(observe(a, H1).sequence()).isEqualTo(1);
    assertThat(observe(a, H2).sequence()).isEqualTo(5);
  }

  @Test
  void anIncarnationThatNeverWasCannotBeRenewed() throws Exception {
    Membership a = newClient().membership();
    assertFailed(a.renew(H1, new Incarnation(1), 1, timeout()), Cause.EXPIRED);
    Incarnation current = done(a.join(H1, timeout()));
    assertFailed(a.renew(H1, new Incarnation(current.value() + 1), 1, timeout()), Cause.EXPIRED);
  }

  @Test
  void observeSeesEveryAcknowledgedRenewal() throws Exception {
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
  void nothingIsObservedOfAHostThatNeverJoined() throws Exception {
    assertThat(done(newClient().membership().observe(H1, timeout()))).isEmpty();
    assertThat(done(newClient().membership().observeAll(timeout()))).isEmpty();
  }

  @Test
  void leavingEndsTheIncarnationAndKeepsTheRecord() throws Exception {
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
  void leavingLeavesALaterIncarnationAlone() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Incarnation former = done(a.join(H1, timeout()));
    Incarnation current = done(b.join(H1, timeout()));
    done(a.leave(H1, former, timeout()));
    done(b.renew(H1, current, 1, timeout()));
    assertThat(observe(a, H1)).isEqualTo(new Lease(H1, current, 1, true));
  }

  @Test
  void observeAllGivesEveryHost() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Incarnation first = done(a.join(H1, timeout()));
    Incarnation second = done(b.join(H2, timeout()));
    done(b.renew(H2, second, 2, timeout()));
    List<Lease> expected = List.of(new Lease(H1, first, 0, true), new Lease(H2, second, 2, true));
    eventually("all leases", () -> done(a.observeAll(timeout())).equals(expected));
  }

  @Test
  void closeEndsTheSessionAndKeepsTheLease() throws Exception {
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

  // Election

  @Test
  void oneIsElectedAndTheOthersAreToldWhom() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Epoch epoch = elected(a.campaign("alpha", timeout()));
    assertThat(epoch).isGreaterThan(Epoch.NONE);
    assertThat(done(b.campaign("beta", timeout()))).isEqualTo(new Election.LedBy("alpha", epoch));
    assertThat(elected(a.campaign("alpha", timeout()))).isEqualTo(epoch);
  }

  @Test
  void ofManyCandidatesAtOnceOneIsElected() throws Exception {
    List<Callable<Election>> candidacies = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Membership candidate = newClient().membership();
      String name = "c" + i;
      candidacies.add(() -> done(candidate.campaign(name, timeout())));
    }
    assertOneElected(atOnce(candidacies));
  }

  @Test
  void epochsGrow() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    List<Epoch> epochs = new ArrayList<>();
    for (Membership candidate : List.of(a, b, b, a)) {
      epochs.add(elected(candidate.campaign("c", timeout())));
      done(candidate.resign(timeout()));
    }
    assertThat(epochs).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void resigningWithoutThePlaceChangesNothing() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    done(b.resign(timeout()));
    Epoch epoch = elected(a.campaign("a", timeout()));
    done(b.resign(timeout()));
    assertThat(done(b.campaign("b", timeout()))).isEqualTo(new Election.LedBy("a", epoch));
  }

  @Test
  void candidatesNamesAreChecked() throws Exception {
    Membership a = newClient().membership();
    for (String name : List.of("", "a b", "a/b", "x".repeat(65))) {
      assertThatThrownBy(() -> a.campaign(name, timeout()))
          .isInstanceOf(InvalidConfigException.class);
      assertThatThrownBy(() -> a.takeOver(name, Epoch.NONE, timeout()))
          .isInstanceOf(InvalidConfigException.class);
    }
  }

  @Test
  void aTakeoverDeposesALivingController() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Epoch first = elected(a.campaign("a", timeout()));
    Epoch second = elected(b.takeOver("b", first, timeout()));
    assertThat(second).isGreaterThan(first);
    assertThat(done(a.campaign("a", timeout()))).isEqualTo(new Election.LedBy("b", second));
    done(a.resign(timeout()));
    assertThat(elected(b.campaign("b", timeout()))).isEqualTo(second);
  }

  @Test
  void aTakeoverOfAnEpochThatIsOverIsNone() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Membership c = newClient().membership();
    Epoch first = elected(a.campaign("a", timeout()));
    Epoch second = elected(b.takeOver("b", first, timeout()));
    assertThat(done(c.takeOver("c", first, timeout()))).isEqualTo(new Election.LedBy("b", second));
    done(b.resign(timeout()));
    assertFailed(c.takeOver("c", first, timeout()), Cause.CONFLICT);
    assertThat(elected(c.takeOver("c", second, timeout()))).isGreaterThan(second);
  }

  @Test
  void takingOverFromOneselfChangesNothing() throws Exception {
    Membership a = newClient().membership();
    Epoch epoch = elected(a.campaign("a", timeout()));
    assertThat(elected(a.takeOver("a", epoch, timeout()))).isEqualTo(epoch);
  }

  @Test
  void ofManyTakeoversAtOnceOneSucceeds() throws Exception {
    Epoch epoch = elected(newClient().membership().campaign("old", timeout()));
    List<Callable<Election>> candidacies = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Membership candidate = newClient().membership();
      String name = "c" + i;
      candidacies.add(() -> done(candidate.takeOver(name, epoch, timeout())));
    }
    assertOneElected(atOnce(candidacies));
  }

  // News

  @Test
  void listenersAreToldOfLeasesAndOfTheController() throws Exception {
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
  void aListenerThatIsClosedIsToldNothingMore() throws Exception {
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
  void aListenerMayCloseItself() throws Exception {
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

  // Faults

  @Test
  void aClientCutOffKnowsNothingAndSaysSoInTime() throws Exception {
    Client client = newClient();
    Membership a = client.membership();
    MembershipRecorder recorder = new MembershipRecorder();
    a.subscribe(recorder);
    Incarnation incarnation = done(a.join(H1, timeout()));
    cut(client);
    recorder.awaitConnection(Connection.SUSPENDED, patience());
    Duration brief = Duration.ofMillis(200);
    assertUnknownWithin(brief, () -> a.renew(H1, incarnation, 1, brief));
    assertUnknownWithin(brief, () -> a.observe(H1, brief));
    assertUnknownWithin(brief, () -> a.campaign("a", brief));
    recorder.clear();
    restore(client);
    recorder.awaitConnection(Connection.CONNECTED, patience());
    assertThat(eventuallyDone(() -> a.observe(H1, timeout()))).isPresent();
    recorder.clear();
    Incarnation next = eventuallyDone(() -> a.join(H1, timeout()));
    recorder.awaitLease("news again", patience(), l -> l.incarnation().equals(next));
  }

  @Test
  void anExpiredSessionFreesWhatItHeldAndTheClientRecovers() throws Exception {
    Client client = newClient();
    Membership a = client.membership();
    Membership b = newClient().membership();
    MembershipRecorder recorder = new MembershipRecorder();
    MembershipRecorder others = new MembershipRecorder();
    a.subscribe(recorder);
    b.subscribe(others);
    Incarnation incarnation = done(a.join(H1, timeout()));
    Epoch epoch = elected(a.campaign("a", timeout()));
    expireSession(client);
    recorder.awaitConnection(Connection.LOST, patience());
    recorder.awaitConnection(Connection.CONNECTED, patience());
    others.awaitLease("the session's end", patience(), l -> !l.sessionPresent());
    assertThat(observe(b, H1)).isEqualTo(new Lease(H1, incarnation, 0, false));
    Outcome<Ack> renewed = a.renew(H1, incarnation, 1, timeout());
    assertFailed(renewed, Cause.EXPIRED);
    Epoch next = elected(b.campaign("b", timeout()));
    assertThat(next).isGreaterThan(epoch);
    assertThat(eventuallyDone(() -> a.join(H1, timeout()))).isGreaterThan(incarnation);
    assertThat(elected(a.takeOver("a", next, timeout()))).isGreaterThan(next);
  }

  @Test
  void aRestartOfTheServiceLosesNothing() throws Exception {
    Membership a = newClient().membership();
    Incarnation incarnation = done(a.join(H1, timeout()));
    done(a.renew(H1, incarnation, 4, timeout()));
    Epoch epoch = elected(a.campaign("a", timeout()));
    restartService();
    Lease lease = eventuallyDone(() -> a.observe(H1, timeout())).orElseThrow();
    assertThat(lease.incarnation()).isEqualTo(incarnation);
    assertThat(lease.sequence()).isEqualTo(4);
    Membership b = newClient().membership();
    assertThat(eventuallyDone(() -> b.join(H1, timeout()))).isGreaterThan(incarnation);
    Election election = eventuallyDone(() -> b.takeOver("b", epoch, timeout()));
    assertThat(election).isInstanceOf(Election.Elected.class);
    assertThat(((Election.Elected) election).epoch()).isGreaterThan(epoch);
  }

  private void awaitControllerNews(MembershipRecorder recorder, Callable<?> cause)
      throws Exception {
    recorder.clear();
    cause.call();
    recorder.awaitControllerChanged(patience());
  }

  private void assertUnknownWithin(Duration timeout, Callable<Outcome<?>> call) throws Exception {
    long start = System.nanoTime();
    assertThat(call.call()).isInstanceOf(Outcome.Unknown.class);
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isLessThan(timeout.plus(Duration.ofMillis(800)));
  }

  private Lease observe(Membership membership, HostId host) {
    return done(membership.observe(host, timeout())).orElseThrow();
  }

  private static Epoch elected(Outcome<Election> outcome) {
    assertThat(done(outcome)).isInstanceOf(Election.Elected.class);
    return ((Election.Elected) done(outcome)).epoch();
  }

  private static void assertOneElected(List<Election> elections) {
    List<Epoch> elected =
        elections.stream()
            .filter(Election.Elected.class::isInstance)
            .map(e -> ((Election.Elected) e).epoch())
            .toList();
    assertThat(elected).as("%s", elections).hasSize(1);
    assertThat(elections)
        .filteredOn(Election.LedBy.class::isInstance)
        .hasSize(elections.size() - 1)
        .allMatch(e -> ((Election.LedBy) e).epoch().equals(elected.get(0)));
  }
}
