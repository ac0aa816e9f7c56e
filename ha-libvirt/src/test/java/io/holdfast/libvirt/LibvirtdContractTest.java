package io.holdfast.libvirt;

import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.testkit.HypervisorContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
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
  private static final HostId HERE = new HostId("here");
  private static final HostId THERE = new HostId("there");

  @RegisterExtension private static final RunningLibvirtd libvirtd = new RunningLibvirtd();
  @RegisterExtension private static final RunningLibvirtd neighbour = new RunningLibvirtd();

  private static int given;

  private @Nullable Process otherMigration;

  @AfterEach
  void endOtherMigration() {
    if (otherMigration != null) {
      otherMigration.destroyForcibly();
    }
  }

  @Override
  protected Hypervisor open() {
    return openAt(libvirtd.get());
  }

  private static Hypervisor openAt(PrivateLibvirtd daemon) {
    return LibvirtHypervisor.builder(daemon.uri())
        // A busy machine's daemon may be silent for seconds, and each call below is made once.
        .keepAlive(Duration.ofSeconds(2), 4)
        .connectTimeout(Duration.ofSeconds(5))
        .liveMigration(
            PrivateLibvirtd.migration(
                Map.of(HERE, libvirtd.get().home(), THERE, neighbour.get().home())))
        .build();
  }

  @Override
  protected Neighbour openNeighbour() {
    return new Neighbour(THERE, openAt(neighbour.get()));
  }

  @Override
  protected HostId hostOfHypervisor() {
    return HERE;
  }

  @Override
  protected void startAtNeighbour(WorkloadId workload) throws Exception {
    TinyGuest twin = new TinyGuest(workload.name(), neighbour.get().home());
    twin.install();
    create(neighbour.get(), workload, twin.definition());
  }

  @Override
  protected WorkloadId restlessWorkload() throws Exception {
    WorkloadId workload = freshWorkload();
    guest(workload).installRestless();
    return workload;
  }

  /** By another process, as an agent that has ended since would have. */
  @Override
  protected void beginMigration(WorkloadId workload, HostId target) throws Exception {
    libvirtd.get().virsh("migrate-setspeed", workload.name(), "1");
    otherMigration = libvirtd.get().beginMigration(workload.name(), neighbour.get());
    neighbour
        .get()
        .await(
            "the arrival", () -> neighbour.get().virsh("list", "--name").contains(workload.name()));
  }

  @Override
  protected void speedUp(WorkloadId workload) throws Exception {
    libvirtd.get().virsh("migrate-setspeed", workload.name(), "1000");
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
    create(libvirtd.get(), workload, definitionOf(workload));
  }

  private static void create(PrivateLibvirtd daemon, WorkloadId workload, Definition definition)
      throws Exception {
    Path xml = daemon.home().resolve(workload.name() + ".xml");
    Files.writeString(xml, definition.text());
    daemon.virsh("create", xml.toString());
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
