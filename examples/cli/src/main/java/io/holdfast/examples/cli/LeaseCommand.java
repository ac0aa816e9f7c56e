package io.holdfast.examples.cli;

import picocli.CommandLine.Command;

/** Devices that hold leases and locks. */
@Command(
    name = "lease",
    mixinStandardHelpOptions = true,
    subcommands = {LeaseInit.class, LeaseShow.class, LeaseVerify.class, LeaseClear.class},
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Files or block devices on shared storage that hold the leases of hosts and the locks of"
          + " workloads.",
      "Exit status: 0 for yes, 1 for no, 2 for bad input or usage."
    })
final class LeaseCommand {}
