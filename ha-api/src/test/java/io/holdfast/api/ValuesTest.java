package io.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.FenceOutcome.AlreadyThere;
import io.holdfast.api.FenceOutcome.AuthenticationFailed;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the small values promise. */
class ValuesTest {

  @Test
  void aDefinitionDoesNotShowItsText() {
    Definition definition = new Definition("<graphics passwd='hunter2'/>");
    assertThat(definition.toString()).isEqualTo("Definition[28 characters]");
    assertThatThrownBy(() -> new Definition("hunter2".repeat(Definition.MAX_LENGTH)))
        .message()
        .doesNotContain("hunter2");
  }

  @Test
  void whatIsLeftOfAHostIsWhatIsNotTaken() {
    HostUse use =
        new HostUse(Host.of("host1", Capacity.of(8, 100)), Capacity.of(Map.of("cpu", 9L)), 3);
    assertThat(use.free("cpu")).isEqualTo(-1);
    assertThat(use.free("memory")).isEqualTo(100);
    assertThat(use.free("disk")).isEqualTo(Long.MAX_VALUE);
    assertThatThrownBy(() -> new HostUse(use.host(), use.taken(), -1))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("hostUse.workloads: found -1, allowed: 0 or greater");
  }

  @Test
  void aLeaseThatWasNotSilentForLongEnoughIsNoEvidence() {
    Duration required = Duration.ofSeconds(17);
    assertThat(new Evidence.LeaseExpired(required, required).waited()).isEqualTo(required);
    assertThatThrownBy(() -> new Evidence.LeaseExpired(required.minusNanos(1), required))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("evidence.waited: found PT16.999999999S, allowed: at least PT17S");
  }

  @Test
  void onlyAStateThatWasReadProvesAnything() {
    for (PowerState state : PowerState.values()) {
      for (PowerState wanted : PowerState.values()) {
        assertThat(new Confirmed(state).proves(wanted)).isEqualTo(state == wanted);
        assertThat(new AlreadyThere(state).proves(wanted)).isEqualTo(state == wanted);
      }
      for (FenceOutcome silent : withoutAState()) {
        assertThat(silent.proves(state)).as("%s proves %s", silent, state).isFalse();
      }
    }
  }

  @Test
  void everyFenceOutcomeDescribesItselfInOneLine() {
    for (FenceOutcome outcome : withoutAState()) {
      assertThat(outcome.describe()).contains("because").doesNotContain("\n");
    }
    assertThat(new Confirmed(PowerState.OFF).describe()).isEqualTo("read the power as OFF");
    assertThat(new AlreadyThere(PowerState.ON).describe())
        .isEqualTo("read the power as ON before acting");
  }

  private static List<FenceOutcome> withoutAState() {
    return List.of(
        new Refused("because"),
        new Unreachable("because"),
        new AuthenticationFailed("because"),
        new TimedOut("because"));
  }

  @Test
  void mappingAnOutcomeTouchesOnlyItsValue() {
    assertThat(Outcome.done(4).map(n -> n + 1)).isEqualTo(Outcome.done(5));
    assertThat(Outcome.<Integer>failed(Outcome.Cause.HELD, "why").map(n -> n + 1))
        .isEqualTo(Outcome.failed(Outcome.Cause.HELD, "why"));
    assertThat(Outcome.<Integer>unknown("why").map(n -> n + 1)).isEqualTo(Outcome.unknown("why"));
  }

  @Test
  void unknownIsNeitherDoneNorFailed() {
    Outcome<Integer> unknown = Outcome.unknown("time-out");
    assertThat(unknown.isDone()).isFalse();
    assertThat(unknown).isNotInstanceOf(Outcome.Failed.class);
    assertThat(Outcome.ok().isDone()).isTrue();
  }

  @Test
  void orderedValuesCompareByTheirNumbers() {
    assertThat(new Epoch(10)).isGreaterThan(new Epoch(9));
    assertThat(new Incarnation(10)).isGreaterThan(new Incarnation(9));
    assertThat(new OpId(1, 100)).isLessThan(new OpId(2, 1));
    assertThat(new OpId(2, 9)).isLessThan(new OpId(2, 10));
    assertThat(Priority.CRITICAL).isGreaterThan(new Priority(399));
    assertThat(new Priority(-3)).isLessThan(Priority.LOW).hasToString("-3");
    assertThat(Priority.HIGH).hasToString("High");
  }

  @Test
  void aLineForPeopleIsOneBoundedLine() {
    assertThat(Names.checkLine("workload.lock", "backup of ä\u00f1")).isNotEmpty();
    assertThat(Names.isLine("y".repeat(200), Names.LONGEST_LINE)).isTrue();
    for (String bad : List.of("", " ", "a\nb", "a\u2028b", "\u0000")) {
      assertThatThrownBy(() -> Names.checkLine("workload.lock", bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("workload.lock: found \"")
          .hasMessageEndingWith("allowed: one line of 1 to 200 characters")
          .extracting(e -> String.valueOf(e.getMessage()).lines().count())
          .isEqualTo(1L);
    }
    assertThatThrownBy(() -> Names.checkLine("workload.lock", "y".repeat(2000)))
        .hasMessageStartingWith("workload.lock: found 2000 characters");
  }
}
