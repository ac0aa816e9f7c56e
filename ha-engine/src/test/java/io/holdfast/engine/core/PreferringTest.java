package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostUse;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The platform compares hosts; what it throws is told of once, and decides nothing. */
class PreferringTest {
  private static final String[] HOSTS = {"host1", "host2", "host3"};

  private Optional<Throwable> thrown = Optional.empty();
  private final ControllerScript script = ControllerScript.withPreference(this::cost, HOSTS);

  /** The last host by name is the best. */
  private long cost(Workload workload, HostUse host) {
    thrown.ifPresent(PreferringTest::sneak);
    return -host.host().id().value().charAt(4);
  }

  /** As languages do that know no checked exceptions. */
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable any) throws T {
    throw (T) any;
  }

  private void leads(long epoch) {
    script.seesLeases().leads(epoch).allReport(HOSTS);
  }

  private List<String> isProtected(String id) {
    WorkloadConfig config = Scenes.newWorkload(id);
    script.put(config).reread(config.key());
    List<String> ordered = script.orderedOn(id);
    ordered.forEach(host -> script.reports(host));
    return ordered;
  }

  private List<HaEvent.Alarm> alarms() {
    return script.told(HaEvent.Alarm.class).stream()
        .filter(alarm -> alarm.subject().startsWith("host preference"))
        .toList();
  }

  @Test
  void theHostThatItPrefersIsTakenAndTheReasonSaysSo() {
    leads(1);
    assertThat(isProtected("vm:1")).containsExactly("host3");
    assertThat(isProtected("vm:2")).containsExactly("host3");
    assertThat(script.told(HaEvent.StartIntended.class))
        .extracting(HaEvent.StartIntended::why)
        .allMatch(why -> why.contains("preferred by own"));
    assertThat(alarms()).isEmpty();
  }

  @Test
  void whereItThrowsTheModeDecidesAndThatIsToldOnce() {
    leads(1);
    thrown = Optional.of(new IllegalStateException("no\nanswer"));
    assertThat(isProtected("vm:1")).containsExactly("host1");
    assertThat(isProtected("vm:2")).containsExactly("host2");
    assertThat(alarms())
        .containsExactly(
            new HaEvent.Alarm(
                "host preference own",
                "threw java.lang.IllegalStateException: no answer: where it does, hosts are"
                    + " compared by the policy's mode, BASIC"));
    thrown = Optional.empty();
    assertThat(isProtected("vm:3")).containsExactly("host3");
    thrown = Optional.of(new java.io.IOException("gone"));
    assertThat(isProtected("vm:4")).containsExactly("host1");
    assertThat(alarms()).as("within 10 minutes").hasSize(1);
  }

  @Test
  void itIsToldAnewWhenItHadWorkedForAWhileAndByTheNextController() {
    leads(1);
    thrown = Optional.of(new StackOverflowError());
    assertThat(isProtected("vm:1")).containsExactly("host1");
    script.passes(Preferring.QUIET.minus(Duration.ofSeconds(1)));
    assertThat(isProtected("vm:2")).containsExactly("host2");
    assertThat(alarms()).hasSize(1);
    script.passes(Preferring.QUIET);
    assertThat(isProtected("vm:3")).containsExactly("host3");
    assertThat(alarms()).hasSize(2);

    script.connection(Connection.LOST);
    leads(2);
    assertThat(isProtected("vm:4")).hasSize(1);
    assertThat(alarms()).hasSize(3);
  }

  @Test
  void aQuestionTellsNothingAndChangesNothing() {
    leads(1);
    assertThat(isProtected("vm:1")).containsExactly("host3");
    thrown = Optional.of(new AssertionError("broken"));
    assertThat(script.maintenancePlan("host3").steps()).hasSize(1);
    script.passes(Duration.ofSeconds(30));
    assertThat(alarms()).isEmpty();
  }

  @Test
  void itIsAskedUnderAnotherPolicyToo() {
    leads(1);
    ClusterConfig packed =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().placement(PlacementMode.PACKED).build());
    script.put(packed).reread(packed.key());
    assertThat(isProtected("vm:1")).containsExactly("host3");
  }

  @Test
  void aCoreIsGivenTheOneThatItsConfigurationNames() {
    ControllerConfig without =
        new ControllerConfig("c1", Timings.DEFAULT, Optional.empty(), new TreeMap<>());
    assertThatThrownBy(() -> new ControllerCore(without, Optional.of((w, h) -> 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a host preference without a name");
    ControllerConfig named =
        new ControllerConfig(
            "c1",
            Timings.DEFAULT,
            Optional.empty(),
            without.fencing(),
            List.of(),
            Optional.empty(),
            Optional.of("own"));
    assertThatThrownBy(() -> new ControllerCore(named))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the host preference own is not given");
  }
}
