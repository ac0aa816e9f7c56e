package io.holdfast.examples.embedding;

import io.holdfast.api.Capacity;
import io.holdfast.api.Definition;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.engine.HaEngine;
import io.holdfast.engine.HostAgent;
import io.holdfast.zookeeper.ZooKeeperCoordination;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One host of a cluster: its agent, and a controller candidate. */
public final class Embedding {
  private Embedding() {}

  static HaEngine embed(
      HostId host,
      ZooKeeperCoordination zookeeper,
      Hypervisor libvirt,
      FenceDevice bmcOfHost1,
      FenceDevice bmcOfHost2,
      Path stateDirectory,
      String domainXml)
      throws IOException {
    // README: begin
    HostAgent agent =
        HostAgent.builder()
            .host(host)
            .membership(zookeeper.membership())
            .store(zookeeper.stateStore())
            .hypervisor(libvirt)
            .stateDirectory(stateDirectory)
            .build();
    HaEngine engine =
        HaEngine.builder()
            .candidate(host.value())
            .membership(zookeeper.membership())
            .store(zookeeper.stateStore())
            .fenceDevices(new HostId("host1"), List.of(bmcOfHost1))
            .fenceDevices(new HostId("host2"), List.of(bmcOfHost2))
            .listener((at, event) -> System.out.println(at + " " + event))
            .build();
    agent.start();
    engine.start();

    Workload database = Workload.of("vm:db", Priority.CRITICAL, Capacity.of(4, 8_192));
    var outcomes =
        List.of(
            engine.register(Host.of("host1", Capacity.of(64, 262_144))),
            engine.register(Host.of("host2", Capacity.of(64, 262_144))),
            engine.protect(database, new Definition(domainXml)));
    if (!outcomes.stream().allMatch(Outcome::isDone)) {
      throw new IOException("vm:db is not protected: " + outcomes);
    }
    // README: end
    return engine;
  }
}
