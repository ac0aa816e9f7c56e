package io.holdfast.engine.lease;

import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockBlock.Ownership;
import io.holdfast.engine.lease.LockEffect.Answer;
import io.holdfast.engine.lease.LockEvent.Written;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks for, and gives up, the lock of one workload on storage: at most one owner at any time, on
 * one or more devices of which more than half have to agree. Pure and single-threaded; one request
 * at a time.
 *
 * <p>Every ownership is decided by one instance of Gafni and Lamport's <i>Disk Paxos</i> (2003).
 * What each host knows to be decided stands in its own block beside its votes, not in a block that
 * all write: a late write of a host that is dead changes nothing of another's.
 *
 * <p><b>Asked for:</b> whoever uses it holds the host lease of its slot, so that no former process
 * of it has a write under way. An owner is replaced only when the caller has evidence that it is
 * gone. Safety needs no clock; time only ends requests.
 *
 * <p>A write that was not acknowledged may take effect later, and undo a vote that was acknowledged
 * after it. So its device is used no more by this process: only the next one, under a new host
 * lease, knows that nothing is on its way to it. The same holds for a device that does not show
 * what it has acknowledged: it was set back, or cleared, or another process has this slot.
 *
 * <p>Nothing is written to a device before a read of the same request has found all blocks of the
 * lock sound there: its place may belong to somebody else by now.
 */
public final class LockCore {
  /** A pause is at most this part of a request's patience, so that it has several turns. */
  private static final int TURNS = 8;

  private static final int MOST_OUTBID = 16;

  private static final Comparator<LockBlock> VOTES =
      Comparator.comparingLong(LockBlock::instance)
          .thenComparingLong(LockBlock::accepted)
          .thenComparingLong(LockBlock::ballot);

  private enum Phase {
    IDLE,
    PAUSING,
    LOOKING,
    PREPARING,
    PROPOSING,
    DECIDING,
    RELEASING
  }

  private final LockConfig config;
  private final List<LockDevice> devices = new ArrayList<>();
  private final List<LockEffect> effects = new ArrayList<>();
  private Phase phase = Phase.IDLE;
  private int phases;
  private long now = Long.MIN_VALUE;
  private long nextOp = 1;
  private long deadline;
  private long resumeAt;
  private int outbid;
  private boolean releasing;
  private Optional<Owner> gone = Optional.empty();

  /** This host's block as it was written last, or is being written. */
  private LockBlock mine;

  /** One that owns nothing, as far as it knows. */
  public LockCore(LockConfig config) {
    this.config = config;
    mine = LockBlock.empty(config.lock(), config.me().slot());
    for (int i = 0; i < config.devices(); i++) {
      devices.add(new LockDevice(i));
    }
  }

  /** Whether a request is under way: another has to wait for its answer. */
  public boolean isBusy() {
    return phase != Phase.IDLE;
  }

  /**
   * Whether too many devices are lost to it for any answer but {@code Spent}: only another process,
   * under a new host lease, can use them again.
   */
  public boolean isSpent() {
    long lost = devices.stream().filter(device -> device.lost).count();
    return lost > devices.size() - majority();
  }

  /** When it wants a {@link LockEvent.Tick}; {@code Long.MAX_VALUE}: never. */
  public long nextWakeup() {
    return switch (phase) {
      case IDLE -> Long.MAX_VALUE;
      case PAUSING -> Math.min(deadline, resumeAt);
      default -> deadline;
    };
  }

  /** Takes one event, and returns what is to be done, in order. */
  public List<LockEffect> step(LockEvent event) {
    effects.clear();
    now = Math.max(now, event.now());
    if (event instanceof LockEvent.Acquire acquire) {
      request(false, acquire.gone());
    } else if (event instanceof LockEvent.Release) {
      request(true, Optional.empty());
    } else if (event instanceof LockEvent.BlocksRead read) {
      blocksRead(read);
    } else if (event instanceof LockEvent.WriteEnded write) {
      writeEnded(write);
    }
    if (phase != Phase.IDLE && now >= deadline) {
      answer(new Answer.Unknown("not answered in " + config.patience() + troubles()));
    } else if (phase == Phase.PAUSING && now >= resumeAt) {
      begin(Phase.LOOKING);
    }
    return List.copyOf(effects);
  }

  private void request(boolean release, Optional<Owner> certainlyGone) {
    if (isBusy()) {
      throw new IllegalStateException("a request is under way");
    }
    releasing = release;
    gone = certainlyGone;
    outbid = 0;
    deadline = now + config.patience().toNanos();
    devices.forEach(device -> device.sound = false);
    begin(Phase.LOOKING);
  }

  private void answer(Answer answer) {
    phase = Phase.IDLE;
    phases++; // what is still under way belongs to the past
    effects.add(new LockEffect.Answered(answer));
  }

  private String troubles() {
    StringBuilder text = new StringBuilder();
    for (LockDevice device : devices) {
      if (device.isBusy() || device.failed) {
        String why = device.trouble == null ? "no answer" : device.trouble;
        text.append("; device ").append(device.index).append(": ").append(why);
      }
    }
    return text.toString();
  }

  // Phases: each is done when more than half of the devices have done their part in it

  private void begin(Phase next) {
    phase = next;
    phases++;
    devices.forEach(LockDevice::phaseBegins);
    giveUpIfHopeless();
    devices.forEach(this::takePart);
  }

  private void takePart(LockDevice device) {
    if (device.isBusy() || device.failed || phase == Phase.IDLE || phase == Phase.PAUSING) {
      return;
    }
    if (phase == Phase.LOOKING || !device.sound) {
      read(device); // never two: what others have there now may be no lock any more
    } else {
      device.begin(nextOp++, phases);
      device.writing = mine;
      effects.add(new LockEffect.Write(device.index, device.op, mine));
    }
  }

  private void read(LockDevice device) {
    device.begin(nextOp++, phases);
    effects.add(new LockEffect.Read(device.index, device.op));
  }

  private void writeEnded(LockEvent.WriteEnded event) {
    LockDevice device = devices.get(event.device());
    if (!device.ends(event.op())) {
      return;
    }
    if (event.how() == Written.DONE) {
      device.own = device.writing;
    }
    if (event.how() == Written.UNKNOWN) {
      // never two: it may land yet, over a vote that is acknowledged after it.
      device.isLost("a write was not acknowledged, and may yet happen" + event.why());
      giveUpIfHopeless();
    } else if (device.opPhase != phases) {
      takePart(device); // what it did belongs to the past; now it is free for the present
    } else if (event.how() == Written.NOT_BEGUN) {
      device.fails("a write was not begun" + event.why());
      giveUpIfHopeless();
    } else if (phase == Phase.PREPARING || phase == Phase.PROPOSING) {
      device.written = true;
      read(device);
    } else if (phase == Phase.DECIDING || phase == Phase.RELEASING) {
      device.done = true;
      goOnIfDone();
    }
  }

  private void blocksRead(LockEvent.BlocksRead event) {
    LockDevice device = devices.get(event.device());
    if (!device.ends(event.op())) {
      return;
    }
    if (device.opPhase != phases) {
      takePart(device);
      return;
    }
    List<LockBlock> blocks = new ArrayList<>();
    for (Reading<LockBlock> reading : event.blocks()) {
      reading.sound().ifPresent(blocks::add);
      // never two: a block that cannot be read may hold a vote, so this device says nothing.
      reading.finding().ifPresent(finding -> device.fails(finding.describe()));
    }
    if (!device.failed && event.blocks().size() != config.hosts()) {
      device.fails("could not be read");
    }
    device.sound = !device.failed;
    if (device.sound && isAnothers(device, blocks.get(config.me().slot()))) {
      answer(
          new Answer.Refused(
              "another process writes to block " + config.me().slot() + " of the lock"));
    } else if (device.failed) {
      giveUpIfHopeless();
    } else if (phase == Phase.LOOKING || device.written) {
      device.blocks = blocks;
      device.done = true;
      goOnIfDone();
    } else {
      takePart(device);
    }
  }

  /**
   * Whether another process has written this host's block. Whatever else it shows there but what it
   * has acknowledged, it has forgotten that.
   */
  private boolean isAnothers(LockDevice device, LockBlock shown) {
    if (device.own == null) {
      device.own = shown;
      device.found = shown;
    }
    if (shown.equals(device.own)) {
      return false;
    }
    device.isLost("shows another block than it has acknowledged");
    return shown.workload().isPresent()
        && shown.writer() != config.writer()
        && !shown.equals(device.found);
  }

  private void giveUpIfHopeless() {
    long failed = devices.stream().filter(device -> device.failed).count();
    if (isBusy() && failed > devices.size() - majority()) {
      String why = "too few devices" + troubles();
      answer(isSpent() ? new Answer.Spent(why) : new Answer.Unknown(why));
    }
  }

  private int majority() {
    return SlotWatch.majority(devices.size());
  }

  private void goOnIfDone() {
    if (devices.stream().filter(device -> device.done).count() < majority()) {
      return;
    }
    switch (phase) {
      case LOOKING -> looked();
      case PREPARING -> {
        if (!isOutbid()) {
          propose();
        }
      }
      case PROPOSING -> {
        if (!isOutbid()) {
          Owner owner = mine.proposal().orElseThrow();
          boolean givenUp = releasing && owner.equals(config.me());
          decided(new Ownership(mine.instance(), owner, givenUp));
          begin(givenUp ? Phase.RELEASING : Phase.DECIDING);
        }
      }
      case DECIDING -> {
        Ownership ownership = mine.decided().orElseThrow();
        answer(
            releasing
                ? new Answer.Released()
                : ownership.owner().equals(config.me())
                    ? new Answer.Acquired(ownership.token())
                    : new Answer.HeldBy(ownership));
      }
      case RELEASING -> answer(new Answer.Released());
      case IDLE, PAUSING -> {
        // nothing is asked for
      }
    }
  }

  private Stream<LockBlock> blocks() {
    return devices.stream().filter(device -> device.done).flatMap(d -> d.blocks.stream());
  }

  // What the phases find

  private void looked() {
    Optional<WorkloadId> other =
        blocks()
            .flatMap(block -> block.workload().stream())
            .filter(workload -> !workload.equals(config.workload()))
            .findFirst();
    if (other.isPresent()) {
      answer(new Answer.Refused("lock %d is that of %s".formatted(config.lock(), other.get())));
      return;
    }
    Ownership newest = newest();
    if (newest != null && !isShown(newest)) {
      // never two: it may have been forgotten by a person's word, and another own it since.
      answer(new Answer.Unknown("no device shows what was known: " + newest.describe()));
      return;
    }
    boolean held = newest != null && !newest.released();
    boolean ofMine = newest != null && newest.owner().equals(config.me());
    recover();
    if (releasing) {
      if (!(held && ofMine) && isVoteOpen(newest)) {
        prepare(newest); // or whoever comes next may find that vote, and decide that we own it
      } else if (newest != null && ofMine) { // again, if it was: that may not have been seen
        decided(new Ownership(newest.token(), newest.owner(), true));
        begin(Phase.RELEASING);
      } else {
        answer(new Answer.Released());
      }
    } else if (newest != null && held && ofMine) {
      answer(new Answer.Acquired(newest.token()));
    } else if (newest != null && held && !gone.equals(Optional.of(newest.owner()))) {
      answer(new Answer.HeldBy(newest)); // never two: only on evidence about exactly this owner
    } else {
      prepare(newest);
    }
  }

  /** The ownership of the greatest token that anybody knows of, released if anybody knows that. */
  private @Nullable Ownership newest() {
    Ownership newest = mine.decided().orElse(null);
    for (LockBlock block : blocks().toList()) {
      Ownership other = block.decided().orElse(null);
      if (other != null
          && (newest == null
              || other.token() > newest.token()
              || (other.token() == newest.token() && other.released()))) {
        newest = other;
      }
    }
    return newest;
  }

  /** Whether any device shows it, released or not. */
  private boolean isShown(Ownership ownership) {
    return blocks()
        .flatMap(block -> block.decided().stream())
        .anyMatch(
            shown -> shown.token() == ownership.token() && shown.owner().equals(ownership.owner()));
  }

  /**
   * A former process of this host may have voted: its votes count as ours. What it voted for in the
   * highest ballot is what counts, also where another device shows a higher one that it only began.
   */
  private void recover() {
    blocks()
        .filter(block -> block.slot() == config.me().slot())
        .max(VOTES)
        .filter(block -> VOTES.compare(block, mine) > 0)
        .ifPresent(this::votesAs);
  }

  private void votesAs(LockBlock block) {
    boolean same = block.instance() == mine.instance();
    mine =
        new LockBlock(
            mine.lock(),
            mine.slot(),
            block.workload(),
            block.instance(),
            same ? Math.max(block.ballot(), mine.ballot()) : block.ballot(),
            block.accepted(),
            block.proposal(),
            mine.decided(),
            config.writer());
  }

  /** Whether we have asked for the next ownership, and it is not known what has come of that. */
  private boolean isVoteOpen(@Nullable Ownership newest) {
    long next = instanceAfter(newest);
    return (mine.instance() == next && mine.ballot() > 0)
        || blocks()
            .filter(block -> block.instance() == next)
            .anyMatch(block -> block.proposal().equals(Optional.of(config.me())));
  }

  private static long instanceAfter(@Nullable Ownership newest) {
    return newest == null ? 1 : newest.token() + 1;
  }

  private void prepare(@Nullable Ownership newest) {
    long instance = instanceAfter(newest);
    long highest =
        blocks()
            .filter(block -> block.instance() == instance)
            .mapToLong(LockBlock::ballot)
            .max()
            .orElse(0);
    boolean voted = mine.instance() == instance;
    if (voted) {
      highest = Math.max(highest, mine.ballot());
    }
    if (Math.max(highest, instance) > LockBlock.MOST - 2L * config.hosts()) {
      answer(new Answer.Refused("lock %d is counted to its end".formatted(config.lock())));
      return;
    }
    // unique: every host has the ballots of its own remainder
    long ballot = (highest / config.hosts() + 1) * config.hosts() + config.me().slot() + 1;
    mine =
        new LockBlock(
            config.lock(),
            config.me().slot(),
            Optional.of(config.workload()),
            instance,
            ballot,
            voted ? mine.accepted() : 0,
            voted ? mine.proposal() : Optional.empty(),
            Optional.ofNullable(newest),
            config.writer());
    begin(Phase.PREPARING);
  }

  /** Whether another has a higher ballot, or it is decided already. */
  private boolean isOutbid() {
    Ownership newest = newest();
    if (!Optional.ofNullable(newest).equals(mine.decided())) {
      begin(Phase.LOOKING);
      return true;
    }
    boolean higher =
        blocks()
            .anyMatch(
                block ->
                    block.instance() > mine.instance()
                        || (block.instance() == mine.instance() && block.ballot() > mine.ballot()));
    if (higher) {
      outbid++;
      resumeAt = now + pause();
      phase = Phase.PAUSING;
      phases++;
      devices.forEach(LockDevice::phaseBegins);
    }
    return higher;
  }

  /** Longer each time, and different for all of those that are seen to compete. */
  private long pause() {
    List<Integer> competing =
        Stream.concat(blocks(), Stream.of(mine))
            .filter(block -> block.instance() == mine.instance() && block.ballot() > 0)
            .map(LockBlock::slot)
            .distinct()
            .sorted()
            .toList();
    long longest = config.patience().dividedBy((long) TURNS * competing.size()).toNanos();
    long wanted = Math.multiplyExact(Math.min(outbid, MOST_OUTBID), config.backOff().toNanos());
    return (competing.indexOf(config.me().slot()) + 1) * Math.min(wanted, longest);
  }

  private void propose() {
    Owner value =
        blocks()
            .filter(block -> block.instance() == mine.instance() && block.accepted() > 0)
            .max(Comparator.comparingLong(LockBlock::accepted))
            .flatMap(LockBlock::proposal)
            .orElse(config.me());
    mine =
        new LockBlock(
            mine.lock(),
            mine.slot(),
            mine.workload(),
            mine.instance(),
            mine.ballot(),
            mine.ballot(),
            Optional.of(value),
            mine.decided(),
            mine.writer());
    begin(Phase.PROPOSING);
  }

  private void decided(Ownership ownership) {
    mine =
        new LockBlock(
            mine.lock(),
            mine.slot(),
            Optional.of(config.workload()),
            mine.instance(),
            mine.ballot(),
            mine.accepted(),
            mine.proposal(),
            Optional.of(ownership),
            config.writer());
  }
}
