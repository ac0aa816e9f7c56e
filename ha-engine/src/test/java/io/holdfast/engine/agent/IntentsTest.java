package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.intent;
import static io.holdfast.engine.agent.AgentScript.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.agent.AgentEffect.PersistEpoch;
import io.holdfast.engine.agent.AgentEffect.ReadIntent;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentEffect.WriteReport;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** When a host reads what it is ordered, and how its reports count. */
class IntentsTest {
  private static final long FIRST_INCARNATION = 7;

  private static SortedMap<WorkloadId, HostIntent.Entry> vm1() {
    TreeMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    entries.put(WorkloadId.parse("vm:1"), run(1));
    return entries;
  }

  @Test
  void whoeverJoinsReadsItsOrdersUnasked() {
    AgentScript agent = new AgentScript();
    agent.orderedUnseen(intent(FIRST_INCARNATION, 1, 1, vm1()));
    agent.joined();
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  /** Whoever was cut off may not have been told of a change. */
  @Test
  void whoeverIsConnectedAgainReadsItsOrdersUnasked() {
    AgentScript agent = new AgentScript().joined();
    agent.orderedUnseen(intent(agent.incarnation(), 1, 1, vm1()));
    int before = agent.all(ReadIntent.class).size();
    agent.connection(Connection.SUSPENDED);
    assertThat(agent.all(ReadIntent.class)).as("nobody would answer").hasSize(before);
    agent.connection(Connection.CONNECTED);
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void anotherIntentOfTheSameGenerationIsNotFollowed() {
    AgentScript agent = new AgentScript().joined();
    agent.ordered(intent(agent.incarnation(), 1, 5, new TreeMap<>()));
    agent.ordered(intent(agent.incarnation(), 1, 5, vm1()));
    assertThat(agent.all(Start.class)).isEmpty();
  }

  @Test
  void anEpochThatCouldNotBeWrittenIsNotWrittenAgainAtOnce() {
    AgentScript agent = new AgentScript(1).byHand(Answer.DISK).joined();
    agent.ordered(2, 1, "vm:1", run(1));
    agent.diskEnds(Outcome.unknown("No space left on device"));
    agent.passes(AgentScript.TIMINGS.renewInterval().minusNanos(1));
    assertThat(agent.open(PersistEpoch.class)).isEmpty();
  }

  @Test
  void reportsCountFromOneInEachIncarnation() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    assertThat(agent.all(WriteReport.class).get(0).report().sequence()).isEqualTo(1);
    assertThat(agent.lastReport().sequence()).isEqualTo(agent.all(WriteReport.class).size());
    int former = agent.all(WriteReport.class).size();
    agent.connection(Connection.LOST);
    agent.connection(Connection.CONNECTED);
    assertThat(agent.all(WriteReport.class).get(former).report().sequence()).isEqualTo(1);
  }
}
