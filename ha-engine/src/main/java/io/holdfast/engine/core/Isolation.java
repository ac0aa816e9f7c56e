package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.OnIsolation;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Suspicion asks other channels before it waits. A host that is alive there is cut off: it is left
 * running for as long as the policy says, counted from when it was heard last, so that a change of
 * controller begins nothing anew. One that is silent on all of them is given up sooner. Neither is
 * evidence.
 */
final class Isolation {

  /** One time of asking all: who has not answered yet, and what the others said. */
  private static final class Round {
    final Incarnation incarnation;
    final SortedMap<String, OpId> open = new TreeMap<>();
    boolean allSilent = true;

    Round(Incarnation incarnation) {
      this.incarnation = incarnation;
    }
  }

  private final ControllerState state;
  private final Detection detection;
  private final SortedMap<HostId, Round> rounds = new TreeMap<>();

  /** When a host was seen alive last, in the events' time. */
  private final SortedMap<HostId, Long> aliveAt = new TreeMap<>();

  Isolation(ControllerState state, Detection detection) {
    this.state = state;
    this.detection = detection;
  }

  void reset() {
    rounds.clear();
    aliveAt.clear();
    state.hosts.values().forEach(host -> host.askedForLifeUntil = Long.MIN_VALUE);
  }

  /** Something changed about this host. */
  void look(HostEntry host) {
    switch (host.state) {
      case SUSPECT, ISOLATED -> ask(host);
      case LOST -> {
        // An answer that is on its way may still show that it lives.
      }
      case JOINING, ONLINE, STORAGE_LOST, MAINTENANCE, SHUTTING_DOWN, FENCING, FENCED ->
          forget(host);
    }
  }

  private void forget(HostEntry host) {
    if (rounds.remove(host.id) != null || aliveAt.remove(host.id) != null) {
      state.cancel(TimerKind.ISOLATION, host.id.value());
    }
    host.isolationOver = Optional.empty();
    host.askedForLifeUntil = Long.MIN_VALUE;
  }

  /** Asks every channel, unless that is under way. */
  private void ask(HostEntry host) {
    Incarnation incarnation = host.incarnation();
    Round before = rounds.get(host.id);
    boolean asked = before != null && before.incarnation.equals(incarnation);
    if (incarnation == null || asked || state.config.hostChecks().isEmpty() || !state.mayAct()) {
      return;
    }
    if (host.askedForLifeUntil == Long.MIN_VALUE) {
      // As long as they had if they had been asked when it was first suspected.
      Duration patience = state.timings().silence().minus(state.timings().suspectAfter());
      host.askedForLifeUntil = state.now + patience.toNanos();
    }
    Round round = new Round(incarnation);
    rounds.put(host.id, round);
    for (String check : state.config.hostChecks()) {
      OpId op = state.nextOp();
      round.open.put(check, op);
      state.emit(
          new ControllerEffect.AskForLife(op, host.id, check, state.timings().storeTimeout()));
    }
    next(host);
  }

  /** It is time to ask again, or the time of an isolated host is up. */
  void due(HostEntry host) {
    if (host.state == HostState.ISOLATED) {
      considerEnd(host);
    }
    rounds.remove(host.id); // whoever has not answered by now is asked again
    look(host);
  }

  private void next(HostEntry host) {
    long again = state.now + state.timings().suspectAfter().toNanos();
    long end = leftUntil(host);
    state.timer(
        TimerKind.ISOLATION, host.id.value(), end > state.now ? Math.min(end, again) : again);
  }

  void answered(ControllerEvent.LifeSeen event) {
    HostEntry host = state.host(event.host());
    Round round = rounds.get(host.id);
    if (round == null
        || !round.open.remove(event.check(), event.op())
        || !round.incarnation.equals(host.incarnation())) {
      return;
    }
    if (event.answer() == SignOfLife.ALIVE) {
      alive(host, event.check());
    }
    round.allSilent &= event.answer() == SignOfLife.DEAD_SILENT;
    if (round.open.isEmpty()) {
      host.askedForLifeUntil = Math.min(host.askedForLifeUntil, state.now);
      detection.changed.add(host.id);
      ended(host, round);
    }
  }

  private void alive(HostEntry host, String check) {
    aliveAt.put(host.id, state.now);
    host.deadSilent = false;
    boolean waiting = host.state == HostState.SUSPECT || host.state == HostState.LOST;
    if (!waiting) {
      return;
    }
    Optional<String> against = whyNotLeft(host);
    if (against.isPresent()) {
      detection.explain(host, "silent, and alive by " + check + ", but " + against.get());
      return;
    }
    host.isolationOver = Optional.empty();
    detection.signal(
        host,
        HostSignal.SEEN_ALIVE,
        "cut off, but alive by %s: left running for %s at most since it was heard last"
            .formatted(check, limit()));
  }

  private void ended(HostEntry host, Round round) {
    if (host.state == HostState.SUSPECT && round.allSilent) {
      host.deadSilent = true;
      detection.silenceDue(host);
    }
    if (host.state == HostState.ISOLATED && round.allSilent) {
      end(host, "silent on every other channel as well");
    }
  }

  private void considerEnd(HostEntry host) {
    long quiet = state.now - aliveAt.getOrDefault(host.id, host.lastHeard);
    Optional<String> against = whyNotLeft(host);
    if (against.isPresent()) {
      end(host, against.get());
    } else if (quiet >= state.health.scaled(state.timings().silence())) {
      end(host, "it was not seen alive any more");
    }
  }

  /** The lease is read once more, as before every loss. */
  private void end(HostEntry host, String why) {
    host.isolationOver = Optional.of("cut off, and not left running any longer: " + why);
    detection.check(host);
  }

  /** Why a host that is alive is treated like any silent one. */
  private Optional<String> whyNotLeft(HostEntry host) {
    if (limit().isZero()) {
      return Optional.of("the cluster's policy leaves nobody running that is cut off");
    }
    if (state.now >= leftUntil(host)) {
      return Optional.of("the time that the cluster's policy gives it is up");
    }
    for (WorkloadId id : host.placed) {
      WorkloadEntry workload = state.workload(id);
      if (workload.spec != null
          && workload.spec.policy().onIsolation() == OnIsolation.FENCE
          && Homes.isRecovered(state, workload)) {
        return Optional.of("the policy of " + id + " asks for its host to be fenced");
      }
    }
    return Optional.empty();
  }

  private Duration limit() {
    return state.policy.isolationLimit();
  }

  private long leftUntil(HostEntry host) {
    return host.lastHeard + limit().toNanos();
  }

  /** What an isolated host waits for. */
  Wait waitOf(HostEntry host) {
    return new Wait(Kind.ISOLATION, host.id.value(), leftUntil(host));
  }
}
