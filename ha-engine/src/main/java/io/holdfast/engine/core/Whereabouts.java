package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether a workload that has left its owner runs on one of certain hosts. never two: what was
 * known of a host before the question says nothing of what arrived there since, and neither does
 * the end of its lease; so a host is asked to look anew, or its power is read anew.
 */
final class Whereabouts {

  private record Look(Incarnation incarnation, long number) {}

  private static final class Question {
    final OpId since;
    final SortedMap<HostId, Look> looks = new TreeMap<>();
    final SortedMap<HostId, Look> lastLooks = new TreeMap<>();

    Question(OpId since) {
      this.since = since;
    }
  }

  private final ControllerState state;
  private final SortedMap<WorkloadId, Question> questions = new TreeMap<>();

  Whereabouts(ControllerState state) {
    this.state = state;
  }

  void reset() {
    questions.clear();
  }

  /** From now on it counts what is known of hosts; asking again does not ask anew. */
  void ask(WorkloadEntry workload) {
    questionOf(workload);
  }

  private Question questionOf(WorkloadEntry workload) {
    return questions.computeIfAbsent(workload.id, id -> new Question(state.nextOp()));
  }

  void answered(WorkloadEntry workload) {
    questions.remove(workload.id);
  }

  /** Those of the hosts on which it may be running, as far as is known since it was asked. */
  SortedSet<HostId> mayBeOn(WorkloadEntry workload, SortedSet<HostId> hosts) {
    Question question = questionOf(workload);
    SortedSet<HostId> open = new TreeSet<>();
    for (HostId id : hosts) {
      if (!isWithout(workload, question, state.host(id))) {
        open.add(id);
      }
    }
    return open;
  }

  /**
   * Whether it may have come back to the host that has said that it left: that host looks once
   * more, after all others have been found without it.
   */
  boolean mayBeBackOn(WorkloadEntry workload, HostEntry host) {
    Incarnation present = host.incarnation();
    return present == null || !hasLooked(host, present, questionOf(workload).lastLooks);
  }

  private boolean hasLooked(HostEntry host, Incarnation present, SortedMap<HostId, Look> looks) {
    Look look = looks.get(host.id);
    if (look == null || !look.incarnation().equals(present)) {
      looks.put(host.id, new Look(present, state.askToLook(host)));
      return false;
    }
    return host.hasLooked(look.number());
  }

  private boolean isWithout(WorkloadEntry workload, Question question, HostEntry host) {
    if (host.isOffSince(question.since)) {
      return true;
    }
    Incarnation present = host.incarnation();
    if (present == null || !host.state.isHeard() || !host.hasReported()) {
      return false;
    }
    return hasLooked(host, present, question.looks) && host.isWithout(workload.id);
  }
}
