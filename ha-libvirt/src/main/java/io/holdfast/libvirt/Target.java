package io.holdfast.libvirt;

import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import java.time.Duration;
import java.util.Optional;
import org.libvirt.LibvirtException;

/**
 * Questions to the daemons of other hosts, on workers of their own: one that hangs in a dead host's
 * silence must not take one away from this host.
 */
final class Target implements AutoCloseable {
  private final LibvirtConfig config;
  private final NativeCalls calls;

  Target(LibvirtConfig config) {
    this.config = config;
    this.calls = new NativeCalls("holdfast-libvirt-target-" + config.kind(), config.mostCalls());
  }

  /** How a workload stands on another host, empty if it does not run there. */
  Outcome<Optional<RunState>> look(
      LiveMigration how, HostId target, WorkloadId workload, Deadline deadline) {
    Duration left = Duration.ofNanos(deadline.nanosLeft());
    Duration most = config.connectTimeout();
    return calls.call(
        "asking " + target,
        left.compareTo(most) < 0 ? deadline : Deadline.in(most),
        () -> lookOn(how.connectionTo(target), workload),
        () -> {});
  }

  private Outcome<Optional<RunState>> lookOn(String uri, WorkloadId workload) {
    try {
      Link link = Link.open(uri, config.keepAliveSeconds(), config.keepAliveCount());
      try {
        return Outcome.done(
            Optional.ofNullable(Domains.observe(link.connection(), workload.name())));
      } finally {
        link.closeSoon();
      }
    } catch (LibvirtException e) {
      return Outcome.unknown("cannot reach it: " + LibvirtErrors.line(e));
    }
  }

  @Override
  public void close() {
    calls.close();
  }
}
