package io.holdfast.libvirt;

import io.holdfast.api.Definition;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.testkit.HypervisorContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The contract against a real libvirtd with real guests. */
@Tag("lab")
@EnabledIfSystemProperty(
    named = "holdfast.lab",
    matches = "true",
    disabledReason = "needs root, libvirtd and QEMU: run with -Dholdfast.lab=true")
class LibvirtdContractTest extends HypervisorContract {
  private static @Nullable PrivateLibvirtd started;
  private static int given;

  @BeforeAll
  static void startLibvirtd() throws Exception {
    started = new PrivateLibvirtd();
  }

  @AfterAll
  static void endLibvirtd() throws Exception {
    if (started != null) {
      started.end();
    }
  }

  @Override
  protected Hypervisor open() {
    return LibvirtHypervisor.builder(libvirtd().uri())
        .keepAlive(Duration.ofSeconds(1), 2)
        .connectTimeout(Duration.ofSeconds(2))
        .build();
  }

  @Override
  protected WorkloadId freshWorkload() {
    try {
      WorkloadId workload = new WorkloadId("vm", "guest-" + ++given);
      guest(workload).install();
      return workload;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected Definition definitionOf(WorkloadId workload) {
    return guest(workload).definition();
  }

  @Override
  protected Definition invalidDefinition(WorkloadId workload) {
    String xml = definitionOf(workload).text();
    return new Definition(xml.replace("type='raw'", "type='no-such-format'"));
  }

  @Override
  protected void startOutOfBand(WorkloadId workload) throws Exception {
    Path xml = libvirtd().home().resolve(workload.name() + ".xml");
    Files.writeString(xml, definitionOf(workload).text());
    libvirtd().virsh("create", xml.toString());
  }

  @Override
  protected void crash(WorkloadId workload) throws Exception {
    long emulator = libvirtd().emulatorOf(workload.name());
    ProcessHandle.of(emulator).ifPresent(ProcessHandle::destroyForcibly);
  }

  @Override
  protected void awaitReady(WorkloadId workload) throws Exception {
    libvirtd().await("guest " + workload, guest(workload)::isReady);
  }

  @Override
  protected void shutDownGuest(WorkloadId workload) throws Exception {
    libvirtd().virsh("send-key", workload.name(), "KEY_SPACE");
  }

  @Override
  protected void makeUnreachable() throws Exception {
    libvirtd().freeze();
  }

  @Override
  protected void makeReachable() throws Exception {
    libvirtd().thaw();
  }

  private static TinyGuest guest(WorkloadId workload) {
    return new TinyGuest(workload.name(), libvirtd().home());
  }

  private static PrivateLibvirtd libvirtd() {
    return Objects.requireNonNull(started);
  }
}
