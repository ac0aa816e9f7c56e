package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.LockBlock;
import io.holdfast.engine.lease.LockBlock.Ownership;
import io.holdfast.engine.lease.Reading;
import io.holdfast.engine.lease.Superblock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything that stands on a lease device, read once from its beginning to its end, without
 * changing anything.
 *
 * @param superblock empty if there is none that can be read; then nothing else was
 * @param hosts the slots that somebody has, or had
 * @param locks the locks that somebody has, or had, of which every block was there to be read
 * @param blocks how many were read; what cannot be read together is read one by one
 * @param findings what is wrong, the first {@value #MOST_FINDINGS}
 * @param found how many findings there are in all
 */
public record DeviceScan(
    Optional<Superblock> superblock,
    List<HostSlot> hosts,
    List<LockState> locks,
    long blocks,
    List<Finding> findings,
    long found) {
  /** How many findings are kept. */
  public static final int MOST_FINDINGS = 1000;

  private static final int CHUNK = 1 << 20;

  /**
   * What all blocks of a lock on this device say together. Others may say something newer.
   *
   * @param ownership empty if it was only ever voted on
   */
  public record LockState(int lock, WorkloadId workload, Optional<Ownership> ownership) {}

  public DeviceScan {
    hosts = List.copyOf(hosts);
    locks = List.copyOf(locks);
    findings = List.copyOf(findings);
  }

  /** Whether nothing is wrong. */
  public boolean isSound() {
    return found == 0;
  }

  /**
   * Reads the superblock alone.
   *
   * @return {@code Unsound} also if it cannot be read in time, or is not ready
   */
  public static Reading<Superblock> superblock(BlockDevice device, Duration timeout) {
    Outcome<byte[]> read = device.read(0, Math.max(Layout.LEAST_SLOT, device.blockSize()), timeout);
    if (!(read instanceof Outcome.Done<byte[]> done)) {
      return unreadable(device, 0, read);
    }
    Reading<Superblock> found =
        LeaseFormat.superblock(device.path(), done.value(), device.size(), device.blockSize());
    return found.sound().filter(superblock -> !superblock.ready()).isPresent()
        ? new Reading.Unsound<>(
            new Finding(
                Kind.UNFINISHED, device.path(), 0, "its initialisation has not come to its end"))
        : found;
  }

  private static <T> Reading<T> unreadable(BlockDevice device, long offset, Outcome<?> read) {
    return new Reading.Unsound<>(
        new Finding(Kind.NO_ANSWER, device.path(), offset, BlockDevice.why(read)));
  }

  /**
   * Reads all of it.
   *
   * @param timeout for each read of a megabyte at most
   */
  public static DeviceScan of(BlockDevice device, Duration timeout) {
    Reading<Superblock> superblock = superblock(device, timeout);
    Scanner scanner = new Scanner(device, timeout);
    superblock.finding().ifPresent(scanner::finding);
    superblock.sound().ifPresent(scanner::scan);
    return scanner.result(superblock.sound());
  }

  /** Collects. */
  private static final class Scanner {
    private final BlockDevice device;
    private final Duration timeout;
    private final List<HostSlot> hosts = new ArrayList<>();
    private final List<LockState> locks = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final SortedMap<String, HostSlot> slotsByHost = new TreeMap<>();
    private long blocks = 1;
    private long found;

    /** What was read of the present lock, and whether that is all so far. */
    private final List<LockBlock> ofLock = new ArrayList<>();

    private boolean whole;

    Scanner(BlockDevice device, Duration timeout) {
      this.device = device;
      this.timeout = timeout;
    }

    DeviceScan result(Optional<Superblock> superblock) {
      return new DeviceScan(superblock, hosts, locks, blocks, findings, found);
    }

    void finding(Finding finding) {
      found++;
      if (findings.size() < MOST_FINDINGS) {
        findings.add(finding);
      }
    }

    void scan(Superblock superblock) {
      LeaseFormat format = new LeaseFormat(device.path(), superblock);
      Layout layout = superblock.layout();
      long index = 1;
      while (index < layout.slots()) {
        int count = (int) Math.min(Math.max(1, CHUNK / layout.slotSize()), layout.slots() - index);
        if (!blocks(format, layout, index, count)) {
          return;
        }
        index += count;
      }
    }

    /** Returns whether the device answers: if not, it will answer nothing else either. */
    private boolean blocks(LeaseFormat format, Layout layout, long index, int count) {
      long offset = index * layout.slotSize();
      Outcome<byte[]> read = device.read(offset, count * layout.slotSize(), timeout);
      if (read instanceof Outcome.Done<byte[]> done) {
        for (int i = 0; i < count; i++) {
          block(format, layout, index + i, done.value(), i * layout.slotSize());
        }
        return true;
      }
      boolean answers = !(read instanceof Outcome.Unknown);
      if (answers && count > 1 && found < MOST_FINDINGS) {
        for (int i = 0; i < count && answers; i++) { // which of them it is
          answers = blocks(format, layout, index + i, 1);
        }
        return answers;
      }
      unreadable(device, offset, read).finding().ifPresent(this::finding);
      whole = false; // of the lock that goes on behind it, some blocks are missing
      return answers;
    }

    private void block(LeaseFormat format, Layout layout, long index, byte[] bytes, int from) {
      blocks++;
      if (index <= layout.hosts()) {
        Reading<HostSlot> slot = format.host((int) index - 1, bytes, from);
        slot.finding().ifPresent(this::finding);
        slot.sound().filter(found -> !found.isFree()).ifPresent(found -> host(found, layout));
        return;
      }
      long number = index - 1 - layout.hosts();
      int host = (int) (number % layout.hosts());
      if (host == 0) {
        ofLock.clear();
        whole = true;
      }
      Reading<LockBlock> block = format.lock((int) (number / layout.hosts()), host, bytes, from);
      block.finding().ifPresent(this::finding);
      block.sound().filter(found -> found.workload().isPresent()).ifPresent(ofLock::add);
      if (host == layout.hosts() - 1 && whole) {
        lock(ofLock, layout);
      }
    }

    private void host(HostSlot slot, Layout layout) {
      hosts.add(slot);
      String name = slot.holder().orElseThrow().host().value();
      HostSlot former = slotsByHost.putIfAbsent(name, slot);
      if (former != null && isOfSameStay(former, slot)) {
        contradiction(
            layout.hostOffset(slot.slot()),
            "%s has slot %d, and slot %d as well".formatted(name, former.slot(), slot.slot()));
      }
    }

    private static boolean isOfSameStay(HostSlot one, HostSlot other) {
      return one.holder()
          .map(HostSlot.Holder::incarnation)
          .equals(other.holder().map(HostSlot.Holder::incarnation));
    }

    private void contradiction(long offset, String detail) {
      finding(new Finding(Kind.CONTRADICTORY, device.path(), offset, detail));
    }

    private void lock(List<LockBlock> written, Layout layout) {
      if (written.isEmpty()) {
        return;
      }
      LockBlock first = written.get(0);
      SortedMap<Long, Ownership> byToken = new TreeMap<>();
      for (LockBlock block : written) {
        long offset = layout.blockOffset(block.lock(), block.slot());
        if (!block.workload().equals(first.workload())) {
          contradiction(
              offset,
              "lock %d is that of %s, and of %s"
                  .formatted(
                      block.lock(),
                      first.workload().orElseThrow(),
                      block.workload().orElseThrow()));
        }
        block
            .decided()
            .ifPresent(
                decided -> {
                  Ownership other = byToken.putIfAbsent(decided.token(), decided);
                  if (other != null && !other.owner().equals(decided.owner())) {
                    contradiction(
                        offset,
                        "lock %d has two owners with token %d: %s and %s"
                            .formatted(
                                block.lock(), decided.token(), other.owner(), decided.owner()));
                  }
                });
      }
      Optional<Ownership> ownership =
          written.stream()
              .flatMap(block -> block.decided().stream())
              .reduce((one, other) -> newer(one, other) ? one : other);
      locks.add(new LockState(first.lock(), first.workload().orElseThrow(), ownership));
    }

    private static boolean newer(Ownership one, Ownership other) {
      return one.token() > other.token() || (one.token() == other.token() && one.released());
    }
  }
}
