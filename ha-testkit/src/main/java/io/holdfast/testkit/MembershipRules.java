package io.holdfast.testkit;

import static io.holdfast.testkit.CoordinationFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;

/** What the themes of {@link Membership} have in common. */
interface MembershipRules extends CoordinationRules {
  HostId H1 = new HostId("h1");
  HostId H2 = new HostId("h2");

  default Lease observe(Membership membership, HostId host) {
    return done(membership.observe(host, timeout())).orElseThrow();
  }

  default Epoch elected(Outcome<Election> outcome) {
    assertThat(done(outcome)).isInstanceOf(Election.Elected.class);
    return ((Election.Elected) done(outcome)).epoch();
  }
}
