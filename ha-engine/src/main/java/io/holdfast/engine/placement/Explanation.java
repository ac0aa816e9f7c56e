package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Refusal.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Choices and refusals in words. */
final class Explanation {
  /** With more hosts than these a line that names each is not read any more. */
  private static final int NAMED_EACH = 8;

  private final PlacementState state;
  private final Search search;

  Explanation(PlacementState state, Search search) {
    this.state = state;
    this.search = search;
  }

  /** What the host is like, before the workload is there. */
  String why(HostSlot host) {
    int workloads = host.residents.size();
    if (state.scale().byCount()) {
      return workloads + " workloads before";
    }
    double fullest = 0;
    for (int d = 0; d < search.load.length; d++) {
      double share = (host.load[d] + search.load[d]) * host.perUnit(d);
      fullest = Math.max(fullest, share);
    }
    return Math.round(fullest * 100) + " % full with it, " + workloads + " workloads before";
  }

  /** One line; its cost does not grow with the cluster. */
  String noHost(List<HostSlot> withPartners) {
    if (state.hosts().isEmpty()) {
      return "no host is registered";
    }
    if (!withPartners.isEmpty()) {
      return "it must run with its partners%s, %s".formatted(byRules(), each(withPartners));
    }
    Bundle bundle = search.bundle;
    if (bundle != null && bundle.onlyNamedHosts()) {
      return ofNamed(bundle);
    }
    if (state.hosts().size() <= NAMED_EACH) {
      return "no host can take it: " + each(state.hosts().values());
    }
    return inGeneral();
  }

  private String ofNamed(Bundle bundle) {
    String rules =
        bundle.hostRules().stream()
            .filter(HostAffinity::strict)
            .map(HostAffinity::id)
            .collect(Collectors.joining(", "));
    List<HostId> named = bundle.ranks().values().stream().flatMap(List::stream).toList();
    if (named.isEmpty()) {
      return "no host is named by all of " + rules;
    }
    List<HostSlot> slots = new ArrayList<>();
    for (HostId id : named) {
      HostSlot host = state.host(id);
      if (host != null && slots.size() < NAMED_EACH) {
        slots.add(host);
      }
    }
    return slots.isEmpty()
        ? "no host that " + rules + " names is registered"
        : "no host that " + rules + " names can take it: " + each(slots);
  }

  private String inGeneral() {
    StringBuilder line =
        new StringBuilder(
            "none of %d hosts can take it: %d are not available"
                .formatted(state.hosts().size(), state.hosts().size() - state.usable().size()));
    boolean proven = false;
    for (int d = 0; search.capacityIsHard && d < search.demand().length; d++) {
      long most = state.index().mostFree(d);
      if (search.demand()[d] > Math.max(0, most)) {
        line.append(", ").append(needs(d, most)).append(" at most");
        proven = true;
      }
    }
    return proven
        ? line.toString()
        : line.append(", %s or room refuse it on the others".formatted(whatElse())).toString();
  }

  /** The rules that keep it with its partners. */
  private String byRules() {
    SortedSet<String> binding = state.rules.binding(search.workload.id);
    return binding.isEmpty() ? "" : " (%s)".formatted(named(binding));
  }

  /** What may refuse it, beside room. */
  private String whatElse() {
    SortedSet<String> strict = new TreeSet<>(state.rules.binding(search.workload.id));
    Bundle bundle = search.bundle;
    if (bundle != null) {
      bundle.hostRules().stream().filter(Rule::strict).map(Rule::id).forEach(strict::add);
      bundle.affinities().stream().filter(Rule::strict).map(Rule::id).forEach(strict::add);
    }
    return strict.isEmpty() ? "what it needs" : named(strict) + ", what it needs";
  }

  private static String named(SortedSet<String> rules) {
    String first = rules.stream().limit(NAMED_EACH).collect(Collectors.joining(", "));
    int more = rules.size() - NAMED_EACH;
    return (rules.size() == 1 ? "rule " : "rules ")
        + first
        + (more > 0 ? " and %d more".formatted(more) : "");
  }

  private String each(Iterable<HostSlot> hosts) {
    List<String> lines = new ArrayList<>();
    for (HostSlot host : hosts) {
      Code code = search.refusal(host);
      lines.add(host.id + " " + (code == null ? "is not to be chosen" : detail(host, code)));
    }
    return String.join(", ", lines);
  }

  /** Every host that may not be chosen, with the reason. */
  SortedMap<HostId, Refusal> all() {
    SortedMap<HostId, Refusal> refusals = new TreeMap<>();
    for (HostSlot host : state.hosts().values()) {
      Refusal refusal = refusal(host);
      if (refusal != null) {
        refusals.put(host.id, refusal);
      }
    }
    return refusals;
  }

  @Nullable Refusal refusal(HostSlot host) {
    Code code = search.refusal(host);
    return code == null
        ? null
        : new Refusal(code, detail(host, code), partner(host, code), rule(host, code));
  }

  private Optional<String> rule(HostSlot host, Code code) {
    return switch (code) {
      case HOST_AFFINITY -> pin(host).map(HostAffinity::id);
      case NEGATIVE_AFFINITY -> Optional.ofNullable(search.blocking(host)).map(o -> o.rule.id());
      case POSITIVE_AFFINITY -> Optional.ofNullable(search.unkept(host)).map(o -> o.rule.id());
      case UNAVAILABLE, EXCLUDED, KIND, LABEL, CONDITION, CAPACITY -> Optional.empty();
    };
  }

  /** The partner that needs what the host lacks. */
  private Optional<WorkloadId> partner(HostSlot host, Code code) {
    boolean lacks = code == Code.KIND || code == Code.LABEL || code == Code.CONDITION;
    return Optional.of(host)
        .filter(h -> lacks)
        .map(search::lacking)
        .filter(member -> member != search.workload)
        .map(member -> member.id);
  }

  private String detail(HostSlot host, Code code) {
    return partner(host, code)
        .map(partner -> reason(host, code) + " (needed by " + partner + ", its partner)")
        .orElseGet(() -> reason(host, code));
  }

  private String reason(HostSlot host, Code code) {
    return switch (code) {
      case UNAVAILABLE -> String.valueOf(host.whyNot);
      case EXCLUDED -> String.valueOf(search.excluded.get(host.id));
      case KIND -> "does not run kind " + lacking(host).id.kind();
      case LABEL -> label(host);
      case CONDITION ->
          "condition %s does not hold there"
              .formatted(Search.missingCondition(host, lacking(host)));
      case HOST_AFFINITY ->
          "is not a host of " + pin(host).map(rule -> "rule " + rule.id()).orElse("every rule");
      case NEGATIVE_AFFINITY -> blocked(host);
      case POSITIVE_AFFINITY -> unkept(host);
      case CAPACITY -> capacity(host);
    };
  }

  private WorkloadSlot lacking(HostSlot host) {
    WorkloadSlot lacking = search.lacking(host);
    return lacking == null ? search.workload : lacking;
  }

  private String label(HostSlot host) {
    Map.Entry<String, String> label = Search.missingLabel(host, lacking(host));
    if (label == null) {
      return "has the labels";
    }
    String has = host.host.labels().get(label.getKey());
    return "label %s: needs %s, %s"
        .formatted(label.getKey(), label.getValue(), has == null ? "has none" : "has " + has);
  }

  /** The first strict rule that names other hosts. */
  private Optional<HostAffinity> pin(HostSlot host) {
    Bundle bundle = search.bundle;
    return bundle == null
        ? Optional.empty()
        : bundle.hostRules().stream()
            .filter(rule -> rule.strict() && !rule.hosts().containsKey(host.id))
            .findFirst();
  }

  private String blocked(HostSlot host) {
    Occupancy blocking = search.blocking(host);
    if (blocking == null) {
      return "is free of them";
    }
    String partner =
        blocking.rule.workloads().stream()
            .filter(id -> !isOwn(id) && isThere(id, blocking, host))
            .map(WorkloadId::toString)
            .findFirst()
            .orElse("others");
    String where = blocking.rule.level().isHost() ? "holds " : "is in one domain with ";
    return where + partner + " (rule " + blocking.rule.id() + ")";
  }

  private boolean isOwn(WorkloadId id) {
    return search.workload.id.equals(id)
        || (search.bundle != null && search.bundle.members().contains(id));
  }

  private boolean isThere(WorkloadId id, Occupancy rule, HostSlot host) {
    WorkloadSlot workload = state.workload(id);
    if (workload == null) {
      return false;
    }
    HostSlot at = workload.host;
    HostSlot target = workload.target;
    return (at != null && rule.placeOf(at) == rule.placeOf(host))
        || (target != null && rule.placeOf(target) == rule.placeOf(host));
  }

  private String unkept(HostSlot host) {
    Occupancy rule = search.unkept(host);
    return rule == null
        ? "is near them"
        : "is in another domain than rule " + rule.rule.id() + " wants";
  }

  private String capacity(HostSlot host) {
    for (int d = 0; d < search.demand().length; d++) {
      if (search.demand()[d] > 0 && search.demand()[d] > host.free(d)) {
        return needs(d, host.free(d));
      }
    }
    return "has room";
  }

  private String needs(int dimension, long free) {
    String name = state.dimensions().name(dimension);
    return name + ": needs " + search.demand()[dimension] + ", free " + Math.max(0, free);
  }
}
