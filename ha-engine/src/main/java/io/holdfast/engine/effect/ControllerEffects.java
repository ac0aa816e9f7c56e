package io.holdfast.engine.effect;

import io.holdfast.api.Fact;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.Timings;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.HostCheck;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.TieBreaker;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Carries the controller core's effects out. Blocking; safe for use by several threads. */
public final class ControllerEffects {
  private static final List<Table> ALL =
      Stream.of(Table.values()).filter(table -> table != Table.DEFINITION).toList();

  /** Tables that others write and a controller follows. */
  public static final List<Table> FOLLOWED =
      List.of(
          Table.HOST,
          Table.WORKLOAD,
          Table.REPORT,
          Table.CLUSTER,
          Table.RULE,
          Table.DIRECTIVE,
          Table.REQUEST);

  private final String candidate;
  private final Membership membership;
  private final Records records;
  private final SortedMap<HostId, List<FenceDevice>> devices;
  private final List<HostCheck> checks;
  private final Optional<TieBreaker> tieBreaker;
  private final Timings timings;
  private final LongSupplier clock;

  /**
   * @param checks other channels to silent hosts
   * @param tieBreaker asked before a host is fenced, where the policy wants that
   * @param clock monotonic nanoseconds, the same as the events' time
   */
  public ControllerEffects(
      String candidate,
      Membership membership,
      Records records,
      SortedMap<HostId, List<FenceDevice>> devices,
      List<HostCheck> checks,
      Optional<TieBreaker> tieBreaker,
      Timings timings,
      LongSupplier clock) {
    this.candidate = candidate;
    this.membership = membership;
    this.records = records;
    this.devices = new TreeMap<>(devices);
    this.checks = List.copyOf(checks);
    this.tieBreaker = tieBreaker;
    this.timings = timings;
    this.clock = clock;
  }

  /** Effects of one queue are carried out one after another, in order. */
  public static String queueOf(ControllerEffect effect) {
    if (effect instanceof ControllerEffect.AskDevice ask) {
      String device = "device " + ask.host() + "/" + ask.device();
      // A question that a hanging device keeps waiting must not hold up the act.
      return ask.operation() == DeviceOperation.STATUS ? device + " status" : device;
    }
    if (effect instanceof ControllerEffect.CheckLease check) {
      return "lease " + check.host();
    }
    if (effect instanceof ControllerEffect.AskTieBreaker) {
      return "tie-breaker";
    }
    if (effect instanceof ControllerEffect.AskForLife ask) {
      return "life " + ask.host() + "/" + ask.check();
    }
    if (effect instanceof ControllerEffect.ReadLeases) {
      return "leases";
    }
    if (effect instanceof ControllerEffect.Commit) {
      return "commit";
    }
    boolean election =
        effect instanceof ControllerEffect.Campaign
            || effect instanceof ControllerEffect.TakeOver
            || effect instanceof ControllerEffect.Resign;
    return election ? "election" : "read";
  }

  /** How long the effect may take before its outcome counts as unknown. */
  public Duration timeoutOf(ControllerEffect effect) {
    if (effect instanceof ControllerEffect.AskDevice ask) {
      return ask.timeout();
    }
    if (effect instanceof ControllerEffect.AskForLife ask) {
      return ask.timeout();
    }
    return effect instanceof ControllerEffect.ReadState
        ? timings.storeTimeout().multipliedBy(ALL.size())
        : timings.storeTimeout();
  }

  /**
   * Carries one effect out.
   *
   * @return the event that answers it, once the time is known; empty if it has no answer
   */
  public Optional<LongFunction<ControllerEvent>> perform(ControllerEffect effect) {
    Duration timeout = timeoutOf(effect);
    if (effect instanceof ControllerEffect.Campaign e) {
      var outcome = membership.campaign(candidate, timeout);
      return answer(now -> new ControllerEvent.CampaignEnded(now, e.op(), outcome));
    }
    if (effect instanceof ControllerEffect.TakeOver e) {
      var outcome = membership.takeOver(candidate, e.deposed(), timeout);
      return answer(now -> new ControllerEvent.CampaignEnded(now, e.op(), outcome));
    }
    if (effect instanceof ControllerEffect.Resign) {
      membership.resign(timeout);
      return Optional.empty();
    }
    if (effect instanceof ControllerEffect.ReadState e) {
      var outcome = records.readAll(ALL);
      return answer(now -> new ControllerEvent.StateRead(now, e.op(), outcome));
    }
    if (effect instanceof ControllerEffect.ReadRecord e) {
      var outcome = records.read(e.key());
      return answer(now -> new ControllerEvent.RecordRead(now, e.op(), e.key(), outcome));
    }
    if (effect instanceof ControllerEffect.ReadLeases e) {
      var outcome = membership.observeAll(timeout);
      return answer(now -> new ControllerEvent.LeasesRead(now, e.op(), outcome));
    }
    if (effect instanceof ControllerEffect.CheckLease e) {
      var outcome = membership.observe(e.host(), timeout);
      return answer(now -> new ControllerEvent.LeaseChecked(now, e.op(), e.host(), outcome));
    }
    if (effect instanceof ControllerEffect.Commit e) {
      return commit(e);
    }
    if (effect instanceof ControllerEffect.AskDevice e) {
      FenceOutcome outcome = ask(e, timeout);
      return answer(
          now ->
              new ControllerEvent.DeviceAnswered(
                  now, e.op(), e.host(), e.device(), e.operation(), outcome));
    }
    if (effect instanceof ControllerEffect.AskTieBreaker e) {
      Fact said = tieBreaker.orElseThrow().ask(timeout);
      return answer(now -> new ControllerEvent.TieBroken(now, e.op(), said));
    }
    if (effect instanceof ControllerEffect.AskForLife e) {
      SignOfLife sign = checkOf(e).ask(e.host(), timeout);
      return answer(now -> new ControllerEvent.LifeSeen(now, e.op(), e.host(), e.check(), sign));
    }
    throw new IllegalArgumentException("not an effect to carry out: " + effect);
  }

  private HostCheck checkOf(ControllerEffect.AskForLife ask) {
    return checks.stream().filter(c -> c.name().equals(ask.check())).findFirst().orElseThrow();
  }

  private Optional<LongFunction<ControllerEvent>> commit(ControllerEffect.Commit commit) {
    List<StateRecord> puts = new ArrayList<>();
    List<Key> deletes = new ArrayList<>();
    for (ControllerEffect.Change change : commit.changes()) {
      change.value().ifPresentOrElse(puts::add, () -> deletes.add(change.key()));
    }
    var outcome = records.write(Optional.of(commit.epoch()), puts, deletes);
    return answer(now -> new ControllerEvent.CommitEnded(now, commit.op(), outcome));
  }

  private FenceOutcome ask(ControllerEffect.AskDevice ask, Duration timeout) {
    FenceDevice device =
        devices.getOrDefault(ask.host(), List.of()).stream()
            .filter(d -> d.name().equals(ask.device()))
            .findFirst()
            .orElseThrow();
    // Checked immediately before the act: whoever waited long behind a call that hangs would hit a
    // host that has come back.
    if (clock.getAsLong() >= ask.notAfter()) {
      return new FenceOutcome.TimedOut("not begun, the device was busy with another call");
    }
    return switch (ask.operation()) {
      case STATUS -> device.status(timeout);
      case OFF -> device.off(timeout);
      case ON -> device.on(timeout);
    };
  }

  /**
   * What the core is told when an effect is given up: the call did not return in time, or its
   * driver broke its contract. Unknown, always.
   */
  public static Optional<LongFunction<ControllerEvent>> givenUp(
      ControllerEffect effect, String why) {
    if (effect instanceof ControllerEffect.Campaign e) {
      return answer(now -> new ControllerEvent.CampaignEnded(now, e.op(), unknown(why)));
    }
    if (effect instanceof ControllerEffect.TakeOver e) {
      return answer(now -> new ControllerEvent.CampaignEnded(now, e.op(), unknown(why)));
    }
    if (effect instanceof ControllerEffect.ReadState e) {
      return answer(now -> new ControllerEvent.StateRead(now, e.op(), unknown(why)));
    }
    if (effect instanceof ControllerEffect.ReadRecord e) {
      return answer(now -> new ControllerEvent.RecordRead(now, e.op(), e.key(), unknown(why)));
    }
    if (effect instanceof ControllerEffect.ReadLeases e) {
      return answer(now -> new ControllerEvent.LeasesRead(now, e.op(), unknown(why)));
    }
    if (effect instanceof ControllerEffect.CheckLease e) {
      return answer(now -> new ControllerEvent.LeaseChecked(now, e.op(), e.host(), unknown(why)));
    }
    if (effect instanceof ControllerEffect.Commit e) {
      return answer(now -> new ControllerEvent.CommitEnded(now, e.op(), unknown(why)));
    }
    if (effect instanceof ControllerEffect.AskDevice e) {
      return answer(
          now ->
              new ControllerEvent.DeviceAnswered(
                  now,
                  e.op(),
                  e.host(),
                  e.device(),
                  e.operation(),
                  new FenceOutcome.TimedOut(why)));
    }
    if (effect instanceof ControllerEffect.AskTieBreaker e) {
      return answer(now -> new ControllerEvent.TieBroken(now, e.op(), Fact.UNKNOWN));
    }
    if (effect instanceof ControllerEffect.AskForLife e) {
      return answer(
          now ->
              new ControllerEvent.LifeSeen(now, e.op(), e.host(), e.check(), SignOfLife.UNKNOWN));
    }
    return Optional.empty();
  }

  private static <T> Outcome<T> unknown(String why) {
    return Outcome.unknown(why);
  }

  private static Optional<LongFunction<ControllerEvent>> answer(
      LongFunction<ControllerEvent> event) {
    return Optional.of(event);
  }
}
