package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.PowerState;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.ReadRecord;
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
  void whatIsOverdueIsAskedForAgain() {
    isAnnounced();
    host1IsLost();
    int asked = script.all(ReadRecord.class).size();
    script.passes(TIMINGS.renewInterval());
    assertThat(script.all(ReadRecord.class)).hasSizeGreaterThan(asked);
    script.readEnds(HOST2, Outcome.unknown("no answer in time"));
    assertThat(isStartedElsewhere()).as("still owed").isFalse();
    isRead();
    assertThat(isStartedElsewhere()).isTrue();
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
    script.passes(TIMINGS.silence().multipliedBy(4));
    assertThat(script.told(HaEvent.ControllerStoodDown.class))
        .extracting(HaEvent.ControllerStoodDown::reason)
        .containsExactly("the store has not answered what it was asked");
  }
}
