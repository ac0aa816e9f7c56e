package io.holdfast.libvirt;

import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Hypervisor.RunState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.Domain.MigrateFlags;
import org.libvirt.LibvirtException;
import org.libvirt.TypedIntParameter;
import org.libvirt.TypedParameter;
import org.libvirt.TypedStringParameter;
import org.libvirt.TypedUlongParameter;

/**
 * What is done to the domains behind one connection. Every method blocks for as long as libvirt
 * does. An exception means that nothing is known about the effect.
 */
final class Domains {
  private static final int LIST_ACTIVE = 1; // VIR_CONNECT_LIST_DOMAINS_ACTIVE
  private static final int MIGRATION_OUT = 5; // VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT

  private Domains() {}

  /** Every active domain by name. */
  static Map<String, RunState> active(Connect connection) throws LibvirtException {
    Map<String, RunState> active = new TreeMap<>();
    for (Domain domain : connection.listAllDomains(LIST_ACTIVE)) {
      try {
        RunState state = stateOf(domain);
        if (state != null) {
          active.put(domain.getName(), state);
        }
      } finally {
        domain.free();
      }
    }
    return active;
  }

  /** How a domain stands, null if it does not run. */
  static @Nullable RunState observe(Connect connection, String name) throws LibvirtException {
    Domain domain = find(connection, name);
    if (domain == null) {
      return null;
    }
    try {
      return stateOf(domain);
    } finally {
      domain.free();
    }
  }

  /**
   * Starts a domain and looks whether it runs.
   *
   * @param inDoubt run before this ends with an exception that leaves it open whether the domain is
   *     going to run
   */
  static Outcome<Ack> start(Connect connection, String name, String xml, Runnable inDoubt)
      throws LibvirtException {
    RunState before = observe(connection, name);
    if (before != null) {
      return alreadyHere(name, before);
    }
    boolean known = false;
    try {
      Outcome<Ack> outcome = create(connection, name, xml);
      known = true;
      return outcome;
    } finally {
      if (!known) {
        inDoubt.run();
      }
    }
  }

  private static Outcome<Ack> create(Connect connection, String name, String xml)
      throws LibvirtException {
    try {
      // No flags: in particular not the one that ends the domain together with the connection.
      connection.domainCreateXML(xml, 0).free();
    } catch (LibvirtException e) {
      RunState after = observe(connection, name);
      return after == null
          ? Outcome.failed(LibvirtErrors.causeOf(e), LibvirtErrors.line(e))
          : alreadyHere(name, after);
    }
    RunState after = observe(connection, name);
    return after == null
        ? Outcome.failed(Cause.ERROR, name + " ended as soon as it had been started")
        : alreadyHere(name, after);
  }

  /** Asks a guest to shut down. {@code Done(false)} if there is none to ask. */
  static Outcome<Boolean> askToShutDown(Connect connection, String name) throws LibvirtException {
    Domain domain = find(connection, name);
    if (domain == null) {
      return Outcome.done(false);
    }
    try {
      if (stateOf(domain) == null) {
        return Outcome.done(false);
      }
      domain.shutdown();
      return Outcome.done(true);
    } catch (LibvirtException e) {
      if (observe(connection, name) == null) {
        return Outcome.done(false);
      }
      return refused(e);
    } finally {
      domain.free();
    }
  }

  /** Ends a domain and looks whether it is gone: {@code Done}, with whether it was seen to run. */
  static Outcome<Boolean> destroy(Connect connection, String name) throws LibvirtException {
    Domain domain = find(connection, name);
    if (domain == null) {
      return Outcome.done(false);
    }
    boolean ran = false;
    try {
      ran = stateOf(domain) != null;
      // Also one that is there and does not run: it may be one that is just being started.
      domain.destroy();
      ran = true;
    } catch (LibvirtException e) {
      // An emulator stuck in the kernel outlives SIGKILL for a while: that is not a failure yet.
      return observe(connection, name) == null ? Outcome.done(ran) : refused(e);
    } finally {
      domain.free();
    }
    return observe(connection, name) == null
        ? Outcome.done(ran)
        : Outcome.unknown(name + " still runs after it was destroyed");
  }

  /** How a domain stands, {@code MIGRATING} included; empty if it does not run. */
  static Optional<RunState> look(Connect connection, String name) throws LibvirtException {
    RunState state = observe(connection, name);
    return state != null && isMigrating(connection, name)
        ? Optional.of(RunState.MIGRATING)
        : Optional.ofNullable(state);
  }

  /** Whether a domain is being sent to another host. Asks its emulator. */
  static boolean isMigrating(Connect connection, String name) throws LibvirtException {
    Domain domain = find(connection, name);
    if (domain == null) {
      return false;
    }
    try {
      for (TypedParameter parameter : domain.getJobStats(0).stats) {
        if (parameter instanceof TypedIntParameter number && number.field.equals("operation")) {
          return number.value == MIGRATION_OUT;
        }
      }
      return false;
    } catch (LibvirtException e) {
      if (LibvirtErrors.tellsOfNoJob(e)) {
        return false;
      }
      throw e;
    } finally {
      domain.free();
    }
  }

  /**
   * Sends a domain to another host, and returns when that has ended.
   *
   * @throws LibvirtException when the daemon has answered that it failed, or has not answered
   */
  static void migrate(Connect connection, String name, LiveMigration how, HostId target)
      throws LibvirtException {
    Domain domain = connection.domainLookupByName(name);
    try {
      List<TypedParameter> parameters = new ArrayList<>();
      how.dataTo(target)
          .ifPresent(uri -> parameters.add(new TypedStringParameter("migrate_uri", uri)));
      how.mebibytesPerSecond()
          .ifPresent(most -> parameters.add(new TypedUlongParameter("bandwidth", most)));
      int flags = MigrateFlags.LIVE | MigrateFlags.PEER2PEER | MigrateFlags.ABORT_ON_ERROR;
      domain.migrateToURI(
          how.connectionTo(target),
          parameters.toArray(new TypedParameter[0]),
          how.isUnsafe() ? flags | MigrateFlags.UNSAFE : flags);
    } finally {
      domain.free();
    }
  }

  /** Has a migration end, if one is under way. It may need a moment for that. */
  static Outcome<Ack> abortMigration(Connect connection, String name) throws LibvirtException {
    if (!isMigrating(connection, name)) {
      return Outcome.ok();
    }
    Domain domain = find(connection, name);
    if (domain == null) {
      return Outcome.ok();
    }
    try {
      domain.abortJob();
    } catch (LibvirtException e) {
      // It may have ended just now, or be past the point of no return: whoever looks will see.
      return Outcome.unknown(LibvirtErrors.line(e));
    } finally {
      domain.free();
    }
    return Outcome.ok();
  }

  private static <T> Outcome<T> refused(LibvirtException e) {
    Cause cause = LibvirtErrors.causeOf(e);
    return cause == Cause.DENIED || cause == Cause.UNSUPPORTED
        ? Outcome.failed(cause, LibvirtErrors.line(e))
        : Outcome.unknown(LibvirtErrors.line(e));
  }

  private static Outcome<Ack> alreadyHere(String name, RunState state) {
    return state == RunState.RUNNING
        ? Outcome.ok()
        : Outcome.unknown(name + " is here and does not execute: " + state);
  }

  private static @Nullable Domain find(Connect connection, String name) throws LibvirtException {
    try {
      return connection.domainLookupByName(name);
    } catch (LibvirtException e) {
      if (LibvirtErrors.isNoDomain(e)) {
        return null;
      }
      throw e;
    }
  }

  private static @Nullable RunState stateOf(Domain domain) throws LibvirtException {
    try {
      int active = domain.isActive();
      if (active == 0) {
        return null;
      }
      if (active != 1) {
        throw new IllegalStateException("libvirt does not say whether a domain is active");
      }
      return switch (domain.getInfo().state) {
        case VIR_DOMAIN_NOSTATE, VIR_DOMAIN_RUNNING, VIR_DOMAIN_BLOCKED -> RunState.RUNNING;
        case VIR_DOMAIN_PAUSED, VIR_DOMAIN_PMSUSPENDED -> RunState.PAUSED;
        // Its guest has panicked, and its on_crash says "preserve": it does not go on by itself.
        case VIR_DOMAIN_CRASHED -> RunState.CRASHED;
        case VIR_DOMAIN_SHUTDOWN -> RunState.STOPPING;
        case VIR_DOMAIN_SHUTOFF -> null;
      };
    } catch (LibvirtException e) {
      if (LibvirtErrors.isNoDomain(e)) {
        return null;
      }
      throw e;
    }
  }
}
