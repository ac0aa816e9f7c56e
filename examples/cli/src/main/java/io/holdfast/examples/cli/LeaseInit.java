package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Names;
import io.holdfast.engine.lease.DeviceId;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.Superblock;
import io.holdfast.engine.lease.io.BlockDevice;
import io.holdfast.engine.lease.io.DeviceInit;
import io.holdfast.engine.lease.io.DeviceInit.Result;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes lease devices of files or block devices. */
@Command(
    name = "init",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a lease device of a file or block device, or a set of several that are used together:"
          + " then more than half of them have to agree. A file that is not there is made.",
      "If one of them holds anything but zeros where the leases would be, all are left as they are,"
          + " unless --force is given. Do that only while no host uses them.",
      "Exit status: 0 if they are lease devices now, 1 if not, 2 for bad input or usage."
    })
final class LeaseInit implements Callable<Integer> {
  private final Console console;

  @Parameters(arity = "1..*", paramLabel = "DEVICE", description = "a file or a block device")
  private List<Path> paths = List.of();

  @Mixin private LeaseTarget target = new LeaseTarget();

  @Option(
      names = "--cluster",
      required = true,
      paramLabel = "NAME",
      description = "whose leases will be on it")
  private String cluster = "";

  @Option(
      names = "--hosts",
      defaultValue = "64",
      paramLabel = "N",
      description = "how many hosts there will be at most (default: ${DEFAULT-VALUE})")
  private int hosts;

  @Option(
      names = "--locks",
      defaultValue = "0",
      paramLabel = "M",
      description =
          "how many workloads will have their locks on it (default: ${DEFAULT-VALUE}); each takes a"
              + " block for every host")
  private int locks;

  @Option(
      names = "--slot-size",
      defaultValue = "4096",
      paramLabel = "BYTES",
      description =
          "a power of two, no less than the blocks of the device (default: ${DEFAULT-VALUE})")
  private int slotSize;

  @Option(names = "--force", description = "whatever they hold may be lost")
  private boolean force;

  LeaseInit(Console console) {
    this.console = console;
  }

  /** One of the devices, and how it went. */
  private record Initialised(BlockDevice device, Result result) {
    boolean isDone() {
      return result instanceof Result.Initialised;
    }
  }

  @Override
  public Integer call() {
    List<Superblock> superblocks = superblocks();
    List<LeaseFile> files = LeaseFile.all(paths, target.timeout());
    BlockDevice[] devices = new BlockDevice[files.size()];
    try {
      List<Initialised> all = initialise(files, devices, superblocks);
      if (target.json()) {
        console.out().println(document(all).toPrettyString());
      } else {
        all.forEach(this::tell);
      }
      return all.stream().allMatch(Initialised::isDone) ? Hactl.YES : Hactl.NO;
    } finally {
      Stream.of(devices).filter(Objects::nonNull).forEach(BlockDevice::close);
    }
  }

  private List<Superblock> superblocks() {
    try {
      Names.check("device.cluster", cluster);
      Layout layout = new Layout(slotSize, hosts, locks);
      SecureRandom random = new SecureRandom();
      DeviceId set = id(random);
      List<Superblock> superblocks = new ArrayList<>();
      for (int i = 0; i < paths.size(); i++) {
        DeviceSet place = new DeviceSet(set, i, paths.size());
        superblocks.add(new Superblock(cluster, id(random), place, layout, false));
      }
      return superblocks;
    } catch (InvalidConfigException e) {
      throw new BadInputException("lease init: " + e.getMessage(), e);
    }
  }

  private static DeviceId id(SecureRandom random) {
    return new DeviceId(random.nextLong() | 1, random.nextLong());
  }

  /**
   * Changes none of them if one must not be, and leaves no file that was not there; ends with the
   * first that goes wrong.
   */
  private List<Initialised> initialise(
      List<LeaseFile> files, BlockDevice[] devices, List<Superblock> superblocks) {
    List<Initialised> obstacles = obstacles(files, true, devices, superblocks);
    if (!obstacles.isEmpty()) {
      return obstacles;
    }
    List<LeaseFile> made = new ArrayList<>();
    boolean goesOn = false;
    try {
      for (LeaseFile file : files) {
        if (!file.there() && file.make(target.timeout())) {
          made.add(file);
        }
      }
      obstacles = obstacles(files, false, devices, superblocks);
      goesOn = obstacles.isEmpty();
    } finally {
      if (!goesOn) {
        made.forEach(file -> file.unmake(target.timeout()));
      }
    }
    return goesOn ? written(files, devices, superblocks) : obstacles;
  }

  /**
   * Opens those that were there, or those that were not, and tells why some must not be written.
   */
  private List<Initialised> obstacles(
      List<LeaseFile> files, boolean there, BlockDevice[] devices, List<Superblock> superblocks) {
    List<Initialised> obstacles = new ArrayList<>();
    for (int i = 0; i < devices.length; i++) {
      if (files.get(i).there() == there) {
        BlockDevice device = target.open(files.get(i).path(), true);
        devices[i] = device;
        init(device)
            .obstacle(superblocks.get(i).layout(), files.get(i).grows(), force)
            .ifPresent(result -> obstacles.add(new Initialised(device, result)));
      }
    }
    return obstacles;
  }

  private List<Initialised> written(
      List<LeaseFile> files, BlockDevice[] devices, List<Superblock> superblocks) {
    List<Initialised> done = new ArrayList<>();
    for (int i = 0; i < devices.length; i++) {
      BlockDevice device = devices[i];
      Result result = init(device).initialise(superblocks.get(i), files.get(i).grows(), force);
      done.add(new Initialised(device, result));
      if (!(result instanceof Result.Initialised)) {
        return done;
      }
    }
    // one that is another by another name shows what was written last
    return done.stream().map(this::confirmed).toList();
  }

  private Initialised confirmed(Initialised one) {
    return one.result() instanceof Result.Initialised made
        ? init(one.device())
            .confirm(made.superblock())
            .map(result -> new Initialised(one.device(), result))
            .orElse(one)
        : one;
  }

  private DeviceInit init(BlockDevice device) {
    return new DeviceInit(device, target.timeout());
  }

  private void tell(Initialised one) {
    BlockDevice device = one.device();
    if (one.result() instanceof Result.Initialised done) {
      Superblock made = done.superblock();
      Layout layout = made.layout();
      console
          .out()
          .printf(
              "initialised %s: cluster %s, device %s, %d of %d, %d hosts, %d locks, slots of %d"
                  + " bytes, %d bytes in all%n",
              device.path(),
              made.cluster(),
              made.device(),
              made.set().index() + 1,
              made.set().count(),
              layout.hosts(),
              layout.locks(),
              layout.slotSize(),
              layout.size());
      if (!device.isDirect()) {
        console.out().println(LeaseText.NOT_DIRECT);
      }
    } else if (one.result() instanceof Result.Holds holds) {
      console
          .out()
          .printf(
              "no: %s is left as it is: %s (--force gives that up)%n",
              device.path(), holds.detail());
    } else if (one.result() instanceof Result.Failed failed) {
      console.out().println("no: " + failed.finding().describe());
    }
  }

  private static ObjectNode document(List<Initialised> all) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("initialised", all.stream().allMatch(Initialised::isDone));
    ArrayNode devices = document.putArray("devices");
    for (Initialised one : all) {
      ObjectNode node = devices.addObject();
      node.put("device", one.device().path());
      node.put("initialised", one.isDone());
      node.put("direct", one.device().isDirect());
      if (one.result() instanceof Result.Initialised done) {
        LeaseText.superblock(node, done.superblock());
      } else if (one.result() instanceof Result.Holds holds) {
        node.put("reason", holds.detail());
      } else if (one.result() instanceof Result.Failed failed) {
        node.put("reason", failed.finding().describe());
        node.putArray("findings").add(LeaseText.finding(failed.finding()));
      }
    }
    return document;
  }
}
