package io.holdfast.testkit;

import io.holdfast.api.DesiredState;
import io.holdfast.api.Rule;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.PlanOptions;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** A cluster as JSON, a line for each host, workload and rule; what is usual is left out. */
final class ClusterText {
  private ClusterText() {}

  static String of(ClusterSnapshot cluster, PlanOptions options) {
    List<String> parts = new ArrayList<>();
    parts.add("\"dimensions\": " + list(cluster.dimensions(), ClusterText::quoted));
    parts.add("\"hosts\": " + lines(cluster.hosts(), ClusterText::host));
    if (!cluster.workloads().isEmpty()) {
      parts.add("\"workloads\": " + lines(cluster.workloads(), ClusterText::workload));
    }
    if (!cluster.rules().isEmpty()) {
      parts.add("\"rules\": " + lines(cluster.rules(), ClusterText::rule));
    }
    parts.add("\"options\": " + options(options));
    return "{" + String.join(",\n ", parts) + "}";
  }

  private static String host(HostSnapshot host) {
    Fields fields = new Fields();
    fields.add("id", quoted(host.id()));
    fields.add("capacity", amounts(host.capacity()));
    fields.addUnless(host.domain().isEmpty(), "domain", list(host.domain(), ClusterText::quoted));
    fields.addUnless(host.state() == HostSnapshot.State.UP, "state", word(host.state()));
    fields.addUnless(host.labels().isEmpty(), "labels", texts(host.labels()));
    fields.addUnless(host.kinds().isEmpty(), "kinds", list(host.kinds(), ClusterText::quoted));
    fields.addUnless(
        host.conditions().isEmpty(), "conditions", list(host.conditions(), ClusterText::quoted));
    fields.addUnless(areAll(100, host.overcommit()), "overcommit", decimals(host.overcommit(), 2));
    fields.addUnless(areAll(0, host.promised()), "promised", amounts(host.promised()));
    return fields.text();
  }

  private static String workload(WorkloadSnapshot workload) {
    Fields fields = new Fields();
    fields.add("id", quoted(workload.id()));
    fields.add("demand", amounts(workload.demand()));
    fields.addUnless(workload.weight() == 1, "weight", Long.toString(workload.weight()));
    fields.addUnless(workload.priority() == 0, "priority", Integer.toString(workload.priority()));
    workload.host().ifPresent(host -> fields.add("host", quoted(host)));
    fields.addUnless(
        workload.desired() == DesiredState.STARTED, "desired", word(workload.desired()));
    fields.addUnless(workload.requires().isEmpty(), "requires", texts(workload.requires()));
    fields.addUnless(
        workload.conditions().isEmpty(),
        "conditions",
        list(workload.conditions(), ClusterText::quoted));
    fields.addUnless(workload.movable(), "movable", "false");
    workload.load().ifPresent(load -> fields.add("load", decimals(load, 3)));
    return fields.text();
  }

  private static String rule(Rule rule) {
    Fields fields = new Fields();
    fields.add("id", quoted(rule.id()));
    if (rule instanceof Rule.HostAffinity affinity) {
      SortedMap<String, String> hosts = new TreeMap<>();
      affinity.hosts().forEach((host, priority) -> hosts.put(host.value(), priority.toString()));
      fields.add("type", quoted("host-affinity"));
      fields.add("workloads", list(rule.workloads(), ClusterText::quoted));
      fields.add("hosts", object(hosts));
    } else if (rule instanceof Rule.WorkloadAffinity affinity) {
      fields.add("type", quoted("workload-affinity"));
      fields.add("workloads", list(rule.workloads(), ClusterText::quoted));
      fields.add("affinity", word(affinity.kind()));
      Rule.Level level = affinity.level();
      fields.addUnless(level.isHost(), "level", level.toString());
    }
    fields.addUnless(rule.strict(), "strict", "false");
    return fields.text();
  }

  private static String options(PlanOptions options) {
    Fields fields = new Fields();
    fields.add("moves", word(options.moves()));
    fields.add("eviction", Boolean.toString(options.eviction()));
    fields.add("objective", word(options.objective()));
    fields.add("strategy", word(options.strategy()));
    fields.add("timeBudget", quoted(options.timeBudget()));
    fields.add("seed", Long.toString(options.seed()));
    price(fields, "movePrice", options.movePrice());
    price(fields, "evictionPrice", options.evictionPrice());
    return fields.text();
  }

  private static void price(Fields fields, String name, long price) {
    fields.addUnless(price == 0, name, Long.toString(price));
  }

  private static final class Fields {
    private final List<String> all = new ArrayList<>();

    void add(String name, String value) {
      all.add(quoted(name) + ": " + value);
    }

    void addUnless(boolean usual, String name, String value) {
      if (!usual) {
        add(name, value);
      }
    }

    String text() {
      return "{" + String.join(", ", all) + "}";
    }
  }

  private static <T> String list(Collection<T> elements, Function<T, String> text) {
    return elements.stream().map(text).collect(Collectors.joining(", ", "[", "]"));
  }

  private static <T> String lines(Collection<T> elements, Function<T, String> text) {
    return elements.stream().map(text).collect(Collectors.joining(",\n  ", "[\n  ", "]"));
  }

  private static String texts(SortedMap<String, String> texts) {
    SortedMap<String, String> quoted = new TreeMap<>();
    texts.forEach((name, text) -> quoted.put(name, quoted(text)));
    return object(quoted);
  }

  private static String object(SortedMap<String, String> members) {
    return members.entrySet().stream()
        .map(member -> quoted(member.getKey()) + ": " + member.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static String amounts(Amounts amounts) {
    return LongStream.of(amounts.toArray())
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static boolean areAll(long value, Amounts amounts) {
    return LongStream.of(amounts.toArray()).allMatch(amount -> amount == value);
  }

  private static String decimals(Amounts amounts, int places) {
    return LongStream.of(amounts.toArray())
        .mapToObj(amount -> BigDecimal.valueOf(amount, places))
        .map(amount -> amount.stripTrailingZeros().toPlainString())
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String word(Enum<?> value) {
    return quoted(value.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  private static String quoted(Object text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toString().toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
