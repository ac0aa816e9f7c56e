package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.io.BlockDevice;
import io.holdfast.engine.lease.io.Caches;
import io.holdfast.engine.lease.io.DeviceClear;
import io.holdfast.engine.lease.io.DeviceClear.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a slot or a lock that cannot be read any more what it was in the beginning. */
@Command(
    name = "clear",
    mixinStandardHelpOptions = true,
    description = {
      "Makes one host's slot, or one lock, on lease devices what it was when they were initialised,"
          + " where what is read makes no sense any more. It is watched first, and left alone if"
          + " somebody writes there, or if the device itself cannot read it.",
      "A slot may be cleared on one device of several. A lock is cleared on all devices of its set,"
          + " and only while its workload runs nowhere and the agents of all hosts are stopped: an"
          + " owner writes nothing, so watching does not find it. Its tokens begin anew.",
      "Exit status: 0 if it is cleared now, 1 if not, 2 for bad input or usage. If it was begun and"
          + " could not be ended, restart this host, and clear it again before anybody uses it."
    })
final class LeaseClear implements Callable<Integer> {
  private final Console console;

  @Parameters(arity = "1..*", paramLabel = "DEVICE", description = "a file or a block device")
  private List<Path> paths = List.of();

  @Mixin private LeaseTarget target = new LeaseTarget();

  @ArgGroup(multiplicity = "1")
  private What what = new What();

  /** One of both. */
  static final class What {
    @Option(names = "--slot", paramLabel = "N", description = "the number of a host's slot")
    @Nullable Integer slot;

    @Option(names = "--lock", paramLabel = "N", description = "the number of a lock")
    @Nullable Integer lock;
  }

  @Option(
      names = "--wait",
      required = true,
      paramLabel = "DURATION",
      description =
          "for how long nobody must write there first: H of the cluster's leases, or longer")
  private Duration wait = Duration.ZERO;

  @Option(
      names = "--coherent",
      description =
          "yes, caches between this host and the devices show what others write, as those of a"
              + " cluster file system do; without it, what cannot be opened past them is refused")
  private boolean coherent;

  @Option(
      names = "--force",
      required = true,
      description = "yes, what stands there may be forgotten")
  private boolean force;

  LeaseClear(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (wait.compareTo(Duration.ofMillis(1)) < 0 || wait.compareTo(Duration.ofHours(24)) > 0) {
      throw new BadInputException("--wait: found %s, allowed: PT0.001S to PT24H".formatted(wait));
    }
    if (!force) {
      throw new BadInputException("--force: found false, allowed: true");
    }
    LeaseFile.all(paths, target.timeout());
    List<BlockDevice> devices = new ArrayList<>();
    try {
      paths.forEach(path -> devices.add(target.open(path, true)));
      return told(cleared(devices));
    } finally {
      devices.forEach(BlockDevice::close);
    }
  }

  private Result cleared(List<BlockDevice> devices) {
    DeviceClear clear =
        new DeviceClear(
            devices,
            coherent ? Caches.COHERENT : Caches.UNKNOWN,
            target.timeout(),
            System::nanoTime,
            LeaseClear::pause);
    try {
      Integer slot = what.slot;
      Integer lock = what.lock;
      return slot != null ? clear.slot(slot, wait) : clear.lock(lock == null ? -1 : lock, wait);
    } catch (InvalidConfigException e) {
      String all = paths.stream().map(Path::toString).collect(Collectors.joining(", "));
      throw new BadInputException("%s: %s".formatted(all, e.getMessage()), e);
    }
  }

  private static void pause(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(Math.min(left, TimeUnit.SECONDS.toNanos(1)));
    }
  }

  private int told(Result result) {
    boolean begun = result instanceof Result.Begun;
    Optional<Finding> finding =
        result instanceof Result.Refused refused
            ? Optional.of(refused.finding())
            : result instanceof Result.Begun half ? Optional.of(half.finding()) : Optional.empty();
    String name = what.slot != null ? "slot " + what.slot : "lock " + what.lock;
    if (target.json()) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document.put("cleared", finding.isEmpty()).put("begun", begun);
      finding.ifPresent(why -> document.putArray("findings").add(LeaseText.finding(why)));
      console.out().println(document.toPrettyString());
    } else if (finding.isEmpty()) {
      console.out().printf("cleared %s on %d devices%n", name, paths.size());
    } else {
      String how =
          begun
              ? "%s is begun and not ended, restart this host and clear it again: ".formatted(name)
              : "no: ";
      console.out().println(how + finding.get().describe());
    }
    return finding.isEmpty() ? Hactl.YES : Hactl.NO;
  }
}
