package io.holdfast.engine.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockBlock.Ownership;
import io.holdfast.engine.lease.LockEffect.Answer;
import io.holdfast.engine.lease.LockEvent.Written;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Two hosts and one lock, on devices that do what the test says. */
class LockCoreTest {
  private static final int HOSTS = 3;
  private static final WorkloadId WORKLOAD = WorkloadId.parse("vm:1");
  private static final Owner FIRST = new Owner(0, new HostId("h1"), new Incarnation(1));
  private static final Owner SECOND = new Owner(1, new HostId("h2"), new Incarnation(2));

  private final List<List<LockBlock>> disks = new ArrayList<>();
  private final List<Integer> silent = new ArrayList<>();
  private final List<LockEffect> underWay = new ArrayList<>();
  private final List<Integer> forgetful = new ArrayList<>();
  private final List<Integer> failing = new ArrayList<>();
  private final List<LockEffect.Write> ghosts = new ArrayList<>();
  private final List<LockBlock> written = new ArrayList<>();
  private final List<Integer> writtenTo = new ArrayList<>();
  private final List<Integer> damaged = new ArrayList<>();
  private long now;

  private LockCore core(Owner me, long writer) {
    while (disks.size() < 3) {
      List<LockBlock> blocks = new ArrayList<>();
      for (int slot = 0; slot < HOSTS; slot++) {
        blocks.add(LockBlock.empty(0, slot));
      }
      disks.add(blocks);
    }
    return new LockCore(
        new LockConfig(
            0,
            WORKLOAD,
            me,
            writer,
            HOSTS,
            disks.size(),
            Duration.ofSeconds(10),
            Duration.ofMillis(100)));
  }

  private Optional<Answer> tell(LockCore core, LockEvent event) {
    Optional<Answer> answer = Optional.empty();
    List<LockEffect> effects = new ArrayList<>(core.step(event));
    while (!effects.isEmpty()) {
      LockEffect effect = effects.remove(0);
      if (effect instanceof LockEffect.Answered answered) {
        answer = Optional.of(answered.answer());
        continue;
      }
      int device =
          effect instanceof LockEffect.Read read
              ? read.device()
              : ((LockEffect.Write) effect).device();
      if (silent.contains(device)) {
        underWay.add(effect);
      } else {
        effects.addAll(core.step(answer(effect)));
      }
    }
    return answer;
  }

  private LockEvent answer(LockEffect effect) {
    if (effect instanceof LockEffect.Write write) {
      written.add(write.block());
      writtenTo.add(write.device());
      if (failing.contains(write.device())) {
        ghosts.add(write); // it has failed, and is still on its way
      } else if (!forgetful.contains(write.device())) {
        disks.get(write.device()).set(write.block().slot(), write.block());
      }
      Written how = failing.contains(write.device()) ? Written.UNKNOWN : Written.DONE;
      return new LockEvent.WriteEnded(now, write.device(), write.op(), how);
    }
    LockEffect.Read read = (LockEffect.Read) effect;
    List<Reading<LockBlock>> blocks = new ArrayList<>();
    disks.get(read.device()).forEach(block -> blocks.add(new Reading.Sound<>(block)));
    if (damaged.contains(read.device())) {
      Finding finding = new Finding(Kind.DAMAGED, "/dev/x", 8192, "checksum");
      blocks.set(2, new Reading.Unsound<>(finding));
    }
    return new LockEvent.BlocksRead(now, read.device(), read.op(), blocks);
  }

  private Optional<Answer> acquire(LockCore core, Owner... gone) {
    return tell(core, new LockEvent.Acquire(now, List.of(gone).stream().findFirst()));
  }

  private static Answer held(Owner owner, long token) {
    return new Answer.HeldBy(new Ownership(token, owner, false));
  }

  @Test
  void whoeverComesFirstOwnsIt() {
    LockCore first = core(FIRST, 10);
    LockCore second = core(SECOND, 20);
    assertThat(acquire(first)).contains(new Answer.Acquired(1));
    assertThat(acquire(second)).contains(held(FIRST, 1));
    assertThat(acquire(first)).as("asked again").contains(new Answer.Acquired(1));
  }

  @Test
  void anOwnerIsReplacedOnlyOnEvidenceAboutExactlyThatOne() {
    LockCore first = core(FIRST, 10);
    LockCore second = core(SECOND, 20);
    acquire(first);
    Owner later = new Owner(0, new HostId("h1"), new Incarnation(2));
    assertThat(acquire(second, later)).contains(held(FIRST, 1));
    assertThat(acquire(second, FIRST)).contains(new Answer.Acquired(2));
    assertThat(acquire(first)).contains(held(SECOND, 2));
  }

  @Test
  void whatIsReleasedIsFreeForAnyoneWithAGreaterToken() {
    LockCore first = core(FIRST, 10);
    LockCore second = core(SECOND, 20);
    acquire(first);
    assertThat(tell(first, new LockEvent.Release(now))).contains(new Answer.Released());
    assertThat(acquire(second)).contains(new Answer.Acquired(2));
    assertThat(tell(first, new LockEvent.Release(now)))
        .as("of what it does not own any more")
        .contains(new Answer.Released());
    assertThat(acquire(core(FIRST, 11))).contains(held(SECOND, 2));
  }

  @Test
  void aNewIncarnationOfTheOwnerDoesNotInherit() {
    acquire(core(FIRST, 10));
    LockCore next = core(new Owner(0, FIRST.host(), new Incarnation(9)), 11);
    assertThat(acquire(next)).contains(held(FIRST, 1));
    assertThat(acquire(next, FIRST)).contains(new Answer.Acquired(2));
  }

  @Test
  void whatAnotherHasProposedIsFinishedNotReplaced() {
    LockCore first = core(FIRST, 10);
    disks.forEach(
        blocks ->
            blocks.set(
                1,
                new LockBlock(
                    0,
                    1,
                    Optional.of(WORKLOAD),
                    1,
                    2,
                    2,
                    Optional.of(SECOND),
                    Optional.empty(),
                    20)));
    assertThat(acquire(first)).contains(held(SECOND, 1));
    assertThat(acquire(core(SECOND, 20))).contains(new Answer.Acquired(1));
  }

  @Test
  void withoutMoreThanHalfOfTheDevicesTheOutcomeIsUnknown() {
    LockCore first = core(FIRST, 10);
    silent.addAll(List.of(0, 1));
    assertThat(acquire(first)).isEmpty();
    now = Duration.ofSeconds(10).toNanos();
    assertThat(first.nextWakeup()).isEqualTo(now);
    assertThat(tell(first, new LockEvent.Tick(now)))
        .contains(
            new Answer.Unknown("not answered in PT10S; device 0: no answer; device 1: no answer"));
    silent.clear();
    assertThat(acquire(first)).as("two devices still hang").isEmpty();
    for (LockEffect late : List.copyOf(underWay)) {
      underWay.remove(late);
      Optional<Answer> answer = tell(first, answer(late));
      if (answer.isPresent()) {
        assertThat(answer).contains(new Answer.Acquired(1));
        return;
      }
    }
    assertThat(underWay).as("an answer by now").isNotEmpty();
  }

  @Test
  void aDeviceAmongThreeMayHang() {
    LockCore first = core(FIRST, 10);
    silent.add(1);
    assertThat(acquire(first)).contains(new Answer.Acquired(1));
    silent.clear();
    silent.add(0);
    assertThat(acquire(core(SECOND, 20))).contains(held(FIRST, 1));
  }

  @Test
  void aBlockThatCannotBeReadIsNoVoteAgainstAnyone() {
    damaged.addAll(List.of(0, 1, 2));
    assertThat(acquire(core(FIRST, 10)))
        .contains(
            new Answer.Unknown(
                "too few devices; device 0: /dev/x at byte 8192: DAMAGED: checksum; device 1:"
                    + " /dev/x at byte 8192: DAMAGED: checksum; device 2: no answer"));
    assertThat(disks.get(0)).allMatch(block -> block.workload().isEmpty());
  }

  /** Never two: it may be another cluster's by now, and hold the slot of a host there. */
  @Test
  void aDeviceThatIsFoundDamagedOrHasNotBeenLookedAtYetIsNotWritten() {
    for (int device = 0; device < 3; device++) {
      disks.clear();
      damaged.clear();
      writtenTo.clear();
      LockCore first = core(FIRST, 10); // the last device is slower than the two others
      damaged.add(device);
      assertThat(acquire(first)).contains(new Answer.Acquired(1));
      assertThat(writtenTo).isNotEmpty().doesNotContain(device);
      damaged.clear();
      assertThat(tell(first, new LockEvent.Release(now))).contains(new Answer.Released());
      assertThat(acquire(first)).contains(new Answer.Acquired(2));
      assertThat(writtenTo).as("once it is sound again").contains(device);
      writtenTo.clear();
      damaged.add(device); // in the meantime
      assertThat(tell(first, new LockEvent.Release(now))).contains(new Answer.Released());
      assertThat(writtenTo).isNotEmpty().doesNotContain(device);
    }
  }

  private void cleared() {
    for (List<LockBlock> blocks : disks) {
      blocks.replaceAll(block -> LockBlock.empty(0, block.slot()));
    }
  }

  /** Never two: another may own it by now, with a token that is as great, or less. */
  @Test
  void whoeverHasOwnedALockThatWasClearedSinceOwnsNothing() {
    for (boolean released : new boolean[] {false, true}) {
      disks.clear();
      LockCore first = core(FIRST, 10);
      acquire(first);
      if (released) {
        tell(first, new LockEvent.Release(now));
      }
      cleared();
      assertThat(acquire(core(SECOND, 20))).contains(new Answer.Acquired(1));
      assertThat(acquire(first).orElseThrow())
          .isInstanceOfSatisfying(
              Answer.Spent.class,
              spent ->
                  assertThat(spent.detail()).contains("shows another block than it has acknowl"));
    }
  }

  /** Never two: it has been cleared since, and another owns it with a lesser token. */
  @Test
  void whatNoDeviceShowsAnyMoreIsNotBuiltUpon() {
    LockCore first = core(FIRST, 10);
    Ownership known = new Ownership(5, SECOND, true);
    disks.get(0).set(2, blockOf(2, known));
    for (LockEffect effect : looked(first)) {
      if (effect instanceof LockEffect.Write write) {
        first.step(new LockEvent.WriteEnded(now, write.device(), write.op(), Written.NOT_BEGUN));
      }
    }
    assertThat(first.isBusy()).isFalse();
    cleared();
    Owner third = new Owner(2, new HostId("h3"), new Incarnation(3));
    assertThat(acquire(core(third, 30))).contains(new Answer.Acquired(1));
    assertThat(acquire(first))
        .contains(new Answer.Unknown("no device shows what was known: " + known.describe()));
  }

  private static LockBlock blockOf(int slot, Ownership known) {
    return new LockBlock(
        0, slot, Optional.of(WORKLOAD), 0, 0, 0, Optional.empty(), Optional.of(known), 30);
  }

  /** Never two: what only one device shows of a release makes it another's all the same. */
  @Test
  void whatItHasReleasedItDoesNotOwnThoughDevicesStillShowItSo() {
    LockCore first = core(FIRST, 10);
    assertThat(acquire(first)).contains(new Answer.Acquired(1));
    List<LockEffect> effects = new ArrayList<>(first.step(new LockEvent.Release(now)));
    boolean written = false;
    while (!effects.isEmpty()) {
      LockEffect effect = effects.remove(0);
      if (effect instanceof LockEffect.Write write && written) {
        first.step(new LockEvent.WriteEnded(now, write.device(), write.op(), Written.NOT_BEGUN));
      } else if (!(effect instanceof LockEffect.Answered)) {
        written |= effect instanceof LockEffect.Write;
        effects.addAll(first.step(answer(effect)));
      }
    }
    assertThat(first.isBusy()).isFalse();
    silent.add(0); // which alone shows the release
    assertThat(acquire(first)).contains(new Answer.Acquired(2));
  }

  @Test
  void aDeviceThatKeepsNotWhatItHasAcknowledgedCountsForNothing() {
    LockCore first = core(FIRST, 10);
    forgetful.add(0);
    assertThat(acquire(first)).contains(new Answer.Acquired(1));
    LockCore second = core(SECOND, 20);
    disks.get(0).set(1, blockOf(SECOND, 1, 2, 0, Optional.empty(), 20));
    forgetful.add(1);
    assertThat(acquire(second, FIRST).orElseThrow())
        .isInstanceOfSatisfying(
            Answer.Spent.class,
            spent -> assertThat(spent.detail()).contains("shows another block than it has ackn"));
  }

  @Test
  void anotherProcessThatWritesToTheSameBlockIsFound() {
    LockCore first = core(FIRST, 10);
    List<LockEffect> writes = looked(first);
    LockBlock other = blockOf(FIRST, 1, 4, 0, Optional.empty(), 11);
    for (LockEffect effect : writes) {
      if (!(effect instanceof LockEffect.Write write)) {
        continue; // a device that is slower is looked at first
      }
      List<LockEffect> reads =
          first.step(new LockEvent.WriteEnded(now, write.device(), write.op(), Written.DONE));
      disks.get(write.device()).set(0, other);
      for (LockEffect read : reads) {
        if (read instanceof LockEffect.Read again) {
          for (LockEffect told : first.step(answer(again))) {
            assertThat(told)
                .isEqualTo(
                    new LockEffect.Answered(
                        new Answer.Refused("another process writes to block 0 of the lock")));
          }
        }
      }
    }
    assertThat(first.isBusy()).isFalse();
  }

  /** Lets it look at all devices, and returns what it does then. */
  private List<LockEffect> looked(LockCore core) {
    List<LockEffect> next = new ArrayList<>();
    for (LockEffect read : core.step(new LockEvent.Acquire(now, Optional.empty()))) {
      next.addAll(core.step(answer(read)));
    }
    return next;
  }

  private static LockBlock blockOf(
      Owner writer, long instance, long ballot, long accepted, Optional<Owner> value, long by) {
    return new LockBlock(
        0,
        writer.slot(),
        Optional.of(WORKLOAD),
        instance,
        ballot,
        accepted,
        value,
        Optional.empty(),
        by);
  }

  /** Never two: it may have been decided, and its process may have been told so. */
  @Test
  void whatAFormerProcessOfTheSameHostHasProposedIsFinished() {
    LockCore next = core(new Owner(0, FIRST.host(), new Incarnation(9)), 11);
    LockBlock vote = blockOf(FIRST, 1, 1, 1, Optional.of(FIRST), 10);
    disks.get(0).set(0, vote);
    disks.get(1).set(0, vote);
    assertThat(acquire(next)).contains(held(FIRST, 1));
    assertThat(written).as("the vote stands in every block").allMatch(b -> b.accepted() > 0);
  }

  /** Never two: a ballot that was only begun says nothing of what was voted for in one below. */
  @Test
  void whatAFormerProcessHasVotedForStandsAlsoWhereAnotherDeviceShowsAHigherBallot() {
    LockCore next = core(new Owner(0, FIRST.host(), new Incarnation(9)), 11);
    disks.get(0).set(0, blockOf(FIRST, 1, 10, 0, Optional.empty(), 9));
    disks.get(2).set(0, blockOf(FIRST, 1, 7, 7, Optional.of(SECOND), 10));
    silent.add(1);
    assertThat(acquire(next)).contains(held(SECOND, 1));
    assertThat(written)
        .as("in a ballot above both, and with the vote in it")
        .allMatch(block -> block.ballot() > 10 && block.proposal().equals(Optional.of(SECOND)));
  }

  @Test
  void aVoteStaysInTheBlockWhenItAsksAgain() {
    LockCore first = core(FIRST, 10);
    silent.add(2);
    List<LockEffect> effects = looked(first);
    while (written.stream().noneMatch(block -> block.accepted() > 0)) {
      LockEffect effect = effects.remove(0);
      if (on(effect) != 2) {
        effects.addAll(first.step(answer(effect)));
      }
    }
    now = Duration.ofSeconds(10).toNanos();
    assertThat(tell(first, new LockEvent.Tick(now)).orElseThrow())
        .isInstanceOf(Answer.Unknown.class);
    written.clear();
    silent.clear();
    disks.get(0).set(1, blockOf(SECOND, 1, 5, 0, Optional.empty(), 20));
    disks.get(1).set(1, blockOf(SECOND, 1, 5, 0, Optional.empty(), 20));
    acquire(first);
    for (LockEffect late : effects) {
      tell(first, answer(late));
    }
    assertThat(written).isNotEmpty();
    assertThat(written)
        .allMatch(block -> block.accepted() > 0 && block.proposal().equals(Optional.of(FIRST)));
  }

  private static int on(LockEffect effect) {
    return effect instanceof LockEffect.Read read
        ? read.device()
        : ((LockEffect.Write) effect).device();
  }

  /** Never two: both have voted, and each would decide what it has proposed itself. */
  @Test
  void whoeverIsOutbidBetweenItsVotesStartsAnew() {
    LockCore first = core(FIRST, 10);
    List<LockEffect> effects = looked(first);
    while (written.stream().noneMatch(block -> block.ballot() > 0)
        || effects.stream().noneMatch(LockEffect.Read.class::isInstance)) {
      effects.addAll(first.step(answer(effects.remove(0))));
    }
    LockBlock higher = blockOf(SECOND, 1, 5, 0, Optional.empty(), 20);
    disks.forEach(blocks -> blocks.set(1, higher));
    Optional<Answer> answer = Optional.empty();
    while (answer.isEmpty()) {
      if (effects.isEmpty()) {
        now = Math.max(now, first.nextWakeup());
        effects.addAll(first.step(new LockEvent.Tick(now)));
        continue;
      }
      LockEffect effect = effects.remove(0);
      if (effect instanceof LockEffect.Answered told) {
        answer = Optional.of(told.answer());
      } else {
        effects.addAll(first.step(answer(effect)));
      }
    }
    assertThat(answer).contains(new Answer.Acquired(1));
    assertThat(written)
        .as("proposed only in a ballot that is higher than the other's")
        .allMatch(block -> block.accepted() == 0 || block.accepted() > 5);
  }

  @Test
  void theLockOfAnotherWorkloadIsRefused() {
    LockCore first = core(FIRST, 10);
    LockBlock other =
        new LockBlock(
            0,
            2,
            Optional.of(WorkloadId.parse("vm:2")),
            1,
            3,
            0,
            Optional.empty(),
            Optional.empty(),
            30);
    disks.get(0).set(2, other);
    assertThat(acquire(first)).contains(new Answer.Refused("lock 0 is that of vm:2"));
  }

  @Test
  void aBallotBeyondAllMeasureIsRefused() {
    LockCore first = core(FIRST, 10);
    disks.get(0).set(1, blockOf(SECOND, 1, 1L << 62, 0, Optional.empty(), 20));
    assertThat(acquire(first)).contains(new Answer.Refused("lock 0 is counted to its end"));
  }

  /** Never two: what has failed may land over a vote that was acknowledged after it. */
  @Test
  void aWriteThatHasFailedAndLandsLaterUndoesNoVote() {
    LockCore first = core(FIRST, 10);
    List<LockEffect> effects = looked(first);
    failing.add(0); // the first ballot, and nothing after it
    Optional<Answer> answer = Optional.empty();
    while (!effects.isEmpty()) {
      LockEffect effect = effects.remove(0);
      boolean votes = effect instanceof LockEffect.Write write && write.block().accepted() > 0;
      if (effect instanceof LockEffect.Answered told) {
        answer = Optional.of(told.answer());
      } else if (on(effect) != 2 || !votes) { // where that hangs
        effects.addAll(first.step(answer(effect)));
        failing.clear();
      }
    }
    assertThat(ghosts).hasSize(1);
    assertThat(answer).as("one device is lost, one hangs, and one is not enough").isEmpty();
    ghosts.forEach(ghost -> disks.get(0).set(0, ghost.block()));
    silent.clear();
    LockCore second = core(SECOND, 20);
    silent.add(1);
    assertThat(acquire(second)).contains(new Answer.Acquired(1));
  }

  @Test
  void whoeverHasLostTooManyDevicesIsThroughUntilItBeginsAnew() {
    LockCore first = core(FIRST, 10);
    failing.addAll(List.of(0, 1));
    assertThat(acquire(first).orElseThrow()).isInstanceOf(Answer.Spent.class);
    failing.clear();
    assertThat(first.isSpent()).isTrue();
    written.clear();
    assertThat(acquire(first))
        .contains(
            new Answer.Spent(
                "too few devices; device 0: a write was not acknowledged, and may yet happen;"
                    + " device 1: a write was not acknowledged, and may yet happen"));
    assertThat(written).as("nothing is given to a device that is lost").isEmpty();
    LockCore next = core(new Owner(0, FIRST.host(), new Incarnation(9)), 11);
    assertThat(acquire(next)).contains(new Answer.Acquired(1));
  }

  @Test
  void whatWasNeverBegunCostsNothing() {
    LockCore first = core(FIRST, 10);
    for (LockEffect effect : looked(first)) {
      if (effect instanceof LockEffect.Write write) {
        first.step(new LockEvent.WriteEnded(now, write.device(), write.op(), Written.NOT_BEGUN));
      }
    }
    assertThat(first.isBusy()).isFalse();
    assertThat(first.isSpent()).isFalse();
    assertThat(acquire(first)).contains(new Answer.Acquired(1));
  }

  /** Never stuck: another would find our vote, and decide that we own what we have given up. */
  @Test
  void whatIsGivenUpWithAVoteOpenIsDecidedAndReleased() {
    LockCore first = core(FIRST, 10);
    List<LockEffect> effects = looked(first);
    while (written.stream().noneMatch(block -> block.accepted() > 0)) {
      effects.addAll(first.step(answer(effects.remove(0))));
    }
    now = Duration.ofSeconds(10).toNanos();
    assertThat(tell(first, new LockEvent.Tick(now)).orElseThrow())
        .isInstanceOf(Answer.Unknown.class);
    Optional<Answer> answer = tell(first, new LockEvent.Release(now));
    for (LockEffect late : effects) {
      answer = answer.or(() -> tell(first, answer(late)));
    }
    assertThat(answer).contains(new Answer.Released());
    assertThat(acquire(core(SECOND, 20))).contains(new Answer.Acquired(2));
  }

  @Test
  void whatAnotherWasGivenInTheMeantimeStaysItsOwnWhenWeGiveItUp() {
    LockCore first = core(FIRST, 10);
    LockBlock theirs = blockOf(SECOND, 1, 5, 5, Optional.of(SECOND), 20);
    LockBlock ours = blockOf(FIRST, 1, 1, 0, Optional.empty(), 10);
    disks.forEach(
        blocks -> {
          blocks.set(0, ours);
          blocks.set(1, theirs);
        });
    assertThat(tell(first, new LockEvent.Release(now))).contains(new Answer.Released());
    assertThat(acquire(core(SECOND, 20))).contains(new Answer.Acquired(1));
  }

  @Test
  void aHostWithAHighNumberPausesForAPartOfItsPatienceAtMost() {
    assertThat(pauseOf(399, 1)).as("the second of two").isEqualTo(Duration.ofMillis(200));
    assertThat(pauseOf(0, 1)).as("the first of two").isEqualTo(Duration.ofMillis(100));
    assertThat(pauseOf(399, 7)).isEqualTo(Duration.ofMillis(1250));
    assertThat(pauseOf(0, 7)).as("still for a time of its own").isEqualTo(Duration.ofMillis(625));
  }

  /** How long a host among 400 pauses when one other has outbid it so many times. */
  private static Duration pauseOf(int slot, int times) {
    Owner me = new Owner(slot, new HostId("h"), new Incarnation(1));
    Owner other = new Owner(slot == 0 ? 399 : 0, new HostId("other"), new Incarnation(1));
    LockCore core =
        new LockCore(
            new LockConfig(
                0, WORKLOAD, me, 7, 400, 1, Duration.ofSeconds(10), Duration.ofMillis(100)));
    List<LockBlock> blocks = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      blocks.add(LockBlock.empty(0, i));
    }
    long time = 0;
    int outbid = 0;
    List<LockEffect> effects =
        new ArrayList<>(core.step(new LockEvent.Acquire(time, Optional.empty())));
    while (true) {
      if (effects.isEmpty()) {
        outbid++;
        if (outbid == times) {
          return Duration.ofNanos(core.nextWakeup() - time);
        }
        time = core.nextWakeup();
        effects.addAll(core.step(new LockEvent.Tick(time)));
        continue;
      }
      LockEffect effect = effects.remove(0);
      if (effect instanceof LockEffect.Write write) {
        blocks.set(slot, write.block());
        long higher = write.block().ballot() + 400;
        blocks.set(other.slot(), blockOf(other, 1, higher, 0, Optional.empty(), 8));
        effects.addAll(core.step(new LockEvent.WriteEnded(time, 0, write.op(), Written.DONE)));
      } else if (effect instanceof LockEffect.Read read) {
        List<Reading<LockBlock>> seen = new ArrayList<>();
        blocks.forEach(block -> seen.add(new Reading.Sound<>(block)));
        effects.addAll(core.step(new LockEvent.BlocksRead(time, 0, read.op(), seen)));
      }
    }
  }

  @Test
  void oneRequestAtATime() {
    LockCore first = core(FIRST, 10);
    silent.addAll(List.of(0, 1));
    acquire(first);
    assertThatThrownBy(() -> first.step(new LockEvent.Release(now)))
        .isInstanceOf(IllegalStateException.class);
  }
}
