package io.holdfast.api;

import java.time.Duration;
import java.util.Optional;

/**
 * Something that a host or a workload waits for.
 *
 * @param kind what it is
 * @param on whom or what it is about, such as the name of a host, of a device or of a workload
 * @param remaining how long it lasts at most, from the moment of the question; empty if nothing but
 *     the thing itself ends it
 */
public record Waiting(Kind kind, String on, Optional<Duration> remaining) {

  /** What can be waited for, and what brings it about. */
  public enum Kind {
    /** More silence of a host before it is given up. */
    SILENCE("the host renews its lease, or its fence device reads its power as off"),
    /** The end of a host's being cut off, or of the time that it is left running so. */
    ISOLATION(
        "the host renews its lease, is seen alive nowhere any more, or has been left running for as"
            + " long as the cluster's policy says"),
    /** The coordination service: it does not answer. */
    STORE("the coordination service answers"),
    /** The first report of a host that has joined. */
    REPORT("the host's agent reports, or the host is known to be off"),
    /** An answer of a fence device. */
    DEVICE("the device answers, or its deadline passes"),
    /** The next attempt to fence, after a pause. */
    RETRY("the pause ends, the host is heard again, or a person confirms that it is down"),
    /** Others that are fenced before, or the quiet time after them. */
    TURN("the fence operations before it end, and the quiet time after them"),
    /** A proof that a host runs nothing any more. */
    EVIDENCE(
        "a fence device reads its power as off, the host comes back, or a person confirms that it"
            + " is down"),
    /** The time after which an expired lease counts as evidence, by watchdog or by policy. */
    EXPIRY("that time runs out while the host stays silent, or the host is heard again"),
    /** Somebody who switches a host on. */
    POWER("somebody switches the host on"),
    /** A host that has room and may take it. */
    ROOM("a host with room joins, or room is made on one"),
    /** A cluster that survives the failures its policy asks for with this workload, too. */
    ADMISSION(
        "there is room enough for it and for the failures that the cluster's policy asks to be"
            + " survived, or the policy asks for less"),
    /** More important workloads, whose starts their hosts have not begun yet. */
    MORE_IMPORTANT("the hosts begin the starts of the more important ones, or take too long"),
    /** Others that are under way: there are as many as the cluster's policy allows. */
    LIMIT("one of those that are under way ends, or the policy allows more"),
    /** The host to begin what it was told. */
    BEGIN("the host's agent begins what it was told"),
    /** The host to end a start, a stop or a move. */
    ACTION("the host's hypervisor ends what it has begun, or its deadline passes"),
    /** The pause before it is tried again. */
    BACKOFF("the pause ends, or its owner resets it"),
    /** A hypervisor that does not answer. */
    HYPERVISOR("the host's hypervisor answers"),
    /** Another workload that it depends on, or has to move with. */
    DEPENDENCY("that workload is ready"),
    /** A condition of the host that does not hold. */
    CONDITION("the condition holds on a host that may take it"),
    /** More steadiness of a host that comes and goes: nothing new is sent there before. */
    QUARANTINE("the host stays, without coming back anew, for that long"),
    /** The one host on which it is started again, as its policy says. */
    HOME("that host is back and can be used, or somebody asks for it to be moved elsewhere"),
    /**
     * Its time to stay: it would rather be on that host, which can be used, and has not been where
     * it is for long enough, or that host has not been one that could take it for long enough.
     */
    STAY("it stays, and that host is one that could take it, for as long as its policy says"),
    /**
     * Something that moves it anyway: it would rather be on that host, which can be used, and runs
     * where it is; to be moved it would have to be stopped, and for a preference it is not.
     */
    INTERRUPTION("somebody asks for the move, or it has to be started anew for another reason"),
    /** A maintenance, shutdown or disarming that keeps it as it is. */
    FROZEN("the maintenance, the shutdown or the disarming ends"),
    /** A lock that its owner holds. */
    LOCK("the lock is taken off"),
    /** A record in the store that cannot be read. */
    RECORD("the record is replaced by one that can be read"),
    /** A person or a program of the platform: nothing happens before. */
    OWNER("its owner acts");

    private final String ending;

    Kind(String ending) {
      this.ending = ending;
    }

    /** What would end the waiting, in words. */
    public String ending() {
      return ending;
    }
  }
}
