package io.holdfast.engine.lease;

import io.holdfast.engine.lease.HostSlot.Holder;
import io.holdfast.engine.lease.LeaseDevice.Step;
import io.holdfast.engine.lease.LeaseEffect.End;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Acquires, renews and gives up one host's lease on storage: its own slot on one or more devices,
 * of which more than half have to agree. Pure and single-threaded.
 *
 * <p>The algorithm is that of Chockler and Malkhi, <i>Light-Weight Leases for Storage-Centric
 * Coordination</i> (2004), with a slot for each host, so that its register has one legitimate
 * writer; that there is a second one is a mistake, and is found.
 *
 * <ul>
 *   <li><b>Acquire.</b> A slot that nobody has had is claimed at once, any other only once it has
 *       been silent for H, or longer if its holder says that it counts by longer times ({@link
 *       SlotWatch}). A claim is written within 2δ of the read that found it so, rests for {@link
 *       StorageTiming#settle}, and holds on the devices that still show it then. Of two that claim,
 *       the one that writes first finds itself overwritten. If none has held F after the round of
 *       the first one began, it is over: whoever has seen that claim may call its writer dead.
 *   <li><b>Renew.</b> Every R each device is read, and written if it shows our own record. The
 *       lease is held for F from before that began, once more than half have acknowledged it.
 *   <li><b>Lose.</b> Not renewed by then, it is over, whatever is acknowledged later. So it is at
 *       once when a device that has shown ours shows a record of another host, of a later
 *       incarnation, or of another writer of this one. An older record there, of our own or of who
 *       had the slot before, is written over, and that device counts again when it shows ours.
 * </ul>
 *
 * <p>A read or write that takes longer than δ has no result here, and its device gets nothing
 * further before it has ended.
 */
public final class HostLeaseCore {
  /** Where it stands. */
  public enum State {
    WATCHING,
    CLAIMING,
    HELD,
    RELEASING,
    ENDED
  }

  private final HostLeaseConfig config;
  private final long ioTimeout;
  private final SlotWatch watch;
  private final List<LeaseDevice> devices = new ArrayList<>();
  private final List<LeaseEffect> effects = new ArrayList<>();
  private State state = State.WATCHING;
  private long now = Long.MIN_VALUE;
  private long sequence;
  private long roundBegan;
  private long roundDue = Long.MIN_VALUE;
  private boolean renewed;
  private long validUntil = Long.MIN_VALUE;
  private long claimBy = Long.MAX_VALUE;
  private long nextOp = 1;

  /** One that holds nothing; a {@link LeaseEvent.Tick} lets it begin. */
  public HostLeaseCore(HostLeaseConfig config) {
    this.config = config;
    ioTimeout = config.timing().ioTimeout().toNanos();
    watch = new SlotWatch(config.devices());
    for (int i = 0; i < config.devices(); i++) {
      devices.add(new LeaseDevice(i));
    }
  }

  /** Where it stands. */
  public State state() {
    return state;
  }

  /** Until when it is held, by the clock of the events; empty if it is not. */
  public Optional<Long> heldUntil() {
    return state == State.HELD ? Optional.of(validUntil) : Optional.empty();
  }

  /** When it wants a {@link LeaseEvent.Tick}; {@code Long.MAX_VALUE}: never. */
  public long nextWakeup() {
    return switch (state) {
      case WATCHING -> Math.min(roundDue, claimBy);
      case CLAIMING -> Math.min(claimBy, Math.min(roundDue, nextConfirmation()));
      case HELD -> Math.min(validUntil, roundDue);
      case RELEASING -> validUntil;
      case ENDED -> Long.MAX_VALUE;
    };
  }

  /** Takes one event, and returns what is to be done, in order. */
  public List<LeaseEffect> step(LeaseEvent event) {
    effects.clear();
    now = Math.max(now, event.now());
    if ((state == State.HELD || state == State.RELEASING) && now >= validUntil) {
      // never two: over before anything that comes late is looked at.
      end(End.EXPIRED, "not renewed on %d devices in time".formatted(majority()));
    }
    if ((state == State.WATCHING || state == State.CLAIMING) && now >= claimBy) {
      // never two: a claim that others have seen may be called dead from now on.
      end(End.EXPIRED, "no claim held on %d devices in time".formatted(majority()));
    }
    if (event instanceof LeaseEvent.ReadEnded read) {
      readEnded(read);
    } else if (event instanceof LeaseEvent.WriteEnded write) {
      writeEnded(write);
    } else if (event instanceof LeaseEvent.Release) {
      release();
    }
    proceed();
    return List.copyOf(effects);
  }

  private int majority() {
    return SlotWatch.majority(devices.size());
  }

  // Rounds

  private void proceed() {
    if (state == State.CLAIMING) {
      devices.stream()
          .filter(device -> device.step == Step.SETTLING && now >= device.confirmAt)
          .forEach(device -> read(device, Step.CONFIRMING));
    }
    if (state == State.RELEASING) {
      devices.stream()
          .filter(device -> device.joined && device.sound)
          .filter(device -> !device.isBusy() && device.written < sequence)
          .forEach(device -> write(device, Step.RELEASING, true));
    }
    boolean goesOn = state == State.WATCHING || state == State.CLAIMING || state == State.HELD;
    if (goesOn && now >= roundDue) {
      beginRound();
    }
  }

  private void beginRound() {
    if (state == State.CLAIMING) {
      state = State.WATCHING; // the claim did not hold on enough devices: all over again
    }
    roundBegan = now;
    roundDue = now + config.timing().lease().renewInterval().toNanos();
    renewed = false;
    if (state == State.HELD) {
      sequence++;
    }
    for (LeaseDevice device : devices) {
      if (device.isBusy()) {
        device.step = Step.OUT;
        if (now - device.began > ioTimeout) {
          trouble(device, "has not answered within " + config.timing().ioTimeout());
        }
      } else {
        read(device, Step.READING);
      }
    }
  }

  private long nextConfirmation() {
    return devices.stream()
        .filter(device -> device.step == Step.SETTLING)
        .mapToLong(device -> device.confirmAt)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private void read(LeaseDevice device, Step step) {
    device.begin(nextOp++, now, step);
    if (step == Step.READING) {
      device.roundRead = now;
    }
    effects.add(new LeaseEffect.Read(device.index, device.op));
  }

  private void write(LeaseDevice device, Step step, boolean released) {
    device.begin(nextOp++, now, step);
    device.written = sequence;
    effects.add(
        new LeaseEffect.Write(device.index, device.op, config.slotWith(sequence, released)));
  }

  // What devices answer

  private void readEnded(LeaseEvent.ReadEnded event) {
    LeaseDevice device = devices.get(event.device());
    if (!device.ends(event.op())) {
      return;
    }
    device.sound = event.reading().sound().isPresent(); // however late it says so
    Step step = device.step;
    device.step = Step.OUT;
    if (now - device.began > ioTimeout || step == Step.OUT) {
      return;
    }
    Optional<Finding> finding = event.reading().finding();
    if (finding.isPresent()) {
      watch.read(device.index, device.began, now, event.reading());
      trouble(device, finding.get().describe());
      return;
    }
    HostSlot slot = event.reading().sound().orElseThrow();
    if (step == Step.CONFIRMING) {
      if (state == State.CLAIMING) {
        confirm(device, slot);
      }
    } else if (state == State.HELD) {
      renew(device, slot);
    } else if (state == State.WATCHING || state == State.CLAIMING) {
      watched(device, event.reading(), slot);
    }
  }

  private void writeEnded(LeaseEvent.WriteEnded event) {
    LeaseDevice device = devices.get(event.device());
    if (!device.ends(event.op())) {
      return;
    }
    Step step = device.step;
    device.step = Step.OUT;
    if (!event.done() || now - device.began > ioTimeout || step == Step.OUT) {
      if (!event.done()) {
        trouble(device, "has not acknowledged a write" + event.why());
      }
      return;
    }
    device.acknowledged = device.written;
    switch (step) {
      case CLAIMING -> {
        // never two: whoever claims later than this has been slow, and may have overwritten.
        if (now - device.roundRead <= 2 * ioTimeout && state == State.CLAIMING) {
          device.step = Step.SETTLING;
          device.confirmAt = now + config.timing().settle().toNanos();
        }
      }
      case RENEWING -> {
        device.step = Step.DONE;
        device.settled();
        countRenewals();
      }
      case RELEASING -> {
        device.step = Step.DONE;
        if (count(Step.DONE) >= majority()) {
          end(End.RELEASED, "given up");
        }
      }
      default -> {
        // a device that only joins counts from its next read on
      }
    }
  }

  private long count(Step step) {
    return devices.stream().filter(device -> device.step == step).count();
  }

  // Acquiring

  private void watched(LeaseDevice device, Reading<HostSlot> reading, HostSlot slot) {
    boolean changed = watch.read(device.index, device.began, now, reading);
    Optional<Holder> holder = slot.holder();
    if (changed && holder.isPresent() && !holder.get().released() && !isMine(holder.get())) {
      end(End.BUSY, "slot %d is written by %s".formatted(config.slot(), slot.describe()));
      return;
    }
    device.refused = holder.isPresent() && mayNeverTake(holder.get());
    if (device.refused) {
      long refused = devices.stream().filter(other -> other.refused).count();
      if (refused > devices.size() - majority() || isHost(holder.orElseThrow())) {
        end(End.BUSY, "slot %d is that of %s".formatted(config.slot(), slot.describe()));
      } else { // it may not have seen that the slot was given up
        trouble(device, "the slot is that of " + slot.describe());
      }
      return;
    }
    device.step = Step.READ;
    device.readFree = slot.isFree();
    if (state == State.CLAIMING) {
      if (device.readFree || isSilent()) {
        claim(device);
      }
    } else if (isClaimable()) {
      state = State.CLAIMING;
      sequence++;
      claimBy = Math.min(claimBy, roundBegan + config.timing().lease().validity().toNanos());
      for (LeaseDevice other : devices) {
        if (other.step == Step.READ) {
          claim(other);
        }
      }
      long patience = 4 * ioTimeout + config.timing().settle().toNanos();
      roundDue = roundBegan + patience;
    }
  }

  /** A later incarnation has been there, or another host that has not given it up. */
  private boolean mayNeverTake(Holder holder) {
    if (isMine(holder)) {
      return false;
    }
    return isHost(holder)
        ? holder.incarnation().compareTo(config.incarnation()) >= 0
        : !holder.released();
  }

  private boolean isHost(Holder holder) {
    return holder.host().equals(config.host());
  }

  private boolean isClaimable() {
    List<LeaseDevice> read = devices.stream().filter(device -> device.step == Step.READ).toList();
    return read.size() >= majority()
        && (read.stream().allMatch(device -> device.readFree) || isSilent());
  }

  private boolean isSilent() {
    return watch.isSilentFor(watch.takeoverWait(config.timing().lease()));
  }

  private void claim(LeaseDevice device) {
    device.replaced = watch.seen(device.index);
    write(device, Step.CLAIMING, false);
  }

  private void confirm(LeaseDevice device, HostSlot slot) {
    if (slot.equals(device.replaced)) {
      trouble(device, "shows what was replaced there: " + slot.describe());
      return;
    }
    Optional<Holder> mine = slot.holder().filter(this::isMine);
    if (mine.isEmpty()) {
      end(End.BUSY, "slot %d was claimed by %s".formatted(config.slot(), slot.describe()));
      return;
    }
    if (mine.get().sequence() < device.acknowledged) {
      // never two: an earlier claim that has landed late, maybe over that of another.
      trouble(device, "shows an older record than it has acknowledged: " + slot.describe());
      return;
    }
    device.step = Step.DONE;
    device.settled();
    if (count(Step.DONE) >= majority()) {
      state = State.HELD;
      roundDue = roundBegan + config.timing().lease().renewInterval().toNanos();
      hold(roundBegan + config.timing().lease().validity().toNanos());
    }
  }

  // Holding

  private boolean isMine(Holder holder) {
    return holder.writer() == config.writer()
        && holder.incarnation().equals(config.incarnation())
        && holder.host().equals(config.host());
  }

  private void renew(LeaseDevice device, HostSlot slot) {
    Optional<Holder> holder = slot.holder();
    boolean mine = holder.filter(this::isMine).isPresent();
    if (mine && holder.get().sequence() >= device.acknowledged) {
      write(device, Step.RENEWING, false);
    } else if (mine) {
      trouble(device, "shows an older record than it has acknowledged: " + slot.describe());
      write(device, Step.JOINING, false);
    } else if (device.joined) {
      if (slot.equals(device.replaced) || isFormer(slot)) {
        // a stale answer, a late write, a device that was set back: it does not count before it
        // shows what is written now.
        trouble(device, "shows what was replaced there: " + slot.describe());
        write(device, Step.JOINING, false);
      } else {
        end(End.CONTESTED, "slot %d is written by %s".formatted(config.slot(), slot.describe()));
      }
    } else if (holder.isPresent() && mayNeverTake(holder.get())) {
      if (holder.get().host().equals(config.host())) {
        end(End.CONTESTED, "slot %d is that of %s".formatted(config.slot(), slot.describe()));
      } else {
        trouble(device, "the slot is that of " + slot.describe());
      }
    } else {
      device.replaced = slot;
      write(device, Step.JOINING, false);
    }
  }

  /** What stood there before we came: nobody, or this host in an earlier stay. */
  private boolean isFormer(HostSlot slot) {
    return slot.holder()
        .map(
            holder ->
                holder.host().equals(config.host())
                    && holder.incarnation().compareTo(config.incarnation()) < 0)
        .orElse(true);
  }

  private void countRenewals() {
    if (state == State.HELD && !renewed && count(Step.DONE) >= majority()) {
      renewed = true;
      hold(roundBegan + config.timing().lease().validity().toNanos());
    }
  }

  private void hold(long until) {
    validUntil = Math.max(validUntil, until);
    renewed = true;
    effects.add(new LeaseEffect.Held(validUntil));
  }

  private void release() {
    if (state == State.WATCHING || state == State.CLAIMING) {
      end(End.RELEASED, "nothing was held");
    } else if (state == State.HELD) {
      state = State.RELEASING;
      sequence++;
      devices.forEach(device -> device.step = Step.OUT);
    }
  }

  private void end(End end, String detail) {
    if (state != State.ENDED) {
      state = State.ENDED;
      effects.add(new LeaseEffect.Ended(end, detail));
    }
  }

  private void trouble(LeaseDevice device, String detail) {
    if (!detail.equals(device.trouble)) {
      device.trouble = detail;
      effects.add(new LeaseEffect.Trouble(device.index, detail));
    }
  }
}
