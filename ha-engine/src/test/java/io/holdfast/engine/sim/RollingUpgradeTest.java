package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Processes of an earlier version have to read what those of this one write. */
class RollingUpgradeTest {

  @Test
  void aFailoverThatUsesNothingNewWritesNothingNew() {
    Scripts s = Scripts.running(SimConfig.scripted(3, 6));
    s.world.platform().setPolicy(ClusterPolicy.DEFAULT);
    HostId victim = s.follower();
    s.world.faults().cutPower(victim);
    s.await("recovered", s::everythingRuns);
    s.world.faults().bringUp(victim);
    s.pass(Duration.ofMinutes(2));
    StateStore store = s.world.coordination().connect("earlier").stateStore();
    EarlierVersion.LATER.forEach(
        (table, fields) -> {
          List<String> texts = textsOf(store, table);
          assertThat(texts).as("%s", table).isNotEmpty();
          for (String field : fields) {
            assertThat(texts).noneMatch(text -> text.contains('"' + field + '"'));
          }
        });
  }

  private static List<String> textsOf(StateStore store, Table table) {
    Outcome<List<Stored>> read = store.readAll(table, Duration.ofSeconds(1));
    assertThat(read).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<List<Stored>>) read).value().stream().map(Stored::value).toList();
  }
}
