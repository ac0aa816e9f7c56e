package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.assertFailed;
import static io.holdfast.testkit.CoordinationFixture.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Epoch;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Election;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Who becomes the controller, and with which epoch. */
interface ElectionRules extends MembershipRules {
  @Test
  default void oneIsElectedAndTheOthersAreToldWhom() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    Epoch epoch = elected(a.campaign("alpha", timeout()));
    assertThat(epoch).isGreaterThan(Epoch.NONE);
    assertThat(done(b.campaign("beta", timeout()))).isEqualTo(new Election.LedBy("alpha", epoch));
    assertThat(elected(a.campaign("alpha", timeout()))).isEqualTo(epoch);
  }

  @Test
  default void ofManyCandidatesAtOnceOneIsElected() throws Exception {
    List<Callable<Election>> candidacies = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Membership candidate = newClient().membership();
      String name = "c" + i;
      candidacies.add(() -> done(candidate.campaign(name, timeout())));
    }
    assertOneElected(atOnce(candidacies));
  }

  @Test
  default void epochsGrow() throws Exception {
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
  default void resigningWithoutThePlaceChangesNothing() throws Exception {
    Membership a = newClient().membership();
    Membership b = newClient().membership();
    done(b.resign(timeout()));
    Epoch epoch = elected(a.campaign("a", timeout()));
    done(b.resign(timeout()));
    assertThat(done(b.campaign("b", timeout()))).isEqualTo(new Election.LedBy("a", epoch));
  }

  @Test
  default void candidatesNamesAreChecked() throws Exception {
    Membership a = newClient().membership();
    for (String name : List.of("", "a b", "a/b", "-a", ".a", "x".repeat(65))) {
      assertThatThrownBy(() -> a.campaign(name, timeout()))
          .isInstanceOf(InvalidConfigException.class);
      assertThatThrownBy(() -> a.takeOver(name, Epoch.NONE, timeout()))
          .isInstanceOf(InvalidConfigException.class);
    }
  }

  @Test
  default void aTakeoverDeposesALivingController() throws Exception {
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
  default void aTakeoverOfAnEpochThatIsOverIsNone() throws Exception {
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
  default void takingOverFromOneselfChangesNothing() throws Exception {
    Membership a = newClient().membership();
    Epoch epoch = elected(a.campaign("a", timeout()));
    assertThat(elected(a.takeOver("a", epoch, timeout()))).isEqualTo(epoch);
  }

  @Test
  default void ofManyTakeoversAtOnceOneSucceeds() throws Exception {
    Epoch epoch = elected(newClient().membership().campaign("old", timeout()));
    List<Callable<Election>> candidacies = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Membership candidate = newClient().membership();
      String name = "c" + i;
      candidacies.add(() -> done(candidate.takeOver(name, epoch, timeout())));
    }
    assertOneElected(atOnce(candidacies));
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
