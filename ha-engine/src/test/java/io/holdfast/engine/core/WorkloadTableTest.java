package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.core.WorkloadTable.Action;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every combination of wish, stand, goal and condition, against the table as people read it. */
class WorkloadTableTest {

  /** A star: whatever it is. A dot: nothing is done. Each combination is met by one line only. */
  private static final String TABLE =
      """
      wish    stand        goal  condition  action
      FORGET  *            *     *          DROP
      RUN     UNPLACED     *     *          PLACE
      RUN     PROVEN_DOWN  *     *          RECOVER
      RUN     REJOINED     *     *          ORDER_RUN
      RUN     UNHEARD      *     *          .
      RUN     PRESENT      RUN   PENDING    .
      RUN     PRESENT      RUN   STARTING   .
      RUN     PRESENT      RUN   RUNNING    .
      RUN     PRESENT      RUN   MIGRATING  .
      RUN     PRESENT      RUN   STOPPING   .
      RUN     PRESENT      RUN   STOPPED    .
      RUN     PRESENT      RUN   GIVEN_UP   RELOCATE
      RUN     PRESENT      RUN   SHUT_DOWN  REST
      RUN     PRESENT      RUN   STOP_FAILED .
      RUN     PRESENT      RUN   GONE       FIND
      RUN     PRESENT      RUN   UNKNOWN    .
      RUN     PRESENT      KEEP  PENDING    .
      RUN     PRESENT      KEEP  STARTING   .
      RUN     PRESENT      KEEP  RUNNING    ORDER_RUN
      RUN     PRESENT      KEEP  MIGRATING  .
      RUN     PRESENT      KEEP  STOPPING   .
      RUN     PRESENT      KEEP  STOPPED    .
      RUN     PRESENT      KEEP  GIVEN_UP   RELOCATE
      RUN     PRESENT      KEEP  SHUT_DOWN  REST
      RUN     PRESENT      KEEP  STOP_FAILED .
      RUN     PRESENT      KEEP  GONE       FIND
      RUN     PRESENT      KEEP  UNKNOWN    .
      RUN     PRESENT      STOP  PENDING    ORDER_RUN
      RUN     PRESENT      STOP  STARTING   ORDER_RUN
      RUN     PRESENT      STOP  RUNNING    ORDER_RUN
      RUN     PRESENT      STOP  MIGRATING  ORDER_RUN
      RUN     PRESENT      STOP  STOPPING   ORDER_RUN
      RUN     PRESENT      STOP  STOPPED    RELEASE
      RUN     PRESENT      STOP  GIVEN_UP   ORDER_RUN
      RUN     PRESENT      STOP  SHUT_DOWN  RELEASE
      RUN     PRESENT      STOP  STOP_FAILED ORDER_RUN
      RUN     PRESENT      STOP  GONE       FIND
      RUN     PRESENT      STOP  UNKNOWN    ORDER_RUN
      STOP    UNPLACED     *     *          .
      STOP    PROVEN_DOWN  *     *          RELEASE
      STOP    REJOINED     *     *          ORDER_STOP
      STOP    UNHEARD      *     *          .
      STOP    PRESENT      RUN   PENDING    ORDER_STOP
      STOP    PRESENT      RUN   STARTING   ORDER_STOP
      STOP    PRESENT      RUN   RUNNING    ORDER_STOP
      STOP    PRESENT      RUN   MIGRATING  .
      STOP    PRESENT      RUN   STOPPING   ORDER_STOP
      STOP    PRESENT      RUN   STOPPED    ORDER_STOP
      STOP    PRESENT      RUN   GIVEN_UP   RELEASE
      STOP    PRESENT      RUN   SHUT_DOWN  RELEASE
      STOP    PRESENT      RUN   STOP_FAILED ORDER_STOP
      STOP    PRESENT      RUN   GONE       FIND
      STOP    PRESENT      RUN   UNKNOWN    ORDER_STOP
      STOP    PRESENT      KEEP  PENDING    ORDER_STOP
      STOP    PRESENT      KEEP  STARTING   ORDER_STOP
      STOP    PRESENT      KEEP  RUNNING    ORDER_STOP
      STOP    PRESENT      KEEP  MIGRATING  .
      STOP    PRESENT      KEEP  STOPPING   ORDER_STOP
      STOP    PRESENT      KEEP  STOPPED    ORDER_STOP
      STOP    PRESENT      KEEP  GIVEN_UP   RELEASE
      STOP    PRESENT      KEEP  SHUT_DOWN  RELEASE
      STOP    PRESENT      KEEP  STOP_FAILED ORDER_STOP
      STOP    PRESENT      KEEP  GONE       FIND
      STOP    PRESENT      KEEP  UNKNOWN    ORDER_STOP
      STOP    PRESENT      STOP  PENDING    .
      STOP    PRESENT      STOP  STARTING   .
      STOP    PRESENT      STOP  RUNNING    .
      STOP    PRESENT      STOP  MIGRATING  .
      STOP    PRESENT      STOP  STOPPING   .
      STOP    PRESENT      STOP  STOPPED    RELEASE
      STOP    PRESENT      STOP  GIVEN_UP   RELEASE
      STOP    PRESENT      STOP  SHUT_DOWN  RELEASE
      STOP    PRESENT      STOP  STOP_FAILED .
      STOP    PRESENT      STOP  GONE       FIND
      STOP    PRESENT      STOP  UNKNOWN    .
      """;

  private record Line(Wish wish, Stand stand, Goal goal, Condition condition, Action action) {}

  /** What takes a workload from its owner, or finds it one. */
  private static final Set<Action> MOVES =
      EnumSet.of(Action.PLACE, Action.RECOVER, Action.RELOCATE, Action.REST, Action.RELEASE);

  @Test
  void everyCombinationIsAsWritten() {
    List<Line> actual = walk();
    assertThat(actual)
        .hasSize(
            Wish.values().length
                * Stand.values().length
                * Goal.values().length
                * Condition.values().length);
    assertThat(actual).containsExactlyInAnyOrderElementsOf(written());
  }

  @Test
  void aWorkloadMovesOnlyWhereNoCopyCanBeRunning() {
    assertThat(walk())
        .filteredOn(line -> MOVES.contains(line.action()))
        .isNotEmpty()
        .allMatch(
            line ->
                line.stand() == Stand.UNPLACED
                    || line.stand() == Stand.PROVEN_DOWN
                    || (line.stand() == Stand.PRESENT && isObservedStopped(line)));
  }

  /** The host saw it stopped, and its order never starts it again. */
  private static boolean isObservedStopped(Line line) {
    return line.condition() == Condition.GIVEN_UP
        || line.condition() == Condition.SHUT_DOWN
        || (line.condition() == Condition.STOPPED && line.goal() == Goal.STOP);
  }

  @Test
  void nothingIsDoneToAWorkloadWhoseHostIsNotHeardButToForgetIt() {
    assertThat(walk())
        .filteredOn(line -> line.stand() == Stand.UNHEARD)
        .allMatch(
            line -> line.action() == (line.wish() == Wish.FORGET ? Action.DROP : Action.NOTHING));
  }

  @Test
  void whatIsNotWantedIsNeverStarted() {
    assertThat(walk())
        .filteredOn(line -> line.wish() != Wish.RUN)
        .noneMatch(
            line ->
                EnumSet.of(Action.PLACE, Action.RECOVER, Action.RELOCATE, Action.ORDER_RUN)
                    .contains(line.action()));
  }

  private static List<Line> walk() {
    List<Line> lines = new ArrayList<>();
    for (Wish wish : Wish.values()) {
      for (Stand stand : Stand.values()) {
        for (Goal goal : Goal.values()) {
          for (Condition condition : Condition.values()) {
            Action action = WorkloadTable.decide(wish, stand, goal, condition);
            lines.add(new Line(wish, stand, goal, condition, action));
          }
        }
      }
    }
    return lines;
  }

  private static List<Line> written() {
    List<Line> lines = new ArrayList<>();
    for (String text : TABLE.lines().skip(1).toList()) {
      List<String> cells = List.of(text.strip().split(" +"));
      Action action = cells.get(4).equals(".") ? Action.NOTHING : Action.valueOf(cells.get(4));
      for (Wish wish : matching(Wish.values(), cells.get(0))) {
        for (Stand stand : matching(Stand.values(), cells.get(1))) {
          for (Goal goal : matching(Goal.values(), cells.get(2))) {
            for (Condition condition : matching(Condition.values(), cells.get(3))) {
              lines.add(new Line(wish, stand, goal, condition, action));
            }
          }
        }
      }
    }
    return lines;
  }

  private static <E extends Enum<E>> List<E> matching(E[] all, String cell) {
    return Arrays.stream(all).filter(e -> cell.equals("*") || e.name().equals(cell)).toList();
  }
}
