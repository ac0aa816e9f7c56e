package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Migrations between two real libvirtds that go wrong. */
@Tag("lab")
@EnabledIfSystemProperty(
    named = "holdfast.lab",
    matches = "true",
    disabledReason = "needs root, libvirtd and QEMU: run with -Dholdfast.lab=true")
class LibvirtdMigrationTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final HostId HERE = new HostId("here");
  private static final HostId THERE = new HostId("there");

  @RegisterExtension private static final RunningLibvirtd libvirtd = new RunningLibvirtd();
  @RegisterExtension private static final RunningLibvirtd neighbour = new RunningLibvirtd();

  private static int given;

  private final WorkloadId workload = new WorkloadId("vm", "traveller-" + ++given);
  private final TinyGuest guest = new TinyGuest(workload.name(), libvirtd.get().home());
  private final LibvirtHypervisor here = open(libvirtd.get(), 1);
  private final LibvirtHypervisor there = open(neighbour.get(), 1);

  /** So slow that a guest that does not rest never arrives. */
  private static LibvirtHypervisor open(PrivateLibvirtd daemon, int mebibytesPerSecond) {
    Map<HostId, Path> homes = Map.of(HERE, libvirtd.get().home(), THERE, neighbour.get().home());
    return LibvirtHypervisor.builder(daemon.uri())
        // A busy machine's daemon may be silent for seconds, and each call below is made once.
        .keepAlive(Duration.ofSeconds(2), 4)
        .connectTimeout(Duration.ofSeconds(5))
        .liveMigration(PrivateLibvirtd.migration(homes).atMost(mebibytesPerSecond))
        .build();
  }

  @BeforeEach
  void startGuest() throws Exception {
    guest.installRestless();
    assertThat(here.start(workload, guest.definition(), TIMEOUT)).isEqualTo(Outcome.ok());
    libvirtd.get().await("guest", guest::isReady);
  }

  @AfterEach
  void destroyGuest() {
    try (LibvirtHypervisor first = here;
        LibvirtHypervisor second = there) {
      assertThat(first.destroy(workload, TIMEOUT)).isEqualTo(Outcome.ok());
      assertThat(second.destroy(workload, TIMEOUT)).isEqualTo(Outcome.ok());
    }
  }

  @Test
  void oneThatTakesTooLongIsEndedAndTheGuestStays() {
    long begun = System.nanoTime();
    Outcome<Ack> outcome = here.migrate(workload, THERE, Duration.ofSeconds(12));
    // Left alone, a guest that does not rest never arrives.
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(60));
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> {
              assertThat(failed.cause()).isEqualTo(Cause.ERROR);
              assertThat(failed.detail()).startsWith("it took too long");
            });
    assertThat(stateAt(here)).contains(RunState.RUNNING);
    assertThat(stateAt(there)).isEmpty();
  }

  @Test
  void aTargetThatHangsIsSentNothing() throws Exception {
    neighbour.get().freeze();
    try {
      Outcome<Ack> outcome = here.migrate(workload, THERE, TIMEOUT);
      assertThat(outcome)
          .isInstanceOfSatisfying(
              Outcome.Failed.class,
              failed -> assertThat(failed.cause()).isEqualTo(Cause.UNREACHABLE));
    } finally {
      neighbour.get().thaw();
    }
    assertThat(stateAt(here)).contains(RunState.RUNNING);
  }

  @Test
  void aTargetThatDiesOnTheWayLeavesTheGuestHere() throws Exception {
    CompletableFuture<Outcome<Ack>> answer = sent();
    neighbour.get().kill();
    Outcome<Ack> outcome = answer.get(TIMEOUT.toSeconds() * 2, TimeUnit.SECONDS);
    assertThat(outcome.isDone()).as("%s", outcome).isFalse();
    neighbour.get().restart();
    libvirtd
        .get()
        .await("the end of it", () -> stateAt(here).equals(Optional.of(RunState.RUNNING)));
    neighbour.get().await("nothing of it there", () -> isNowhere(there));
  }

  @Test
  void aSourceThatForgetsItOnTheWayIsNotBelievedAtOnce() throws Exception {
    CompletableFuture<Outcome<Ack>> answer = sent();
    libvirtd.get().kill();
    assertThat(answer.get(TIMEOUT.toSeconds() * 2, TimeUnit.SECONDS))
        .isInstanceOf(Outcome.Unknown.class);
    libvirtd.get().restart();
    libvirtd
        .get()
        .await(
            "the guest here",
            () ->
                here.inventory(TIMEOUT)
                    .map(i -> i.get(workload))
                    .equals(Outcome.done(RunState.RUNNING)));
    neighbour.get().await("nothing of it there", () -> isNowhere(there));
    // The request might still lie with a daemon that only seemed to have gone.
    assertThat(here.migrate(workload, THERE, Duration.ofSeconds(2)))
        .isInstanceOf(Outcome.Unknown.class);
    assertThat(here.cancelMigration(workload, TIMEOUT)).isEqualTo(Outcome.ok());
    assertThat(stateAt(here)).contains(RunState.RUNNING);
  }

  /** A migration that is under way, and its answer. */
  private CompletableFuture<Outcome<Ack>> sent() throws Exception {
    CompletableFuture<Outcome<Ack>> answer =
        CompletableFuture.supplyAsync(() -> here.migrate(workload, THERE, TIMEOUT));
    libvirtd
        .get()
        .await(
            "the migration",
            () ->
                stateAt(here).equals(Optional.of(RunState.MIGRATING))
                    && stateAt(there).equals(Optional.of(RunState.PAUSED)));
    return answer;
  }

  private boolean isNowhere(LibvirtHypervisor hypervisor) {
    return hypervisor
        .inventory(TIMEOUT)
        .map(i -> i.containsKey(workload))
        .equals(Outcome.done(false));
  }

  private Optional<RunState> stateAt(LibvirtHypervisor hypervisor) {
    Outcome<Optional<RunState>> state =
        hypervisor.inventory(TIMEOUT).map(i -> Optional.ofNullable(i.get(workload)));
    if (state instanceof Outcome.Done<Optional<RunState>> done) {
      return done.value();
    }
    throw new AssertionError("expected Done, got " + state);
  }
}
