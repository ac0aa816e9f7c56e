package io.holdfast.api;

import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How a workload is to be treated. {@link #DEFAULT} is meant for most; {@link #toBuilder} changes
 * what differs.
 *
 * @param restart what to do when it stops unasked
 * @param startTimeout how long a start may take before its result counts as unknown
 * @param stopTimeout how long it is given to shut itself down before it is destroyed; zero: it is
 *     destroyed at once
 * @param migrateTimeout how long a migration may take before it is given up
 * @param migration how it is moved while it runs
 * @param failover whether it is started elsewhere when its host is lost, goes off, or gives it up.
 *     If not, it is only ever started again on the host on which it was last: it waits for that
 *     host, which is not fenced for its sake, and is not taken from it when its storage or a
 *     condition is lost there. Moves remain (see {@link #movable}), and make the host that it comes
 *     to its own; so does its being found there. A host that is taken out of the cluster is not
 *     waited for
 * @param failback whether it goes back when a host that its rules prefer is there again; one that
 *     would have to be stopped for it (see {@link Migration#COLD}) stays nevertheless, unless that
 *     is the return from maintenance
 * @param failbackAfter how long it stays where it has come to, or was started, before it goes back,
 *     or is moved for balance; and for how long the host that it goes back to must have been one
 *     that could take it. Zero to 24 hours. A new controller counts both anew. By default zero: as
 *     soon as that host is there, for a live move interrupts nothing, and nothing goes to a host
 *     that comes and goes
 * @param onGuestShutdown what a shutdown from inside means, where the hypervisor can tell it from a
 *     crash
 * @param onIsolation what becomes of it when its host is cut off but alive
 * @param onStorageLoss what becomes of it when its host says that its storage does not work
 * @param movable whether it may be moved for others' sake: balance, evacuation, room
 * @param dependsOn it is started only when these run, and where both are to be stopped, before them
 * @param conditions conditions that a host must report as holding before it is started there, such
 *     as {@code lockspace:vms}; 1 to 64 letters, digits, '.', '_', '-', ':' or '/' each
 * @param requires labels that a host must have
 * @param probe how it is asked whether it serves, where its host's agent can; empty: what runs is
 *     ready
 */
public record WorkloadPolicy(
    RestartPolicy restart,
    Duration startTimeout,
    Duration stopTimeout,
    Duration migrateTimeout,
    Migration migration,
    boolean failover,
    boolean failback,
    Duration failbackAfter,
    OnGuestShutdown onGuestShutdown,
    OnIsolation onIsolation,
    OnStorageLoss onStorageLoss,
    boolean movable,
    SortedSet<WorkloadId> dependsOn,
    SortedSet<String> conditions,
    SortedMap<String, String> requires,
    Optional<ProbePolicy> probe) {

  /** How a running workload is moved. */
  public enum Migration {
    /** Without an interruption that its users notice, where its hypervisor can. */
    LIVE,
    /**
     * Stopped here, started there: for a strict rule, for maintenance or by request, never for a
     * preference or for balance.
     */
    COLD
  }

  /** What a shutdown from inside the guest means. */
  public enum OnGuestShutdown {
    /** It is to run: it is started again. */
    RESTART,
    /** Its user wanted that: it is wanted stopped from then on. */
    HONOR
  }

  /** What becomes of a workload whose host is cut off but alive. */
  public enum OnIsolation {
    /** It runs on there, for as long as {@link ClusterPolicy#isolationLimit} says. */
    LEAVE,
    /** Its host is fenced for its sake and it is started elsewhere. */
    FENCE
  }

  /** What becomes of a workload whose host has lost its storage. */
  public enum OnStorageLoss {
    /** It is left as it is until the storage is back. */
    LEAVE,
    /**
     * It is stopped there, first asked and then by force, and started elsewhere once that was
     * observed. Never by resetting the host.
     */
    RELOCATE
  }

  public static final WorkloadPolicy DEFAULT =
      new WorkloadPolicy(
          RestartPolicy.DEFAULT,
          Duration.ofSeconds(120),
          Duration.ofSeconds(30),
          Duration.ofSeconds(120),
          Migration.LIVE,
          true,
          true,
          Duration.ZERO,
          OnGuestShutdown.RESTART,
          OnIsolation.LEAVE,
          OnStorageLoss.LEAVE,
          true,
          new TreeSet<>(),
          new TreeSet<>(),
          new TreeMap<>(),
          Optional.empty());

  public WorkloadPolicy {
    atMostADay("workload.startTimeout", startTimeout, true);
    atMostADay("workload.stopTimeout", stopTimeout, false);
    atMostADay("workload.migrateTimeout", migrateTimeout, true);
    atMostADay("workload.failbackAfter", failbackAfter, false);
    conditions.forEach(name -> Names.checkCondition("workload.conditions", name));
    dependsOn = Collections.unmodifiableSortedSet(new TreeSet<>(dependsOn));
    conditions = Collections.unmodifiableSortedSet(new TreeSet<>(conditions));
    requires = Collections.unmodifiableSortedMap(new TreeMap<>(requires));
  }

  /** A builder that starts from these values. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  private static void atMostADay(String field, Duration value, boolean positive) {
    boolean tooSmall = value.isNegative() || (positive && value.isZero());
    if (tooSmall || value.compareTo(Duration.ofDays(1)) > 0) {
      throw new InvalidConfigException(
          field, value, (positive ? "greater than zero" : "PT0S or more") + ", at most PT24H");
    }
  }

  /** Values of a policy, changed one by one. Not safe for use by several threads. */
  public static final class Builder {
    private RestartPolicy restart;
    private Duration startTimeout;
    private Duration stopTimeout;
    private Duration migrateTimeout;
    private Migration migration;
    private boolean failover;
    private boolean failback;
    private Duration failbackAfter;
    private OnGuestShutdown onGuestShutdown;
    private OnIsolation onIsolation;
    private OnStorageLoss onStorageLoss;
    private boolean movable;
    private SortedSet<WorkloadId> dependsOn;
    private SortedSet<String> conditions;
    private SortedMap<String, String> requires;
    private Optional<ProbePolicy> probe;

    private Builder(WorkloadPolicy from) {
      restart = from.restart;
      startTimeout = from.startTimeout;
      stopTimeout = from.stopTimeout;
      migrateTimeout = from.migrateTimeout;
      migration = from.migration;
      failover = from.failover;
      failback = from.failback;
      failbackAfter = from.failbackAfter;
      onGuestShutdown = from.onGuestShutdown;
      onIsolation = from.onIsolation;
      onStorageLoss = from.onStorageLoss;
      movable = from.movable;
      dependsOn = from.dependsOn;
      conditions = from.conditions;
      requires = from.requires;
      probe = from.probe;
    }

    /** See {@link WorkloadPolicy#restart}. */
    public Builder restart(RestartPolicy value) {
      restart = value;
      return this;
    }

    /** See {@link WorkloadPolicy#startTimeout}. */
    public Builder startTimeout(Duration value) {
      startTimeout = value;
      return this;
    }

    /** See {@link WorkloadPolicy#stopTimeout}. */
    public Builder stopTimeout(Duration value) {
      stopTimeout = value;
      return this;
    }

    /** See {@link WorkloadPolicy#migrateTimeout}. */
    public Builder migrateTimeout(Duration value) {
      migrateTimeout = value;
      return this;
    }

    /** See {@link WorkloadPolicy#migration}. */
    public Builder migration(Migration value) {
      migration = value;
      return this;
    }

    /** See {@link WorkloadPolicy#failover}. */
    public Builder failover(boolean value) {
      failover = value;
      return this;
    }

    /** See {@link WorkloadPolicy#failback}. */
    public Builder failback(boolean value) {
      failback = value;
      return this;
    }

    /** See {@link WorkloadPolicy#failbackAfter}. */
    public Builder failbackAfter(Duration value) {
      failbackAfter = value;
      return this;
    }

    /** See {@link WorkloadPolicy#onGuestShutdown}. */
    public Builder onGuestShutdown(OnGuestShutdown value) {
      onGuestShutdown = value;
      return this;
    }

    /** See {@link WorkloadPolicy#onIsolation}. */
    public Builder onIsolation(OnIsolation value) {
      onIsolation = value;
      return this;
    }

    /** See {@link WorkloadPolicy#onStorageLoss}. */
    public Builder onStorageLoss(OnStorageLoss value) {
      onStorageLoss = value;
      return this;
    }

    /** See {@link WorkloadPolicy#movable}. */
    public Builder movable(boolean value) {
      movable = value;
      return this;
    }

    /** See {@link WorkloadPolicy#dependsOn}. */
    public Builder dependsOn(SortedSet<WorkloadId> value) {
      dependsOn = value;
      return this;
    }

    /** See {@link WorkloadPolicy#conditions}. */
    public Builder conditions(SortedSet<String> value) {
      conditions = value;
      return this;
    }

    /** See {@link WorkloadPolicy#requires}. */
    public Builder requires(SortedMap<String, String> value) {
      requires = value;
      return this;
    }

    /** See {@link WorkloadPolicy#probe}. */
    public Builder probe(Optional<ProbePolicy> value) {
      probe = value;
      return this;
    }

    /**
     * The policy.
     *
     * @throws InvalidConfigException naming the first value that is not allowed
     */
    public WorkloadPolicy build() {
      return new WorkloadPolicy(
          restart,
          startTimeout,
          stopTimeout,
          migrateTimeout,
          migration,
          failover,
          failback,
          failbackAfter,
          onGuestShutdown,
          onIsolation,
          onStorageLoss,
          movable,
          dependsOn,
          conditions,
          requires,
          probe);
    }
  }
}
