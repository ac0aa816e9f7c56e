package io.holdfast.api;

/**
 * How much may fail before not everything that is to run finds a host, and what the cluster does
 * about it. It never keeps anything from running that has run before: failover, failback and moves
 * go on whatever it says.
 *
 * @param action what is done when so many failures would not be survived
 * @param failures any so many hosts or failure domains have to be survived, besides those that have
 *     failed already; 1 to {@value #MOST_FAILURES}
 * @param level what fails at once: hosts, or failure domains
 */
public record AdmissionPolicy(Action action, int failures, Rule.Level level) {

  /** What is done when the failures would not be survived. */
  public enum Action {
    /** Nothing; it is not looked at either. */
    OFF,
    /**
     * It is told, by an event and in the cluster's status; and so is a first start with which it
     * becomes so, by an event and in the workload's explanation. It is started all the same.
     */
    WARN,
    /**
     * It is told, and what has never run here is not started while it is proven that the failures
     * would not be survived with it. In a cluster of more than 300 hosts or 15,000 workloads it is
     * not started either until that can be looked into: usually at once, but after a change of
     * controller, other rules, a host that failed or came back, or many changes at once only when
     * the state is compared with the store the next time, and while anything fails some minutes
     * later. What cannot be looked at is started.
     */
    REFUSE
  }

  /** The greatest number of failures that can be asked for. */
  public static final int MOST_FAILURES = 100;

  /** A warning when not any one host may fail. */
  public static final AdmissionPolicy DEFAULT =
      new AdmissionPolicy(Action.WARN, 1, Rule.Level.HOST);

  public AdmissionPolicy {
    if (failures < 1 || failures > MOST_FAILURES) {
      throw new InvalidConfigException(
          "cluster.admission.failures", failures, "1 to " + MOST_FAILURES);
    }
  }

  /** The same with another action. */
  public AdmissionPolicy with(Action other) {
    return new AdmissionPolicy(other, failures, level);
  }

  /** What is to be survived, for people: {@code any 2 hosts}. */
  public String describe() {
    String what = level.isHost() ? "host" : "failure domain of level " + level;
    return failures == 1 ? "any " + what : "any " + failures + " " + plural(what);
  }

  private String plural(String what) {
    return level.isHost() ? what + "s" : "failure domains of level " + level;
  }
}
