package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostState;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerEffect.ReadLeases;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Leases that cannot be read are read again, and what is wrong with them is told. */
class LeasesTest {

  @Test
  void leasesThatCouldNotBeReadAreReadAgain() {
    ControllerScript script = new ControllerScript("host1");
    script.storeFallsSilent();
    script.connection(Connection.CONNECTED);
    script.leasesReadEnds(Outcome.unknown("no answer"));
    assertThat(script.open(ReadLeases.class)).isEmpty();

    script.passes(TIMINGS.renewInterval());
    script.leasesReadEnds(Outcome.failed(Cause.ERROR, "refused"));
    script.passes(TIMINGS.renewInterval());
    script.leasesReadEnds(Outcome.done(List.of()));
    script.passes(Duration.ofMinutes(1));
    assertThat(script.all(ReadLeases.class)).hasSize(3);
  }

  @Test
  void leasesAreNotReadWhileTheConnectionIsInterrupted() {
    ControllerScript script = new ControllerScript("host1");
    script.storeFallsSilent();
    script.connection(Connection.CONNECTED);
    script.leasesReadEnds(Outcome.unknown("no answer"));
    script.connection(Connection.SUSPENDED);
    script.passes(Duration.ofMinutes(1));
    assertThat(script.all(ReadLeases.class)).hasSize(1);

    script.connection(Connection.CONNECTED);
    assertThat(script.open(ReadLeases.class)).hasSize(1);
  }

  @Test
  void aLeaseThatIsCorruptIsToldOfOnceAndAccusesNobody() {
    ControllerScript script = Scenes.vmOnHost1();
    script.storeFallsSilent();
    script.fallsSilent("host1");
    script.silencePasses();
    script.leaseCheckEnds(Outcome.failed(Cause.INVALID, "not a lease"));
    script.passes(TIMINGS.renewInterval());
    script.leaseCheckEnds(Outcome.failed(Cause.INVALID, "not a lease"));

    assertThat(script.told(HaEvent.RecordRejected.class))
        .containsExactly(new HaEvent.RecordRejected("lease host1", "not a lease"));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    assertThat(script.infoOf("host1").reason()).contains("its lease cannot be read: not a lease");
    assertThat(script.all(AskDevice.class))
        .noneMatch(ask -> ask.operation() == DeviceOperation.OFF);

    script.storeAnswers();
    script.isHeardAgain("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.infoOf("host1").reason()).isEqualTo("renews its lease");
  }
}
