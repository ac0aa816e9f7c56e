package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What only a real libvirtd with real guests can show, beyond the contract. */
@Tag("lab")
@EnabledIfSystemProperty(
    named = "holdfast.lab",
    matches = "true",
    disabledReason = "needs root, libvirtd and QEMU: run with -Dholdfast.lab=true")
class LibvirtdTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofSeconds(1);

  @RegisterExtension private static final RunningLibvirtd libvirtd = new RunningLibvirtd();

  private static int given;

  private final BlockingQueue<HypervisorEvent> events = new LinkedBlockingQueue<>();
  private final WorkloadId workload = new WorkloadId("vm", "machine-" + ++given);
  private final TinyGuest guest = new TinyGuest(workload.name(), libvirtd.get().home());
  private final LibvirtHypervisor hypervisor =
      LibvirtHypervisor.builder(libvirtd.get().uri())
          .keepAlive(Duration.ofSeconds(5), 3)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final Subscription subscription = hypervisor.subscribe(events::add);

  @BeforeEach
  void startGuest() throws Exception {
    guest.install();
    expectDone(hypervisor.start(workload, guest.definition(), TIMEOUT));
    awaitEvent(new HypervisorEvent.Started(workload));
  }

  @AfterEach
  void destroyGuest() throws Exception {
    libvirtd.get().releaseStarts();
    expectDone(hypervisor.destroy(workload, TIMEOUT));
    subscription.close();
    hypervisor.close();
  }

  @Test
  void aDiskInUseIsHeldByItsLock() {
    WorkloadId second = new WorkloadId("vm", workload.name() + "-again");
    Outcome<Ack> refused = hypervisor.start(second, guest.definition(second.name()), TIMEOUT);
    assertThat(refused)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> {
              assertThat(failed.cause()).as("%s", failed).isEqualTo(Cause.HELD);
              assertThat(failed.detail()).hasLineCount(1);
            });
    assertThat(inventory()).containsKey(workload).doesNotContainKey(second);
  }

  @Test
  void aGuestThatTheHostTakesAlongIsNotOneThatShutItselfDown() throws Exception {
    libvirtd.get().run("kill", "-TERM", Long.toString(libvirtd.get().emulatorOf(workload.name())));
    awaitEvent(new HypervisorEvent.Stopped(workload, StopReason.HOST_SHUTDOWN));
  }

  @Test
  void aGuestOutlivesTheDaemonAndIsFoundAgain() throws Exception {
    libvirtd.get().kill();
    awaitLoss();
    assertThat(hypervisor.inventory(SHORT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(hypervisor.destroy(workload, SHORT)).isInstanceOf(Outcome.Unknown.class);
    libvirtd.get().restart();
    awaitEvent(new HypervisorEvent.Reconnected());
    assertThat(inventory()).containsEntry(workload, RunState.RUNNING);
    expectDone(hypervisor.start(workload, guest.definition(), TIMEOUT));
  }

  @Test
  void aPausedGuestIsListedAndNotCalledStarted() throws Exception {
    libvirtd.get().virsh("suspend", workload.name());
    assertThat(inventory()).containsEntry(workload, RunState.PAUSED);
    assertThat(hypervisor.start(workload, guest.definition(), TIMEOUT))
        .isInstanceOf(Outcome.Unknown.class);
  }

  @Test
  void aStartThatWasGivenUpIsNeverCalledNotRunning() throws Exception {
    expectDone(hypervisor.destroy(workload, TIMEOUT));
    libvirtd.get().freeze();
    assertThat(hypervisor.start(workload, guest.definition(), SHORT))
        .isInstanceOf(Outcome.Unknown.class);
    // The start sits in the daemon's socket: nothing runs, and yet nobody may say so.
    assertThat(hypervisor.stop(workload, SHORT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(hypervisor.destroy(workload, SHORT)).isInstanceOf(Outcome.Unknown.class);
    libvirtd.get().thaw();
    expectDone(hypervisor.destroy(workload, TIMEOUT));
    assertThat(inventory()).doesNotContainKey(workload);
  }

  @Test
  void aStartWhoseConnectionBrokeIsOverWhenItsDestructionIsDone() throws Exception {
    try (LibvirtHypervisor nervous = nervous()) {
      holdAStart(nervous);
      libvirtd.get().freeze();
      awaitLoss();
      libvirtd.get().releaseStarts();
      libvirtd.get().thaw();
      awaitEvent(new HypervisorEvent.Reconnected());
      // Whenever it is carried out: when this is done, it has been.
      awaitDone(() -> nervous.destroy(workload, TIMEOUT));
      assertThat(inventory()).doesNotContainKey(workload);
      awaitDone(() -> nervous.start(workload, guest.definition(), TIMEOUT));
    }
  }

  @Test
  void aDaemonThatTookAStartWithItLeavesItInDoubtForAWhile() throws Exception {
    try (LibvirtHypervisor nervous = nervous()) {
      holdAStart(nervous);
      libvirtd.get().kill();
      awaitLoss();
      libvirtd.get().releaseStarts();
      libvirtd.get().restart();
      awaitEvent(new HypervisorEvent.Reconnected());
      // Nothing runs; but it might have been the connection alone that broke.
      assertThat(nervous.destroy(workload, SHORT)).isInstanceOf(Outcome.Unknown.class);
      assertThat(nervous.stop(workload, SHORT)).isInstanceOf(Outcome.Unknown.class);
      assertThat(nervous.start(workload, guest.definition(), SHORT))
          .isInstanceOf(Outcome.Unknown.class);
      awaitDone(() -> nervous.destroy(workload, TIMEOUT));
      awaitDone(() -> nervous.start(workload, guest.definition(), TIMEOUT));
    }
  }

  /** Has the daemon begin a start that it does not end, and hears of the one whose start it is. */
  private void holdAStart(LibvirtHypervisor nervous) throws Exception {
    expectDone(hypervisor.destroy(workload, TIMEOUT));
    subscription.close();
    awaitDone(() -> nervous.inventory(TIMEOUT));
    events.clear();
    nervous.subscribe(events::add);
    libvirtd.get().holdStarts();
    assertThat(nervous.start(workload, guest.definition(), SHORT))
        .isInstanceOf(Outcome.Unknown.class);
    libvirtd.get().awaitHeldStart();
  }

  /** Its doubts last 12 seconds. So nervous that a busy machine breaks its connections too. */
  private static LibvirtHypervisor nervous() {
    return LibvirtHypervisor.builder(libvirtd.get().uri())
        .keepAlive(Duration.ofSeconds(1), 1)
        .connectTimeout(Duration.ofSeconds(2))
        .build();
  }

  /** Asks again, as a caller does, while the connection breaks before the answer. */
  private static void awaitDone(Supplier<Outcome<?>> call) {
    Outcome<?> outcome = call.get();
    for (int again = 0; again < 5 && outcome instanceof Outcome.Unknown; again++) {
      outcome = call.get();
    }
    expectDone(outcome);
  }

  private SortedMap<WorkloadId, RunState> inventory() {
    return expectDone(hypervisor.inventory(TIMEOUT));
  }

  private void awaitEvent(HypervisorEvent expected) throws InterruptedException {
    HypervisorEvent event = next();
    while (!event.equals(expected)) {
      event = next();
    }
  }

  private void awaitLoss() throws InterruptedException {
    HypervisorEvent event = next();
    while (!(event instanceof HypervisorEvent.Disconnected)) {
      event = next();
    }
  }

  private HypervisorEvent next() throws InterruptedException {
    HypervisorEvent event = events.poll(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    assertThat(event).as("an event within %s", TIMEOUT).isNotNull();
    return Objects.requireNonNull(event);
  }

  private static <T> T expectDone(Outcome<T> outcome) {
    if (outcome instanceof Outcome.Done<T> done) {
      return done.value();
    }
    throw new AssertionError("expected Done, got " + outcome);
  }
}
