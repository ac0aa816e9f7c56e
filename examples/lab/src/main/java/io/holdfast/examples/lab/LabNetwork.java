package io.holdfast.examples.lab;

import io.holdfast.api.Capacity;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.libvirt.LiveMigration;
import io.holdfast.zookeeper.ZooKeeperCoordination;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** What all parts of the lab agree upon: names, addresses, guests, time-outs. */
final class LabNetwork {
  static final List<HostId> HOSTS =
      List.of(new HostId("host1"), new HostId("host2"), new HostId("host3"));

  /** In MiB; a host that lost its neighbour carries three guests. */
  static final Capacity HOST_CAPACITY = Capacity.of(8, 1024);

  /** A guest and its place in the lab's network. */
  record Guest(String name, Priority priority, String address) {
    Workload workload() {
      return Workload.of("vm:" + name, priority, Capacity.of(1, 128))
          .withOrigin(Workload.Origin.EXISTING)
          .withRestart(RestartPolicy.of(2, Duration.ofMillis(500), Duration.ofMinutes(10), 2));
    }
  }

  static final List<Guest> GUESTS =
      List.of(
          new Guest("web", Priority.HIGH, "10.77.0.101"),
          new Guest("db", Priority.CRITICAL, "10.77.0.102"),
          new Guest("mail", Priority.HIGH, "10.77.0.103"),
          new Guest("cache", Priority.MEDIUM, "10.77.0.104"),
          new Guest("batch", Priority.LOW, "10.77.0.105"),
          new Guest("build", Priority.LOW, "10.77.0.106"));

  static final int GUEST_PORT = 7;

  /** Where a guest says everything back. */
  static final int ECHO_PORT = 8;

  private LabNetwork() {}

  static String hostAddress(HostId host) {
    return "10.77.0.1" + (HOSTS.indexOf(host) + 1);
  }

  static String bmcAddress(HostId host) {
    return "10.77.0.2" + (HOSTS.indexOf(host) + 1);
  }

  /**
   * From one host's libvirt to another's. Disks are the machine's own: coherent, whatever libvirt
   * thinks.
   */
  static LiveMigration migration() {
    return LiveMigration.over("qemu+tcp://%s/system")
        .dataOver("tcp://%s")
        .addresses(LabNetwork::hostAddress)
        .evenIfUnsafe();
  }

  static Timings timings(Duration silence) {
    return Timings.forSilence(silence)
        .withFenceTimeout(Duration.ofSeconds(5))
        .withFenceRetry(Duration.ofSeconds(2), Duration.ofMinutes(1));
  }

  /**
   * A client whose server has died silently goes to another after two thirds of the session's
   * time-out; that has to be well within the silence that is tolerated, or the death of one host
   * silences another.
   */
  static ZooKeeperCoordination.Builder coordination(Duration silence) {
    String servers =
        HOSTS.stream().map(h -> hostAddress(h) + ":2181").collect(Collectors.joining(","));
    Duration session = silence.multipliedBy(4).dividedBy(5);
    return ZooKeeperCoordination.builder(servers + "/holdfast").sessionTimeout(session);
  }
}
