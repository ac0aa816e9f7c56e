package io.holdfast.examples.lab;

import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.libvirt.LibvirtHypervisor;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;

/** The hosts' hypervisors as an operator reaches them from the switch room: past the engine. */
final class LabHypervisors {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final SortedMap<HostId, Hypervisor> byHost = new TreeMap<>();

  Outcome<Ack> start(HostId host, WorkloadId workload, Definition definition) {
    return of(host).start(workload, definition, TIMEOUT);
  }

  Outcome<Ack> migrate(HostId host, WorkloadId workload, HostId target) {
    return of(host).migrate(workload, target, TIMEOUT);
  }

  private Hypervisor of(HostId host) {
    return byHost.computeIfAbsent(
        host,
        h ->
            LibvirtHypervisor.builder("qemu+tcp://" + LabNetwork.hostAddress(h) + "/system")
                .liveMigration(LabNetwork.migration())
                .build());
  }
}
