package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.io.BlockDevice;
import io.holdfast.engine.lease.io.DeviceScan;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Checks every block of a lease device. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Reads every block of a lease device and tells what is wrong with it, and where. Changes"
          + " nothing.",
      "Exit status: 0 if nothing is wrong, 1 if something is, 2 for bad input or usage."
    })
final class LeaseVerify implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "DEVICE", description = "a file or a block device")
  private Path path = Path.of("");

  @Mixin private LeaseTarget target = new LeaseTarget();

  LeaseVerify(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (BlockDevice device = target.open(path, false)) {
      DeviceScan scan = DeviceScan.of(device, target.timeout());
      if (target.json()) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("device", device.path());
        document.put("sound", scan.isSound());
        document.put("blocks", scan.blocks());
        LeaseText.findings(document, scan);
        console.out().println(document.toPrettyString());
      } else {
        tell(scan, device);
      }
      return scan.isSound() ? Hactl.YES : Hactl.NO;
    }
  }

  private void tell(DeviceScan scan, BlockDevice device) {
    for (Finding finding : scan.findings()) {
      console.out().println("wrong: " + finding.describe());
    }
    if (scan.found() > scan.findings().size()) {
      console.out().printf("and %d more%n", scan.found() - scan.findings().size());
    }
    console
        .out()
        .printf(
            "%s: %d blocks read, %s%n",
            device.path(),
            scan.blocks(),
            scan.isSound() ? "nothing is wrong" : scan.found() + " of them are wrong");
  }
}
