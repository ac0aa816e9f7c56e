package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.HostSlot.Holder;
import io.holdfast.engine.lease.LockBlock.Ownership;
import io.holdfast.engine.lease.Superblock;
import io.holdfast.engine.lease.io.BlockDevice;
import io.holdfast.engine.lease.io.DeviceScan;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows what stands on a lease device. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what stands on a lease device, and changes nothing. Whether a holder lives is told by"
          + " looking twice: nothing here is a time.",
      "Exit status: 0 if it is a lease device, 1 if not, 2 for bad input or usage."
    })
final class LeaseShow implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "DEVICE", description = "a file or a block device")
  private Path path = Path.of("");

  @Mixin private LeaseTarget target = new LeaseTarget();

  LeaseShow(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (BlockDevice device = target.open(path, false)) {
      DeviceScan scan = DeviceScan.of(device, target.timeout());
      if (target.json()) {
        console.out().println(document(scan, device).toPrettyString());
      } else {
        tell(scan, device);
      }
      return scan.superblock().isPresent() ? Hactl.YES : Hactl.NO;
    }
  }

  private void tell(DeviceScan scan, BlockDevice device) {
    PrintStream out = console.out();
    if (scan.superblock().isPresent()) {
      Superblock superblock = scan.superblock().get();
      out.printf(
          "%s: cluster %s, device %s, %d of %d of set %s, slots of %d bytes%n",
          device.path(),
          superblock.cluster(),
          superblock.device(),
          superblock.set().index() + 1,
          superblock.set().count(),
          superblock.set().id(),
          superblock.layout().slotSize());
      out.printf("hosts: %d of %d%n", scan.hosts().size(), superblock.layout().hosts());
      for (HostSlot slot : scan.hosts()) {
        Holder holder = slot.holder().orElseThrow();
        out.printf(
            "  %4d  %s, writer %016x, valid for %s, %s%n",
            slot.slot(),
            holder.describe(),
            holder.writer(),
            holder.validity(),
            holder.watchdogPeriod().isZero()
                ? "no watchdog"
                : "watchdog of " + holder.watchdogPeriod());
      }
      out.printf("locks: %d of %d%n", scan.locks().size(), superblock.layout().locks());
      for (DeviceScan.LockState lock : scan.locks()) {
        out.printf(
            "  %4d  %s, %s%n",
            lock.lock(),
            lock.workload(),
            lock.ownership().map(Ownership::describe).orElse("asked for, and nobody's yet"));
      }
      if (!device.isDirect()) {
        out.println(LeaseText.NOT_DIRECT);
      }
    }
    for (Finding finding : scan.findings()) {
      out.println("wrong: " + finding.describe());
    }
    if (scan.found() > scan.findings().size()) {
      out.printf("and %d more%n", scan.found() - scan.findings().size());
    }
  }

  private static ObjectNode document(DeviceScan scan, BlockDevice device) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("device", device.path());
    document.put("direct", device.isDirect());
    if (scan.superblock().isPresent()) {
      LeaseText.superblock(document, scan.superblock().get());
      ArrayNode hosts = document.putArray("hosts");
      scan.hosts()
          .forEach(slot -> slot.holder().ifPresent(h -> hosts.add(LeaseText.host(slot, h))));
      ArrayNode locks = document.putArray("locks");
      scan.locks().forEach(lock -> locks.add(LeaseText.lock(lock)));
    }
    LeaseText.findings(document, scan);
    return document;
  }
}
