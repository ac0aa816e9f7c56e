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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract against a real libvirtd with real guests. */
@Tag("lab")
@EnabledIfSystemProperty(
    named = "holdfast.lab",
    matches = "true",
    disabledReason = "needs root, libvirtd and QEMU: run with -Dholdfast.lab=true")
class LibvirtdContractTest extends HypervisorContract {
  @RegisterExtension private static final RunningLibvirtd libvirtd = new RunningLibvirtd();

  private static int given;

  @Override
  protected Hypervisor open() {
    return LibvirtHypervisor.builder(libvirtd.get().uri())
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
    Path xml = libvirtd.get().home().resolve(workload.name() + ".xml");
    Files.writeString(xml, definitionOf(workload).text());
    libvirtd.get().virsh("create", xml.toString());
  }

  @Override
  protected void crash(WorkloadId workload) throws Exception {
    long emulator = libvirtd.get().emulatorOf(workload.name());
    ProcessHandle.of(emulator).ifPresent(ProcessHandle::destroyForcibly);
  }

  @Override
  protected void awaitReady(WorkloadId workload) throws Exception {
    libvirtd.get().await("guest " + workload, guest(workload)::isReady);
  }

  @Override
  protected void shutDownGuest(WorkloadId workload) throws Exception {
    libvirtd.get().virsh("send-key", workload.name(), "KEY_SPACE");
  }

  @Override
  protected void makeUnreachable() throws Exception {
    libvirtd.get().freeze();
  }

  @Override
  protected void makeReachable() throws Exception {
    libvirtd.get().thaw();
  }

  private static TinyGuest guest(WorkloadId workload) {
    return new TinyGuest(workload.name(), libvirtd.get().home());
  }
}
