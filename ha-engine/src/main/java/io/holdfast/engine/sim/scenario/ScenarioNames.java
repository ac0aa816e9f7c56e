package io.holdfast.engine.sim.scenario;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.json.JsonField;
import io.holdfast.engine.sim.scenario.Scenario.HostSpec;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a scenario names, and where: hosts, machines of controllers, workloads. */
final class ScenarioNames {
  private static final String NAME = "1 to 64 letters, digits, '.', '_' or '-'";
  private static final List<HostId> EXTERNAL =
      List.of(new HostId("controller1"), new HostId("controller2"));
  private static final long MOST_CPUS = 1_000_000;
  private static final long MOST_MEMORY = 1_000_000_000_000L;

  private final SortedSet<HostId> hosts = new TreeSet<>();
  private final SortedMap<HostId, HostSpec> specs = new TreeMap<>();
  private final SortedSet<HostId> machines = new TreeSet<>();

  /** At the point of the timeline that has been read. */
  private final SortedSet<WorkloadId> present = new TreeSet<>();

  private final SortedSet<WorkloadId> everNamed = new TreeSet<>();

  HostSpec host(JsonField in) {
    in.object("id", "power", "network", "capacity", "bmc", "domain", "labels", "kinds");
    JsonField idField = in.required("id", "a name");
    HostId id = hostId(idField, idField.text());
    if (!hosts.add(id)) {
      throw idField.refuse("a second time", "a name that no other host has");
    }
    List<String> domain = new ArrayList<>();
    in.optional("domain").ifPresent(d -> d.elements().forEach(e -> domain.add(e.name())));
    SortedMap<String, String> labels = new TreeMap<>();
    in.optional("labels").ifPresent(l -> l.members().forEach((k, v) -> labels.put(k, v.text())));
    SortedSet<String> kinds = new TreeSet<>();
    in.optional("kinds").ifPresent(k -> k.elements().forEach(e -> kinds.add(e.name())));
    Capacity capacity = in.optional("capacity").map(ScenarioNames::capacity).orElse(Capacity.NONE);
    HostSpec spec =
        new HostSpec(
            in.make(() -> new Host(id, capacity, domain, labels, kinds)),
            in.optional("power").map(JsonField::flag).orElse(true),
            in.optional("network").map(JsonField::flag).orElse(true),
            in.optional("bmc").map(JsonField::flag).orElse(true));
    specs.put(id, spec);
    return spec;
  }

  /** Whether the host has power at the start. */
  boolean hasPower(HostId host) {
    return spec(host).power();
  }

  /** Refuses a host that cannot run workloads of this kind. */
  HostId hostFor(JsonField in, String kind) {
    HostId host = knownHost(in);
    SortedSet<String> kinds = spec(host).host().kinds();
    if (!kinds.isEmpty() && !kinds.contains(kind)) {
      throw in.refuse(
          "(which runs only kinds %s)".formatted(shortened(kinds)),
          "a host for kind %s, because it is running".formatted(kind));
    }
    return host;
  }

  /** How many levels of failure domains there are at most. */
  int domainLevels() {
    return specs.values().stream().mapToInt(spec -> spec.host().domain().size()).max().orElse(0);
  }

  private HostSpec spec(HostId host) {
    return Objects.requireNonNull(specs.get(host), host::value);
  }

  /** Machines on which nothing but controllers run: two, or as many as are named. */
  List<HostId> controllers(JsonField in) {
    if (!in.isList()) {
      List<HostId> named = in.oneOf(Map.of("hosts", List.<HostId>of(), "external", EXTERNAL));
      for (HostId machine : named) {
        if (hosts.contains(machine)) {
          throw in.refuse(
              "(machines " + EXTERNAL + ", of which " + machine + " is a host)",
              "other names for the hosts, or a list of names for the machines");
        }
      }
      machines.addAll(named);
      return named;
    }
    List<HostId> named = new ArrayList<>();
    for (JsonField element : in.elements()) {
      HostId id = hostId(element, element.text());
      if (hosts.contains(id) || !machines.add(id)) {
        throw element.refuse("a second time", "a name that no other machine has");
      }
      named.add(id);
    }
    return named;
  }

  /** CPU in thousandths, memory in MiB; what is not named is left out. */
  static Capacity capacity(JsonField in) {
    return amounts(in.object("cpu", "memory"));
  }

  /** As {@link #capacity}, among other fields. */
  static Capacity amounts(JsonField in) {
    SortedMap<String, Long> amounts = new TreeMap<>();
    in.optional("cpu")
        .map(c -> c.number(0, MOST_CPUS, 3))
        .map(c -> c.movePointRight(3))
        .ifPresent(c -> amounts.put("cpu", c.longValueExact()));
    in.optional("memory")
        .map(m -> m.number(0, MOST_MEMORY, 3))
        .map(BigDecimal::longValue)
        .ifPresent(m -> amounts.put("memory", m));
    return Capacity.of(amounts);
  }

  HostId knownHost(JsonField in) {
    return knownHost(in, in.text());
  }

  HostId knownHost(JsonField in, String name) {
    HostId id = hostId(in, name);
    if (!hosts.contains(id)) {
      throw in.refuse("(host " + name + ", which is unknown)", "one of " + shortened(hosts));
    }
    return id;
  }

  /** A host, or a machine on which a controller runs. */
  HostId knownMachine(JsonField in) {
    HostId id = hostId(in, in.text());
    if (!hosts.contains(id) && !machines.contains(id)) {
      SortedSet<HostId> all = new TreeSet<>(hosts);
      all.addAll(machines);
      throw in.refuse("(which is unknown)", "one of " + shortened(all));
    }
    return id;
  }

  private static HostId hostId(JsonField in, String name) {
    try {
      return new HostId(name);
    } catch (IllegalArgumentException e) {
      throw in.refuse(NAME);
    }
  }

  WorkloadId newWorkload(JsonField in) {
    try {
      return WorkloadId.parse(in.text());
    } catch (IllegalArgumentException e) {
      throw in.refuse("kind:name, such as vm:101");
    }
  }

  void present(JsonField in, WorkloadId id) {
    everNamed.add(id);
    if (!present.add(id)) {
      throw in.refuse("a second time", "a name that no other workload has");
    }
  }

  void removed(WorkloadId id) {
    present.remove(id);
  }

  /** Rules and steps may name what a later step adds. */
  void announceAdded(JsonField step) {
    step.optional("op")
        .filter(JsonField::isText)
        .filter(op -> op.text().equals("add"))
        .flatMap(op -> step.optional("workload"))
        .filter(w -> !w.isText() && !w.isList())
        .flatMap(w -> w.optional("id"))
        .ifPresent(id -> everNamed.add(newWorkload(id)));
  }

  WorkloadId workload(JsonField in) {
    WorkloadId id = newWorkload(in);
    if (!everNamed.contains(id)) {
      throw in.refuse("(which is unknown)", "one of " + shortened(everNamed));
    }
    return id;
  }

  private static String shortened(SortedSet<?> names) {
    List<String> first = names.stream().limit(8).map(Object::toString).toList();
    return String.join(", ", first) + (names.size() > 8 ? ", …" : "");
  }
}
