package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.util.EnumSet;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the parts of the core share. */
class ControllerStateTest {
  private final Known known = new Known();
  private final ControllerState state = known.state;

  @Test
  void whatOthersWriteIsFollowed() {
    EnumSet<Table> followed = EnumSet.allOf(Table.class);
    followed.removeIf(table -> !ControllerState.isFollowed(table));
    assertThat(followed)
        .containsExactlyInAnyOrder(
            Table.HOST,
            Table.WORKLOAD,
            Table.REPORT,
            Table.CLUSTER,
            Table.RULE,
            Table.DIRECTIVE,
            Table.REQUEST);
  }

  @Test
  void aDeadlineThatIsCancelledIsNotDue() {
    state.timer(TimerKind.BALANCE, "cluster", 10);
    state.timer(TimerKind.BALANCE, "other", 20);
    state.cancel(TimerKind.BALANCE, "cluster");
    assertThat(state.timers.pollDue(30)).contains(new TimerKey(TimerKind.BALANCE, "other"));
    assertThat(state.timers.pollDue(30)).isEmpty();
  }

  @Test
  void whatAHostIsAskedToLookForIsCounted() {
    HostEntry host = known.host("host1");
    assertThat(state.askToLook(host)).isEqualTo(1);
    assertThat(state.askToLook(host)).isEqualTo(2);
    assertThat(host.hasLooked(1)).isFalse();
  }

  @Test
  void aHostThatCannotBeToldNeverAnswers() {
    HostEntry host = known.host("host1");
    host.intentUnreadable = true;
    assertThat(state.askToLook(host)).isEqualTo(Long.MAX_VALUE);
    assertThat(host.intent).isNull();
    state.writeIntent(host, new TreeMap<>());
    assertThat(host.intent).isNull();
  }
}
