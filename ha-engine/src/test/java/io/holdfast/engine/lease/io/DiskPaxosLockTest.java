package io.holdfast.engine.lease.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.DeviceId;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockBlock.Ownership;
import io.holdfast.engine.lease.LockEffect.Answer;
import io.holdfast.engine.lease.Superblock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Locks on three files. */
class DiskPaxosLockTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final WorkloadId WORKLOAD = WorkloadId.parse("vm:1");
  private static final Owner FIRST = owner(0, 1);
  private static final Owner SECOND = owner(1, 2);

  @TempDir private Path folder;
  private final List<Path> paths = new ArrayList<>();
  private final FaultyOpener opener = new FaultyOpener();
  private final List<FaultyMedium> media = opener.media;
  private volatile BooleanSupplier hostLease = () -> true;

  private static Owner owner(int slot, long incarnation) {
    return new Owner(slot, new HostId("h" + slot), new Incarnation(incarnation));
  }

  @BeforeEach
  void devices() throws IOException {
    for (int i = 0; i < 3; i++) {
      Path path = Files.createFile(folder.resolve("d" + i));
      paths.add(path);
      initialised(path, new DeviceSet(new DeviceId(2, 2), i, 3));
    }
  }

  private static void initialised(Path path, DeviceSet set) {
    initialised(path, set, "prod");
  }

  private static void initialised(Path path, DeviceSet set, String cluster) {
    Outcome<BlockDevice> opened = BlockDevice.open(path, true, LONG);
    try (BlockDevice device = ((Outcome.Done<BlockDevice>) opened).value()) {
      new DeviceInit(device, LONG)
          .initialise(
              new Superblock(
                  cluster,
                  new DeviceId(set.id().high(), set.index()),
                  set,
                  new Layout(4096, 4, 5),
                  false),
              true,
              false);
    }
  }

  private DiskPaxosLock locks(Owner me) {
    Outcome<DiskPaxosLock> opened =
        DiskPaxosLock.open(
            me,
            me.incarnation().value() * 1000,
            "prod",
            paths,
            Caches.COHERENT,
            LONG,
            Duration.ofMillis(5),
            () -> hostLease.getAsBoolean(),
            System::nanoTime,
            LONG);
    assertThat(opened).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<DiskPaxosLock>) opened).value();
  }

  /** On devices that fail or hang when the test says so; {@link #media} has them. */
  private DiskPaxosLock faulty(Duration patience) {
    Outcome<DiskPaxosLock> opened =
        DiskPaxosLock.open(
            FIRST,
            1000,
            "prod",
            paths,
            opener,
            Caches.COHERENT,
            patience,
            Duration.ofMillis(5),
            () -> true,
            System::nanoTime,
            LONG);
    assertThat(opened).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<DiskPaxosLock>) opened).value();
  }

  @Test
  void aDeviceThatHangsKeepsNoLockFromTheTwoOthers() {
    try (DiskPaxosLock first = faulty(LONG)) {
      media.get(1).hangs();
      for (int lock = 0; lock < 5; lock++) {
        WorkloadId workload = new WorkloadId("vm", "w" + lock);
        assertThat(first.acquire(lock, workload, Optional.empty()).join())
            .isEqualTo(new Answer.Acquired(1));
        assertThat(first.release(lock, workload).join()).isEqualTo(new Answer.Released());
      }
      media.get(1).letGo();
    }
  }

  /** Never two: the next must not be opened while a write of this one may land. */
  @Test
  void whatIsClosedWhileWritesHangAnswersAtOnceAndHasNotEndedBeforeThey() throws Exception {
    DiskPaxosLock first = faulty(LONG);
    media.get(0).hangs();
    media.get(1).hangs();
    CompletableFuture<Answer> answer = first.acquire(0, WORKLOAD, Optional.empty());
    assertThat(media.get(0).isHung()).isTrue();
    assertThat(media.get(1).isHung()).isTrue();
    first.close();
    assertThat(answer.join()).isEqualTo(new Answer.Spent("closed"));
    CompletableFuture<Void> ended = first.ended().toCompletableFuture();
    media.get(0).letGo();
    media.get(0).closed.await();
    assertThat(ended).isNotDone();
    media.get(1).letGo();
    ended.get(60, TimeUnit.SECONDS);
  }

  @Test
  void whenPatienceIsOverWhileWritesHangItIsUnknownAndCanBeAskedAgain() throws Exception {
    try (DiskPaxosLock first = faulty(Duration.ofSeconds(2))) {
      media.get(0).hangs();
      media.get(1).hangs();
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isInstanceOf(Answer.Unknown.class);
      assertThat(media.get(0).isHung()).isTrue();
      media.get(0).letGo();
      media.get(1).letGo();
      Answer answer = first.acquire(0, WORKLOAD, Optional.empty()).join();
      for (int i = 0; i < 20 && answer instanceof Answer.Unknown; i++) {
        answer = first.acquire(0, WORKLOAD, Optional.empty()).join();
      }
      assertThat(answer).isEqualTo(new Answer.Acquired(1));
    }
  }

  @Test
  void aLockThatIsUsedUpSaysSo() {
    try (DiskPaxosLock first = faulty(LONG)) {
      media.get(0).writesFail = true;
      media.get(2).writesFail = true;
      for (int i = 0; i < 2; i++) {
        assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
            .isInstanceOfSatisfying(
                Answer.Spent.class,
                spent ->
                    assertThat(spent.detail())
                        .contains(paths.get(0) + " at byte 20480: NO_ANSWER: input/output error"));
      }
    }
  }

  @Test
  void whyDevicesAreNotAgreedWithIsTold() throws IOException {
    Files.delete(paths.get(0));
    Files.createFile(paths.get(0));
    initialised(paths.get(0), new DeviceSet(new DeviceId(9, 9), 0, 1), "test");
    try (DiskPaxosLock first = faulty(LONG)) {
      media.get(1).readsFail = true;
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isInstanceOfSatisfying(
              Answer.Unknown.class,
              unknown ->
                  assertThat(unknown.detail())
                      .contains(paths.get(0) + " at byte 0: OTHER_DEVICE: of cluster test")
                      .contains(paths.get(1) + " at byte 20480: NO_ANSWER: no such device"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDeviceThatWasTakenAwayAndIsThereAgainUnderItsPathIsUsedAgain(boolean ends) {
    try (DiskPaxosLock first = faulty(LONG)) {
      media.get(2).ends = ends; // for good: whoever opens it anew reads
      media.get(2).readsFail = !ends;
      long end = System.nanoTime() + LONG.toNanos();
      while (ownersOn(paths.get(2)) == 0) {
        assertThat(System.nanoTime() - end).as("nanoseconds too late").isNegative();
        first.acquire(0, WORKLOAD, Optional.empty()).join();
        first.release(0, WORKLOAD).join();
      }
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isInstanceOf(Answer.Acquired.class);
      assertThat(media).hasSizeGreaterThan(3);
    }
  }

  /** Never two: another set has other holders. */
  @Test
  void anotherDeviceThatIsFoundUnderThePathIsNotUsed() throws Exception {
    try (DiskPaxosLock first = faulty(LONG)) {
      Path path = paths.get(2);
      Files.delete(path);
      Files.createFile(path);
      initialised(path, new DeviceSet(new DeviceId(9, 9), 2, 3));
      media.get(2).readsFail = true;
      while (media.size() < 4) {
        first.acquire(0, WORKLOAD, Optional.empty()).join();
        first.release(0, WORKLOAD).join();
      }
      assertThat(media.get(3).closed.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isInstanceOf(Answer.Acquired.class);
      assertThat(ownersOn(path)).isZero();
    }
  }

  @Test
  void whoeverComesFirstOwnsItUntilItIsReleased() {
    try (DiskPaxosLock first = locks(FIRST);
        DiskPaxosLock second = locks(SECOND)) {
      assertThat(first.acquire(3, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Acquired(1));
      assertThat(second.acquire(3, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.HeldBy(new Ownership(1, FIRST, false)));
      assertThat(first.release(3, WORKLOAD).join()).isEqualTo(new Answer.Released());
      assertThat(second.acquire(3, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Acquired(2));
    }
    try (DiskPaxosLock next = locks(owner(0, 9))) {
      assertThat(next.acquire(3, WORKLOAD, Optional.of(SECOND)).join())
          .isEqualTo(new Answer.Acquired(3));
    }
  }

  @Test
  void ofManyThatAskAtOnceOneGetsEach() {
    try (DiskPaxosLock first = locks(FIRST);
        DiskPaxosLock second = locks(SECOND)) {
      List<CompletableFuture<Answer>> answers = new ArrayList<>();
      for (int lock = 0; lock < 5; lock++) {
        WorkloadId workload = new WorkloadId("vm", "w" + lock);
        answers.add(first.acquire(lock, workload, Optional.empty()));
        answers.add(second.acquire(lock, workload, Optional.empty()));
      }
      for (int lock = 0; lock < 5; lock++) {
        List<Answer> both = List.of(answers.get(2 * lock).join(), answers.get(2 * lock + 1).join());
        assertThat(both).filteredOn(Answer.Acquired.class::isInstance).hasSize(1);
        assertThat(both).filteredOn(Answer.HeldBy.class::isInstance).hasSize(1);
      }
    }
  }

  @Test
  void requestsForOneLockAreAnsweredInTheirOrder() {
    try (DiskPaxosLock first = locks(FIRST)) {
      CompletableFuture<Answer> one = first.acquire(0, WORKLOAD, Optional.empty());
      CompletableFuture<Answer> two = first.release(0, WORKLOAD);
      CompletableFuture<Answer> three = first.acquire(0, WORKLOAD, Optional.empty());
      assertThat(one.join()).isEqualTo(new Answer.Acquired(1));
      assertThat(two.join()).isEqualTo(new Answer.Released());
      assertThat(three.join()).isEqualTo(new Answer.Acquired(2));
    }
  }

  @Test
  void withoutTheLeaseOfItsHostNothingIsOwnedAndNothingWritten() throws IOException {
    byte[] before = Files.readAllBytes(paths.get(0));
    hostLease = () -> false;
    try (DiskPaxosLock first = locks(FIRST)) {
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Refused("this host's lease is not held"));
      AtomicInteger asked = new AtomicInteger();
      hostLease = () -> asked.getAndIncrement() == 0; // it runs out as soon as it begins
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isInstanceOf(Answer.Unknown.class);
      assertThat(Files.readAllBytes(paths.get(0))).isEqualTo(before);
    }
  }

  @Test
  void whoseHostLosesItsLeaseMeanwhileIsNotToldThatItOwns() {
    try (DiskPaxosLock first = locks(FIRST)) {
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Acquired(1));
      AtomicInteger asked = new AtomicInteger();
      hostLease = () -> asked.getAndIncrement() == 0;
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Unknown("this host's lease is not held any more"));
    }
  }

  @Test
  void oneOfThreeDevicesMayBeMissing() throws IOException {
    Files.delete(paths.get(0));
    try (DiskPaxosLock first = locks(FIRST)) {
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Acquired(1));
    }
  }

  @Test
  void twoOfThreeMayNot() throws IOException {
    Files.delete(paths.get(0));
    Files.delete(paths.get(2));
    assertThat(
            DiskPaxosLock.open(
                FIRST,
                1,
                "prod",
                paths,
                Caches.COHERENT,
                LONG,
                Duration.ofMillis(5),
                () -> true,
                System::nanoTime,
                LONG))
        .isEqualTo(
            Outcome.failed(
                Outcome.Cause.INVALID,
                "%s at byte 0: NO_ANSWER: no such file; %s at byte 0: NO_ANSWER: no such file"
                    .formatted(paths.get(0), paths.get(2))));
  }

  @Test
  void theNumberOfALockIsThatOfOneWorkload() {
    try (DiskPaxosLock first = locks(FIRST)) {
      first.acquire(0, WORKLOAD, Optional.empty()).join();
      assertThat(first.acquire(0, WorkloadId.parse("vm:2"), Optional.empty()).join())
          .isEqualTo(new Answer.Refused("lock 0 is that of vm:1"));
      assertThatThrownBy(() -> first.acquire(5, WORKLOAD, Optional.empty()))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessage("lock: found 5, allowed: 0 to 4");
    }
  }

  @Test
  void whatIsAskedAfterItWasClosedIsNotToBeAskedAgain() {
    DiskPaxosLock first = locks(FIRST);
    first.close();
    assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
        .isEqualTo(new Answer.Spent("closed"));
  }

  @Test
  void whatCannotTellWhetherTheLeaseIsHeldIsAnsweredAndStopsNobody() {
    hostLease =
        () -> {
          throw new IllegalStateException("who knows");
        };
    try (DiskPaxosLock first = locks(FIRST)) {
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Refused("this host's lease is not held"));
      AtomicInteger asked = new AtomicInteger();
      hostLease =
          () -> {
            if (asked.getAndIncrement() > 0) {
              throw new IllegalStateException("who knows");
            }
            return true;
          };
      assertThat(first.acquire(1, WORKLOAD, Optional.empty()).join())
          .isInstanceOf(Answer.Unknown.class);
      hostLease = () -> true;
      assertThat(first.acquire(1, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Acquired(1));
    }
  }

  @Test
  void whenItsThreadBreaksDownWhoeverWaitsIsAnswered() {
    AtomicBoolean broken = new AtomicBoolean();
    LongSupplier clock =
        () -> {
          if (broken.get()) {
            throw new IllegalStateException("no clock");
          }
          return System.nanoTime();
        };
    Outcome<DiskPaxosLock> opened =
        DiskPaxosLock.open(
            FIRST,
            1,
            "prod",
            paths,
            Caches.COHERENT,
            LONG,
            Duration.ofMillis(5),
            () -> true,
            clock,
            LONG);
    try (DiskPaxosLock first = ((Outcome.Done<DiskPaxosLock>) opened).value()) {
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Acquired(1));
      broken.set(true);
      assertThat(first.release(0, WORKLOAD).join().toString()).contains("no clock");
      assertThat(first.acquire(1, WORKLOAD, Optional.empty()).join())
          .as("before its thread has ended, or after that")
          .isInstanceOf(Answer.Spent.class);
    }
  }

  @Test
  void timesWithWhichNothingCanBeAskedForAreRefused() {
    assertThatThrownBy(() -> faulty(Duration.ZERO))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("lock.patience: found PT0S");
    assertThat(media).as("and nothing is opened").isEmpty();
  }

  @Test
  void aLockThatHasBrokenKeepsItsThreadFromNothingElse() {
    AtomicLong time = new AtomicLong(1);
    AtomicInteger steps = new AtomicInteger();
    AtomicReference<Thread> thread = new AtomicReference<>();
    LongSupplier clock =
        () -> {
          boolean stepping =
              StackWalker.getInstance()
                  .walk(frames -> frames.anyMatch(f -> f.getMethodName().equals("step")));
          if (stepping && steps.incrementAndGet() == 2) { // when the first device is read
            thread.set(Thread.currentThread());
            throw new IllegalStateException("no clock");
          }
          return time.get();
        };
    Outcome<DiskPaxosLock> opened =
        DiskPaxosLock.open(
            FIRST,
            1,
            "prod",
            paths,
            Caches.COHERENT,
            LONG,
            Duration.ofMillis(5),
            () -> true,
            clock,
            LONG);
    try (DiskPaxosLock first = ((Outcome.Done<DiskPaxosLock>) opened).value()) {
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isInstanceOf(Answer.Spent.class);
      time.addAndGet(2 * LONG.toNanos()); // what it was asked has to be answered by now
      assertThat(first.acquire(1, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Acquired(1));
      long end = System.nanoTime() + LONG.toNanos();
      Thread locks = Objects.requireNonNull(thread.get());
      while (locks.getState() != Thread.State.TIMED_WAITING) {
        assertThat(System.nanoTime() - end).as("it has nothing to do").isNegative();
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void withoutAThreadToOpenDevicesAgainWhoeverAsksIsAnswered() throws Exception {
    try (DiskPaxosLock first = faulty(LONG)) {
      opener.noThread = true;
      media.get(1).readsFail = true;
      media.get(2).readsFail = true;
      for (int i = 0; i < 5; i++) {
        assertThat(first.acquire(0, WORKLOAD, Optional.empty()).get(60, TimeUnit.SECONDS))
            .isInstanceOfSatisfying(
                Answer.Unknown.class,
                unknown -> assertThat(unknown.detail()).startsWith("too few devices"));
      }
      assertThat(opener.refused).hasPositiveValue();
    }
  }

  @Test
  void aDeviceThatComesBackIsUsedAgain() throws IOException {
    Path aside = Files.move(paths.get(0), folder.resolve("aside"));
    try (DiskPaxosLock first = locks(FIRST)) {
      assertThat(first.acquire(0, WORKLOAD, Optional.empty()).join())
          .isEqualTo(new Answer.Acquired(1));
      Files.move(aside, paths.get(0));
      long end = System.nanoTime() + LONG.toNanos();
      while (ownersOn(paths.get(0)) == 0) { // it was tried just now: not again within a second
        assertThat(System.nanoTime() - end).as("nanoseconds too late").isNegative();
        first.release(0, WORKLOAD).join();
        first.acquire(0, WORKLOAD, Optional.empty()).join();
      }
    }
  }

  private static int ownersOn(Path path) {
    Outcome<BlockDevice> opened = BlockDevice.open(path, false, LONG);
    try (BlockDevice device = ((Outcome.Done<BlockDevice>) opened).value()) {
      return DeviceScan.of(device, LONG).locks().size();
    }
  }
}
