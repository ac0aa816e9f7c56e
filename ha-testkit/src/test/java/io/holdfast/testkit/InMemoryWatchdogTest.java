package io.holdfast.testkit;

import io.holdfast.api.HostId;
import io.holdfast.api.spi.Watchdog;
import io.holdfast.engine.sim.InMemoryWatchdog;
import io.holdfast.engine.sim.PhysicalWorld;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;

class InMemoryWatchdogTest extends WatchdogContract {
  private static final HostId HOST = new HostId("host1");

  private record Alarm(long at, Runnable action) {}

  /** Time that passes when the test says so. */
  private static final class Clock implements InMemoryWatchdog.Countdown {
    private final List<Alarm> alarms = new ArrayList<>();
    private long now;

    @Override
    public long now() {
      return now;
    }

    @Override
    public void after(Duration time, Runnable action) {
      alarms.add(new Alarm(now + time.toNanos(), action));
    }

    void advance(Duration time) {
      long end = now + time.toNanos();
      for (Optional<Alarm> due = due(end); due.isPresent(); due = due(end)) {
        alarms.remove(due.get());
        now = Math.max(now, due.get().at());
        due.get().action().run();
      }
      now = end;
    }

    private Optional<Alarm> due(long end) {
      return alarms.stream().filter(a -> a.at() <= end).min(Comparator.comparingLong(Alarm::at));
    }
  }

  private final Clock clock = new Clock();
  private final PhysicalWorld world = new PhysicalWorld();
  private Optional<InMemoryWatchdog> device = Optional.empty();
  private boolean reset;

  @BeforeEach
  void host() {
    world.addHost(HOST);
    device = Optional.of(new InMemoryWatchdog(HOST, world, clock));
    world.observe(
        new PhysicalWorld.Observer() {
          @Override
          public void onSelfFence(HostId host) {
            reset = true;
          }
        });
  }

  @Override
  protected Watchdog watchdog() {
    return device.orElseThrow().reopened();
  }

  @Override
  protected void passes(Duration time) {
    clock.advance(time);
  }

  @Override
  protected boolean wasReset() {
    return reset;
  }

  @Override
  protected void takeItAway() {
    device.orElseThrow().setFault(InMemoryWatchdog.Fault.MISSING);
  }

  @Override
  protected void makeItStayArmed() {
    device.orElseThrow().setFault(InMemoryWatchdog.Fault.NO_WAY_OUT);
  }
}
