package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Evacuation.Verdict;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How much may fail before not everything that has to run can run: admission control.
 *
 * <p>When hosts fail, whatever is wanted started and was on them is placed anew, together with what
 * has no host already, or a failed one; everything else stays where it is. All strict rules,
 * labels, kinds and capacities hold; hosts in maintenance take nothing, standby hosts do. What is
 * wanted otherwise holds its room where it is and need not be placed.
 *
 * <p>An answer is a proof, except where {@link Answer#exact} says no. Pure and deterministic; for
 * use by one thread at a time.
 */
public final class Admission {
  /**
   * How much is done for an answer. Whatever is not reached is answered with no, and not as exact.
   *
   * @param sets of hosts that are looked at; large ones count as one for every hundred workloads
   * @param looks at pairs of a workload and a host, by exact searches, for all sets together
   * @param looksPerSet the same for one set
   */
  public record Effort(long sets, long looks, long looksPerSet) {
    /** About some seconds at the most. */
    public static final Effort DEFAULT = new Effort(500_000, 100_000_000, 4_000_000);

    public Effort {
      check("effort.sets", sets);
      check("effort.looks", looks);
      check("effort.looksPerSet", looksPerSet);
    }

    private static void check(String field, long value) {
      if (value < 0) {
        throw new InvalidConfigException(field, value, "0 or greater");
      }
    }
  }

  /**
   * Whether any so many failures leave room for all that has to run.
   *
   * @param survives yes: each set of that size, and each smaller one, does
   * @param exact whether that is proven; a no that is not proven is one to be on the safe side
   * @param counterExample with a no: a set that does not survive; without a proof one of which it
   *     is not known, empty if the effort did not reach to the end
   */
  public record Answer(boolean survives, boolean exact, Optional<CounterExample> counterExample) {
    static final Answer YES = new Answer(true, true, Optional.empty());
  }

  /**
   * Hosts that fail, and what then has no host.
   *
   * @param hosts in the order of the snapshot
   * @param unplaced at least one, as few as were found
   */
  public record CounterExample(List<HostId> hosts, List<WorkloadId> unplaced) {
    public CounterExample {
      hosts = List.copyOf(hosts);
      unplaced = List.copyOf(unplaced);
    }
  }

  /**
   * How many may fail.
   *
   * @param failures any so many may, -1: not even what has to run now has room
   * @param exact whether it is proven that one more is too many
   */
  public record Tolerance(int failures, boolean exact) {}

  /** So many sets are looked at beyond what the sums of all sets say of the tolerance. */
  private static final Effort FURTHER = new Effort(10_000, 10_000_000, 1_000_000);

  private final Inventory inventory;
  private final List<int[]> units;
  private final AllSets allSets;
  private final Evacuation evacuation;
  private @Nullable FailureSets sets;
  private int proven;
  private int refuted;

  /**
   * Of the hosts, or the failure domains at a level. A host whose domain path is too short for it
   * fails alone.
   *
   * @param level what fails at once
   */
  public Admission(ClusterSnapshot cluster, Level level) {
    this(new Inventory(cluster), level);
  }

  Admission(Inventory inventory, Level level) {
    this.inventory = inventory;
    units = FailureUnits.of(inventory, level);
    allSets = new AllSets(inventory, units);
    evacuation = new Evacuation(inventory);
    proven = allSets.provenFor();
    refuted = units.size() + 1;
  }

  /**
   * Whether any set of so many hosts, or fewer, leaves room for all that has to run.
   *
   * @param failures 0 or greater; more than there are counts as all of them
   */
  public static Answer survives(ClusterSnapshot cluster, int failures, Level level) {
    return new Admission(cluster, level).survives(failures);
  }

  /** The greatest number of failures that is survived. */
  public static Tolerance maxFailures(ClusterSnapshot cluster, Level level) {
    return new Admission(cluster, level).maxFailures();
  }

  /** How many hosts or domains can fail. */
  public int units() {
    return units.size();
  }

  /** The same as the static one, with the usual effort. */
  public Answer survives(int failures) {
    return survives(failures, Effort.DEFAULT);
  }

  /**
   * Whether any set of so many, or fewer, leaves room for all that has to run.
   *
   * @param failures 0 or greater; more than there are counts as all of them
   */
  public Answer survives(int failures, Effort effort) {
    if (failures < 0) {
      throw new InvalidConfigException("failures", failures, "0 or greater");
    }
    int size = Math.min(failures, units.size());
    if (size <= proven) {
      return Answer.YES;
    }
    Answer answer = new Examination(effort).of(size);
    if (answer.survives()) {
      proven = size;
    } else if (answer.exact()) {
      refuted = Math.min(refuted, size);
    }
    return answer;
  }

  /**
   * The greatest number of failures that is survived. What was asked before is made use of. Where
   * sums do not tell, a limited number of sets is looked at; beyond it the number is one that is
   * survived, and not exact.
   */
  public Tolerance maxFailures() {
    Examination examination = new Examination(FURTHER);
    while (proven < units.size() && proven + 1 < refuted) {
      Answer answer = examination.of(proven + 1);
      if (!answer.survives()) {
        if (!answer.exact()) {
          return new Tolerance(proven, false);
        }
        refuted = proven + 1;
      } else {
        proven++;
      }
    }
    return new Tolerance(proven, true);
  }

  /** Looks at sets until the effort is spent. */
  private final class Examination {
    private long setsLeft;
    private long looks;
    private final long looksPerSet;
    private Optional<CounterExample> doubtful = Optional.empty();

    Examination(Effort effort) {
      setsLeft = effort.sets();
      looks = effort.looks();
      looksPerSet = effort.looksPerSet();
    }

    /** Sets of a size; smaller ones too where those can be worse, as partners stay there. */
    Answer of(int size) {
      doubtful = Optional.empty();
      for (int[] set : allSets.worst(size)) {
        int[] hosts = FailureSets.hosts(units, set);
        if (examine(hosts, 0) == Verdict.FAILS) {
          return no(hosts);
        }
      }
      doubtful = Optional.empty();
      FailureSets all = sets();
      int least = inventory.bonds.isEmpty() ? size : Math.max(0, proven + 1);
      for (int s = size; s >= least; s--) {
        FailureSets.Steps steps = all.of(s);
        for (int[] set = steps.next(); set != null; set = steps.next()) {
          setsLeft -= 1 + evacuation.count / 100;
          if (setsLeft < 0) {
            return new Answer(false, false, doubtful);
          }
          int[] hosts = all.hosts(set);
          Verdict verdict = examine(hosts, Math.min(looks, looksPerSet));
          if (verdict == Verdict.FAILS) {
            return no(hosts);
          }
        }
      }
      return doubtful.isEmpty() ? Answer.YES : new Answer(false, false, doubtful);
    }

    private Verdict examine(int[] hosts, long effort) {
      Verdict verdict = evacuation.examine(hosts, effort);
      looks = Math.max(0, looks - evacuation.looks());
      if (verdict == Verdict.UNDECIDED && doubtful.isEmpty()) {
        doubtful = Optional.of(example(hosts));
      }
      return verdict;
    }

    private Answer no(int[] hosts) {
      return new Answer(false, true, Optional.of(example(hosts)));
    }
  }

  private CounterExample example(int[] hosts) {
    return example(inventory, evacuation, hosts);
  }

  /** What the last examination found. */
  static CounterExample example(Inventory inventory, Evacuation evacuation, int[] hosts) {
    return new CounterExample(
        Arrays.stream(hosts).sorted().mapToObj(h -> inventory.hosts.get(h).id()).toList(),
        evacuation.unplaced());
  }

  private FailureSets sets() {
    FailureSets known = sets;
    if (known == null) {
      known = new FailureSets(inventory, units, true);
      sets = known;
    }
    return known;
  }
}
