package io.holdfast.libvirt;

import io.holdfast.api.Definition;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.testkit.HypervisorContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** The contract against the driver that libvirt has for tests, inside this process. */
class TestDriverContractTest extends HypervisorContract {
  private static final String URI = "test:///default";

  private static int given;

  /** Somebody else, at the same hypervisor: the default one of the driver is shared. */
  private Connect other;

  @BeforeAll
  static void requireLibvirt() {
    NativeLibrary.require();
  }

  @BeforeEach
  void connectOther() throws LibvirtException {
    other = new Connect(URI);
  }

  @AfterEach
  void closeOther() throws LibvirtException {
    other.close();
  }

  @Override
  protected Hypervisor open() {
    return LibvirtHypervisor.builder(URI).build();
  }

  @Override
  protected WorkloadId freshWorkload() {
    return new WorkloadId("vm", "guest-" + ++given);
  }

  @Override
  protected Definition definitionOf(WorkloadId workload) {
    return new Definition(
        """
        <domain type='test'>
          <name>%s</name>
          <memory unit='MiB'>8</memory>
          <os><type>hvm</type></os>
        </domain>
        """
            .formatted(workload.name()));
  }

  @Override
  protected Definition invalidDefinition(WorkloadId workload) {
    return new Definition("<domain type='test'><name>" + workload.name() + "</name></domain>");
  }

  @Override
  protected void startOutOfBand(WorkloadId workload) throws LibvirtException {
    Domain domain = other.domainCreateXML(definitionOf(workload).text(), 0);
    domain.free();
  }

  @Override
  protected void crash(WorkloadId workload) {
    throw unsupported("guests of the test driver have no emulator that could crash");
  }

  @Override
  protected void shutDownGuest(WorkloadId workload) throws LibvirtException {
    Domain domain = other.domainLookupByName(workload.name());
    domain.shutdown();
    domain.free();
  }

  @Override
  protected void makeUnreachable() {
    throw unsupported("the test driver is inside this process");
  }

  @Override
  protected void makeReachable() {
    throw unsupported("the test driver is inside this process");
  }
}
