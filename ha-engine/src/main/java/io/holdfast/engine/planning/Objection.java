package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Refusal.Code;
import io.holdfast.engine.planning.HostSnapshot.State;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One thing that speaks against a workload on a host when everything else of a plan is done, and
 * what would have to change. What it says is true by itself, whatever else speaks against it; when
 * all that a host objects to has changed, it takes the workload. Immutable.
 */
public sealed interface Objection {
  /** The kind. */
  Code code();

  /** What is in the way: one clause whose subject is the host, or a dimension or rule it names. */
  String detail();

  /** What would have to be so: one clause that follows "it fits when". */
  String change();

  /** The rule that refuses, if it is one. */
  default Optional<String> rule() {
    return Optional.empty();
  }

  /** Nothing new may be given to the host in this state. */
  record Unavailable(State state) implements Objection {
    @Override
    public Code code() {
      return Code.UNAVAILABLE;
    }

    @Override
    public String detail() {
      return "is in " + state.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String change() {
      return "its " + state.name().toLowerCase(Locale.ROOT) + " is over";
    }
  }

  /**
   * The host does not run this kind of workload.
   *
   * @param wanted the workload's kind
   * @param runs those that the host runs
   */
  record OtherKinds(String wanted, SortedSet<String> runs) implements Objection {
    public OtherKinds {
      runs = Collections.unmodifiableSortedSet(new TreeSet<>(runs));
    }

    @Override
    public Code code() {
      return Code.KIND;
    }

    @Override
    public String detail() {
      return "runs only %s, not %s".formatted(String.join(", ", runs), wanted);
    }

    @Override
    public String change() {
      return "the host runs " + wanted;
    }
  }

  /**
   * A label that the workload requires is not there.
   *
   * @param wanted the value that is required
   * @param has the value that the host has instead; empty: it has no such label
   */
  record LabelMissing(String label, String wanted, Optional<String> has) implements Objection {
    @Override
    public Code code() {
      return Code.LABEL;
    }

    @Override
    public String detail() {
      return has.map(value -> "has %s=%s, not %s".formatted(label, value, wanted))
          .orElseGet(() -> "lacks %s=%s".formatted(label, wanted));
    }

    @Override
    public String change() {
      return "the host has %s=%s".formatted(label, wanted);
    }
  }

  /** A condition that the workload needs does not hold on the host. */
  record ConditionUnmet(String condition) implements Objection {
    @Override
    public Code code() {
      return Code.CONDITION;
    }

    @Override
    public String detail() {
      return "condition %s does not hold there".formatted(condition);
    }

    @Override
    public String change() {
      return "condition %s holds there".formatted(condition);
    }
  }

  /** A strict host affinity does not name the host. */
  record NotNamed(Rule.HostAffinity pin) implements Objection {
    @Override
    public Code code() {
      return Code.HOST_AFFINITY;
    }

    @Override
    public Optional<String> rule() {
      return Optional.of(pin.id());
    }

    @Override
    public String detail() {
      return "rule %s: must be on %s".formatted(pin.id(), Named.few(pin.hosts().keySet(), "or"));
    }

    @Override
    public String change() {
      return "rule %s names this host as well".formatted(pin.id());
    }
  }

  /**
   * A strict affinity keeps the workload away from others that are there.
   *
   * @param name the rule's
   * @param level what "there" means
   * @param others who is there, at least one
   * @param at where the first of them is
   */
  record KeptApart(String name, Rule.Level level, List<WorkloadId> others, HostId at)
      implements Objection {
    public KeptApart {
      others = List.copyOf(others);
    }

    @Override
    public Code code() {
      return Code.NEGATIVE_AFFINITY;
    }

    @Override
    public Optional<String> rule() {
      return Optional.of(name);
    }

    @Override
    public String detail() {
      return "rule %s: must be apart from %s".formatted(name, Named.first(others, at));
    }

    @Override
    public String change() {
      return "%s %s %s"
          .formatted(
              Named.few(others, "and"),
              others.size() == 1 ? "is" : "are",
              level.isHost() ? "elsewhere" : "in another domain of level " + level);
    }
  }

  /**
   * A strict affinity wants the workload with others that are elsewhere.
   *
   * @param name the rule's
   * @param level what "elsewhere" means
   * @param others who is elsewhere, at least one
   * @param at where the first of them is
   */
  record WantedWith(String name, Rule.Level level, List<WorkloadId> others, HostId at)
      implements Objection {
    public WantedWith {
      others = List.copyOf(others);
    }

    @Override
    public Code code() {
      return Code.POSITIVE_AFFINITY;
    }

    @Override
    public Optional<String> rule() {
      return Optional.of(name);
    }

    @Override
    public String detail() {
      return "rule %s: must be with %s".formatted(name, Named.first(others, at));
    }

    @Override
    public String change() {
      return "%s %s %s, too"
          .formatted(
              Named.few(others, "and"),
              others.size() == 1 ? "is" : "are",
              level.isHost() ? "there" : "in its domain of level " + level);
    }
  }

  /**
   * There is too little room in one dimension.
   *
   * @param dimension its name
   * @param needed what the workload takes
   * @param free what is left on the host, 0 where more than all is taken
   * @param capacity what the host has
   * @param percent how much of it the host may be given
   * @param promised room that is kept for what is not named yet
   * @param missing with so much more the workload would have room, beside all that is taken
   */
  record NoRoom(
      String dimension,
      long needed,
      long free,
      long capacity,
      long percent,
      long promised,
      long missing)
      implements Objection {
    private static final long WHOLE = 100;

    @Override
    public Code code() {
      return Code.CAPACITY;
    }

    /** All that the host may be given. */
    public long limit() {
      return HostSnapshot.limit(capacity, percent);
    }

    /** Whether there would be room if the host were empty. */
    public boolean isOthersFault() {
      return needed <= limit() - promised;
    }

    @Override
    public String detail() {
      String kept = promised == 0 ? "" : ", promised to others " + promised;
      if (isOthersFault()) {
        return "%s: needs %d, free %d%s".formatted(dimension, needed, free, kept);
      }
      String of = percent == WHOLE ? "" : " (%d %% of %d)".formatted(percent, capacity);
      return "%s: needs %d, the host has only %d%s%s"
          .formatted(dimension, needed, limit(), of, kept);
    }

    @Override
    public String change() {
      return isOthersFault()
          ? "%d more of its %s %s free".formatted(missing, dimension, missing == 1 ? "is" : "are")
          : "it may be given %d more %s".formatted(missing, dimension);
    }
  }
}
