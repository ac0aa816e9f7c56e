package io.holdfast.engine.effect;

import io.holdfast.api.Definition;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A hypervisor on which nothing runs. Equal to every other one of its kinds, as a driver that is a
 * record of its address would be.
 */
public final class IdleHypervisor implements Hypervisor {
  private final Set<String> kinds;
  private final Runnable whileAsked;
  private final Subscription feed;
  private final List<Duration> asked = new ArrayList<>();
  private int feeds;

  /**
   * @param whileAsked runs while an inventory is made
   * @param feed what every subscriber is given
   */
  public IdleHypervisor(Set<String> kinds, Runnable whileAsked, Subscription feed) {
    this.kinds = kinds;
    this.whileAsked = whileAsked;
    this.feed = feed;
  }

  /** The time that was given for each inventory so far. */
  public synchronized List<Duration> asked() {
    return List.copyOf(asked);
  }

  /** How many have subscribed so far. */
  public synchronized int feeds() {
    return feeds;
  }

  @Override
  public Set<String> kinds() {
    return kinds;
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of();
  }

  @Override
  public synchronized Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    asked.add(timeout);
    whileAsked.run();
    return Outcome.done(new TreeMap<>());
  }

  @Override
  public Outcome<Ack> start(WorkloadId workload, Definition definition, Duration timeout) {
    return Outcome.failed(Cause.ERROR, "nothing is started here");
  }

  @Override
  public Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    return Outcome.ok();
  }

  @Override
  public Outcome<Ack> destroy(WorkloadId workload, Duration timeout) {
    return Outcome.ok();
  }

  @Override
  public synchronized Subscription subscribe(EventListener listener) {
    feeds++;
    return feed;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IdleHypervisor idle && kinds.equals(idle.kinds);
  }

  @Override
  public int hashCode() {
    return kinds.hashCode();
  }
}
