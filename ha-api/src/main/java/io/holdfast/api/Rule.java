package io.holdfast.api;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Where workloads may run, or should. A strict rule is never broken by a decision: what cannot keep
 * it is not placed. Where one is found broken, moves mend it. A rule that is not strict is kept as
 * long as that leaves a host at all.
 *
 * <p>A rule may name hosts and workloads that do not exist (yet).
 */
public sealed interface Rule {
  /** The name of the rule, unique in its cluster. */
  String id();

  /** The workloads that it binds, at least one. */
  SortedSet<WorkloadId> workloads();

  /** Whether it is never broken. */
  boolean strict();

  /** One line for people: what it says, without its name. */
  String describe();

  /**
   * These workloads belong on these hosts: on those of the highest priority that can take them,
   * else on those of the next. Strict: nowhere else. Otherwise on any other host as a last resort.
   *
   * @param id the name of the rule
   * @param workloads at least one
   * @param hosts at least one, each with its priority; the higher is preferred
   * @param strict whether other hosts are forbidden
   */
  record HostAffinity(
      String id, SortedSet<WorkloadId> workloads, SortedMap<HostId, Integer> hosts, boolean strict)
      implements Rule {
    public HostAffinity {
      Names.check("rule.id", id);
      workloads = requireMembers(workloads);
      if (hosts.isEmpty()) {
        throw new InvalidConfigException("rule.hosts", "none", "at least one host");
      }
      hosts = Collections.unmodifiableSortedMap(new TreeMap<>(hosts));
    }

    @Override
    public String describe() {
      return "%s %s on %s"
          .formatted(
              names(workloads),
              strict ? "must run" : "should run",
              hosts.keySet().stream().map(HostId::value).collect(Collectors.joining(" or ")));
    }
  }

  /**
   * These workloads belong together, or apart.
   *
   * @param id the name of the rule
   * @param workloads at least one; with a single one the rule says nothing
   * @param kind together or apart
   * @param level what "together" and "apart" refer to
   * @param strict whether a host that breaks it is forbidden
   */
  record WorkloadAffinity(
      String id, SortedSet<WorkloadId> workloads, Kind kind, Level level, boolean strict)
      implements Rule {
    public WorkloadAffinity {
      Names.check("rule.id", id);
      workloads = requireMembers(workloads);
    }

    @Override
    public String describe() {
      boolean together = kind == Kind.POSITIVE;
      String where =
          level.isHost()
              ? (together ? "on one host" : "on different hosts")
              : (together ? "in one domain" : "in different domains") + " of level " + level;
      return "%s %s %s".formatted(names(workloads), strict ? "must run" : "should run", where);
    }
  }

  /** Together or apart. */
  enum Kind {
    /** All in one place. */
    POSITIVE,
    /** No two in one place. */
    NEGATIVE
  }

  /**
   * What counts as one place: a host, or a failure domain. With a domain, hosts are in one place if
   * their domain paths agree up to and including this index; a host whose path is shorter is a
   * place of its own.
   *
   * @param index the index into {@link Host#domain}, 0 the outermost; -1: the host itself
   */
  record Level(int index) implements Comparable<Level> {
    /** The host itself. */
    public static final Level HOST = new Level(-1);

    /** The deepest domain path that a rule can refer to. */
    private static final int DEEPEST = 63;

    public Level {
      if (index < -1 || index > DEEPEST) {
        throw new InvalidConfigException("rule.level", index, "host, or 0 to " + DEEPEST);
      }
    }

    /** The failure domain at an index of the domain path, 0 the outermost. */
    public static Level domain(int index) {
      if (index < 0) {
        throw new InvalidConfigException("rule.level", index, "0 to " + DEEPEST);
      }
      return new Level(index);
    }

    /** Whether it is the host itself. */
    public boolean isHost() {
      return index < 0;
    }

    @Override
    public int compareTo(Level other) {
      return Integer.compare(index, other.index);
    }

    /** {@code host}, or the index. */
    @Override
    public String toString() {
      return isHost() ? "host" : Integer.toString(index);
    }
  }

  private static SortedSet<WorkloadId> requireMembers(SortedSet<WorkloadId> workloads) {
    if (workloads.isEmpty()) {
      throw new InvalidConfigException("rule.workloads", "none", "at least one workload");
    }
    return Collections.unmodifiableSortedSet(new TreeSet<>(workloads));
  }

  private static String names(SortedSet<WorkloadId> workloads) {
    return workloads.stream().map(WorkloadId::toString).collect(Collectors.joining(", "));
  }
}
