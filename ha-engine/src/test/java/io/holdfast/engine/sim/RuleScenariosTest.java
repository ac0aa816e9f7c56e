package io.holdfast.engine.sim;

import static io.holdfast.engine.sim.Drill.outcome;
import static io.holdfast.engine.sim.Drill.place;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import org.junit.jupiter.api.Test;

/** Where workloads come to be under rules when hosts and starts fail, from the first to the end. */
class RuleScenariosTest {
  private static final String OFF = "\"op\": \"power\", \"host\": \"%s\", \"on\": false";
  private static final String ON = "\"op\": \"power\", \"host\": \"%s\", \"on\": true";

  @Test
  void aWorkloadWhoseMigrationFailsRunsOnWhereItWas() {
    ScenarioResult result =
        new Drill()
            .hosts("n1", "n2", "n3")
            .workload("vm:1", "n2", ", \"faults\": {\"migrateFailures\": 1}")
            .at(60, "\"op\": \"move\", \"workload\": \"vm:1\", \"to\": \"n3\"")
            .until(300);
    assertThat(outcome(result, "vm:1")).isEqualTo("Started [n2]");
    assertThat(result.moves()).isEmpty();
  }

  @Test
  void aMoveThatRulesWantIsTriedAgainAfterItFailed() {
    ScenarioResult result =
        new Drill()
            .hosts("n1", "n2")
            .workload("vm:1", "n1", ", \"faults\": {\"migrateFailures\": 2}")
            .rule(
                "{\"id\": \"on\", \"type\": \"host-affinity\", \"workloads\": [\"vm:1\"], \"hosts\": {\"n2\": 0}}")
            .until(600);
    assertThat(outcome(result, "vm:1")).isEqualTo("Started [n2]");
  }

  @Test
  void ofHostsThatFailTogetherTheMoreImportantGoesFirst() {
    String one = ", \"demand\": {\"cpu\": 1}, \"priority\": %d";
    ScenarioResult result =
        new Drill("\"timers\": {\"watchdog\": \"PT30S\"}")
            .host("n1", ", \"capacity\": {\"cpu\": 1}")
            .host("n2", ", \"capacity\": {\"cpu\": 1}, \"bmc\": false")
            .host("n3", ", \"capacity\": {\"cpu\": 1}, \"bmc\": false")
            .host("n4", ", \"capacity\": {\"cpu\": 0}")
            .host("n5", ", \"capacity\": {\"cpu\": 0}")
            .workload("vm:1", "n2", one.formatted(0))
            .workload("vm:2", "n3", one.formatted(9))
            .at(60, OFF.formatted("n2"))
            .at(60, OFF.formatted("n3"))
            .until(300);
    assertThat(outcome(result, "vm:2")).isEqualTo("Started [n1]");
    assertThat(outcome(result, "vm:1")).isEqualTo("Recovering []");
  }

  @Test
  void whoeverMustBeTogetherFollowsTheOneThatAHostGaveUp() {
    ScenarioResult result =
        new Drill()
            .hosts("n1", "n2", "n3")
            .workload("vm:1", "n3", ", \"faults\": {\"startFailures\": 9, \"onlyOn\": \"n2\"}")
            .workload("vm:2", "n3")
            .workload("vm:3", "n3")
            .workload("vm:4", "n3")
            .workload("vm:8", "n1")
            .workload("vm:9", "n1")
            .together("vm:1", "vm:2", "vm:3", "vm:4")
            .at(60, OFF.formatted("n3"))
            .until(400);
    for (String id : new String[] {"vm:1", "vm:2", "vm:3", "vm:4"}) {
      assertThat(outcome(result, id)).isEqualTo("Started [n1]");
    }
  }

  @Test
  void twoGroupsThatAreInEachOthersWayArePartedByFewMoves() {
    ScenarioResult result =
        new Drill()
            .hosts("n1", "n2", "n3")
            .workload("vm:1", "n1")
            .workload("vm:2", "n2")
            .workload("vm:3", "n1")
            .workload("vm:4", "n1")
            .workload("vm:5", "n2")
            .workload("vm:6", "n1")
            .together("vm:1", "vm:2", "vm:3")
            .together("vm:4", "vm:5", "vm:6")
            .apart("vm:1", "vm:4")
            .until(300);
    String first = place(result, "vm:1");
    String second = place(result, "vm:4");
    assertThat(first).isNotEqualTo(second);
    assertThat(place(result, "vm:2")).isEqualTo(first);
    assertThat(place(result, "vm:3")).isEqualTo(first);
    assertThat(place(result, "vm:5")).isEqualTo(second);
    assertThat(place(result, "vm:6")).isEqualTo(second);
    assertThat(result.moves()).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void thoseThatARuleSpreadsLeaveOneByOneInTheOrderOfTheirNames() {
    ScenarioResult result =
        new Drill()
            .hosts("n1", "n2", "n3", "n4", "n5")
            .workload("vm:1", "n1")
            .workload("vm:2", "n1")
            .workload("vm:3", "n1")
            .rule(
                "{\"id\": \"sub\", \"type\": \"host-affinity\", \"workloads\": [\"vm:1\", \"vm:2\", \"vm:3\"],"
                    + " \"hosts\": {\"n2\": 0, \"n3\": 0, \"n4\": 0}, \"strict\": false}")
            .apart("vm:1", "vm:2", "vm:3")
            .until(300);
    assertThat(outcome(result, "vm:1")).isEqualTo("Started [n2]");
    assertThat(outcome(result, "vm:2")).isEqualTo("Started [n3]");
    assertThat(outcome(result, "vm:3")).isEqualTo("Started [n4]");
  }

  @Test
  void theBestPlaceIsSoughtAmongAllThatHaveJustBeenSwitchedOn() {
    ScenarioResult result =
        new Drill("\"placement\": {\"mode\": \"basic\", \"rebalanceOnStart\": true}")
            .host("n1", ", \"power\": false")
            .host("n2", ", \"power\": false")
            .host("n3", ", \"power\": false")
            .workload("vm:1", "n3")
            .workload("vm:2", "n3")
            .workload("vm:3", "n3")
            .at(20, ON.formatted("n1"))
            .at(20, ON.formatted("n2"))
            .at(20, ON.formatted("n3"))
            .until(200);
    assertThat(outcome(result, "vm:1")).isEqualTo("Started [n1]");
    assertThat(outcome(result, "vm:2")).isEqualTo("Started [n2]");
    assertThat(outcome(result, "vm:3")).isEqualTo("Started [n3]");
  }

  @Test
  void whatIsAddedBelongsToTheHostItIsAddedOnUnlessTheBestIsSought() {
    String add =
        "\"op\": \"add\", \"workload\": {\"id\": \"vm:%d\", \"host\": \"n2\", \"desired\": \"%s\"}";
    ScenarioResult stays =
        new Drill()
            .hosts("n1", "n2", "n3")
            .at(60, add.formatted(1, "started"))
            .at(80, add.formatted(2, "started"))
            .until(200);
    assertThat(outcome(stays, "vm:1")).isEqualTo("Started [n2]");
    assertThat(outcome(stays, "vm:2")).isEqualTo("Started [n2]");
    ScenarioResult best =
        new Drill("\"placement\": {\"mode\": \"basic\", \"rebalanceOnStart\": true}")
            .hosts("n1", "n2", "n3")
            .at(60, add.formatted(1, "started"))
            .at(80, add.formatted(2, "started"))
            .until(200);
    assertThat(outcome(best, "vm:1")).isEqualTo("Started [n1]");
    assertThat(outcome(best, "vm:2")).isEqualTo("Started [n2]");
    assertThat(best.moves()).isEmpty();
  }

  @Test
  void whatWasAskedForTogetherWithADisarmIsNotDone() {
    ScenarioResult result =
        new Drill()
            .hosts("n1", "n2", "n3")
            .workload("vm:1", "n1")
            .at(60, "\"op\": \"relocate\", \"workload\": \"vm:1\", \"to\": \"n3\"")
            .at(60, "\"op\": \"disarm\", \"mode\": \"freeze\"")
            .at(120, "\"op\": \"arm\"")
            .until(300);
    assertThat(outcome(result, "vm:1")).isEqualTo("Started [n1]");
  }
}
