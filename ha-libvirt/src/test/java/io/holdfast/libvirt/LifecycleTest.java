package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers are those of {@code virDomainEventType} and its details. */
class LifecycleTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  private final Lifecycle lifecycle = new Lifecycle();

  @ParameterizedTest
  @CsvSource({
    "0, GUEST_SHUTDOWN",
    "1, DESTROYED",
    "2, CRASHED",
    "3, MIGRATED",
    "4, UNKNOWN",
    "5, CRASHED",
    "6, UNKNOWN",
    "99, UNKNOWN"
  })
  void theDetailOfAnEndIsItsReason(int detail, StopReason reason) {
    assertThat(lifecycle.onEvent(VM, 5, detail)).contains(new HypervisorEvent.Stopped(VM, reason));
  }

  @Test
  void anEndAnnouncedByTheHostIsTheHosts() {
    assertThat(lifecycle.onEvent(VM, 6, 2)).isEmpty();
    assertThat(lifecycle.onEvent(VM, 5, 0))
        .contains(new HypervisorEvent.Stopped(VM, StopReason.HOST_SHUTDOWN));
    assertThat(lifecycle.onEvent(VM, 5, 0))
        .contains(new HypervisorEvent.Stopped(VM, StopReason.GUEST_SHUTDOWN));
  }

  @Test
  void aCrashAfterTheAnnouncementStaysACrashAndAStartForgetsIt() {
    assertThat(lifecycle.onEvent(VM, 6, 2)).isEmpty();
    assertThat(lifecycle.onEvent(VM, 5, 5))
        .contains(new HypervisorEvent.Stopped(VM, StopReason.CRASHED));
    assertThat(lifecycle.onEvent(VM, 6, 2)).isEmpty();
    assertThat(lifecycle.onEvent(VM, 2, 0)).contains(new HypervisorEvent.Started(VM));
    assertThat(lifecycle.onEvent(VM, 5, 0))
        .contains(new HypervisorEvent.Stopped(VM, StopReason.GUEST_SHUTDOWN));
  }

  @Test
  void whatArrivesHasStartedWhenItGoesOn() {
    assertThat(lifecycle.onEvent(VM, 2, 1)).isEmpty();
    assertThat(lifecycle.onEvent(VM, 4, 1)).contains(new HypervisorEvent.Started(VM));
    assertThat(lifecycle.onEvent(VM, 3, 1)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"3, 0", "3, 2", "4, 0", "8, 0"})
  void whatStopsToExecuteOrGoesOnIsWorthALook(int event, int detail) {
    assertThat(lifecycle.onEvent(VM, event, detail)).contains(new HypervisorEvent.Changed(VM));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 0", "7, 0", "42, 0"})
  void otherEventsAreNeitherStartNorEnd(int event, int detail) {
    assertThat(lifecycle.onEvent(VM, event, detail)).isEmpty();
  }
}
