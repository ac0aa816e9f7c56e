package io.holdfast.engine.planning;

import io.holdfast.api.WorkloadId;
import java.util.List;
import java.util.Optional;

/**
 * Why a plan has a workload on a host, or takes it away from one. What it says is true of the
 * cluster when everything of the plan is done. Immutable.
 *
 * @param code the kind of reason
 * @param hosts from how many hosts it was chosen, this one included; 0 where that is no part of it
 * @param others the workloads that it has to do with, in the order of the plan's steps
 * @param rule the rule's name, if one is the reason
 */
public record Why(Code code, int hosts, List<WorkloadId> others, Optional<String> rule) {
  /** The kinds: first why a workload leaves its host, then why it comes to another. */
  public enum Code {
    /** It does not fit beside the others, who come to the host that it leaves. */
    MAKES_ROOM,
    /** Its host has more than it can carry, and would have with it. */
    TOO_FULL,
    /** A strict rule does not let it be where another is, on its former host or near it. */
    KEPT_APART,
    /** A strict rule wants it with another, who is not near its former host. */
    TAKEN_ALONG,
    /** It could stay by itself, but no plan of the same worth was found in which it does. */
    NO_OTHER_WAY,
    /** A strict rule wants it with others, who are there. */
    PARTNER,
    /** Of the hosts that may be given workloads no other is allowed: by kind, label or rule. */
    ONLY_ALLOWED,
    /** Of the hosts that are allowed no other has room. */
    ONLY_ROOM,
    /** A rule would rather have it there than on others that could take it. */
    PREFERRED,
    /** It is there that the strategy would put it, preferences and standby considered. */
    FIRST_CHOICE,
    /** The others could take it as well. */
    ONE_OF,
    /** Only hosts on standby can take it. */
    STANDBY,
    /** It comes once the others have left. */
    AFTER_OTHERS
  }

  public Why {
    others = List.copyOf(others);
  }

  Why(Code code, int hosts) {
    this(code, hosts, List.of(), Optional.empty());
  }

  Why(Code code, List<WorkloadId> others) {
    this(code, 0, others, Optional.empty());
  }

  Why(Code code, String rule, WorkloadId other) {
    this(code, 0, List.of(other), Optional.of(rule));
  }

  /** One clause for people. */
  public String detail() {
    String by = rule.orElse("");
    return switch (code) {
      case MAKES_ROOM -> "makes room for " + names();
      case TOO_FULL -> "its host is too full for it";
      case KEPT_APART -> "rule %s keeps it apart from %s".formatted(by, names());
      case TAKEN_ALONG -> "rule %s wants it with %s, which is elsewhere".formatted(by, names());
      case NO_OTHER_WAY -> "no plan as good was found in which it stays";
      case PARTNER -> "rule %s wants it with %s".formatted(by, names());
      case ONLY_ALLOWED -> "the only host of %d that its rules and needs allow".formatted(hosts);
      case ONLY_ROOM -> "the only one with room of %d hosts that may have it".formatted(hosts);
      case PREFERRED -> "the best by rule %s of %d hosts that could take it".formatted(by, hosts);
      case FIRST_CHOICE -> "the first choice of %d hosts that could take it".formatted(hosts);
      case ONE_OF -> "one of %d hosts that could take it".formatted(hosts);
      case STANDBY -> "only hosts on standby have room";
      case AFTER_OTHERS ->
          "once %s %s left".formatted(names(), others.size() == 1 ? "has" : "have");
    };
  }

  private String names() {
    return Named.few(others, "and");
  }
}
