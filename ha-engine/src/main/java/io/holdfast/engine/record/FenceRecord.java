package io.holdfast.engine.record;

import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What is known of a host that was fenced, and the intent to fence it (again). The one never takes
 * the place of the other: what was proven of an earlier incarnation is needed for what it ran, and
 * whatever else is written meanwhile keeps the intent.
 *
 * @param incarnation the newest one of which there is evidence; while there is none, the one that
 *     was to be fenced last
 * @param epoch the controller that wrote it
 * @param evidence why this incarnation certainly runs nothing; empty while there is none
 * @param switchOn devices that took the host's power and are to give it back
 * @param cut devices that have cut the host off from the storage, or may have, whatever incarnation
 *     it was, and have not given that back yet
 * @param aim what is being fenced, or has been a moment ago, so that others still wait on account
 *     of it, whoever leads; empty otherwise
 * @param pause until when its devices are left alone, whoever leads; empty while they are not,
 *     since it was heard or proven down, and always of a host without devices
 * @param level what an attempt has come to, whoever goes on with it; empty while that is the first
 *     level of the topology, or nothing
 * @param switchOnFailed how often giving it the power back has come to nothing, 0 or more
 */
public record FenceRecord(
    HostId host,
    Incarnation incarnation,
    Epoch epoch,
    Optional<Evidence> evidence,
    List<String> switchOn,
    List<String> cut,
    Optional<Aim> aim,
    Optional<Pause> pause,
    Optional<Level> level,
    int switchOnFailed)
    implements StateRecord {

  /**
   * An intent.
   *
   * @param incarnation the one to be fenced
   * @param storage devices that may be told to cut the host off from the storage for that; none
   *     once that has ended
   */
  public record Aim(Incarnation incarnation, List<String> storage) {
    public Aim {
      storage = List.copyOf(storage);
    }
  }

  /**
   * A silence in which nothing is asked of the host's devices for a while. Clocks of two
   * controllers are never compared: each counts from when it saw the renewal.
   *
   * @param renewal the sequence of the last renewal of this incarnation that was seen; once there
   *     is a later one, the pause is void
   * @param failed how many attempts have come to nothing since; 0 while it is only spared
   * @param after how long after that renewal its devices are asked, 0 or longer
   */
  public record Pause(Incarnation incarnation, long renewal, int failed, Duration after) {
    public Pause {
      if (failed < 0) {
        throw new InvalidConfigException("pause.failed", failed, "0 or more");
      }
      if (after.isNegative()) {
        throw new InvalidConfigException("pause.after", after, "PT0S or longer");
      }
    }
  }

  /**
   * A level of the topology. What it answered to one controller is not known to another: that one
   * asks it anew, and those before it, which gave no evidence, only after it.
   *
   * @param renewal the sequence of the last renewal of this incarnation that was seen; once there
   *     is a later one, nothing that failed before counts
   * @param devices all of this level
   */
  public record Level(Incarnation incarnation, long renewal, List<String> devices) {
    public Level {
      devices = List.copyOf(devices);
    }
  }

  public FenceRecord {
    if (switchOnFailed < 0) {
      throw new InvalidConfigException("switchOnFailed", switchOnFailed, "0 or more");
    }
    switchOn = List.copyOf(switchOn);
    cut = List.copyOf(cut);
  }

  /** Of a host that has its storage, and is not being fenced. */
  public FenceRecord(
      HostId host,
      Incarnation incarnation,
      Epoch epoch,
      Optional<Evidence> evidence,
      List<String> switchOn) {
    this(
        host,
        incarnation,
        epoch,
        evidence,
        switchOn,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0);
  }

  /** Of a host of which nothing is known yet. */
  public static FenceRecord unproven(HostId host, Incarnation incarnation, Epoch epoch) {
    return new FenceRecord(host, incarnation, epoch, Optional.empty(), List.of());
  }

  /** The intent alone. */
  public static FenceRecord intended(HostId host, Aim aim, Epoch epoch) {
    return unproven(host, aim.incarnation(), epoch).withAim(Optional.of(aim), epoch);
  }

  /** The same, of a host that is to be fenced in this incarnation. */
  public FenceRecord aimedAt(Aim next, Epoch by) {
    return new FenceRecord(
        host,
        evidence.isPresent() ? incarnation : next.incarnation(),
        by,
        evidence,
        switchOn,
        cut,
        Optional.of(next),
        pause,
        level,
        switchOnFailed);
  }

  /** The same, of a host whose fencing has ended just now, with or without evidence. */
  public FenceRecord justEnded(Incarnation fenced, Epoch by) {
    Aim ended = new Aim(fenced, List.of());
    return withAim(Optional.of(ended), by);
  }

  /** Whether it says that something is to be fenced of which there is no evidence yet. */
  public boolean intends() {
    return aim.filter(next -> !covers(next.incarnation())).isPresent();
  }

  /** The same, of a host on account of which nobody waits any more. */
  public FenceRecord withoutAim(Epoch by) {
    return withAim(Optional.empty(), by);
  }

  private FenceRecord withAim(Optional<Aim> next, Epoch by) {
    return new FenceRecord(
        host, incarnation, by, evidence, switchOn, cut, next, pause, level, switchOnFailed);
  }

  /** The same, of a host whose devices are left alone for a while, or are not. */
  public FenceRecord pausing(Optional<Pause> next, Epoch by) {
    return new FenceRecord(
        host, incarnation, by, evidence, switchOn, cut, aim, next, level, switchOnFailed);
  }

  /** The same, of a host whose topology is to be begun with this level, or with the first. */
  public FenceRecord beginningWith(Optional<Level> next, Epoch by) {
    return new FenceRecord(
        host, incarnation, by, evidence, switchOn, cut, aim, pause, next, switchOnFailed);
  }

  /**
   * What it means for whoever finds it: the one that meant to fence the host is gone, may have got
   * anywhere, and begins nothing more.
   */
  public FenceRecord asFound() {
    return aim.map(left -> mayBeCutBy(left.storage()).justEnded(left.incarnation(), epoch))
        .orElse(this);
  }

  /** The same, of a host that these keep from its storage too, or may. */
  public FenceRecord mayBeCutBy(List<String> devices) {
    SortedSet<String> all = new TreeSet<>(cut);
    all.addAll(devices);
    return withCut(List.copyOf(all), epoch);
  }

  /** The same, of a host to which this device has given the storage back. */
  public FenceRecord givenBack(String device, Epoch by) {
    return withCut(cut.stream().filter(other -> !other.equals(device)).toList(), by);
  }

  private FenceRecord withCut(List<String> devices, Epoch by) {
    return new FenceRecord(
        host, incarnation, by, evidence, switchOn, devices, aim, pause, level, switchOnFailed);
  }

  /** The same, of a host that has its power back, or is not to be given it any more. */
  public FenceRecord restored(Epoch by) {
    return new FenceRecord(host, incarnation, by, evidence, List.of(), cut, aim, pause, level, 0);
  }

  /** The same, of a host whose power could not be given back so many times. */
  public FenceRecord withSwitchOnFailed(int times, Epoch by) {
    return new FenceRecord(
        host, incarnation, by, evidence, switchOn, cut, aim, pause, level, times);
  }

  /**
   * The same, and a person's word that this incarnation is down takes the place of the evidence.
   */
  public FenceRecord confirmedBy(Evidence word, Epoch by) {
    return new FenceRecord(
        host, incarnation, by, Optional.of(word), switchOn, cut, aim, pause, level, switchOnFailed);
  }

  /** Whether it proves that this incarnation, and so every earlier one, runs nothing. */
  public boolean covers(Incarnation other) {
    return evidence.isPresent() && other.compareTo(incarnation) <= 0;
  }

  @Override
  public Key key() {
    return new Key(Table.FENCE, host.value());
  }
}
