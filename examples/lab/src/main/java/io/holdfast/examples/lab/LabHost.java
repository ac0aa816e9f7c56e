package io.holdfast.examples.lab;

import io.holdfast.api.Departure;
import io.holdfast.api.HostId;
import io.holdfast.api.Timings;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.engine.EventJson;
import io.holdfast.engine.HaEngine;
import io.holdfast.engine.HostAgent;
import io.holdfast.fence.ipmi.IpmiFenceDevice;
import io.holdfast.libvirt.LibvirtHypervisor;
import io.holdfast.zookeeper.ZooKeeperCoordination;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * What runs on each host of the lab: the agent and a controller candidate, on real ZooKeeper,
 * libvirt and IPMI. Tells every event as a line of JSON on standard output. Ends with its host; or
 * when it is asked to end, as an init system does before a reboot: then it announces that first.
 */
public final class LabHost {
  /** Moves of all guests of a small and busy machine. */
  private static final Duration LEAVE_PATIENCE = Duration.ofMinutes(2);

  private LabHost() {}

  /** Takes its settings from the environment that the lab gives to its boot hooks. */
  public static void main(String[] args) throws Exception {
    HostId host = new HostId(setting("HOLDFAST_HOST"));
    Path home = Path.of(setting("HOLDFAST_HOST_DIR"));
    Path lab = Path.of(setting("HOLDFAST_LAB_DIR"));
    Duration silence =
        Duration.ofMillis(
            new BigDecimal(setting("HOLDFAST_SILENCE")).movePointRight(3).longValueExact());
    Timings timings = LabNetwork.timings(silence);

    ZooKeeperCoordination coordination =
        LabNetwork.coordination(silence)
            .preferredServer(LabNetwork.hostAddress(host) + ":2181")
            .build();
    EventJson json = new EventJson();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    HaEngine.Builder engine =
        HaEngine.builder()
            .candidate(host.value())
            .membership(coordination.membership())
            .store(coordination.stateStore())
            .timings(timings)
            .listener((at, event) -> out.println(json.line(at, host.value(), event)));
    for (HostId other : LabNetwork.HOSTS) {
      engine.fenceDevices(other, List.of(bmcOf(other, lab)));
    }
    HostAgent agent =
        HostAgent.builder()
            .host(host)
            .membership(coordination.membership())
            .store(coordination.stateStore())
            .hypervisor(
                LibvirtHypervisor.builder("qemu:///system")
                    .liveMigration(LabNetwork.migration())
                    .build())
            .stateDirectory(home.resolve("agent"))
            .timings(timings)
            .listener((at, event) -> out.println(json.line(at, host.value(), event)))
            .build();
    agent.start();
    HaEngine controller = engine.build();
    controller.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> leave(agent, controller, out), "leave"));
    new CountDownLatch(1).await();
  }

  private static void leave(HostAgent agent, HaEngine controller, PrintStream out) {
    try {
      out.println("ready to reboot: " + agent.announce(Departure.REBOOT, LEAVE_PATIENCE));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    agent.close();
    controller.close();
  }

  private static FenceDevice bmcOf(HostId host, Path lab) throws IOException {
    Path files = lab.resolve("hosts").resolve(host.value());
    return IpmiFenceDevice.builder("bmc-" + host)
        .address(LabNetwork.bmcAddress(host))
        .user(Files.readString(files.resolve("bmc.user")).strip())
        .password(() -> password(files.resolve("bmc.password")))
        .build();
  }

  private static char[] password(Path file) {
    try {
      return Files.readString(file).strip().toCharArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String setting(String name) {
    String value = System.getenv(name);
    if (value == null || value.isBlank()) {
      throw new IllegalStateException(name + " is not set: the lab starts this program");
    }
    return value;
  }
}
