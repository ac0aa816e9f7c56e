package io.holdfast.engine.core;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who decides. A candidate stands by until the place is free, or until the host of the controller
 * is silent; then it is elected with a new epoch, reads everything, and leads until a write fails.
 */
final class Leadership {
  private static final String TIMER = "election";

  private final ControllerState state;
  private final Detection detection;
  private @Nullable OpId campaign;
  private @Nullable OpId reading;

  /** A campaign that was asked for up to this operation tells nothing of whether it leads now. */
  private OpId doubted = new OpId(0, 0);

  private Epoch elected = Epoch.NONE;

  /** The last epoch that was given up: writes of it may still be on their way. */
  private Epoch spent = Epoch.NONE;

  private Optional<String> leader = Optional.empty();
  private Optional<HostId> leaderHost = Optional.empty();
  private Epoch leaderEpoch = Epoch.NONE;
  private boolean closed;

  /** Why it leads no more, if it ever did. */
  private String stoodDown = "";

  Leadership(ControllerState state, Detection detection) {
    this.state = state;
    this.detection = detection;
  }

  boolean isClosed() {
    return closed;
  }

  /** Who leads, as far as is known here. */
  Optional<String> leader() {
    return leader;
  }

  /** Why this candidate leads or not, for people. */
  String reason() {
    if (closed) {
      return "closed";
    }
    boolean connected = state.connection == Connection.CONNECTED;
    if (state.leading && connected && state.stoodStill) {
      return "led with epoch %s, and stood still: decides nothing before it knows that it leads"
          .formatted(state.epoch);
    }
    if (state.leading) {
      return connected
          ? "leads with epoch " + state.epoch
          : "leads with epoch %s, but does not reach the coordination service: decides nothing"
              .formatted(state.epoch);
    }
    String stand = connected ? stand() : "connecting to the coordination service";
    return stoodDown.isEmpty() ? stand : stand + "; led before: " + stoodDown;
  }

  private String stand() {
    if (reading != null) {
      return "elected with epoch %s, reading the state".formatted(elected);
    }
    return leader
        .map(name -> "led by %s with epoch %s".formatted(name, leaderEpoch))
        .orElse("campaigning");
  }

  void connectionChanged(Connection connection) {
    state.connection = connection;
    switch (connection) {
      case CONNECTED -> campaign();
      case SUSPENDED -> {
        // Decisions wait; what is under way ends, and workloads stay as they are.
      }
      case LOST -> standDown("the session with the coordination service ended", false);
    }
  }

  /**
   * never two: another may have come to lead meanwhile, and a device would not ask which of them
   * gives a command.
   */
  void stoodStill() {
    if (state.leading || reading != null) {
      state.stoodStill = true;
      doubted = state.nextOp();
      campaign();
    }
  }

  /** Asks for the place; where it is held already, the answer says so and costs nothing. */
  void campaign() {
    if (closed || campaign != null || state.connection != Connection.CONNECTED) {
      return;
    }
    OpId op = state.nextOp();
    campaign = op;
    state.emit(new ControllerEffect.Campaign(op));
  }

  /** The controller's host is silent, and the store agrees: take its place. */
  void leaderIsSilent(HostId host) {
    if (closed || state.leading || campaign != null || !leaderHost.equals(Optional.of(host))) {
      return;
    }
    OpId op = state.nextOp();
    campaign = op;
    state.emit(new ControllerEffect.TakeOver(op, leaderEpoch));
  }

  /** The host to look at when it is silent, while another one leads. */
  boolean isLeaderHost(HostId host) {
    return !state.leading && reading == null && leaderHost.equals(Optional.of(host));
  }

  void campaignEnded(ControllerEvent.CampaignEnded event) {
    if (!event.op().equals(campaign)) {
      return;
    }
    campaign = null;
    if (event.outcome() instanceof Outcome.Done<Election> done) {
      if (done.value() instanceof Election.Elected won) {
        won(won.epoch(), event.op().sequence() > doubted.sequence());
      } else {
        ledBy((Election.LedBy) done.value());
      }
      return;
    }
    if (event.outcome() instanceof Outcome.Unknown<Election>) {
      state.emit(new ControllerEffect.Resign());
      standDown("the election's outcome is unknown", true);
    }
    retryLater();
  }

  private void won(Epoch epoch, boolean isSinceDoubted) {
    boolean known = state.leading || reading != null;
    if (known && epoch.equals(elected)) {
      state.stoodStill &= !isSinceDoubted;
      if (state.stoodStill) {
        campaign();
      }
      return;
    }
    if (state.leading) {
      standDown("elected anew with epoch " + epoch, true);
    }
    if (epoch.equals(spent)) {
      // never two: what is read now may lack a write of this epoch that the store still accepts.
      state.emit(new ControllerEffect.Resign());
      retryLater();
      return;
    }
    leader = Optional.of(state.config.candidate());
    leaderHost = Optional.empty();
    elected = epoch;
    state.epoch = epoch;
    OpId op = state.nextOp();
    reading = op;
    state.cancel(TimerKind.CAMPAIGN, TIMER);
    state.emit(new ControllerEffect.ReadState(op));
  }

  private void ledBy(Election.LedBy led) {
    if (state.leading || reading != null) {
      standDown("deposed by " + led.leader() + " with epoch " + led.epoch(), false);
    }
    leader = Optional.of(led.leader());
    leaderHost = ControllerState.hostNamed(led.leader()).filter(state.hosts::containsKey);
    leaderEpoch = led.epoch();
    leaderHost.map(state::host).ifPresent(this::watchLeader);
    retryLater();
  }

  /** A silence that was noticed while a campaign was under way is looked into now. */
  private void watchLeader(HostEntry host) {
    if (detection.isSilent(host)) {
      detection.check(host);
    } else {
      detection.silenceDue(host);
    }
  }

  /** Whether this answer is the one that leadership waits for. */
  boolean isReading(OpId op) {
    return op.equals(reading);
  }

  /** Whether this candidate was elected and the state is on its way. */
  boolean isReading() {
    return reading != null;
  }

  /** Elected, and everything was read. The reader says when decisions begin. */
  void begin() {
    reading = null;
    state.publish(new HaEvent.ControllerElected(state.config.candidate(), state.epoch));
  }

  void readFailed(String reason) {
    state.emit(new ControllerEffect.Resign());
    standDown(reason, true);
  }

  /** Stops deciding. Workloads stay as they are; nothing is undone. */
  void standDown(String reason, boolean campaignAgain) {
    if (state.leading) {
      state.publish(new HaEvent.ControllerStoodDown(state.epoch, reason));
    }
    if (state.leading || reading != null) {
      spent = elected;
      stoodDown = reason;
      leader = Optional.empty();
    }
    state.leading = false;
    state.stoodStill = false;
    reading = null;
    elected = Epoch.NONE;
    if (campaignAgain && !closed) {
      retryLater();
    }
  }

  void close() {
    if (state.leading || reading != null || campaign != null) {
      state.emit(new ControllerEffect.Resign());
    }
    standDown("closed", false);
    closed = true;
  }

  private void retryLater() {
    // Being told of a free place is the rule; this is for when nobody tells.
    state.timer(TimerKind.CAMPAIGN, TIMER, state.now + state.timings().suspectAfter().toNanos());
  }
}
