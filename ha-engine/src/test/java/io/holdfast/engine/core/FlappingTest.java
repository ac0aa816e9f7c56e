package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Departure;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.HostReturns;
import io.holdfast.engine.record.HostReturns.Return;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A controller that has not seen a host come and go knows it from the one before. */
class FlappingTest {
  private static final Duration PAUSE = Duration.ofSeconds(20);
  private static final Key KEY = HostReturns.keyOf(new HostId("host1"));

  /** host1 has come back so many times, the last time just now. */
  private static ControllerScript cameBack(int times) {
    ControllerScript script = Scenes.threeHosts();
    for (int i = 0; i < times; i++) {
      comesBack(script);
    }
    return script;
  }

  private static void comesBack(ControllerScript script) {
    script.passes(PAUSE);
    script.joinsAgain("host1");
    script.reports("host1");
  }

  /** One that was started since, and leads now. */
  private static ControllerScript next(ControllerScript before) {
    return leads(successor(before));
  }

  /** One that was started since. */
  private static ControllerScript successor(ControllerScript before) {
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    before.store.values().forEach(next::put);
    Lease lease = before.leaseOf("host1");
    next.holds("host1", lease.incarnation().value(), lease.sequence());
    return next;
  }

  private static ControllerScript leads(ControllerScript next) {
    return next.seesLeases().leads(2).allReport("host1", "host2", "host3");
  }

  private static List<Waiting> waits(ControllerScript script) {
    return script.explainHost("host1").waitsFor();
  }

  private static Optional<HostReturns> stored(ControllerScript script) {
    return Optional.ofNullable((HostReturns) script.store.get(KEY));
  }

  @Test
  void itsQuarantineGoesOnFromWhereItWas() {
    ControllerScript script = cameBack(Flapping.MANY);
    Duration stayed = Duration.ofMinutes(4);
    script.passes(stayed);
    List<Waiting> waits = waits(next(script));
    assertThat(waits).extracting(Waiting::kind).containsExactly(Kind.QUARANTINE);
    assertThat(waits.get(0).remaining().orElseThrow())
        .isBetween(Flapping.QUIET.minus(stayed), Flapping.QUIET.minus(stayed).plus(PAUSE));
  }

  @Test
  void itIsOverWhenItWouldHaveBeen() {
    ControllerScript script = cameBack(Flapping.MANY);
    script.passes(Flapping.QUIET.minusSeconds(30));
    ControllerScript next = next(script);
    assertThat(waits(next)).extracting(Waiting::kind).containsExactly(Kind.QUARANTINE);
    next.passes(Duration.ofMinutes(1));
    assertThat(waits(next)).isEmpty();
    assertThat(waits(next(next))).isEmpty();
  }

  @Test
  void oneReturnMoreBeginsIt() {
    ControllerScript next = next(cameBack(Flapping.MANY - 1));
    assertThat(waits(next)).isEmpty();
    comesBack(next);
    assertThat(waits(next)).extracting(Waiting::kind).containsExactly(Kind.QUARANTINE);
  }

  @Test
  void fewReturnsAreNotWorthAWrite() {
    ControllerScript script = cameBack(Flapping.MANY - 2);
    assertThat(script.store).doesNotContainKey(KEY);
    comesBack(script);
    assertThat(script.store).containsKey(KEY);
  }

  @Test
  void oneThatWasPlannedDoesNotCountAndTakesNothingBack() {
    ControllerScript script = cameBack(Flapping.MANY - 1);
    List<Return> before = stored(script).orElseThrow().returns();
    script.leaves("host1", Departure.REBOOT, Stage.READY);
    script.reports("host1");
    comesBack(script);
    assertThat(stored(script).orElseThrow())
        .isEqualTo(
            new HostReturns(
                new HostId("host1"),
                script.incarnationOf("host1"),
                before.stream()
                    .map(once -> new Return(once.incarnation(), once.ago().plus(PAUSE)))
                    .toList()));
    assertThat(waits(next(script))).isEmpty();
  }

  @Test
  void itIsForgottenOnceNothingOfItCounts() {
    ControllerScript script = cameBack(Flapping.MANY);
    script.passes(Flapping.FORGOTTEN);
    assertThat(stored(script)).isPresent();
    script.passes(PAUSE);
    assertThat(stored(script)).isEmpty();
  }

  @Test
  void soItIsByOneThatHasOnlyReadOfIt() {
    ControllerScript next = next(cameBack(Flapping.MANY));
    assertThat(stored(next)).isPresent();
    next.passes(Flapping.FORGOTTEN.plus(PAUSE));
    assertThat(stored(next)).isEmpty();
  }

  @Test
  void thatOfAHostThatIsNotRegisteredAnyMoreIsForgotten() {
    ControllerScript before = cameBack(Flapping.MANY);
    ControllerScript next = new ControllerScript("host2", "host3");
    next.put(stored(before).orElseThrow());
    next.seesLeases().leads(2).allReport("host2", "host3");
    assertThat(stored(next)).isEmpty();
  }

  @Test
  void aFenceIsAnotherMatter() {
    ControllerScript script = cameBack(Flapping.MANY - 1);
    Optional<HostReturns> before = stored(script);
    assertThat(script.store).doesNotContainKey(new Key(Table.FENCE, "host1"));
    Scenes.saysDown(script, "host1", script.incarnationOf("host1").value(), "an operator");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.told(HaEvent.HostFenced.class))
        .extracting(HaEvent.HostFenced::host)
        .containsExactly(new HostId("host1"));
    assertThat(stored(script)).isEqualTo(before).isPresent();
  }

  @Test
  void aReturnThatNobodyLedForCounts() {
    ControllerScript before = cameBack(Flapping.MANY - 1);
    ControllerScript next = successor(before);
    next.holds("host1", before.incarnationOf("host1").value() + 1, 0);
    leads(next);
    assertThat(waits(next)).extracting(Waiting::kind).containsExactly(Kind.QUARANTINE);
    assertThat(alarms(next)).hasSize(1);
    assertThat(alarms(next(next))).isEmpty();
  }

  @Test
  void whatAStandbySawCountsBesideWhatIsStored() {
    ControllerScript before = cameBack(Flapping.MANY - 1);
    ControllerScript standby = successor(before);
    standby.seesLeases();
    standby.passes(PAUSE);
    standby.joinsAgain("host1");
    standby.leads(2).allReport("host1", "host2", "host3");
    assertThat(waits(standby)).extracting(Waiting::kind).containsExactly(Kind.QUARANTINE);
    assertThat(waits(standby).get(0).remaining().orElseThrow())
        .isBetween(Flapping.QUIET.minus(PAUSE), Flapping.QUIET);
  }

  @Test
  void whatAStandbySawAloneIsToldAndStored() {
    ControllerScript standby = new ControllerScript("host1", "host2", "host3").seesLeases();
    for (int i = 0; i < Flapping.MANY; i++) {
      standby.passes(PAUSE);
      standby.joinsAgain("host1");
    }
    standby.leads(2).allReport("host1", "host2", "host3");
    assertThat(alarms(standby)).hasSize(1);
    assertThat(waits(next(standby))).extracting(Waiting::kind).containsExactly(Kind.QUARANTINE);
    assertThat(alarms(next(standby))).isEmpty();
  }

  @Test
  void moreReturnsTakeNothingFromAQuarantine() {
    ControllerScript script = cameBack(Flapping.MANY - 1);
    script.passes(Flapping.WINDOW.minus(PAUSE.multipliedBy(Flapping.MANY)));
    comesBack(script);
    assertThat(waits(script)).extracting(Waiting::kind).containsExactly(Kind.QUARANTINE);
    script.passes(PAUSE.multipliedBy(2));
    comesBack(script);
    assertThat(waits(next(script)).get(0).remaining().orElseThrow())
        .isCloseTo(waits(script).get(0).remaining().orElseThrow(), PAUSE);
  }

  @Test
  void aReturnAsPlannedThatNobodyLedForDoesNotCount() {
    ControllerScript before = cameBack(Flapping.MANY - 1);
    before.leaves("host1", Departure.REBOOT, Stage.READY);
    before.reports("host1");
    ControllerScript next = successor(before);
    next.holds("host1", before.incarnationOf("host1").value() + 1, 0);
    next.seesLeases().leads(2).allReport("host2", "host3");
    assertThat(waits(next)).extracting(Waiting::kind).doesNotContain(Kind.QUARANTINE);
    assertThat(alarms(next)).isEmpty();
  }

  @Test
  void itCountsFromWhenTheLeaseIsKnown() {
    ControllerScript before = cameBack(Flapping.MANY);
    ControllerScript next = successor(before);
    next.holds("host1", before.incarnationOf("host1").value(), 1_000_000);
    next.leads(2).allReport("host2", "host3");
    assertThat(waits(next)).extracting(Waiting::kind).doesNotContain(Kind.QUARANTINE);
    next.seesLeases().allReport("host1", "host2", "host3");
    assertThat(waits(next)).isEmpty();
    assertThat(alarms(next)).isEmpty();
  }

  @Test
  void oneThatCannotBeReadIsLeftAsItIs() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(new StateRecord.Unreadable(KEY, "corrupt"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    for (int i = 0; i < Flapping.MANY; i++) {
      comesBack(script);
    }
    assertThat(script.store.get(KEY)).isInstanceOf(StateRecord.Unreadable.class);
    assertThat(waits(script)).extracting(Waiting::kind).containsExactly(Kind.QUARANTINE);
  }

  private static List<HaEvent.Alarm> alarms(ControllerScript script) {
    return script.told(HaEvent.Alarm.class).stream()
        .filter(alarm -> alarm.reason().startsWith("came back"))
        .toList();
  }
}
