package io.holdfast.examples.cli;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Names;
import io.holdfast.api.Rule;
import io.holdfast.engine.json.InvalidInputException;
import io.holdfast.engine.json.JsonField;
import io.holdfast.engine.json.RuleReader;
import io.holdfast.engine.placement.RuleConflicts;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanOptions;
import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.PlanOptions.Objective;
import io.holdfast.engine.planning.PlanOptions.Strategy;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads a cluster, and refuses whatever is not one. */
final class ClusterReader {
  /** A load is measured in thousandths. */
  private static final int LOAD_PLACES = 3;

  private static final int FACTOR_PLACES = 2;
  private static final long NOT_OVERCOMMITTED = 100;
  private static final long MOST_FACTOR = HostSnapshot.MOST_OVERCOMMIT / 100;

  private final ClusterNames names = new ClusterNames();
  private final List<String> dimensions = new ArrayList<>();
  private int domainLevels;

  /** Of hosts that do not say otherwise, in percent. */
  private Amounts overcommit = Amounts.of();

  private ClusterReader() {}

  /**
   * The cluster that the document describes.
   *
   * @param document JSON
   * @throws InvalidInputException for the first thing that is wrong, in one line
   */
  static ClusterInput read(String document) {
    return new ClusterReader().cluster(JsonField.parse(document));
  }

  private ClusterInput cluster(JsonField in) {
    in.object("dimensions", "hosts", "workloads", "rules", "overcommit", "options");
    dimensions(in.required("dimensions", "a list of at least one name"));
    overcommit = overcommit(in).orElse(all(dimensions.size(), NOT_OVERCOMMITTED));
    JsonField hostList = in.required("hosts", "a list of at least one host");
    List<HostSnapshot> hosts = hostList.elements().stream().map(this::host).toList();
    if (hosts.isEmpty()) {
      throw hostList.refuse("that is empty", "at least one host");
    }
    List<WorkloadSnapshot> workloads = list(in, "workloads").stream().map(this::workload).toList();
    RuleReader reader = new RuleReader(names::knownWorkload, names::knownHost, domainLevels);
    List<Rule> rules = reader.read(list(in, "rules"));
    PlanOptions options =
        in.optional("options").map(ClusterReader::options).orElse(PlanOptions.DEFAULT);
    ClusterSnapshot cluster =
        in.make(() -> new ClusterSnapshot(dimensions, hosts, workloads, rules));
    in.optional("rules").ifPresent(field -> refuseContradictions(field, cluster));
    return new ClusterInput(cluster, options);
  }

  private static List<JsonField> list(JsonField in, String field) {
    return in.optional(field).map(JsonField::elements).orElse(List.of());
  }

  private void dimensions(JsonField in) {
    for (JsonField element : in.elements()) {
      String name = element.name();
      if (dimensions.contains(name)) {
        throw element.refuse("a second time", "a name that no other dimension has");
      }
      dimensions.add(name);
    }
    if (dimensions.isEmpty()) {
      throw in.refuse("that is empty", "at least one name");
    }
  }

  private HostSnapshot host(JsonField in) {
    in.object(
        "id",
        "capacity",
        "domain",
        "state",
        "labels",
        "kinds",
        "conditions",
        "overcommit",
        "promised");
    JsonField idField = in.required("id", "a name");
    HostId id = names.newHost(idField);
    JsonField capacityField = in.required("capacity", perDimension());
    Amounts capacity = amounts(capacityField);
    List<String> domain = list(in, "domain").stream().map(JsonField::name).toList();
    domainLevels = Math.max(domainLevels, domain.size());
    State state = in.optional("state").map(s -> s.oneOf(states())).orElse(State.UP);
    SortedSet<String> kinds = new TreeSet<>();
    list(in, "kinds").forEach(kind -> kinds.add(kind.name()));
    Amounts percent = overcommit(in).orElse(overcommit);
    Amounts promised = in.optional("promised").map(this::amounts).orElse(all(dimensions.size(), 0));
    SortedMap<String, String> labels = texts(in, "labels");
    SortedSet<String> conditions = conditions(in);
    // What is left to refuse is too great an overcommitment: its own, or that of all hosts.
    return (in.optional("overcommit").isPresent() ? in : capacityField)
        .make(
            () ->
                new HostSnapshot(
                    id, capacity, domain, state, labels, kinds, conditions, percent, promised));
  }

  private WorkloadSnapshot workload(JsonField in) {
    in.object(
        "id",
        "demand",
        "weight",
        "priority",
        "host",
        "desired",
        "requires",
        "conditions",
        "movable",
        "load");
    return new WorkloadSnapshot(
        names.newWorkload(in.required("id", "kind:name, such as vm:101")),
        amounts(in.required("demand", perDimension())),
        in.optional("weight").map(w -> w.whole(0, WorkloadSnapshot.MOST_WEIGHT)).orElse(1L),
        in.optional("priority")
            .map(p -> (int) p.whole(Integer.MIN_VALUE, Integer.MAX_VALUE))
            .orElse(0),
        in.optional("host").map(names::knownHost),
        in.optional("desired").map(d -> d.oneOf(desires())).orElse(DesiredState.STARTED),
        texts(in, "requires"),
        conditions(in),
        in.optional("movable").map(JsonField::flag).orElse(true),
        in.optional("load").map(this::load));
  }

  private static SortedMap<String, String> texts(JsonField in, String field) {
    SortedMap<String, String> texts = new TreeMap<>();
    in.optional(field).ifPresent(f -> f.members().forEach((k, v) -> texts.put(k, v.text())));
    return texts;
  }

  private static SortedSet<String> conditions(JsonField in) {
    SortedSet<String> conditions = new TreeSet<>();
    for (JsonField element : list(in, "conditions")) {
      String name = element.text();
      conditions.add(element.make(() -> Names.checkCondition("condition", name)));
    }
    return conditions;
  }

  /** Factors, as hundredths of them. */
  private Optional<Amounts> overcommit(JsonField in) {
    return in.optional("overcommit")
        .map(
            field ->
                Amounts.of(
                    onePerDimension(field).stream().mapToLong(ClusterReader::percent).toArray()));
  }

  private static long percent(JsonField factor) {
    BigDecimal value = factor.number(0, MOST_FACTOR, FACTOR_PLACES);
    if (value.signum() == 0) {
      throw factor.refuse("0.01 to %d".formatted(MOST_FACTOR));
    }
    return value.movePointRight(FACTOR_PLACES).longValueExact();
  }

  private static Amounts all(int size, long value) {
    long[] values = new long[size];
    Arrays.fill(values, value);
    return Amounts.of(values);
  }

  private String perDimension() {
    return "a list of %d whole number%s (%s)"
        .formatted(
            dimensions.size(), dimensions.size() == 1 ? "" : "s", String.join(", ", dimensions));
  }

  private Amounts amounts(JsonField in) {
    return Amounts.of(
        onePerDimension(in).stream().mapToLong(amount -> amount.whole(0, Amounts.MOST)).toArray());
  }

  private Amounts load(JsonField in) {
    long most = Amounts.MOST / 1000;
    return Amounts.of(
        onePerDimension(in).stream()
            .map(amount -> amount.number(0, most, LOAD_PLACES))
            .map(amount -> amount.movePointRight(LOAD_PLACES))
            .mapToLong(BigDecimal::longValueExact)
            .toArray());
  }

  private List<JsonField> onePerDimension(JsonField in) {
    List<JsonField> elements = in.elements();
    if (elements.size() != dimensions.size()) {
      throw in.refuse("of " + elements.size(), perDimension());
    }
    return elements;
  }

  /** Rules that only these hosts cannot satisfy are no mistake: what they forbid is not placed. */
  private static void refuseContradictions(JsonField in, ClusterSnapshot cluster) {
    List<Host> hosts =
        cluster.hosts().stream()
            .map(h -> new Host(h.id(), Capacity.NONE, h.domain(), h.labels(), h.kinds()))
            .toList();
    for (RuleConflicts.Conflict conflict : RuleConflicts.find(cluster.rules(), hosts)) {
      if (conflict.kind() == RuleConflicts.Kind.CONTRADICTION) {
        throw in.refuse("(" + conflict.describe() + ")", "rules that can all hold");
      }
    }
  }

  private static PlanOptions options(JsonField in) {
    in.object(
        "moves",
        "eviction",
        "objective",
        "strategy",
        "timeBudget",
        "seed",
        "movePrice",
        "evictionPrice");
    PlanOptions usual = PlanOptions.DEFAULT;
    PlanOptions free =
        new PlanOptions(
            in.optional("moves")
                .map(m -> m.oneOf(Map.of("none", Moves.NONE, "allowed", Moves.ALLOWED)))
                .orElse(usual.moves()),
            in.optional("eviction").map(JsonField::flag).orElse(usual.eviction()),
            in.optional("objective")
                .map(
                    o ->
                        o.oneOf(Map.of("weight", Objective.WEIGHT, "priority", Objective.PRIORITY)))
                .orElse(usual.objective()),
            in.optional("strategy").map(s -> s.oneOf(strategies())).orElse(usual.strategy()),
            in.optional("timeBudget")
                .map(t -> t.duration(Duration.ZERO, PlanOptions.LONGEST))
                .orElse(usual.timeBudget()),
            in.optional("seed")
                .map(s -> s.whole(Long.MIN_VALUE, Long.MAX_VALUE))
                .orElse(usual.seed()));
    long move = price(in, "movePrice");
    long eviction = price(in, "evictionPrice");
    return in.make(() -> free.pricing(move, eviction));
  }

  private static long price(JsonField in, String field) {
    return in.optional(field).map(p -> p.whole(0, PlanOptions.MOST_PRICE)).orElse(0L);
  }

  private static SortedMap<String, State> states() {
    SortedMap<String, State> states = new TreeMap<>();
    for (State state : State.values()) {
      states.put(state.name().toLowerCase(Locale.ROOT), state);
    }
    return states;
  }

  private static SortedMap<String, DesiredState> desires() {
    SortedMap<String, DesiredState> desires = new TreeMap<>();
    for (DesiredState desired : DesiredState.values()) {
      desires.put(desired.name().toLowerCase(Locale.ROOT), desired);
    }
    return desires;
  }

  private static SortedMap<String, Strategy> strategies() {
    SortedMap<String, Strategy> strategies = new TreeMap<>();
    for (Strategy strategy : Strategy.values()) {
      strategies.put(strategy.name().toLowerCase(Locale.ROOT).replace('_', '-'), strategy);
    }
    return strategies;
  }
}
