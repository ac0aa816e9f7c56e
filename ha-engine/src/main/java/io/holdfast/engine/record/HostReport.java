package io.holdfast.engine.record;

import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.ImmutableSortedSet;
import io.holdfast.api.Capacity;
import io.holdfast.api.Departure;
import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * What a host runs, as its agent sees it.
 *
 * @param sequence counts up within the incarnation
 * @param intentEpoch with {@code intentGeneration} the intent this report answers
 * @param inventoryKnown whether the hypervisors could be asked; if not, absence means nothing
 * @param trouble what keeps the host from following new orders, one line for people: a line break
 *     becomes a space
 * @param guarded that the host's watchdog is armed, and resets it unless its lease is valid; empty
 *     while it is not known to be
 * @param looked what runs here was read after an intent with this {@link HostIntent#look} was
 *     adopted
 * @param facts the conditions of this host that are known, and whether each holds
 * @param leaving what the host is about to do, as planned
 * @param loads what workloads here were measured to use, those left out that were not; empty where
 *     nothing is measured
 * @param assigned how each order of the intent stands
 * @param unassigned what runs here without an order, or may because an action on it is under way
 * @param again whether an earlier incarnation has joined, or may have, since the host booted: what
 *     it ran may have left while nobody looked
 */
public record HostReport(
    HostId host,
    Incarnation incarnation,
    long sequence,
    Epoch intentEpoch,
    long intentGeneration,
    boolean inventoryKnown,
    Optional<String> trouble,
    Optional<Guarded> guarded,
    long looked,
    SortedMap<String, Boolean> facts,
    Optional<Notice> leaving,
    Optional<SortedMap<WorkloadId, Capacity>> loads,
    SortedMap<WorkloadId, Entry> assigned,
    SortedSet<WorkloadId> unassigned,
    boolean again)
    implements StateRecord {

  /** How an order stands on its host. */
  public enum Condition {
    /** Accepted, not begun: waiting for its turn, or for the lease. */
    PENDING,
    /** The hypervisor has been told to start it. */
    STARTING,
    RUNNING,
    /** It is, or may be, on its way to another host: it may end here and run there any moment. */
    MIGRATING,
    /** The hypervisor has been told to stop it. */
    STOPPING,
    /** Observed not running; it will not be started under this order unless the goal is to run. */
    STOPPED,
    /** Observed not running, and never started again under this order. */
    GIVEN_UP,
    /** Observed not running: its user shut it down from inside, and that is honoured. */
    SHUT_DOWN,
    /** It was told to end, by force too, and still runs. It is told so ever more rarely. */
    STOP_FAILED,
    /**
     * It does not run here and is never started under this order: it was migrated away, by order or
     * by hand, or it was not here when it was only to be kept running.
     */
    GONE,
    /** The hypervisor cannot tell. */
    UNKNOWN
  }

  /**
   * The watchdog is armed, and is fed only while the lease is valid.
   *
   * @param turn of the {@link HostIntent.Guard} under which this holds
   * @param validity how long after a renewal was sent the host feeds it still
   * @param period after which the watchdog resets the host unless it is fed
   */
  public record Guarded(long turn, Duration validity, Duration period) {}

  /** A departure that was announced, and how far its preparation has come. */
  public record Notice(Departure departure, Stage stage) {

    /**
     * Of a shutdown or reboot each is final within the incarnation: the host never goes back to an
     * earlier one but from READY to STOPPING.
     */
    public enum Stage {
      /** It goes on as before, until the controller has said what becomes of its workloads. */
      ANNOUNCED,
      /** It starts nothing any more in this incarnation, and ends what it was ordered to run. */
      STOPPING,
      /**
       * Nothing that it was ordered to run runs, and nothing is under way. When only the agent
       * goes: nothing is under way, and nothing is begun any more.
       */
      READY
    }

    /** Whether it starts nothing any more, and ends what runs. */
    public boolean ends() {
      return departure != Departure.AGENT_RESTART && stage != Stage.ANNOUNCED;
    }
  }

  /**
   * @param restarts how often it was restarted here within its window
   * @param detail one line for people, empty where there is nothing to say; a line break becomes a
   *     space
   * @param ran whether it has run here under this order
   * @param ready whether it runs and, where that can be asked, its guest says that it serves
   * @param moveFailed the last move that was tried under this order and has come to nothing; of a
   *     workload that has left, also the one that was ordered and never tried
   * @param paused whether it is there and does not execute, because somebody has paused it
   */
  public record Entry(
      OpId assignment,
      Condition condition,
      int restarts,
      String detail,
      boolean ran,
      boolean ready,
      Optional<OpId> moveFailed,
      boolean paused) {
    public Entry {
      detail = oneLine(detail);
    }

    /** Of one that is not paused. */
    public Entry(
        OpId assignment,
        Condition condition,
        int restarts,
        String detail,
        boolean ran,
        boolean ready,
        Optional<OpId> moveFailed) {
      this(assignment, condition, restarts, detail, ran, ready, moveFailed, false);
    }

    /** The same, paused: nobody can rely on it. */
    public Entry whilePaused() {
      return new Entry(assignment, condition, restarts, detail, ran, false, moveFailed, true);
    }

    /** Of an order that no move was tried under. What runs is ready. */
    public Entry(OpId assignment, Condition condition, int restarts, String detail) {
      this(assignment, condition, restarts, detail, Optional.empty());
    }

    /** What runs is ready. */
    public Entry(
        OpId assignment,
        Condition condition,
        int restarts,
        String detail,
        Optional<OpId> moveFailed) {
      this(
          assignment,
          condition,
          restarts,
          detail,
          condition == Condition.RUNNING,
          condition == Condition.RUNNING,
          moveFailed);
    }
  }

  /** Of a host that knows of no conditions, and is not about to leave. */
  public HostReport(
      HostId host,
      Incarnation incarnation,
      long sequence,
      Epoch intentEpoch,
      long intentGeneration,
      boolean inventoryKnown,
      Optional<String> trouble,
      Optional<Guarded> guarded,
      long looked,
      SortedMap<WorkloadId, Entry> assigned,
      SortedSet<WorkloadId> unassigned) {
    this(
        host,
        incarnation,
        sequence,
        intentEpoch,
        intentGeneration,
        inventoryKnown,
        trouble,
        guarded,
        looked,
        ImmutableSortedMap.of(),
        Optional.empty(),
        assigned,
        unassigned);
  }

  public HostReport {
    trouble = trouble.map(HostReport::oneLine);
    facts = ImmutableSortedMap.copyOf(facts);
    loads = loads.map(HostReport::copy);
    assigned = ImmutableSortedMap.copyOf(assigned);
    unassigned = ImmutableSortedSet.copyOf(unassigned);
  }

  /** Of the first incarnation since the host booted. */
  public HostReport(
      HostId host,
      Incarnation incarnation,
      long sequence,
      Epoch intentEpoch,
      long intentGeneration,
      boolean inventoryKnown,
      Optional<String> trouble,
      Optional<Guarded> guarded,
      long looked,
      SortedMap<String, Boolean> facts,
      Optional<Notice> leaving,
      Optional<SortedMap<WorkloadId, Capacity>> loads,
      SortedMap<WorkloadId, Entry> assigned,
      SortedSet<WorkloadId> unassigned) {
    this(
        host,
        incarnation,
        sequence,
        intentEpoch,
        intentGeneration,
        inventoryKnown,
        trouble,
        guarded,
        looked,
        facts,
        leaving,
        loads,
        assigned,
        unassigned,
        false);
  }

  /** Of a host that measures no loads. */
  public HostReport(
      HostId host,
      Incarnation incarnation,
      long sequence,
      Epoch intentEpoch,
      long intentGeneration,
      boolean inventoryKnown,
      Optional<String> trouble,
      Optional<Guarded> guarded,
      long looked,
      SortedMap<String, Boolean> facts,
      Optional<Notice> leaving,
      SortedMap<WorkloadId, Entry> assigned,
      SortedSet<WorkloadId> unassigned) {
    this(
        host,
        incarnation,
        sequence,
        intentEpoch,
        intentGeneration,
        inventoryKnown,
        trouble,
        guarded,
        looked,
        facts,
        leaving,
        Optional.empty(),
        assigned,
        unassigned);
  }

  private static SortedMap<WorkloadId, Capacity> copy(SortedMap<WorkloadId, Capacity> loads) {
    return ImmutableSortedMap.copyOf(loads);
  }

  private static String oneLine(String text) {
    return text.isEmpty() ? text : text.replaceAll("\\R+", " ");
  }

  /** The same, as the report of this number. */
  public HostReport withSequence(long next) {
    return with(next, loads, assigned, unassigned);
  }

  /** What it says of the host, and nothing of any workload: of no number. */
  public HostReport ofTheHostAlone() {
    return with(0, Optional.empty(), ImmutableSortedMap.of(), ImmutableSortedSet.of());
  }

  private HostReport with(
      long number,
      Optional<SortedMap<WorkloadId, Capacity>> measured,
      SortedMap<WorkloadId, Entry> orders,
      SortedSet<WorkloadId> others) {
    return new HostReport(
        host,
        incarnation,
        number,
        intentEpoch,
        intentGeneration,
        inventoryKnown,
        trouble,
        guarded,
        looked,
        facts,
        leaving,
        measured,
        orders,
        others,
        again);
  }

  @Override
  public Key key() {
    return new Key(Table.REPORT, host.value());
  }
}
