package io.holdfast.libvirt;

import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.libvirt.MigrationVerdict.Ended;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;

/**
 * Live migrations from this host. What has come of one is judged by looking at both hosts when its
 * call has ended.
 */
final class Migrations implements AutoCloseable {
  /** Kept for ending an attempt that takes too long, and for looking what came of it. */
  private static final Duration MOST_KEPT = Duration.ofSeconds(10);

  /** How a call ended, and in which words. */
  private record End(Ended ended, Cause cause, String detail) {}

  private final LibvirtConfig config;
  private final Daemon daemon;
  private final Target targets;

  /** Requests whose connection broke: a daemon that goes on may yet carry them out. */
  private final Doubts doubts;

  // Guarded by itself. Known to have no migration but ours, since this process came.
  private final Set<WorkloadId> settled = new HashSet<>();

  // Guarded by itself.
  private final Set<WorkloadId> sending = new HashSet<>();

  Migrations(LibvirtConfig config, Daemon daemon) {
    this.config = config;
    this.daemon = daemon;
    this.targets = new Target(config);
    this.doubts = new Doubts(config.settling());
  }

  boolean inDoubt(WorkloadId workload) {
    return doubts.stand(workload, daemon.connectedSince(), System.nanoTime());
  }

  /**
   * Marks in an inventory what is being sent away: what we send ourselves, and what an earlier
   * process has left behind. Only those are asked for that were never seen before, for a question
   * about a migration goes as far as to the emulator, and one that hangs would hide all the others.
   */
  void mark(Connect connection, SortedMap<WorkloadId, RunState> inventory) throws LibvirtException {
    if (config.migration().isEmpty()) {
      return;
    }
    synchronized (settled) {
      settled.retainAll(inventory.keySet());
    }
    for (WorkloadId workload : inventory.keySet().toArray(new WorkloadId[0])) {
      if (isSending(workload) || isLeftBehind(connection, workload)) {
        inventory.put(workload, RunState.MIGRATING);
      }
    }
  }

  private boolean isLeftBehind(Connect connection, WorkloadId workload) throws LibvirtException {
    synchronized (settled) {
      if (settled.contains(workload)) {
        return false;
      }
    }
    boolean migrating = Domains.isMigrating(connection, workload.name());
    if (!migrating) {
      synchronized (settled) {
        settled.add(workload);
      }
    }
    return migrating;
  }

  private boolean isSending(WorkloadId workload) {
    synchronized (sending) {
      return sending.contains(workload);
    }
  }

  /**
   * @param starts what stands against saying that the workload does not run here, if something does
   */
  Outcome<Ack> migrate(
      WorkloadId workload, HostId target, Deadline deadline, Supplier<Outcome<Ack>> starts) {
    if (config.migration().isEmpty()) {
      return Outcome.failed(Cause.UNSUPPORTED, "no way to other hosts is configured");
    }
    LiveMigration how = config.migration().get();
    Outcome<Optional<RunState>> here = lookHere(workload, deadline);
    if (!(here instanceof Outcome.Done<Optional<RunState>> seen)) {
      return here.map(state -> Ack.OK);
    }
    if (seen.value().isEmpty()) {
      Outcome<Ack> doubt = starts.get();
      return doubt.isDone()
          ? Outcome.failed(Cause.NOT_FOUND, workload + " does not run here")
          : doubt;
    }
    RunState state = seen.value().get();
    if (state == RunState.MIGRATING) {
      return join(workload, target, deadline, how);
    }
    if (inDoubt(workload)) {
      return starts.get();
    }
    if (state != RunState.RUNNING) {
      return Outcome.failed(Cause.ERROR, workload + " is here and does not execute: " + state);
    }
    Outcome<Optional<RunState>> there = targets.look(how, target, workload, deadline);
    if (!(there instanceof Outcome.Done<Optional<RunState>> before)) {
      return Outcome.failed(Cause.UNREACHABLE, detailOf(there));
    }
    if (before.value().isPresent()) {
      return Outcome.failed(
          Cause.CONFLICT, "%s is on %s already: %s".formatted(workload, target, before.value()));
    }
    return judge(workload, target, deadline, how, send(workload, target, deadline, how));
  }

  private End send(WorkloadId workload, HostId target, Deadline deadline, LiveMigration how) {
    AtomicReference<End> told = new AtomicReference<>();
    synchronized (sending) {
      sending.add(workload);
    }
    Deadline patience = deadline.before(kept(deadline));
    Outcome<Ack> sent =
        daemon.mutate(
            "migrating",
            workload,
            patience,
            connection -> {
              try {
                told.set(
                    patience.passed()
                        ? new End(Ended.FAILED, Cause.ERROR, "it was not begun in time")
                        : sendOn(connection, workload, target, how));
                return Outcome.ok();
              } finally {
                synchronized (sending) {
                  sending.remove(workload);
                }
              }
            });
    if (!sent.isDone() && told.get() == null) {
      abort(workload, deadline);
      if (!daemon.mutations().awaitQuiet(workload, deadline)) {
        return new End(Ended.UNANSWERED, Cause.ERROR, detailOf(sent));
      }
    }
    End end = told.get();
    if (end == null) {
      // It never came as far as to a connection.
      synchronized (sending) {
        sending.remove(workload);
      }
      return new End(Ended.FAILED, Cause.ERROR, detailOf(sent));
    }
    return sent.isDone()
        ? end
        : new End(end.ended(), end.cause(), "it took too long and was ended: " + end.detail());
  }

  private End sendOn(Connect connection, WorkloadId workload, HostId target, LiveMigration how)
      throws LibvirtException {
    boolean answered = false;
    try {
      Domains.migrate(connection, workload.name(), how, target);
      answered = true;
      return new End(Ended.DONE, Cause.ERROR, "it has been sent");
    } catch (LibvirtException e) {
      Cause cause = LibvirtErrors.causeOf(e);
      String line = LibvirtErrors.line(e);
      // A daemon that answers the next question on this connection has answered the last one, too.
      Domains.observe(connection, workload.name());
      answered = true;
      return new End(Ended.FAILED, cause, line);
    } finally {
      if (!answered) {
        doubts.begin(workload, System.nanoTime());
      }
    }
  }

  /** One is under way that is none of ours: waits for its end, and sees to that if need be. */
  private Outcome<Ack> join(
      WorkloadId workload, HostId target, Deadline deadline, LiveMigration how) {
    Deadline patience = deadline.before(kept(deadline));
    while (!patience.passed()) {
      long seen = daemon.changes();
      Outcome<Optional<RunState>> here = lookHere(workload, patience);
      boolean under = here.equals(Outcome.done(Optional.of(RunState.MIGRATING)));
      if (here.isDone() && !under) {
        break;
      }
      if (!daemon.awaitNews(seen, patience)) {
        break;
      }
    }
    if (patience.passed()) {
      Outcome<Optional<RunState>> there = targets.look(how, target, workload, deadline);
      if (there.equals(Outcome.done(Optional.of(RunState.PAUSED)))) {
        abort(workload, deadline);
      }
    }
    End end = new End(Ended.FAILED, Cause.ERROR, "the migration that was under way has ended");
    return judge(workload, target, deadline, how, end);
  }

  private Outcome<Ack> judge(
      WorkloadId workload, HostId target, Deadline deadline, LiveMigration how, End end) {
    Outcome<Ack> verdict = Outcome.unknown("there was no time to look what came of it");
    while (!deadline.passed()) {
      long seen = daemon.changes();
      Outcome<Optional<RunState>> here = lookHere(workload, deadline);
      if (here instanceof Outcome.Done<Optional<RunState>> known) {
        if (end.ended() == Ended.DONE && known.value().isEmpty()) {
          return Outcome.ok();
        }
        // The target after this host: what has left here in between is seen there.
        Outcome<Optional<RunState>> there = targets.look(how, target, workload, deadline);
        verdict =
            there instanceof Outcome.Done<Optional<RunState>> seenThere
                ? MigrationVerdict.of(
                    end.ended(), known.value(), seenThere.value(), end.cause(), end.detail())
                : Outcome.unknown(end.detail() + "; " + detailOf(there));
      } else {
        verdict = Outcome.unknown(end.detail() + "; " + detailOf(here));
      }
      if (!(verdict instanceof Outcome.Unknown) || end.ended() == Ended.UNANSWERED) {
        break;
      }
      if (!daemon.awaitNews(seen, deadline)) {
        break;
      }
    }
    if (verdict.isDone()) {
      doubts.end(workload);
    }
    return verdict;
  }

  /** Ends a migration from here, whoever has begun it. */
  Outcome<Ack> cancel(WorkloadId workload, Deadline deadline) {
    do {
      long seen = daemon.changes();
      Outcome<Ack> aborted = abort(workload, deadline);
      boolean quiet = daemon.mutations().awaitQuiet(workload, deadline);
      Outcome<Boolean> under =
          daemon.ask(
              "looking",
              deadline,
              connection -> Outcome.done(Domains.isMigrating(connection, workload.name())));
      if (quiet && under.equals(Outcome.done(false)) && !inDoubt(workload)) {
        return Outcome.ok();
      }
      if (!under.isDone()) {
        return under.map(b -> Ack.OK);
      }
      if (!daemon.awaitNews(seen, deadline)) {
        return aborted.isDone() ? Outcome.unknown("interrupted") : aborted;
      }
    } while (!deadline.passed());
    return Outcome.unknown("a migration of " + workload + " may still be under way");
  }

  private Outcome<Ack> abort(WorkloadId workload, Deadline deadline) {
    return daemon.ask(
        "ending the migration of " + workload,
        deadline,
        connection -> Domains.abortMigration(connection, workload.name()));
  }

  private Outcome<Optional<RunState>> lookHere(WorkloadId workload, Deadline deadline) {
    return daemon.ask(
        "looking", deadline, connection -> Outcome.done(Domains.look(connection, workload.name())));
  }

  /** A quarter of what is left, but not for ever. */
  private static Duration kept(Deadline deadline) {
    Duration quarter = Duration.ofNanos(deadline.nanosLeft() / 4);
    return quarter.compareTo(MOST_KEPT) < 0 ? quarter : MOST_KEPT;
  }

  private static String detailOf(Outcome<?> outcome) {
    if (outcome instanceof Outcome.Failed<?> failed) {
      return failed.detail();
    }
    return outcome instanceof Outcome.Unknown<?> unknown ? unknown.detail() : "done";
  }

  @Override
  public void close() {
    targets.close();
  }
}
