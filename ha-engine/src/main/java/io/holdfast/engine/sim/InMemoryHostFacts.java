package io.holdfast.engine.sim;

import io.holdfast.api.Fact;
import io.holdfast.api.HostId;
import io.holdfast.api.spi.HostFacts;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The conditions of one host of a {@link PhysicalWorld}: its storage as it is in truth, and others
 * that hold until they are {@link #set} to something else. Calls return at once. Safe for use by
 * several threads.
 */
public final class InMemoryHostFacts implements HostFacts {
  private final String name;
  private final HostId host;
  private final PhysicalWorld world;
  private final SortedSet<String> conditions;
  private final SortedMap<String, Fact> said = new TreeMap<>();

  /** What holds when all that was not said does. */
  private SortedMap<String, Fact> usual = new TreeMap<>();

  /**
   * One that works.
   *
   * @param conditions what it can tell of; {@link HostFacts#STORAGE} among them is the world's
   *     truth
   */
  public InMemoryHostFacts(
      String name, HostId host, PhysicalWorld world, SortedSet<String> conditions) {
    this.name = name;
    this.host = host;
    this.world = world;
    this.conditions = Collections.unmodifiableSortedSet(new TreeSet<>(conditions));
    usual = told(true);
  }

  /**
   * Says this of the condition from now on, whatever is true.
   *
   * @throws IllegalArgumentException if it cannot tell of it
   */
  public synchronized void set(String condition, Fact fact) {
    if (!conditions.contains(condition)) {
      throw new IllegalArgumentException(name + " cannot tell of " + condition);
    }
    said.put(condition, fact);
    usual = told(true);
  }

  /** Undoes every {@link #set}. */
  public synchronized void reset() {
    said.clear();
    usual = told(true);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public SortedSet<String> conditions() {
    return conditions;
  }

  @Override
  public synchronized SortedMap<String, Fact> look(Duration timeout) {
    return world.hasStorage(host) ? usual : told(false);
  }

  private SortedMap<String, Fact> told(boolean storageWorks) {
    SortedMap<String, Fact> facts = new TreeMap<>();
    for (String condition : conditions) {
      boolean holds = !condition.equals(STORAGE) || storageWorks;
      facts.put(condition, said.getOrDefault(condition, holds ? Fact.HOLDS : Fact.FAILS));
    }
    return Collections.unmodifiableSortedMap(facts);
  }
}
