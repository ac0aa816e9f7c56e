package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import java.util.Optional;

/**
 * Whether one controller keeps the pause between two hosts that it fences. Only looked at where no
 * more than one host may be fenced at once.
 */
final class SimFenceGuards {
  private record Off(HostId host, long epoch, long at) {}

  private final SimWorld world;
  private final String controller;
  private Optional<Off> last = Optional.empty();

  SimFenceGuards(SimWorld world, String controller) {
    this.world = world;
    this.controller = controller;
  }

  /**
   * The controller asks a device for something.
   *
   * @param now by the controller's clock
   */
  void asked(AskDevice ask, long now) {
    if (ask.operation() != DeviceOperation.OFF) {
      return;
    }
    long pause = 2 * world.timings().renewInterval().toNanos();
    boolean oneAtOnce = world.machines().size() * world.platform().mostFenced() < 200;
    last.filter(off -> oneAtOnce && off.epoch() == ask.op().epoch())
        .filter(off -> !off.host().equals(ask.host()) && now - off.at() < pause)
        .ifPresent(
            off ->
                world.violated(
                    "%s fences %s without a pause after %s"
                        .formatted(controller, ask.host(), off.host())));
    last = Optional.of(new Off(ask.host(), ask.op().epoch(), now));
  }
}
