package io.holdfast.engine.json;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Reads the rules of a document that names hosts and workloads. */
public final class RuleReader {
  private static final long MOST_PRIORITY = 1_000_000;

  private final Function<JsonField, WorkloadId> workload;
  private final BiFunction<JsonField, String, HostId> host;
  private final int domainLevels;

  /**
   * For one document.
   *
   * @param workload the workload that a field names, or a refusal of the field
   * @param host the host of that name, or a refusal of the field it belongs to
   * @param domainLevels the length of the longest domain path
   */
  public RuleReader(
      Function<JsonField, WorkloadId> workload,
      BiFunction<JsonField, String, HostId> host,
      int domainLevels) {
    this.workload = workload;
    this.host = host;
    this.domainLevels = domainLevels;
  }

  /**
   * All of them.
   *
   * @throws InvalidInputException for the first that is none, or has the name of another
   */
  public List<Rule> read(List<JsonField> elements) {
    SortedSet<String> ids = new TreeSet<>();
    List<Rule> rules = new ArrayList<>();
    for (JsonField element : elements) {
      Rule rule = rule(element);
      if (!ids.add(rule.id())) {
        throw element.required("id", "a name").refuse("a second time", "a name of its own");
      }
      rules.add(rule);
    }
    return rules;
  }

  private Rule rule(JsonField in) {
    JsonField typeField = in.required("type", "host-affinity, workload-affinity");
    boolean ofHosts = typeField.oneOf(Map.of("host-affinity", true, "workload-affinity", false));
    if (ofHosts) {
      in.object("id", "type", "workloads", "hosts", "strict");
    } else {
      in.object("id", "type", "workloads", "affinity", "level", "strict");
    }
    JsonField idField = in.required("id", "a name");
    String id = idField.text();
    JsonField members = in.required("workloads", "a list of at least one workload");
    SortedSet<WorkloadId> workloads = new TreeSet<>();
    members.elements().forEach(w -> workloads.add(workload.apply(w)));
    if (workloads.isEmpty()) {
      throw members.refuse("that is empty", "at least one workload");
    }
    boolean strict = in.optional("strict").map(JsonField::flag).orElse(true);
    if (ofHosts) {
      SortedMap<HostId, Integer> hosts = preferences(in);
      return idField.make(() -> new Rule.HostAffinity(id, workloads, hosts, strict));
    }
    Rule.Kind kind =
        in.required("affinity", "negative, positive")
            .oneOf(Map.of("positive", Rule.Kind.POSITIVE, "negative", Rule.Kind.NEGATIVE));
    Rule.Level level = in.optional("level").map(this::level).orElse(Rule.Level.HOST);
    return idField.make(() -> new Rule.WorkloadAffinity(id, workloads, kind, level, strict));
  }

  private SortedMap<HostId, Integer> preferences(JsonField rule) {
    JsonField in = rule.required("hosts", "an object of at least one host with its priority");
    SortedMap<HostId, Integer> hosts = new TreeMap<>();
    in.members()
        .forEach(
            (name, priority) ->
                hosts.put(
                    host.apply(priority, name),
                    (int) priority.whole(-MOST_PRIORITY, MOST_PRIORITY)));
    if (hosts.isEmpty()) {
      throw in.refuse("that is empty", "at least one host");
    }
    return hosts;
  }

  private Rule.Level level(JsonField in) {
    if (in.isText()) {
      return in.oneOf(Map.of("host", Rule.Level.HOST));
    }
    if (domainLevels == 0) {
      throw in.refuse("host, because no host has a domain");
    }
    return Rule.Level.domain((int) in.whole(0, domainLevels - 1L));
  }
}
