package io.holdfast.testkit;

import io.holdfast.api.Fact;
import io.holdfast.api.HostId;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.engine.sim.InMemoryHostFacts;
import io.holdfast.engine.sim.PhysicalWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;

class InMemoryHostFactsTest extends HostFactsContract {
  private static final HostId HOST = new HostId("host1");

  private final PhysicalWorld world = new PhysicalWorld();
  private final List<InMemoryHostFacts> made = new ArrayList<>();

  @BeforeEach
  void host() {
    world.addHost(HOST);
  }

  @Override
  protected HostFacts facts() {
    InMemoryHostFacts facts =
        new InMemoryHostFacts(
            "facts", HOST, world, new TreeSet<>(List.of(HostFacts.STORAGE, "network:lan")));
    made.add(facts);
    return facts;
  }

  @Override
  protected String condition() {
    return HostFacts.STORAGE;
  }

  @Override
  protected void makeItHold() {
    world.setStorage(HOST, true);
  }

  @Override
  protected void makeItFail() {
    world.setStorage(HOST, false);
  }

  @Override
  protected void makeItUnknowable() {
    made.forEach(facts -> facts.set(HostFacts.STORAGE, Fact.UNKNOWN));
  }
}
