package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Definition;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibvirtHypervisorTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  @BeforeAll
  static void requireLibvirt() {
    NativeLibrary.require();
  }

  @Test
  void aDaemonThatIsNotThereIsUnknownAndTold(@TempDir Path nowhere) throws InterruptedException {
    BlockingQueue<HypervisorEvent> events = new LinkedBlockingQueue<>();
    String uri = "qemu+unix:///system?socket=" + nowhere.resolve("none");
    try (LibvirtHypervisor hypervisor =
        LibvirtHypervisor.builder(uri)
            .reconnectPauses(Duration.ofSeconds(5), Duration.ofSeconds(5))
            .build()) {
      hypervisor.subscribe(events::add);
      assertThat(hypervisor.inventory(TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
      assertThat(hypervisor.stop(VM, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
      assertThat(hypervisor.destroy(VM, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
      assertThat(events.poll(60, TimeUnit.SECONDS))
          .isInstanceOf(HypervisorEvent.Disconnected.class);
    }
  }

  @Test
  void severalInOneProcessAndClosedOnesAnswerUnknown() {
    Definition definition =
        new Definition(
            "<domain type='test'><name>1</name><memory>8192</memory><os><type>hvm</type></os>"
                + "</domain>");
    try (LibvirtHypervisor first = LibvirtHypervisor.builder("test:///default").build();
        LibvirtHypervisor second =
            LibvirtHypervisor.builder("test:///default").kind("box").build()) {
      assertThat(first.start(VM, definition, TIMEOUT)).isEqualTo(Outcome.ok());
      assertThat(second.inventory(TIMEOUT).map(i -> i.containsKey(new WorkloadId("box", "1"))))
          .isEqualTo(Outcome.done(true));
      assertThat(second.destroy(VM, TIMEOUT))
          .isInstanceOfSatisfying(
              Outcome.Failed.class, f -> assertThat(f.cause()).isEqualTo(Cause.UNSUPPORTED));
      assertThat(first.destroy(VM, TIMEOUT)).isEqualTo(Outcome.ok());
    }
    LibvirtHypervisor closed = LibvirtHypervisor.builder("test:///default").build();
    closed.close();
    assertThat(closed.inventory(TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
    assertThat(closed.destroy(VM, TIMEOUT)).isInstanceOf(Outcome.Unknown.class);
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertRefused(LibvirtHypervisor.builder(" "), "libvirt.uri");
    LibvirtHypervisor.Builder builder = LibvirtHypervisor.builder("test:///default");
    assertRefused(builder.keepAlive(Duration.ofMillis(1500), 3), "libvirt.keepAliveInterval");
    assertRefused(builder.keepAlive(Duration.ofSeconds(1), 0), "libvirt.keepAliveCount");
    builder.keepAlive(Duration.ofSeconds(1), 1);
    assertRefused(builder.mostCalls(1), "libvirt.mostCalls");
    builder.mostCalls(2);
    assertRefused(builder.connectTimeout(Duration.ZERO), "libvirt.connectTimeout");
    builder.connectTimeout(TIMEOUT);
    assertRefused(
        builder.reconnectPauses(Duration.ofSeconds(2), Duration.ofSeconds(1)),
        "libvirt.longestPause");
    assertRefused(builder.kind("no kind"), "workload.kind");
  }

  private static void assertRefused(LibvirtHypervisor.Builder builder, String field) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(field);
  }
}
