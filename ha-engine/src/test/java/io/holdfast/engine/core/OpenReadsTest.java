package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.PowerState;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.ReadRecord;
import io.holdfast.engine.core.ControllerEffect.ReadState;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** vm:1 ran on host1, which is lost, and another host may have told that it runs there already. */
class OpenReadsTest {
  private static final Key HOST2 = new Key(Table.REPORT, "host2");

  private ControllerScript script = Scenes.vmOnHost1();

  @BeforeEach
  void itRuns() {
    script = Scenes.vmOnHost1();
  }

  private void host1IsLost() {
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
  }

  private void isAnnounced() {
    script.readsHang(HOST2, true);
    script.dirties(HOST2);
  }

  private void isRead() {
    script.readsHang(HOST2, false);
    script.passes(TIMINGS.renewInterval());
  }

  private boolean isStartedElsewhere() {
    return !script.orderedOn("vm:1").stream()
        .filter(host -> !host.equals("host1"))
        .toList()
        .isEmpty();
  }

  @Test
  void whatWasAnnouncedIsReadBeforeAnythingIsStarted() {
    isAnnounced();
    host1IsLost();
    assertThat(isStartedElsewhere()).isFalse();
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Waiting.Kind.STORE);
    isRead();
    assertThat(isStartedElsewhere()).isTrue();
  }

  @Test
  void whoWasMovedByHandIsFoundByIt() {
    script.readsHang(HOST2, true);
    script.reports("host2", "vm:1");
    host1IsLost();
    isRead();
    assertThat(script.orderedOn("vm:1")).last().isEqualTo("host2");
    assertThat(script.told(HaEvent.StartIntended.class))
        .filteredOn(start -> start.workload().equals(WorkloadId.parse("vm:1")))
        .extracting(HaEvent.StartIntended::why)
        .last()
        .isEqualTo("it was found running there");
  }

  @Test
  void whatWasAnnouncedJustNowHoldsNothingUp() {
    script.fallsSilent("host1");
    script.silencePasses();
    isAnnounced();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(isStartedElsewhere()).isTrue();
  }

  @Test
  void whatCouldNotBeReadIsStillOwedAndReadAgain() {
    isAnnounced();
    host1IsLost();
    script.readEnds(HOST2, Outcome.unknown("no answer in time"));
    assertThat(isStartedElsewhere()).as("still owed").isFalse();
    int asked = script.all(ReadRecord.class).size();
    script.passes(TIMINGS.renewInterval());
    assertThat(script.all(ReadRecord.class)).hasSizeGreaterThan(asked);
    isRead();
    assertThat(isStartedElsewhere()).isTrue();
  }

  @Test
  void afterAReconnectAllIsComparedFirst() {
    script.fallsSilent("host1");
    script.silencePasses();
    script.connection(Connection.SUSPENDED);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    script.comparisonsHang(true);
    script.connection(Connection.CONNECTED);
    assertThat(isStartedElsewhere()).isFalse();
    script.comparisonsHang(false);
    script.passes(TIMINGS.renewInterval());
    assertThat(isStartedElsewhere()).isTrue();
  }

  /** Asked for anew before it was answered, no answer would ever count. */
  @Test
  void aSlowStoreIsAskedForOneComparisonAfterTheOther() {
    script.comparisonsHang(true);
    int asked = script.all(ReadState.class).size();
    for (int feed = 0; feed < 7; feed++) {
      script.resyncs();
    }
    host1IsLost();
    script.passes(TIMINGS.renewInterval().multipliedBy(3));
    assertThat(script.all(ReadState.class)).hasSize(asked + 1);
    assertThat(isStartedElsewhere()).isFalse();
    script.stateReadEnds(Outcome.done(List.copyOf(script.store.values())));
    assertThat(script.all(ReadState.class)).hasSize(asked + 2);
    assertThat(isStartedElsewhere()).as("this one was asked for before that").isFalse();
    script.stateReadEnds(Outcome.done(List.copyOf(script.store.values())));
    assertThat(isStartedElsewhere()).isTrue();
    assertThat(script.told(HaEvent.ControllerStoodDown.class)).isEmpty();
  }

  /** It may have been moved away before its host went down, and another has told so. */
  @Test
  void whereItWasItIsOnlyKeptUntilThat() {
    script.fallsSilent("host1");
    isAnnounced();
    script.passes(TIMINGS.renewInterval());
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.KEEP);
  }

  @Test
  void whereChangesMayHaveBeenMissedAllIsComparedFirst() {
    script.comparisonsHang(true);
    script.resyncs();
    host1IsLost();
    assertThat(isStartedElsewhere()).isFalse();
    script.comparisonsHang(false);
    script.passes(TIMINGS.renewInterval());
    assertThat(isStartedElsewhere()).isTrue();
  }

  @Test
  void whoIsNotAnsweredLeavesItToAnother() {
    isAnnounced();
    host1IsLost();
    script.passes(Duration.ofMinutes(2));
    script.passes(TIMINGS.resyncInterval());
    assertThat(script.all(ControllerEffect.Resign.class)).isNotEmpty();
    assertThat(script.told(HaEvent.ControllerStoodDown.class))
        .extracting(HaEvent.ControllerStoodDown::reason)
        .containsExactly("the store has not answered what it was asked");
  }

  @Test
  void norDoesOneWhoseComparisonIsNotAnsweredLead() {
    script.comparisonsHang(true);
    script.passes(TIMINGS.resyncInterval());
    script.passes(Duration.ofMinutes(2));
    script.passes(TIMINGS.resyncInterval());
    assertThat(script.told(HaEvent.ControllerStoodDown.class)).hasSize(1);
  }
}
