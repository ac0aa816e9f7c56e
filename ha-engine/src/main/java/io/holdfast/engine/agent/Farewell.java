package io.holdfast.engine.agent;

import io.holdfast.api.Departure;
import io.holdfast.api.HaEvent;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.HostIntent.Parting;
import io.holdfast.engine.record.HostReport.Notice;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * The host, or its agent, is about to be away as planned. The controller says whether workloads are
 * moved away first; if it says nothing for too long, or what is moved away takes too long for the
 * host to wait, they are ended here.
 *
 * <p>never two: once the ending has begun, this agent starts nothing any more. So when nothing runs
 * here at all, nothing will, and the watchdog is not needed any more.
 */
final class Farewell {
  private final AgentState state;
  private final HandsOff handsOff;
  private @Nullable Departure departure;
  private Stage stage = Stage.ANNOUNCED;
  private Optional<Parting> parting = Optional.empty();

  /** When the host goes, whatever has become of its workloads by then. */
  private long goesAt = Long.MAX_VALUE;

  /** The last moment at which what runs here can be ended in an orderly way before that. */
  private long lastCall = Long.MAX_VALUE;

  /** When the controller is not waited for any longer. */
  private long patientUntil = Long.MAX_VALUE;

  /** Since when the cluster cannot be told. */
  private long deafSince = Long.MAX_VALUE;

  private long endingSince;
  private boolean told;

  Farewell(AgentState state, HandsOff handsOff) {
    this.state = state;
    this.handsOff = handsOff;
  }

  /**
   * The last word counts, but a host that is to go off is not kept on by less.
   *
   * @param hostWaits how long the host waits at most before it goes
   */
  void announce(Departure next, Duration hostWaits) {
    told = false;
    boolean isLess = departure != null && next == Departure.AGENT_RESTART;
    if (isLess && departure != Departure.AGENT_RESTART) {
      return;
    }
    goesAt = state.now + hostWaits.toNanos();
    if (next.equals(departure)) {
      return;
    }
    if (departure == null || departure == Departure.AGENT_RESTART) {
      stage = Stage.ANNOUNCED;
      patientUntil = state.now + patience();
    }
    departure = next;
    state.publish(new HaEvent.DepartureAnnounced(state.config.host(), next));
  }

  /** What the present intent says. */
  void adopt(Optional<Parting> next) {
    parting = next;
  }

  Optional<Notice> leaving() {
    return departure == null ? Optional.empty() : Optional.of(new Notice(departure, stage));
  }

  /** Whether everything that runs here by order is ended, and nothing is started any more. */
  boolean isEnding() {
    return departure != null && new Notice(departure, stage).ends();
  }

  /** A host that is about to go off ends what it runs, whatever it was ordered. */
  Goal goalOf(Order order) {
    return isEnding() ? Goal.STOP : order.entry.goal();
  }

  /** Whether nothing is begun or ended any more: only the agent is about to go. */
  boolean leavesAll() {
    return departure == Departure.AGENT_RESTART;
  }

  /** Whether an inventory that was begun by this operation tells of the time since the ending. */
  boolean isSince(long operation) {
    return operation > endingSince;
  }

  /**
   * Brings it further.
   *
   * @param emptied whether the host has no order any more, and runs nothing that it has to end
   * @param quiet whether nothing that was ordered runs, and nothing is under way
   * @param longestStop the most that anything that is ordered here may take to shut itself down
   */
  void run(boolean emptied, boolean quiet, Duration longestStop) {
    boolean connected = state.connection == Connection.CONNECTED && state.incarnation != null;
    deafSince = connected ? Long.MAX_VALUE : Math.min(deafSince, state.now);
    if (departure == null) {
      return;
    }
    lastCall = goesAt - longestStop.plus(toEndByForce()).toNanos();
    if (stage == Stage.ANNOUNCED && departure != Departure.AGENT_RESTART && mayEnd(emptied)) {
      stage = Stage.STOPPING;
      endingSince = state.latestOp();
      patientUntil = Long.MAX_VALUE;
    } else if (stage != Stage.ANNOUNCED || departure == Departure.AGENT_RESTART) {
      Stage unready = departure == Departure.AGENT_RESTART ? Stage.ANNOUNCED : Stage.STOPPING;
      stage = quiet ? Stage.READY : unready;
    }
  }

  private boolean mayEnd(boolean emptied) {
    if (handsOff.holds()) {
      return false;
    }
    if (state.now >= lastCall) {
      return true; // ended later, it would be killed with its host
    }
    if (parting.isEmpty()) {
      return state.now >= patientUntil;
    }
    return parting.get() == Parting.END || emptied;
  }

  /**
   * Tells once that it may take place.
   *
   * @param released whether the watchdog is disarmed, or there is none
   * @param reported whether the store has acknowledged the report that says so
   * @param endless what could not be ended
   */
  void tell(boolean released, boolean reported, SortedSet<WorkloadId> endless) {
    if (departure == null || told) {
      return;
    }
    if (stage == Stage.READY && released && reported) {
      ready(departure, Optional.empty());
    } else if (stage == Stage.READY && released && isDeaf()) {
      ready(departure, Optional.of("nothing runs here any more, but the cluster cannot be told"));
    } else if (handsOff.holds() && released && (reported || isDeaf())) {
      ready(departure, Optional.of("the cluster is disarmed: what runs here is left as it is"));
    } else if (!endless.isEmpty()) {
      ready(
          departure,
          Optional.of(
              endless + " cannot be ended; the host is reset by its watchdog, if it has one"));
    }
  }

  private boolean isDeaf() {
    return deafSince != Long.MAX_VALUE && state.now - deafSince >= patience();
  }

  private void ready(Departure which, Optional<String> trouble) {
    told = true;
    state.publish(new HaEvent.DepartureReady(state.config.host(), which, trouble));
  }

  long nextWakeup() {
    if (departure == null || told) {
      return Long.MAX_VALUE;
    }
    long deaf = deafSince == Long.MAX_VALUE ? Long.MAX_VALUE : deafSince + patience();
    boolean waits = stage == Stage.ANNOUNCED && departure != Departure.AGENT_RESTART;
    long next = waits && lastCall > state.now ? lastCall : Long.MAX_VALUE;
    if (waits && parting.isEmpty() && patientUntil > state.now) {
      next = Math.min(next, patientUntil);
    }
    return deaf > state.now ? Math.min(next, deaf) : next;
  }

  /** What does not shut itself down is destroyed, and then the cluster is told. */
  private Duration toEndByForce() {
    return Actions.DESTROY_TIMEOUT.plus(state.config.timings().silence());
  }

  /** Twice the time in which another controller takes over from one that has died. */
  private long patience() {
    return state.config.timings().silence().multipliedBy(2).toNanos();
  }
}
