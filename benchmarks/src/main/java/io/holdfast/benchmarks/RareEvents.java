package io.holdfast.benchmarks;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.record.HostIntent;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What happens rarely, in a cluster of 10,000 hosts: once each time, from the beginning. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 5)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx4g", "-XX:+UseSerialGC"})
public class RareEvents {
  private static final int HOSTS = 10_000;
  private static final int RACK = 40;
  private static final int LOST = 800;

  /** Renewals that the others make until the rack is suspected, at most. */
  private static final int ROUNDS = 10;

  /** A candidate that has followed the leases, is elected and has just read the store. */
  @State(Scope.Thread)
  public static class Elected {
    /** How many. */
    @Param({"0", "6666"})
    public int rules;

    Cluster cluster = new Cluster(0);
    ControllerEvent read = new ControllerEvent.Ticked(0);

    @Setup(Level.Invocation)
    public void elect() {
      cluster = new Cluster(HOSTS);
      cluster.fill();
      cluster.fillRules(rules);
      cluster.standsBy();
      read = cluster.electedAndReads();
    }
  }

  /** All hosts of a rack are suspected, and their devices have been asked. */
  @State(Scope.Thread)
  public static class Suspected {
    /** How many. */
    @Param({"0", "6666"})
    public int rules;

    Cluster cluster = new Cluster(0);
    SortedMap<HostId, AskDevice> asked = new TreeMap<>();
    private SortedSet<HostId> suspects = new TreeSet<>();

    @Setup(Level.Invocation)
    public void fallSilent() {
      cluster = Cluster.led(HOSTS, rules);
      asked = new TreeMap<>();
      suspects = new TreeSet<>();
      for (int round = 0; round < ROUNDS && asked.size() < RACK; round++) {
        passes(cluster.now + Cluster.TIMINGS.renewInterval().toNanos());
        for (int i = RACK; i < HOSTS; i++) {
          collect(cluster.core.step(cluster.renewed(i)));
        }
      }
      if (asked.size() != RACK) {
        throw new IllegalStateException(asked.size() + " hosts are suspected");
      }
    }

    /** Wakes the core whenever it wants to be: one that is woken late trusts itself less. */
    private void passes(long end) {
      while (cluster.core.nextWakeup() <= end) {
        cluster.now = Math.max(cluster.now, cluster.core.nextWakeup());
        collect(cluster.core.step(new ControllerEvent.Ticked(cluster.now)));
      }
      cluster.now = end;
    }

    private void collect(List<ControllerEffect> effects) {
      cluster.commits(effects);
      for (ControllerEffect effect : effects) {
        if (effect instanceof ControllerEffect.Publish publish
            && publish.event() instanceof HaEvent.HostStateChanged changed
            && changed.to() == HostState.SUSPECT) {
          suspects.add(changed.host());
        } else if (effect instanceof AskDevice ask && suspects.contains(ask.host())) {
          asked.put(ask.host(), ask); // devices of others are tested now and then
        }
      }
    }
  }

  /** From the state that was read to the first decision. */
  @Benchmark
  public int takeover(Elected elected) {
    return elected.cluster.core.step(elected.read).size();
  }

  /** From the first device that reads "off" to the last order; what is held back counts too. */
  @Benchmark
  public int rack(Suspected suspected) {
    Cluster cluster = suspected.cluster;
    List<ControllerEffect.Change> written = new ArrayList<>();
    for (AskDevice ask : suspected.asked.values()) {
      written.addAll(
          cluster.commits(
              cluster.core.step(
                  new ControllerEvent.DeviceAnswered(
                      cluster.now,
                      ask.op(),
                      ask.host(),
                      ask.device(),
                      ask.operation(),
                      new FenceOutcome.Confirmed(PowerState.OFF)))));
    }
    for (int held = 0; held < 3; held++) {
      cluster.now += 500_000_000L;
      written.addAll(cluster.commits(cluster.core.step(new ControllerEvent.Ticked(cluster.now))));
    }
    int orders = orders(written);
    if (orders < LOST) {
      throw new IllegalStateException("only " + orders + " orders were written");
    }
    return orders;
  }

  private static int orders(List<ControllerEffect.Change> written) {
    int orders = 0;
    for (ControllerEffect.Change change : written) {
      if (change.value().orElse(null) instanceof HostIntent intent) {
        orders += intent.entries().size();
      }
    }
    return orders;
  }
}
